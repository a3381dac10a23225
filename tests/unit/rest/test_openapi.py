"""The document at the root."""

from typing import Any

import msgspec
import pytest

from gatepost.catalog import Cardinality, Catalog, Column, Function, Name, Parameter, Relation, Table
from gatepost.rest.openapi import document, shown
from gatepost.rest.openapi.types import default_of, typed

CHILDREN, PARENTS, ADD, RESET = (Name("api", name) for name in ("children", "parents", "add", "reset"))

CATALOG = Catalog(
    tables={
        CHILDREN: Table(
            CHILDREN,
            {
                "id": Column("id", "integer", "integer", nullable=False, position=1, description="its number"),
                "parent": Column("parent", "integer", "integer", position=2),
                "name": Column("name", "character varying", "varchar(20)", position=3, max_length=20),
                "mood": Column("mood", "api.mood", "api.mood", position=4, enum=("sad", "happy")),
            },
            primary_key=("id",),
            description="Children\n\nOf somebody,\nall.",
        ),
        PARENTS: Table(
            PARENTS, {"id": Column("id", "integer", "integer")}, insertable=False, updatable=False, deletable=False
        ),
        Name("hidden", "x"): Table(Name("hidden", "x"), {}),
    },
    relations={CHILDREN: (Relation(CHILDREN, PARENTS, Cardinality.MANY_TO_ONE, "fk", (("parent", "id"),)),)},
    functions={
        ADD: (
            Function(
                ADD,
                (
                    Parameter("a", "integer", "integer"),
                    Parameter("b", "text[]", "text[]", required=False, variadic=True),
                ),
                Name("pg_catalog", "int4"),
                volatility="i",
                description="Adds.",
            ),
        ),
        RESET: (Function(RESET, (), Name("pg_catalog", "void")),),
    },
)


def written(
    tables: set[str] | None = None,
    functions: set[tuple[str, tuple[str, ...]]] | None = None,
    comment: str | None = None,
    url: str = "http://localhost:3000/",
    security: bool = False,
) -> Any:
    what = shown(CATALOG, "api", comment, tables, functions)
    return msgspec.json.decode(document(what, CATALOG, url, security))


def test_only_the_schema_asked_for_is_shown() -> None:
    assert set(written()["paths"]) == {"/", "/children", "/parents", "/rpc/add", "/rpc/reset"}
    assert set(written()["definitions"]) == {"children", "parents"}


def test_only_what_the_role_may_use_is_shown() -> None:
    found = written({"parents"}, {("add", ("integer", "text[]")), ("reset", ("text",))})
    assert set(found["paths"]) == {"/", "/parents", "/rpc/add"}


def test_title_and_description_are_the_schemas_comment() -> None:
    info = written(comment="My API\n\nDoes\nthings")["info"]
    assert (info["title"], info["description"]) == ("My API", "Does\nthings")
    assert written()["info"]["title"] == "Gatepost API"


def test_a_relation_is_defined_by_its_columns() -> None:
    assert written()["definitions"]["children"] == {
        "type": "object",
        "description": "Children\n\nOf somebody,\nall.",
        "required": ["id"],
        "properties": {
            "id": {
                "type": "integer",
                "format": "int32",
                "description": "its number\n\nNote:\nThis is a Primary Key.<pk/>",
            },
            "parent": {
                "type": "integer",
                "format": "int32",
                "description": "Note:\nThis is a Foreign Key to `parents.id`.<fk table='parents' column='id'/>",
            },
            "name": {"type": "string", "format": "character varying", "maxLength": 20},
            "mood": {"type": "string", "format": "api.mood", "enum": ["sad", "happy"]},
        },
    }


def test_its_path_has_every_method_that_is_possible() -> None:
    paths = written()["paths"]
    assert set(paths["/children"]) == {"get", "post", "patch", "delete"}
    assert set(paths["/parents"]) == {"get"}
    get = paths["/children"]["get"]
    assert (get["tags"], get["summary"], get["description"]) == (["children"], "Children", "Of somebody,\nall.")
    assert [each["$ref"].rpartition("/")[2] for each in get["parameters"]][3:6] == [
        "rowFilter.children.mood",
        "select",
        "order",
    ]
    assert get["responses"]["200"]["schema"] == {"type": "array", "items": {"$ref": "#/definitions/children"}}


def test_every_reference_leads_somewhere() -> None:
    found = written()
    text = msgspec.json.encode(found).decode()
    for reference in {part.split('"')[0] for part in text.split('"$ref":"#/')[1:]}:
        section, name = reference.split("/")
        assert name in found[section]


def test_functions() -> None:
    paths = written()["paths"]
    assert set(paths["/rpc/add"]) == {"get", "post"}
    assert set(paths["/rpc/reset"]) == {"post"}
    assert paths["/rpc/add"]["get"]["parameters"] == [
        {"name": "a", "required": True, "in": "query", "type": "integer", "format": "int32"},
        {
            "name": "b",
            "required": False,
            "in": "query",
            "type": "array",
            "collectionFormat": "multi",
            "items": {"type": "string", "format": "text"},
        },
    ]
    assert paths["/rpc/add"]["post"]["parameters"][0]["schema"]["required"] == ["a"]


@pytest.mark.parametrize(
    ("type_name", "schema"),
    [
        ("bigint", {"type": "integer", "format": "int64"}),
        ("numeric", {"type": "number", "format": "numeric"}),
        ("boolean", {"type": "boolean", "format": "boolean"}),
        ("jsonb", {"format": "jsonb"}),
        ("text[]", {"type": "array", "format": "text[]", "items": {"type": "string"}}),
        ("json[]", {"type": "array", "format": "json[]", "items": {}}),
        ("timestamp with time zone", {"type": "string", "format": "timestamp with time zone"}),
    ],
)
def test_types(type_name: str, schema: dict[str, object]) -> None:
    assert typed(type_name) == schema


@pytest.mark.parametrize(
    ("type_name", "default", "value"),
    [
        ("text", "'abc'::text", "abc"),
        ("date", "'1900-01-01'::date", "1900-01-01"),
        ("integer", "42", 42),
        ("boolean", "false", False),
        ("integer", "nextval('s'::regclass)", None),
        ("text", "'a\"b'::text", None),
        ("text", None, None),
    ],
)
def test_defaults_are_shown_where_they_are_values(type_name: str, default: str | None, value: object) -> None:
    assert default_of(type_name, default) == value


def test_where_the_api_is_reached() -> None:
    found = written(url="https://example.com/base/path")
    assert (found["host"], found["basePath"], found["schemes"]) == ("example.com:443", "/base/path", ["https"])
    found = written(url="http://[::1]:3000")
    assert (found["host"], found["basePath"]) == ("[::1]:3000", "/")


def test_tokens_are_told_of_where_asked() -> None:
    assert "security" not in written()
    assert written(security=True)["security"] == [{"JWT": []}]
