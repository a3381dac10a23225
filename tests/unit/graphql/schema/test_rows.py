"""Object types: what a row has."""

from typing import Any

from graphql import GraphQLInterfaceType

from gatepost.graphql.meaning import MEANING, AttributeField, Many, NodeIdField, Part, RelationField, Rows

from .world import World, blog, meaning, shape, values, warnings


def test_a_row_has_its_node_id_its_columns_and_the_rows_it_is_related_to() -> None:
    schema = blog().make()
    page = "(first: Int, last: Int, offset: Int, before: Cursor, after: Cursor, condition: {0}, orderBy: {1})"
    assert shape(schema, "Post") == {
        "nodeId": "ID!",
        "id": "Int!",
        "authorId": "Int!",
        "title": "String!",
        "tags": "[String]",
        "personByAuthorId": "Person",
    }
    assert shape(schema, "Person")["postsByAuthorId"] == (
        f"{page.format('PostCondition', '[PostsOrderBy!]')} PostsConnection!"
    )
    assert schema.type_map["Post"].description == "What somebody wrote."


def test_rows_with_a_node_id_are_nodes() -> None:
    world = blog()
    world.table("log", "line text", key=None)
    schema = world.make()
    node = schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    assert {kind.name for kind in schema.get_possible_types(node)} == {"Query", "Person", "Post"}
    assert shape(schema, "Log") == {"line": "String"}


def test_every_field_says_what_it_stands_for() -> None:
    schema = blog().make()
    person: Any = schema.type_map["Person"]
    rows = person.extensions[MEANING]
    assert isinstance(rows, Rows) and rows.resource
    assert rows.codec is rows.resource.codec
    email = meaning(schema, "Person.email")
    assert isinstance(email, AttributeField) and email.attribute.name == "email"
    assert meaning(schema, "Person.nodeId") == NodeIdField(rows.resource)
    posts = meaning(schema, "Person.postsByAuthorId")
    assert isinstance(posts, RelationField) and posts.many is Many.CONNECTION
    author = meaning(schema, "Post.personByAuthorId")
    assert isinstance(author, RelationField) and author.many is None


def test_a_connection_has_nodes_edges_a_page_and_a_count() -> None:
    schema = blog().make()
    assert shape(schema, "PostsConnection") == {
        "nodes": "[Post]!",
        "edges": "[PostsEdge]!",
        "pageInfo": "PageInfo!",
        "totalCount": "Int!",
    }
    assert shape(schema, "PostsEdge") == {"cursor": "Cursor", "node": "Post"}
    assert shape(schema, "PageInfo") == {
        "hasNextPage": "Boolean!",
        "hasPreviousPage": "Boolean!",
        "startCursor": "Cursor",
        "endCursor": "Cursor",
    }
    assert meaning(schema, "PostsConnection.totalCount") is Part.TOTAL_COUNT
    assert meaning(schema, "PostsEdge.cursor") is Part.EDGE_CURSOR


def test_at_most_one_row_that_refers_to_it_is_no_list() -> None:
    world = World()
    world.table("person", "id int4!")
    world.table("secret", "person_id int4!, secret text", key="person_id")
    world.refers("secret", "person_id", "person")
    schema = world.make()
    assert shape(schema, "Person")["secretByPersonId"] == "Secret"
    assert shape(schema, "Secret")["personByPersonId"] == "Person"


def test_a_relation_that_somebody_says_is_never_null_is_not() -> None:
    world = World()
    world.table("person", "id int4!")
    world.table("post", "id int4!, author_id int4")
    world.refers("post", "author_id", "person", comment="@notNull\n@deprecated Write alone.\nWho wrote it.")
    field: Any = world.make().type_map["Post"]
    assert str(field.fields["personByAuthorId"].type) == "Person!"
    assert field.fields["personByAuthorId"].deprecation_reason == "Write alone."
    assert field.fields["personByAuthorId"].description == "Who wrote it."


def test_types_of_columns() -> None:
    world = World()
    world.enum("mood", "happy", "not so", "")
    world.domain("email", "text", comment="Where mails go.")
    world.domain("sure", "int4", not_null=True)
    world.range("span", "int8")
    world.domain("moment", "interval")
    world.composite("place", "street text, at point")
    world.table(
        "thing",
        "id int4!, mood mood, email email, sure sure, sures sure[], span span, stay moment, place place, "
        "places place[], data jsonb, key uuid, big int8, price numeric, since timestamptz, day date, raw bytea, "
        "net cidr, host inet",
    )
    assert shape(world.make(), "Thing") == {
        "nodeId": "ID!",
        "id": "Int!",
        "mood": "Mood",
        "email": "Email",
        "sure": "Sure!",
        "sures": "[Sure!]",
        "span": "BigIntRange",
        "stay": "Moment",
        "place": "Place",
        "places": "[Place]",
        "data": "JSON",
        "key": "UUID",
        "big": "BigInt",
        "price": "BigFloat",
        "since": "Datetime",
        "day": "Date",
        "raw": "Base64EncodedBinary",
        "net": "String",
        "host": "InternetAddress",
    }
    schema = world.make(network_scalars=True)
    assert shape(schema, "Thing")["net"] == "CidrAddress"
    assert values(schema, "Mood") == ["HAPPY", "NOT_SO", "_EMPTY_"]
    mood: Any = schema.type_map["Mood"]
    assert [value.value for value in mood.values.values()] == ["happy", "not so", ""]
    assert schema.type_map["Email"].description == "Where mails go."
    assert shape(schema, "BigIntRange") == {"start": "BigIntRangeBound", "end": "BigIntRangeBound"}
    assert shape(schema, "BigIntRangeBound") == {"value": "BigInt!", "inclusive": "Boolean!"}
    assert shape(schema, "Moment")["seconds"] == "Float"
    assert shape(schema, "Place") == {"street": "String", "at": "Point"}


def test_a_domain_around_rows_or_arrays_is_those() -> None:
    world = World()
    world.composite("line", "text text")
    world.domain("sure_line", "line", not_null=True)
    world.domain("lines", "sure_line[]")
    world.table("page", "id int4!, first sure_line, lines lines")
    schema = world.make()
    assert shape(schema, "Page")["first"] == "SureLine!"
    assert shape(schema, "Page")["lines"] == "[SureLine!]"
    assert shape(schema, "SureLine") == {"text": "String"}


def test_what_has_no_type_is_left_out() -> None:
    world = World()
    world.table("thing", "id int4!, odd record")
    schema = world.make()
    assert list(shape(schema, "Thing")) == ["nodeId", "id"]
    assert "record" in warnings(schema)


def test_an_enum_without_values_is_none() -> None:
    world = World()
    world.enum("nothing")
    world.table("thing", "id int4!, nothing nothing")
    assert list(shape(world.make(), "Thing")) == ["nodeId", "id"]


def test_a_deprecated_column_says_so() -> None:
    world = World()
    world.table(
        "thing", "id int4!, old text, older text", comments={"old": "@deprecated Use new.", "older": "@deprecated"}
    )
    thing: Any = world.make().type_map["Thing"]
    assert thing.fields["old"].deprecation_reason == "Use new."
    assert thing.fields["older"].deprecation_reason == "true"
