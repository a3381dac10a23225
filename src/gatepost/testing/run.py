"""What the tests of one worker share, and what a test gets of it.

In: what the run asks for. Out: databases, servers, people, each ended with the test that asked. Never: work for a test
that did not ask.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gatepost.identity import ANON, Identity
from gatepost.orm.sync import Portal
from gatepost.problem import Problem

from . import denial, serving, template
from .accounts import Accounts
from .asked import Asked
from .databases import TestDatabase
from .matrix import golden, probes
from .people import Person, World
from .serving import AuthServer
from .template import Template

SERVICE = Identity("service_role", {"role": "service_role"})

expect_denied = denial.expect_denied


@dataclass(frozen=True, slots=True)
class Run:
    """A template, and an event loop in a thread of its own."""

    asked: Asked
    template: Template
    portal: Portal

    @contextmanager
    def database(self) -> Generator[TestDatabase]:
        """A new one, like the template."""
        with self.template.clone() as state, closing(TestDatabase(state)) as database:
            yield database

    @contextmanager
    def served(self, database: TestDatabase) -> Generator[AuthServer]:
        """The application over a database."""
        port = int(database.state.overrides["server.port"])
        running = self.portal.run(serving.start(database.file, port))
        yield serving.described(database.state)
        self.portal.run(running.stop())

    def world(self, database: TestDatabase, serve: Callable[[], AuthServer]) -> World:
        """The people of a database."""
        return World(database, Accounts(database.file), self.portal, serve, self.template.schema)

    def compare(
        self,
        world: World,
        path: Path,
        people: Mapping[str, Person],
        tables: Sequence[str] | None,
        *,
        functions: bool,
    ) -> None:
        """What people may do, and what a file says of it."""
        schemas = world.settings.rest.schemas
        admin = world.database.connect("admin")
        cells = [*probes.tables(admin, people, probes.relations(admin, schemas, tables))]
        cells += probes.functions(admin, people, schemas) if functions else []
        golden.compare(path, cells, update=self.asked.update)


@contextmanager
def begun(asked: Asked) -> Generator[Run]:
    """The worker's share in a run."""
    with template.reserved() as kept:
        made = _made(asked, kept.getsockname()[1])
        portal = Portal()
        try:
            yield Run(asked, made, portal)
        finally:
            portal.close()
            made.close()


def _made(asked: Asked, port: int) -> Template:
    """The template, or what is wrong with the project, in words."""
    try:
        return template.made(asked, port)
    except Problem as problem:
        told = problem.details
        details = [f"{name}: {value}" for name, value in told.items()] if isinstance(told, dict) else [str(told or "")]
        raise pytest.fail.Exception("\n".join([str(problem), *details]).rstrip(), pytrace=False) from None


def anonymous(world: World) -> Person:
    """Whoever shows the publishable key and nothing else."""
    return Person(ANON, None, "anon", world)


def service(world: World) -> Person:
    """Whoever shows the secret key."""
    return Person(SERVICE, None, "service_role", world)
