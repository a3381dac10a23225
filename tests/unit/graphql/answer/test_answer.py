"""Errors as GraphQL responses carry them."""

import json
import time

import pytest
from graphql import GraphQLError, Source, parse

from gatepost.graphql.answer import refused, refused_for
from gatepost.problem import Problem


def test_a_request_that_is_refused_has_errors_and_no_data():
    document = parse(Source("{ a }"))
    answer = refused([GraphQLError("No", [*document.definitions])])
    assert answer.executed is False
    assert json.loads(answer.body) == {
        "errors": [{"message": "No", "locations": [{"line": 1, "column": 1}], "extensions": {}}]
    }
    assert json.loads(answer.body)["errors"] == list(answer.errors)


def test_a_problem_has_its_status_and_what_to_do():
    answer = refused_for(Problem("x", 503, "Not now", "secret detail", "Later"))
    assert json.loads(answer.body) == {
        "errors": [{"message": "Not now", "extensions": {"statusCode": 503, "hint": "Later"}}]
    }


def test_names_are_quoted_as_in_javascript():
    told = {
        "Cannot query field 'nam' on type 'Person'. Did you mean 'name' or 'same'?": (
            'Cannot query field "nam" on type "Person". Did you mean "name" or "same"?'
        ),
        "Syntax Error: Expected Name, found '}'.": 'Syntax Error: Expected Name, found "}".',
        "String cannot represent a non string value: True": "String cannot represent a non string value: true",
        "Variable '$a' got invalid value None": 'Variable "$a" got invalid value None',
        "Int cannot represent non-integer value: None": "Int cannot represent non-integer value: null",
        """Variable '$a' got invalid value '{"b": 1}'; Expected type 'JSON'.""": (
            'Variable "$a" got invalid value "{\\"b\\": 1}"; Expected type "JSON".'
        ),
        r"""Variable '$a' got invalid value 'both \' and "'; Expected 'B'.""": (
            'Variable "$a" got invalid value "both \' and \\""; Expected "B".'
        ),
        "Only texts can be parsed (kind='IntValue')": "Only texts can be parsed (kind='IntValue')",
        r"""Variable '$a' got invalid value '\'""": "Variable \"$a\" got invalid value '\\'",
        """Variable '$a' got invalid value "it's"; Expected 'B'.""": (
            'Variable "$a" got invalid value "it\'s"; Expected "B".'
        ),
    }
    for python, javascript in told.items():
        assert refused([GraphQLError(python)]).errors[0]["message"] == javascript


@pytest.mark.parametrize("quote", ["'", '"'])
def test_quotes_that_a_stranger_leaves_open_cost_nothing(quote: str):
    """A block string stands in the message as written; looking for an end from each of its quotes took minutes."""
    message = f"Int cannot represent non-integer value: {quote}" + f"\\{quote}" * 10_000
    begun = time.thread_time()
    assert refused([GraphQLError(message)]).errors[0]["message"] == message
    assert time.thread_time() - begun < 1
