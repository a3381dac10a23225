"""What the catalog says: rows are under policies, clients write nothing, and reach no function but those for them."""

import psycopg

from .conftest import Row, Site

MODULES = ("loc", "msg", "todo", "inc")
SCHEMAS = [*MODULES, "app"]
INNER = [f"{module}_fn" for module in SCHEMAS] + ["app_private"]
OUTER = [f"{module}_api" for module in SCHEMAS]
ROLES = ["anon", "authenticated", "service_role", "authenticator", "service_authenticator"]
# They see residents whom the caller may not see, and say no more of them than their names.
DEFINERS = {
    "msg_fn.ensure_msg_resident",
    "msg_fn.handle_update_profile",
    "todo_fn.ensure_todo_resident",
    "todo_fn.handle_update_profile",
    "todo_fn.tenant_residents",
}
ROUTINES = """
select pronamespace::regnamespace || '.' || proname as name, prosecdef, proowner::regrole::text,
    coalesce(proconfig && array['search_path=""', 'search_path=pg_catalog, pg_temp'], false)
from pg_proc where pronamespace::regnamespace::text = any (%s)
"""


def asked(site: Site, text: str, *values: object) -> list[Row]:
    site.session.execute("reset role")
    return site.session.execute(text, values).fetchall()  # pyright: ignore


def test_every_table_is_under_policies(site: Site) -> None:
    text = """
        select c.oid::regclass::text, c.relrowsecurity,
            exists (select from pg_policy p where p.polrelid = c.oid), c.relowner::regrole::text
        from pg_class c where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text = any (%s)
    """
    tables = asked(site, text, SCHEMAS)
    assert {f"{row[0]}" for row in tables} >= {"todo.todo", "msg.message", "inc.incident", "loc.location"}
    assert {row[1:] for row in tables} == {(True, True, "postgres")}


def test_no_policy_is_for_everybody(site: Site) -> None:
    text = "select distinct unnest(roles)::text from pg_policies where schemaname = any (%s)"
    assert {row[0] for row in asked(site, text, list(MODULES))} == {"authenticated", "tenancy_api"}


def test_clients_write_no_table(site: Site) -> None:
    text = """
        select role, c.oid::regclass::text, right_
        from pg_class c, unnest(%s::text[]) role, unnest(array['insert', 'update', 'delete', 'truncate', 'references',
            'trigger']) right_
        where c.relkind in ('r', 'p', 'v') and c.relnamespace::regnamespace::text = any (%s)
            and (has_table_privilege(role, c.oid, right_)
                or case when right_ in ('insert', 'update', 'references')
                    then has_any_column_privilege(role, c.oid, right_) else false end)
    """
    assert asked(site, text, ROLES, SCHEMAS) == []


def test_who_is_not_signed_in_reads_no_table(site: Site) -> None:
    text = """
        select c.oid::regclass from pg_class c
        where c.relnamespace::regnamespace::text = any (%s) and has_table_privilege('anon', c.oid, 'select')
    """
    assert asked(site, text, SCHEMAS) == []


def test_clients_call_what_is_for_them_and_nothing_inside(site: Site) -> None:
    text = """
        select p.oid::regprocedure::text from pg_proc p, unnest(%s::text[]) role
        where pronamespace::regnamespace::text = any (%s) and has_function_privilege(role, p.oid, 'execute')
    """
    assert asked(site, text, ROLES, INNER) == []
    assert asked(site, text, ["anon", "service_role"], OUTER) == [("app_api.demo_profile_residencies()",)]
    callable_ones = {row[0] for row in asked(site, text, ["authenticated"], OUTER)}
    assert not {name for name in callable_ones if "enforce" in name}
    assert len(callable_ones) == len(asked(site, ROUTINES, OUTER)) - 4


def test_what_a_client_calls_runs_as_a_role_that_has_nothing(site: Site) -> None:
    assert {row[1:] for row in asked(site, ROUTINES, OUTER)} == {(True, "tenancy_api", True)}
    role = "select rolcanlogin, rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = 'tenancy_api'"
    assert asked(site, role) == [(False, False, False, False)]
    assert asked(site, "select relname from pg_class where relowner = 'tenancy_api'::regrole") == []
    created = "select nspname from pg_namespace where has_schema_privilege('tenancy_api', oid, 'create')"
    assert asked(site, created) == []


def test_what_is_done_runs_as_who_calls(site: Site) -> None:
    routines = asked(site, ROUTINES, [f"{module}_fn" for module in MODULES])
    assert {row[0] for row in routines if row[1]} == DEFINERS
    assert {row[2:] for row in routines} == {("postgres", True)}


def test_what_is_done_knows_nothing_of_who_asks(site: Site) -> None:
    text = """
        select p.oid::regprocedure from pg_proc p
        where pronamespace::regnamespace::text = any (%s) and prosrc ~ '(auth_ext|auth|app_private)\\.|current_setting'
    """
    assert asked(site, text, [f"{module}_fn" for module in MODULES]) == []


def test_every_foreign_key_has_an_index(site: Site) -> None:
    text = """
        select conrelid::regclass::text, conname from pg_constraint c
        where contype = 'f' and connamespace::regnamespace::text = any (%s) and not exists (
            select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = any (c.conkey)
        )
    """
    assert asked(site, text, list(MODULES)) == []


def test_every_reference_stays_in_its_tenant(site: Site) -> None:
    """Past all functions and policies: what another tenant has cannot be referred to."""
    theirs = asked(site, "select r.id from app.resident r join app.tenant t on t.id = r.tenant_id"
        " where t.identifier = 'demo-tenant-2' and r.email = 'user-2a@example.com'")[0][0]  # fmt: skip
    for change in (
        "update todo.todo set resident_id = %(theirs)s where id = %(todo)s",
        "update todo.todo set parent_todo_id = %(other)s where id = %(todo)s",
        "update todo.todo set root_todo_id = %(other)s where id = %(todo)s",
        "update todo.todo set topic_id = %(topic)s where id = %(todo)s",
        "update inc.incident set todo_id = %(other)s where todo_id <> %(other)s",
        "update msg.message set topic_id = %(topic)s where topic_id <> %(topic)s",
    ):
        values = {
            "theirs": theirs,
            "todo": site.todo("Gloves"),
            "other": site.todo("Gloves", "demo-tenant-2"),
            "topic": site.topic("where-to-meet", "demo-tenant-2"),
        }
        assert "violates foreign key constraint" in refusal(site, change, values), change


def refusal(site: Site, text: str, values: dict[str, object]) -> str:
    site.session.execute("reset role")
    try:
        with site.session.transaction():
            site.session.execute(text, values)  # pyright: ignore
    except psycopg.Error as error:
        return error.diag.message_primary or ""
    return ""
