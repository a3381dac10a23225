"""What may be done with a schema's entities before anybody says something else."""

from dataclasses import replace

import pytest

from gatepost.graphql.registry.model import Attribute, Registry, Relation
from gatepost.problem import Problem

from .world import AMBER, V4, World, app

LIST, CONNECTION = "query:resource:list", "query:resource:connection"
LISTS = "manyRelation:resource:list"
FIELDS = ("queryField", "mutationField", "typeField")


def of_person(registry: Registry, column: str) -> Attribute:
    return registry.codecs[app("person")].attributes[column]


def compared(registry: Registry, column: str) -> tuple[bool, bool]:
    """Whether one can filter by a column, and order by it."""
    attribute = of_person(registry, column)
    return (registry.may(attribute, "condition:attribute:filterBy"), registry.may(attribute, "attribute:orderBy"))


def person(columns: str = "id:int4!= name:text") -> World:
    world = World()
    world.table("person", columns)
    return world


def test_a_table_is_read_and_written() -> None:
    registry = person().build()
    table = registry.resources["person"]
    for behaviour in ("resource:select", "resource:insert", "resource:update", "resource:delete", CONNECTION, "order"):
        assert registry.may(table, behaviour), behaviour
    assert registry.may(table.codec, "table")
    assert registry.may(table.codec, "type:node")
    assert registry.may(table.uniques[0], "query:resource:single")
    assert registry.may(table.uniques[0], "constraint:resource:update")


@pytest.mark.parametrize(
    ("collections", "lists", "connections"),
    [(None, False, True), ("omit", False, True), ("both", True, True), ("only", True, False)],
)
def test_lists_and_connections_are_where_they_are_wanted(
    collections: str | None, lists: bool, connections: bool
) -> None:
    registry = person().build(replace(V4, simple_collections=collections))
    table = registry.resources["person"]
    assert registry.may(table, LIST) is lists
    assert registry.may(table, CONNECTION) is connections


def test_a_view_without_a_key_has_no_node_id_and_is_not_written_where_postgresql_would_not() -> None:
    world = World()
    world.table("seen", kind="v", insertable=False, updatable=False, deletable=False)
    registry = world.build()
    view = registry.resources["seen"]
    assert registry.may(view, CONNECTION)
    assert not registry.may(view.codec, "type:node")
    assert not any(registry.may(view, f"resource:{deed}") for deed in ("insert", "update", "delete"))


def test_what_is_unlogged_stays_out() -> None:
    world = World()
    world.table("scratch", persistence="u")
    registry = world.build()
    scratch = registry.resources["scratch"]
    assert not registry.may(scratch, CONNECTION)
    assert not registry.may(scratch, "resource:insert")
    assert not registry.may(scratch.uniques[0], "query:resource:single")
    assert registry.may(scratch.codec, "table")


def test_without_default_mutations_nothing_is_written() -> None:
    registry = person().build(replace(V4, disable_default_mutations=True))
    table = registry.resources["person"]
    assert not any(registry.may(table, f"resource:{deed}") for deed in ("insert", "update", "delete"))
    assert not registry.may(table.uniques[0], "constraint:resource:delete")
    assert registry.may(table, CONNECTION)


# ------------------------------------------------------------------ columns


COLUMNS = "id:int4!= name:text data:json place:point words:tsvector raw:bytea names:_text bits:varbit span:int4range"


@pytest.mark.parametrize(
    ("column", "version_4", "amber"),
    [
        ("name", (True, True), (True, True)),
        ("data", (True, True), (False, False)),
        ("place", (True, True), (True, False)),
        ("words", (False, False), (False, False)),
        ("raw", (False, False), (False, False)),
        ("names", (True, False), (False, False)),
        ("bits", (True, True), (True, False)),
        ("span", (True, False), (False, False)),
    ],
)
def test_columns_are_compared_by_their_type(
    column: str, version_4: tuple[bool, bool], amber: tuple[bool, bool]
) -> None:
    assert compared(person(COLUMNS).build(), column) == version_4
    without_indexes = replace(AMBER, ignore_indexes=True)
    assert compared(person(COLUMNS).build(without_indexes), column) == amber


def test_a_search_vector_is_not_shown_at_all() -> None:
    registry = person(COLUMNS).build()
    assert not registry.may(of_person(registry, "words"), "attribute:select")
    assert not registry.may(of_person(registry, "words"), "attribute:insert")
    assert registry.may(of_person(registry, "raw"), "attribute:select")


def test_what_postgresql_writes_alone_is_not_written() -> None:
    world = World()
    changes = {"id": {"identity": "a"}, "total": {"generated": "s"}, "number": {"identity": "d"}}
    world.table("person", "id:int4! total:int4 number:int4!", changes=changes)
    registry = world.build()
    for column, written in (("id", False), ("total", False), ("number", True)):
        assert registry.may(of_person(registry, column), "attribute:insert") is written
        assert registry.may(of_person(registry, column), "attribute:update") is written
        assert registry.may(of_person(registry, column), "attribute:select")


# ------------------------------------------------------------------ relations


def blog() -> World:
    world = person()
    world.table("post", "id:int4!= author_id:int4!")
    world.table("profile", "person_id:int4!", key="person_id")
    world.refer("post", "author_id", "person")
    world.refer("profile", "person_id", "person")
    return world


def relation(registry: Registry, table: str, target: str) -> Relation:
    [found] = [one for one in registry.resources[table].relations.values() if one.target.name == target]
    return found


def test_a_relation_is_one_row_or_many() -> None:
    registry = blog().build(replace(V4, simple_collections="both"))
    forward, backward = relation(registry, "post", "person"), relation(registry, "person", "post")
    once = relation(registry, "person", "profile")
    assert registry.may(forward, "singularRelation:resource:single")
    assert registry.may(once, "singularRelation:resource:single")
    assert registry.may(backward, "manyRelation:resource:connection")
    assert registry.may(backward, LISTS)
    assert not registry.may(once, "singularRelation:resource:list")
    assert not registry.may(forward, "nodeId:filterBy")


def test_what_no_index_helps_to_find_is_not_offered_where_indexes_count() -> None:
    registry = blog().build(AMBER)
    assert not registry.may(relation(registry, "person", "post"), "manyRelation:resource:connection")
    assert registry.may(relation(registry, "person", "profile"), "singularRelation:resource:single")
    assert registry.may(relation(registry, "post", "person"), "singularRelation:resource:single")
    assert compared(registry, "name") == (False, False)
    assert compared(registry, "id") == (True, True)


def test_an_index_of_some_rows_does_not_count_and_a_tag_does() -> None:
    world = blog()
    world.index("post", "author_id", partial=True)
    assert not world.build(AMBER).resources["post"].codec.attributes["author_id"].indexed
    world.index("post", "author_id")
    registry = world.build(AMBER)
    assert registry.may(relation(registry, "person", "post"), "manyRelation:resource:connection")
    tagged = World()
    tagged.table("person", "id:int4!= name:text", comments={"name": "@isIndexed"})
    assert compared(tagged.build(AMBER), "name") == (True, True)


def test_relay_speaks_in_node_ids() -> None:
    registry = blog().build(replace(V4, relay=True))
    post = registry.resources["post"]
    assert not registry.may(post.uniques[0], "query:resource:single")
    assert registry.may(post.uniques[0], "nodeId:resource:update")
    assert not registry.may(post.uniques[0], "constraint:resource:update")
    assert not registry.may(post.codec.attributes["id"], "attribute:select")
    assert not registry.may(post.codec.attributes["author_id"], "attribute:insert")
    assert registry.may(post.codec.attributes["id"], "attribute:insert")


# ------------------------------------------------------------------ functions


@pytest.mark.parametrize(
    ("name", "arguments", "volatility", "version_4", "amber"),
    [
        ("total", "", "s", "queryField", "queryField"),
        ("write", "", "v", "mutationField", "mutationField"),
        ("person_age", "p:person", "s", "typeField", "typeField"),
        ("age", "p:person", "s", None, "typeField"),
        ("person_grow", "p:person", "v", "mutationField", "mutationField"),
        ("pair_sum", "p:pair", "s", "typeField", "queryField typeField"),
        ("sum", "p:pair", "i", "queryField", "queryField typeField"),
    ],
)
def test_a_function_is_a_query_a_mutation_or_a_column(
    name: str, arguments: str, volatility: str, version_4: str | None, amber: str
) -> None:
    world = person()
    world.table("pair", "a:int4 b:int4", kind="c")
    world.function(name, arguments, volatility=volatility)
    for options, fields in ((V4, version_4), (AMBER, amber)):
        registry = world.build(options)
        found = [field for field in FIELDS if registry.may(registry.resources[name], field)]
        assert " ".join(found) == (fields or ""), options.preset
        computed = registry.codecs[app(arguments.partition(":")[2])].functions if arguments else {}
        assert (name in computed) is ("typeField" in (fields or ""))


def test_rows_of_a_function_are_a_connection_and_arrays_are_lists() -> None:
    world = person()
    world.array("person")
    world.function("people", returns="person", returns_set=True)
    world.function("crowd", returns="_person")
    world.function("names", returns="_text", returns_set=True)
    registry = world.build()
    people, crowd, names = (registry.resources[name] for name in ("people", "crowd", "names"))
    assert registry.may(people, "queryField:resource:connection")
    assert not registry.may(people, "queryField:resource:array")
    for listed in (crowd, names):
        assert registry.may(listed, "queryField:resource:array")
        assert not registry.may(listed, "queryField:resource:connection")


def test_what_a_function_gives_is_neither_filtered_nor_ordered_until_it_is_said() -> None:
    world = person()
    world.function("people", returns="person", returns_set=True)
    world.function("all_people", returns="person", returns_set=True, comment="@sortable\n@filterable")
    world.function("person_age", "p:person")
    world.function("person_size", "p:person", comment="@sortable\n@filterable")
    registry = world.build()
    for name, said in (("people", False), ("all_people", True)):
        assert registry.may(registry.resources[name], "resource:connection:order") is said
        assert registry.may(registry.resources[name], "queryField:resource:connection:filter") is said
    for name, said in (("person_age", False), ("person_size", True)):
        assert registry.may(registry.resources[name], "proc:orderBy") is said
        assert registry.may(registry.resources[name], "condition:proc:filterBy") is said


# ------------------------------------------------------------------ asked for by name


def test_a_tag_counts_more_than_what_is_assumed_or_wanted() -> None:
    world = World()
    world.table("person", "id:int4!= name:text", comment="@behavior +query:resource:list -insert")
    registry = world.build()
    table = registry.resources["person"]
    assert registry.may(table, LIST)
    assert not registry.may(table, "manyRelation:resource:list")
    assert not registry.may(table, "resource:insert")


def test_what_a_table_says_holds_for_its_keys_and_for_ways_to_it() -> None:
    world = World()
    world.table("person", comment="@behavior -single")
    world.table("post", "id:int4!= author_id:int4!")
    world.refer("post", "author_id", "person")
    registry = world.build()
    assert not registry.may(registry.resources["person"].uniques[0], "query:resource:single")
    assert not registry.may(relation(registry, "post", "person"), "singularRelation:resource:single")


def test_a_way_may_say_something_for_one_of_its_sides() -> None:
    world = person()
    world.table("post", "id:int4!= author_id:int4!")
    tags = "@behavior +list\n@backwardBehavior -connection\n@forwardDescription Who wrote it\n@backwardDescription All"
    world.refer("post", "author_id", "person", comment=tags)
    registry = world.build()
    forward, backward = relation(registry, "post", "person"), relation(registry, "person", "post")
    assert registry.may(backward, LISTS)
    assert not registry.may(backward, "manyRelation:resource:connection")
    assert registry.may(forward, "singularRelation:resource:list")
    assert (forward.description, backward.description) == ("Who wrote it", "All")


def test_a_behaviour_that_is_none_is_named_with_its_place() -> None:
    world = World()
    world.table("person", comment="@behavior +create")
    registry = world.build()
    with pytest.raises(Problem, match=r"@behavior on app\.person: '\+create' is no behaviour"):
        registry.may(registry.resources["person"], "resource:insert")
