"""Whatever is asked, the answer is well-formed GraphQL, and shows nobody more than psql would."""

import json
from typing import Any

import pytest
from graphql import GraphQLSchema, parse, validate
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.surfaces.graphql.operations.asking import ANN, ANON, BEA, Claims, Museum, Told
from tests.surfaces.graphql.operations.conftest import Opener
from tests.surfaces.graphql.operations.hostile.documents import ANYTHING, damaged, operations

# Made smaller, an example would be easier to read, but a server that fails would be asked for minutes.
bounded = settings(
    max_examples=80,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
PEOPLE = st.sampled_from([ANN, BEA, ANON])
# What only its owner, or nobody, may see: marks that stand nowhere else.
HIDDEN = {
    "ann": ("of bea", "s1", "s2", "s3", "draft of ann", "wage-mark"),
    "bea": ("of ann", "s1", "s2", "s3", "draft of ann", "wage-mark"),
    "": ("of ann", "of bea", "s1", "s2", "s3", "draft of ann", "wage-mark"),
}


@pytest.fixture(scope="module")
async def prey(own_opener: Opener) -> Museum:
    """A museum where what is hidden is marked."""
    museum = await own_opener(options={"simpleCollections": "both"})
    museum.sql("update museum.note set secret = 'secret-mark-' || id, body = 'body-mark-' || author")
    museum.sql("update museum.payroll set name = 'wage-mark'")
    museum.sql("insert into vault.treasure values (1, 424242424242)")
    return museum


@pytest.fixture(scope="module")
def schema(prey: Museum) -> GraphQLSchema:
    assert prey.mounted.executor.prepared is not None
    return prey.mounted.executor.prepared.known.schema


def marks_hidden_from(claims: Claims) -> list[str]:
    others = [f"body-mark-{name}" for name in ("ann", "bea") if name != claims.get("sub")]
    return ["secret-mark-", "wage-mark", "424242424242", "/etc/", "root:", *others]


def check(told: Told, claims: Claims, sent: object) -> None:
    """That an answer is one, and tells nothing that is hidden."""
    assert told.status in (200, 400), sent
    text = told.response.body.decode()
    asked = json.dumps(sent, ensure_ascii=False)
    for mark in marks_hidden_from(claims):
        assert mark not in text or mark in asked, (mark, sent)
    for error in told.body.get("errors", []):
        assert set(error) <= {"message", "locations", "path", "extensions"}
        assert "Traceback" not in error["message"]


@bounded
@given(data=st.data(), claims=PEOPLE)
async def test_any_query(prey: Museum, schema: GraphQLSchema, data: Any, claims: Claims):
    text, variables = data.draw(operations(schema))
    assert validate(schema, parse(text)) == []
    told = await prey.tell(text, variables, claims)
    check(told, claims, [text, variables])


@bounded
@given(data=st.data(), claims=PEOPLE)
async def test_any_mutation(prey: Museum, schema: GraphQLSchema, data: Any, claims: Claims):
    text, variables = data.draw(operations(schema, "mutation"))
    assert validate(schema, parse(text)) == []
    told = await prey.tell(text, variables, claims)
    check(told, claims, [text, variables])
    assert prey.sql("select count(*), min(name), sum(wage) from museum.payroll") == [(2, "wage-mark", 3000)]
    assert prey.sql("select count(*) from museum.note where author not in ('ann', 'bea')") == [(0,)]


@bounded
@given(data=st.data(), claims=PEOPLE)
async def test_any_document_with_something_wrong(prey: Museum, schema: GraphQLSchema, data: Any, claims: Claims):
    text, variables = data.draw(damaged(schema))
    check(await prey.tell(text, variables, claims), claims, [text, variables])


@bounded
@given(body=ANYTHING | st.fixed_dictionaries({"query": ANYTHING, "variables": ANYTHING, "operationName": ANYTHING}))
async def test_any_body(prey: Museum, body: Any):
    told = await prey.send(body)
    assert told.status in (200, 400)


@bounded
@given(
    query=st.sampled_from(
        [
            "query ($v: WorkCondition) { allWorks(condition: $v) { totalCount } }",
            "query ($v: [WorksOrderBy!]) { allWorks(orderBy: $v) { totalCount nodes { id } } }",
            "query ($v: FrameInput) { framed(frame: $v) { material } }",
            "query ($v: [DimensionInput]) { areas(sizes: $v) }",
            "query ($v: Cursor) { allWorks(after: $v, first: 1) { nodes { id } } }",
            "query ($v: Cursor) { titles(before: $v) { nodes } }",
            "query ($v: ID!) { node(nodeId: $v) { nodeId } }",
            "query ($v: Int) { allWorks(first: $v, offset: $v) { nodes { id } } }",
            "query ($v: SampleCondition) { allSamples(condition: $v) { totalCount } }",
            "mutation ($v: SampleInput!) { createSample(input: {sample: $v}) { sample { id } } }",
            "mutation ($v: UpdateSampleInput!) { updateSample(input: $v) { sample { id } } }",
            "query ($v: Boolean!) { motto @include(if: $v) }",
            "query ($v: String!) { __type(name: $v) { name } }",
        ]
    ),
    value=ANYTHING,
)
async def test_any_variable(prey: Museum, query: str, value: Any):
    check(await prey.tell(query, {"v": value}), ANN, [query, value])


async def test_after_all_that_everything_is_as_it_was(prey: Museum):
    for claims, author in ((ANN, "ann"), (BEA, "bea")):
        found = (await prey.ask("{ allNotesList { author } }", claims=claims))["allNotesList"]
        rows = prey.seen(claims, "select author from museum.note")
        assert [(row["author"],) for row in found] == rows
        assert {row["author"] for row in found} <= {author}
    assert await prey.refusal("{ allNotesList { author } }", claims=ANON) == "permission denied for table note"
    assert prey.sql("select count(*) from vault.treasure") == [(1,)]
