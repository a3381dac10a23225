"""What PostgreSQL makes of rules: other tables are hashed once, not looked into for each row."""

import pytest

from gatepost.query.read import condition
from gatepost.query.sql import Parameters

from .conftest import Make
from .world import World

SCHEMA = """
model User { id Int @id  posts Post[]  memberships Membership[] }
model Org { id Int @id  members Membership[]  posts Post[] }
model Membership { id Int @id  user User @relation(fields: [userId], references: [id])  userId Int  role String
  org Org @relation(fields: [orgId], references: [id])  orgId Int  @@index([orgId]) }
model Post { id Int @id  published Boolean  tags Tag[]
  author User? @relation(fields: [authorId], references: [id])  authorId Int?
  org Org @relation(fields: [orgId], references: [id])  orgId Int
  RULES }
model Tag { id Int @id  name String  posts Post[] }
"""
ROWS = """
insert into "User" select generate_series(1, 200);
insert into "Org" select generate_series(1, 50);
insert into "Membership" select i, i % 200 + 1, 'x', i % 50 + 1 from generate_series(1, 400) i;
insert into "Post" select i, i % 10 = 0, i % 200 + 1, i % 50 + 1 from generate_series(1, 5000) i;
insert into "Tag" select i, 'tag ' || i from generate_series(1, 20) i;
insert into "_PostToTag" select i, i % 20 + 1 from generate_series(1, 5000) i;
analyze;
"""


def plan(here: World, user: int) -> str:
    """How the readable posts are found."""
    params = Parameters()
    where = condition(here.rules().permit("Post", "read", "Post"), params)
    text = f'EXPLAIN SELECT * FROM "Post" WHERE {where}'
    return "\n".join(row[0] for row in here.rows(text, params, {"id": user}))


@pytest.mark.parametrize(
    "rule",
    [
        "published || org.members?[userId == auth().id]",
        "published || org.members^[userId == auth().id]",
        "published || author.memberships?[role == 'x' && org.members?[userId == auth().id]]",
        "published || tags?[name == 'tag 3']",
        "published || !(author.memberships?[userId == auth().id])",
    ],
)
def test_rows_of_other_tables_are_hashed(world: Make, rule: str) -> None:
    here = world(SCHEMA.replace("RULES", f"@@allow('read', {rule})"))
    here.run(ROWS)
    found = plan(here, 7)
    assert "hashed SubPlan" in found, found


def test_a_row_known_by_its_key_needs_no_other_table(world: Make) -> None:
    here = world(SCHEMA.replace("RULES", "@@allow('read', author == auth())"))
    here.run(ROWS)
    assert "SubPlan" not in plan(here, 7)
    assert "Join" not in plan(here, 7)
