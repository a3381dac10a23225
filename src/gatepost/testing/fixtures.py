"""The fixtures. Names in a test's arguments: `database`, `as_user`, `as_anon`, `as_service`, `auth_server`, `inbox`,
`access_matrix`, `expect_denied`; `database_template` for those who make databases of their own.

In: what the run asks for. Out: what a test asked for, ended with it. Never: a room loaded before a test needs it.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from .databases import TestDatabase
    from .inbox import Inbox
    from .people import Person, Who, World
    from .run import Run
    from .serving import AuthServer

ROOM = "gatepost.testing.run"
ASKED = pytest.StashKey[Any]()
"""The run's Asked, in pytest's configuration."""


class AsUser(Protocol):
    """`as_user("ada@example.com")`: a user of that address, made where there is none, with the token that a sign-in
    gives. `as_user({"sub": …})`, `as_user(identity)`: whoever a program says it is; no row is made.
    """

    def __call__(
        self,
        who: "Who",
        *,
        permissions: Sequence[str] = (),
        role: str | None = None,
        aal: str | None = None,
        password: str | None = None,
        app_metadata: Mapping[str, Any] | None = None,
        user_metadata: Mapping[str, Any] | None = None,
    ) -> "Person":
        """`permissions` are put into `app_metadata`; `role` is the database's; `aal` is "aal2" for a second factor."""
        ...


class AccessMatrix(Protocol):
    """Compares what people may do with a file beside the test."""

    def __call__(
        self,
        people: Mapping[str, "Person"],
        tables: Sequence[str] | None = None,
        *,
        functions: bool = True,
        file: str = "access_matrix.txt",
    ) -> None:
        """`tables`: `schema.name` of each; None is all of the exposed schemas."""
        ...


@pytest.fixture(scope="session")
def gatepost_run(pytestconfig: pytest.Config) -> "Iterator[Run]":
    """What the other fixtures share."""
    with importlib.import_module(ROOM).begun(pytestconfig.stash[ASKED]) as run:
        yield run


@pytest.fixture(scope="session")
def database_template(gatepost_run: "Run") -> "Callable[[], AbstractContextManager[TestDatabase]]":
    """`with database_template() as database`: one more database, for fixtures of a wider scope."""
    return gatepost_run.database


@pytest.fixture
def database(gatepost_run: "Run") -> "Iterator[TestDatabase]":
    """A database of this test's own: our objects, the project's migrations, its seed."""
    with gatepost_run.database() as fresh:
        yield fresh


@pytest.fixture
def auth_server(gatepost_run: "Run", database: "TestDatabase") -> "Iterator[AuthServer]":
    """The project's application, served on a loopback port, over this test's database."""
    with gatepost_run.served(database) as server:
        yield server


@pytest.fixture
def inbox(auth_server: "AuthServer") -> "Inbox":
    """Mails that `auth_server` sent: `inbox.read("ada@example.com").link`."""
    return auth_server.inbox


@pytest.fixture
def gatepost_world(request: pytest.FixtureRequest, gatepost_run: "Run", database: "TestDatabase") -> "Iterator[World]":
    """What people of this test share."""
    with gatepost_run.world(database, lambda: request.getfixturevalue("auth_server")) as world:
        yield world


@pytest.fixture
def as_user(gatepost_world: "World") -> AsUser:
    """Whoever the test says: `as_user("ada@example.com").rows("select …")`."""
    return gatepost_world.user


@pytest.fixture
def as_anon(gatepost_world: "World") -> "Person":
    """Whoever shows nothing but the publishable key."""
    return importlib.import_module(ROOM).anonymous(gatepost_world)


@pytest.fixture
def as_service(gatepost_world: "World") -> "Person":
    """Whoever shows the secret key."""
    return importlib.import_module(ROOM).service(gatepost_world)


@pytest.fixture
def expect_denied() -> Callable[..., AbstractContextManager[None]]:
    """`with expect_denied():` passes where the block is denied, and only then."""
    return importlib.import_module(ROOM).expect_denied


@pytest.fixture
def access_matrix(request: pytest.FixtureRequest, gatepost_run: "Run", gatepost_world: "World") -> AccessMatrix:
    """`access_matrix({"ada": as_user("ada@example.com"), "nobody": as_anon})`: who may do what, as a file."""

    def compare(
        people: "Mapping[str, Person]",
        tables: Sequence[str] | None = None,
        *,
        functions: bool = True,
        file: str = "access_matrix.txt",
    ) -> None:
        gatepost_run.compare(gatepost_world, request.path.parent / file, people, tables, functions=functions)

    return compare
