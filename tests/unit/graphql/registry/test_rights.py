"""Rights: what nobody of the API may do is not shown."""

from dataclasses import replace

from gatepost.catalog.anatomy import RelationRights, Rights
from gatepost.graphql.registry.model import Registry

from .world import V4, World

LOOKED_AT = replace(V4, ignore_rbac=False)


def granted(letters: str, columns: dict[int, str] | None = None, everything: bool = False) -> Registry:
    world = World()
    oid = world.table("person", "id:int4!= name:text secret:text")
    world.table("post", "id:int4!= author_id:int4")
    world.refer("post", "author_id", "person")
    world.function("open")
    world.function("closed")
    rights = RelationRights(oid, letters, columns or {})
    world.rights = Rights(everything, (rights,), frozenset([world.procedures[0].oid]))
    return world.build(LOOKED_AT)


def test_a_relation_nobody_may_read_is_not_shown() -> None:
    registry = granted("a")
    person = registry.resources["person"]
    assert not registry.may(person, "query:resource:connection")
    assert not registry.may(person.uniques[0], "query:resource:single")
    assert registry.may(person, "resource:insert")
    assert not registry.may(person, "resource:update")
    [way] = registry.resources["post"].relations.values()
    assert not registry.may(way, "singularRelation:resource:single")


def test_what_may_be_done_with_some_columns_may_be_done() -> None:
    registry = granted("d", {1: "r", 2: "raw"})
    person = registry.resources["person"]
    assert registry.may(person, "query:resource:connection")
    assert registry.may(person, "resource:update")
    assert registry.may(person, "resource:delete")
    columns = person.codec.attributes
    assert [registry.may(columns[name], "attribute:select") for name in columns] == [True, True, False]
    assert [registry.may(columns[name], "attribute:insert") for name in columns] == [False, True, False]
    assert not registry.may(columns["secret"], "attribute:orderBy")


def test_columns_nobody_may_read_are_shown_where_only_functions_give_them() -> None:
    registry = granted("")
    columns = registry.resources["person"].codec.attributes
    assert all(registry.may(column, "attribute:select") for column in columns.values())


def test_a_function_nobody_may_call_is_not_shown() -> None:
    registry = granted("rawd")
    assert registry.may(registry.resources["open"], "queryField")
    assert not registry.may(registry.resources["closed"], "queryField")


def test_a_superuser_may_do_everything() -> None:
    registry = granted("", everything=True)
    assert registry.may(registry.resources["person"], "resource:delete")
    assert registry.may(registry.resources["closed"], "queryField")


def test_rights_are_not_looked_at_unless_that_is_asked_for() -> None:
    world = World()
    world.table("person")
    world.rights = Rights()
    assert world.build(V4).resources["person"].can_select
    assert not world.build(LOOKED_AT).resources["person"].can_select
