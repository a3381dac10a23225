"""Functions as queries, as fields of rows, as mutations."""

from typing import Any

from gatepost.graphql.meaning import MEANING, FunctionField, FunctionMutation, Many, ParameterArgument, Part

from .world import World, blog, meaning, shape, warnings

PAGE = "first: Int, last: Int, offset: Int, before: Cursor, after: Cursor"


def test_a_stable_function_is_a_query() -> None:
    world = World()
    world.function("add", "a int4, b int4", "int4", strict=True, defaults=1)
    world.function("now_there", "", "text[]")
    schema = world.make()
    assert shape(schema, "Query")["add"] == "(a: Int!, b: Int) Int"
    assert shape(schema, "Query")["nowThere"] == "[String]"
    call = meaning(schema, "Query.add")
    assert isinstance(call, FunctionField) and not call.computed and call.many is None
    assert meaning(schema, "Query.add.b") == ParameterArgument(1)


def test_sets_are_connections() -> None:
    world = blog()
    world.function("search", "q text", "setof post")
    world.function("numbers", "", "setof int4")
    schema = world.make(simple_collections="both")
    assert shape(schema, "Query")["search"] == f"(q: String, {PAGE}) PostsConnection"
    assert shape(schema, "Query")["searchList"] == "(q: String, first: Int, offset: Int) [Post]"
    assert shape(schema, "Query")["numbers"] == f"({PAGE}) NumbersConnection"
    assert shape(schema, "NumbersConnection")["nodes"] == "[Int]!"
    assert shape(schema, "NumbersEdge") == {"cursor": "Cursor", "node": "Int"}
    assert meaning(schema, "Query.searchList").many is Many.LIST


def test_sets_without_nulls() -> None:
    world = blog()
    world.function("search", "", "setof post")
    schema = world.make(simple_collections="both", setof_functions_contain_nulls=False)
    assert shape(schema, "Query")["searchList"] == "(first: Int, offset: Int) [Post!]"
    assert shape(schema, "PostsConnection")["nodes"] == "[Post!]!"
    assert shape(schema, "PostsEdge")["node"] == "Post!"


def test_several_out_parameters_are_a_record() -> None:
    world = World()
    world.function("bounds", "of text", "record", outs="low int4, high int4")
    schema = world.make()
    assert shape(schema, "Query")["bounds"] == "(of: String) BoundsRecord"
    assert shape(schema, "BoundsRecord") == {"low": "Int", "high": "Int"}


def test_a_function_of_a_row_is_a_field_of_it() -> None:
    world = blog()
    world.function("person_greeting", "p person, words text", "text", comment="@deprecated Say nothing.\nHello.")
    world.function("person_friends", "p person", "setof person")
    schema = world.make()
    assert shape(schema, "Person")["greeting"] == "(words: String) String"
    assert shape(schema, "Person")["friends"] == f"({PAGE}) PeopleConnection!"
    assert "personGreeting" not in shape(schema, "Query")
    call = meaning(schema, "Person.greeting")
    assert isinstance(call, FunctionField) and call.computed
    assert meaning(schema, "Person.greeting.words") == ParameterArgument(1)
    person: Any = schema.type_map["Person"]
    assert person.fields["greeting"].deprecation_reason == "Say nothing."
    assert person.fields["greeting"].description == "Hello."


def test_a_volatile_function_is_a_mutation() -> None:
    world = blog()
    world.function("publish", "id int4, at date", "post", volatility="v")
    world.function("purge", "", "void", volatility="v")
    world.function("numbers", "", "setof int4", volatility="v")
    schema = world.make(disable_default_mutations=True)
    assert shape(schema, "Mutation") == {
        "publish": "(input: PublishInput!) PublishPayload",
        "purge": "(input: PurgeInput!) PurgePayload",
        "numbers": "(input: NumbersInput!) NumbersPayload",
    }
    assert shape(schema, "PublishInput") == {"clientMutationId": "String", "id": "Int", "at": "Date"}
    assert shape(schema, "PublishPayload") == {
        "clientMutationId": "String",
        "post": "Post",
        "query": "Query",
        "postEdge": "(orderBy: [PostsOrderBy!]!) PostsEdge",
        "personByAuthorId": "Person",
    }
    assert shape(schema, "PurgePayload") == {"clientMutationId": "String", "query": "Query"}
    assert shape(schema, "NumbersPayload")["integers"] == "[Int]"
    assert isinstance(meaning(schema, "Mutation.publish"), FunctionMutation)
    assert meaning(schema, "PublishPayload.post") is Part.PAYLOAD_RESULT
    taken: Any = schema.type_map["PublishInput"]
    assert taken.fields["at"].extensions[MEANING] == ParameterArgument(1)


def test_rows_as_arguments() -> None:
    world = blog()
    world.function("merge", "into_ person, others person[]", "person", volatility="v")
    schema = world.make()
    assert shape(schema, "MergeInput") == {
        "clientMutationId": "String",
        "into_": "PersonInput",
        "others": "[PersonInput]",
    }


def test_variants_of_a_row_as_argument() -> None:
    world = blog()
    world.function(
        "merge",
        "a person, b person, c person",
        "int4",
        "v",
        comment="@arg0variant patch\n@arg1variant base\n@arg2variant nodeId",
    )
    schema = world.make()
    assert shape(schema, "MergeInput") == {
        "clientMutationId": "String",
        "a": "PersonPatch",
        "b": "PersonBaseInput",
        "c": "ID",
    }
    taken: Any = schema.type_map["MergeInput"]
    given = taken.fields["c"].extensions[MEANING]
    assert given.index == 2 and given.node.name == "person"


def test_node_ids_where_they_are_preferred() -> None:
    world = blog()
    world.function("person_likes", "p person, other person", "bool")
    assert shape(world.make(functions_prefer_node_id=True), "Person")["likes"] == "(other: ID) Boolean"


def test_a_function_whose_argument_has_no_type_is_left_out() -> None:
    world = World()
    world.table("token", "id int4!", comment="@omit")
    world.function("odd", "nothing void", "int4")
    world.function("fine", "", "int4")
    schema = world.make()
    assert "odd" not in shape(schema, "Query") and "fine" in shape(schema, "Query")
    assert "'nothing' of app.odd" in warnings(schema)


def test_a_token_is_a_string() -> None:
    world = World()
    world.composite("jwt_token", "role text, exp int8")
    world.function("sign_in", "name text", "jwt_token", volatility="v")
    schema = world.make(jwt_type="app.jwt_token", jwt_secret="secret")
    assert shape(schema, "SignInPayload")["jwtToken"] == "JwtToken"
    assert schema.type_map["JwtToken"].extensions[MEANING].codec.id.name == "jwt_token"
    assert "jwtToken" not in shape(world.make(jwt_type="app.jwt_token"), "SignInPayload")
