"""The page about SQLAlchemy: its code runs, and does what it says. Its migration made the tables of these tests."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from gatepost.embedded import Server
from gatepost.identity import ANON, Identity
from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Tokens
from tests.surfaces.frameworks.conftest import visiting
from tests.surfaces.frameworks.guarded import somebody, url_of
from tests.surfaces.frameworks.test_documents import run

SECRET = "a secret of at least thirty-two bytes"


@pytest.fixture
def page(cluster: Server, guarded_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    monkeypatch.setenv("AUTHENTICATOR_URL", str(url_of(cluster, guarded_database)))
    monkeypatch.setenv("API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("PUBLISHABLE_KEY", "sb_publishable_x")
    monkeypatch.setenv("JWT_SECRET", SECRET)
    module = run("sqlalchemy")
    yield module
    module["engine"].dispose()


def headers_of(person: Identity) -> dict[str, str]:
    now = int(time.time())
    claims = {**person.claims, "aud": "authenticated", "iat": now, "exp": now + 60}
    return {"Authorization": f"Bearer {Tokens(KeyRing([from_secret(SECRET, signs=True)])).sign(claims)}"}


def test_blocking(page: dict[str, Any]):
    ada, bob = somebody(), somebody()
    assert page["write"](ada, "milk") == ["milk"]
    assert page["write"](bob, "eggs") == ["eggs"]
    with Session(page["engine"]) as session, page["as_identity"](session, ada):
        number = session.scalar(page["select"](page["Note"].id))
    page["rename"](ada, number, "oat milk")
    with pytest.raises(NoResultFound):
        page["rename"](bob, number, "mine")
    with Session(page["engine"]) as session, page["as_identity"](session, ada):
        assert session.scalars(page["select"](page["Note"].body)).all() == ["oat milk"]


async def test_in_fastapi(page: dict[str, Any]):
    ada, bob = somebody(), somebody()
    async with visiting(page["app"]) as browser:
        assert (await browser.post("/notes?body=milk", headers=headers_of(ada))).status_code == 201
        assert (await browser.get("/notes", headers=headers_of(ada))).json() == ["milk"]
        assert (await browser.get("/notes", headers=headers_of(bob))).json() == []
        assert (await browser.get("/notes")).json() == []
    await page["server"].aclose()
    await page["background"].dispose()


def test_a_connection_is_washed(page: dict[str, Any]):
    left = text("select pg_backend_pid(), set_config('my.own', 'left', false), pg_advisory_lock(6)")
    found = text(
        "select pg_backend_pid(), coalesce(current_setting('my.own', true), ''), count(*) from pg_locks"
        " where locktype = 'advisory' and pid = pg_backend_pid()"
    )
    with page["engine"].connect() as connection, page["as_identity"](connection, ANON):
        process = connection.execute(left).one()[0]
        connection.commit()
    with page["engine"].connect() as connection:
        assert connection.execute(found).one() == (process, "", 0)
