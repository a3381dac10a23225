"""The examples that run beside a served project, started as their pages say."""

import filecmp
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.serving import Served
from tests.surfaces.frameworks.beside import Browser, started
from tests.surfaces.frameworks.conftest import NOTES
from tests.surfaces.people import Person, newcomer

EXAMPLES = NOTES.parent


@pytest.mark.parametrize("name", ["flask", "starlette"])
def test_it_is_the_project_that_is_served(name: str):
    here = EXAMPLES / name
    assert (here / "schema.zmodel").read_bytes() == (NOTES / "schema.zmodel").read_bytes()
    compared = filecmp.dircmp(here / "migrations", NOTES / "migrations")
    assert (compared.left_only, compared.right_only, compared.diff_files) == ([], [], [])


def check_the_api(url: str, person: Person) -> None:
    """`/api/notes` and `/api/reports`, which both have."""
    headers = {"Authorization": f"Bearer {person.token}"}
    assert person.write("POST", "Note", {"body": "by REST", "ownerId": person.id})[0] == 201
    assert [note["body"] for note in httpx.get(f"{url}/api/notes", headers=headers).json()] == ["by REST"]
    assert httpx.get(f"{url}/api/notes").json() == []
    assert httpx.get(f"{url}/api/reports").status_code == 401
    assert httpx.get(f"{url}/api/reports", headers=headers).json()["code"] == "insufficient_aal"
    person.show_second_factor()
    headers = {"Authorization": f"Bearer {person.token}"}
    assert httpx.get(f"{url}/api/reports", headers=headers).json() == {"for": person.id}


# ------------------------------------------------------------------------------------------------------------- Flask


@pytest.fixture(scope="module")
def flask(served_notes: Served, scratch: Path) -> Iterator[str]:
    with started("flask run", EXAMPLES / "flask", served_notes, scratch / "flask-example.log") as url:
        yield url


def test_flasks_people_sign_in_through_the_page_and_have_notes_of_their_own(flask: str, served_notes: Served):
    ada, bob = Browser(flask), Browser(flask)
    assert ada.ask("POST", "/notes", {"body": "nobody's"}).headers["location"] == "/account/sign-in"
    person = newcomer(served_notes)
    ada.sign_in(person)
    bob.sign_in(newcomer(served_notes))
    assert f"<p>{person.email}</p>" in ada.ask("GET", "/").text
    assert ada.ask("POST", "/notes", {"body": "milk"}).status_code == 303
    assert (ada.notes, bob.notes) == (["milk"], [])
    assert ada.ask("POST", "/account/sign-out").status_code == 303
    assert "Sign in" in ada.ask("GET", "/").text
    assert not any("auth-token" in name and "csrf" not in name for name in ada.cookies)


def test_flasks_api_knows_bearers(flask: str, served_notes: Served):
    check_the_api(flask, newcomer(served_notes, app_metadata={"permissions": ["p:reports"]}))


# --------------------------------------------------------------------------------------------------------- Starlette


@pytest.fixture(scope="module")
def starlette(served_notes: Served, scratch: Path) -> Iterator[str]:
    log = scratch / "starlette-example.log"
    with started("uvicorn app:app", EXAMPLES / "starlette", served_notes, log, "/api/me") as url:
        yield url


def test_starlettes_people_sign_in_through_the_page_and_have_notes_of_their_own(starlette: str, served_notes: Served):
    ada, bob, person = Browser(starlette), Browser(starlette), newcomer(served_notes)
    assert ada.ask("GET", "/api/me").json() is None
    assert ada.send("/api/notes", {"body": "nobody's"}).status_code == 401
    ada.sign_in(person)
    bob.sign_in(newcomer(served_notes))
    assert ada.ask("GET", "/api/me").json() == {"id": person.id, "email": person.email}
    assert ada.send("/api/notes", {"body": "milk"}).status_code == 201
    found = [[note["body"] for note in each.ask("GET", "/api/notes").json()] for each in (ada, bob)]
    assert found == [["milk"], []]
    assert ada.ask("POST", "/account/sign-out").status_code == 303
    assert ada.ask("GET", "/api/me").json() is None


def test_starlettes_api_knows_bearers(starlette: str, served_notes: Served):
    check_the_api(starlette, newcomer(served_notes, app_metadata={"permissions": ["p:reports"]}))
