"""What an operation costs, and how large its pages are: known before anything runs."""

from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
)

from gatepost.graphql.documents import Limits, price
from gatepost.graphql.documents.limits import UNBOUNDED
from gatepost.graphql.meaning import MEANING, Argument

PAGES = {
    name: GraphQLArgument(GraphQLInt, extensions={MEANING: meaning})
    for name, meaning in (("first", Argument.FIRST), ("last", Argument.LAST))
}
PERSON = GraphQLObjectType(
    "Person",
    lambda: {
        "id": GraphQLField(GraphQLID),
        "friend": GraphQLField(PERSON),
        "friends": GraphQLField(GraphQLList(PERSON), PAGES),
        "ranked": GraphQLField(GraphQLList(PERSON), {"first": GraphQLArgument(GraphQLInt)}),
    },
)
SCHEMA = GraphQLSchema(
    GraphQLObjectType("Query", {"person": GraphQLField(PERSON), "people": GraphQLField(GraphQLList(PERSON), PAGES)})
)


def told(text: str, limits: Limits, **variables: Any) -> list[str]:
    document = parse(text)
    operation = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    priced = price(SCHEMA, document, operation, limits)
    first, again = priced.check(variables), priced.check(variables)
    assert first == again
    return [error.message for error in first]


def cost(text: str, **variables: Any) -> int:
    [message] = told(text, Limits(cost=1), **variables)
    assert message.endswith("; at most 1 are allowed (graphql.max_cost)")
    return int(message.split(";")[0].removeprefix("The operation costs "))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{ person { id } }", 2),
        ("{ a: person { id } b: person { id } }", 4),
        ("{ people(first: 5) { id } }", 1 + 5 * 1),
        ("{ people(last: 5) { id friend { id } } }", 1 + 5 * 3),
        ("{ people { id } }", 1 + UNBOUNDED),
        ("{ people(first: null) { id } }", 1 + UNBOUNDED),
        ("{ people(first: 3, last: 2) { id } }", 1 + 2),
        ("{ people(first: 10) { friends(first: 10) { friends(first: 10) { id } } } }", 1 + 10 * (1 + 10 * (1 + 10))),
        ("{ people(first: 4) { ...F } } fragment F on Person { id friends(first: 2) { id } }", 1 + 4 * (1 + 1 + 2)),
        ("{ people(first: 4) { ... on Person { id } ... { friend { id } } } }", 1 + 4 * 3),
        ("{ people(first: -5) { id } person { id } }", 3),
        ("{ person { ranked(first: 500) { id } } }", 3),
    ],
)
def test_fields_count_as_often_as_their_pages_can_hold_them(text: str, found: int):
    assert cost(text) == found


def test_lists_without_a_bound_count_as_what_the_settings_say():
    text = "{ people { friends { id } } }"
    [message] = told(text, Limits(cost=1, unbounded=1000))
    assert message.startswith("The operation costs 1001001;")
    assert told(text, Limits(cost=200)) == []


def test_pages_may_come_with_variables():
    text = "query ($n: Int = 7) { people(first: $n) { id } }"
    assert (cost(text, n=3), cost(text), cost(text, n=None), cost(text, n="3")) == (4, 8, 11, 11)


def test_nested_fragments_are_counted_in_no_more_time_than_they_are_long():
    parts = [
        f"fragment F{i} on Person {{ a: friend {{ ...F{i + 1} }} b: friend {{ ...F{i + 1} }} }}" for i in range(200)
    ]
    text = "{ person { ...F0 } } " + " ".join(parts) + " fragment F200 on Person { id }"
    assert cost(text) > 2**200


def test_a_page_is_no_larger_than_the_limit():
    limits = Limits(page=100)
    assert told("{ people(first: 100) { id } }", limits) == []
    assert told("{ people(first: 101) { id } }", limits) == [
        "first asks for 101 rows at once; at most 100 are allowed (graphql.max_page_size)"
    ]
    assert told("query ($n: Int) { people(last: $n) { id } }", limits, n=5000) == [
        "last asks for 5000 rows at once; at most 100 are allowed (graphql.max_page_size)"
    ]


def test_a_variables_own_default_is_a_page_too():
    assert len(told("query ($n: Int = 5000) { people(first: $n) { id } }", Limits(page=100))) == 1


def test_pages_within_fragments_are_seen():
    text = "{ person { ...F } } fragment F on Person { friends(first: 999) { id } }"
    assert len(told(text, Limits(page=100))) == 1


def test_an_argument_of_that_name_that_is_no_page_is_let_be():
    assert told("{ person { ranked(first: 5000) { id } } }", Limits(page=100)) == []


def test_without_limits_nothing_is_counted():
    assert told("{ people(first: 100000) { friends { id } } }", Limits()) == []
