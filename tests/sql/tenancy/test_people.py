"""Who comes and goes: addresses that change, accounts that end and begin again, tenants that were away meanwhile."""

from collections.abc import Iterator

import pytest

from gatepost.embedded import Server

from .conftest import ADMIN_1, ADMIN_2, ANCHOR_USER, SUPER, USER_1, USER_1B, USER_2, Site, copied

INVITE = "select (app_api.invite_user(%s)).id::text"


@pytest.fixture(scope="module")
def site(cluster: Server, site_template: str) -> Iterator[Site]:
    """One for all of it: each test has people of its own."""
    with copied(cluster, site_template, f"{site_template}_people") as made:
        yield made


def owner(site: Site, resident: str) -> str | None:
    return site.value("select profile_id::text from app.resident where id = %s", resident)


def licences(site: Site, resident: str) -> int:
    return site.value("select count(*) from app.license where resident_id = %s", resident)


def test_an_account_that_ends_gives_its_seats_back(site: Site) -> None:
    resident = site.resident(USER_1)
    site.auth.execute("delete from auth.users where email = %s", (USER_1,))
    assert (owner(site, resident), site.status(USER_1), licences(site, resident)) == (None, "inactive", 0)


def test_who_has_the_address_then_is_nobody_until_he_is_invited(site: Site) -> None:
    resident, id = site.resident(USER_1), site.sign_up(USER_1)
    assert (owner(site, resident), site.permissions(USER_1)) == (None, set())
    assert site.call(ADMIN_1, INVITE, USER_1) == resident
    assert (owner(site, resident), site.status(USER_1)) == (id, "invited")
    site.assume(USER_1)
    assert "p:todo" in site.permissions(USER_1)


def test_who_was_blocked_is_it_with_a_new_account_too(site: Site) -> None:
    resident = site.resident(USER_1B)
    site.call(ADMIN_1, "select app_api.block_resident(%s)", resident)
    site.auth.execute("delete from auth.users where email = %s", (USER_1B,))
    id = site.sign_up(USER_1B)
    assert site.call(ADMIN_1, INVITE, USER_1B) == resident
    assert (owner(site, resident), site.status(USER_1B)) == (None, "blocked_individual")
    site.call(ADMIN_1, "select app_api.unblock_resident(%s)", resident)
    assert (owner(site, resident), site.status(USER_1B)) == (id, "invited")


def test_who_signed_up_while_the_tenant_was_away_finds_his_invitation(site: Site) -> None:
    resident = site.call(ADMIN_2, INVITE, "away@example.com")
    site.call(SUPER, "select app_api.deactivate_tenant(%s)", site.tenant("demo-tenant-2"))
    id = site.sign_up("away@example.com")
    site.call(SUPER, "select app_api.activate_tenant(%s)", site.tenant("demo-tenant-2"))
    assert owner(site, resident) == id
    for email in (ADMIN_2, USER_2):
        site.assume(email)


def test_nobody_resides_twice_in_a_tenant_because_his_address_changed(site: Site) -> None:
    site.sign_up("before@example.com")
    resident = site.call(ADMIN_1, INVITE, "before@example.com")
    site.auth.execute("update auth.users set email = 'after@example.com' where email = 'before@example.com'")
    assert site.call(ADMIN_1, INVITE, "after@example.com") == resident


def test_an_address_that_somebody_gave_up_takes_nothing_with_it(site: Site) -> None:
    """Whoever has it next is not who was invited under it."""
    resident = site.call(ADMIN_1, INVITE, "given-up@example.com")
    first = site.sign_up("given-up@example.com")
    site.auth.execute("update auth.users set email = 'kept@example.com' where id = %s", (first,))
    second = site.sign_up("given-up@example.com")
    assert owner(site, resident) == first
    assert site.value("select count(*) from app.resident where profile_id = %s", second) == 0


LONG = "x" * 201
SHORT = {
    "no name": ("select app_api.create_tenant('  ')", "30001"),
    "a tenant's name": (f"select app_api.create_tenant('{LONG}')", "30001"),
    "an identifier": (f"select app_api.create_tenant('Named', '{LONG}')", "30001"),
    "an address": (f"select app_api.invite_user('{LONG}{LONG}@example.com')", "30010"),
    "one's own name": (f"select app_api.update_profile('{LONG}', 'A', 'B')", "30011"),
    "a reason": (f"select app_api.become_support(gen_random_uuid(), repeat('{LONG}', 5))", "30034"),
}


@pytest.mark.parametrize("what", SHORT)
def test_what_everybody_else_has_to_read_is_short(site: Site, what: str) -> None:
    text, code = SHORT[what]
    with pytest.raises(Exception, match=code):
        site.call(SUPER, text)


# Support is worth what who gives it is worth.

ENDS = {
    "blocked": ("select app_api.block_resident(%s)", "select app_api.unblock_resident(%s)"),
    "of it no more": (
        "select app_api.grant_user_license(%s, 'app-user')",
        "select app_api.grant_user_license(%s, 'app-admin-support')",
    ),
}


@pytest.mark.parametrize("how", ENDS)
def test_who_may_not_support_any_more_is_out_of_it_at_once(site: Site, how: str) -> None:
    end, undo = ENDS[how]
    resident = site.resident(ANCHOR_USER)
    site.grant(SUPER, ANCHOR_USER, "app-admin-support")
    site.call(ANCHOR_USER, "select app_api.become_support(%s, 'ticket 7')", site.tenant("demo-tenant-1"))
    assert "p:app-admin" in site.permissions(ANCHOR_USER)
    token = site.token(ANCHOR_USER)
    site.call(SUPER, end, resident)
    assert (site.claims(ANCHOR_USER)["tenant_id"], site.permissions(ANCHOR_USER)) == (None, set())
    with pytest.raises(Exception, match="30000: NOT AUTHORIZED"):
        site.call(ANCHOR_USER, "select app_api.tenant_profile_residencies()", token=token)
    site.call(ANCHOR_USER, "select app_api.exit_support_mode()")
    assert site.status(ANCHOR_USER) == ("blocked_individual" if how == "blocked" else "active")
    site.call(SUPER, undo, resident)


def test_its_claims_end_with_the_licence_to_support(site: Site) -> None:
    text = "select app_api.grant_user_license(%s, 'app-admin-support', now() + interval '10 minutes')"
    site.call(SUPER, text, site.resident(ANCHOR_USER))
    site.call(ANCHOR_USER, "select app_api.become_support(%s, 'ticket 7')", site.tenant("demo-tenant-1"))
    until = "select valid_until < now() + interval '11 minutes' from auth_private.user_claims where user_id = %s"
    assert site.value(until, site.user(ANCHOR_USER)) is True
    site.call(ANCHOR_USER, "select app_api.exit_support_mode()")


def test_every_end_of_support_is_on_the_tenants_record(site: Site) -> None:
    tenant, home = site.tenant("demo-tenant-1"), site.resident(SUPER)
    before = site.value("select max(id) from app.audit_event")
    site.support("demo-tenant-1")
    site.call(SUPER, "select app_api.assume_residency(%s)", home)
    site.support("demo-tenant-1")
    site.owner.execute(
        "update app.support_session set expires_at = now() where ended_at is null and started_at < now()"
    )
    site.support("demo-tenant-1")
    site.call(SUPER, "select app_api.exit_support_mode()")
    rows = site.owner.execute(
        "select actor_profile_id::text from app.audit_event"
        " where id > %s and tenant_id = %s and action = 'support ended' order by id",
        (before, tenant),
    ).fetchall()
    assert [actor for (actor,) in rows] == [site.user(SUPER), None, site.user(SUPER)]
