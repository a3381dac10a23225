"""The core's other colour: threads in the place of an event loop, the same answers."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from gatepost.frameworks.core import AuthServer, Away, SyncServerClient
from gatepost.frameworks.core.carriers import Blocking
from gatepost.frameworks.core.jar import Jar
from gatepost.frameworks.core.wishes import Answer, Call
from gatepost.problem import Problem
from tests.serving import Served
from tests.surfaces.frameworks.conftest import cookies_of, session_of
from tests.surfaces.people import PASSWORD, Person, newcomer

Expire = Callable[[Person], dict[str, Any]]


@pytest.fixture(scope="module")
def ada(served_notes: Served) -> Person:
    return newcomer(served_notes)


def visitor(server: AuthServer, cookies: dict[str, str] | None = None, bearer: str | None = None) -> SyncServerClient:
    jar = Jar((cookies or {}).items())
    return SyncServerClient(server, jar.get_all, jar.set_all, bearer)


def test_who_it_is(auth_server: AuthServer, ada: Person):
    client = visitor(auth_server, cookies_of(auth_server, session_of(ada)))
    user, claims = client.get_user(), client.get_claims()
    assert user is not None
    assert claims is not None
    assert (client.identity().subject, user.email, claims["role"]) == (ada.id, ada.email, "authenticated")
    assert visitor(auth_server).get_user() is None
    with pytest.raises(Problem, match="Invalid token"):
        visitor(auth_server, bearer="x.y.z").identity()


def test_a_session_is_renewed_once_though_threads_come_together(
    auth_server: AuthServer, served_notes: Served, expired: Expire, monkeypatch: pytest.MonkeyPatch
):
    cookies, asked, ask = cookies_of(auth_server, expired(newcomer(served_notes))), list[str](), Blocking._ask

    def counted(self: Blocking, call: Call) -> Answer:
        asked.append(call.path)
        time.sleep(0.05)
        return ask(self, call)

    monkeypatch.setattr(Blocking, "_ask", counted)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: visitor(auth_server, cookies).identity().role, range(16)))
    assert found == ["authenticated"] * 16
    assert len([path for path in asked if "refresh_token" in path]) == 1


def test_signing_in_and_out(auth_server: AuthServer, ada: Person):
    client = visitor(auth_server)
    with pytest.raises(Problem, match="Invalid login credentials"):
        client.sign_in_with_password(ada.email, "wrong")
    assert client.sign_in_with_password(ada.email, PASSWORD).id == ada.id
    assert client.by_cookie
    assert client.identity().subject == ada.id
    assert client.refresh() is not None
    client.sign_out()
    assert client.get_session() is None
    assert client.identity().subject == ""


def test_a_server_that_is_not_there(auth_server: AuthServer, ada: Person, free_port: int):
    server = replace(auth_server, url=f"http://127.0.0.1:{free_port}")
    client = visitor(server, cookies_of(server, session_of(ada)))
    with pytest.raises(Away):
        client.identity()
    with pytest.raises(Away):
        client.get_user()


def test_an_address_beyond_this_machine_is_encrypted():
    with pytest.raises(Problem, match="address cannot be used"):
        AuthServer("http://auth.example.com")
    assert AuthServer("http://auth:54321", plain_http=True).storage_key == "sb-auth-auth-token"
