"""A document is read within limits: whatever is sent, the answer is an error of GraphQL's, and comes soon."""

import time
from collections.abc import Callable

import pytest
from graphql import GraphQLError, build_schema, get_introspection_query

from gatepost.graphql.documents import Limits, read
from gatepost.graphql.documents.limits import DEPTH, FRAGMENTS, SCHEMA_FIELDS
from gatepost.graphql.documents.reading import Invalid, plain

SCHEMA = build_schema("""
type Query { person: Person people: [Person!] node(id: ID!): Node fields: Query }
interface Node { id: ID }
type Person implements Node { id: ID friend: Person friends: [Person!] name(upper: Boolean): String }
""")
OPEN = Limits(tokens=0)


def errors(text: str, limits: Limits = OPEN) -> list[str]:
    try:
        read(SCHEMA, text, limits)
    except Invalid as invalid:
        return [error.message for error in invalid.errors]
    return []


def test_a_valid_document_is_read():
    assert len(read(SCHEMA, "{ person { id } }", OPEN).definitions) == 1


def test_what_is_wrong_is_told_with_its_place():
    with pytest.raises(Invalid) as invalid:
        read(SCHEMA, "{ person { nam } }", OPEN)
    [error] = invalid.value.errors
    assert error.message == "Cannot query field 'nam' on type 'Person'. Did you mean 'name'?"
    assert [(place.line, place.column) for place in error.locations or ()] == [(1, 12)]


def test_without_introspection_nothing_is_suggested_and_the_schema_is_not_told():
    closed = Limits(introspection=False)
    assert errors("{ person { nam } }", closed) == ["Cannot query field 'nam' on type 'Person'."]
    for asked in (
        "{ __schema { types { name } } }",
        '{ a: __type(name: "Person") { name } }',
        "{ ...F } fragment F on Query { __schema { description } }",
    ):
        assert errors(asked, closed) == ["The schema cannot be asked for (graphql.introspection)"]
    assert errors("{ __typename person { __typename } }", closed) == []


# ------------------------------------------------------------------ limits that are settings


def test_hints_that_a_stranger_writes_himself_cost_nothing():
    error = GraphQLError("Int cannot represent " + " Did you mean " * 20_000)
    begun = time.thread_time()
    assert plain(error).message == error.message
    assert time.thread_time() - begun < 1


def test_depth_counts_fields_through_fragments():
    text = "{ person { ...F } } fragment F on Person { friend { friend { id } } }"
    assert errors(text, Limits(depth=4)) == []
    assert errors(text, Limits(depth=3)) == [
        "The operation is 4 levels deep; at most 3 are allowed (graphql.max_depth)"
    ]


def test_asking_for_the_schema_is_not_depth():
    assert errors(get_introspection_query(), Limits(depth=2)) == []


def test_roots_count_aliases_and_fragments():
    text = "{ a: person { id } b: person { id } ...F } fragment F on Query { c: person { id } }"
    assert errors(text, Limits(roots=3)) == []
    assert errors(text, Limits(roots=2)) == [
        "The operation has 3 fields at its root; at most 2 are allowed (graphql.max_root_fields)"
    ]


def test_length_and_tokens():
    assert errors("{ person { id } }", Limits(length=16)) == [
        "The document has 17 characters; at most 16 are allowed (graphql.max_document_length)"
    ]
    [message] = errors("{ person { id } }", Limits(tokens=5))
    assert message == "The document has too many tokens; at most 5 are allowed (graphql.max_tokens)"


def test_every_operation_of_a_document_is_measured():
    text = "query A { person { id } } query B { person { friend { id } } }"
    assert len(errors(text, Limits(depth=2))) == 1


# ------------------------------------------------------------------ what no setting allows


def nested(levels: int) -> str:
    return "{ person " + "{ friend " * levels + "{ id }" + " }" * levels + " }"


def doubling(levels: int) -> str:
    """Each fragment spreads the next one twice, below two names."""
    parts = [
        f"fragment F{i} on Person {{ a: friend {{ ...F{i + 1} }} b: friend {{ ...F{i + 1} }} }}" for i in range(levels)
    ]
    return "{ person { ...F0 } } " + " ".join(parts) + f" fragment F{levels} on Person {{ id }}"


def chained(count: int) -> str:
    parts = [f"fragment F{i} on Person {{ ...F{i + 1} }}" for i in range(count)]
    return "{ person { ...F0 } } " + " ".join(parts) + f" fragment F{count} on Person {{ id }}"


def looping(levels: int) -> str:
    return (
        "{ __schema { types { fields { type " + "{ fields { type " * levels + "{ name }" + " } }" * levels + " } } } }"
    )


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: nested(DEPTH + 1), "levels deep"),
        (lambda: nested(5000), "nested too deeply"),
        (lambda: "{ node(id: " + "[" * 5000 + "]" * 5000 + ") { id } }", "nested too deeply"),
        (lambda: doubling(30), "fields"),
        (lambda: doubling(13), "fields"),
        (lambda: chained(FRAGMENTS + 1), "fragments"),
        (lambda: "{ " + "person { id } " * 400 + "}", "pairs of fields with one name"),
        (lambda: "{ person { " + "id " * 5000 + "} }", "pairs of fields with one name"),
        (
            lambda: (
                "{ person { "
                + " ".join(f"...F{i}" for i in range(300))
                + " } } "
                + " ".join(f"fragment F{i} on Person {{ id }}" for i in range(300))
            ),
            "pairs of fields with one name",
        ),
        (lambda: looping(4), "types within types"),
    ],
)
def test_bombs_are_refused_at_once(make: Callable[[], str], says: str):
    text = make()
    began = time.process_time()
    found = errors(text)
    assert len(found) == 1
    assert says in found[0]
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "text",
    [
        "fragment A on Person { ...A } { person { ...A } }",
        "fragment A on Person { friend { ...B } } fragment B on Person { friend { ...A } } { person { ...A } }",
        "{ ...A } fragment A on Query { person { id } ...A }",
    ],
)
def test_a_fragment_that_spreads_itself_is_refused(text: str):
    assert any("Cannot spread fragment" in message for message in errors(text))


@pytest.mark.parametrize(
    "text", ["", "{", "}", "query", "{ a(", '{ a(b: "', "\x00", "\ud800", "# only", "{ a } garbage }{"]
)
def test_what_is_no_document_is_a_syntax_error(text: str):
    [message] = errors(text)
    assert message.startswith("Syntax Error")


def test_the_schema_is_not_asked_for_again_and_again_by_one_operation():
    asked = "__schema { types { fields { args { name } } } }"
    aliases = "{ " + " ".join(f"a{i}: {asked}" for i in range(101)) + " }"
    below = "{ __schema { types { " + " ".join(f"a{i}: name" for i in range(SCHEMA_FIELDS)) + " } } }"
    for text, found in ((aliases, 505), (below, SCHEMA_FIELDS + 2)):
        assert errors(text) == [f"The operation asks for the schema by {found} fields; at most 500 are allowed"]


def test_ordinary_documents_pass_all_of_these():
    wide = (
        "{ " + " ".join(f"p{i}: person {{ id name friend {{ id friends {{ id name }} }} }}" for i in range(100)) + " }"
    )
    assert errors(wide) == []
    assert errors(get_introspection_query(True, True, True, True, True)) == []
    assert errors(doubling(5)) == []
    assert errors("{ fields { fields { fields { fields { fields { person { id } } } } } } }") == []


def test_no_more_errors_are_listed_than_anybody_reads():
    assert len(errors("{ " + " ".join(f"x{i}" for i in range(300)) + " }")) <= 51
