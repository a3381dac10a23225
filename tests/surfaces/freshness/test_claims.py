"""What changed of somebody is in the claims of the next request, of the first after the token is old, or of the next
token; and everything that a policy may read says the same.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.serving import Served
from tests.surfaces.freshness.conftest import SETTING, aged, orm_told, with_claims
from tests.surfaces.graphql.talking import talk
from tests.surfaces.people import Person, newcomer, nobody, staff

ServedAs = Callable[[str], Served]
FORBIDDEN = 4403
SUBSCRIPTION = "subscription ($owner: UUID!) { noteWritten(owner: $owner) { note { body } } }"


def in_first(server: Served) -> tuple[Person, str]:
    """Somebody with a licence for the tool todo in the tenant First, and a token that says so; his residency."""
    person = newcomer(server)
    text = "select (app_fn.invite_user(id, %s, 'user')).id from app.tenant where identifier = 'first'"
    resident = str(server.sql(text, (person.email,))[0][0])
    body = {"_resident_id": resident}
    answer = person.ask("POST", "/rest/v1/rpc/assume_residency", body, **{"Content-Profile": "app_api"})
    assert answer.status_code == 200, answer.text
    person.refresh()
    return person, resident


def tasks(person: Person) -> tuple[list[str], list[str]]:
    """The tenant's tasks that somebody sees, over REST and over GraphQL."""
    answer = person.ask("POST", "/graphql", {"query": "{ tasks { nodes { title } } }"}).json()
    return (
        [row["title"] for row in person.rows("tasks?select=title")],
        [node["title"] for node in answer["data"]["tasks"]["nodes"]],
    )


SEEN, NOTHING = (["A task"], ["A task"]), ([], [])
REVOKE = "delete from app.license where resident_id = %s and license_type_key = 'app-user'"
BLOCK = "update app.resident set status = 'blocked_individual' where id = %s"
EXPIRE = (
    "update app.license set expires_at = now() + interval '1 second'"
    " where resident_id = %s and license_type_key = 'app-user'"
)


@pytest.mark.parametrize("change", [REVOKE, BLOCK])
def test_strict_a_licence_revoked_or_a_resident_blocked(served_as: ServedAs, change: str) -> None:
    person, resident = in_first(served_as("strict"))
    assert tasks(person) == SEEN
    person.server.sql(change, (resident,))
    assert tasks(person) == NOTHING


def test_strict_a_licence_granted(served_as: ServedAs) -> None:
    person, resident = in_first(served_as("strict"))
    person.server.sql(REVOKE, (resident,))
    person.refresh()
    assert tasks(person) == NOTHING
    person.server.sql("select app_fn.grant_user_license(%s, 'app-user')", (resident,))
    assert tasks(person) == SEEN


def test_strict_claims_end_at_their_moment_in_a_token_that_goes_on(served_as: ServedAs) -> None:
    person, resident = in_first(served_as("strict"))
    person.server.sql(EXPIRE, (resident,))
    assert tasks(person) == SEEN
    person.server.sql("select pg_sleep(1.1)")
    assert tasks(person) == NOTHING
    assert person.rows("notes") == []


def test_cached_the_next_token_has_it(served_as: ServedAs) -> None:
    person, resident = in_first(served_as("cached"))
    person.server.sql(REVOKE, (resident,))
    assert tasks(person) == SEEN
    assert tasks(aged(person, 3000)) == SEEN
    person.refresh()
    assert tasks(person) == NOTHING


def test_bounded_an_old_token_has_it(served_as: ServedAs) -> None:
    person, resident = in_first(served_as("bounded"))
    person.server.sql(REVOKE, (resident,))
    assert tasks(aged(person, 30)) == SEEN
    assert tasks(aged(person, 61)) == NOTHING
    assert tasks(with_claims(person, iat=None)) == NOTHING


# ------------------------------------------------------------------ all of what can be read says the same


def told(person: Person) -> dict[str, Any]:
    return person.ask("POST", "/rest/v1/rpc/told", {}).json()


def told_over_graphql(person: Person) -> dict[str, Any]:
    answer = person.ask("POST", "/graphql", {"query": "mutation { told(input: {}) { json } }"}).json()
    found = answer["data"]["told"]["json"]
    return found if isinstance(found, dict) else json.loads(found)


async def test_every_setting_agrees(served_as: ServedAs) -> None:
    person = newcomer(served_as("strict"))
    address = f"new.{person.email}"
    body = {"email": address, "email_confirm": True, "app_metadata": {"plan": "paid"}, "user_metadata": {"a": 1}}
    assert staff(person.server).ask("PUT", f"/auth/v1/admin/users/{person.id}", body).status_code == 200
    for said in (told(person), told_over_graphql(person), await orm_told(person, SETTING["strict"])):
        assert (said["user"], said["email"], said["role"]) == (person.id, address, "authenticated")
        assert said["jwt"] == said["plural"]
        assert (said["jwt"]["sub"], said["jwt"]["email"]) == (person.id, address)
        assert said["jwt"]["app_metadata"]["plan"] == "paid"
        assert said["jwt"]["user_metadata"]["a"] == 1


def test_a_role_that_changed_needs_a_new_token(served_as: ServedAs) -> None:
    person = newcomer(served_as("strict"))
    person.server.sql("update auth.users set role = 'anon' where id = %s", (person.id,))
    answer = person.ask("GET", "/rest/v1/notes")
    assert (answer.status_code, answer.json()["hint"]) == (401, "Refresh the session")
    person.refresh()
    assert told(person)["role"] == "anon"


# ------------------------------------------------------------------ tokens without a session


def test_keys_are_looked_up_nowhere(served_as: ServedAs) -> None:
    server = served_as("strict")
    assert told(nobody(server))["jwt"] == {"role": "anon"}
    for key in (server.secret, server.service_role):
        assert Person(server, key=key).ask("GET", "/rest/v1/notes").status_code in (200, 403)
    assert Person(server, key=server.anon).ask("POST", "/rest/v1/rpc/told", {}).json()["role"] == "anon"


def test_a_programs_own_token_stands_unless_it_is_about_a_user_who_may_not_come_in(served_as: ServedAs) -> None:
    person = newcomer(served_as("strict"))
    own = with_claims(person, session_id=None, iss=None, app_metadata={"said": "by a program"})
    assert told(own)["jwt"]["app_metadata"] == {"said": "by a program"}
    stranger = with_claims(own, sub="00000000-0000-0000-0000-0000000000ff")
    assert told(stranger)["user"] == "00000000-0000-0000-0000-0000000000ff"
    person.server.sql("update auth.users set banned_until = now() + interval '1 hour' where id = %s", (person.id,))
    assert own.ask("POST", "/rest/v1/rpc/told", {}).status_code == 401


def test_a_token_of_this_server_without_a_session_is_its_users(served_as: ServedAs) -> None:
    """Such a one as the page for developers has."""
    person = newcomer(served_as("strict"))
    page = with_claims(person, session_id=None, app_metadata={"said": "by the token"})
    assert "said" not in told(page)["jwt"]["app_metadata"]
    person.server.sql("delete from auth.users where id = %s", (person.id,))
    answer = page.ask("POST", "/rest/v1/rpc/told", {})
    assert (answer.status_code, answer.json()["message"]) == (401, "The user does not exist any more")


def test_a_session_cannot_be_borrowed(served_as: ServedAs) -> None:
    ann, bob = newcomer(served_as("strict")), newcomer(served_as("strict"))
    from_bob = with_claims(bob, sub=ann.id)
    assert from_bob.ask("POST", "/rest/v1/rpc/told", {}).status_code == 401


# ------------------------------------------------------------------ sockets


@pytest.mark.parametrize(
    "what", ["delete from auth.sessions where user_id = %s", "delete from auth.users where id = %s"]
)
async def test_strict_the_next_event_ends_the_socket(served_as: ServedAs, what: str) -> None:
    server = served_as("strict")
    person = newcomer(server)
    [(note,)] = server.sql("insert into public.notes (owner, body) values (%s, 'mine') returning id", (person.id,))
    event = f"select pg_notify('notes:{person.id}', '{{\"id\": {note}}}')"
    async with talk(server) as one:
        await one.begin(person)
        await one.subscribe(SUBSCRIPTION, {"owner": person.id})
        await asyncio.sleep(0.3)
        server.sql(event)
        assert (await one.next())["data"] == {"noteWritten": {"note": {"body": "mine"}}}
        server.sql(what, (person.id,))
        server.sql(event)
        async with asyncio.timeout(10):
            assert (await one.closed())[0] == FORBIDDEN


async def test_strict_an_event_is_read_with_the_claims_of_now(served_as: ServedAs) -> None:
    person, resident = in_first(served_as("strict"))
    async with talk(person.server) as one:
        await one.begin(person)
        await one.subscribe("{ tasks { nodes { title } } }", id="1")
        assert (await one.next())["data"]["tasks"]["nodes"] == [{"title": "A task"}]
        assert (await one.hear())["type"] == "complete"
        person.server.sql(BLOCK, (resident,))
        await one.subscribe("{ tasks { nodes { title } } }", id="2")
        assert (await one.next("2"))["data"]["tasks"]["nodes"] == []
