"""Two at once: each sees what the other did, in whatever order they come, and neither waits for ever.

One site for all of it: what a test changes is undone, or nobody else's.
"""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from gatepost.embedded import Server

from .conftest import ADMIN_1, ADMIN_2, ANCHOR_USER, SUPER, USER_1, USER_1B, USER_2, Session, Site, copied
from .test_licences import offer


@pytest.fixture(scope="module")
def site(cluster: Server, site_template: str) -> Iterator[Site]:
    with copied(cluster, site_template, f"{site_template}_races") as made:
        made.grant(SUPER, ANCHOR_USER, "app-admin-support")
        for email in (USER_1, USER_1B, SUPER):
            made.call(ADMIN_2, "select app_api.invite_user(%s)", email)
        offer(made, seats=1)
        yield made


@pytest.fixture
def another() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def begun(site: Site, email: str, isolation: str = "read committed") -> Session:
    """A request of somebody that is under way."""
    session = psycopg.connect(site.cluster.dsn("authenticator", site.name))
    session.execute(f"set transaction isolation level {isolation}")  # pyright: ignore
    token = json.dumps(site.token(email))
    session.execute(
        "select set_config('request.jwt.claims', %s, true), set_config('role', 'authenticated', true)", (token,)
    )
    return session


WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


def wait_for(site: Site, work: Future[Any]) -> None:
    """Until somebody waits for a lock, or there is nothing to wait for."""
    while not work.done() and not site.value(WAITING):
        pass


def as_they_should(site: Site) -> bool:
    """Whether everybody's claims are what they would be, were they computed now."""
    return site.value(
        "select bool_and(c.claims = to_jsonb(app_fn.current_profile_claims(c.user_id)) and k.written like"
        " '%%' || (u.raw_app_meta_data || c.claims)::text || '%%')"
        " from auth_private.user_claims c join auth_private.current_claims k using (user_id)"
        " join auth.users u on u.id = user_id"
    )


def test_a_licence_that_is_revoked_while_its_owner_comes_in(site: Site, another: ThreadPoolExecutor) -> None:
    resident = site.resident(USER_1, "demo-tenant-2")
    license = site.value(
        "select id from app.license where resident_id = %s and license_type_key = 'app-user'", resident
    )
    with begun(site, USER_1) as coming:
        coming.execute("select app_api.assume_residency(%s)", (resident,))
        work = another.submit(site.call, ADMIN_2, "select app_api.revoke_user_license(%s)", license)
        wait_for(site, work)
    assert work.result(30) is True
    assert "p:todo" not in site.permissions(USER_1)
    assert as_they_should(site)


def test_a_subscription_that_ends_while_somebody_comes_in(site: Site, another: ThreadPoolExecutor) -> None:
    subscription = site.value(
        "select id from app.tenant_subscription where tenant_id = %s and license_pack_key = 'inc'",
        site.tenant("demo-tenant-2"),
    )
    with begun(site, USER_1B) as coming:
        coming.execute("select app_api.assume_residency(%s)", (site.resident(USER_1B, "demo-tenant-2"),))
        work = another.submit(site.call, SUPER, "select app_api.deactivate_tenant_subscription(%s)", subscription)
        wait_for(site, work)
    work.result(30)
    assert "p:incidents" not in site.permissions(USER_1B)
    assert as_they_should(site)
    site.call(SUPER, "select app_api.reactivate_tenant_subscription(%s)", subscription)


def test_a_tenant_that_is_deactivated_while_support_comes(site: Site, another: ThreadPoolExecutor) -> None:
    tenant = site.tenant("demo-tenant-2")
    with begun(site, ANCHOR_USER) as coming:
        coming.execute("select app_api.become_support(%s, 'ticket 7')", (tenant,))
        work = another.submit(site.call, SUPER, "select app_api.deactivate_tenant(%s)", tenant)
        wait_for(site, work)
    work.result(30)
    assert site.claims(ANCHOR_USER)["tenant_name"] == "Anchor Tenant"
    assert as_they_should(site)
    site.call(SUPER, "select app_api.activate_tenant(%s)", tenant)
    for email in (ADMIN_2, USER_2):
        site.assume(email)


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_the_last_seat_goes_once_whatever_a_transaction_saw_before(site: Site, isolation: str) -> None:
    grant = "select app_api.grant_user_license(%s, 'tool')"
    with begun(site, ADMIN_1, isolation) as late:
        late.execute("select 1")
        with begun(site, ADMIN_1) as first:
            first.execute(grant, (site.resident(USER_1),))
        with pytest.raises(psycopg.errors.SerializationFailure):
            late.execute(grant, (site.resident(USER_1B),))
        late.rollback()
    assert site.value("delete from app.license where license_type_key = 'tool' returning 1") == 1


# Locks come in one order: a person's residencies, what else is of him, his claims. While somebody else holds his
# residencies, each of these waits for that, and holds nothing that the other may need.
USER, OWNER, AUTH = "authenticated", "postgres", "supabase_auth_admin"
CHANGES = {
    "a switch": (USER, "select app_api.assume_residency('{home}')"),
    "his profile": (USER, "select app_api.update_profile('Sam', 'Sam', 'Site')"),
    "support that ends": (USER, "select app_api.exit_support_mode()"),
    "his tenant's end": (OWNER, "select app_fn.deactivate_tenant('{supported}')"),
    "his address": (AUTH, "update auth.users set email = 'sam@example.com' where id = '{user}'"),
    "his account's end": (AUTH, "delete from auth.users where id = '{user}'"),
}
HELD = {
    "app.profile": "id",
    "app.support_session": "profile_id",
    "auth_private.user_claims": "user_id",
    "auth_private.current_claims": "user_id",
}


@pytest.fixture(scope="module")
def supporting(site: Site) -> dict[str, str]:
    site.support("demo-tenant-1")
    return {
        "home": site.resident(SUPER),
        "user": site.user(SUPER),
        "supported": site.tenant("demo-tenant-1"),
    }


@pytest.mark.parametrize("what", CHANGES)
def test_residencies_are_locked_first(
    site: Site, supporting: dict[str, str], another: ThreadPoolExecutor, what: str
) -> None:
    role, text = CHANGES[what]
    changing = begun(site, SUPER) if role == USER else psycopg.connect(site.cluster.dsn(role, site.name))
    with psycopg.connect(site.cluster.dsn(dbname=site.name)) as root, changing:
        root.execute("select from app.resident where profile_id = %s for update", (supporting["user"],))
        work = another.submit(changing.execute, text.format(**supporting))  # pyright: ignore
        wait_for(site, work)
        for table, column in HELD.items():
            root.execute(f"select from {table} where {column} = %s for no key update nowait", (supporting["user"],))  # pyright: ignore
        root.rollback()
        work.result(30)
        changing.rollback()
    changing.close()
