"""The promises of ZenStack's query builder, as the SQL that Kysely writes: in our way and in ZenStack's."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gatepost.orm import RejectedByPolicy
from gatepost.orm.builder import Builder

from ..writing.conftest import OpenWorld


class Step(msgspec.Struct, forbid_unknown_fields=True):
    """A statement, and what comes of it."""

    sql: str
    values: list[Any] = []
    who: dict[str, Any] | None = None
    rows: list[list[Any]] | None = None
    count: int | None = None
    refused: bool = False


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """A schema, its rows, and statements one after the other."""

    name: str
    schema: str
    steps: list[Step]
    seed: list[str] = []


CASES = msgspec.yaml.decode(Path(__file__).with_name("kysely.yaml").read_bytes(), type=list[Case])


@pytest.mark.parametrize("compat", [None, "zenstack"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_what_zenstacks_builder_promises(open_world: OpenWorld, case: Case, compat: str | None) -> None:
    world = open_world(case.schema)
    for sql in case.seed:
        await Builder(world.open()).execute(sql)
    db = world.open("query", compat=compat)
    for step in case.steps:
        qb = Builder(db.set_auth(step.who))
        if step.refused:
            with pytest.raises(RejectedByPolicy):
                await qb.execute(step.sql, *step.values)
        elif step.rows is not None:
            assert [list(row.values()) for row in await qb.query(step.sql, *step.values)] == step.rows, step.sql
        else:
            assert await qb.execute(step.sql, *step.values) == step.count, step.sql
