"""Two things of one name: the first stays, the second is left out and said so."""

from typing import Any

from .world import World, blog, shape, warnings


def test_two_columns_of_one_name() -> None:
    world = World()
    world.table("thing", "id int4!, a_b text, ab text", comments={"ab": "@name aB"})
    schema = world.make()
    assert list(shape(schema, "Thing")) == ["nodeId", "id", "aB"]
    assert "Thing has more than one 'aB'" in warnings(schema)


def test_a_function_gives_way_to_a_mutation_of_a_table() -> None:
    world = blog()
    world.function("create_post", "title text", "int4", volatility="v")
    schema = world.make()
    assert shape(schema, "CreatePostInput") == {"clientMutationId": "String", "post": "PostInput!"}
    assert "'CreatePostPayload'" in warnings(schema)


def test_a_table_gives_way_to_a_type_of_ours() -> None:
    world = World()
    world.table("query", "id int4!")
    schema = world.make()
    assert "query" in shape(schema, "Query")
    assert "allQueries" not in shape(schema, "Query")
    assert "'Query'" in warnings(schema)


def test_a_name_that_graphql_does_not_know() -> None:
    world = World()
    world.table("thing", "id int4!", comment="@name my-thing")
    world.table("other", "id int4!, bad text", comments={"bad": "@deprecated"})
    schema = world.make()
    other: Any = schema.type_map["Other"]
    assert list(other.fields) == ["nodeId", "id", "bad"]
    assert schema.query_type is not None
