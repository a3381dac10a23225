"""The blocking client: the same members, each call waited for."""

import os
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gatepost.embedded import Server
from gatepost.orm import BaseClient, ConfigError, InvalidInput, NotFound, Plugin, Query, SyncClient
from gatepost.orm.builder import Builder
from gatepost.orm.calling.calls import ModelAccess

from .conftest import BLOG, Open


@pytest.fixture
def blocking(blog_database: str, cluster: Server, open_client: Open) -> Iterator[SyncClient]:
    """An unguarded blocking client of the emptied blog."""
    assert open_client
    with SyncClient.unguarded(BLOG, cluster.dsn("postgres", blog_database)) as client:
        yield client


def test_calls_give_results_without_await(blocking: SyncClient) -> None:
    assert blocking.user.create(data={"id": 1, "email": "a@x.io"})["email"] == "a@x.io"
    assert blocking.user.find_many(where={"id": 1})[0]["id"] == 1
    assert blocking.call("User", "count") == 1
    assert blocking.query_raw("select 1 as one") == [{"one": 1}]
    with pytest.raises(NotFound):
        blocking.user.find_unique_or_throw(where={"id": 9})
    with pytest.raises(AttributeError, match='did you mean "user"'):
        _ = blocking.usr


def test_transactions_commit_or_undo(blocking: SyncClient) -> None:
    with blocking.transaction() as tx:
        tx.user.create(data={"id": 1, "email": "a@x.io"})
    with pytest.raises(KeyError), blocking.transaction(isolation="serializable") as tx:
        tx.user.create(data={"id": 2, "email": "b@x.io"})
        raise KeyError
    assert blocking.user.count() == 1
    begun = blocking.begin()
    begun.user.delete_many()
    begun.rollback()
    assert blocking.user.count() == 1


def test_rules_hold_as_for_the_asynchronous_client(blog_database: str, cluster: Server, blocking: SyncClient) -> None:
    blocking.user.create(data={"id": 1, "email": "a@x.io", "posts": {"create": [{"title": "mine"}]}})
    with SyncClient.connect(BLOG, cluster.dsn("authenticator", blog_database)) as db:
        assert [db.set_auth({"id": id}).post.count() for id in (1, 2)] == [1, 0]
        with db.transaction() as tx:
            assert tx.set_auth({"id": 1}).post.find_many()[0]["title"] == "mine"
            assert tx.post.count() == 0


def test_a_query_builder_without_await(blocking: SyncClient) -> None:
    assert blocking.around(Builder).execute("insert into User (id, email) values (1, $1)", "a@x.io") == 1
    with pytest.raises(KeyError), blocking.transaction() as tx:
        assert tx.around(Builder).query("delete from User returning id") == [{"id": 1}]
        raise KeyError
    assert blocking.around(Builder).tables.User.name == "User"
    assert blocking.user.count() == 1


def test_several_threads_may_share_one(blocking: SyncClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda id: blocking.user.create(data={"id": id, "email": f"{id}@x.io"}), range(40)))
    assert blocking.user.count() == 40


def test_a_client_of_another_process_says_so_in_the_place_of_waiting_for_ever(blocking: SyncClient) -> None:
    """A server that forks its workers after the application was loaded leaves the client's thread behind."""
    with warnings.catch_warnings(action="ignore"):  # by Python 3.12, of a fork beside threads
        child = os.fork()
    if child == 0:
        try:
            blocking.user.count()
        except InvalidInput as error:
            os._exit(7 if "forked" in str(error) else 1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_hooks_and_procedures_get_the_asynchronous_client(blog_database: str, cluster: Server) -> None:
    async def on_query(query: Query) -> Any:
        assert isinstance(query.client, BaseClient)
        return await query.proceed(query.args)

    async def echo(client: Any, text: str) -> str:
        return text * (1 + await client.user.count())

    async def wrong(client: Any) -> None:
        held.user.count()

    options: Any = {"plugins": [Plugin("p", on_query=on_query)], "procedures": {"echo": echo, "overview": wrong}}
    with SyncClient.unguarded(BLOG, cluster.dsn("postgres", blog_database), **options) as held:
        held.user.delete_many()
        assert held.procs.echo(text="a") == "a"
        assert held.procs["echo"]({"text": "b"}) == "b"
        with pytest.raises(InvalidInput, match="given the asynchronous one"):
            held.procs.overview()


def test_a_client_that_could_not_be_opened_leaves_no_thread() -> None:
    before = threading.active_count()
    with pytest.raises(ConfigError):
        SyncClient.connect("nonsense", "dbname=x")
    assert threading.active_count() == before


@pytest.mark.parametrize("name", [name for name in vars(ModelAccess) if not name.startswith("_")])
def test_every_operation_is_there(blocking: SyncClient, name: str) -> None:
    assert callable(getattr(blocking.user, name))
