"""One YAML of rules, rows, people: whichever way they come, they see and change the same."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from gatepost import zmodel
from gatepost.database.connection import Connection
from gatepost.zmodel.schema import Schema

from .graphql import GraphQL
from .ways import Client, Related, Rest, Sql, Way, Write, outcome, relation_of, relations
from .world import GUARDS, Rows, User, World

HERE = Path(__file__).parent


class Agreement(msgspec.Struct, forbid_unknown_fields=True):
    """agreement.yaml."""

    schema: str
    rows: Rows
    links: Rows
    identities: dict[str, User]
    reads: dict[str, dict[str, list[int]]]
    writes: list[Write]


AGREED = msgspec.yaml.decode((HERE / "agreement.yaml").read_bytes(), type=Agreement)
DEVIATIONS: dict[str, Any] = msgspec.yaml.decode((HERE / "deviations.yaml").read_bytes())
WAYS = ["query", "database", "rest", "graphql", "sql"]
# Columns that rules ask for, and the calls of these tests do not.
ASKED_BY_RULES = {"level", "budget", "done", "words"}


@pytest.fixture(scope="module")
async def ways(admin: "psycopg.Connection[Any]", dsn: str) -> AsyncIterator[dict[str, Way]]:
    world = World(admin, dsn)
    world.become(zmodel.load(AGREED.schema), AGREED.rows, AGREED.links)
    rest, graphql = Rest(world), GraphQL(world)
    for each in (rest, graphql):
        await each.load()
    clients: dict[str, Way] = {guard: Client(world, guard) for guard in GUARDS}
    yield {**clients, "rest": rest, "graphql": graphql, "sql": Sql(world)}
    for each in (rest, graphql, world):
        await each.close()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", AGREED.identities)
async def test_everybody_sees_the_same_rows(ways: dict[str, Way], way: str, who: str) -> None:
    user = AGREED.identities[who]
    seen = {model: await ways[way].read(user, model) for model in ways[way].world.schema.models}
    assert {model: ids for model, ids in seen.items() if ids} == AGREED.reads[who]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", AGREED.identities)
async def test_what_is_related_is_what_one_sees_of_it(ways: dict[str, Way], way: str, who: str) -> None:
    schema, seen = ways[way].world.schema, AGREED.reads[who]
    for model, name in relations(schema):
        related = await ways[way].related(AGREED.identities[who], model, name)
        assert related == linked(schema, seen, model, name), f"{model}.{name}"


def linked(schema: Schema, seen: dict[str, list[int]], model: str, name: str) -> Related:
    """What a relation leads to, of those who are seen."""
    relation = relation_of(schema, model, name)
    rows = {row["id"]: row for row in AGREED.rows[model]}
    others = [row for row in AGREED.rows[relation.model] if row["id"] in seen.get(relation.model, ())]
    link = relation.through

    def tied(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        if link is not None:
            return {link.column: row["id"], link.other_column: other["id"]} in AGREED.links[link.table]
        return [row[name] for name in relation.fields] == [other[name] for name in relation.references]

    return {id: [other["id"] for other in others if tied(rows[id], other)] for id in seen.get(model, ())}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("write", AGREED.writes, ids=lambda write: write.what)
async def test_everybody_changes_the_same_rows(ways: dict[str, Way], way: str, write: Write) -> None:
    expected = write.instead.get(way, "refused" if write.refused else write.changes)
    world = ways[way].world
    assert await outcome(world, ways[way], AGREED.identities[write.who], write) == expected


@pytest.mark.parametrize("guard", ["query", "database"])
async def test_under_row_level_security_no_rule_is_in_the_query(
    ways: dict[str, Way], guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the other guard the same calls ask for what rules ask for."""
    sent: list[str] = []
    post = Connection.post

    def listen(self: Connection, segments: Any, done: Any) -> None:
        sent.extend(command.text for segment in segments for command in segment)
        post(self, segments, done)

    monkeypatch.setattr(Connection, "post", listen)
    way = ways[guard]
    for model in way.world.schema.models:
        await way.read(AGREED.identities["bob"], model)
    for write in AGREED.writes:
        if not ASKED_BY_RULES & {*(write.update or {}), *(write.create or {})}:
            await outcome(way.world, way, AGREED.identities[write.who], write)
    found = {name for name in ASKED_BY_RULES if any(f'"{name}"' in text for text in sent)}
    assert found == (set() if guard == "database" else ASKED_BY_RULES)


def test_a_deviation_has_a_reason() -> None:
    """None but those by nature, each of them seen."""
    assert {each["kind"] for each in DEVIATIONS.values()} <= {"by nature", "a hole closed"}
    assert {write.deviation for write in AGREED.writes if write.instead} == set(DEVIATIONS)
    assert all(write.instead for write in AGREED.writes if write.deviation)
