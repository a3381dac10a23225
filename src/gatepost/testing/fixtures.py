"""The fixtures. Names in a test's arguments: `database`, `as_user`, `as_anon`, `as_service`, `auth_server`, `inbox`,
`access_matrix`, `expect_denied`; `database_template` for those who make databases of their own.

In: what the run asks for. Out: what a test asked for, ended with it. Never: work for a test that did not ask.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from gatepost.identity import ANON, Identity
from gatepost.orm.sync import Portal

from . import denial, serving, template
from .accounts import Accounts
from .databases import TestDatabase
from .inbox import Inbox
from .matrix import golden, probes
from .people import Person, Who, World
from .plugin import ASKED, Asked
from .serving import AuthServer
from .template import Template

AS_SERVICE = Identity("service_role", {"role": "service_role"})


@dataclass(slots=True)
class Run:
    """What a worker keeps for all of its tests: the template, an event loop"""

    asked: Asked
    template: Template
    portal: Portal


class AsUser(Protocol):
    """`as_user("ada@example.com")`: a user of that address, made where there is none, with the token that a sign-in
    gives. `as_user({"sub": …})`, `as_user(identity)`: whoever a program says it is; no row is made.
    """

    def __call__(
        self,
        who: Who,
        *,
        permissions: Sequence[str] = (),
        role: str | None = None,
        aal: str | None = None,
        password: str | None = None,
        app_metadata: Mapping[str, Any] | None = None,
        user_metadata: Mapping[str, Any] | None = None,
    ) -> Person:
        """`permissions` are put into `app_metadata`; `role` is the database's; `aal` is "aal2" for a second factor."""
        ...


class AccessMatrix(Protocol):
    """Compares what people may do with a file beside the test."""

    def __call__(
        self,
        people: Mapping[str, Person],
        tables: Sequence[str] | None = None,
        *,
        functions: bool = True,
        file: str = "access_matrix.txt",
    ) -> None:
        """`tables`: `schema.name` of each; None is all of the exposed schemas."""
        ...


@pytest.fixture(scope="session")
def gatepost_run(pytestconfig: pytest.Config) -> Iterator[Run]:
    """What the other fixtures share."""
    asked = pytestconfig.stash[ASKED]
    with template.reserved() as kept:
        made = template.made(asked, kept.getsockname()[1])
        portal = Portal()
        yield Run(asked, made, portal)
        portal.close()
        made.close()


@pytest.fixture(scope="session")
def database_template(gatepost_run: Run) -> Callable[[], AbstractContextManager[TestDatabase]]:
    """`with database_template() as database`: one more database, for fixtures of a wider scope."""

    @contextmanager
    def fresh() -> Generator[TestDatabase]:
        with gatepost_run.template.clone() as known, closing(TestDatabase(known)) as database:
            yield database

    return fresh


@pytest.fixture
def database(database_template: Callable[[], AbstractContextManager[TestDatabase]]) -> Iterator[TestDatabase]:
    """A database of this test's own: our objects, the project's migrations, its seed."""
    with database_template() as fresh:
        yield fresh


@pytest.fixture
def auth_server(gatepost_run: Run, database: TestDatabase) -> Iterator[AuthServer]:
    """The project's application, served on a loopback port, over this test's database."""
    known = database.state
    running = gatepost_run.portal.run(serving.start(database.file, int(known.overrides["server.port"])))
    yield serving.described(known)
    gatepost_run.portal.run(running.stop())


@pytest.fixture
def inbox(auth_server: AuthServer) -> Inbox:
    """Mails that `auth_server` sent: `inbox.read("ada@example.com").link`."""
    return auth_server.inbox


@pytest.fixture
def gatepost_world(request: pytest.FixtureRequest, gatepost_run: Run, database: TestDatabase) -> Iterator[World]:
    """What people of this test share."""
    accounts = Accounts(database.file)

    def serve() -> AuthServer:
        return request.getfixturevalue("auth_server")

    with World(database, accounts, gatepost_run.portal, serve, gatepost_run.template.schema) as world:
        yield world


@pytest.fixture
def as_user(gatepost_world: World) -> AsUser:
    """Whoever the test says: `as_user("ada@example.com").rows("select …")`."""
    return gatepost_world.user


@pytest.fixture
def as_anon(gatepost_world: World) -> Person:
    """Whoever shows nothing but the publishable key."""
    return Person(ANON, None, "anon", gatepost_world)


@pytest.fixture
def as_service(gatepost_world: World) -> Person:
    """Whoever shows the secret key."""
    return Person(AS_SERVICE, None, "service_role", gatepost_world)


@pytest.fixture
def expect_denied() -> Callable[..., AbstractContextManager[None]]:
    """`with expect_denied():` passes where the block is denied, and only then."""
    return denial.expect_denied


@pytest.fixture
def access_matrix(request: pytest.FixtureRequest, gatepost_run: Run, gatepost_world: World) -> AccessMatrix:
    """`access_matrix({"ada": as_user("ada@example.com"), "nobody": as_anon})`: who may do what, as a file."""

    def compare(
        people: Mapping[str, Person],
        tables: Sequence[str] | None = None,
        *,
        functions: bool = True,
        file: str = "access_matrix.txt",
    ) -> None:
        schemas = gatepost_world.settings.rest.schemas
        with gatepost_world.database.connect("admin") as admin:
            cells = [*probes.tables(admin, people, probes.relations(admin, schemas, tables))]
            cells += probes.functions(admin, people, schemas) if functions else []
        golden.compare(request.path.with_name(file), cells, update=gatepost_run.asked.update)

    return compare
