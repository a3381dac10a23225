"""Who may do what to whose rows: every role, tenant, table and operation, against the tables below.

The tables are the rules, written by hand. A word says whose rows: `-` nobody's, `self` those that are about oneself,
`tenant` those of the tenant one is in (support's residencies aside), `own` both, `all` everybody's; `never`: not even a
statement. Reads are what API roles may do by themselves; writes are tried as the role that the API's functions run as,
as if one of them had a hole.
"""

from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest

from gatepost.embedded import Server
from tests.conftest import FreshDatabase

from .conftest import ADMIN_1, ADMIN_2, ANCHOR_USER, SUPER, USER_1, USER_1B, USER_2, Session, Site, populate

NEWCOMER = "newcomer@example.com"
PEOPLE = {
    "newcomer": NEWCOMER,
    "blocked": USER_1B,
    "user": USER_1,
    "admin": ADMIN_1,
    "other admin": ADMIN_2,
    "support": ANCHOR_USER,
    "super": SUPER,
}

READ = """
             tenant  tenant_subscription  profile  resident  license  support_session  audit_event
newcomer     -       -                    self     -         -        -                -
blocked      -       -                    self     self      self     -                -
user         own     -                    self     self      self     -                -
admin        own     own                  self     own       own      own              own
other_admin  own     own                  self     own       own      own              own
support      own     own                  self     own       own      own              own
super        all     all                  all      all       all      all              all
"""

UPDATE = """
             tenant  tenant_subscription  profile  resident  license  support_session  audit_event
newcomer     -       -                    self     -         -        -                never
blocked      -       -                    self     self      -        -                never
user         -       -                    self     self      -        -                never
admin        -       -                    self     own       tenant   -                never
other_admin  -       -                    self     own       tenant   -                never
support      -       -                    self     own       tenant   self             never
super        all     all                  self     all       all      all              never
"""

DELETE = """
             tenant  tenant_subscription  profile  resident  license  support_session  audit_event
newcomer     never   never                never    never     -        never            never
blocked      never   never                never    never     -        never            never
user         never   never                never    never     -        never            never
admin        never   never                never    never     tenant   never            never
other_admin  never   never                never    never     tenant   never            never
support      never   never                never    never     tenant   never            never
super        never   never                never    never     all      never            never
"""

INSERT = """
             tenant_subscription  resident  license  support_session
newcomer     -                    -         -        -
blocked      -                    -         -        -
user         -                    -         -        -
admin        -                    tenant    tenant   -
other_admin  -                    tenant    tenant   -
support      -                    tenant    tenant   all
super        all                  all       all      all
"""

TENANTS = ("anchor", "demo-tenant-1", "demo-tenant-2")
TENANT_OF = {"admin": "demo-tenant-1", "user": "demo-tenant-1", "support": "demo-tenant-1"}
TENANT_OF |= {"other admin": "demo-tenant-2", "super": "anchor"}

# Of each row: its id, its tenant, whom it is about, and whether it is support's.
FACTS = {
    "tenant": "select id, id, null::uuid, false from app.tenant",
    "tenant_subscription": "select id, tenant_id, null::uuid, false from app.tenant_subscription",
    "profile": "select id, null::uuid, id, false from app.profile",
    "resident": "select id, tenant_id, profile_id, type = 'support' from app.resident",
    "license": "select l.id, l.tenant_id, r.profile_id, false from app.license l join app.resident r"
    " on r.id = l.resident_id",
    "support_session": "select id, tenant_id, profile_id, false from app.support_session",
    "audit_event": "select id, tenant_id, null::uuid, false from app.audit_event",
}

TOUCH = {
    "tenant": "updated_at",
    "tenant_subscription": "updated_at",
    "profile": "display_name",
    "resident": "display_name",
    "license": "expires_at",
    "support_session": "ended_at",
    "audit_event": "action",
}

NEW: dict[str, LiteralString] = {
    "tenant_subscription": "insert into app.tenant_subscription (tenant_id, license_pack_key)"
    " values (%(tenant)s, 'extra')",
    "resident": "insert into app.resident (tenant_id, tenant_name, email) values (%(tenant)s, '', 'x@example.com')",
    "license": "insert into app.license (tenant_id, resident_id, tenant_subscription_id, license_type_key)"
    " values (%(tenant)s, %(resident)s, %(subscription)s, 'incidents-admin')",
    "support_session": "insert into app.support_session (tenant_id, profile_id, support_resident_id,"
    " actual_resident_id, reason, expires_at)"
    " values (%(tenant)s, %(me)s, %(resident)s, %(resident)s, 'why', now() + interval '1 minute')",
}


def cells(table: str) -> list[tuple[str, str, str]]:
    """A table above as (who, column, word)."""
    head, *lines = [line.split() for line in table.strip().splitlines()]
    return [
        (who.replace("_", " "), column, word) for who, *words in lines for column, word in zip(head, words, strict=True)
    ]


@pytest.fixture(scope="module")
def site(cluster: Server, fresh_database: FreshDatabase) -> Iterator[Site]:
    """Everybody of the tables, with rows of each kind in each tenant."""
    made = populate(cluster, fresh_database())
    made.sign_up(NEWCOMER)
    made.owner.execute("insert into app.license_pack (key, display_name) values ('extra', 'Extra')")
    made.call(SUPER, "select app_api.become_support(%s, 'earlier')", made.tenant("demo-tenant-2"))
    made.call(SUPER, "select app_api.exit_support_mode()")
    made.grant(SUPER, ANCHOR_USER, "app-admin-support")
    made.call(ADMIN_1, "select app_api.block_resident(%s)", made.resident(USER_1B))
    made.call(ANCHOR_USER, "select app_api.become_support(%s, 'ticket 7')", made.tenant("demo-tenant-1"))
    made.call(ADMIN_2, "select app_api.invite_user('guest@example.com')")
    yield made
    made.owner.close()
    made.auth.close()


def whose(site: Site, who: str, table: str, word: str) -> set[Any]:
    """The ids a word names."""
    me = site.user(PEOPLE[who])
    tenant = site.tenant(TENANT_OF[who]) if who in TENANT_OF else None
    found: set[Any] = set()
    for id, of, about, is_support in site.owner.execute(FACTS[table]).fetchall():  # pyright: ignore
        mine, here = str(about) == me, str(of) == tenant and not is_support
        if {"-": False, "self": mine, "own": mine or here, "tenant": here, "all": True}[word]:
            found.add(id)
    return found


def ids(session: Session, statement: str) -> set[Any]:
    return {row[0] for row in session.execute(statement).fetchall()}  # pyright: ignore


@pytest.mark.parametrize(("who", "table", "word"), cells(READ))
def test_read(site: Site, who: str, table: str, word: str) -> None:
    expected = whose(site, who, table, word)
    with site.as_user(PEOPLE[who]) as session:
        assert ids(session, f"select id from app.{table}") == expected


@pytest.mark.parametrize(("who", "table", "word"), cells(UPDATE))
def test_update(site: Site, who: str, table: str, word: str) -> None:
    statement = f"update app.{table} set {TOUCH[table]} = {TOUCH[table]} returning id"
    check(site, who, table, word, statement)


@pytest.mark.parametrize(("who", "table", "word"), cells(DELETE))
def test_delete(site: Site, who: str, table: str, word: str) -> None:
    check(site, who, table, word, f"delete from app.{table} returning id")


def check(site: Site, who: str, table: str, word: str, statement: str) -> None:
    """A write as the API's role affects the rows the word names; one that is `never` allowed is refused."""
    expected = set[Any]() if word == "never" else whose(site, who, table, word)
    with site.as_user(PEOPLE[who], role="tenancy_api") as session:
        if word == "never":
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(statement)  # pyright: ignore
        else:
            assert ids(session, statement) == expected
        session.rollback()


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize(("who", "table", "word"), cells(INSERT))
def test_insert(site: Site, who: str, table: str, word: str, tenant: str) -> None:
    allowed = word == "all" or (word == "tenant" and TENANT_OF.get(who) == tenant)
    values = {
        "tenant": site.tenant(tenant),
        "me": site.user(PEOPLE[who]),
        "resident": site.value(
            "select r.id from app.resident r where r.tenant_id = %s and type <> 'support' and not exists (select from"
            " app.license l where l.resident_id = r.id and l.license_type_key = 'incidents-admin') limit 1",
            site.tenant(tenant),
        ),
        "subscription": site.value(
            "select id from app.tenant_subscription where tenant_id = %s and license_pack_key = 'inc'",
            site.tenant(tenant),
        ),
    }
    with site.as_user(PEOPLE[who], role="tenancy_api") as session:
        if table == "support_session":  # one at a time
            session.execute("update app.support_session set ended_at = now() where ended_at is null")
        if allowed:
            assert session.execute(NEW[table], values).rowcount == 1
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                session.execute(NEW[table], values)
        session.rollback()


@pytest.mark.parametrize("who", PEOPLE)
def test_nobody_writes_in_somebody_elses_name(site: Site, who: str) -> None:
    text = "insert into app.audit_event (action, actor_profile_id) values ('x', %s)"
    with site.as_user(PEOPLE[who], role="tenancy_api") as session:
        assert session.execute(text, (site.user(PEOPLE[who]),)).rowcount == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(text, (site.user(USER_2),))
        session.rollback()


WRITES = {
    "insert": "insert into app.{table} default values",
    "update": "update app.{table} set {column} = {column}",
    "delete": "delete from app.{table}",
    "truncate": "truncate app.{table} cascade",
}


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("table", FACTS)
@pytest.mark.parametrize("who", [*PEOPLE, "nobody"])
def test_api_roles_write_nothing_by_themselves(site: Site, who: str, table: str, operation: str) -> None:
    statement = WRITES[operation].format(table=table, column=TOUCH[table])
    with site.anonymous() if who == "nobody" else site.as_user(PEOPLE[who]) as session:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement)  # pyright: ignore
        session.rollback()


@pytest.mark.parametrize("table", [*FACTS, "app_settings", "resident_transition", "license_type"])
def test_nobody_reads_anything(site: Site, table: str) -> None:
    with site.anonymous() as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(f"select * from app.{table}")  # pyright: ignore


@pytest.mark.parametrize("table", ["app_settings", "resident_transition"])
def test_what_is_the_sites_alone(site: Site, table: str) -> None:
    with site.as_user(SUPER) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(f"select * from app.{table}")  # pyright: ignore
