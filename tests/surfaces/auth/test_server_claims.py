"""What the server says of a user beside his row reaches his tokens, and is written anew once it has ended."""

from typing import Any

import pytest

from tests.conftest import Connect
from tests.surfaces.auth.conftest import Client

Owner = Any

SOURCE = """
create schema if not exists said;
create or replace function said.anew(user_id uuid) returns void language sql security definer set search_path = '' as $$
    update auth_private.user_claims c set claims = '{"level": "anew"}', valid_until = now() + interval '90 seconds'
    where c.user_id = $1;
$$;
grant usage on schema said to supabase_auth_admin;
grant execute on function said.anew to supabase_auth_admin;
"""


@pytest.fixture(scope="module")
def owner(connect: Connect, database_name: str) -> Owner:
    """The application's owner, with a function that writes claims anew."""
    connection = connect("postgres", database_name)
    connection.execute(SOURCE)
    return connection


def say(owner: Owner, user_id: str, claims: str, valid_until: str = "null", source: str | None = None) -> None:
    owner.execute(
        f"insert into auth_private.user_claims values (%s, %s, {valid_until}, %s) on conflict (user_id) do update"
        " set claims = excluded.claims, valid_until = excluded.valid_until, source = excluded.source",
        (user_id, claims, source),
    )


async def claims_after(client: Client, owner: Owner, *said: str) -> Any:
    """The claims of a refreshed token, after the server has said something."""
    session = await client.signed_in()
    assert "level" not in client.tokens.verify(session["access_token"])["app_metadata"]
    say(owner, session["user"]["id"], *said)
    answer = await client.refresh(session["refresh_token"])
    assert answer.status == 200, answer
    assert "level" not in answer.body["user"]["app_metadata"]
    return client.tokens.verify(answer.body["access_token"])


async def test_the_next_token_has_them(client: Client, owner: Owner) -> None:
    claims = await claims_after(client, owner, '{"level": "gold"}')
    assert claims["app_metadata"] == {"provider": "email", "providers": ["email"], "level": "gold"}
    assert "level" not in claims["user_metadata"]


async def test_claims_that_ended_are_written_anew_and_bound_the_tokens_life(client: Client, owner: Owner) -> None:
    claims = await claims_after(client, owner, '{"level": "gold"}', "now()", "said.anew")
    assert claims["app_metadata"]["level"] == "anew"
    assert 80 <= claims["exp"] - claims["iat"] <= 90


async def test_claims_that_ended_and_have_no_source_are_none(client: Client, owner: Owner) -> None:
    claims = await claims_after(client, owner, '{"level": "gold"}', "now()")
    assert "level" not in claims["app_metadata"]
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.parametrize("until", ["infinity", "20000-01-01"])
async def test_an_end_that_no_calendar_has_is_none(client: Client, owner: Owner, until: str) -> None:
    claims = await claims_after(client, owner, '{"level": "gold"}', f"'{until}'")
    assert claims["app_metadata"]["level"] == "gold"
    assert claims["exp"] - claims["iat"] == 3600


async def test_an_end_before_all_time_is_one(client: Client, owner: Owner) -> None:
    assert "level" not in (await claims_after(client, owner, '{"level": "gold"}', "'-infinity'"))["app_metadata"]


def test_api_roles_cannot_write_or_read_them(connect: Connect, database_name: str) -> None:
    session = connect("authenticator", database_name)
    for statement in ("select * from auth_private.user_claims", "delete from auth_private.user_claims"):
        session.execute("set role authenticated")
        with pytest.raises(Exception, match="permission denied"):
            session.execute(statement)  # pyright: ignore
