"""Names, types and defaults of a database as ZModel says them."""

import pytest

from gatepost.evolve.compare.casts import keeps
from gatepost.evolve.compare.facts import ColumnFact
from gatepost.evolve.introspect.names import Names, camel, many, member, pascal
from gatepost.evolve.introspect.values import default, field_type


@pytest.mark.parametrize(
    ("name", "model", "field"),
    [
        ("user_roles", "UserRoles", "userRoles"),
        ("User", "User", "user"),
        ("userID", "UserID", "userID"),
        ("URL", "URL", "URL"),
        ("2fa codes", "M2faCodes", "f2faCodes"),
        ("_", "M", "f"),
    ],
)
def test_names(name: str, model: str, field: str):
    assert (pascal(name), camel(name)) == (model, field)


def test_a_name_is_given_once_and_never_one_of_the_language():
    given = Names(["Role"])
    assert [given.give(each) for each in ("Role", "Role", "String", "model")] == ["Role2", "Role3", "String2", "model2"]


@pytest.mark.parametrize(("name", "expected"), [("Post", "posts"), ("Category", "categories"), ("Boss", "boss")])
def test_the_field_for_many(name: str, expected: str):
    assert many(name) == expected


@pytest.mark.parametrize(("value", "expected"), [("in review", "in_review"), ("1", "V_1"), ("é", "V_"), ("A", "A")])
def test_members(value: str, expected: str):
    assert member(value) == expected


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [
        ("text", ("String", "", False)),
        ("character varying(20)[]", ("String", "@db.VarChar(20)", True)),
        ("character(1)", ("String", "@db.Char", False)),
        ("numeric(65,30)", ("Decimal", "", False)),
        ("numeric(10,2)", ("Decimal", "@db.Decimal(10, 2)", False)),
        ("numeric", ("Decimal", "@db.Decimal", False)),
        ("timestamp(3) without time zone", ("DateTime", "", False)),
        ("timestamp with time zone", ("DateTime", "@db.Timestamptz", False)),
        ('public."Role"[]', ("Role", "", True)),
        ("tsvector", ('Unsupported("tsvector")', "", False)),
        ("geometry(Point,4326)[]", ('Unsupported("geometry(Point,4326)[]")', "", False)),
    ],
)
def test_types(canonical: str, expected: tuple[str, str, bool]):
    found = field_type(canonical, {'public."Role"': "Role"})
    assert (found.name, found.native, found.listed) == expected


@pytest.mark.parametrize(
    ("kind", "expression", "expected"),
    [
        ("text", "'it''s'::text", '@default("it\'s")'),
        ("text", "lower('A'::text)", "@default(dbgenerated(\"lower('A'::text)\"))"),
        ("text", "('a'::text || 'b'::text)", "@default(dbgenerated(\"('a'::text || 'b'::text)\"))"),
        ("integer", "'-3'::integer", "@default(-3)"),
        ("integer", "(1 + 2)", '@default(dbgenerated("(1 + 2)"))'),
        ("double precision", "'1.5'::double precision", "@default(1.5)"),
        ("double precision", "'NaN'::double precision", "@default(dbgenerated(\"'NaN'::double precision\"))"),
        ("boolean", "false", "@default(false)"),
        ("timestamp with time zone", "now()", "@default(now())"),
        ("date", "CURRENT_DATE", '@default(dbgenerated("CURRENT_DATE"))'),
        ("jsonb", "'{\"a\": 1}'::jsonb", '@default("{\\"a\\": 1}")'),
        ("text[]", "ARRAY['a'::text, 'b'::text]", '@default(["a", "b"])'),
        ("text[]", "'{}'::text[]", "@default([])"),
        ("text[]", "ARRAY[lower('A'::text)]", "@default(dbgenerated(\"ARRAY[lower('A'::text)]\"))"),
        ("integer[]", "ARRAY[1, 2]", "@default([1, 2])"),
        ('public."Role"', "'a'::public.\"Role\"", "@default(A)"),
        ('public."Role"[]', "ARRAY['a'::public.\"Role\"]", "@default([A])"),
        ("bytea", "'\\x00'::bytea", "@default(dbgenerated(\"'\\\\x00'::bytea\"))"),
    ],
)
def test_defaults(kind: str, expression: str, expected: str):
    fact = ColumnFact("f", kind, True, expression, False, False)
    assert default(fact, field_type(kind, {'public."Role"': "Role"}), {"a": "A"}) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("integer", "bigint", True),
        ("bigint", "integer", False),
        ("integer", "numeric(65,30)", True),
        ("integer", "numeric(4,2)", False),
        ("smallint", "text", True),
        ("integer[]", "text", False),
        ("character varying(5)", "character varying(9)", True),
        ("character varying(9)", "character varying(5)", False),
        ("character varying", "character varying(5)", False),
        ("numeric(10,2)", "numeric(12,3)", True),
        ("numeric(10,2)", "numeric(11,4)", False),
        ("timestamp(3) without time zone", "timestamp(6) without time zone", True),
        ("timestamp(6) without time zone", "timestamp(3) without time zone", False),
        ("real", "double precision", True),
        ("json", "jsonb", True),
        ("text", "uuid", False),
    ],
)
def test_what_holds_every_value(old: str, new: str, expected: bool):
    assert keeps(old, new) is expected
