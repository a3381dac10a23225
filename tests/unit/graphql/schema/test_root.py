"""Query, Mutation and Subscription."""

import inspect
import sys
from typing import Any

from graphql import get_introspection_query, graphql_sync

from gatepost.graphql.meaning import (
    AllRows,
    Argument,
    AttributeField,
    ByNodeId,
    ByUnique,
    EventNode,
    Many,
    Ordering,
    Part,
    Subscribe,
)

from .world import World, blog, meaning, shape, values


def test_the_root_gives_itself_rows_by_key_by_node_id_and_all_rows() -> None:
    schema = blog().make()
    page = "(first: Int, last: Int, offset: Int, before: Cursor, after: Cursor, condition: {0}, orderBy: {1})"
    assert shape(schema, "Query") == {
        "query": "Query!",
        "nodeId": "ID!",
        "node": "(nodeId: ID!) Node",
        "personById": "(id: Int!) Person",
        "personByEmail": "(email: String!) Person",
        "postById": "(id: Int!) Post",
        "person": "(nodeId: ID!) Person",
        "post": "(nodeId: ID!) Post",
        "allPeople": f"{page.format('PersonCondition', '[PeopleOrderBy!]')} PeopleConnection",
        "allPosts": f"{page.format('PostCondition', '[PostsOrderBy!]')} PostsConnection",
    }


def test_what_its_fields_stand_for() -> None:
    schema = blog().make()
    assert meaning(schema, "Query.query") is Part.QUERY
    assert meaning(schema, "Query.nodeId") is Part.QUERY_NODE_ID
    assert meaning(schema, "Query.node") is Part.NODE_BY_ID
    assert meaning(schema, "Query.node.nodeId") is Argument.NODE_ID
    every = meaning(schema, "Query.allPeople")
    assert isinstance(every, AllRows) and every.many is Many.CONNECTION
    by_email = meaning(schema, "Query.personByEmail")
    assert isinstance(by_email, ByUnique) and by_email.unique.attributes == ("email",)
    email = meaning(schema, "Query.personByEmail.email")
    assert isinstance(email, AttributeField) and email.attribute.name == "email"
    assert meaning(schema, "Query.person") == ByNodeId(every.resource)
    assert meaning(schema, "Query.allPeople.first") is Argument.FIRST
    assert meaning(schema, "Query.allPeople.condition") is Argument.CONDITION


def test_rows_are_ordered_by_their_primary_key_unless_said_otherwise() -> None:
    world = blog()
    world.table("log", "line text", key=None)
    schema = world.make()
    answer = graphql_sync(schema, get_introspection_query(input_value_deprecation=True)).data
    assert answer
    query = next(kind for kind in answer["__schema"]["types"] if kind["name"] == "Query")
    defaults = {
        field["name"]: argument["defaultValue"]
        for field in query["fields"]
        for argument in field["args"]
        if argument["name"] == "orderBy"
    }
    assert defaults == {"allPeople": "[PRIMARY_KEY_ASC]", "allPosts": "[PRIMARY_KEY_ASC]", "allLogs": "[NATURAL]"}


def test_orders_say_by_what() -> None:
    schema = blog().make()
    assert values(schema, "PostsOrderBy") == [
        "NATURAL",
        "PRIMARY_KEY_ASC",
        "PRIMARY_KEY_DESC",
        "ID_ASC",
        "ID_DESC",
        "AUTHOR_ID_ASC",
        "AUTHOR_ID_DESC",
        "TITLE_ASC",
        "TITLE_DESC",
    ]
    orders: Any = schema.type_map["PeopleOrderBy"]
    by: dict[str, Ordering] = {name: value.value for name, value in orders.values.items()}
    assert by["NATURAL"].terms == ()
    assert [(term.by.name, term.descending) for term in by["PRIMARY_KEY_DESC"].terms] == [("id", True)]
    assert [(term.by.name, term.descending) for term in by["EMAIL_ASC"].terms] == [("email", False)]


def test_a_key_of_several_columns_is_an_order_of_several_terms() -> None:
    world = World()
    world.table("seat", "row int4!, number int4!", key="row number")
    orders: Any = world.make().type_map["SeatsOrderBy"]
    assert [term.by.name for term in orders.values["PRIMARY_KEY_ASC"].value.terms] == ["row", "number"]


def test_lists_connections_or_both() -> None:
    both = shape(blog().make(simple_collections="both"), "Query")
    assert both["allPeopleList"] == (
        "(first: Int, offset: Int, condition: PersonCondition, orderBy: [PeopleOrderBy!]) [Person!]"
    )
    assert "allPeople" in both
    only = shape(blog().make(simple_collections="only"), "Query")
    assert "allPeopleList" in only and "allPeople" not in only
    assert "postsByAuthorIdList" in shape(blog().make(simple_collections="only"), "Person")


def test_without_nodes() -> None:
    schema = blog().make(skip_plugins=frozenset({"NodePlugin"}))
    assert "Node" not in schema.type_map
    assert list(shape(schema, "Query"))[:2] == ["query", "personById"]
    assert "nodeId" not in shape(schema, "Person")
    assert "deletePerson" not in shape(schema, "Mutation")


def test_classic_ids() -> None:
    schema = blog().make(classic_ids=True)
    assert list(shape(schema, "Person"))[:2] == ["id", "rowId"]
    assert shape(schema, "Query")["person"] == "(id: ID!) Person"


def test_nothing_to_change_is_no_mutation() -> None:
    assert blog().make(disable_default_mutations=True).mutation_type is None
    assert blog().make(skip_plugins=frozenset({"MutationPlugin"})).mutation_type is None


def test_topics_of_everybody() -> None:
    assert blog().make().subscription_type is None
    schema = blog().make(simple_subscriptions=True)
    assert shape(schema, "Subscription") == {"listen": "(topic: String!, initialEvent: Boolean!) ListenPayload"}
    assert shape(schema, "ListenPayload") == {"event": "String", "relatedNode": "Node", "relatedNodeId": "ID"}
    assert meaning(schema, "Subscription.listen") == Subscribe("listen")
    assert meaning(schema, "ListenPayload.relatedNode") is EventNode.ROW


def test_a_small_schema_explains_nothing() -> None:
    world = World()
    world.table("thing", "id int4!, old text", comments={"id": "Its number.", "old": "@deprecated Use new."})
    thing: Any = world.make(minify=True).type_map["Thing"]
    assert list(thing.fields) == ["nodeId", "id"]
    assert thing.fields["id"].description is None


def test_tables_refer_to_each_other_as_deep_as_they_like() -> None:
    world = World()
    for number in range(100):
        world.table(f"t{number}", "id int4!, next int4")
    for number in range(99):
        world.refers(f"t{number}", "next", f"t{number + 1}")
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 80)
    try:
        schema = world.make(skip_plugins=frozenset({"NodePlugin"}), disable_default_mutations=True)
    finally:
        sys.setrecursionlimit(usual)
    assert shape(schema, "T98")["t99ByNext"] == "T99"


def test_a_table_without_a_key_has_no_row_by_it_and_no_node_id() -> None:
    world = World()
    world.table("log", "line text", key=None)
    schema = world.make()
    assert list(shape(schema, "Query")) == ["query", "nodeId", "node", "allLogs"]
