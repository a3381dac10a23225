"""Types and defaults as PostgreSQL itself would spell them.

In: wanted columns. Out: for each its canonical type and default, to be compared with what the catalog says.
Never: a table that stays: PostgreSQL is asked with a temporary one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gatepost.evolve.compare.changes import TableName
from gatepost.evolve.layout.types import SqlType
from gatepost.evolve.session import Session
from gatepost.problem import DatabaseProblem

MANY = 500
TABLE = "pg_temp.gatepost_spelling"
READ = """
select format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid)
from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = %s::regclass and a.attnum > 0
order by a.attnum
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column as the schema wants it; `default` None: it has none, or a sequence fills it."""

    table: TableName
    column: str
    type: SqlType
    default: str | None

    @property
    def counts(self) -> bool:
        """Whether a sequence fills it."""
        return self.type.spec != self.type.name


Spelled = tuple[str, str | None]


def spelled(session: Session, columns: Sequence[Wanted]) -> list[Spelled]:
    """Type and default of each. What PostgreSQL cannot read yet (an enum that is new) stays as it was written."""
    found: list[Spelled] = []
    for start in range(0, len(columns), MANY):
        part = columns[start : start + MANY]
        together = _asked(session, part)
        found += together or [each for column in part for each in _asked(session, [column]) or [_own(column)]]
    return found


def _own(column: Wanted) -> Spelled:
    return column.type.name, column.default


def _asked(session: Session, columns: Sequence[Wanted]) -> list[Spelled] | None:
    session.execute("savepoint spelling")
    specs = (
        f"c{number} {each.type.name}{f' default {each.default}' if each.default is not None else ''}"
        for number, each in enumerate(columns)
    )
    try:
        session.execute(f"create temporary table gatepost_spelling ({', '.join(specs)})")
        with session.pinned():
            rows = session.rows(READ, (TABLE,))
        session.execute(f"drop table {TABLE}")
    except DatabaseProblem:
        session.execute("rollback to savepoint spelling")
        return None
    session.execute("release savepoint spelling")
    return [(str(kind), None if default is None else str(default)) for kind, default in rows]
