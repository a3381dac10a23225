"""The page about Flask: its code runs, and does what it says."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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
        patch.setenv("AUTHENTICATOR_URL", known.logins["authenticator"])
        module = run("flask")
        yield module
        module["notes"].close()
        module["server"].close()


def test_flasks_page(page: dict[str, Any], served_notes: Served):
    app, server = page["app"], page["server"]
    person = newcomer(served_notes)
    with browsing(app, cookies_of(server, session_of(person)), Origin=SITE) as browser:
        assert browser.get("/me").json() == {"id": person.id, "email": person.email}
        assert browser.get("/greeting").text == f"Hello {person.email}"
        assert browser.get("/role").text == "authenticated"
        assert browser.post("/notes/milk").status_code == 201
        assert browser.get("/notes").json() == [{"body": "milk"}]
        assert browser.get("/reports").status_code == 403
    with browsing(app) as nobody:
        assert nobody.get("/me").status_code == 401
        assert nobody.get("/me", headers={"Accept": "text/html"}).headers["location"].startswith("/account/sign-in?")
        assert nobody.get("/greeting").text == "Hello"
        assert nobody.get("/role").text == "anon"
        assert nobody.get("/notes").json() == []
        assert "Notes" in nobody.get("/account/sign-in").text


def test_its_factory(page: dict[str, Any]):
    with browsing(page["create_app"]()) as nobody:
        assert nobody.get("/account/sign-in").status_code == 200
