"""Enum tables: rows as values."""

import pytest

from gatepost.catalog import Name
from gatepost.graphql.registry import enum_tables
from gatepost.graphql.registry.model import Codec, Kind, Registry
from gatepost.problem import Problem

from .world import V4, World, app

ROWS = {app("mood"): [{"value": "sad", "description": "Not well"}, {"value": "happy", "description": None}]}


def moods(comment: str = "@enum", columns: str = "value:text! description:text", **facts: str) -> World:
    world = World()
    world.table("mood", columns, key="value", comment=comment, **facts)
    world.table("person", "id:int4!= mood:text")
    world.refer("person", "mood", "mood", "value")
    return world


def codec(registry: Registry, column: str = "mood") -> Codec:
    return registry.codecs[app("person")].attributes[column].codec


def test_what_is_to_be_read() -> None:
    world = moods()
    world.table("kind", "id:int4!= letter:text note:text", comments={"note": "@enumDescription"})
    world.key("kind", "letter", comment="@enum")
    assert enum_tables(world.anatomy, V4) == {
        app("mood"): ("value", "description"),
        app("kind"): ("letter", "note"),
    }


def test_who_refers_to_an_enum_table_has_its_values() -> None:
    registry = moods().build(rows=ROWS)
    mood = codec(registry)
    assert (mood.kind, mood.sql, mood.values_of) == (Kind.ENUM, '"pg_catalog"."text"', ("mood", None))
    assert [(label.value, label.description) for label in mood.labels] == [("sad", "Not well"), ("happy", None)]
    assert registry.codecs[mood.id] is mood


def test_the_table_itself_is_not_shown() -> None:
    registry = moods().build(rows=ROWS)
    mood = registry.resources["mood"]
    assert not registry.may(mood, "query:resource:connection")
    assert not registry.may(mood.codec, "table")


def test_a_key_that_is_tagged_is_an_enum_of_a_table_that_stays() -> None:
    world = World()
    world.table("kind", "id:int4!= letter:text")
    world.key("kind", "letter", comment="@enum\n@enumName Initial")
    world.table("person", "id:int4!= mood:text")
    world.refer("person", "mood", "kind", "letter")
    registry = world.build(rows={app("kind"): [{"letter": "a"}, {"letter": None}]})
    kind = codec(registry)
    assert [label.value for label in kind.labels] == ["a"]
    assert (kind.values_of, kind.tags) == (("kind", "letter"), {"name": "Initial"})
    assert registry.may(registry.resources["kind"], "query:resource:connection")


def test_a_table_names_its_enum() -> None:
    assert codec(moods("@enum\n@enumName Feeling").build(rows=ROWS)).tags == {"name": "Feeling"}
    assert codec(moods("@enum\n@name feeling").build(rows=ROWS)).values_of == ("feeling", None)


def test_a_table_without_rows_is_told() -> None:
    registry = moods().build()
    assert codec(registry).labels == ()
    assert "The enum table app.mood has no rows that can be read" in registry.warnings


def test_a_view_may_be_one() -> None:
    world = World()
    world.table("mood", "value:text", kind="v", comment="@enum\n@primaryKey value")
    world.table("person", "id:int4!= mood:text", comment="@foreignKey (mood) references mood (value)")
    registry = world.build(rows={app("mood"): [{"value": "sad"}]})
    assert [label.value for label in codec(registry).labels] == ["sad"]


def test_a_key_of_several_columns_is_a_problem() -> None:
    world = World()
    world.table("mood", "a:text! b:text!", key="a b", comment="@enum")
    with pytest.raises(Problem, match=r"mood_pkey of the enum table .* has 2 columns"):
        world.build()


@pytest.mark.parametrize(
    ("domain", "comment", "alias"),
    [
        ("mood_enum_domain", None, True),
        ("mood_mood_pkey_enum_domain", None, True),
        ("feeling", "@enum mood", True),
        ("feeling", None, False),
        ("other_enum_domain", None, False),
    ],
)
def test_a_domain_may_stand_for_an_enum_table(domain: str, comment: str | None, alias: bool) -> None:
    world = moods()
    world.domain(domain, "text", comment=comment)
    world.function("cheer", f"how:{domain}")
    registry = world.build(rows=ROWS)
    found = registry.codecs[Name("app", domain)]
    assert (found.kind, found.alias, found.of is codec(registry)) == (Kind.DOMAIN, alias, alias)
    assert found.sql == f'"app"."{domain}"'
