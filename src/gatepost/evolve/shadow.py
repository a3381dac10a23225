"""A database for a moment: the project's objects and migrations in it, and nobody's rows.

In: an administrator's connection string, the owner's. Out: the owner's to the shadow.
Never: left behind.
"""

import secrets
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo

from gatepost import migrate
from gatepost.evolve.layout.types import bare
from gatepost.migrate import Profile
from gatepost.migrate.connection import Connection
from gatepost.problem import DatabaseProblem, Problem


@dataclass(frozen=True, slots=True)
class Shadows:
    """Where shadows are made: by `admin`, for `owner`, as a project of this profile with these exposed schemas."""

    admin: str
    owner: str
    profile: Profile = "gatepost"
    schemas: Sequence[str] = ("public",)

    @contextmanager
    def database(self, migrations: Path | None = None) -> Generator[str]:
        """A new database with our objects and, where a folder is named, its migrations; the owner's string."""
        name = f"gatepost_shadow_{secrets.token_hex(6)}"
        self._administer(f"create database {bare(name)} template template0")
        try:
            migrate.install(make_conninfo(self.admin, dbname=name), self.profile, schemas=self.schemas)
            owner = make_conninfo(self.owner, dbname=name)
            if migrations is not None:
                migrate.apply_project(owner, migrations, seed_paths=())
            yield owner
        finally:
            self._administer(f"drop database if exists {bare(name)} with (force)")

    def _administer(self, statement: str) -> None:
        try:
            with Connection(self.admin) as connection:
                connection.script(statement)
        except DatabaseProblem as problem:
            if problem.code != "42501":
                raise
            hint = "Name an administrator's URL with --database-url, or let this one: alter role … createdb"
            raise Problem(problem.code, 500, "A shadow database cannot be made here", problem.message, hint) from None
