"""Claims: what they hold, and that every change of what they come from writes them in its own transaction."""

import pytest

from .conftest import ADMIN_1, ADMIN_2, SUPER, USER_1, USER_2, Site

NINE = {
    "email",
    "tenant_id",
    "profile_id",
    "permissions",
    "resident_id",
    "tenant_name",
    "display_name",
    "profile_status",
    "actual_resident_id",
}


def test_the_documented_example(site: Site) -> None:
    text = "select to_jsonb(app_fn.current_profile_claims(id)) from app.profile where email = %s"
    claims = site.value(text, SUPER)
    assert set(claims) == NINE
    assert sorted(claims.pop("permissions")) == [
        "p:address-book",
        "p:app-admin",
        "p:app-admin-super",
        "p:app-admin-support",
        "p:discussions",
        "p:incidents",
        "p:incidents-admin",
        "p:todo",
    ]
    assert claims == {
        "email": SUPER,
        "tenant_id": site.tenant("anchor"),
        "profile_id": site.user(SUPER),
        "resident_id": site.resident(SUPER),
        "tenant_name": "Anchor Tenant",
        "display_name": "app-admin-super",
        "profile_status": "active",
        "actual_resident_id": None,
    }


def test_what_is_stored_for_tokens_is_the_same(site: Site) -> None:
    text = "select to_jsonb(app_fn.current_profile_claims(%s))"
    for email in (SUPER, ADMIN_1, USER_2):
        assert site.claims(email) == site.value(text, site.user(email))


def test_somebody_without_a_residency_has_no_tenant_and_no_permission(site: Site) -> None:
    id = site.sign_up("new@example.com")
    assert site.claims("new@example.com") == dict.fromkeys(NINE) | {
        "profile_id": id,
        "email": "new@example.com",
        "profile_status": "active",
        "permissions": [],
    }


def test_nobody_has_claims_of_nobody(site: Site) -> None:
    claims = site.value("select to_jsonb(app_fn.current_profile_claims(%s))", "00000000-0000-0000-0000-000000000001")
    assert {name for name, value in claims.items() if value} == {"profile_id"}


def test_helpers_read_the_servers_part_of_the_token_alone(site: Site) -> None:
    forged = site.token(USER_1, {"permissions": ["p:app-admin-super"], "tenant_id": site.tenant("anchor")})
    with site.as_user(USER_1, forged) as session:
        row = session.execute(
            "select auth_ext.tenant_id(), auth_ext.resident_id(), auth_ext.profile_id(), auth_ext.actual_resident_id(),"
            " auth_ext.email(), auth_ext.display_name(), auth_ext.has_permission('p:app-admin-super'),"
            " auth_ext.has_permission('p:todo'), auth_ext.has_permission('p:todo', %s),"
            " auth_ext.has_permission('p:todo', %s), auth_ext.has_all_permissions(array['p:todo', 'p:app-admin'])",
            (site.tenant("demo-tenant-1"), site.tenant("demo-tenant-2")),
        ).fetchone()
    assert row is not None
    ids = [site.tenant("demo-tenant-1"), site.resident(USER_1), site.user(USER_1)]
    assert [str(each) for each in row[:3]] == ids
    assert row[3:] == (None, USER_1, "demo-user-1", False, True, True, False, False)


def test_without_a_token_helpers_say_nothing_and_never_null(site: Site) -> None:
    with site.anonymous() as session:
        row = session.execute(
            "select auth_ext.permissions(), auth_ext.tenant_id(), auth_ext.has_permission('p:todo'),"
            " auth_ext.has_permission('p:todo', gen_random_uuid())"
        ).fetchone()
        assert row == ([], None, False, False)
        with pytest.raises(Exception, match="30000: NOT AUTHORIZED"):
            session.execute("select auth_ext.enforce_permission('p:todo')")


def test_a_grant_and_a_revocation_change_the_claims(site: Site) -> None:
    granted = site.grant(ADMIN_1, USER_1, "incidents-admin")
    assert "p:incidents-admin" in site.permissions(USER_1)
    assert site.call(ADMIN_1, "select app_api.revoke_user_license(%s)", granted) is True
    assert not {"p:incidents-admin", "p:incidents"} & site.permissions(USER_1)


def test_a_block_takes_everything_and_an_unblock_gives_it_back(site: Site) -> None:
    before = site.claims(USER_1)
    site.call(ADMIN_1, "select app_api.block_resident(%s)", site.resident(USER_1))
    assert site.claims(USER_1) | {"email": USER_1} == dict.fromkeys(NINE) | {
        "profile_id": site.user(USER_1),
        "email": USER_1,
        "profile_status": "active",
        "permissions": [],
    }
    site.call(ADMIN_1, "select app_api.unblock_resident(%s)", site.resident(USER_1))
    assert site.claims(USER_1) == before


def test_a_tenant_switch_changes_the_claims(site: Site) -> None:
    site.call(ADMIN_2, "select app_api.invite_user(%s)", USER_1)
    assert site.claims(USER_1)["tenant_name"] == "Demo Tenant 1"
    site.assume(USER_1, "demo-tenant-2")
    assert site.claims(USER_1)["tenant_name"] == "Demo Tenant 2"
    assert site.claims(USER_1)["resident_id"] == site.resident(USER_1, "demo-tenant-2")


def test_support_mode_changes_the_claims_and_back(site: Site) -> None:
    before = site.claims(SUPER)
    site.support("demo-tenant-1")
    claims = site.claims(SUPER)
    assert claims["tenant_name"] == "Demo Tenant 1"
    assert claims["display_name"] == "Site Support"
    assert claims["actual_resident_id"] == site.resident(SUPER)
    assert {"p:app-admin", "p:app-admin-support", "p:incidents-admin"} <= set(claims["permissions"])
    assert "p:app-admin-super" not in claims["permissions"]
    site.call(SUPER, "select app_api.exit_support_mode()")
    assert site.claims(SUPER) == before


def test_a_tenants_end_and_return_change_the_claims(site: Site) -> None:
    tenant = site.tenant("demo-tenant-1")
    site.call(SUPER, "select app_api.deactivate_tenant(%s)", tenant)
    assert site.permissions(USER_1) == site.permissions(ADMIN_1) == set()
    assert site.permissions(USER_2) != set()
    site.call(SUPER, "select app_api.activate_tenant(%s)", tenant)
    assert site.status(USER_1) == "inactive"
    site.assume(USER_1)
    assert "p:todo" in site.permissions(USER_1)


def test_a_subscriptions_end_and_return_change_the_claims(site: Site) -> None:
    subscription = site.value(
        "select id from app.tenant_subscription where tenant_id = %s and license_pack_key = 'base'",
        site.tenant("demo-tenant-2"),
    )
    before = site.permissions(USER_2)
    site.call(SUPER, "select app_api.deactivate_tenant_subscription(%s)", subscription)
    assert site.permissions(USER_2) == {"p:incidents"}
    site.call(SUPER, "select app_api.reactivate_tenant_subscription(%s)", subscription)
    assert site.permissions(USER_2) == before


def test_a_profiles_new_name_is_in_the_claims(site: Site) -> None:
    site.call(USER_1, "select app_api.update_profile('Dee', 'Dee', 'One', '555')")
    assert site.claims(USER_1)["display_name"] == "Dee"


BY_HAND = {
    "a licence": "delete from app.license where license_type_key = 'app-user'",
    "its end": "update app.license set expires_at = now() where license_type_key = 'app-user'",
    "a subscription": "update app.tenant_subscription set status = 'inactive' where license_pack_key = 'base'",
    "a licence type": "delete from app.license_type_permission where permission_key = 'p:todo'",
    "a profile": "update app.profile set status = 'blocked'",
    "a tenant": "update app.tenant set status = 'inactive'",
    "a residency": "update app.resident set status = 'inactive'",
}


@pytest.mark.parametrize("what", BY_HAND)
def test_changed_by_hand_they_follow_too(site: Site, what: str) -> None:
    assert "p:todo" in site.permissions(USER_1)
    site.owner.execute(BY_HAND[what])  # pyright: ignore
    assert "p:todo" not in site.permissions(USER_1)


def test_a_tenants_new_name_is_in_the_claims(site: Site) -> None:
    site.owner.execute("update app.tenant set name = 'Renamed' where identifier = 'demo-tenant-1'")
    assert site.claims(USER_1)["tenant_name"] == "Renamed"


def test_an_action_that_is_rolled_back_leaves_the_claims(site: Site) -> None:
    before = site.claims(USER_1)
    with site.as_user(ADMIN_1) as session:
        session.execute("select app_api.block_resident(%s)", (site.resident(USER_1),))
        session.rollback()
    assert site.claims(USER_1) == before
