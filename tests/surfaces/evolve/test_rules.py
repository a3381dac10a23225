"""A push with policies: rules, what they need, grants; and the mirror of auth.users."""

import json
from collections.abc import Callable

import psycopg
import pytest

from gatepost.problem import Problem
from tests.surfaces.evolve.conftest import Database

TODO = """
    model User { id String @id @db.Uuid
        todos Todo[]
        @@auth
        @@allow('read', auth() == this) }
    model Todo { id Int @id @default(autoincrement())
        title String
        secret Boolean @default(false)
        owner User @relation(fields: [ownerId], references: [id])
        ownerId String @db.Uuid
        @@allow('all', auth().id == ownerId)
        @@allow('read', !secret) }
"""
ADA, EVE = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000e"


def seen(database: Database, query: str, user: str | None = None) -> list[object]:
    """What the API's role reads."""
    claims = {"role": "authenticated", "sub": user} if user else {"role": "anon"}
    with psycopg.connect(database.dsn) as connection:
        connection.execute("select set_config('request.jwt.claims', %s, true)", (json.dumps(claims),))
        connection.execute(f"set local role {claims['role']}")  # pyright: ignore
        return [row[0] for row in connection.execute(query).fetchall()]  # pyright: ignore


@pytest.fixture
def todo(database: Database) -> Database:
    """Two users, three todos."""
    database.run("drop schema if exists gatepost_policy cascade", "drop schema if exists gatepost_sync cascade")
    database.push(TODO, policies=True)
    database.run(
        f"insert into \"User\" values ('{ADA}'), ('{EVE}')",
        f"""insert into "Todo" (title, secret, "ownerId")
            values ('open', false, '{ADA}'), ('hers', true, '{ADA}'), ('his', true, '{EVE}')""",
    )
    return database


QUERY = 'select title from "Todo" order by id'


def test_rules_hold_from_the_first_push(todo: Database):
    assert seen(todo, QUERY) == ["open"]
    assert seen(todo, QUERY, ADA) == ["open", "hers"]
    assert seen(todo, QUERY, EVE) == ["open", "his"]
    assert todo.settled(TODO, policies=True)


def test_a_rule_that_changes_changes_its_policy_alone(todo: Database):
    report = todo.push(TODO.replace("!secret", "!secret || title == 'his'"), policies=True)
    assert report.changes == ("change policy public.Todo gatepost_read",)
    assert seen(todo, QUERY) == ["open", "his"]


def test_a_rule_that_goes_takes_policy_and_grant_along(todo: Database):
    without = TODO.replace("@@allow('all', auth().id == ownerId)", "")
    report = todo.push(without, policies=True)
    assert "drop policy public.Todo gatepost_create" in report.changes
    assert "change grants public.Todo" in report.changes
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        seen(todo, f"insert into \"Todo\" (title, \"ownerId\") values ('x', '{ADA}') returning title", ADA)


def test_where_a_rule_stands_in_its_file_is_no_difference(todo: Database):
    ruled = TODO.replace("title String", "title String @deny('update', secret && title == 'x')")
    ruled = ruled.replace("@@allow('read', !secret)", "@@allow('post-update', before().title == title || secret)")
    todo.push(ruled, policies=True)
    moved = "// a line more\n\n" + ruled.replace("secret &&", "secret\n            &&").replace(
        "before()", "  before()"
    )
    assert todo.settled(moved, policies=True)
    assert not todo.settled(moved.replace("== 'x'", "== 'y'"), policies=True)


def test_columns_under_policies_change_type(todo: Database):
    wanted = TODO.replace("title String", "title String @db.VarChar(40)").replace(
        "!secret", "!secret || title == 'his'"
    )
    todo.push(wanted, policies=True)
    assert seen(todo, QUERY) == ["open", "his"]
    assert todo.settled(wanted, policies=True)


def test_a_new_value_of_an_enum_may_stand_in_a_rule(todo: Database):
    text = """
        enum State {{ {0} }}
        model Doc {{ id Int @id
            state State
            @@allow('read', state == {1}) }}
    """
    todo.push(text.format("A B", "B"), policies=True)
    todo.push(text.format("A B C", "C"), policies=True)
    todo.run("insert into \"Doc\" values (1, 'B'), (2, 'C')")
    assert seen(todo, 'select id from "Doc"') == [2]
    assert todo.settled(text.format("A B C", "C"), policies=True)


def test_columns_that_rules_read_may_be_renamed(todo: Database):
    wanted = TODO.replace("secret", "hidden")
    changes = todo.push(wanted, policies=True).changes
    assert changes == ("rename column Todo.secret to hidden", "change policy public.Todo gatepost_read")
    assert todo.settled(wanted, policies=True)
    assert seen(todo, QUERY) == ["open"]


def test_policies_of_others_stay(todo: Database):
    todo.run("create policy mine on \"Todo\" for select to anon using (title = 'his')")
    report = todo.push(TODO, policies=True)
    assert report.changes == ()
    assert report.notes == (
        "policy public.Todo mine is not of the schema, and stays: it allows what it says beside the rules",
    )
    assert seen(todo, QUERY) == ["open", "his"]


def test_without_policies_nothing_of_them_is_touched(todo: Database):
    assert todo.settled(TODO.replace("!secret", "true"), policies=False)
    assert seen(todo, QUERY) == ["open"]


def test_a_rule_that_the_database_cannot_keep_stops_the_push(todo: Database):
    wanted = TODO.replace("title String", "title String @deny('read', secret)")
    with pytest.raises(Problem, match=r"Todo\.title: not enforceable by row level security"):
        todo.push(wanted, policies=True)
    assert todo.settled(TODO, policies=True)


def test_the_schema_may_leave_such_a_rule_to_the_client(todo: Database):
    wanted = TODO.replace("title String", "title String @deny('read', secret)")
    wanted = "plugin policy { provider = '@zenstackhq/plugin-policy'\n fieldReads = 'client' }\n" + wanted
    assert todo.settled(wanted, policies=True)


def test_a_view_that_masks_follows_its_table(todo: Database):
    head = "plugin policy { provider = '@zenstackhq/plugin-policy'\n fieldReads = 'view' }\n"
    masked = head + TODO.replace("title String", "title String @deny('read', secret)")
    todo.push(masked, policies=True)
    assert todo.settled(masked, policies=True)
    wider = masked.replace("title String", "title String @db.VarChar(90)")
    todo.push(wider, policies=True)
    assert todo.settled(wider, policies=True)
    renamed = wider.replace("Todo", "Task").replace("todos", "tasks")
    todo.push(renamed, policies=True)
    assert todo.settled(renamed, policies=True)
    assert todo.rows("select viewname::text from pg_views where schemaname = 'public'") == ["Task_readable"]
    todo.push("model Other { id Int @id }", policies=True)
    assert todo.rows("select viewname::text from pg_views where schemaname = 'public'") == []


def test_a_setting_that_is_none_is_refused(todo: Database):
    wanted = "plugin policy { provider = 'x'\n fieldReads = 'maybe' }\n" + TODO
    with pytest.raises(Problem, match="fieldReads"):
        todo.push(wanted, policies=True)


def test_a_supabase_project_keeps_its_grants_to_what_rules_allow(make: Callable[..., Database]):
    database = make("supabase")
    database.push(TODO, policies=True)
    database.run(f"insert into \"User\" values ('{ADA}')")
    assert seen(database, 'select id::text from "User"') == []
    assert seen(database, 'select id::text from "User"', ADA) == [ADA]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        seen(database, 'delete from "User" returning id', ADA)
    assert database.settled(TODO, policies=True)


# The mirror of auth.users

MIRROR = """
    model User { id String @id @db.Uuid
        email String @unique
        createdAt DateTime @default(now())
        changed DateTime @updatedAt
        plan String? @meta("sync", "raw_app_meta_data.plan")
        nick String? @meta("sync", "raw_user_meta_data.nick")
        role String @default("member")
        @@auth
        @@meta("sync", "auth.users")
        @@allow('read', auth() == this) }
"""


@pytest.fixture
def mirror(database: Database) -> Database:
    """One user was there before the mirror."""
    database.run(
        "drop schema if exists gatepost_sync cascade",
        "delete from auth.users",
        f"""insert into auth.users (id, email, created_at, raw_app_meta_data)
            values ('{ADA}', 'ada@example.com', '2020-01-02T03:04:05Z', '{{"plan": "pro"}}')""",
    )
    database.push(MIRROR, policies=True)
    return database


def test_users_who_are_there_are_copied(mirror: Database):
    rows = mirror.rows('select id::text, email, "createdAt"::text, plan, nick, role from "User"')
    assert rows == [(ADA, "ada@example.com", "2020-01-02 03:04:05", "pro", None, "member")]
    assert mirror.settled(MIRROR, policies=True)


def test_inserts_updates_and_deletes_follow(mirror: Database):
    mirror.run(f"insert into auth.users (id, email) values ('{EVE}', 'eve@example.com')")
    assert mirror.rows('select email from "User" order by email') == ["ada@example.com", "eve@example.com"]
    mirror.run(
        f"update \"User\" set role = 'boss' where id = '{EVE}'",
        f"""update auth.users set email = 'eva@example.com', raw_user_meta_data = '{{"nick": "E"}}'
            where id = '{EVE}'""",
    )
    assert mirror.rows(f"select email, nick, role from \"User\" where id = '{EVE}'") == [
        ("eva@example.com", "E", "boss")
    ]
    mirror.run(f"delete from auth.users where id = '{EVE}'")
    assert mirror.rows('select email from "User"') == ["ada@example.com"]


def test_a_user_deleted_softly_is_gone(mirror: Database):
    mirror.run("update auth.users set deleted_at = now()")
    assert mirror.rows('select count(*) from "User"') == [0]


def test_a_user_without_what_is_required_has_a_row_once_it_is_known(mirror: Database):
    mirror.run(f"insert into auth.users (id, phone) values ('{EVE}', '49123')")
    assert mirror.rows('select email from "User"') == ["ada@example.com"]
    mirror.run(f"update auth.users set email = 'eve@example.com' where id = '{EVE}'")
    assert mirror.rows('select count(*) from "User"') == [2]


def test_the_auth_server_itself_keeps_the_mirror(mirror: Database):
    with psycopg.connect(
        mirror.dsn.replace("user='postgres'", "user='supabase_auth_admin'"), autocommit=True
    ) as server:
        server.execute(f"insert into auth.users (id, email) values ('{EVE}', 'eve@example.com')")  # pyright: ignore
    assert mirror.rows('select count(*) from "User"') == [2]


def test_the_function_is_nobodys_to_call_and_finds_nothing_by_search_path(mirror: Database):
    facts = mirror.rows("""
        select prosecdef, proconfig::text, has_function_privilege('authenticated', oid, 'execute'),
            has_schema_privilege('authenticated', pronamespace, 'usage')
        from pg_proc where pronamespace = 'gatepost_sync'::regnamespace
    """)
    assert facts == [(True, '{"search_path=pg_catalog, pg_temp"}', False, False)]


def test_no_longer_asked_for_it_ends_and_the_rows_stay(mirror: Database):
    mirror.push(MIRROR.replace('@@meta("sync", "auth.users")', ""), policies=True)
    mirror.run(f"insert into auth.users (id, email) values ('{EVE}', 'eve@example.com')")
    assert mirror.rows('select email from "User"') == ["ada@example.com"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('role String @default("member")', "role String", "role is required, and nothing in auth.users fills it"),
        ('"raw_app_meta_data.plan"', '"encrypted_password"', 'nothing to sync called "encrypted_password"'),
        ('"raw_app_meta_data.plan"', '"raw_app_meta_data"', 'nothing to sync called "raw_app_meta_data"'),
        ('"auth.users"', '"auth.sessions"', 'knows "auth.users" only'),
        ("auth() == this", "nick == 'x'", "nick comes from raw_user_meta_data, which its user may write"),
        ("id String", "key String", "key must take the user's id"),
    ],
)
def test_what_cannot_be_mirrored(database: Database, old: str, new: str, message: str):
    text = MIRROR.replace(old, new)
    with pytest.raises(Problem) as refused:
        database.push(text, policies=True)
    assert message in refused.value.message
    assert refused.value.message.startswith("schema.zmodel:")
