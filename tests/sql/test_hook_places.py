"""A hook whose function is somewhere else, or not for the auth server, is said before anybody signs in."""

from gatepost.cli.hooks import amiss
from gatepost.embedded import Server
from gatepost.settings import AuthSettings
from tests.conftest import Connect


def said(cluster: Server, name: str, function: str) -> list[str]:
    uri = f"pg-functions://postgres/{function}"
    settings = AuthSettings(hook_custom_access_token_enabled=True, hook_custom_access_token_uri=uri)
    return [message.partition("uri: ")[2] for message, _ in amiss(cluster.dsn(dbname=name), settings)]


def test_what_is_wrong_with_a_hook(cluster: Server, connect: Connect, database_name: str) -> None:
    connect("postgres", database_name).execute(
        """
        create schema hooks;
        create function hooks.claims(event jsonb) returns jsonb language sql as 'select event';
        create function public.claims(event text) returns jsonb language sql as 'select null::jsonb';
        """
    )
    assert said(cluster, database_name, "auth/claims") == [
        "there is no function auth.claims(jsonb); there is one in hooks, public"
    ]
    assert said(cluster, database_name, "other/nothing") == ["there is no function other.nothing(jsonb)"]
    assert said(cluster, database_name, "hooks/claims") == ["supabase_auth_admin may not call hooks.claims"]
    connect("postgres", database_name).execute(
        """
        grant usage on schema hooks to supabase_auth_admin;
        grant execute on function hooks.claims to supabase_auth_admin;
        """
    )
    assert said(cluster, database_name, "hooks/claims") == []


def test_hooks_that_are_off_or_elsewhere_are_not_looked_for(cluster: Server, database_name: str) -> None:
    off = AuthSettings(hook_send_email_uri="pg-functions://postgres/no/where")
    remote = AuthSettings(hook_send_email_enabled=True, hook_send_email_uri="https://example.com/send")
    dsn = cluster.dsn(dbname=database_name)
    assert [*amiss(dsn, off), *amiss(dsn, remote)] == []
