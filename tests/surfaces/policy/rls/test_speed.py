"""What a compiled policy costs on ten thousand rows, beside the same rule written by hand as EXISTS."""

import json
from typing import Any

import pytest

from .conftest import MakeWorld
from .database import World

BLOG = """
model User { id Int @id  posts Post[]  members Membership[] }
model Org { id Int @id  members Membership[]  posts Post[] }
model Membership {
    orgId Int
    userId Int
    org Org @relation(fields: [orgId], references: [id])
    user User @relation(fields: [userId], references: [id])
    @@id([orgId, userId])
    @@index([userId])
}
model Post {
    id Int @id
    published Boolean @default(false)
    authorId Int
    orgId Int
    org Org @relation(fields: [orgId], references: [id])
    author User @relation(fields: [authorId], references: [id])
    @@allow('read', published || org.members?[userId == auth().id])
    @@allow('all', auth().id == authorId)
}
"""
ROWS = """
insert into "User" select generate_series(1, 100);
insert into "Org" select generate_series(1, 100);
insert into "Membership"
    select o, (o * 7 + k * 13) % 100 + 1 from generate_series(1, 100) as o, generate_series(1, 5) as k;
insert into "Post" select i, i % 20 = 0, i % 100 + 1, (i * 31) % 100 + 1 from generate_series(1, 10000) as i;
analyze
"""
BY_HAND = """
select * from "Post" as p where published or p."authorId" = 7 or exists (
    select from "Org" as o where o.id = p."orgId" and exists (
        select from "Membership" as m where m."orgId" = o.id and m."userId" = 7
    )
)
"""


@pytest.fixture(scope="module")
def world(make_world: MakeWorld) -> World:
    return make_world(BLOG, ROWS)


def explained(world: World, text: str, role: str | None = None) -> dict[str, Any]:
    found = world.run(7, f"explain (analyze, timing off, format json) {text}", role)[0][0]
    return (json.loads(found) if isinstance(found, str) else found)[0]


def milliseconds(world: World, text: str, role: str | None = None) -> float:
    """The least of many: other work on the machine only adds."""
    return min(explained(world, text, role)["Execution Time"] for _ in range(30))


def test_a_policy_through_relations_costs_what_exists_by_hand_costs(world: World) -> None:
    everything = milliseconds(world, 'select * from "Post"')
    by_hand = milliseconds(world, BY_HAND, "rules_owner")
    assert len(world.run(7, 'select * from "Post"')) == len(world.run(7, BY_HAND, "rules_owner")) == 1000
    assert everything <= 1.6 * by_hand


def test_sets_are_worked_out_once(world: World) -> None:
    plan = explained(world, 'select * from "Post"')["Plan"]
    assert plan["Node Type"] == "Seq Scan"
    assert {each["Parent Relationship"] for each in plan["Plans"]} == {"InitPlan"}
    assert {each["Actual Loops"] for each in plan["Plans"]} == {1}


def test_an_index_finds_the_rows_that_a_set_leads_to(make_world: MakeWorld) -> None:
    indexed = "@@index([orgId])\n    @@index([authorId])\n    @@allow('all'"
    text = BLOG.replace("published || org", "org").replace("@@allow('all'", indexed)
    world = make_world(text, ROWS)
    plan = explained(world, 'select * from "Post"')["Plan"]
    assert plan["Node Type"] == "Bitmap Heap Scan"
    assert plan["Actual Rows"] == 600
