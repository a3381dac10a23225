"""The pages about FastAPI and Starlette: their code runs, and does what they say."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gatepost.frameworks.core import AuthServer
from gatepost.project import state
from tests.serving import Served
from tests.surfaces.frameworks.conftest import NOTES, SITE, cookies_of, session_of, visiting
from tests.surfaces.people import newcomer

HOWTO = Path(__file__).parents[3] / "docs" / "howto"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def variables(served_notes: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = state.read(served_notes.folder / ".gatepost")
    assert known is not None
    monkeypatch.chdir(tmp_path)
    shutil.copy(NOTES / "schema.zmodel", tmp_path)
    monkeypatch.setenv("API_URL", served_notes.url)
    monkeypatch.setenv("PUBLISHABLE_KEY", served_notes.publishable)
    monkeypatch.setenv("AUTHENTICATOR_URL", known.logins["authenticator"])


def run(name: str) -> dict[str, Any]:
    """What a page's blocks define, in their order."""
    text = (HOWTO / f"{name}.md").read_text()
    module: dict[str, Any] = {"__name__": name}
    exec(compile("\n".join(BLOCK.findall(text)), f"{name}.md", "exec"), module)
    return module


@pytest.fixture
async def fastapi(variables: None) -> AsyncIterator[dict[str, Any]]:
    module = run("fastapi")
    overrides = module["app"].dependency_overrides
    module["overrides"] = dict(overrides)
    overrides.clear()
    yield module
    await module["notes"].close()
    await module["server"].aclose()


async def test_fastapis_page(fastapi: dict[str, Any], served_notes: Served):
    app, server = fastapi["app"], fastapi["server"]
    assert isinstance(server, AuthServer)
    person = newcomer(served_notes)
    async with visiting(app, cookies_of(server, session_of(person)), Origin=SITE) as browser:
        assert (await browser.get("/me")).json() == {"id": person.id, "email": person.email}
        assert (await browser.get("/greeting")).json() == f"Hello {person.email}"
        assert (await browser.get("/role")).json() == "authenticated"
        assert (await browser.post("/notes?body=milk")).status_code == 201
        assert (await browser.get("/notes")).json() == [{"body": "milk"}]
        assert (await browser.get("/reports")).status_code == 403
    async with visiting(app) as nobody:
        assert (await nobody.get("/me")).status_code == 401
        assert (await nobody.get("/greeting")).json() == "Hello"
        assert (await nobody.get("/role")).json() == "anon"
        assert (await nobody.get("/notes")).json() == []
        assert "Notes" in (await nobody.get("/account/sign-in")).text
        app.dependency_overrides.update(fastapi["overrides"])
        assert (await nobody.get("/reports")).json() == "1"


async def test_starlettes_page(variables: None, served_notes: Served):
    module = run("starlette")
    app, server, person = module["app"], module["server"], newcomer(served_notes)
    async with visiting(app, cookies_of(server, session_of(person))) as browser:
        assert (await browser.get("/me")).json() == {"role": "authenticated", "email": person.email}
        assert (await browser.get("/account/sign-in")).status_code == 200
    by_hand = module["Starlette"](routes=[module["Route"]("/", module["by_hand"])])
    async with visiting(by_hand, cookies_of(server, session_of(person))) as browser:
        assert (await browser.get("/")).json() == {"email": person.email}
    assert module["acme"].trust.roles == {"staff": "staff", "": "authenticated"}
    await server.aclose()
