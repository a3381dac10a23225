"""Who signed out, was banned or deleted does not come in: at once, when the token is old, or when it expires."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from tests.serving import Served
from tests.surfaces.freshness.conftest import aged, all_ways, everywhere
from tests.surfaces.people import PASSWORD, Person, newcomer, nobody, staff

ServedAs = Callable[[str], Served]


def sign_out(person: Person) -> None:
    assert person.ask("POST", "/auth/v1/logout?scope=global").status_code == 204


def ban(person: Person) -> None:
    body = {"ban_duration": "1h"}
    assert staff(person.server).ask("PUT", f"/auth/v1/admin/users/{person.id}", body).status_code == 200


def delete(person: Person) -> None:
    assert staff(person.server).ask("DELETE", f"/auth/v1/admin/users/{person.id}").status_code == 200


def delete_softly(person: Person) -> None:
    body = {"should_soft_delete": True}
    assert staff(person.server).ask("DELETE", f"/auth/v1/admin/users/{person.id}", body).status_code == 200


def change_password_elsewhere(person: Person) -> None:
    grant = {"email": person.email, "password": PASSWORD}
    answer = nobody(person.server).ask("POST", "/auth/v1/token?grant_type=password", grant).json()
    other = Person(person.server, person.id, person.email, answer["access_token"])
    assert other.ask("PUT", "/auth/v1/user", {"password": "another horse battery"}).status_code == 200


End = Callable[[Person], None]
ENDINGS: dict[End, str] = {
    sign_out: "The session has ended",
    ban: "The user is banned",
    delete: "The user does not exist any more",
}
FURTHER: dict[End, str] = {
    delete_softly: "The session has ended",
    change_password_elsewhere: "The session has ended",
}


@pytest.mark.parametrize("end", ENDINGS)
async def test_strict_refuses_the_next_request(served_as: ServedAs, end: End) -> None:
    person = newcomer(served_as("strict"))
    assert await all_ways(person, "strict") == everywhere(200)
    end(person)
    assert await all_ways(person, "strict") == everywhere(401, ENDINGS[end])


@pytest.mark.parametrize("end", FURTHER)
async def test_however_a_session_ends(served_as: ServedAs, end: End) -> None:
    person = newcomer(served_as("strict"))
    end(person)
    answer = person.ask("GET", "/rest/v1/notes")
    assert (answer.status_code, answer.json()["message"]) == (401, FURTHER[end])


async def test_bounded_refuses_once_the_token_is_old(served_as: ServedAs) -> None:
    person = newcomer(served_as("bounded"))
    assert await all_ways(aged(person, 3000), "bounded") == everywhere(200)
    sign_out(person)
    assert await all_ways(aged(person, 30), "bounded") == everywhere(200)
    assert await all_ways(aged(person, 61), "bounded") == everywhere(401, "The session has ended")


async def test_a_token_grows_old_on_a_connection_too(served_as: ServedAs) -> None:
    """What was prepared for a young token is not what an old one gets, though nothing else of the request changes."""
    person = aged(newcomer(served_as("bounded")), 58)
    sign_out(person)
    headers = {"apikey": person.server.publishable, "Authorization": f"Bearer {person.token}"}
    async with httpx.AsyncClient(base_url=person.server.url, headers=headers) as client:
        statuses = [(await client.get("/rest/v1/notes")).status_code for _ in range(3)]
        assert set(statuses) == {200}
        await asyncio.sleep(2.5)
        assert (await client.get("/rest/v1/notes")).status_code == 401


async def test_cached_serves_until_the_token_expires(served_as: ServedAs) -> None:
    person = newcomer(served_as("cached"))
    sign_out(person)
    assert await all_ways(aged(person, 3000), "cached") == everywhere(200)


async def test_it_is_never_silently_nobody(served_as: ServedAs) -> None:
    person = newcomer(served_as("strict"))
    assert person.ask("POST", "/rest/v1/rpc/told", {}).json()["user"] == person.id
    sign_out(person)
    answer = person.ask("POST", "/rest/v1/rpc/told", {})
    assert answer.json() == {
        "code": "PT401",
        "details": None,
        "hint": "Sign in again",
        "message": "The session has ended",
    }
    assert nobody(person.server).ask("POST", "/rest/v1/rpc/told", {}).json()["role"] == "anon"
