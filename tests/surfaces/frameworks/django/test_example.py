"""The Django example, started beside a served project as its page says."""

import filecmp
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Served
from tests.surfaces.frameworks.beside import Browser, await_answer, started, told_of
from tests.surfaces.frameworks.conftest import NOTES
from tests.surfaces.frameworks.test_examples_beside import check_the_api
from tests.surfaces.people import newcomer

EXAMPLE = NOTES.parent / "django"


@pytest.fixture(scope="module")
def url(served_notes: Served, scratch: Path) -> Iterator[str]:
    log = scratch / "django-example.log"
    with started("manage runserver --noreload", EXAMPLE, told_of(served_notes), log, port_is="") as address:
        await_answer(address, log)
        yield address
    assert "unapplied migration" not in log.read_text()


def test_it_is_the_project_that_is_served():
    assert (EXAMPLE / "schema.zmodel").read_bytes() == (NOTES / "schema.zmodel").read_bytes()
    compared = filecmp.dircmp(EXAMPLE / "migrations", NOTES / "migrations")
    assert (compared.left_only, compared.right_only, compared.diff_files) == ([], [], [])


def test_people_sign_in_through_the_page_and_have_notes_of_their_own(url: str, served_notes: Served):
    ada, bob = Browser(url), Browser(url)
    person = newcomer(served_notes)
    ada.sign_in(person)
    bob.sign_in(newcomer(served_notes))
    assert f"<p>{person.email}</p>" in ada.ask("GET", "/").text
    form = {"body": "milk", "csrfmiddlewaretoken": ada.cookies["csrftoken"]}
    assert ada.ask("POST", "/notes", form).status_code == 302
    assert (ada.notes, bob.notes) == (["milk"], [])
    assert ada.ask("POST", "/notes", {"body": "without Django's token"}).status_code == 403
    assert ada.ask("POST", "/account/sign-out").status_code == 303
    assert "Sign in" in ada.ask("GET", "/").text
    assert not any("auth-token" in name and "csrf" not in name for name in ada.cookies)


def test_its_api_knows_bearers(url: str, served_notes: Served):
    check_the_api(url, newcomer(served_notes, app_metadata={"permissions": ["p:reports"]}))
