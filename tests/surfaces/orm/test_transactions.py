"""Transactions: all or nothing, in order, as whoever is bound to each call."""

import asyncio

import pytest

from gatepost.orm import Client, DatabaseError, InvalidInput, NotSupported, OrmError, Unreachable

from .conftest import Open


def user(id: int) -> dict[str, object]:
    return {"id": id, "email": f"u{id}@x.io"}


async def test_leaving_the_block_commits(db: Client) -> None:
    async with db.transaction() as tx:
        await tx.user.create(data=user(1))
        await tx.user.create(data=user(2))
        assert await db.user.count() == 0
    assert await db.user.count() == 2


async def test_an_exception_undoes_everything(db: Client) -> None:
    with pytest.raises(KeyError):
        async with db.transaction() as tx:
            await tx.user.create(data=user(1))
            raise KeyError
    assert await db.user.count() == 0


async def test_a_failed_call_undoes_everything(db: Client) -> None:
    with pytest.raises(DatabaseError):
        async with db.transaction() as tx:
            await tx.user.create(data=user(1))
            await tx.user.create(data=user(1))
    assert await db.user.count() == 0


async def test_a_transaction_within_another_is_the_same(db: Client) -> None:
    async with db.transaction() as tx:
        await tx.user.create(data=user(1))
        async with tx.transaction() as inner:
            await inner.user.create(data=user(2))
    assert await db.user.count() == 2
    with pytest.raises(DatabaseError):
        async with db.transaction() as tx:
            await tx.user.create(data=user(3))
            async with tx.transaction() as inner:
                await inner.user.create(data=user(1))
    assert await db.user.count() == 2


async def test_a_list_of_calls_runs_in_order_in_one_transaction(db: Client) -> None:
    results = await db.transaction([db.user.create(data=user(1)), db.user.create(data=user(2)), db.user.count()])
    assert [results[0]["id"], results[1]["id"], results[2]] == [1, 2, 2]
    assert await db.transaction([]) == []


async def test_a_list_of_calls_is_all_or_nothing(db: Client) -> None:
    with pytest.raises(DatabaseError):
        await db.transaction([db.user.create(data=user(1)), db.user.create(data=user(1))])
    assert await db.user.count() == 0


async def test_calls_of_a_list_run_as_the_client_they_were_made_on(db: Client) -> None:
    await db.transaction([db.user.create(data=user(1)), db.user.create(data=user(2))])
    ada, bob = db.set_auth({"id": 1}), db.set_auth({"id": 2})
    await ada.post.create(data={"title": "ada's"})
    counts = await db.transaction([ada.post.count(), bob.post.count(), db.post.count(), ada.post.count()])
    assert counts == [1, 0, 0, 1]


async def test_a_list_of_anything_else_is_refused(db: Client) -> None:
    with pytest.raises(InvalidInput, match="list of calls"):
        await db.transaction([1])  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvalidInput):
        await db.transaction()
    with pytest.raises(InvalidInput):
        async with db.transaction([db.user.count()]):
            pass


async def test_set_auth_in_a_transaction_binds_its_later_calls(db: Client) -> None:
    await db.transaction([db.user.create(data=user(1)), db.user.create(data=user(2))])
    async with db.transaction() as tx:
        ada, bob = tx.set_auth({"id": 1}), tx.set_auth({"id": 2})
        await ada.post.create(data={"title": "ada's"})
        assert await ada.post.count() == 1
        assert await bob.post.count() == 0
        assert await tx.post.count() == 0
        await bob.post.create(data={"title": "bob's"})
        assert [row["title"] for row in await ada.post.find_many()] == ["ada's"]
        assert await bob.post.update_many(data={"title": "taken"}) == {"count": 1}
        assert await ada.set_auth(None).post.count() == 0
    assert await db.set_auth({"id": 1}).post.count() == 1


async def test_calls_at_once_in_one_transaction_keep_their_identities(db: Client) -> None:
    await db.transaction([db.user.create(data=user(1)), db.user.create(data=user(2))])
    async with db.transaction() as tx:
        ada, bob = tx.set_auth({"id": 1}), tx.set_auth({"id": 2})
        await ada.post.create(data={"title": "a"})
        await bob.post.create(data={"title": "b"})
        rows = await asyncio.gather(*(each.post.find_many() for each in [ada, bob, tx] * 5))
    assert [[row["title"] for row in found] for found in rows] == [["a"], ["b"], []] * 5


@pytest.mark.parametrize(
    "name", ["serializable", "Serializable", "RepeatableRead", "repeatable_read", "read committed"]
)
async def test_isolation_levels_in_every_spelling(open_client: Open, name: str) -> None:
    for guard in ("database", "none"):
        async with open_client(guard).transaction(isolation=name) as tx:
            (row,) = await tx.query_raw("select current_setting('transaction_isolation') as level")
        assert row["level"].replace(" ", "") == name.lower().replace("_", "").replace(" ", "")


async def test_an_isolation_level_that_does_not_exist_is_refused(db: Client) -> None:
    with pytest.raises(InvalidInput, match="isolation level"):
        db.transaction(isolation="serialisable; drop")


async def test_begin_commit_and_rollback(db: Client) -> None:
    tx = await db.begin()
    await tx.user.create(data=user(1))
    assert await db.user.count() == 0
    await tx.commit()
    assert await db.user.count() == 1
    tx = await db.begin(isolation="serializable")
    await tx.set_auth({"id": 1}).post.create(data={"title": "gone"})
    await tx.rollback()
    assert await db.set_auth({"id": 1}).post.count() == 0


async def test_a_transaction_that_has_ended_takes_no_more_calls(db: Client) -> None:
    tx = await db.begin()
    await tx.commit()
    with pytest.raises(OrmError, match="has ended"):
        await tx.user.count()
    for end in (tx.commit, tx.rollback):
        with pytest.raises(OrmError, match="has ended"):
            await end()
    async with db.transaction() as block:
        pass
    with pytest.raises(OrmError, match="has ended"):
        await block.user.count()


async def test_what_was_not_begun_cannot_end(db: Client) -> None:
    with pytest.raises(OrmError, match="no transaction"):
        await db.commit()
    tx = await db.begin()
    with pytest.raises(NotSupported, match="in a transaction already"):
        await tx.begin()
    await tx.rollback()


async def test_a_connection_lost_in_a_transaction_leaves_nothing_behind(open_client: Open) -> None:
    db, other = open_client("none"), open_client("none")
    with pytest.raises(Unreachable):
        async with db.transaction() as tx:
            (row,) = await tx.query_raw("select pg_backend_pid() as pid")
            await tx.user.create(data=user(1))
            await other.query_raw("select pg_terminate_backend($1::int)", row["pid"])
            await tx.user.create(data=user(2))
    assert await db.user.count() == 0


async def test_a_connection_lost_in_a_nested_write_leaves_nothing_behind(open_client: Open) -> None:
    db, other = open_client("none"), open_client("none")
    await other.execute_raw(
        "create or replace function die() returns trigger language plpgsql as $f$ begin "
        "perform pg_terminate_backend(pg_backend_pid()); return new; end $f$"
    )
    await other.execute_raw('create trigger die before insert on "Post" for each row execute function die()')
    try:
        with pytest.raises(Unreachable):
            await db.user.create(data={**user(1), "posts": {"create": [{"title": "a"}]}})
    finally:
        await other.execute_raw('drop trigger die on "Post"')
    assert await db.user.count() == 0


async def test_a_deferred_constraint_fails_at_the_commit(open_client: Open) -> None:
    db = open_client("none")
    await db.execute_raw('alter table "Post" alter constraint "Post_authorId_fkey" deferrable initially deferred')
    try:
        with pytest.raises(DatabaseError) as refused:
            async with db.transaction() as tx:
                await tx.post.create(data={"title": "of nobody", "authorId": 77})
        assert refused.value.db_error_code == "23503"
    finally:
        await db.execute_raw('alter table "Post" alter constraint "Post_authorId_fkey" not deferrable')
    assert await db.post.count() == 0


async def test_plugins_stay_in_the_transaction(db: Client) -> None:
    with pytest.raises(KeyError):
        async with db.transaction() as tx:
            await tx.unuse_all().user.create(data=user(1))
            await tx.unuse("nothing").user.create(data=user(2))
            raise KeyError
    assert await db.user.count() == 0
