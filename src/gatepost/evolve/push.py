"""A schema brought into a database, in one transaction.

In: a checked schema, the owner's connection string. Out: a Report of what was done.
Never: data destroyed unasked.
"""

from dataclasses import dataclass

from gatepost.evolve.ddl import create_all
from gatepost.evolve.layout import layout
from gatepost.evolve.session import session
from gatepost.zmodel.schema import Schema


@dataclass(frozen=True, slots=True)
class Report:
    """The statements that were run."""

    statements: tuple[str, ...]


def push_now(schema: Schema, dsn: str, *, policies: bool = True) -> Report:
    """Bring the database in line with the schema."""
    wanted = layout(schema)
    statements = tuple(create_all(wanted))
    with session(dsn) as opened:
        opened.execute(";\n".join(statements) or "select")
    return Report(statements)
