"""Triggers and functions of an application that the auth surface meets."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Connect
from tests.surfaces.auth.conftest import PASSWORD, Client, Open, address

Owner = Any

PROFILES = """
create table if not exists public.profiles (
    id uuid primary key references auth.users on delete cascade, email text, name text);
create or replace function public.new_profile() returns trigger language plpgsql security definer set search_path = ''
as $$ begin
    if new.email like 'refused%' then
        raise exception 'no room for %', 'you' using hint = 'ask', detail = 'full'; end if;
    if new.email like 'priced%' then raise exception 'pay first' using errcode = 'PT402'; end if;
    insert into public.profiles values (new.id, new.email, new.raw_user_meta_data ->> 'name');
    return new;
end $$;
create or replace trigger on_user after insert on auth.users for each row execute function public.new_profile();
"""

HOOK = """
create or replace function public.claims(event jsonb) returns jsonb language plpgsql stable as $$
begin
    if event #>> '{claims,email}' like 'slow%' then perform pg_sleep(5); end if;
    if event #>> '{claims,email}' like 'refused%' then
        return '{"error": {"http_code": 403, "message": "not today"}}'; end if;
    if event #>> '{claims,email}' like 'broken%' then return '{"claims": {"sub": "x"}}'; end if;
    if event #>> '{claims,email}' like 'raises%' then raise exception 'oops'; end if;
    return jsonb_set(event, '{claims,method}', event -> 'authentication_method');
end $$;
grant usage on schema public to supabase_auth_admin;
grant execute on function public.claims to supabase_auth_admin;
"""


@pytest.fixture(scope="module")
def owner(connect: Connect, database_name: str) -> Iterator[Owner]:
    """The application's owner, with its table, trigger and hook in place."""
    connection = connect("postgres", database_name)
    connection.execute(PROFILES)
    connection.execute(HOOK)
    yield connection
    connection.execute("drop trigger on_user on auth.users")


HOOKED = {
    "hook_custom_access_token_enabled": True,
    "hook_custom_access_token_uri": "pg-functions://postgres/public/claims",
}


async def test_a_trigger_sees_the_metadata_of_the_sign_up(client: Client, owner: Owner) -> None:
    email = address()
    user = (await client.post("/signup", {"email": email, "password": PASSWORD, "data": {"name": "Ann"}})).body
    assert owner.execute("select email, name from profiles where id = %s", (user["id"],)).fetchall() == [(email, "Ann")]
    made = await client.new_user(user_metadata={"name": "Bob"})
    assert owner.execute("select name from profiles where id = %s", (made["id"],)).fetchall() == [("Bob",)]


async def test_a_trigger_that_refuses_is_a_clear_error_and_leaves_nothing(client: Client, owner: Owner) -> None:
    email = "refused" + address()
    body = {"email": email, "password": PASSWORD}
    answer = await client.post("/signup", body)
    assert (answer.status, answer.body) == (
        500,
        {"code": "unexpected_failure", "message": "Database error saving new user"},
    )
    older = await client.post("/signup", body, headers=[])
    assert older.status == 500
    assert older.body == {"code": "P0001", "message": "no room for you", "hint": "ask", "detail": "full"}
    assert client.mailbox.mails == []
    assert client.sql("select 1 from auth.users where email = %s", email) == []


async def test_a_trigger_chooses_a_status(client: Client, owner: Owner) -> None:
    body = {"email": "priced" + address(), "password": PASSWORD}
    answer = await client.post("/signup", body, headers=[])
    assert (answer.status, answer.body) == (402, {"code": "PT402", "message": "pay first"})


async def test_an_administrators_user_meets_the_same_trigger(client: Client, owner: Owner) -> None:
    answer = await client.post("/admin/users", {"email": "refused" + address()}, bearer=client.admin)
    assert (answer.status, answer.message) == (500, "Database error creating new user")


async def test_a_hook_makes_the_claims(open_client: Open, owner: Owner) -> None:
    client = open_client(**HOOKED)
    session = await client.signed_in()
    assert client.tokens.verify(session["access_token"])["method"] == "password"
    refreshed = await client.refresh(session["refresh_token"])
    assert client.tokens.verify(refreshed.body["access_token"])["method"] == "token_refresh"
    await client.post("/otp", {"email": session["user"]["email"]})
    linked = await client.follow(client.mailbox.last(session["user"]["email"]).link)
    assert client.tokens.verify(linked.fragment["access_token"])["method"] == "otp"


@pytest.mark.parametrize(
    ("name", "status", "code", "message"),
    [
        ("refused", 403, "unknown", "not today"),
        ("broken", 500, "unexpected_failure", "output claims do not conform to the expected schema"),
        ("raises", 500, "unexpected_failure", "Error running hook URI"),
        ("slow", 422, "hook_timeout", "Failed to reach hook within maximum time of 2.000000 seconds"),
    ],
)
async def test_a_hook_that_refuses_leaves_no_session(
    open_client: Open, owner: Owner, name: str, status: int, code: str, message: str
) -> None:
    owner.execute("alter table auth.users disable trigger on_user")
    client = open_client(**HOOKED)
    user = await client.new_user(email=name + address())
    owner.execute("alter table auth.users enable trigger on_user")
    answer = await client.password(user["email"])
    assert (answer.status, answer.code) == (status, code)
    assert answer.message.startswith(message)
    assert client.sql("select 1 from auth.sessions where user_id = %s", user["id"]) == []


async def test_a_reuse_is_remembered_although_a_hook_is_there(open_client: Open, owner: Owner) -> None:
    client = open_client(refresh_token_reuse_interval=0, **HOOKED)
    session = await client.signed_in()
    second = await client.refresh(session["refresh_token"])
    third = await client.refresh(second.body["refresh_token"])
    client.clock.forward(1)
    assert (await client.refresh(session["refresh_token"])).code == "refresh_token_already_used"
    assert (await client.refresh(third.body["refresh_token"])).code == "refresh_token_already_used"
