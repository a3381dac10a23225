"""Support mode: somebody of the site in a tenant's place, for a reason and a time, and the tenant's admins see it."""

import psycopg
import pytest

from .conftest import ADMIN_1, ADMIN_2, SUPER, USER_1, Site

BECOME = "select app_api.become_support(%s, %s, %s)"


def test_what_the_tenants_admins_see_of_it(site: Site) -> None:
    site.support("demo-tenant-1", minutes=30)
    text = "select jsonb_agg(to_jsonb(s)) from app_api.tenant_support_sessions() as s"
    [session] = site.call(ADMIN_1, text)
    assert (session["reason"], session["ended_at"]) == ("ticket 7", None)
    assert site.call(ADMIN_2, text) is None
    actions = "select array_agg(action order by id) from app_api.tenant_audit_events()"
    assert site.call(ADMIN_1, actions)[-1] == "support began"
    site.call(SUPER, "select app_api.exit_support_mode()")
    [session] = site.call(ADMIN_1, text)
    assert session["ended_at"] is not None
    assert site.call(ADMIN_1, actions)[-1] == "support ended"


def test_its_residency_is_not_among_the_tenants_own(site: Site) -> None:
    site.support("demo-tenant-1")
    emails = site.call(ADMIN_1, "select array_agg(email) from app_api.tenant_profile_residencies()")
    assert sorted(emails) == sorted([ADMIN_1, USER_1, "demo-user-1b@example.com"])


REFUSED = {
    "without a reason": ("demo-tenant-1", "  ", 60, "30034"),
    "without an end": ("demo-tenant-1", "ticket 7", None, "30034"),
    "for days": ("demo-tenant-1", "ticket 7", 481, "30034"),
    "for no time": ("demo-tenant-1", "ticket 7", 0, "30034"),
    "of the tenant one is in": ("anchor", "ticket 7", 60, "30033"),
}


@pytest.mark.parametrize("how", REFUSED)
def test_not(site: Site, how: str) -> None:
    tenant, reason, minutes, code = REFUSED[how]
    with pytest.raises(Exception, match=code):
        site.call(SUPER, BECOME, site.tenant(tenant), reason, minutes)


def test_not_by_a_tenants_admin(site: Site) -> None:
    with pytest.raises(Exception, match="30000: NOT AUTHORIZED"):
        site.call(ADMIN_1, BECOME, site.tenant("demo-tenant-2"), "ticket 7", 60)


def test_not_within_support(site: Site) -> None:
    site.support("demo-tenant-1")
    with pytest.raises(Exception, match="30033"):
        site.support("demo-tenant-2")


def test_not_of_a_tenant_that_is_inactive(site: Site) -> None:
    site.call(SUPER, "select app_api.deactivate_tenant(%s)", site.tenant("demo-tenant-1"))
    with pytest.raises(Exception, match="30037"):
        site.support("demo-tenant-1")


def test_it_does_not_reach_beyond_the_tenant(site: Site) -> None:
    site.support("demo-tenant-1")
    assert site.call(SUPER, "select count(*) from app.tenant") == 1
    with pytest.raises(Exception, match="30000: NOT AUTHORIZED"):
        site.call(SUPER, "select app_api.deactivate_tenant(%s)", site.tenant("demo-tenant-2"))


def test_when_its_time_is_over_nothing_is_left_of_it(site: Site) -> None:
    before = site.claims(SUPER)
    site.support("demo-tenant-1")
    site.owner.execute("update app.support_session set started_at = now() - interval '2 hours'")
    until = "select valid_until = s.expires_at from auth_private.user_claims c join app.support_session s"
    assert site.value(until + " on s.profile_id = c.user_id") is True
    token = site.token(SUPER)
    with site.owner.transaction():
        site.owner.execute("alter table app.support_session disable trigger user")
        site.owner.execute("update app.support_session set expires_at = now()")
        site.owner.execute("alter table app.support_session enable trigger user")
    with pytest.raises(Exception, match="30000: NOT AUTHORIZED"):
        site.call(SUPER, "select app_api.tenant_profile_residencies()", token=token)
    site.owner.execute("update auth_private.user_claims set valid_until = now()")
    renewed = site.auth.execute("select auth_private.renew_claims(%s)", (site.user(SUPER),)).fetchone()
    assert renewed == ({"claims": before, "valid_until": None},)
    assert site.claims(SUPER) == before
    assert site.value("select count(*) from app.support_session where ended_at is null") == 0


def test_leaving_goes_back_to_where_it_began(site: Site) -> None:
    site.call(ADMIN_2, "select app_api.invite_user(%s)", SUPER)
    site.grant(ADMIN_2, SUPER, "app-admin", "demo-tenant-2")
    site.support("demo-tenant-1")
    assert site.status(SUPER) == "supporting"
    site.call(SUPER, "select app_api.exit_support_mode()")
    assert site.status(SUPER) == "active"
    with pytest.raises(Exception, match="30034"):
        site.call(SUPER, "select app_api.exit_support_mode()")


def test_switching_to_a_residency_ends_it(site: Site) -> None:
    site.support("demo-tenant-1")
    site.assume(SUPER)
    assert site.claims(SUPER)["tenant_name"] == "Anchor Tenant"
    assert site.value("select count(*) from app.support_session where ended_at is null") == 0


def test_deactivating_the_tenant_ends_it(site: Site) -> None:
    site.support("demo-tenant-1")
    site.value("select app_fn.deactivate_tenant(%s)", site.tenant("demo-tenant-1"))
    assert site.claims(SUPER)["tenant_name"] == "Anchor Tenant"


def test_what_was_done_is_on_record_and_stays_there(site: Site) -> None:
    site.grant(ADMIN_1, USER_1, "app-admin")
    site.call(ADMIN_1, "select app_api.block_resident(%s)", site.resident("demo-user-1b@example.com"))
    text = "select jsonb_agg(to_jsonb(e) order by id) from app.audit_event e where actor_profile_id = %s"
    events = site.value(text, site.user(ADMIN_1))
    assert [event["action"] for event in events] == ["residency assumed", "license granted", "resident blocked"]
    assert events[1]["subject"] == {"resident": site.resident(USER_1), "license_type": "app-admin"}
    for statement in ("update app.audit_event set action = 'x'", "delete from app.audit_event"):
        with site.as_user(SUPER, role="tenancy_api") as session, pytest.raises(Exception, match="permission denied"):
            session.execute(statement)  # pyright: ignore


# To look only ---------------------------------------------------------------------------------------------------------

LOOK = "select app_api.become_support(%s, 'ticket 7', 60, true)"
CHANGES = {
    "an invitation": "select app_api.invite_user('new@example.com')",
    "a block": "select app_api.block_resident(r.id) from app_api.tenant_profile_residencies() r where r.email = %s",
    "a grant": "select app_api.grant_user_license(r.id, 'app-admin') from app_api.tenant_profile_residencies() r"
    " where r.email = %s",
}


def looking(site: Site) -> None:
    site.call(SUPER, LOOK, site.tenant("demo-tenant-1"))


@pytest.mark.parametrize("what", CHANGES)
def test_support_that_may_only_look_changes_nothing(site: Site, what: str) -> None:
    looking(site)
    text = CHANGES[what]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        site.call(SUPER, text, *[USER_1] * text.count("%s"))


def test_neither_does_a_module_that_asks_for_the_permission(site: Site) -> None:
    """There is no way back within the transaction."""
    looking(site)
    with site.as_user(SUPER) as session:
        session.execute("select auth_ext.enforce_permission('p:todo')")
        assert session.execute("show transaction_read_only").fetchone() == ("on",)
        with pytest.raises(psycopg.errors.ActiveSqlTransaction):
            session.execute("set transaction read write")
        session.rollback()
    with site.as_user(ADMIN_1) as session:
        session.execute("select auth_ext.enforce_permission('p:todo')")
        assert session.execute("show transaction_read_only").fetchone() == ("off",)


def test_it_sees_what_support_sees_and_leaves_when_it_wants(site: Site) -> None:
    looking(site)
    assert site.call(SUPER, "select count(*) from app_api.tenant_profile_residencies()") == 3
    actions = (
        "select array_agg(subject -> 'read_only') from app_api.tenant_audit_events() where action = 'support began'"
    )
    assert site.call(ADMIN_1, actions) == [True]
    assert site.call(ADMIN_1, "select bool_and(read_only) from app_api.tenant_support_sessions()") is True
    site.call(SUPER, "select app_api.exit_support_mode()")
    assert site.call(SUPER, "select auth_ext.is_read_only()") is False


def test_a_token_from_then_changes_nothing_after_it_either(site: Site) -> None:
    looking(site)
    token = site.token(SUPER)
    site.call(SUPER, "select app_api.exit_support_mode()")
    assert site.call(SUPER, "select auth_ext.is_read_only()", token=token) is True
    site.support("demo-tenant-1")
    assert site.call(SUPER, "select auth_ext.is_read_only()", token=token) is False  # he may, now
