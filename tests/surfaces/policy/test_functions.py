"""What rules may call, and values of every type in the database."""

import pytest

from .conftest import Make
from .world import World

TEXTS = """
insert into "M" values (1, 'a%b', 'a'), (2, 'aXb', 'B'), (3, 'a_b\\', ''), (4, null, null), (5, 'Hello', 'ell');
"""


def texts(world: Make, read: str, update: str = "false") -> World:
    here = world(
        f"model M {{ id Int @id  name String?  part String?  @@allow('read', {read}) @@allow('update', {update}) }}"
        "type Auth { id Int  part String?  loud Boolean?  @@auth }"
    )
    here.run(TEXTS)
    return here


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("contains(name, '%')", [1]),
        ("contains(name, '_')", [3]),
        ("endsWith(name, '\\\\')", [3]),
        ("startsWith(name, 'a')", [1, 2, 3]),
        ("startsWith(name, 'A')", []),
        ("startsWith(name, 'A', true)", [1, 2, 3]),
        ("endsWith(name, 'O', true)", [5]),
        ("contains(name, part)", [1, 3, 5]),
        ("contains(name, part, true)", [1, 2, 3, 5]),
        ("startsWith(name, part)", [1, 3]),
        ("!contains(name, 'a')", [5]),
    ],
)
def test_texts_are_searched_literally(world: Make, rule: str, expected: list[int]) -> None:
    assert texts(world, rule).admits("M") == expected


def test_a_text_that_auth_holds(world: Make) -> None:
    here = texts(world, "contains(name, auth().part)", "contains(name, auth().part, auth().loud)")
    assert here.admits("M", {"id": 1, "part": "%"}) == [1]
    assert here.admits("M", {"id": 1, "part": "_"}) == [3]
    assert here.admits("M", {"id": 1}) == [1, 2, 3, 5], "null is the empty text"
    assert here.admits("M", {"id": 1, "part": "HELL", "loud": True}, operation="update") == [5]
    assert here.admits("M", {"id": 1, "part": "HELL", "loud": False}, operation="update") == []


LISTS = """
enum Role {{ ADMIN @map('admin')  USER }}
type Auth {{ id Int  tag String?  tags String[]  numbers Int[]  role Role?  roles Role[]  @@auth }}
model G {{ id Int @id  tags String[]  ms M[] }}
model M {{ id Int @id  tag String?  tags String[]  numbers Int[]  role Role?  roles Role[]
  short String[] @db.VarChar(5)  g G? @relation(fields: [gid], references: [id])  gid Int?  {} }}
"""


def lists(world: Make, rule: str) -> World:
    here = world(LISTS.format(f"@@allow('read', {rule}) @@allow('update', !({rule}))"))
    here.run("insert into \"G\" values (1, '{x,y}'), (2, '{}')")
    here.run(
        "insert into \"M\" values (1, 'x', '{x,y}', '{1,2}', 'admin', '{admin}', '{x,y}', 1),"
        " (2, 'z', '{}', '{}', 'USER', '{}', '{}', 2), (3, null, null, null, null, null, null, null)"
    )
    return here


@pytest.mark.parametrize(
    ("rule", "expected", "negated"),
    [
        ("has(tags, 'x')", [1], [2]),
        ("has(tags, tag)", [1], [2]),
        ("hasSome(tags, ['y', 'z'])", [1], [2]),
        ("hasEvery(tags, ['x', 'y'])", [1], [2]),
        ("hasEvery(tags, ['x', 'z'])", [], [1, 2]),
        ("hasSome(tags, [tag, 'q'])", [1], [2]),
        ("has(numbers, 2)", [1], [2]),
        ("hasSome(numbers, [2, 3])", [1], [2]),
        ("has(roles, ADMIN)", [1], [2]),
        ("hasSome(roles, [ADMIN, USER])", [1], [2]),
        ("has(roles, role)", [1], [2]),
        ("tag in ['x', 'q']", [1], [2]),
        ("tag in [tag]", [1, 2], []),
        ("tag in tags", [1], [2]),
        ("tag in g.tags", [1], [2]),
        ("has(g.tags, 'x')", [1], [2]),
        ("role in [ADMIN]", [1], [2]),
        ("role == ADMIN", [1], [2]),
        ("role != ADMIN", [2], [1]),
        ("id in [1, 2]", [1, 2], [3]),
        ("id in [1, 2.5]", [1], [2, 3]),
        ("hasSome(numbers, [2, 3.5])", [1], [2]),
        ("tag in []", [], [1, 2, 3]),
        ("tags == ['x', 'y']", [1], [2]),
        ("['x', 'y'] != tags", [2], [1]),
        ("tags == g.tags", [1, 2], []),
        ("hasSome(numbers, numbers)", [1], [2]),
        ("hasEvery(short, tags)", [1, 2], []),
        ("hasSome(short, ['x'])", [1], [2]),
        ("tag in short", [1], [2]),
        ("roles == [ADMIN]", [1], [2]),
        ("isEmpty(tags)", [2], [1]),
        ("isEmpty(g.tags)", [2], [1]),
    ],
)
def test_lists(world: Make, rule: str, expected: list[int], negated: list[int]) -> None:
    here = lists(world, rule)
    assert here.admits("M") == expected
    assert here.admits("M", operation="update") == negated
    if "isEmpty" not in rule:
        assert here.admits("M", compat=True) == expected
        assert here.admits("M", operation="update", compat=True) == negated


def test_in_zenstacks_way_no_list_is_empty(world: Make) -> None:
    here = lists(world, "isEmpty(tags)")
    assert here.admits("M", compat=True) == []
    assert here.admits("M", operation="update", compat=True) == [1]


@pytest.mark.parametrize("compat", [False, True])
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("tag in auth().tags", [1]),
        ("has(auth().tags, tag)", [1]),
        ("hasSome(tags, auth().tags)", [1]),
        ("hasEvery(auth().tags, tags)", [2]),
        ("hasSome(auth().tags, ['x'])", [1, 2, 3]),
        ("hasSome(numbers, auth().numbers)", [1]),
        ("has(numbers, auth().id)", [1]),
        ("auth().id in numbers", [1]),
        ("role == auth().role", [1]),
        ("auth().role == ADMIN", [1, 2, 3]),
        ("auth().role in [ADMIN, USER]", [1, 2, 3]),
        ("role in auth().roles", [1]),
        ("has(auth().roles, role)", [1]),
        ("has(auth().roles, ADMIN)", [1, 2, 3]),
        ("hasSome(roles, auth().roles)", [1]),
        ("has(roles, auth().role)", [1]),
        ("auth().tag in g.tags", [1]),
        ("auth().tag in [tag, 'q']", [1]),
        ("tag in [auth().tag, 'q']", [1]),
        ("tags == auth().tags", []),
        ("tags != auth().tags", [1, 2]),
        ("auth().roles == [ADMIN]", [1, 2, 3]),
        ("isEmpty(auth().tags)", []),
    ],
)
def test_lists_that_auth_holds(world: Make, rule: str, expected: list[int], compat: bool) -> None:
    user = {"id": 2, "tag": "x", "tags": ["x"], "numbers": [1, 9], "role": "ADMIN", "roles": ["ADMIN"]}
    assert lists(world, rule).admits("M", user, compat=compat) == expected


def test_now_is_as_exact_as_the_column(world: Make) -> None:
    here = world(
        "model M { id Int @id  at DateTime  zoned DateTime @db.Timestamptz(3)  day DateTime @db.Date"
        " @@allow('read', at <= now() && now() >= zoned) @@allow('update', now() < at && zoned > now())"
        " @@allow('delete', day < now()) }"
    )
    here.run("insert into \"M\" values (1, now(), now(), now() - interval '2 days')")
    here.run("insert into \"M\" values (2, now() + interval '1 hour', now() + interval '1 hour', now())")
    assert here.admits("M") == [1]
    assert here.admits("M", operation="update") == [2]
    assert here.admits("M", operation="delete") == [1]


def test_the_model_and_the_operation(world: Make) -> None:
    here = world(
        "model M { id Int @id  @@allow('all', currentModel() == 'M' && currentOperation() in ['read', 'update'])"
        " @@deny('update', currentModel('lower') == 'm' && currentOperation('upper') == 'UPDATE') }"
    )
    here.run('insert into "M" values (1)')
    assert here.admits("M") == [1]
    assert here.admits("M", operation="update") == []
    assert here.admits("M", operation="delete") == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("at == '2024-01-01T10:00:00Z'", [1]),
        ("at == '2024-01-01T11:00:00+01:00'", [1]),
        ("at < '2024-01-01T10:30:00.000Z'", [1]),
        ("zoned == '2024-01-01T10:00:00Z'", [1]),
        ("day == '2024-01-01T10:00:00Z'", [1]),
        ("price == 1.5", [1]),
        ("price > 1", [1, 2]),
        ("rate == 1.5", [1]),
        ("rate < 2", [1]),
        ("big == 9007199254740993", [1]),
        ("small == 7", [1]),
        ("flag", [1]),
        ("flag == false", [2]),
        ("flag != true", [2]),
        ("!flag", [2]),
        ("uid == '11111111-1111-1111-1111-111111111111'", [1]),
        ("uid == 'no uuid'", []),
        ("uid in ['11111111-1111-1111-1111-111111111111', 'x']", [1]),
        ("uid == text", [1]),
        ("text == uid", [1]),
        ("uid == auth().id", [1]),
        ("text == auth().id", [1]),
        ("contains(uid, '2222')", [2]),
        ("short == 'ab'", [1]),
        ("big > small", [1, 2]),
        ("rate == price", [1, 2]),
    ],
)
def test_values_of_every_type(world: Make, rule: str, expected: list[int]) -> None:
    here = world(
        "model M { id Int @id  at DateTime  zoned DateTime @db.Timestamptz(3)  day DateTime @db.Date  price Decimal"
        " rate Float  big BigInt  small Int @db.SmallInt  flag Boolean  uid String @db.Uuid  text String"
        f" short String @db.VarChar(5)  @@allow('read', {rule}) }} type Auth {{ id String  @@auth }}"
    )
    one, two = "1" * 8 + "-1111-1111-1111-" + "1" * 12, "2" * 8 + "-2222-2222-2222-" + "2" * 12
    here.run(
        "insert into \"M\" values (1, '2024-01-01 10:00', '2024-01-01 10:00Z', '2024-01-01', 1.5, 1.5,"
        f" 9007199254740993, 7, true, '{one}', '{one}', 'ab'), (2, '2024-01-01 11:00', '2024-01-01 11:00Z',"
        f" '2024-01-02', 2.5, 2.5, 9007199254740992, 8, false, '{two}', 'x', 'cd')"
    )
    assert here.admits("M", {"id": one}) == expected
    assert here.admits("M", {"id": one}, compat=True) == expected


FIELDS = """
model User { id Int @id  posts Post[] }
model Post { id Int @id  secret String? @allow('read', owner == auth()) @deny('read', id == 3)
  note String? @deny('update', note == 'fixed')  plain String? @allow('read', true)
  owner User? @relation(fields: [ownerId], references: [id])  ownerId Int?  @@allow('all', true)
  @@allow('post-update', note != before().note) @@deny('post-update', before().ownerId != ownerId) }
"""


def test_rules_of_fields(world: Make) -> None:
    here = world(FIELDS)
    here.run('insert into "User" values (7)')
    here.run(
        "insert into \"Post\" values (1, 's', 'fixed', null, 7), (2, 's', null, null, null), (3, 's', 'x', null, 7)"
    )
    assert here.masked("Post", "secret", {"id": 7}) == [1]
    rules = here.rules()
    assert rules.mask("Post", "plain", "Post") is None
    assert rules.mask("Post", "note", "Post") is None
    assert rules.assign("Post", "secret", "Post") is None
    changeable = rules.assign("Post", "note", "Post")
    assert changeable is not None
    assert here.where("Post", changeable) == [2, 3]


def test_after_an_update_the_row_before_can_be_asked(world: Make) -> None:
    here = world(FIELDS)
    here.run('insert into "User" values (7)')
    here.run(
        "insert into \"Post\" values (1, null, 'new', null, 7), (2, null, 'same', null, 7), (3, null, 'new', null, 7)"
    )
    here.run(
        "create table old as select id, case id when 2 then 'same' else 'old' end as note,"
        ' case id when 3 then 8 else 7 end as "ownerId" from "Post"'
    )
    assert here.rules().reads_before("Post") == ("note", "ownerId")
    found = here.rules().post("Post", "Post", "was")
    assert here.joined("Post", found, 'old as "was" on "was".id = "Post".id') == [1]


def test_what_auth_does_not_say_is_no_member_of_a_list(world: Make) -> None:
    here = lists(world, "tag in [auth().tag, 'x']")
    for compat in (False, True):
        assert here.admits("M", {"id": 1}, compat=compat) == [1]
        assert here.admits("M", {"id": 1}, operation="update", compat=compat) == []
