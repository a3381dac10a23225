"""Claims that are kept ready for the door: always what would be computed, whoever changes a user, and however."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from gatepost import migrate
from gatepost.embedded import Server
from tests.conftest import Connect

ANN = "00000000-0000-0000-0000-00000000000a"
SESSION = "00000000-0000-0000-0000-00000000005a"
ENTER = "select auth_private.enter(%s, %s, 'authenticated', %s, 'aal1')::jsonb"
KEPT = "select k::text, k.written from auth_private.current_claims k where user_id = %s"
COMPUTED = "select c::text, c.written from auth.users u, auth_private.compute_claims(u) c where u.id = %s"
SAID = 'insert into auth_private.user_claims (user_id, claims) values (%s, \'{"tenant_id": "t"}\')'


class Admin:
    """The administrator's SQL."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self.connection = connection

    def run(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(text.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def kept(self) -> tuple[Any, ...]:
        """Ann's row, which is what would be computed now."""
        kept, computed = self.run(KEPT, ANN), self.run(COMPUTED, ANN)
        assert kept == computed
        return kept[0]


@pytest.fixture
def admin(cluster: Server, connect: Connect, database_name: str) -> Admin:
    """Over a database in which there is Ann alone, with a session."""
    migrate.configure(cluster.dsn(dbname=database_name), migrate.ClaimRules())
    made = Admin(connect("supabase_admin", database_name))
    made.run("delete from auth.users")
    made.run(
        "insert into auth.users (id, role, email, raw_app_meta_data, raw_user_meta_data)"
        " values (%s, 'authenticated', 'ann@example.com', '{\"plan\": \"free\"}', '{\"name\": \"Ann\"}')",
        ANN,
    )
    made.run("insert into auth.sessions (id, user_id, created_at, aal) values (%s, %s, now(), 'aal1')", SESSION, ANN)
    return made


@pytest.fixture
def other(cluster: Server, database_name: str) -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(cluster.dsn("supabase_admin", database_name)) as connection:
        yield connection


@pytest.mark.parametrize(
    "change",
    [
        "update auth.users set email = 'new \"one\"@example.com'",
        "update auth.users set email = null, phone = '4912345'",
        "update auth.users set role = ''",
        "update auth.users set role = null",
        "update auth.users set is_anonymous = true",
        "update auth.users set raw_app_meta_data = null, raw_user_meta_data = null",
        'update auth.users set raw_app_meta_data = \'{"plan": "paid"}\'',
        "update auth.users set banned_until = now() + interval '1 hour'",
        "update auth.users set deleted_at = now()",
        "update auth.users set last_sign_in_at = now()",
        "update auth_private.user_claims set claims = '{\"a\": 1}'",
        "update auth_private.user_claims set valid_until = now() - interval '1 minute'",
        "update auth_private.user_claims set valid_until = now() + interval '1 minute'",
        "delete from auth_private.user_claims",
        "truncate auth_private.user_claims",
        "set session_replication_role = replica; update auth.users set email = 'seeded@example.com';"
        " set session_replication_role = origin",
        "delete from auth_private.current_claims; update auth.users set email = 'anew@example.com'",
    ],
)
def test_what_is_kept_is_what_would_be_computed(admin: Admin, change: str) -> None:
    admin.run(SAID, ANN)
    admin.kept()
    for each in change.split("; "):
        admin.run(each)
    admin.kept()


def test_a_user_takes_it_along(admin: Admin) -> None:
    admin.run("delete from auth.sessions")
    admin.run("update auth.users set id = gen_random_uuid()")
    [(moved,)] = admin.run("select id from auth.users")
    assert admin.run(KEPT, moved) == admin.run(COMPUTED, moved)
    assert len(admin.run("select 1 from auth_private.current_claims")) == 1
    admin.run("delete from auth.users")
    assert admin.run("select 1 from auth_private.current_claims") == []


@pytest.mark.parametrize("there", [True, False])
def test_two_who_change_a_user_at_once_lose_nothing(
    admin: Admin, other: "psycopg.Connection[Any]", there: bool
) -> None:
    if not there:
        admin.run("delete from auth_private.current_claims")
    other.execute('update auth.users set raw_app_meta_data = \'{"plan": "paid"}\'')
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(admin.run, SAID, ANN)
        while not other.execute("select 1 from pg_locks where not granted").fetchall():
            assert not second.done()
        other.commit()
        second.result(10)
    assert '"app_metadata":{"plan": "paid", "tenant_id": "t"}' in admin.kept()[1]


def test_a_change_that_is_undone_changes_nothing(admin: Admin, other: "psycopg.Connection[Any]") -> None:
    before = admin.kept()
    other.execute("update auth.users set email = 'never@example.com'")
    other.rollback()
    assert admin.kept() == before


@pytest.mark.parametrize(
    "gone",
    ["delete from auth_private.current_claims", "truncate auth_private.user_claims, auth_private.current_claims"],
)
def test_the_door_does_without(admin: Admin, connect: Connect, database_name: str, gone: str) -> None:
    login = connect("authenticator", database_name)
    before = login.execute(ENTER, ('"sub":"ann"', ANN, SESSION)).fetchone()
    admin.run(gone)
    assert login.execute(ENTER, ('"sub":"ann"', ANN, SESSION)).fetchone() == before


def test_another_version_writes_what_is_missing_or_differs(admin: Admin) -> None:
    admin.run("update auth_private.current_claims set written = ''")
    admin.run("select auth_private.keep_all_claims()")
    admin.kept()
    [(before,)] = admin.run("select xmin::text from auth_private.current_claims")
    admin.run("select auth_private.keep_all_claims()")
    assert admin.run("select xmin::text from auth_private.current_claims") == [(before,)]
    admin.run("delete from auth_private.current_claims")
    admin.run("select auth_private.keep_all_claims()")
    admin.kept()


def test_settings_that_change_what_is_written_change_what_is_kept(
    cluster: Server, admin: Admin, database_name: str
) -> None:
    admin.run('update auth.users set raw_user_meta_data = \'{"name": "Ann", "tenant_id": "mine"}\'')
    admin.run(SAID, ANN)
    assert '"user_metadata":{"name": "Ann", "tenant_id": "mine"}' in admin.kept()[1]
    migrate.configure(cluster.dsn(dbname=database_name), migrate.ClaimRules(owned_keys=("tenant_id",)))
    assert '"user_metadata":{"name": "Ann", "tenant_id": "t"}' in admin.kept()[1]


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role", "authenticator", "service_authenticator"])
def test_it_is_nobodys_to_read_or_write(admin: Admin, role: str) -> None:
    for statement in (
        "select * from auth_private.current_claims",
        "delete from auth_private.current_claims",
        "select auth_private.keep_all_claims()",
        f"select auth_private.keep_claims('{ANN}')",
    ):
        admin.run(f"set role {role}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.run(statement)
        admin.run("reset role")
