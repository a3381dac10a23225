"""auth() in rules: values, objects and lists of the claims; what nobody, or a missing member, is equal to."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatepost.policy import RuleProblem
from gatepost.policy.claims import FORMS, claimed, form

from .conftest import Make

OWNED = """
model User {{ id Int @id  role String?  level Int?  tags String[]  posts Post[] }}
model Post {{ id Int @id  x Int?  label String?
  owner User? @relation(fields: [ownerId], references: [id])  ownerId Int?
  {rules} }}
"""
POSTS = """
insert into "User" (id, tags) values (1, '{}'), (2, '{}');
insert into "Post" values (1, 1, 'a', 1), (2, 2, 'b', 2), (3, 3, null, null);
"""


def owned(rules: str) -> str:
    return OWNED.format(rules=rules)


def test_nobody_owns_nothing(world: Make) -> None:
    here = world(owned("@@allow('read', auth().id == ownerId) @@allow('update', auth().id != ownerId)"))
    here.run(POSTS)
    assert here.admits("Post") == []
    assert here.admits("Post", operation="update") == []
    assert here.admits("Post", {"id": 1}) == [1]
    assert here.admits("Post", {"id": 1}, operation="update") == [2]


def test_in_zenstacks_way_nobody_owns_what_nobody_owns(world: Make) -> None:
    here = world(owned("@@allow('read', auth().id == ownerId) @@allow('update', auth().id != ownerId)"))
    here.run(POSTS)
    for user in (None, {}):
        assert here.admits("Post", user, compat=True) == [3]
        assert here.admits("Post", user, operation="update", compat=True) == [1, 2]
    assert here.admits("Post", {"id": 1}, compat=True) == [1]
    assert here.admits("Post", {"id": 1}, operation="update", compat=True) == [2]


def test_null_of_auth_has_no_order(world: Make) -> None:
    here = world(owned("@@allow('read', x > auth().level) @@allow('update', !(x > auth().level))"))
    here.run(POSTS)
    for compat in (False, True):
        assert here.admits("Post", {"id": 1}, compat=compat) == []
        assert here.admits("Post", {"id": 1}, operation="update", compat=compat) == []
        assert here.admits("Post", {"id": 1, "level": 1}, compat=compat) == [2, 3]


def test_auth_is_null_or_not(world: Make) -> None:
    here = world(owned("@@allow('read', auth() != null) @@allow('update', auth() == null)"))
    here.run(POSTS)
    for compat in (False, True):
        assert here.admits("Post", compat=compat) == []
        assert here.admits("Post", {"id": 1}, compat=compat) == [1, 2, 3]
        assert here.admits("Post", operation="update", compat=compat) == [1, 2, 3]
        assert here.admits("Post", {"id": 1}, operation="update", compat=compat) == []
    assert here.admits("Post", {}) == []
    assert here.admits("Post", {}, compat=True) == [1, 2, 3]


def test_auth_is_a_row(world: Make) -> None:
    here = world(
        owned("@@allow('read', auth() == owner) @@allow('update', auth() != owner)").replace(
            "posts Post[]", "posts Post[] @@allow('read', auth() == this) @@allow('update', this != auth())"
        )
    )
    here.run(POSTS)
    assert here.admits("Post", {"id": 2}) == [2]
    assert here.admits("Post", {"id": 2}, operation="update") == [1]
    assert here.admits("User", {"id": 2}) == [2]
    assert here.admits("User", {"id": 2}, operation="update") == [1]


def test_auth_with_several_ids_is_a_row(world: Make) -> None:
    here = world(
        "model User { site Int  number Int  @@id([site, number])  @@auth"
        " @@allow('read', auth() == this) @@allow('update', auth() != this) }"
    )
    here.run('insert into "User" values (1, 1), (1, 2), (2, 1)')
    numbers = ("User", {"site": 1, "number": 2})
    assert here.admits(*numbers) == [1]
    assert here.admits("User", {"site": 3, "number": 2}) == []
    assert here.admits(*numbers, operation="update") == [1, 2]


def test_members_that_no_rule_asks_for_are_ignored(world: Make) -> None:
    here = world(owned("@@allow('read', auth().id == ownerId)"))
    here.run(POSTS)
    assert here.admits("Post", {"id": 1, "level": "not a number", "unknown": {"x": [1]}}) == [1]


def test_auth_compared_with_literals(world: Make) -> None:
    here = world(owned("@@allow('read', auth().role == 'admin') @@allow('update', auth().role != 'admin')"))
    here.run(POSTS)
    assert here.admits("Post", {"id": 1, "role": "admin"}) == [1, 2, 3]
    assert here.admits("Post", {"id": 1, "role": "user"}, operation="update") == [1, 2, 3]
    assert here.admits("Post", {"id": 1}, operation="update") == []
    assert here.admits("Post", {"id": 1}, operation="update", compat=True) == [1, 2, 3]


def test_nothing_is_in_a_list(world: Make) -> None:
    here = world(owned("@@allow('read', auth().role in ['a', 'b']) @@allow('update', !(auth().role in ['a', 'b']))"))
    here.run(POSTS)
    assert here.admits("Post", {"id": 1, "role": "a"}) == [1, 2, 3]
    assert here.admits("Post", {"id": 1}, operation="update") == []
    assert here.admits("Post", {"id": 1}, operation="update", compat=True) == [1, 2, 3]


def test_a_list_that_is_missing_is_null(world: Make) -> None:
    here = world(owned("@@allow('read', label in auth().tags) @@allow('update', !(label in auth().tags))"))
    here.run(POSTS)
    for compat in (False, True):
        assert here.admits("Post", {"id": 1, "tags": ["b", "c"]}, compat=compat) == [2]
        assert here.admits("Post", {"id": 1, "tags": ["b"]}, operation="update", compat=compat) == [1]
        assert here.admits("Post", {"id": 1}, operation="update", compat=compat) == []
        assert here.admits("Post", {"id": 1, "tags": "b"}, operation="update", compat=compat) == []


def test_a_string_of_a_member_never_becomes_sql(world: Make) -> None:
    here = world(owned("@@allow('read', label == auth().role)"))
    here.run(POSTS)
    assert here.admits("Post", {"id": 1, "role": "x' or true --"}) == []


HELD = """
type Org {{ id Int  name String?  level Int?  members Person[] @json  active Boolean? }}
type Person {{ id Int  name String?  role String? }}
type Profile {{ level Int?  born DateTime?  org Org? @json }}
type Auth {{ id Int  profile Profile? @json  orgs Org[] @json  born DateTime?  spent Decimal?  key Bytes?
  meta Json?  @@auth }}
model Post {{ id Int @id  x Int?  label String?  at DateTime?  price Decimal?  data Bytes?  meta Json?  {rules} }}
"""
HELD_POSTS = """
insert into "Post" values (1, 1, 'a', '2024-01-01 10:00:00', 1.5, '\\x01', '{"a": 1}'),
  (2, 2, 'b', '2024-01-01 12:00:00', 2.5, '\\x02', '[]'), (3, null, null, null, null, null, null);
"""


def members(*rows: tuple[int, str | None]) -> dict[str, Any]:
    return {"id": 1, "orgs": [{"id": id, "name": name} for id, name in rows]}


def test_members_of_objects(world: Make) -> None:
    here = world(
        HELD.format(rules="@@allow('read', x == auth().profile.level) @@allow('update', auth().profile.org.id == x)")
    )
    here.run(HELD_POSTS)
    for compat in (False, True):
        assert here.admits("Post", {"id": 1, "profile": {"level": 1}}, compat=compat) == [1]
        assert here.admits("Post", {"id": 1, "profile": {"org": {"id": 2}}}, operation="update", compat=compat) == [2]
    assert here.admits("Post", {"id": 1}) == []
    assert here.admits("Post", {"id": 1}, compat=True) == [3]


@pytest.mark.parametrize("compat", [False, True])
def test_some_every_and_none_of_a_list(world: Make, compat: bool) -> None:
    here = world(
        HELD.format(
            rules="@@allow('read', auth().orgs?[name == this.label])"
            "@@allow('update', auth().orgs![name == this.label])"
            "@@allow('delete', auth().orgs^[name == this.label])"
        )
    )
    here.run(HELD_POSTS)
    both = members((1, "a"), (2, "b"))
    assert here.admits("Post", both, compat=compat) == [1, 2]
    assert here.admits("Post", members((1, "a")), operation="update", compat=compat) in ([1], [1, 3])
    assert here.admits("Post", members((1, "a")), operation="delete", compat=compat) in ([2], [2, 3])
    assert here.admits("Post", members(), compat=compat) == []
    assert here.admits("Post", members(), operation="update", compat=compat) == [1, 2, 3]
    assert here.admits("Post", members(), operation="delete", compat=compat) == [1, 2, 3]
    for operation in ("read", "update", "delete"):
        assert here.admits("Post", {"id": 1}, operation=operation, compat=compat) == []
        assert here.admits("Post", {"id": 1, "orgs": None}, operation=operation, compat=compat) == []


def test_a_member_for_which_a_condition_is_null_counts_for_nothing_or_leaves_all_unknown(world: Make) -> None:
    """As with rows by default; ZenStack joins the members' conditions instead."""
    rules = "@@allow('update', auth().orgs![name == this.label]) @@allow('delete', auth().orgs^[name == this.label])"
    here = world(HELD.format(rules=rules))
    here.run(HELD_POSTS)
    assert here.admits("Post", members((1, "a")), operation="update") == [1, 3]
    assert here.admits("Post", members((1, "a")), operation="delete") == [2, 3]
    assert here.admits("Post", members((1, "a")), operation="update", compat=True) == [1]
    assert here.admits("Post", members((1, "a")), operation="delete", compat=True) == [2]


def test_a_list_alone_is_looked_at_as_javascript_does_in_zenstacks_way(world: Make) -> None:
    here = world(
        HELD.format(
            rules="@@allow('read', auth().orgs?[name == null]) @@allow('update', auth().orgs![level > 1])"
            "@@allow('delete', auth().orgs?[!(level > 1)])"
        )
    )
    here.run(HELD_POSTS)
    user = members((1, None))
    assert here.admits("Post", user) == here.admits("Post", user, compat=True) == [1, 2, 3]
    assert here.admits("Post", user, operation="update") == [1, 2, 3]
    assert here.admits("Post", user, operation="update", compat=True) == []
    assert here.admits("Post", user, operation="delete") == []
    assert here.admits("Post", user, operation="delete", compat=True) == [1, 2, 3]


@pytest.mark.parametrize("compat", [False, True])
def test_lists_in_lists_and_bindings(world: Make, compat: bool) -> None:
    here = world(
        HELD.format(
            rules="@@allow('read', auth().orgs?[o, members?[m, m.id == auth().id && m.name == this.label && o.active]])"
            "@@allow('update', auth().orgs?[o, o.members?[m, m.role == o.name]])"
        )
    )
    here.run(HELD_POSTS)
    user = {
        "id": 7,
        "orgs": [{"id": 1, "name": "boss", "active": True, "members": [{"id": 7, "name": "a", "role": "boss"}]}],
    }
    assert here.admits("Post", user, compat=compat) == [1]
    assert here.admits("Post", user, operation="update", compat=compat) == [1, 2, 3]
    user["orgs"][0]["active"] = False  # pyright: ignore
    assert here.admits("Post", user, compat=compat) == []


@pytest.mark.parametrize("compat", [False, True])
def test_values_of_every_type(world: Make, compat: bool) -> None:
    here = world(
        HELD.format(
            rules="@@allow('read', at == auth().born) @@allow('update', price < auth().spent)"
            "@@allow('delete', data == auth().key) @@allow('create', meta == auth().meta)"
        )
    )
    here.run(HELD_POSTS)
    berlin = timezone(timedelta(hours=1))
    for born in (datetime(2024, 1, 1, 10, tzinfo=UTC), datetime(2024, 1, 1, 11, tzinfo=berlin), "2024-01-01T10:00:00Z"):
        assert here.admits("Post", {"id": 1, "born": born}, compat=compat) == [1]
    assert here.admits("Post", {"id": 1, "spent": Decimal("2.4")}, operation="update", compat=compat) == [1]
    assert here.admits("Post", {"id": 1, "key": b"\x02"}, operation="delete", compat=compat) == [2]
    assert here.admits("Post", {"id": 1, "meta": {"a": 1}}, operation="create", compat=compat) == [1]


def test_the_path_of_a_claim_can_be_named(world: Make) -> None:
    here = world(
        "type Auth { id Int  org Int? @meta('claim', 'tenant.id')  @@auth }"
        "model Post { id Int @id  x Int?  @@allow('read', auth().org == x) }"
    )
    here.run('insert into "Post" values (1, 1), (2, 2)')
    assert here.admits("Post", {"id": 1, "org": 2}) == [2]


def test_a_condition_of_a_value_itself(world: Make) -> None:
    here = world(
        "type Auth { id Int  admin Boolean?  @@auth }"
        "model Post { id Int @id  @@allow('read', auth().admin) @@allow('update', !auth().admin)"
        " @@allow('delete', auth().admin == true) @@allow('create', auth().admin != true) }"
    )
    here.run('insert into "Post" values (1)')
    for compat in (False, True):
        assert here.admits("Post", {"id": 1, "admin": True}, compat=compat) == [1]
        assert here.admits("Post", {"id": 1, "admin": False}, operation="update", compat=compat) == [1]
        assert here.admits("Post", {"id": 1}, compat=compat) == []
        assert here.admits("Post", {"id": 1}, operation="update", compat=compat) == []
        assert here.admits("Post", {"id": 1, "admin": True}, operation="delete", compat=compat) == [1]
    assert here.admits("Post", {"id": 1}, operation="create") == []
    assert here.admits("Post", {"id": 1}, operation="create", compat=True) == [1]


def test_an_object_of_auth_is_compared_by_what_identifies_it(world: Make) -> None:
    here = world(
        "model User { id Int @id  org Org? @relation(fields: [orgId], references: [id])  orgId Int? }"
        "model Org { id Int @id  users User[]  docs Doc[] }"
        "model Doc { id Int @id  org Org? @relation(fields: [orgId], references: [id])  orgId Int?"
        " @@allow('read', auth().org == org) @@allow('update', auth().org == null) }"
    )
    here.run('insert into "Org" values (1), (2); insert into "Doc" values (1, 1), (2, 2), (3, null)')
    assert here.admits("Doc", {"id": 1, "org": {"id": 2}}) == [2]
    assert here.admits("Doc", {"id": 1}) == []
    for compat in (False, True):
        assert here.admits("Doc", {"id": 1, "org": {}}, operation="update", compat=compat) == []
        assert here.admits("Doc", {"id": 1, "org": None}, operation="update", compat=compat) == [1, 2, 3]
        assert here.admits("Doc", {"id": 1}, operation="update", compat=compat) == [1, 2, 3]


def test_a_claim_that_its_user_writes_is_refused(world: Make) -> None:
    here = world(
        "type Auth { id Int  level Int? @meta('claim', 'user_metadata.level')  @@auth }"
        "model Post { id Int @id  @@allow('read', auth().level > 1) }"
    )
    with pytest.raises(RuleProblem, match="user_metadata"):
        here.admits("Post", {"id": 1, "level": 2})


@pytest.mark.parametrize("compat", [False, True])
@pytest.mark.parametrize(
    ("roles", "readable"),
    [
        (None, False),
        ([], False),
        ([{"permissions": []}], True),
        ([{"permissions": [{"types": []}]}], False),
        ([{"permissions": [{"types": ["Blog", "News"]}]}], True),
        ([{"permissions": [{"types": ["Blog"]}, {"types": ["News"]}]}], False),
        ([{"permissions": [{"types": ["Blog"]}]}, {"permissions": [{"types": ["News"]}]}], True),
    ],
)
def test_lists_of_values_in_objects_in_lists(world: Make, roles: object, readable: bool, compat: bool) -> None:
    here = world(
        "type Permission { types String[] } type Role { permissions Permission[] @json }"
        "type Auth { id Int  roles Role[] @json  @@auth }"
        "model Post { id Int @id  type String  @@allow('read', auth().roles?[permissions![this.type in types]]) }"
    )
    here.run("insert into \"Post\" values (1, 'News')")
    assert here.admits("Post", {"id": 1, "roles": roles}, compat=compat) == ([1] if readable else [])


@pytest.mark.parametrize("compat", [False, True])
def test_objects_of_auth_beside_relations_of_rows(world: Make, compat: bool) -> None:
    here = world(
        "model User { id Int @id  grants Grant[] }"
        "model Scope { id Int @id  above Closure[] @relation('below')  below Closure[] @relation('above')  docs Doc[]"
        " grants Grant[] }"
        "model Closure { upId Int  downId Int  up Scope @relation('above', fields: [upId], references: [id])"
        " down Scope @relation('below', fields: [downId], references: [id])  @@id([upId, downId]) }"
        "model Grant { id Int @id  user User @relation(fields: [userId], references: [id])  userId Int"
        " scope Scope @relation(fields: [scopeId], references: [id])  scopeId Int }"
        "model Doc { id Int @id  scope Scope @relation(fields: [scopeId], references: [id])  scopeId Int"
        " @@allow('read', auth().grants?[g, g.scope == this.scope || this.scope.above?[up == g.scope]]) }"
    )
    here.run('insert into "Scope" values (1), (2), (3); insert into "Closure" values (1, 2), (3, 3)')
    here.run('insert into "Doc" values (1, 1), (2, 2), (3, 3)')
    assert here.admits("Doc", {"id": 1, "grants": [{"scope": {"id": 1}}]}, compat=compat) == [1, 2]
    assert here.admits("Doc", {"id": 1, "grants": []}, compat=compat) == []
    assert here.admits("Doc", compat=compat) == []


# ------------------------------------------------------------------ claims of another type

ALPHABETS = {
    "uuid": "0123456789abcdefABCDEF-{}",
    "bigint": "0123456789+-. ",
    "numeric": "0123456789+-.eE ",
    "double precision": "0123456789+-.eE ",
    "boolean": "truefalsyno10",
    "timestamptz": "0123456789-:T Z+.",
    "date": "0123456789-",
    "time": "0123456789:.+Z",
}
RIGHT = {
    "uuid": st.uuids().map(str) | st.uuids().map(lambda each: each.hex.upper()),
    "bigint": st.integers(-9_199_999_999_999_999_999, 9_199_999_999_999_999_999).map(str),
    "numeric": st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=6).map(
        str
    ),
    "double precision": st.floats(1e-250, 1e250).map(repr) | st.floats(-1e250, -1e-250).map(repr),
    "boolean": st.sampled_from(["true", "false"]),
    "timestamptz": st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))])).map(
        datetime.isoformat
    ),
    "date": st.dates().map(str),
    "time": st.times().map(str),
}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), type=st.sampled_from(sorted(FORMS)))
def test_what_a_type_looks_like_is_the_same_for_both_guards_and_never_fails(
    world: Make, data: st.DataObject, type: str
) -> None:
    here = world(owned(""))
    right = data.draw(RIGHT[type])
    wild = data.draw(st.text(ALPHABETS[type], max_size=40) | st.text(max_size=5).filter(lambda text: "\0" not in text))
    assert claimed({"a": right}, ("a",), type) is not None
    for text in (right, wild, right + wild):
        sql = f"select v ~ %s, case when v ~ %s then v::{type} end is null from (select %s::text) as c(v)"
        is_there = claimed({"a": text}, ("a",), type) is not None
        assert here.ask(sql, form(type), form(type), text) == [(is_there, not is_there)]


def test_claims_of_another_type_are_as_good_as_missing(world: Make) -> None:
    rules = """
        @@allow('read', auth().id == ownerId || x in auth().levels || x > auth().level)
        @@deny('read', auth().id == x)
    """
    here = world(owned(rules).replace("tags String[]", "tags String[]  levels Int[]"))
    here.run(POSTS.replace("(id, tags) values (1, '{}'), (2, '{}')", "(id) values (1), (2)"))
    for compat in (False, True):
        assert here.admits("Post", {"id": "one", "level": "low", "levels": ["x", 1.5, {}]}, compat=compat) == []
        assert here.admits("Post", {"id": "one", "level": "low", "levels": ["x", 2]}, compat=compat) == [2]
        assert here.admits("Post", {"id": 2, "level": [], "levels": "x"}, compat=compat) == []
