"""The client: opening it, binding it, calling it."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gatepost.embedded import Server
from gatepost.identity import ANON, Identity
from gatepost.orm import (
    Client,
    ConfigError,
    DatabaseError,
    InvalidInput,
    Limits,
    NotFound,
    OrmError,
    RejectedByPolicy,
    Unreachable,
)
from gatepost.zmodel import load
from tests.conftest import FreshDatabase

from .conftest import BLOG, DATASOURCE, Open

NOWHERE = "host=127.0.0.1 port=9 user=nobody dbname=nothing"


# ------------------------------------------------------------------ opening


async def test_a_schema_may_be_a_text_a_path_several_paths_texts_by_name_or_loaded(tmp_path: Path) -> None:
    path = tmp_path / "schema.zmodel"
    path.write_text(BLOG)
    more = tmp_path / "more.zmodel"
    more.write_text("model Extra { id Int @id }")
    for given in (BLOG, path, str(path), [path, more], {"schema.zmodel": BLOG}, load(BLOG)):
        client = Client.connect(given, NOWHERE)
        assert "Post" in client.schema.models
    assert "Extra" in Client.connect([path, more], NOWHERE).schema.models


@pytest.mark.parametrize(("provider", "system"), [("sqlite", "SQLite"), ("mysql", "MySQL")])
def test_a_schema_for_another_system_is_refused(provider: str, system: str) -> None:
    text = f'datasource db {{ provider = "{provider}" url = "x" }}\nmodel A {{ id Int @id }}'
    with pytest.raises(ConfigError, match=f"PostgreSQL.*{system}"):
        Client.connect(text, NOWHERE)


def test_a_schema_with_findings_is_refused_with_every_finding() -> None:
    with pytest.raises(ConfigError, match=r"schema\.zmodel:3:4"):
        Client.connect(DATASOURCE + "model A { id Int @id\n b Nope }", NOWHERE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"guard": "both"}, 'guard is "database" or "query"'),
        ({"guard": "none"}, 'guard is "database" or "query"'),
        ({"compat": "prisma"}, "compat"),
        ({"plugin": []}, 'no option "plugin"; did you mean "plugins"'),
        ({"omit": {"Usr": {"email": True}}}, 'no model "Usr"; did you mean "User"'),
        ({"omit": {"user": {"mail": True}}}, 'no field "mail"; did you mean "email"'),
        ({"procedures": {"signup": None}}, 'no procedure "signup"; did you mean "signUp"'),
        ({"computed_fields": {"user": {"nope": "1"}}}, 'no field "nope"'),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Client.connect(BLOG, NOWHERE, **options)


@pytest.mark.parametrize("dsn", ["", "  ", None])
def test_a_client_needs_a_dsn(dsn: Any) -> None:
    with pytest.raises(ConfigError, match="dsn"):
        Client.connect(BLOG, dsn)


async def test_a_database_that_is_not_there_is_told_by_the_first_call() -> None:
    async with Client.connect(BLOG, NOWHERE, guard="query") as client:
        with pytest.raises(Unreachable) as failure:
            await client.post.find_many()
        assert failure.value.reason == "db-query-error"
        with pytest.raises(Unreachable):
            await client.ping()


async def test_a_client_that_is_left_is_closed(open_client: Open) -> None:
    async with open_client("query") as client:
        await client.ping()


# ------------------------------------------------------------------ models by name


async def test_models_are_found_in_every_spelling(unguarded: Client) -> None:
    await unguarded.blog_tag.create(data={"id": 1, "name": "a"})
    for access in (unguarded.BlogTag, unguarded.blogTag, unguarded.blogtag, unguarded.model("BlogTag")):
        assert await access.count() == 1


def test_an_unknown_model_is_an_attribute_error_that_says_what_is_near() -> None:
    client = Client.connect(BLOG, NOWHERE)
    with pytest.raises(AttributeError, match='no model or member "pots"; did you mean "post"'):
        client.pots  # noqa: B018
    with pytest.raises(InvalidInput, match='no model "Usr"; did you mean "User"'):
        client.model("Usr")


@pytest.mark.parametrize("operation", ["findMany", "find_many"])
async def test_call_takes_operations_in_both_spellings(unguarded: Client, operation: str) -> None:
    assert await unguarded.call("User", operation, {"where": {"id": 1}}) == []


async def test_call_refuses_what_does_not_exist(unguarded: Client) -> None:
    with pytest.raises(InvalidInput, match='no operation "findmany"; did you mean'):
        await unguarded.call("User", "findmany")
    with pytest.raises(InvalidInput, match="no model"):
        await unguarded.call("Nobody", "findMany")


async def test_arguments_come_by_keyword_or_as_one_dictionary(unguarded: Client, people: dict[str, int]) -> None:
    assert people
    assert await unguarded.user.count({"where": {"id": 1}}) == 1
    assert await unguarded.user.count(where={"id": 1}) == 1
    assert await unguarded.user.find_many({"where": {"id": 1}}, select={"id": True}) == [{"id": 1}]
    with pytest.raises(InvalidInput, match="by keyword, or as one dictionary"):
        await unguarded.user.count([1])  # pyright: ignore[reportArgumentType]


async def test_a_call_runs_when_it_is_awaited_and_not_before(unguarded: Client) -> None:
    call = unguarded.user.create(data={"id": 9, "email": "late@x.io"})
    assert await unguarded.user.count() == 0
    await call
    assert await unguarded.user.count() == 1
    assert repr(call) == "<User.create: not awaited>"


async def test_values_come_as_python_has_them(unguarded: Client, people: dict[str, int]) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    data = {"title": "t", "views": 2**40, "price": "1.50", "cover": b"\x00\xff", "at": at, "authorId": people["ada"]}
    row = await unguarded.post.create(data=data)
    assert (row["views"], row["price"], row["cover"], row["at"]) == (2**40, Decimal("1.50"), b"\x00\xff", at)


# ------------------------------------------------------------------ who asks


async def test_unbound_is_nobody(db: Client, people: dict[str, int], unguarded: Client) -> None:
    await unguarded.post.create_many(data=[{"title": "open", "published": True, "authorId": people["ada"]}])
    await unguarded.post.create_many(data=[{"title": "shut", "authorId": people["ada"]}])
    assert db.auth is None
    assert [row["title"] for row in await db.post.find_many()] == ["open"]


async def test_a_bound_copy_sees_as_its_user_and_leaves_the_client_as_it_was(
    db: Client, people: dict[str, int], unguarded: Client
) -> None:
    await unguarded.post.create(data={"title": "ada's", "authorId": people["ada"]})
    ada, bob = db.set_auth({"id": 1}), db.set_auth({"id": 2})
    assert await ada.post.count() == 1
    assert await bob.post.count() == 0
    assert await db.post.count() == 0
    assert ada.auth == {"id": 1}
    assert await ada.set_auth(None).post.count() == 0


async def test_an_identity_binds_as_its_claims_say(db: Client, people: dict[str, int], unguarded: Client) -> None:
    await unguarded.post.create(data={"title": "ada's", "authorId": people["ada"]})
    token = Identity("authenticated", {"role": "authenticated", "sub": "1", "email": "ada@x.io"})
    ada = db.set_auth(token)
    assert ada.auth is not None
    assert (ada.auth["id"], ada.auth["email"]) == (1, "ada@x.io")
    assert await ada.post.count() == 1
    assert await db.set_auth(ANON).post.count() == 0


async def test_calls_at_once_keep_their_identities_apart(db: Client, people: dict[str, int], unguarded: Client) -> None:
    await unguarded.post.create_many(data=[{"title": f"p{index}", "authorId": 1 + index % 2} for index in range(10)])
    users = [1, 2, None] * 10
    rows = await asyncio.gather(*(db.set_auth({"id": id} if id else None).post.find_many() for id in users))
    for id, found in zip(users, rows, strict=True):
        assert {row["authorId"] for row in found} == ({id} if id else set())


@pytest.mark.parametrize("user", [1, "ada", [1], [("id", 1)], {1: 2}, True])
def test_set_auth_takes_a_user_and_nothing_else(user: Any) -> None:
    with pytest.raises(InvalidInput, match="Invalid auth object"):
        Client.connect(BLOG, NOWHERE).set_auth(user)


async def test_a_call_may_be_bound_alone(db: Client, people: dict[str, int], unguarded: Client) -> None:
    await unguarded.post.create(data={"title": "ada's", "authorId": people["ada"]})
    assert await db.call("Post", "count", auth={"id": 1}) == 1
    assert await db.set_auth({"id": 1}).call("Post", "count", auth=None) == 0
    assert await db.call("Post", "count") == 0


async def test_a_call_may_go_without_policy_in_the_query(open_client: Open, people: dict[str, int]) -> None:
    db = open_client("query")
    await db.call("Post", "create", {"data": {"title": "x", "authorId": people["ada"]}}, policy=False)
    assert await db.post.count() == 0
    assert await db.call("Post", "count", policy=False) == 1
    assert await open_client("none").call("Post", "count", policy=True) == 0


async def test_defaults_from_auth_are_filled_for_whoever_is_bound(db: Client, people: dict[str, int]) -> None:
    row = await db.set_auth({"id": people["bob"]}).post.create(data={"title": "mine"})
    assert row["authorId"] == people["bob"]


# ------------------------------------------------------------------ errors


async def test_errors_say_what_and_why(db: Client, people: dict[str, int]) -> None:
    ada = db.set_auth({"id": people["ada"]})
    with pytest.raises(NotFound) as missing:
        await ada.post.find_unique_or_throw(where={"id": 99})
    assert (missing.value.reason, missing.value.model) == ("not-found", "Post")
    with pytest.raises(RejectedByPolicy) as rejected:
        await ada.post.create(data={"title": "for bob", "authorId": people["bob"]})
    assert rejected.value.reason == "rejected-by-policy"
    assert rejected.value.model == "Post"
    assert rejected.value.rejected_by_policy_reason == rejected.value.reject_reason == "no-access"
    with pytest.raises(InvalidInput) as invalid:
        await ada.post.find_many(where={"titel": "x"})
    assert (invalid.value.reason, invalid.value.path[:1]) == ("invalid-input", ("where",))
    assert "title" in str(invalid.value)
    with pytest.raises(DatabaseError) as refused:
        await db.user.create(data={"id": people["ada"], "email": "twice@x.io"})
    assert (refused.value.reason, refused.value.db_error_code) == ("db-query-error", "23505")
    for error in (missing, rejected, invalid, refused):
        assert isinstance(error.value, OrmError)


async def test_no_value_of_a_call_stands_in_a_database_error(unguarded: Client, people: dict[str, int]) -> None:
    with pytest.raises(DatabaseError) as refused:
        await unguarded.user.create(data={"id": people["ada"], "email": "very-private@x.io"})
    assert "very-private" not in str(refused.value)


# ------------------------------------------------------------------ options


async def test_omit_leaves_fields_out_of_every_result(open_client: Open, people: dict[str, int]) -> None:
    db = open_client("none", omit={"user": {"email": True}})
    row = await db.user.find_unique(where={"id": people["ada"]})
    assert row == {"id": 1, "role": "USER"}


async def test_computed_fields_are_sql_of_the_program(cluster: Any, blog_database: str) -> None:
    text = (
        f"{DATASOURCE}model BlogTag {{ id Int @id\n name String @unique\n"
        " shout String @computed\n twice Int @computed }"
    )
    dsn = cluster.dsn("postgres", blog_database)
    with pytest.raises(ConfigError, match='Computed field "shout" in model "BlogTag" does not have a configuration'):
        Client.unguarded(text, dsn)
    with pytest.raises(ConfigError, match="expected a function but received int; SQL text"):
        Client.unguarded(text, dsn, computed_fields={"blogTag": {"shout": 3, "twice": "1"}})  # pyright: ignore[reportArgumentType]
    fields = {"BlogTag": {"shout": "upper({row}.name)", "twice": lambda row: f"{row}.id * 2"}}
    async with Client.unguarded(text, dsn, computed_fields=fields) as db:
        await db.execute_raw('truncate "BlogTag"')
        await db.blog_tag.create(data={"id": 4, "name": "abc"})
        assert await db.blog_tag.find_first() == {"id": 4, "name": "abc", "shout": "ABC", "twice": 8}
        assert await db.blog_tag.count(where={"shout": "ABC", "twice": {"gt": 7}}) == 1


async def test_validation_of_input_can_be_turned_off(unguarded: Client) -> None:
    with pytest.raises(InvalidInput, match="email"):
        await unguarded.user.create(data={"id": 5, "email": "no address"})
    row = await unguarded.set_input_validation(False).user.create(data={"id": 5, "email": "no address"})
    assert row["email"] == "no address"


async def test_without_validation_it_stays_so_when_rules_are_switched_off(open_client: Open) -> None:
    client = open_client("query")
    for id in (5, 6):
        with pytest.raises(InvalidInput):
            await client.call("User", "create", {"data": {"id": id, "email": "no address"}}, policy=False)
        row = await client.set_input_validation(False).call(
            "User", "create", {"data": {"id": id, "email": f"no address {id}"}}, policy=False
        )
        assert row["id"] == id


async def test_large_calls_meet_limits_that_are_options(open_client: Open) -> None:
    db = open_client("none", limits=Limits(depth=5, items=3, rows=2))
    with pytest.raises(InvalidInput):
        await db.user.find_many(where={"id": {"in": [1, 2, 3, 4]}})
    with pytest.raises(InvalidInput):
        await db.user.create_many(data=[{"id": index, "email": f"u{index}@x.io"} for index in range(3)])
    deep: dict[str, Any] = {"id": 1}
    for _ in range(6):
        deep = {"NOT": deep}
    with pytest.raises(InvalidInput):
        await db.user.find_many(where=deep)


# ------------------------------------------------------------------ SQL of the program's own


async def test_raw_sql_gives_rows_as_python_has_them(unguarded: Client, people: dict[str, int]) -> None:
    rows = await unguarded.query_raw('select id, email from "User" where id = $1', people["ada"])
    assert rows == [{"id": 1, "email": "ada@x.io"}]
    (row,) = await unguarded.query_raw(
        "select $1::numeric as price, $2::timestamptz as at, $3::jsonb as held, $4::int[] as list, $5::bytea as raw,"
        " $6::text as nothing, timestamp '2026-01-01' as plain",
        Decimal("1.5"),
        datetime(2026, 1, 1, tzinfo=UTC),
        {"a": [1]},
        [1, 2],
        b"\x00",
        None,
    )
    assert row == {
        "price": Decimal("1.5"),
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "held": {"a": [1]},
        "list": [1, 2],
        "raw": b"\x00",
        "nothing": None,
        "plain": datetime(2026, 1, 1, tzinfo=UTC),
    }
    assert await unguarded.execute_raw('update "User" set email = $1 where id > $2', "same", 1) == 1


async def test_raw_sql_is_refused_under_rules_in_the_query_unless_allowed(open_client: Open) -> None:
    for refused in (open_client("query"), open_client("query", compat="zenstack")):
        for call in (refused.query_raw, refused.execute_raw):
            with pytest.raises(RejectedByPolicy, match="non-CRUD queries are not allowed") as failure:
                await call("select 1")
            assert failure.value.rejected_by_policy_reason == "other"
    assert await open_client("query", allow_raw_sql=True).query_raw("select 1 as one") == [{"one": 1}]


async def test_raw_sql_runs_under_row_level_security_as_whoever_is_bound(
    open_client: Open, people: dict[str, int], unguarded: Client
) -> None:
    await unguarded.post.create(data={"title": "ada's", "authorId": people["ada"]})
    db = open_client("database")
    count = 'select count(*) as n from "Post"'
    assert await db.query_raw(count) == [{"n": 0}]
    assert await db.set_auth({"id": 1}).query_raw(count) == [{"n": 1}]
    assert await db.set_auth({"id": 2}).query_raw(count) == [{"n": 0}]


@pytest.mark.parametrize("sql", ["select \0", 3, None])
async def test_raw_sql_must_be_a_text(unguarded: Client, sql: Any) -> None:
    with pytest.raises(InvalidInput):
        await unguarded.query_raw(sql)


@pytest.mark.parametrize("value", [object(), "a\0b", {1}, lambda: 1])
async def test_raw_values_must_be_values(unguarded: Client, value: Any) -> None:
    with pytest.raises(InvalidInput):
        await unguarded.query_raw("select $1", value)


# ------------------------------------------------------------------ the guard is where it is said to be


async def test_under_the_database_guard_the_sql_holds_no_rule(
    open_client: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []
    db = open_client("database")
    door = db.session.door
    run = door.run

    async def spy(identity: Identity, statements: Any) -> Any:
        texts.extend(each.text for each in statements)
        return await run(identity, statements)

    monkeypatch.setattr(door, "run", spy)
    await db.set_auth({"id": 1}).post.find_many(where={"title": "x"})
    (text,) = texts
    condition = text.rpartition("WHERE")[2]
    assert "authorId" not in condition
    assert "published" not in condition


async def test_a_login_that_may_not_be_the_role_cannot_read(cluster: Any, blog_database: str) -> None:
    login = cluster.dsn("supabase_auth_admin", blog_database)
    async with Client.connect(BLOG, login) as db:
        with pytest.raises(DatabaseError) as refused:
            await db.set_auth({"id": 1}).post.find_many()
        assert refused.value.db_error_code == "42501"


@pytest.mark.parametrize("guard", ["none", "database"])
@pytest.mark.parametrize("within", [False, True])
async def test_what_raw_sql_leaves_in_a_session_is_washed_away(open_client: Open, guard: str, within: bool) -> None:
    db = open_client(guard, pool_size=1)
    await db.blog_tag.create(data={"id": 1, "name": "real"})
    leave = "select set_config('app.left', 'here', false), pg_advisory_lock(7)"
    if within:
        async with db.transaction() as tx:
            await tx.query_raw(leave)
            await tx.blog_tag.count()
    else:
        await db.query_raw(leave)
    left = "select coalesce(current_setting('app.left', true), '') as value"
    assert await db.query_raw(left) == [{"value": ""}]
    held = "select count(*) as n from pg_locks where locktype = 'advisory' and database = (select oid from pg_database"
    assert await db.query_raw(f"{held} where datname = current_database())") == [{"n": 0}]
    assert await db.blog_tag.count() == 1


# ------------------------------------------------------------------ the schema and the database


@pytest.mark.parametrize("guard", ["query", "database"])
async def test_push_brings_the_schema_into_the_database_and_check_finds_what_differs(
    fresh_database: FreshDatabase, cluster: Server, guard: Any
) -> None:
    owner = cluster.dsn("postgres", fresh_database())
    async with Client.connect(BLOG, owner, guard=guard) as db:
        assert await db.check()
        report = await db.push()
        assert report.changes
        assert await db.check() == []
        assert (await db.push()).changes == ()
        async with Client.unguarded(BLOG, owner) as free:
            policies = "select count(*) > 0 as there from pg_policies where tablename = 'Post'"
            assert await free.query_raw(policies) == [{"there": guard == "database"}]
            await free.user.create(data={"id": 1, "email": "a@x.io"})
    shorter = BLOG.replace('  secret String @default("s") @omit\n', "")
    async with Client.connect(shorter, owner, guard=guard) as db:
        assert any("secret" in str(each) for each in await db.check())
        with pytest.raises(ConfigError, match="would destroy data"):
            await db.push()
        await db.push(accept_data_loss=True)
        assert await db.check() == []


async def test_push_to_a_database_that_is_not_there_is_unreachable() -> None:
    async with Client.connect(BLOG, NOWHERE) as db:
        for work in (db.push, db.check):
            with pytest.raises(Unreachable):
                await work()


async def test_a_rule_that_cannot_be_said_is_a_config_error_that_names_it(cluster: Server, blog_database: str) -> None:
    text = DATASOURCE + (
        "model Left { id Int @id\n right Right? @relation(fields: [rightId], references: [id])\n rightId Int? @unique\n"
        "  @@allow('read', check(right, 'read')) }\n"
        "model Right { id Int @id\n left Left?\n  @@allow('read', check(left, 'read')) }"
    )
    with pytest.raises(ConfigError, match=r"schema\.zmodel:\d+:\d+"):
        async with Client.connect(text, cluster.dsn("postgres", blog_database), guard="query") as db:
            await db.left.find_many()


@pytest.mark.parametrize("name", [1, None, "", "a" * 5000, "__class__", 'x"; drop table', "\0", ["User"]])
async def test_names_of_every_kind_are_refused_in_words(unguarded: Client, name: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        await unguarded.call(name, "findMany")
    assert len(str(refused.value)) < 300
    with pytest.raises(InvalidInput) as refused:
        await unguarded.call("User", name)
    assert len(str(refused.value)) < 300


async def test_tables_of_other_schemas_of_the_database(fresh_database: FreshDatabase, cluster: Server) -> None:
    text = (
        'datasource db { provider = "postgresql" url = env("DATABASE_URL") schemas = ["public", "other"] }\n'
        'model User { id Int @id\n posts Post[]\n @@schema("public") }\n'
        "model Post { id Int @id\n authorId Int\n author User @relation(fields: [authorId], references: [id])\n"
        ' @@map("posts")\n @@schema("other") }'
    )
    dsn = cluster.dsn("postgres", fresh_database())
    async with Client.unguarded(text, dsn) as db:
        await db.push(policies=False)
        await db.user.create(data={"id": 1, "posts": {"create": {"id": 5}}})
        assert await db.query_raw('select "authorId" from other.posts') == [{"authorId": 1}]
        assert await db.user.find_many(where={"posts": {"some": {"id": 5}}}, include={"posts": True}) == [
            {"id": 1, "posts": [{"id": 5, "authorId": 1}]}
        ]
