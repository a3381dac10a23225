"""How many rows a change touches.

In: a session. Out: counts in words for people, None where there is nothing to lose.
Never: a value read.
"""

from gatepost.evolve.compare.changes import TableName, qualified
from gatepost.evolve.layout.defaults import quoted
from gatepost.evolve.layout.types import bare
from gatepost.evolve.session import Session
from gatepost.problem import DatabaseProblem


class Rows:
    """Counts, asked once each. Without a session (a migration is written, not run) there may be any number."""

    def __init__(self, session: Session | None) -> None:
        self._session = session
        self._known: dict[str, str | None] = {}

    def count(self, table: TableName) -> str | None:
        """All rows."""
        return self._words(f"select count(*) from {qualified(table)}")

    def filled(self, table: TableName, column: str) -> str | None:
        """Rows that hold a value in a column."""
        return self._words(f"select count({bare(column)}) from {qualified(table)}")

    def empty(self, table: TableName, column: str) -> str | None:
        """Rows that do not."""
        return self._words(f"select count(*) from {qualified(table)} where {bare(column)} is null")

    def holding(self, table: TableName, column: str, values: tuple[str, ...], listed: bool) -> str | None:
        """Rows that hold one of these values (in a list column: among others)."""
        name, wanted = bare(column), f"array[{', '.join(quoted(value) for value in values)}]::text[]"
        test = f"{name}::text[] && {wanted}" if listed else f"{name}::text = any ({wanted})"
        return self._words(f"select count(*) from {qualified(table)} where {test}")

    def _words(self, query: str) -> str | None:
        if self._session is None:
            return "rows"
        if query not in self._known:
            self._known[query] = self._asked(self._session, query)
        return self._known[query]

    @staticmethod
    def _asked(session: Session, query: str) -> str | None:
        """Where policies would hide rows from the one who asks, nobody claims that there are none."""
        session.execute("savepoint counting; set local row_security = off")
        try:
            count = int(str(session.value(query)))
        except DatabaseProblem:
            session.execute("rollback to savepoint counting")
            return "rows that cannot be counted"
        session.execute("release savepoint counting")
        return f"{count} row{'s' * (count != 1)}" if count else None
