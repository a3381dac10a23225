"""Rows are found by an index under the policies, however many tenants there are; what a token says is asked once."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from gatepost.embedded import Server
from tests.conftest import FreshDatabase

from .conftest import ADMIN_1, SUPER, USER_1, Site, populate

NOTES = """
create table public.notes (id bigint generated always as identity primary key, tenant_id uuid not null, text text);
create index on public.notes (tenant_id);
grant select on public.notes to authenticated;
create policy "of the tenant" on public.notes for select to authenticated
    using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:todo')))
"""
# Past the triggers, which have nothing to do for people without an account.
MANY = """
set session_replication_role = replica;
insert into app.tenant (identifier, name) select 'many-' || i, 'Many ' || i from generate_series(1, 500) as i;
insert into app.tenant_subscription (tenant_id, license_pack_key) select id, 'base' from app.tenant
where name like 'Many%';
insert into app.resident (tenant_id, tenant_name, email)
select t.id, t.name, t.identifier || '-' || i || '@example.com'
from app.tenant t, generate_series(1, 10) as i where t.name like 'Many%';
insert into app.profile (id, email) select id, email from app.resident where tenant_name like 'Many%';
insert into app.license (tenant_id, resident_id, tenant_subscription_id, license_type_key)
select r.tenant_id, r.id, s.id, key from app.resident r
join app.tenant_subscription s on s.tenant_id = r.tenant_id and s.license_pack_key = 'base',
unnest(array['app-user', 'app-address-book']) as key where r.tenant_name like 'Many%';
insert into app.audit_event (tenant_id, action) select t.id, 'x' from app.tenant t, generate_series(1, 10);
insert into public.notes (tenant_id, text) select t.id, 'x' from app.tenant t, generate_series(1, 20);
analyze
"""

LARGE = ("public.notes", "app.resident", "app.license", "app.audit_event", "app.profile")
TABLES = (*LARGE, "app.tenant_subscription", "app.tenant")  # five hundred rows fill a few pages


@pytest.fixture(scope="module")
def site(cluster: Server, fresh_database: FreshDatabase) -> Iterator[Site]:
    made = populate(cluster, fresh_database())
    made.owner.execute(NOTES)
    with psycopg.connect(cluster.dsn(dbname=made.name), autocommit=True) as root:
        root.execute(MANY)
    yield made
    made.owner.close()
    made.auth.close()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def explained(site: Site, who: str, text: str) -> list[dict[str, Any]]:
    """The nodes of a plan, as somebody asks."""
    found = site.call(who, f"explain (analyze, buffers, timing off, format json) {text}")
    [plan] = json.loads(found) if isinstance(found, str) else found
    return list(nodes(plan["Plan"]))


@pytest.mark.parametrize("table", LARGE)
@pytest.mark.parametrize("who", [USER_1, ADMIN_1])
def test_a_list_is_found_by_an_index(site: Site, who: str, table: str) -> None:
    plan = explained(site, who, f"select * from {table}")
    scans = [node["Node Type"] for node in plan if node.get("Relation Name") == table.partition(".")[2]]
    assert scans
    assert "Seq Scan" not in scans, plan
    looked_at = sum(node.get("Rows Removed by Filter", 0) for node in plan)
    assert looked_at <= 1, "rows of other tenants were looked at"


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("who", [USER_1, ADMIN_1, SUPER])
def test_what_the_token_says_is_asked_once(site: Site, who: str, table: str) -> None:
    plan = explained(site, who, f"select * from {table}")
    asked = [node for node in plan if node.get("Parent Relationship") == "InitPlan"]
    assert asked
    assert {node["Actual Loops"] for node in asked} <= {0, 1}
    conditions = " ".join(str(node.get(name, "")) for node in plan for name in ("Filter", "Index Cond", "Recheck Cond"))
    assert "auth_ext." not in conditions
    assert "current_setting" not in conditions


QUESTIONS = {
    "by a person": "select id from app.resident r where r.profile_id = '{user}' and r.status = 'active'",
    "all of a person": "select id from app.resident r where r.profile_id = '{user}'",
    "by an address": "select id from app.resident r where r.email = 'many-7-3@example.com' and r.profile_id is null",
    "by a residency": "select id from app.license l where l.resident_id = '{resident}' and l.status = 'active'",
    "seats": "select count(*) from app.license l where l.tenant_subscription_id = '{subscription}'"
    " and l.license_type_key = 'app-user'",
    "what has ended": "select id from app.license l where l.status = 'active' and l.expires_at <= now()",
}


@pytest.mark.parametrize("what", QUESTIONS)
def test_what_claims_are_made_of_is_found_by_an_index(site: Site, what: str) -> None:
    subscription = site.value("select id from app.tenant_subscription limit 1")
    text = QUESTIONS[what].format(user=site.user(USER_1), resident=site.resident(USER_1), subscription=subscription)
    row = site.value(f"explain (format json) {text}")
    scans = {node["Node Type"] for node in nodes(row[0]["Plan"]) if "Relation Name" in node}
    assert "Seq Scan" not in scans


# As nearly everybody is at home, PostgreSQL would think that hardly anybody is not support.
NOT_SUPPORT = {
    "a residency": "select * from app.resident r where r.id = '{resident}' and r.type <> 'support'",
    "one's own": "select * from app.resident r where r.profile_id = (select auth.uid()) and r.type <> 'support'",
}


@pytest.mark.parametrize("who", [ADMIN_1, SUPER])
@pytest.mark.parametrize("what", NOT_SUPPORT)
def test_one_residency_is_looked_at(site: Site, who: str, what: str) -> None:
    plan = explained(site, who, NOT_SUPPORT[what].format(resident=site.resident(USER_1)))
    assert sum(node.get("Rows Removed by Filter", 0) for node in plan) <= 1


def test_what_the_site_may_read_is_said_without_reading_it(site: Site) -> None:
    """However many tenants and people there are."""
    plan = explained(site, SUPER, f"select * from app.profile where id = '{site.user(SUPER)}'")
    asked = [node for node in plan if node.get("Parent Relationship") == "InitPlan"]
    # A few of the catalog; five thousand people fill more than a hundred.
    assert sum(node["Shared Hit Blocks"] + node["Shared Read Blocks"] for node in asked) <= 50


@pytest.mark.parametrize("function", ["get_myself", "my_profile_residencies"])
def test_ones_own_is_found_at_once(site: Site, function: str) -> None:
    """An index cannot be asked for what a function says that might fail for a row one may not see."""
    source = site.value("select prosrc from pg_proc where oid = to_regproc(%s)", f"app_api.{function}")
    assert "(select auth.uid())" in source
