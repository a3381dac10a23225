"""Types: what stands for each in the registry."""

from dataclasses import replace

import pytest

from gatepost.catalog import Name
from gatepost.graphql.registry.model import Kind

from .world import V4, World, app


def test_a_row_type_has_its_columns_in_their_order() -> None:
    world = World()
    changes = {"age": {"identity": "d"}}
    world.table(
        "person",
        "id:int4!= name:text! age:int4",
        comment="A human.",
        comments={"name": "@deprecated no\nThe name."},
        changes=changes,
    )
    codec = world.build().codecs[app("person")]
    assert (codec.kind, codec.table, codec.sql, codec.description) == (
        Kind.COMPOSITE,
        True,
        '"app"."person"',
        "A human.",
    )
    assert list(codec.attributes) == ["id", "name", "age"]
    name, age = codec.attributes["name"], codec.attributes["age"]
    assert (name.not_null, name.has_default, name.position) == (True, False, 2)
    assert (name.description, name.tags) == ("The name.", {"deprecated": "no"})
    assert (age.not_null, age.has_default, age.generated) == (False, True, False)


def test_types_are_made_of_each_other() -> None:
    world = World()
    world.enum("mood", "sad happy", comment="How one feels.")
    world.domain("feeling", "mood", not_null=True)
    world.array("feeling")
    world.table("person", "id:int4!= mood:mood feeling:feeling feelings:_feeling span:int4range")
    codecs = world.build().codecs
    mood, feeling, feelings = codecs[app("mood")], codecs[app("feeling")], codecs[app("_feeling")]
    assert [label.value for label in mood.labels] == ["sad", "happy"]
    assert mood.description == "How one feels."
    assert (feeling.kind, feeling.of, feeling.not_null, feeling.base) == (Kind.DOMAIN, mood, True, mood)
    assert (feelings.kind, feelings.of, feelings.innermost) == (Kind.ARRAY, feeling, mood)
    span = codecs[Name("pg_catalog", "int4range")]
    assert (span.kind, span.of, span.sql) == (
        Kind.RANGE,
        codecs[Name("pg_catalog", "int4")],
        '"pg_catalog"."int4range"',
    )


def test_a_column_of_a_domain_takes_from_it() -> None:
    world = World()
    world.domain("size", "int4", not_null=True, has_default=True)
    world.table("thing", "id:int4!= size:size", comments={"size": "Its own."})
    size = world.build().codecs[app("thing")].attributes["size"]
    assert (size.not_null, size.has_default, size.description) == (True, True, "Its own.")


def test_a_domain_over_rows_has_their_columns() -> None:
    world = World()
    world.table("pair", "a:int4 b:int4", kind="c")
    world.domain("small_pair", "pair")
    world.table("thing", "id:int4!= pair:small_pair")
    codecs = world.build().codecs
    assert codecs[app("small_pair")].attributes is codecs[app("pair")].attributes


def test_what_cannot_be_shown_is_left_out_with_a_warning() -> None:
    world = World()
    world.table("thing", "id:int4!= place:pg_lsn")
    registry = world.build()
    assert list(registry.codecs[app("thing")].attributes) == ["id"]
    assert "Values of the type pg_catalog.pg_lsn are not shown" in registry.warnings


def test_a_type_of_an_extension_is_known_by_its_extension() -> None:
    world = World()
    world.type("citext", "public", extension="citext")
    world.type("hstore", "public", extension="something else")
    world.table("thing", "id:int4!= name:citext more:hstore")
    registry = world.build()
    assert list(registry.codecs[app("thing")].attributes) == ["id", "name"]
    assert registry.codecs[Name("public", "citext")].kind is Kind.SCALAR


def test_a_row_may_hold_rows_of_its_own_kind() -> None:
    world = World()
    world.type("_tree", of=None)
    world.table("tree", "id:int4!= children:_tree")
    world.types["_tree"] = type(world.types["_tree"])(
        world.types["_tree"].oid, "app", "_tree", "b", "A", world.types["tree"].oid
    )
    tree = world.build().codecs[app("tree")]
    assert tree.attributes["children"].codec.of is tree


def test_a_type_is_named_by_what_its_tags_say_on_type_and_relation() -> None:
    world = World()
    world.table("pair", "a:int4", kind="c", comment="@name both\n@x 1")
    world.types["pair"] = type(world.types["pair"])(
        world.types["pair"].oid, "app", "pair", "c", "C", 0, world.relations["pair"].oid, comment="@name two\nA pair."
    )
    codec = world.build().codecs[app("pair")]
    assert (codec.tags, codec.description) == ({"name": "two", "x": "1"}, "A pair.")


@pytest.mark.parametrize("type", ["app.token", '"app"."token"'])
def test_the_type_of_a_token_is_no_row(type: str) -> None:
    world = World()
    world.table("token", "role:text exp:int8", kind="c", comment="@behavior +order")
    registry = world.build(replace(V4, jwt_type=type))
    token = registry.codecs[app("token")]
    assert registry.may(token, "jwt")
    assert not registry.may(token, "table")
    assert not world.build().may(world.build().codecs[app("token")], "jwt")


def test_names_may_be_left_to_the_search_path() -> None:
    world = World()
    world.table("person", "id:int4!=")
    codecs = world.build(replace(V4, unqualified=True)).codecs
    assert codecs[app("person")].sql == '"person"'
    assert codecs[Name("pg_catalog", "int4")].sql == '"pg_catalog"."int4"'
