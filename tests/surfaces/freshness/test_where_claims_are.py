"""Claims that each request's own function makes, and the server's claims in user_metadata, which users cannot write."""

from collections.abc import Callable

import pytest

from tests.serving import Served
from tests.surfaces.freshness.conftest import claims_of, orm_told
from tests.surfaces.freshness.test_claims import in_first, told, told_over_graphql
from tests.surfaces.graphql.talking import talk
from tests.surfaces.people import PASSWORD, Person, newcomer, nobody, staff

ServedAs = Callable[[str], Served]


def write_note(person: Person) -> None:
    assert person.ask("POST", "/rest/v1/notes", {"body": "a note"}).status_code == 201


async def test_each_request_has_what_the_projects_function_says_now(served_as: ServedAs) -> None:
    person = newcomer(served_as("cached"))
    assert told(person)["jwt"]["user_metadata"] == {"notes": 0, "as": "postgres"}
    assert person.rows("prizes") == []
    write_note(person)
    assert person.rows("prizes") == [{"id": 1}]
    for said in (told(person), told_over_graphql(person), await orm_told(person, "cached", per_request=True)):
        assert said["jwt"] == said["plural"]
        assert said["jwt"]["user_metadata"] == {"notes": 1, "as": "postgres"}
        assert (said["user"], said["email"], said["role"]) == (person.id, person.email, "authenticated")


async def test_on_a_socket_too(served_as: ServedAs) -> None:
    person = newcomer(served_as("cached"))
    async with talk(person.server) as one:
        await one.begin(person)
        await one.subscribe("{ prizes { nodes { id } } }", id="1")
        assert (await one.next())["data"]["prizes"]["nodes"] == []
        assert (await one.hear())["type"] == "complete"
        write_note(person)
        await one.subscribe("{ prizes { nodes { id } } }", id="2")
        assert (await one.next("2"))["data"]["prizes"]["nodes"] == [{"id": 1}]


def test_nobodys_claims_pass_it_as_well(served_as: ServedAs) -> None:
    said = told(nobody(served_as("cached")))
    assert said["jwt"] == {"role": "anon", "user_metadata": {"notes": 0, "as": "postgres"}}


# ------------------------------------------------------------------ user_metadata


def test_the_token_has_the_servers_claims_in_both(served_as: ServedAs) -> None:
    person, resident = in_first(served_as("bounded"))
    assert person.ask("PUT", "/auth/v1/user", {"data": {"nickname": "Ann"}}).status_code == 200
    person.refresh()
    claims = claims_of(person)
    for place in ("app_metadata", "user_metadata"):
        assert (claims[place]["resident_id"], claims[place]["tenant_name"]) == (resident, "First")
    assert claims["user_metadata"]["nickname"] == "Ann"


FORGED = {"tenant_id": "00000000-0000-0000-0000-000000000001", "permissions": ["p:app-admin-super"]}
SIGN_UP = {"email": "somebody.new@example.com", "password": PASSWORD, "data": FORGED}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "user", {"data": FORGED}),
        ("PUT", "user", {"data": {"permissions": None}}),
        ("POST", "signup", SIGN_UP),
        ("POST", "signup", {"data": FORGED}),
        ("POST", "otp", {"email": "another.one@example.com", "data": FORGED}),
        ("POST", "magiclink", {"email": "a.third@example.com", "data": FORGED}),
    ],
)
def test_users_do_not_write_them(served_as: ServedAs, method: str, path: str, body: dict[str, object]) -> None:
    person = newcomer(served_as("bounded"))
    answer = person.ask(method, f"/auth/v1/{path}", body, **{"X-Supabase-Api-Version": "2024-01-01"})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert "permissions" in answer.json()["message"]
    assert person.ask("PUT", "/auth/v1/user", {"data": {"nickname": "Ann"}}).status_code == 200


def test_administrators_do_and_it_permits_nothing(served_as: ServedAs) -> None:
    """What stands in a user's row counts for nothing where the tenancy module says what is so."""
    person, _ = in_first(served_as("bounded"))
    body = {"user_metadata": FORGED}
    assert staff(person.server).ask("PUT", f"/auth/v1/admin/users/{person.id}", body).status_code == 200
    person.refresh()
    assert "p:app-admin-super" not in claims_of(person)["user_metadata"]["permissions"]
    person.server.sql("delete from auth_private.user_claims where user_id = %s", (person.id,))
    person.refresh()
    assert {"tenant_id", "permissions"}.isdisjoint(claims_of(person)["user_metadata"])


def test_elsewhere_they_are_a_users_own(served_as: ServedAs) -> None:
    person = newcomer(served_as("strict"))
    assert person.ask("PUT", "/auth/v1/user", {"data": FORGED}).status_code == 200
    said = told(person)["jwt"]
    assert (said["user_metadata"]["permissions"], said["app_metadata"]["permissions"]) == (FORGED["permissions"], [])
