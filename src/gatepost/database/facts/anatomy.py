"""PostgreSQL → Anatomy.

In: one of our own logins (`system("catalog")`), the schemas whose functions are asked for, and a role, if its rights
are. Out: an Anatomy, read in one round trip from one snapshot. Never: what a surface makes of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from gatepost.catalog import Name
from gatepost.catalog.anatomy import Anatomy
from gatepost.problem import DatabaseProblem
from gatepost.query.answer import plain
from gatepost.query.sql import Statement, array_literal
from gatepost.query.tree import Cast, Column, Output, Read

from ..queries import load
from ..scope import Scope
from ..values import Result

QUERIES = load(Path(__file__).with_name("anatomy.sql"))
PARAMETERS = {"procedures": 1, "rights": 2}


async def anatomy(scope: Scope, schemas: Sequence[str], role: str | None = None) -> Anatomy:
    """What the database is made of. DatabaseProblem where there is no such `role`."""
    params = (array_literal(schemas), None if role is None else role.encode())
    asked = [name for name in QUERIES if name != "rights" or role is not None]
    results = await scope.run(*(Statement(QUERIES[name], params[: PARAMETERS.get(name, 0)]) for name in asked))
    facts = {name: msgspec.Raw(result.rows[0][0] or b"null") for name, result in zip(asked, results, strict=True)}
    return msgspec.json.decode(msgspec.json.encode(facts), type=Anatomy)


async def values(scope: Scope, tables: Mapping[Name, tuple[str, ...]]) -> dict[Name, list[dict[str, str | None]]]:
    """The rows of a few small relations, as text, with the columns that are asked for. Those that the login may not
    read are left out.
    """
    found: dict[Name, list[dict[str, str | None]]] = {}
    for name, columns in tables.items():
        with suppress(DatabaseProblem):
            [result] = await scope.run(_every_row(name, columns))
            found[name] = _texts(result)
    return found


def _every_row(name: Name, columns: Iterable[str]) -> Statement:
    outputs = tuple(Output(Cast(Column(column, name.name), "text"), column) for column in columns)
    return plain(Read(name, name.name, outputs)).filled(lambda _: None)


def _texts(result: Result) -> list[dict[str, str | None]]:
    return [
        {column: None if value is None else value.decode() for column, value in zip(result.columns, row, strict=True)}
        for row in result.rows
    ]
