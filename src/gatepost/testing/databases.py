"""A test's own database, for set-up and for looking past every policy.

In: the State of a clone. Out: connections of its logins, rows. Never: a connection that outlives the test.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.abc import QueryNoTemplate as Query

from gatepost.cli.status import as_url
from gatepost.project import state
from gatepost.project.state import State

Parameters = Sequence[object] | Mapping[str, object] | None
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """Logins are `owner` (of the project's tables), `authenticator`, `service`, `auth` and `admin` (of the server)."""

    __test__ = False

    state: State = field(repr=False)
    _opened: ExitStack = field(default_factory=ExitStack, repr=False)

    @property
    def file(self) -> Path:
        """Where its state stands, for a server of it."""
        hidden = Path(self.state.root) / ".gatepost"
        return hidden / state.FILE if hidden.is_dir() else state.write(hidden, self.state)

    def url(self, login: str = "owner") -> str:
        """Of a login, as every driver reads it. KeyError for one that is not there."""
        return as_url(self.state.logins[login])

    def connect(self, login: str = "owner", **options: Any) -> "psycopg.Connection[Any]":
        """A connection of a login, closed when the test ends; autocommit unless `options` of psycopg say otherwise."""
        options = {"autocommit": True} | options
        return self._opened.enter_context(closing(psycopg.connect(self.state.logins[login], **options)))

    def execute(self, statement: Query, parameters: Parameters = None, login: str = "owner") -> list[Row]:
        """Run SQL past all policies, as the owner of the project's tables; the rows, where it gives some."""
        with psycopg.connect(self.state.logins[login], autocommit=True) as connection:
            return rows_of(connection.execute(statement, parameters))

    def close(self) -> None:
        """End its connections."""
        self._opened.close()


def rows_of(cursor: "psycopg.Cursor[Any]") -> list[Row]:
    """What a statement gave, by column."""
    if cursor.description is None:
        return []
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
