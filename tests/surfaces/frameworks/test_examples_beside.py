"""The examples that run beside a served project, started as their pages say."""

import filecmp
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.serving import Served
from tests.surfaces.frameworks.beside import Browser, await_answer, started, told_of
from tests.surfaces.frameworks.conftest import NOTES
from tests.surfaces.people import Person, newcomer

EXAMPLES = NOTES.parent


@dataclass(frozen=True, slots=True)
class Examples:
    """Where each answers."""

    flask: str
    starlette: str


@pytest.fixture(scope="module")
def examples(served_notes: Served, scratch: Path) -> Iterator[Examples]:
    """Both, which start at the same time."""
    told, logs = told_of(served_notes), [scratch / f"{name}-example.log" for name in ("flask", "starlette")]
    with (
        started("flask run", EXAMPLES / "flask", told, logs[0]) as flask,
        started("uvicorn app:app", EXAMPLES / "starlette", told, logs[1]) as starlette,
    ):
        await_answer(f"{flask}/", logs[0])
        await_answer(f"{starlette}/api/me", logs[1])
        yield Examples(flask, starlette)


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


def test_flasks_people_sign_in_and_have_notes_of_their_own(examples: Examples, served_notes: Served):
    ada, bob = Browser(examples.flask), Browser(examples.flask)
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


def test_flasks_api_knows_bearers(examples: Examples, served_notes: Served):
    check_the_api(examples.flask, newcomer(served_notes, app_metadata={"permissions": ["p:reports"]}))


# --------------------------------------------------------------------------------------------------------- Starlette


def test_starlettes_people_sign_in_and_have_notes_of_their_own(examples: Examples, served_notes: Served):
    ada, bob, person = Browser(examples.starlette), Browser(examples.starlette), newcomer(served_notes)
    assert ada.ask("GET", "/api/me").json() is None
    assert ada.send("/api/notes", {"body": "nobody's"}).status_code == 401
    ada.sign_in(person)
    bob.sign_in(newcomer(served_notes))
    assert ada.ask("GET", "/api/me").json() == {"id": person.id, "email": person.email}
    assert ada.send("/api/notes", {"body": "milk"}).status_code == 201
    found = [[note["body"] for note in each.ask("GET", "/api/notes").json()] for each in (ada, bob)]
    assert found == [["milk"], []]
    assert [ada.send("/api/notes", each).status_code for each in ({}, ["milk"], {"body": 5})] == [400, 400, 422]
    assert ada.ask("POST", "/account/sign-out").status_code == 303
    assert ada.ask("GET", "/api/me").json() is None


def test_starlettes_api_knows_bearers(examples: Examples, served_notes: Served):
    check_the_api(examples.starlette, newcomer(served_notes, app_metadata={"permissions": ["p:reports"]}))
