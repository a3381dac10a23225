"""Rows that a role sees through compiled policies are those of which the rules hold: for nobody, and for two users."""

from typing import Any

import pytest

from .conftest import MakeWorld
from .database import Who, World

PEOPLE = """
model User {
    id Int @id
    name String
    posts Post[]
    memberships Membership[]
    @@allow('all', true)
}
model Org {
    id Int @id
    name String
    open Boolean @default(false)
    memberships Membership[]
    posts Post[]
    @@allow('all', true)
}
model Membership {
    id Int @id
    role String
    orgId Int
    userId Int
    org Org @relation(fields: [orgId], references: [id])
    user User @relation(fields: [userId], references: [id])
    @@allow('all', true)
}
model Post {
    id Int @id
    title String
    published Boolean @default(false)
    views Int?
    authorId Int?
    orgId Int?
    author User? @relation(fields: [authorId], references: [id])
    org Org? @relation(fields: [orgId], references: [id])
    RULES
}
"""
ROWS = """
insert into "User" values (1, 'ann'), (2, 'bob'), (3, 'eve');
insert into "Org" values (10, 'red', false), (11, 'blue', true), (12, 'empty', false);
insert into "Membership" values (1, 'admin', 10, 1), (2, 'guest', 10, 2), (3, 'admin', 11, 2);
insert into "Post" values
    (100, 'a', true, 1, 1, 10), (101, 'b', false, 5, 1, 10), (102, 'c', false, null, 2, 11),
    (103, 'd', false, 20, 2, null), (104, 'e', false, 3, null, 10), (105, 'f', true, null, null, null),
    (106, 'g', false, 7, 3, 12);
"""
PEOPLE_ASKED: list[Who] = [None, 1, 2]

# rules of Post → what nobody, Ann and Bob see
RULES: dict[str, tuple[str, list[int], list[int], list[int]]] = {
    "no rule": ("", [], [], []),
    "always": ("@@allow('read', true)", [100, 101, 102, 103, 104, 105, 106], [100, 101, 102, 103, 104, 105, 106],
               [100, 101, 102, 103, 104, 105, 106]),
    "another operation's rule": ("@@allow('create,update,delete', true)", [], [], []),
    "a column": ("@@allow('read', published)", [100, 105], [100, 105], [100, 105]),
    "signed in": ("@@allow('read', auth() != null)", [], [100, 101, 102, 103, 104, 105, 106],
                  [100, 101, 102, 103, 104, 105, 106]),
    "nobody": ("@@allow('read', auth() == null && published)", [100, 105], [], []),
    "the caller's own": ("@@allow('read', auth().id == authorId)", [], [100, 101], [102, 103]),
    "the caller as a row": ("@@allow('read', auth() == author)", [], [100, 101], [102, 103]),
    "not the caller's": ("@@allow('read', auth().id != authorId)", [], [102, 103, 106], [100, 101, 106]),
    "a null deny denies nothing": ("@@allow('read', true) @@deny('read', views > 4)", [100, 102, 104, 105],
                                   [100, 102, 104, 105], [100, 102, 104, 105]),
    "a null allow allows nothing": ("@@allow('read', !(views > 4))", [100, 104], [100, 104], [100, 104]),
    "deny wins": ("@@allow('read', published) @@deny('read', auth().id == authorId)", [100, 105], [105], [100, 105]),
    "to one": ("@@allow('read', author.name == 'ann')", [100, 101], [100, 101], [100, 101]),
    "to one, and the caller": ("@@allow('read', author.name == 'ann' && auth().id == 2)", [], [], [100, 101]),
    "no such row": ("@@allow('read', author == null)", [104, 105], [104, 105], [104, 105]),
    "such a row": ("@@allow('read', org != null)", [100, 101, 102, 104, 106], [100, 101, 102, 104, 106],
                   [100, 101, 102, 104, 106]),
    "some": ("@@allow('read', org.memberships?[userId == auth().id])", [], [100, 101, 104], [100, 101, 102, 104]),
    "some, of a role": ("@@allow('read', org.memberships?[userId == auth().id && role == 'admin'])", [],
                        [100, 101, 104], [102]),
    "not some: a missing parent is unknown": ("@@allow('read', !(org.memberships?[userId == auth().id]))",
                                              [100, 101, 102, 104, 106], [102, 106], [106]),
    "deny some": ("@@allow('read', true) @@deny('read', org.memberships?[userId == auth().id])",
                  [100, 101, 102, 103, 104, 105, 106], [102, 103, 105, 106], [103, 105, 106]),
    "every": ("@@allow('read', org.memberships![role == 'admin'])", [102, 106], [102, 106], [102, 106]),
    "none": ("@@allow('read', org.memberships^[role == 'admin'])", [106], [106], [106]),
    "some, or a column of the parent": ("@@allow('read', org.open || org.memberships?[userId == auth().id])", [102],
                                        [100, 101, 102, 104], [100, 101, 102, 104]),
    "in a list": ("@@allow('read', title in ['a', 'c'])", [100, 102], [100, 102], [100, 102]),
    "text": ("@@allow('read', contains(title, 'A', true) || startsWith(title, 'b'))", [100, 101], [100, 101],
             [100, 101]),
    "two paths": ("@@allow('read', org.memberships?[user.name == 'bob' && userId == auth().id] || author == auth())",
                  [], [100, 101], [100, 101, 102, 103, 104]),
    "this inside": ("@@allow('read', org.memberships?[userId == this.authorId])", [100, 101, 102],
                    [100, 101, 102], [100, 101, 102]),
    "a binding": ("@@allow('read', org.memberships?[m, m.user.posts?[orgId == m.orgId && authorId == auth().id]])",
                  [], [100, 101, 104], [102]),
    "two comparisons of paths": ("@@allow('read', author.name != org.name && auth().id == 1)", [],
                                 [100, 101, 102, 106], []),
}  # fmt: skip


@pytest.fixture(scope="module")
def worlds(make_world: MakeWorld) -> MakeWorld:
    return make_world


@pytest.mark.parametrize("name", RULES)
def test_rows_are_those_that_the_rule_says(worlds: MakeWorld, name: str) -> None:
    rules, *expected = RULES[name]
    world = worlds(PEOPLE.replace("RULES", rules), ROWS)
    seen = [world.seen(who, "Post") for who in PEOPLE_ASKED]
    assert seen == expected
    assert [world.said(who, "Post") for who in PEOPLE_ASKED] == expected


OTHER_RULES: dict[str, str] = {
    "an enum": "@@allow('read', kind == OPEN)",
    "a claim that is an enum": "@@allow('read', kind == auth().kind)",
    "a claim's number": "@@allow('read', level <= auth().level)",
    "a claim's list": "@@allow('read', level in auth().levels)",
    "objects in claims": "@@allow('read', auth().teams?[name == this.label])",
    "objects in claims, every": "@@allow('read', auth().teams![active])",
    "objects in claims, with a relation": "@@allow('read', auth().teams?[t, this.parts?[label == t.name]])",
    "lists": "@@allow('read', has(tags, 'x') || hasEvery(tags, ['y', 'z']) || isEmpty(tags))",
    "the model's name": "@@allow('read', label == currentModel() || label == currentOperation())",
    "now": "@@allow('read', due > now())",
    "check": "@@allow('read', check(owner))",
    "check of another operation": "@@allow('read', check(owner, 'update'))",
    "the key of two columns": "@@allow('read', parts?[label == auth().word])",
    "bytes and numbers": "@@allow('read', amount == 1.5 || big == 9007199254740993)",
}
THINGS = """
enum Kind { OPEN CLOSED @map('closed') }
type Team { name String  active Boolean }
type Me { id String @id  kind Kind?  level Int?  levels Int[]  teams Team[]  word String?  @@auth }
model Thing {
    one Int
    two Int
    id Int @unique
    kind Kind
    label String
    level Int @map("lvl")
    tags String[]
    due DateTime
    amount Decimal
    big BigInt
    ownerId Int?
    owner Owner? @relation(fields: [ownerId], references: [id])
    parts Part[]
    @@id([one, two])
    @@map("thing's")
    RULES
}
model Owner {
    id Int @id
    name String
    things Thing[]
    @@allow('read', name == auth().word || things?[level > 2])
    @@allow('update', name == 'them')
    @@deny('read', name == 'hidden')
}
model Part {
    id Int @id
    one Int
    two Int
    label String
    thing Thing @relation(fields: [one, two], references: [one, two])
    @@allow('all', true)
}
"""
THING_ROWS = """
insert into "Owner" values (1, 'us'), (2, 'them'), (3, 'hidden');
insert into "thing's" (one, two, id, kind, label, lvl, tags, due, amount, big, "ownerId") values
    (1, 1, 1, 'OPEN', 'Thing', 1, '{x}', '2001-01-01', 1.5, 1, 1),
    (1, 2, 2, 'closed', 'read', 2, '{y,z}', '2999-01-01', 2, 9007199254740993, 2),
    (2, 1, 3, 'closed', 'red', 3, '{}', '2999-01-01', 3, 3, 3),
    (2, 2, 4, 'OPEN', 'blue', 4, '{q}', '2001-01-01', 4, 4, null);
insert into "Part" values (1, 1, 1, 'red'), (2, 2, 1, 'red'), (3, 2, 2, 'blue');
"""
ANN: dict[str, Any] = {
    "sub": "ann",
    "app_metadata": {
        "kind": "CLOSED", "level": 2, "levels": [1, 4], "word": "red",
        "teams": [{"name": "red", "active": True}, {"name": "green", "active": True}],
    },
}  # fmt: skip
BOB: dict[str, Any] = {"sub": "bob", "app_metadata": {"levels": [], "teams": [{"name": "blue"}], "word": "us"}}


@pytest.mark.parametrize("name", OTHER_RULES)
def test_rows_are_those_of_which_the_rule_holds(worlds: MakeWorld, name: str) -> None:
    world = worlds(THINGS.replace("RULES", OTHER_RULES[name]), THING_ROWS)
    answers = [world.seen(who, "Thing") for who in (None, ANN, BOB)]
    assert answers == [world.said(who, "Thing") for who in (None, ANN, BOB)]
    assert any(answers)
    assert [1, 2, 3, 4] not in answers[:1]


def test_owners_seen_through_rules_of_their_own(worlds: MakeWorld) -> None:
    world = worlds(THINGS.replace("RULES", ""), THING_ROWS)
    assert [world.seen(who, "Owner") for who in (None, ANN, BOB)] == [[], [], [1]]


def test_the_singular_setting_of_older_gateways_counts(worlds: MakeWorld) -> None:
    world: World = worlds(PEOPLE.replace("RULES", "@@allow('read', auth().id == authorId)"), ROWS)
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("select set_config('request.jwt.claim.sub', '2', true)")
        world.connection.execute("set local role authenticated")
        assert world.connection.execute('select id from "Post" order by 1').fetchall() == [(102,), (103,)]


def test_without_any_settings_nobody_asks(worlds: MakeWorld) -> None:
    world: World = worlds(PEOPLE.replace("RULES", "@@allow('read', auth().id == authorId || published)"), ROWS)
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("set local role authenticated")
        assert world.connection.execute('select id from "Post" order by 1').fetchall() == [(100,), (105,)]
