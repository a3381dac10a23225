"""Rows that a policy hides stay hidden by every road: counts, embeds, orders, errors, plans, descriptions."""

import json
from urllib.parse import quote

import pytest

from tests.serving import Served
from tests.surfaces.http.wire import REST, ask
from tests.surfaces.people import Person, newcomer, nobody

NEEDLE = "needle-in-the-haystack"


@pytest.fixture(scope="module")
def owner(todo: Served) -> Person:
    """Somebody whose todo nobody else may know of."""
    person = newcomer(todo)
    assert person.write("POST", "todos", {"task": NEEDLE})[0] == 201
    return person


@pytest.fixture(scope="module")
def stranger(todo: Served) -> Person:
    return newcomer(todo)


def test_counts(owner: Person, stranger: Person):
    answer = stranger.ask("GET", f"{REST}/todos?select=id", Prefer="count=exact")
    assert answer.json() == []
    assert answer.headers["content-range"] == "*/0"
    assert owner.ask("HEAD", f"{REST}/todos?select=id", Prefer="count=exact").headers["content-range"] == "0-0/1"


@pytest.mark.parametrize(
    "query",
    [
        "select=*",
        "select=*&order=task.desc",
        f"task=eq.{NEEDLE}",
        "task=like.*",
        "task=match..*",
        "or=(task.like.*,id.gt.0)",
        "select=task&id=not.is.null",
        "select=count()",
        "offset=0&limit=1000000",
    ],
)
def test_reads(owner: Person, stranger: Person, query: str):
    answer = stranger.ask("GET", f"{REST}/todos?{query}")
    assert NEEDLE not in answer.text.replace(f"eq.{NEEDLE}", "")
    assert answer.status_code != 200 or answer.json() == []


def test_writes_that_would_tell(owner: Person, stranger: Person):
    for prefer in ("return=representation", "return=minimal,count=exact", "count=exact"):
        for method, body in (("PATCH", {"done": True}), ("DELETE", None)):
            answer = stranger.ask(method, f"{REST}/todos?id=gt.0", body, Prefer=prefer)
            assert NEEDLE not in answer.text
            if "count" in prefer:
                assert answer.headers["content-range"] == "*/0"
    assert [row["task"] for row in owner.rows("todos")] == [NEEDLE]
    assert [row["done"] for row in owner.rows("todos")] == [False]


def test_a_row_that_is_taken_says_no_more_than_that(todo: Served, owner: Person, stranger: Person):
    """A key that is taken is told as taken, without the values of a row that the asker may not see."""
    [mine] = owner.rows("todos")
    team = owner.ask("POST", f"{REST}/rpc/create_team", {"name": NEEDLE}).json()
    answer = stranger.ask("POST", f"{REST}/members", {"team_id": team, "user_id": owner.id})
    assert answer.status_code == 403
    assert NEEDLE not in answer.text
    answer = stranger.ask("POST", f"{REST}/todos?on_conflict=id", {"id": mine["id"], "task": "mine now"})
    assert answer.status_code in (400, 403, 409)
    assert NEEDLE not in answer.text


@pytest.mark.parametrize(
    "accept", ["application/vnd.pgrst.plan+json", "application/vnd.pgrst.plan; options=analyze|verbose"]
)
def test_execution_plans_are_not_shown(stranger: Person, accept: str):
    answer = stranger.ask("GET", f"{REST}/todos", Accept=accept)
    assert answer.status_code == 406
    assert "Filter" not in answer.text


def test_the_description_shows_what_one_has_a_right_to(todo: Served, stranger: Person):
    described = nobody(todo).ask("GET", f"{REST}/").json()["paths"]
    assert "/leaderboard" in described
    assert "/todos" not in described
    assert "/todos" in stranger.ask("GET", f"{REST}/").json()["paths"]
    text = json.dumps(stranger.ask("GET", f"{REST}/").json())
    assert "employees" not in text
    assert "get_teams_for_authenticated_user" not in text


def test_hints_name_nothing_that_is_not_exposed(todo: Served, stranger: Person):
    for name in ("employee", "private.employees", "employees", "auth.users", "user", "users", "pg_authid"):
        answer = ask(todo, "GET", f"{REST}/{quote(name)}", None, ("Authorization", f"Bearer {stranger.token}"))
        assert answer.status == 404
        assert "private." not in (answer.json["hint"] or "")
        assert "auth." not in (answer.json["hint"] or "")


def test_embeds_of_what_is_hidden_are_empty(owner: Person, stranger: Person):
    owner.ask("POST", f"{REST}/rpc/create_team", {"name": NEEDLE})
    assert stranger.rows("teams?select=name,members(user_id)") == []
    assert stranger.rows("members?select=user_id,teams!inner(name)") == []
    assert stranger.rows("profiles?select=username&order=username&limit=1000") != []
