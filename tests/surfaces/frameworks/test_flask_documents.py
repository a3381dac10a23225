"""The page about Flask: its code runs, and does what it says."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gatepost.cli.status import as_url
from gatepost.project import state
from tests.serving import Served
from tests.surfaces.frameworks.conftest import NOTES, SITE, browsing, cookies_of, session_of
from tests.surfaces.frameworks.test_documents import run
from tests.surfaces.people import newcomer


@pytest.fixture(scope="module")
def page(served_notes: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the page defines, where `gatepost status` told of the project."""
    known = state.read(served_notes.folder / ".gatepost")
    assert known is not None
    folder: Path = tmp_path_factory.mktemp("flask")
    shutil.copy(NOTES / "schema.zmodel", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for prefix in ("API", "FLASK_GATEPOST"):
            patch.setenv(f"{prefix}_URL", served_notes.url)
        for name in ("PUBLISHABLE_KEY", "FLASK_GATEPOST_KEY"):
            patch.setenv(name, served_notes.publishable)
        patch.setenv("AUTHENTICATOR_URL", as_url(known.logins["authenticator"]))
        module = run("flask")
        yield module
        module["notes"].close()
        module["server"].close()
        module["session"].get_bind().dispose()


def test_flasks_page(page: dict[str, Any], served_notes: Served):
    app, server = page["app"], page["server"]
    person = newcomer(served_notes)
    with browsing(app, cookies_of(server, session_of(person)), Origin=SITE) as browser:
        assert browser.get("/me").json() == {"id": person.id, "email": person.email}
        assert browser.get("/greeting").text == f"Hello {person.email}"
        assert browser.get("/role").text == "authenticated"
        assert browser.post("/notes/milk").status_code == 201
        assert browser.get("/notes").json() == [{"body": "milk"}]
        assert browser.get("/count").text == "1"
        assert browser.get("/reports").status_code == 403
    with browsing(app) as nobody:
        assert nobody.get("/me").status_code == 401
        assert nobody.get("/me", headers={"Accept": "text/html"}).headers["location"].startswith("/account/sign-in?")
        assert nobody.get("/greeting").text == "Hello"
        assert nobody.get("/role").text == "anon"
        assert nobody.get("/notes").json() == []
        assert nobody.get("/count").text == "0"
        assert "Notes" in nobody.get("/account/sign-in").text


def test_each_thread_has_the_rows_of_its_own_request(page: dict[str, Any], served_notes: Served):
    """Connections of SQLAlchemy go from one request to the next; who they were signed in as does not."""
    people = [newcomer(served_notes) for _ in range(3)]
    for number, person in enumerate(people):
        for _ in range(number + 1):
            page["notes"].set_auth({"id": person.id}).note.create(data={"body": "x"})

    def count(index: int) -> str:
        headers = {} if index == 3 else {"Authorization": f"Bearer {people[index].token}"}
        with browsing(page["app"], **headers) as caller:
            return caller.get("/count").text

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(count, [0, 1, 2, 3] * 6))
    assert found == ["1", "2", "3", "0"] * 6


def test_its_factory(page: dict[str, Any]):
    with browsing(page["create_app"]()) as nobody:
        assert nobody.get("/account/sign-in").status_code == 200
