"""PostGraphile 4's tags, in today's words."""

import pytest

from gatepost.graphql.registry.model import Registry

from .world import AMBER, World

CONNECTION, LIST = "query:resource:connection", "query:resource:list"


def person(comment: str, columns: dict[str, str] | None = None) -> Registry:
    world = World()
    world.table("person", "id:int4!= name:text", comment=comment, comments=columns)
    world.table("post", "id:int4!= author_id:int4")
    world.refer("post", "author_id", "person")
    return world.build()


@pytest.mark.parametrize(
    ("omitted", "lost"),
    [
        ("create", {"resource:insert"}),
        ("update,delete", {"resource:update", "resource:delete"}),
        (":UD", {"resource:update", "resource:delete"}),
        ("all", {CONNECTION}),
        ("read", {"resource:select", CONNECTION}),
        ("filter", {"query:resource:connection:filter"}),
        ("order", {"resource:connection:order"}),
    ],
)
def test_what_is_omitted_is_lost_and_nothing_else(omitted: str, lost: set[str]) -> None:
    registry = person(f"@omit {omitted}")
    asked = (
        "resource:select",
        "resource:insert",
        "resource:update",
        "resource:delete",
        CONNECTION,
        "query:resource:connection:filter",
        "resource:connection:order",
    )
    table = registry.resources["person"]
    assert {behaviour for behaviour in asked if not registry.may(table, behaviour)} == lost


@pytest.mark.parametrize("comment", ["@omit", "@omit *"])
def test_what_is_omitted_altogether_is_not_there(comment: str) -> None:
    registry = person(comment)
    table = registry.resources["person"]
    assert not any(registry.may(table, behaviour) for behaviour in (CONNECTION, "resource:insert", "resource:select"))
    assert not registry.may(
        next(iter(registry.resources["post"].relations.values())), "singularRelation:resource:single"
    )


def test_a_column_is_omitted_in_parts() -> None:
    registry = person("", {"name": "@omit update,filter"})
    name = registry.resources["person"].codec.attributes["name"]
    assert registry.may(name, "attribute:select")
    assert registry.may(name, "attribute:insert")
    assert not registry.may(name, "attribute:update")
    assert not registry.may(name, "condition:attribute:filterBy")


def test_a_key_through_a_column_that_is_not_read_is_not_selected() -> None:
    world = World()
    world.table("person")
    world.table("post", "id:int4!= author_id:int4", comments={"author_id": "@omit read"})
    world.refer("post", "author_id", "person")
    registry = world.build()
    [way] = registry.resources["post"].relations.values()
    assert not registry.may(way, "select")


def test_many_is_omitted_on_a_key() -> None:
    world = World()
    world.table("person")
    world.table("post", "id:int4!= author_id:int4")
    world.refer("post", "author_id", "person", comment="@omit many")
    registry = world.build()
    [forward], [backward] = (registry.resources[name].relations.values() for name in ("post", "person"))
    assert registry.may(forward, "singularRelation:resource:single")
    assert not registry.may(backward, "manyRelation:resource:connection")


@pytest.mark.parametrize(
    ("said", "lists", "connections"), [("only", True, False), ("both", True, True), ("omit", False, True)]
)
def test_simple_collections_are_asked_for_one_by_one(said: str, lists: bool, connections: bool) -> None:
    registry = person(f"@simpleCollections {said}")
    table = registry.resources["person"]
    assert (registry.may(table, LIST), registry.may(table, CONNECTION)) == (lists, connections)


def test_a_behaviour_counts_more_than_an_older_tag() -> None:
    registry = person("@omit create\n@behavior +insert")
    assert registry.may(registry.resources["person"], "resource:insert")


def test_what_is_misspelled_is_told() -> None:
    registry = person("@omit select\n@simpleCollections sometimes")
    assert "@omit select means nothing; it is read" in registry.warnings
    assert "@simpleCollections can be omit, both or only, not sometimes" in registry.warnings
    assert registry.may(registry.resources["person"], "resource:select")


def test_what_is_omitted_and_not_known_is_taken_for_a_behaviour() -> None:
    registry = person("@omit manyToMany, total-Count")
    assert not registry.may(registry.resources["person"].codec, "totalCount")
    assert registry.may(registry.resources["person"], CONNECTION)


def test_these_tags_mean_nothing_to_amber() -> None:
    world = World()
    world.table("person", comment="@omit")
    registry = world.build(AMBER)
    assert registry.may(registry.resources["person"], CONNECTION)
