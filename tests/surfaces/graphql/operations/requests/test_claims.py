"""Who asks: the role, the claims as functions and policies read them; nothing of one request reaches another."""

import asyncio
import json
from typing import Any

import pytest

from tests.surfaces.graphql.operations.asking import ANN, ANON, BEA, Claims, Museum, user

NOTES = "{ allNotesList { author body } }"
SETTINGS = """
create function museum.told(name text) returns text language sql stable as $$ select current_setting(name, true) $$;
create function museum.whoami() returns text language sql stable as $$ select current_user::text $$;
create function museum.remember(name text, value text) returns text language sql volatile as
  $$ select set_config(name, value, false) $$;
"""
TOLD = "query ($name: String) { told(name: $name) }"


@pytest.fixture(scope="module")
async def telling(changing: Museum) -> Museum:
    changing.sql(SETTINGS)
    await changing.mounted.load()
    return changing


async def told(museum: Museum, name: str, claims: Claims) -> str | None:
    return (await museum.ask(TOLD, {"name": name}, claims))["told"]


# ------------------------------------------------------------------ what is set


@pytest.mark.parametrize("claims", [ANON, ANN, BEA, {"role": "service_role"}])
async def test_the_role_is_that_of_the_claims(telling: Museum, claims: Claims):
    if claims["role"] == "service_role":
        told = await telling.tell("{ whoami }", claims=claims)
        assert "permission denied to set role" in json.dumps(told.body)
        return
    assert await telling.ask("{ whoami }", claims=claims) == {"whoami": claims["role"]}


async def test_the_claims_are_there_as_json_and_one_by_one(telling: Museum):
    claims = user("ann", email='a"b\\@example.com', aud="x", app_metadata={"n": [1, None, "é"]}, exp=2**40)
    for name in ("request.jwt.claims", "request.jwt.claim"):
        assert json.loads(await told(telling, name, claims) or "") == claims
    assert await told(telling, "request.jwt.claim.sub", claims) == "ann"
    assert await told(telling, "request.jwt.claim.role", claims) == "authenticated"
    assert await told(telling, "request.jwt.claim.email", claims) == 'a"b\\@example.com'
    assert await told(telling, "request.jwt.claim.aud", claims) == "x"


async def test_what_one_does_not_claim_is_not_left_from_the_one_before(telling: Museum):
    full = user("ann", email="a@example.com", aud="x")
    for _ in range(3):
        assert await told(telling, "request.jwt.claim.email", full) == "a@example.com"
        for name in ("sub", "email", "aud"):
            assert await told(telling, f"request.jwt.claim.{name}", ANON) in (None, "")
        assert json.loads(await told(telling, "request.jwt.claims", ANON) or "") == ANON


async def test_mutations_have_them_too_in_every_field(telling: Museum):
    data = await telling.ask(
        """mutation {
          a: createNote(input: {note: {body: "1"}}) { note { author } query { told(name: "request.jwt.claim.sub") } }
          b: createNote(input: {note: {body: "2"}}) { note { author } query { whoami } }
        }""",
        claims=BEA,
    )
    assert data["a"] == {"note": {"author": "bea"}, "query": {"told": "bea"}}
    assert data["b"] == {"note": {"author": "bea"}, "query": {"whoami": "authenticated"}}


# ------------------------------------------------------------------ what each sees


async def test_everybody_sees_what_psql_would_show_them(museum: Museum):
    for claims in (ANN, BEA, user("nobody"), user("' or true --"), user("")):
        found = await museum.ask(NOTES, claims=claims)
        rows = museum.seen(claims, "select author, body from museum.note order by id")
        assert [(row["author"], row["body"]) for row in found["allNotesList"]] == rows
    assert await museum.refusal(NOTES, claims=ANON) == "permission denied for table note"


async def test_one_document_many_people_at_once(museum: Museum):
    people = [ANN, BEA, user("cy"), ANON] * 15
    answers = await asyncio.gather(*(museum.tell(NOTES, claims=claims) for claims in people))
    for claims, answer in zip(people, answers, strict=True):
        if claims is ANON:
            assert answer.messages == ["permission denied for table note"]
        else:
            authors = {row["author"] for row in answer.data["allNotesList"]}
            assert authors == ({claims["sub"]} if claims["sub"] != "cy" else set())


async def test_counts_and_relations_show_no_more_than_rows(museum: Museum):
    query = """{
      allNotes { totalCount } workById(id: 1) { notesByWorkId { totalCount nodes { author } } }
      allWorksList(first: 2) { notesByWorkIdList { author } }
    }"""
    for name, claims in (("ann", ANN), ("bea", BEA)):
        data = await museum.ask(query, claims=claims)
        assert data["allNotes"] == {"totalCount": 1}
        assert data["workById"]["notesByWorkId"] == {"totalCount": 1, "nodes": [{"author": name}]}
        assert data["allWorksList"] == [{"notesByWorkIdList": [{"author": name}]}, {"notesByWorkIdList": []}]


async def test_a_condition_or_an_order_tells_nothing_of_hidden_columns(museum: Museum):
    for query in (
        '{ allNotesList(condition: {secret: "s1"}) { id } }',
        "{ allNotesList(orderBy: SECRET_ASC) { id } }",
        "{ allNotes(orderBy: SECRET_DESC) { edges { cursor } } }",
        '{ allNotes(condition: {secret: "s2"}) { totalCount } }',
    ):
        assert await museum.refusal(query) == "permission denied for table note"


# ------------------------------------------------------------------ what stays behind


async def test_what_a_function_sets_for_its_session_is_gone_after(telling: Museum):
    query = "mutation ($n: String, $v: String) { remember(input: {name: $n, value: $v}) { string } }"
    for name, value in (("app.secret", "of ann"), ("request.jwt.claim.sub", "bea"), ("search_path", "pg_catalog")):
        assert (await telling.ask(query, {"n": name, "v": value}, ANN))["remember"] == {"string": value}
        for _ in range(4):
            assert await told(telling, name, BEA) != value or name == "request.jwt.claim.sub"
            assert await told(telling, name, ANON) != value
    assert {row["author"] for row in (await telling.ask(NOTES, claims=ANN))["allNotesList"]} == {"ann"}


async def test_a_failing_request_leaves_nothing_behind(telling: Museum):
    for _ in range(5):
        await telling.tell("{ explode }", claims=ANN)
        await telling.tell('mutation { explodeLater(input: {message: "x"}) { integer } }', claims=ANN)
        assert await telling.ask("{ whoami }", claims=ANON) == {"whoami": "anon"}
        assert json.loads(await told(telling, "request.jwt.claims", ANON) or "") == ANON


@pytest.mark.parametrize(
    "claims",
    [
        user("a", **{"é💥": "\u2028"}),
        user("x" * 10_000),
        user("'; set role postgres; --"),
        user("a", deep={"a": {"b": [{"c": None}] * 100}}),
    ],
    ids=["odd", "long", "sql", "deep"],
)
async def test_claims_are_only_ever_data(telling: Museum, claims: dict[str, Any]):
    assert json.loads(await told(telling, "request.jwt.claims", claims) or "") == claims
    assert await telling.ask("{ whoami }", claims=claims) == {"whoami": "authenticated"}
