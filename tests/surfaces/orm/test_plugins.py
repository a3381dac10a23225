"""Plugins: hooks around calls and mutations, members of clients and results."""

from collections.abc import Mapping
from typing import Any

import pytest

from gatepost.orm import Client, ConfigError, Mutation, Plugin, Query, ResultField
from gatepost.orm.builder import Builder

from .conftest import Open

USER = {"id": 1, "email": "ada@x.io"}


def watching(seen: list[Any], id: str = "watch") -> Plugin:
    async def on_query(query: Query) -> Any:
        seen.append((query.model, query.operation, query.args))
        return await query.proceed(query.args)

    return Plugin(id, on_query=on_query)


# ------------------------------------------------------------------ on_query


async def test_on_query_sees_model_operation_and_arguments(unguarded: Client) -> None:
    seen: list[Any] = []
    db = unguarded.use(watching(seen))
    await db.user.create(data=USER)
    await db.call("User", "findMany", {"where": {"id": 1}})
    assert seen == [("User", "create", {"data": USER}), ("User", "find_many", {"where": {"id": 1}})]


async def test_on_query_may_change_arguments_and_results(unguarded: Client) -> None:
    async def on_query(query: Query) -> Any:
        if query.operation != "find_first":
            return await query.proceed(query.args)
        row = await query.proceed({"where": {"id": 1}})
        return {**row, "happy": True}

    db = unguarded.use(Plugin("happy", on_query=on_query))
    await db.user.create(data=USER)
    assert (await db.user.find_first(where={"id": 99}))["happy"] is True


async def test_the_plugin_installed_last_is_outermost(unguarded: Client) -> None:
    order: list[str] = []

    def named(name: str) -> Plugin:
        async def on_query(query: Query) -> Any:
            order.append(f"{name} {dict(query.args)}")
            return await query.proceed({"where": {"id": 5}})

        return Plugin(name, on_query=on_query)

    await unguarded.use(named("first")).use(named("second")).user.count(where={"id": 1})
    assert order == ["second {'where': {'id': 1}}", "first {'where': {'id': 5}}"]


async def test_a_plugin_may_be_given_when_opening(open_client: Open) -> None:
    seen: list[Any] = []
    await open_client("none", plugins=[watching(seen)]).user.count()
    assert len(seen) == 1


async def test_use_and_unuse_give_other_clients(unguarded: Client) -> None:
    seen: list[Any] = []
    one = unguarded.use(watching(seen, "one"))
    two = one.use(watching(seen, "two"))
    for client, calls in ((unguarded, 0), (one, 1), (two, 2), (two.unuse("one"), 1), (two.unuse_all(), 0)):
        seen.clear()
        await client.user.count()
        assert len(seen) == calls


async def test_what_a_hook_fails_with_is_the_calls_error_and_the_call_stays_done(unguarded: Client) -> None:
    async def on_query(query: Query) -> Any:
        await query.proceed(query.args)
        raise KeyError("afterwards")

    with pytest.raises(KeyError):
        await unguarded.use(Plugin("fails", on_query=on_query)).user.create(data=USER)
    assert await unguarded.user.count() == 1


async def test_a_hooks_own_calls_obey_the_same_rules(db: Client, people: dict[str, int], unguarded: Client) -> None:
    await unguarded.post.create(data={"title": "ada's", "authorId": people["ada"]})
    counts: list[int] = []

    async def on_query(query: Query) -> Any:
        counts.append(await query.client.unuse_all().call("Post", "count"))
        return await query.proceed(query.args)

    bound = db.use(Plugin("counts", on_query=on_query))
    await bound.set_auth({"id": 1}).user.count()
    await bound.set_auth({"id": 2}).user.count()
    await bound.user.count()
    assert counts == [1, 0, 0]


async def test_hooks_run_within_transactions(unguarded: Client) -> None:
    seen: list[Any] = []
    db = unguarded.use(watching(seen))
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as tx:
            await tx.user.create(data=USER)
            raise ZeroDivisionError
    await db.transaction([db.user.count(), db.user.count()])
    assert len(seen) == 3
    assert await db.user.count() == 0


# ------------------------------------------------------------------ members of the client


async def test_members_of_the_client(unguarded: Client) -> None:
    db = unguarded.use(Plugin("a", members={"greet": lambda name: f"hello {name}", "number": 1}))
    assert (db.greet("ada"), db.number) == ("hello ada", 1)
    assert db.use(Plugin("b", members={"number": 2})).number == 2
    assert db.set_auth({"id": 1}).number == 1
    async with db.transaction() as tx:
        assert tx.number == 1
    for gone in (unguarded, db.unuse("a"), db.unuse_all()):
        with pytest.raises(AttributeError):
            _ = gone.number


# ------------------------------------------------------------------ members of results

LABELS = Plugin(
    "labels",
    results={
        "User": {"label": ResultField(("id", "email"), lambda row: f"{row['id']}:{row['email']}")},
        "post": {"loud": ResultField(("title",), lambda row: row["title"].upper())},
        "Nobody": {"ignored": ResultField((), lambda row: 1)},
    },
)


@pytest.fixture
def labelled(unguarded: Client) -> Client:
    return unguarded.use(LABELS)


async def test_computed_members_are_in_every_result_with_rows(labelled: Client) -> None:
    label = "1:ada@x.io"
    assert (await labelled.user.create(data=USER))["label"] == label
    assert [row["label"] for row in await labelled.user.find_many()] == [label]
    for found in (labelled.user.find_first(), labelled.user.find_first_or_throw()):
        row = await found
        assert row is not None
        assert row["label"] == label
    assert (await labelled.user.update(where={"id": 1}, data={"role": "ADMIN"}))["label"] == label
    upserted = await labelled.user.upsert(where={"id": 1}, create=USER, update={})
    assert upserted["label"] == label
    (more,) = await labelled.user.create_many_and_return(data=[{"id": 2, "email": "bob@x.io"}])
    assert more["label"] == "2:bob@x.io"
    assert (await labelled.user.delete(where={"id": 1}))["label"] == label


async def test_what_gives_no_rows_stays_as_it_is(labelled: Client) -> None:
    assert await labelled.user.create_many(data=[USER]) == {"count": 1}
    assert await labelled.user.count() == 1
    assert await labelled.user.exists() is True
    assert await labelled.user.update_many(data={"role": "ADMIN"}) == {"count": 1}
    assert await labelled.user.delete_many() == {"count": 1}
    assert await labelled.user.find_first() is None


async def test_select_and_omit_speak_of_computed_members(labelled: Client) -> None:
    await labelled.user.create(data=USER)
    assert await labelled.user.find_first(select={"label": True}) == {"label": "1:ada@x.io"}
    assert await labelled.user.find_first(select={"id": True, "label": True}) == {"id": 1, "label": "1:ada@x.io"}
    assert await labelled.user.find_first(select={"id": True}) == {"id": 1}
    assert await labelled.user.find_first(omit={"label": True}) == {**USER, "role": "USER"}
    assert await labelled.user.find_first(omit={"email": True}) == {"id": 1, "role": "USER", "label": "1:ada@x.io"}


async def test_computed_members_of_related_rows(labelled: Client) -> None:
    await labelled.user.create(data={**USER, "posts": {"create": [{"title": "x"}]}})
    row = await labelled.user.find_first(include={"posts": True})
    assert row is not None
    assert (row["label"], row["posts"][0]["loud"]) == ("1:ada@x.io", "X")
    chosen = {"posts": {"select": {"loud": True, "author": {"select": {"label": True}}}}}
    assert await labelled.user.find_first(select=chosen) == {
        "posts": [{"loud": "X", "author": {"label": "1:ada@x.io"}}]
    }
    row = await labelled.post.find_first(include={"author": {"omit": {"label": True}}})
    assert row is not None
    assert "label" not in row["author"]


async def test_computed_members_go_with_their_plugin(labelled: Client) -> None:
    await labelled.user.create(data=USER)
    for plain in (labelled.unuse("labels"), labelled.unuse_all()):
        row = await plain.user.find_first()
        assert row is not None
        assert "label" not in row
    async with labelled.transaction() as tx:
        assert (await tx.user.find_many())[0]["label"] == "1:ada@x.io"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"email": ResultField((), lambda row: 1)}, "conflicts with an existing model field"),
        ({"x": ResultField(("nope",), lambda row: 1)}, 'invalid need "nope"'),
        ({"x": ResultField(("posts",), lambda row: 1)}, 'invalid need "posts"'),
    ],
)
def test_computed_members_that_cannot_be_are_refused(
    unguarded: Client, fields: Mapping[str, ResultField], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        unguarded.use(Plugin("bad", results={"user": fields}))


# ------------------------------------------------------------------ mutations


class Log:
    """Hooks that write down what they are told."""

    def __init__(self, *, load: bool = False) -> None:
        self.load = load
        self.told: list[tuple[Any, ...]] = []

    async def before(self, mutation: Mutation) -> None:
        rows = [row["email"] for row in await mutation.load()] if self.load else None
        self.told.append(("before", mutation.model, mutation.action, rows))

    async def after(self, mutation: Mutation) -> None:
        rows = [row["email"] for row in await mutation.load()] if self.load else None
        self.told.append(("after", mutation.model, mutation.action, rows))


async def test_hooks_around_mutations(unguarded: Client) -> None:
    log = Log(load=True)
    db = unguarded.use(Plugin("log", before_mutation=log.before, after_mutation=log.after))
    await db.user.create(data=USER)
    await db.user.update(where={"id": 1}, data={"email": "new@x.io"})
    await db.user.find_many()
    await db.user.delete(where={"id": 1})
    assert log.told == [
        ("before", "User", "create", []),
        ("after", "User", "create", ["ada@x.io"]),
        ("before", "User", "update", ["ada@x.io"]),
        ("after", "User", "update", ["new@x.io"]),
        ("before", "User", "delete", ["new@x.io"]),
        ("after", "User", "delete", []),
    ]


async def test_the_rows_before_are_told_after_to_who_asked_for_them(unguarded: Client) -> None:
    found: list[Any] = []

    async def before(mutation: Mutation) -> None:
        await mutation.load()

    async def after(mutation: Mutation) -> None:
        found.append(mutation.before)

    await unguarded.user.create(data=USER)
    await unguarded.use(Plugin("a", after_mutation=after)).user.update_many(data={"role": "ADMIN"})
    both = unguarded.use(Plugin("b", before_mutation=before, after_mutation=after))
    await both.user.update_many(data={"role": "USER"})
    assert found == [None, [{**USER, "role": "ADMIN"}]]


async def test_a_hook_before_stops_the_mutation(unguarded: Client) -> None:
    async def refuse(mutation: Mutation) -> None:
        raise PermissionError(mutation.model)

    with pytest.raises(PermissionError):
        await unguarded.use(Plugin("no", before_mutation=refuse)).user.create(data=USER)
    assert await unguarded.user.count() == 0


async def test_a_hook_after_changes_nothing_unless_it_runs_within_the_transaction(unguarded: Client) -> None:
    async def fail(mutation: Mutation) -> None:
        await mutation.client.call(
            "BlogTag", "create", {"data": {"id": 1 + (mutation.action == "delete"), "name": mutation.action}}
        )
        raise ValueError

    late = unguarded.use(Plugin("late", after_mutation=fail))
    await late.user.create(data=USER)
    assert (await unguarded.user.count(), await unguarded.blog_tag.count()) == (1, 1)
    within = unguarded.use(Plugin("within", after_mutation=fail, within_transaction=True))
    with pytest.raises(ValueError):
        await within.user.delete(where={"id": 1})
    assert (await unguarded.user.count(), await unguarded.blog_tag.count()) == (1, 1)


async def test_hooks_after_wait_for_the_commit_and_do_not_run_without_one(unguarded: Client) -> None:
    log = Log()
    db = unguarded.use(Plugin("log", after_mutation=log.after))
    async with db.transaction() as tx:
        await tx.user.create(data=USER)
        assert log.told == []
    assert log.told == [("after", "User", "create", None)]
    with pytest.raises(KeyError):
        async with db.transaction() as tx:
            await tx.user.delete(where={"id": 1})
            raise KeyError
    assert len(log.told) == 1


async def test_what_hooks_mutate_calls_no_hooks(unguarded: Client) -> None:
    calls: list[str] = []

    async def again(mutation: Mutation) -> None:
        calls.append(mutation.model)
        await mutation.client.call("BlogTag", "create", {"data": {"id": len(calls), "name": str(len(calls))}})

    db = unguarded.use(Plugin("again", before_mutation=again, after_mutation=again))
    await db.user.create(data=USER)
    assert calls == ["User", "User"]
    assert await db.blog_tag.count() == 2


async def test_hooks_see_what_is_written_along_relations(unguarded: Client) -> None:
    told: list[tuple[Any, ...]] = []

    async def before(mutation: Mutation) -> None:
        told.append((mutation.operation, mutation.action, mutation.model, len(await mutation.load())))

    async def after(mutation: Mutation) -> None:
        titles = [row.get("title", row.get("email")) for row in await mutation.load()]
        was = [row.get("title") for row in mutation.before or ()]
        told.append((mutation.action, mutation.model, was, titles))

    db = unguarded.use(Plugin("told", before_mutation=before, after_mutation=after, within_transaction=True))
    await db.user.create(data={**USER, "posts": {"create": [{"title": "a"}, {"title": "b"}]}})
    assert told == [
        ("create", "create", "User", 0),
        ("create", "User", [], ["ada@x.io"]),
        ("create", "create", "Post", 0),
        ("create", "Post", [], ["a"]),
        ("create", "create", "Post", 0),
        ("create", "Post", [], ["b"]),
    ]
    told.clear()
    nested = {"update": {"where": {"id": 1}, "data": {"title": "c"}}, "delete": {"id": 2}, "create": {"title": "d"}}
    await db.user.update(where={"id": 1}, data={"posts": nested})
    assert sorted(told, key=repr) == [
        ("create", "Post", [], ["d"]),
        ("delete", "Post", ["b"], []),
        ("update", "Post", ["a"], ["c"]),
        ("update", "create", "Post", 0),
        ("update", "delete", "Post", 1),
        ("update", "update", "Post", 1),
    ]
    told.clear()
    await db.post.create(
        data={
            "title": "e",
            "author": {"connect_or_create": {"where": {"id": 7}, "create": USER | {"id": 7, "email": "z@x.io"}}},
        }
    )
    assert [each[:2] for each in told] == [
        ("create", "create"),
        ("create", "User"),
        ("create", "create"),
        ("create", "Post"),
    ]
    told.clear()
    await db.user.update(where={"id": 7}, data={"posts": {"disconnect": {"id": 4}}})
    assert told == [("update", "update", "Post", 1), ("update", "Post", ["e"], ["e"])]


async def test_hooks_tell_what_an_upsert_does(unguarded: Client) -> None:
    log = Log(load=True)
    db = unguarded.use(Plugin("log", after_mutation=log.after))
    for _ in range(2):
        await db.user.upsert(where={"id": 1}, create=USER, update={"email": "new@x.io"})
    await db.user.create_many(data=[{"id": 2, "email": "bob@x.io"}])
    assert log.told == [
        ("after", "User", "update", []),
        ("after", "User", "create", ["ada@x.io"]),
        ("after", "User", "update", ["new@x.io"]),
        ("after", "User", "create", ["bob@x.io"]),
    ]


async def test_hooks_see_what_the_query_builder_writes(unguarded: Client) -> None:
    log = Log(load=True)
    builder = Builder(unguarded.use(Plugin("log", before_mutation=log.before, after_mutation=log.after)))
    await builder.execute("insert into User (id, email) values (1, 'ada@x.io')")
    await builder.execute("update User set email = email || $1", "!")
    assert [each[:3] for each in log.told] == [
        (when, "User", what) for what in ("create", "update") for when in ("before", "after")
    ]
    assert log.told[-1][3] == ["ada@x.io!"]
