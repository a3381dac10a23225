"""What the tenancy module's policies call is harmless in company, so its tables and those of tenants are read there."""

import psycopg
import pytest

from gatepost import migrate
from gatepost.catalog import Name
from gatepost.database.facts.introspect import HARMLESS, MODULES, introspect
from gatepost.database.scope import Database
from gatepost.embedded import Server

SQL = """
create table public.tasks (id int primary key, tenant_id uuid not null);
create policy "Of the tenant." on public.tasks for select to authenticated
  using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:todo')));
create table public.guarded (id int primary key);
create policy "Who may." on public.guarded for select to authenticated using (auth_ext.enforce_permission('p:todo'));
"""
# Nothing that outlives a statement, waits for others, or asks about them.
WORDS = "set_config|advisory|nextval|setval|notify|pg_sleep|lock|insert|update|delete|create|drop|execute"


@pytest.fixture(scope="module")
def prepared(cluster: Server, database_name: str) -> str:
    migrate.install_module(cluster.dsn(dbname=database_name), "tenancy")
    with psycopg.connect(cluster.dsn("postgres", database_name), autocommit=True) as owner:
        owner.execute(SQL.encode())
    return database_name


async def test_tables_of_tenants_share_connections(cluster: Server, prepared: str) -> None:
    database = Database({"authenticator": cluster.dsn("authenticator", prepared)})
    scope = database.system("catalog")
    plain = await introspect(scope, ["public", "app"])
    catalog = await introspect(scope, ["public", "app"], harmless=(*HARMLESS, *MODULES["tenancy"]))
    await database.close()
    shared = [Name("public", "tasks"), *(Name("app", name) for name in ("tenant", "resident", "license", "profile"))]
    assert [name for name in shared if name not in catalog.inert] == []
    assert [name for name in shared if name in plain.inert] == []
    assert Name("public", "guarded") not in catalog.inert


def test_those_functions_only_read(cluster: Server, prepared: str) -> None:
    with psycopg.connect(cluster.dsn(dbname=prepared)) as admin:
        rows = admin.execute(
            "select p.proname, l.lanname, p.provolatile, p.prosrc ~* %s, p.prosecdef and p.proconfig is null"
            " from pg_proc p join pg_language l on l.oid = p.prolang"
            " where p.pronamespace = 'auth_ext'::regnamespace and p.proname = any (%s)",
            (rf"\m({WORDS})", [name.name for name in MODULES["tenancy"]]),
        ).fetchall()
    assert {row[0] for row in rows} == {name.name for name in MODULES["tenancy"]}
    assert {row[1:] for row in rows} == {("sql", "s", False, False)}
