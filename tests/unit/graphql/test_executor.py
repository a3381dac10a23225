"""What becomes of an operation, whatever becomes of its statements."""

from collections.abc import Coroutine, Sequence
from threading import get_ident
from typing import Any

import pytest
from msgspec import json

from gatepost.catalog import Catalog
from gatepost.database.values import Context, Result
from gatepost.graphql.answer import Answer
from gatepost.graphql.callers import Acting
from gatepost.graphql.documents import Limits
from gatepost.graphql.executor import LONG, Executor
from gatepost.graphql.known import know
from gatepost.graphql.options import Options
from gatepost.graphql.request import GraphQLRequest
from gatepost.identity import ANON, Identity
from gatepost.problem import DatabaseProblem, Problem
from gatepost.query.sql import Statement
from tests.unit.graphql.schema.world import blog

BUSY = Problem("pool_timeout", 504, "Timed out waiting for a database connection")
REFUSED = DatabaseProblem("23505", "There is one already", None, None, status=409)


class Database:
    """One that answers a run of statements with what it is told to, one answer after the other."""

    def __init__(self, *answers: Problem | bytes) -> None:
        self.answers = list(answers)

    async def run(self, identity: Identity, statements: Sequence[Statement], context: Context) -> list[Result]:
        answer = self.answers.pop(0)
        if isinstance(answer, Problem):
            raise answer
        return [Result(("count",), [(b"1",)])] * (len(statements) - 1) + [Result(("value",), [(answer,)])]


def executor(*answers: Problem | bytes, mask: bool = False) -> Executor:
    world, database = blog(), Database(*answers)
    made = Executor(database, Limits(), mask=mask)  # pyright: ignore[reportArgumentType]
    made.use(know(world.anatomy, Catalog(), Options((world.schema,))))
    return made


async def ask(executor: Executor, query: str) -> Any:
    """What is answered, the same with a task and without."""
    return json.decode((await executor.execute(ANON, GraphQLRequest(query), Context())).body)


async def begun(executor: Executor, query: str) -> Any:
    told: list[Answer | Coroutine[Any, Any, Answer]] = []
    executor.begin(Acting(ANON, Context(), Context()), GraphQLRequest(query), told.append)
    [answer] = told
    return json.decode((answer if isinstance(answer, Answer) else await answer).body)


CREATE = '%s: createPerson(input: { person: { id: 1, email: "a" } }) { clientMutationId }'
TWO = "mutation { " + CREATE % "a" + CREATE % "b" + " }"


@pytest.mark.parametrize("way", [ask, begun])
async def test_an_operation_that_selects_nothing_has_an_empty_answer(way: Any):
    assert await way(executor(), "{ __typename @skip(if: true) }") == {"data": {}}


@pytest.mark.parametrize("way", [ask, begun])
@pytest.mark.parametrize(("query", "says"), [("{ b }", "Cannot query field"), ("{", "Syntax Error")])
async def test_what_cannot_be_executed_is_told(way: Any, query: str, says: str):
    [error] = (await way(executor(), query))["errors"]
    assert says in error["message"]


@pytest.mark.parametrize("way", [ask, begun])
async def test_a_field_of_a_mutation_that_fails_stands_for_itself(way: Any):
    answer = await way(executor(REFUSED, b'{"clientMutationId":null}'), TWO)
    assert answer["data"] == {"a": None, "b": {"clientMutationId": None}}
    assert [(error["path"], error["message"]) for error in answer["errors"]] == [(["a"], "There is one already")]


async def test_what_a_mutation_has_done_is_told_though_the_database_has_gone():
    answer = await ask(executor(b'{"clientMutationId":null}', BUSY), TWO)
    assert answer["data"] == {"a": {"clientMutationId": None}, "b": None}
    assert [error["path"] for error in answer["errors"]] == [["b"]]


async def test_a_mutation_of_which_nothing_was_done_is_refused_as_a_whole():
    answer = await ask(executor(BUSY), TWO)
    assert [error["extensions"]["statusCode"] for error in answer["errors"]] == [504]
    assert "data" not in answer


LONG_ONE = "{ allPeople { totalCount } }" + " " * LONG


@pytest.mark.parametrize(
    ("query", "aside"),
    [
        ("{ __typename }", False),
        ("{ __schema { queryType { name } } }", True),
        ('{ __type(name: "Person") { name } }', True),
        (LONG_ONE, True),
        (LONG_ONE + "{", True),
    ],
)
@pytest.mark.parametrize("way", [ask, begun])
async def test_what_takes_long_to_read_keeps_nobody_waiting(
    way: Any, query: str, aside: bool, monkeypatch: pytest.MonkeyPatch
):
    made, threads = executor(b"1", b"1"), list[int]()
    read = made.read
    monkeypatch.setattr(made, "read", lambda request: threads.append(get_ident()) or read(request))  # pyright: ignore
    await way(made, query)
    assert [thread != get_ident() for thread in threads] == [aside]


async def test_so_is_whatever_else_is_made_of_it():
    made = executor(b"1")
    assert await made.aside(GraphQLRequest(LONG_ONE), get_ident) != get_ident()
    assert await made.aside(GraphQLRequest("{ __typename }"), get_ident) == get_ident()


async def test_a_long_document_that_is_known_is_not_read_again(monkeypatch: pytest.MonkeyPatch):
    made = executor(b"1", b"1")
    first = await ask(made, LONG_ONE)
    monkeypatch.setattr("gatepost.graphql.prepared.documents.read", None)
    assert not made.takes_long(GraphQLRequest(LONG_ONE))
    assert await ask(made, LONG_ONE) == first


async def test_what_the_database_says_is_told_only_where_it_may_be():
    told = (await ask(executor(REFUSED, mask=False), "{ allPeople { totalCount } }"))["errors"]
    assert (told[0]["message"], told[0]["extensions"]) == ("There is one already", {"code": "23505"})
    masked = (await ask(executor(REFUSED, mask=True), "{ allPeople { totalCount } }"))["errors"]
    assert "already" not in str(masked)
    assert list(masked[0]["extensions"]) == ["errorId"]
