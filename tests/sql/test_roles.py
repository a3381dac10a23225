"""Who the roles are, and what an API role cannot do."""

import psycopg
import pytest

from tests.conftest import Connect

API_ROLES = ("anon", "authenticated", "service_role")


def test_each_login_reaches_its_own_roles_only(connect: Connect, database_name: str) -> None:
    reach = {
        login: {
            role
            for (role,) in connect(login, database_name).execute(
                "select rolname from pg_roles where pg_has_role(rolname, 'member') and rolname <> current_user"
            )
        }
        for login in ("authenticator", "service_authenticator", "supabase_auth_admin")
    }
    assert reach == {
        "authenticator": {"anon", "authenticated"},
        "service_authenticator": {"service_role"},
        "supabase_auth_admin": set(),
    }


def test_only_the_service_role_passes_row_level_security(connect: Connect, database_name: str) -> None:
    rows = connect("supabase_admin", database_name).execute(
        "select rolname from pg_roles where rolbypassrls and not rolsuper"
    )
    assert [row[0] for row in rows] == ["service_role"]


@pytest.mark.parametrize("role", API_ROLES)
@pytest.mark.parametrize(
    "statement",
    [
        "create temporary table shadow (x int)",
        "select lo_create(0)",
        "select lo_from_bytea(0, 'x')",
        "create table public.mine (x int)",
        "create schema mine",
        "select * from auth.users",
        "select * from auth.refresh_tokens",
        "select * from auth_private.signing_keys",
        "set role postgres",
        "set role supabase_auth_admin",
        "alter role anon superuser",
    ],
)
def test_api_roles_cannot(connect: Connect, database_name: str, role: str, statement: str) -> None:
    login = "service_authenticator" if role == "service_role" else "authenticator"
    with connect(login, database_name) as session:
        session.execute(f"set role {role}")  # pyright: ignore
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement)  # pyright: ignore


def test_the_login_without_a_role_has_no_rights(connect: Connect, database_name: str) -> None:
    connect("postgres", database_name).execute("create table public.things (x int); grant select on things to anon")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connect("authenticator", database_name).execute("select * from public.things")
