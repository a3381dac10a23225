"""Inputs: new rows, patches, conditions, values of composite types."""

from typing import Any

from graphql import parse, validate

from gatepost.graphql.meaning import MEANING, AttributeField, ComputedCondition, NodeIdCondition

from .world import World, blog, shape


def test_a_new_row_needs_what_has_no_default() -> None:
    assert shape(blog().make(), "PostInput") == {
        "id": "Int",
        "authorId": "Int!",
        "title": "String",
        "tags": "[String]",
    }


def test_a_patch_and_a_condition_need_nothing() -> None:
    schema = blog().make()
    assert shape(schema, "PostPatch") == {"id": "Int", "authorId": "Int", "title": "String", "tags": "[String]"}
    assert shape(schema, "PostCondition") == {"id": "Int", "authorId": "Int", "title": "String", "tags": "[String]"}


def test_members_say_what_they_fill() -> None:
    schema = blog().make()
    post: Any = schema.type_map["PostInput"]
    author = post.fields["authorId"].extensions[MEANING]
    assert isinstance(author, AttributeField) and author.attribute.name == "author_id"


def test_values_of_composite_types_come_in_as_they_go_out() -> None:
    world = World()
    world.composite("point3", "x int4, y int4, z int4")
    world.range("span", "date")
    world.table("thing", "id int4!, at point3!, path point3[], during span, place point, wait interval")
    schema = world.make()
    assert shape(schema, "ThingInput") == {
        "id": "Int!",
        "at": "Point3Input!",
        "path": "[Point3Input]",
        "during": "DateRangeInput",
        "place": "PointInput",
        "wait": "IntervalInput",
    }
    assert shape(schema, "Point3Input") == {"x": "Int", "y": "Int", "z": "Int"}
    assert shape(schema, "DateRangeInput") == {"start": "DateRangeBoundInput", "end": "DateRangeBoundInput"}
    assert shape(schema, "DateRangeBoundInput") == {"value": "Date!", "inclusive": "Boolean!"}
    assert shape(schema, "PointInput") == {"x": "Float!", "y": "Float!"}


def test_a_type_may_hold_lists_of_itself() -> None:
    world = World()
    world.table("person", "id int4!, name text")
    world.composite("branch", "name text, leaves person[]")
    world.table("tree", "id int4!, root branch")
    schema = world.make()
    assert shape(schema, "BranchInput") == {"name": "String", "leaves": "[PersonInput]"}


def test_columns_that_only_postgresql_writes_do_not_come_in() -> None:
    world = World()
    world.table("thing", "id int4!, name text", comments={"name": "@omit create,update"})
    schema = world.make()
    assert "ThingPatch" in schema.type_map
    assert "name" not in shape(schema, "ThingInput")


def test_a_table_that_takes_no_value_takes_none() -> None:
    world = World()
    world.table("thing", "id int4!=", comments={"id": "@omit create,update"})
    schema = world.make()
    assert "ThingInput" not in schema.type_map
    assert shape(schema, "CreateThingInput") == {"clientMutationId": "String"}
    assert "updateThingById" not in shape(schema, "Mutation")
    assert "deleteThingById" in shape(schema, "Mutation")


def test_a_condition_on_what_is_computed() -> None:
    world = blog()
    world.function("person_age", "p person", "int4", comment="@filterable\n@sortable")
    schema = world.make()
    assert shape(schema, "PersonCondition")["age"] == "Int"
    condition: Any = schema.type_map["PersonCondition"]
    assert isinstance(condition.fields["age"].extensions[MEANING], ComputedCondition)
    orders: Any = schema.type_map["PeopleOrderBy"]
    assert {"AGE_ASC", "AGE_DESC"} <= set(orders.values)


def test_relay_tells_rows_by_their_node_ids() -> None:
    schema = blog().make(relay=True, payload_relations=False, functions_prefer_node_id=True)
    assert shape(schema, "PostInput") == {
        "rowId": "Int",
        "title": "String",
        "tags": "[String]",
        "personByAuthorId": "ID!",
    }
    assert shape(schema, "PostPatch")["personByAuthorId"] == "ID"
    assert shape(schema, "PostCondition")["personByAuthorId"] == "ID"
    post: Any = schema.type_map["PostInput"]
    key = post.fields["personByAuthorId"].extensions[MEANING]
    assert isinstance(key, NodeIdCondition)
    assert key.resource.name == "person" and key.relation and key.relation.pairs == (("author_id", "id"),)


def test_a_document_is_checked_against_them() -> None:
    schema = blog().make()
    good = parse("{ allPosts(condition: {authorId: null, tags: []}, orderBy: [TITLE_DESC, ID_ASC]) { totalCount } }")
    bad = parse("{ allPosts(condition: {writer: 1}) { totalCount } }")
    assert validate(schema, good) == []
    assert [error.message for error in validate(schema, bad)] == [
        "Field 'writer' is not defined by type 'PostCondition'."
    ]
