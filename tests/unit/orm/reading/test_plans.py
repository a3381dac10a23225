"""Plans: one for each shape, values beside it, SQL that holds no word of a call."""

from typing import Any

import pytest

from gatepost.identity import ANON
from gatepost.orm.errors import InvalidInput
from gatepost.orm.read import plan
from gatepost.orm.read.plan import KEY, MOST_PLANS
from gatepost.orm.session import Door, Session
from gatepost.policy import Rules
from gatepost.query.sql import Statement
from gatepost.zmodel import load

SCHEMA = load(
    """
    datasource db { provider = "postgresql" url = env("X") }
    model User {
      id Int @id
      name String?
      posts Post[]
      @@allow('read', id == auth().id)
    }
    model Post {
      id Int @id
      title String @map("the \\" title")
      authorId Int
      author User @relation(fields: [authorId], references: [id])
      @@map("post'; drop table x; --")
      @@allow('all', true)
    }
    """
)


@pytest.fixture
def session() -> Session:
    door = Door.__new__(Door)  # nothing is sent
    claims = {"role": "authenticated", "sub": "7"}
    return Session(SCHEMA, Rules(SCHEMA), "query", door, identity=ANON, claims=claims)


def made(session: Session, model: str, operation: str, arguments: Any) -> Statement:
    found, values = plan(session, model, operation, arguments)
    return found.statement(session, values)


def test_calls_of_one_shape_share_a_plan(session: Session) -> None:
    first, values = plan(session, "Post", "findMany", {"where": {"title": "a", "id": {"in": [1, 2]}}, "take": 5})
    second, others = plan(session, "Post", "findMany", {"where": {"title": "b", "id": {"in": [3]}}, "take": 50})
    assert first is second
    assert (values, others) == ([b"a", b'{"1","2"}', b"5"], [b"b", b'{"3"}', b"50"])


def test_other_shapes_do_not(session: Session) -> None:
    first, _ = plan(session, "Post", "findMany", {"where": {"title": "a"}})
    for other in (
        {"where": {"title": {"not": "a"}}},
        {"where": {"id": 1}},
        {"take": 1},
        {"take": -1},
        {"select": {"id": True}},
    ):
        assert plan(session, "Post", "findMany", other)[0] is not first
    assert plan(session, "Post", "findFirst", {"where": {"title": "a"}})[0] is not first


def test_both_spellings_are_one_shape(session: Session) -> None:
    camel = {"orderBy": {"id": "asc"}, "where": {"id": {"notIn": [1]}, "title": {"startsWith": "a"}}}
    snake = {"order_by": {"id": "asc"}, "where": {"id": {"not_in": [1]}, "title": {"starts_with": "a"}}}
    assert plan(session, "Post", "findMany", camel)[0] is plan(session, "Post", "findMany", snake)[0]


def test_plans_do_not_pile_up(session: Session) -> None:
    for number in range(MOST_PLANS + 10):
        bits = f"{number:b}"
        where = {"AND": [{"id": 1} if bit == "1" else {"title": "x"} for bit in bits]}
        plan(session, "Post", "findMany", {"where": where})
    assert len(session.plans[KEY].plans) <= MOST_PLANS


def test_values_follow_the_claims_of_the_rules(session: Session) -> None:
    statement = made(session, "User", "findUnique", {"where": {"id": 3}})
    assert statement.params == (b"7", b"3", b"1")
    assert 'WHERE "gp1"."id" = $1::bigint AND "gp1"."id" = $2 LIMIT $3' in statement.text


def test_names_of_the_database_are_quoted(session: Session) -> None:
    text = made(session, "User", "findMany", {"include": {"posts": {"where": {"title": "x"}}}}).text
    assert '"public"."post\'; drop table x; --"' in text
    assert '"the "" title" = $' in text


def test_the_whole_statement(session: Session) -> None:
    asked = {
        "where": {"author": {"name": {"contains": "a"}}},
        "orderBy": {"id": "desc"},
        "take": 2,
        "select": {"id": True},
    }
    assert made(session, "Post", "findMany", asked) == Statement(
        "SELECT count(*) AS page, coalesce(json_agg(gatepost_page), '[]') AS body FROM ("
        'SELECT "gp1"."id" AS "id" FROM "public"."post\'; drop table x; --" AS "gp1" '
        'WHERE EXISTS (SELECT 1 FROM "public"."User" AS "gp3" '
        'WHERE "gp3"."id" = $1::bigint AND "gp3"."name" LIKE $2 AND "gp3"."id" = "gp1"."authorId") '
        'ORDER BY "gp1"."id" DESC LIMIT $3) AS gatepost_page',
        (b"7", b"%a%", b"2"),
    )


@pytest.mark.parametrize("arguments", [None, {}])
def test_no_arguments_are_empty_arguments(session: Session, arguments: Any) -> None:
    assert plan(session, "Post", "findMany", arguments)[1] == []


@pytest.mark.parametrize("arguments", [[], "x", 5, [{"where": {}}]])
def test_arguments_that_are_no_object(session: Session, arguments: Any) -> None:
    with pytest.raises(InvalidInput, match="expected an object"):
        plan(session, "Post", "findMany", arguments)
