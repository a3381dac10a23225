"""Operations as statements: values travel beside them, nothing is in them that was not asked for."""

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.graphql.plan.planning import Planner

PLANNER = Planner()
MARK = "m4rk"

# An operation, and where its text may be: by variable `$t`, or as a literal.
PLACES = [
    "query ($t: String!) { personByEmail(email: $t) { id } }",
    "query ($t: String) { allPeople(condition: {name: $t}) { nodes { id } totalCount } }",
    "query ($t: String) { allBooksList(condition: {tags: [$t, null]}) { id } }",
    "query ($t: String) { search(words: $t) { nodes { id } totalCount } }",
    "query ($t: String) { allPeopleList { label(before: $t) } }",
    "mutation ($t: String!) { createPerson(input: {person: {email: $t, name: $t}}) { clientMutationId } }",
    "mutation ($t: String!) { deletePersonById(input: {clientMutationId: $t, id: 1}) { clientMutationId } }",
    "mutation ($t: String) { updatePersonById(input: {id: 1, personPatch: {name: $t}}) { person { name } } }",
    "mutation ($t: String!) { deletePersonByEmail(input: {email: $t}) { deletedPersonId } }",
    "mutation ($t: String) { publish(input: {title: $t, tags: [$t]}) { book { title } } }",
]


def encoded(*parts: object) -> str:
    return base64.b64encode(json.dumps(parts).encode()).decode()


# ------------------------------------------------------------------ values


@pytest.mark.parametrize("query", PLACES)
@pytest.mark.parametrize("text", [MARK, f"'{MARK}", f'"{MARK}\\', f"$1;--{MARK}", f"%{MARK}\u0000"], ids=ascii)
def test_no_value_is_in_a_text(query: str, text: str):
    literal = re.sub(r"^(query|mutation) \(.*?\)", r"\1", query).replace("$t", json.dumps(text))
    for statements in (PLANNER.statements(query, t=text), PLANNER.statements(literal)):
        assert all(MARK not in statement.text for statement in statements)
        sent = b" ".join(each for statement in statements for each in statement.params if each)
        assert MARK.encode() in sent
        assert b"\x00" not in sent


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_statements_are_the_same_whatever_is_sent(text: str):
    for query in PLACES:
        assert [each.text for each in PLANNER.statements(query, t=text)] == [
            each.text for each in PLANNER.statements(query, t="x")
        ]


def test_each_placeholder_has_a_value():
    for query in PLACES:
        for statement in PLANNER.statements(query, t=MARK):
            assert {int(number) for number in re.findall(r"\$(\d+)", statement.text)} == set(
                range(1, len(statement.params) + 1)
            )


def test_a_cursor_s_values_travel_beside_it():
    digest = "08e0d342de"
    query = "query ($c: Cursor) { allPeopleList: allPeople(after: $c, orderBy: ID_ASC) { nodes { name } } }"
    [statement] = PLANNER.statements(query, c=encoded(digest, MARK))
    assert MARK not in statement.text
    assert MARK.encode() in statement.params


def test_so_do_those_of_node_ids():
    [statement] = PLANNER.statements("query ($i: ID!) { person(nodeId: $i) { name } }", i=encoded("people", MARK))
    assert MARK not in statement.text
    assert statement.params == (MARK.encode(),)


# ------------------------------------------------------------------ what is read


def test_only_columns_that_are_asked_for_are_named():
    text = PLANNER.sql("{ allPeople { nodes { name } } }")
    assert '"name"' in text
    assert not any(f'"{column}"' in text for column in ("email", "born", "secret"))


def test_only_columns_that_a_payload_needs_are_read_back():
    write, read = PLANNER.statements(
        'mutation { createPerson(input: {person: {email: "e", name: "n"}}) { person { born } } }'
    )
    assert write.text.startswith("WITH")
    assert "*" not in write.text.replace("count(*)", "")
    assert '"born"' in write.text.partition("RETURNING")[2]
    assert not any(f'"{column}"' in write.text.partition("RETURNING")[2] for column in ("email", "secret", "id"))
    assert '"born"' in read.text


def test_a_payload_that_needs_nothing_reads_nothing_back():
    write, _ = PLANNER.statements('mutation { createPerson(input: {person: {email: "e"}}) { clientMutationId } }')
    assert not any(f'."{column}"' in write.text for column in ("email", "id"))


def test_what_a_directive_leaves_out_is_not_read():
    query = "query ($x: Boolean!) { personById(id: 1) { id name @include(if: $x) born @skip(if: $x) } }"
    assert '"name"' in PLANNER.sql(query, x=True)
    assert '"name"' not in PLANNER.sql(query, x=False)
    assert '"born"' in PLANNER.sql(query, x=False)


def test_a_total_alone_reads_no_row():
    text = PLANNER.sql("{ allPeople { totalCount } }")
    assert "count(*)" in text
    assert "LIMIT" not in text
    assert "ORDER BY" not in text


def test_one_root_field_is_one_statement_however_deep():
    query = """{ allPeople(first: 1) { nodes { booksByAuthorId { nodes { personByAuthorId { booksByAuthorId {
      totalCount edges { cursor node { title } } pageInfo { hasNextPage } } } } } } } }"""
    assert len(PLANNER.statements(query)) == 1
    assert len(PLANNER.statements("{ a: allPeople { totalCount } b: allBooks { totalCount } __typename }")) == 2


# ------------------------------------------------------------------ what needs no database


@pytest.mark.parametrize(
    ("query", "constants"),
    [
        ("{ __typename }", [b'"Query"']),
        ("{ nodeId a: nodeId }", [b'"query"', b'"query"']),
        ('{ node(nodeId: "nonsense") { nodeId } }', [b"null"]),
        ("mutation { __typename }", [b'"Mutation"']),
    ],
)
def test_what_the_schema_knows_is_not_asked(query: str, constants: list[bytes]):
    assert [step.constant for step in PLANNER.steps(query)] == constants
    assert PLANNER.statements(query) == []


def test_the_schema_itself_is_a_constant():
    [step] = PLANNER.steps('{ __type(name: "Person") { name kind } }')
    assert step.constant is not None
    assert json.loads(step.constant) == {"name": "Person", "kind": "OBJECT"}


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("allPeople(first: -1) { nodes { id } }", "LIMIT must not be negative"),
        ("allPeople(offset: 1, last: 1) { nodes { id } }", "Cannot use 'offset' with 'last'"),
        (
            'allPeople(after: "x") { totalCount }',
            "Invalid cursor, please enter a cursor from a previous request, or null.",
        ),
    ],
)
def test_an_error_in_arguments_is_the_field_s_and_no_other_s(field: str, message: str):
    wrong, right = PLANNER.steps(f"{{ a: {field} b: allBooks {{ totalCount }} }}")
    assert wrong.error is not None
    assert (wrong.error.message, wrong.read) == (message, None)
    assert right.error is None
    assert right.read is not None


def test_more_values_than_a_statement_takes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gatepost.graphql.plan.MOST_VALUES", 3)
    fine = 'allPeople(condition: {email: "a", name: "b", secret: "c"}) { nodes { id } }'
    more = 'allPeople(condition: {id: 1, email: "a", name: "b", secret: "c"}) { nodes { id } }'
    wrong, right = Planner().steps(f"{{ a: {more} b: {fine} }}")
    assert str(wrong.error) == "The field holds 4 values; at most 3 can be sent at once"
    assert right.error is None


# ------------------------------------------------------------------ functions


@pytest.mark.parametrize(
    ("arguments", "call"),
    [
        ("(a: 1, b: 2)", "add($1::int4, $2::int4)"),
        ("(a: 1)", "add($1::int4)"),
        ("(b: 2)", "add(b := $1::int4)"),
        ("(a: null)", "add($1::int4)"),
        ("", "add()"),
    ],
)
def test_an_argument_that_is_left_out_is_left_out(arguments: str, call: str):
    assert call in re.sub(r'"|pg_catalog\.', "", PLANNER.sql(f"{{ add{arguments} }}").replace('"pg_catalog".', ""))


def test_a_mutation_s_function_runs_in_the_first_statement_alone():
    write, read = PLANNER.statements("mutation { publish(input: {}) { book { title personByAuthorId { name } } } }")
    assert '"publish"' in write.text
    assert '"publish"' not in read.text


@pytest.mark.parametrize("dynamic", [True, False])
def test_json_is_marked_where_it_is_a_string(dynamic: bool):
    [step] = Planner(dynamic_json=dynamic).steps("{ allBooks { nodes { e: extra } edges { node { extra } } } }")
    paths: list[Any] = [] if dynamic else [("allBooks", "nodes", "e"), ("allBooks", "edges", "node", "extra")]
    assert sorted(step.marks or {}) == sorted(paths)
