"""Relations: which are resources, under which names, and what tells their rows apart."""

from dataclasses import replace

import pytest

from gatepost.graphql.registry.model import Registry, Resource
from gatepost.problem import Problem

from .world import AMBER, V4, World

CONNECTION = "query:resource:connection"


@pytest.mark.parametrize(("kind", "exposed"), [(kind, kind != "c") for kind in "rvmfpc"])
def test_whatever_has_rows_is_a_resource(kind: str, exposed: bool) -> None:
    world = World()
    world.table("thing", kind=kind)
    registry = world.build()
    assert ("thing" in registry.resources) is exposed
    if exposed:
        thing = registry.resources["thing"]
        assert (thing.is_view, thing.is_function, bool(thing.primary_key)) == (kind in "vm", False, kind in "rp")


def test_other_schemas_and_extensions_stay_out() -> None:
    world = World()
    world.table("secret", schema="private")
    world.table("spatial", extension="postgis")
    world.table("person")
    assert list(world.build().resources) == ["person"]


def test_a_relation_without_a_column_that_can_be_shown_stays_out() -> None:
    world = World()
    world.table("empty", "", key="")
    assert not world.build().resources


def test_the_primary_key_stands_first() -> None:
    world = World()
    world.table("person", "a:int4! b:int4! c:text", key="")
    world.key("person", "c", comment="@behavior -single\nThe c.")
    world.key("person", "b a", kind="p")
    person = world.build().resources["person"]
    assert [(unique.attributes, unique.primary) for unique in person.uniques] == [(("b", "a"), True), (("c",), False)]
    assert person.primary_key == ("b", "a")
    assert (person.uniques[1].tags, person.uniques[1].description) == ({"behavior": "-single"}, "The c.")


def test_who_inherits_is_taken_to_have_the_parents_key() -> None:
    world = World()
    parent = world.table("parent", "id:int4!= name:text", key="")
    world.key("parent", "id", kind="p", no_inherit=True)
    world.key("parent", "name")
    world.table("child", "more:int4 id:int4!= name:text", key="", parents=(parent,))
    child = world.build().resources["child"]
    assert [(unique.attributes, unique.primary) for unique in child.uniques] == [(("id",), True)]


def test_all_but_the_first_schema_stand_in_a_name_unless_version_4_is_asked_for() -> None:
    world = World()
    world.table("person")
    world.table("entry", schema="log")
    world.function("total", schema="log")
    schemas = ("app", "log")
    assert set(world.build(replace(AMBER, schemas=schemas)).resources) == {"person", "log_entry", "log_total"}
    assert set(world.build(replace(V4, schemas=schemas)).resources) == {"person", "entry", "total"}


def test_two_of_one_name_get_names_of_their_own() -> None:
    world = World()
    world.table("person")
    world.function("person")
    registry = world.build()
    assert set(registry.resources) == {"person", "app_person"}
    assert not registry.resources["person"].is_function
    assert "app.person has the name of app.person" in registry.warnings


def test_a_tag_names_a_resource() -> None:
    world = World()
    world.table("person", comment="@name human")
    world.function("count_people", comment="@name people_count")
    assert set(world.build().resources) == {"human", "people_count"}


# ------------------------------------------------------------------ partitions


def partitioned(parent: str | None = None, middle: str | None = None) -> Registry:
    """A table in parts, one of which has parts itself."""
    world = World()
    whole = world.table("whole", kind="p", comment=parent)
    world.table("part", parents=(whole,), partition=True)
    half = world.table("half", kind="p", parents=(whole,), partition=True, comment=middle)
    world.table("quarter", parents=(half,), partition=True)
    world.table("note", "id:int4!= whole_id:int4!")
    world.refer("note", "whole_id", "part")
    return world.build()


def shown(registry: Registry) -> set[str]:
    return {name for name, one in registry.resources.items() if registry.may(one, CONNECTION)}


@pytest.mark.parametrize(
    ("parent", "middle", "names"),
    [
        (None, None, {"whole"}),
        ("parent", None, {"whole"}),
        ("both", None, {"whole", "part", "half"}),
        ("child", None, {"part", "half"}),
        ("child", "child", {"part", "quarter"}),
    ],
)
def test_parts_are_shown_by_the_whole_unless_a_tag_says_otherwise(
    parent: str | None, middle: str | None, names: set[str]
) -> None:
    tags = [text and f"@partitionExpose {text}" for text in (parent, middle)]
    assert shown(partitioned(*tags)) == names | {"note"}


def test_there_is_no_way_to_a_part() -> None:
    registry = partitioned()
    [relation] = registry.resources["note"].relations.values()
    assert not registry.may(relation, "singularRelation:resource:single")


def test_how_parts_are_shown_must_be_one_of_three_ways() -> None:
    with pytest.raises(Problem, match="must be one of parent, child, both"):
        partitioned("@partitionExpose all")


# ------------------------------------------------------------------ rights


def test_what_a_relation_allows_is_kept() -> None:
    world = World()
    world.table("seen", kind="v", insertable=False, updatable=True, deletable=False)
    seen: Resource = world.build().resources["seen"]
    assert (seen.insertable, seen.updatable, seen.deletable) == (False, True, False)
