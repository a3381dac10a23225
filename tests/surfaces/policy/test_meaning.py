"""Random rules: PostgreSQL and a second reading of the language, in memory, agree on every row and all three values."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings

from gatepost import zmodel

from .conftest import Make
from .meaning import Piece, Place, Record, conditions
from .world import POSTGRES, World

SCHEMA = """
type Grant { level Int?  s String? }
type Auth { id Int  level Int?  s String?  tags String[]  grants Grant[] @json  @@auth }
model G { id Int @id  name String?  level Int?  up G? @relation('up', fields: [upId], references: [id])  upId Int?
  down G[] @relation('up')  ms M[]  ps P[]  labels String[] }
model M { id Int @id  x Int?  role String?  g G? @relation(fields: [gid], references: [id])  gid Int?
  p P? @relation(fields: [pid], references: [id])  pid Int?  roles R[] }
model R { id Int @id  y Int?  m M? @relation(fields: [mid], references: [id])  mid Int? }
model T { id Int @id  name String?  ps P[] }
model P { id Int @id  x Int?  s String?  flag Boolean?  g G? @relation(fields: [gid], references: [id])  gid Int?
  kids M[]  tags T[]  labels String[]  RULES }
"""
# The same fields, some of them in the tables of delegate bases.
IN_BASES = """
type Grant { level Int?  s String? }
type Auth { id Int  level Int?  s String?  tags String[]  grants Grant[] @json  @@auth }
model G { id Int @id  name String?  level Int?  up G? @relation('up', fields: [upId], references: [id])  upId Int?
  down G[] @relation('up')  ms M[]  ps Item[]  labels String[] }
model Member { id Int @id  kind String  role String?  @@delegate(kind) }
model M extends Member { x Int?  g G? @relation(fields: [gid], references: [id])  gid Int?
  p P? @relation(fields: [pid], references: [id])  pid Int?  roles R[] }
model R { id Int @id  y Int?  m M? @relation(fields: [mid], references: [id])  mid Int? }
model T { id Int @id  name String?  ps Item[] }
model Item { id Int @id  kind String  x Int?  s String?  g G? @relation(fields: [gid], references: [id])  gid Int?
  tags T[]  labels String[]  @@delegate(kind) }
model P extends Item { flag Boolean?  kids M[]  RULES }
"""
GROUPS = [
    (1, "a", 1, None, ["a", "b"]),
    (2, None, 2, 1, []),
    (3, "b", None, 2, None),
    (4, "a", 0, None, ["q"]),
]
MEMBERS = [(1, 1, "a", 1, 1), (2, None, "b", 1, 1), (3, 0, None, 2, 2), (4, 2, "a", None, 2), (5, None, None, 3, 4)]
ROLES = [(1, 1, 1), (2, None, 1), (3, 0, 3), (4, 2, None), (5, None, 5)]
TAGS = [(1, "a"), (2, None), (3, "q")]
POSTS = [
    (1, 1, "a", True, 1, ["a"]),
    (2, 0, None, False, 2, []),
    (3, None, "b", None, 3, ["q", "b"]),
    (4, 2, "a", True, None, ["a", "b"]),
    (5, None, None, None, 4, None),
    (6, 1, "q", False, 2, ["q"]),
]
TAGGED = [(1, 1), (1, 2), (2, 2), (4, 3), (6, 1)]
Objects = dict[int, dict[str, Any]]
USERS: list[Record | None] = [
    None,
    {"id": 1, "level": 1, "s": "a", "tags": ["a", "q"], "grants": [{"level": 1, "s": "a"}, {"level": None, "s": "b"}]},
    {"id": 2, "grants": []},
    {"id": 0, "level": 0, "tags": [], "grants": [{"s": "b"}, {"level": 2}]},
]


@pytest.fixture(params=[SCHEMA, IN_BASES], ids=["one table each", "in bases"])
def filled(request: pytest.FixtureRequest, world: Make) -> tuple[World, str]:
    text: str = request.param
    here: World = world(text.replace("RULES", ""))
    fill(here, "G", ("id", "name", "level", "upId", "labels"), GROUPS)
    if text == SCHEMA:
        fill(here, "P", ("id", "x", "s", "flag", "gid", "labels"), POSTS)
        fill(here, "M", ("id", "x", "role", "gid", "pid"), MEMBERS)
    else:
        fill(here, "Item", ("id", "kind", "x", "s", "gid", "labels"), [(p[0], "P", p[1], p[2], *p[4:]) for p in POSTS])
        fill(here, "P", ("id", "flag"), [(post[0], post[3]) for post in POSTS])
        fill(here, "Member", ("id", "kind", "role"), [(m[0], "M", m[2]) for m in MEMBERS])
        fill(here, "M", ("id", "x", "gid", "pid"), [(m[0], m[1], m[3], m[4]) for m in MEMBERS])
    fill(here, "R", ("id", "y", "mid"), ROLES)
    fill(here, "T", ("id", "name"), TAGS)
    fill(here, "_PToT" if text == SCHEMA else "_ItemToT", ("A", "B"), TAGGED)
    return here, text


def fill(here: World, table: str, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows)
    here.run(f'insert into "{table}" ({names}) values {values}')


def _literal(value: object) -> str:
    if isinstance(value, list):
        return "'{" + ",".join(map(str, cast(list[object], value))) + "}'"
    return "null" if value is None else f"'{value}'"


def _records() -> list[Record]:
    """The same rows, as objects that know each other."""
    groups: Objects = {
        id: {"id": id, "name": name, "level": level, "up": None, "ms": [], "labels": labels}
        for id, name, level, _, labels in GROUPS
    }
    posts: Objects = {
        id: {
            "id": id,
            "x": x,
            "s": s,
            "flag": flag,
            "g": groups.get(g or 0),
            "kids": [],
            "tags": [],
            "labels": labels,
        }
        for id, x, s, flag, g, labels in POSTS
    }
    members: Objects = {
        id: {"id": id, "x": x, "role": role, "g": groups.get(g or 0), "roles": []} for id, x, role, g, _ in MEMBERS
    }
    for id, _, _, up, _ in GROUPS:
        groups[id]["up"] = groups.get(up or 0)
    for id, _, _, group, post in MEMBERS:
        posts[post]["kids"].append(members[id])
        if group:
            groups[group]["ms"].append(members[id])
    for id, y, member in ROLES:
        if member:
            members[member]["roles"].append({"id": id, "y": y, "m": members[member]})
    names = dict(TAGS)
    for post, tag in TAGGED:
        posts[post]["tags"].append({"id": tag, "name": names[tag]})
    return list(posts.values())


RECORDS = _records()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(asked=conditions(3))
def test_a_rule_means_what_the_language_says(filled: tuple[World, str], asked: Piece) -> None:
    here, text = filled
    rules = (
        f"@@allow('read', {asked.text}) @@allow('update', !{asked.text})"
        f" @@allow('delete', true) @@deny('delete', {asked.text})"
        f" @@allow('post-update', ({asked.text}) == (1 == 1))"
    )
    here.schema = zmodel.load(POSTGRES + text.replace("RULES", rules))
    for compat in (False, True):
        for user in USERS:
            values = {each["id"]: asked.value(Place(each, user, {}, compat)) for each in RECORDS}
            true = [id for id, value in values.items() if value is True]
            assert here.admits("P", user, compat=compat) == true
            assert here.admits("P", user, operation="update", compat=compat) == [
                id for id, value in values.items() if value is False
            ]
            assert here.admits("P", user, operation="delete", compat=compat) == [id for id in values if id not in true]
            assert here.where("P", here.rules(compat).post("P", "P", None), user) == true
