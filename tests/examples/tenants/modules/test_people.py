"""Who is who in the example: claims, navigation, the address book, and whom a visitor may be."""

from typing import Any

from .conftest import Site, email

PEOPLE = {
    "app-admin-super": ("Anchor Tenant", "home"),
    "app-admin-support": ("Anchor Tenant", "home"),
    "admin-1": ("Demo Tenant 1", "home"),
    "user-1a": ("Demo Tenant 1", "home"),
    "user-1b": ("Demo Tenant 1", "home"),
    "admin-2": ("Demo Tenant 2", "home"),
    "user-2a": ("Demo Tenant 2", "home"),
    "user-2b": ("Demo Tenant 2", "home"),
    "admin-3": ("Demo Tenant 3", "home"),
    "user-3a": ("Demo Tenant 3", "home"),
    "consultant": ("Demo Tenant 1", "home"),
}
USER = {"p:app-user", "p:todo", "p:discussions", "p:address-book", "p:incidents"}
ADMIN = {"p:app-admin", "p:todo", "p:todo-admin", "p:discussions", "p:discussions-admin", "p:address-book",
    "p:incidents", "p:incidents-admin"}  # fmt: skip
SUPER = {"p:app-admin-super", "p:app-admin", "p:app-admin-support", "p:incidents", "p:incidents-admin", "p:todo",
    "p:discussions", "p:address-book"}  # fmt: skip


def test_the_claims_of_the_super_admin(site: Site) -> None:
    text = "select to_jsonb(app_fn.current_profile_claims(id)) from app.profile where email = %s"
    claims: dict[str, Any] = site.owner(text, "app-admin-super@example.com")
    assert set(claims) == {"email", "tenant_id", "profile_id", "permissions", "resident_id", "tenant_name",
        "display_name", "profile_status", "actual_resident_id"}  # fmt: skip
    assert set(claims["permissions"]) == SUPER
    assert len(claims["permissions"]) == 8
    told = {key: claims[key] for key in ("email", "tenant_name", "display_name", "profile_status")}
    assert told == {
        "email": "app-admin-super@example.com",
        "tenant_name": "Anchor Tenant",
        "display_name": "app-admin-super",
        "profile_status": "active",
    }
    assert claims["actual_resident_id"] is None
    assert claims["profile_id"] == str(site.owner("select id from auth.users where email = %s", claims["email"]))
    assert claims["resident_id"] == site.resident("app-admin-super")
    assert claims == site.claims("app-admin-super")


def test_everybody_is_at_home(site: Site) -> None:
    text = "select u.email, r.tenant_name, r.type::text from app.resident r join auth.users u on u.id = r.profile_id"
    site.session.execute("reset role")
    active = site.session.execute(f"{text} where r.status = 'active'").fetchall()
    assert {row[0]: row[1:] for row in active} == {email(who): home for who, home in PEOPLE.items()}
    guests = site.session.execute(f"{text} where r.status <> 'active'").fetchall()
    assert guests == [(email("consultant"), "Demo Tenant 2", "guest")]


def test_what_they_may(site: Site) -> None:
    for who in PEOPLE:
        permissions = set(site.claims(who)["permissions"])
        if who == "app-admin-support":
            assert permissions == {"p:app-admin-support", "p:todo", "p:discussions", "p:address-book",
                "p:incidents", "p:incidents-admin"}  # fmt: skip
        elif who != "app-admin-super":
            assert permissions == (ADMIN if who.startswith("admin") else USER), who


def test_in_support_mode_one_works_in_the_tenants_place(site: Site) -> None:
    tenant = site.owner("select id from app.tenant where identifier = 'demo-tenant-1'")
    site.ask("app-admin-support", "select app_api.become_support(%s, 'ticket 7')", tenant)
    claims = site.claims("app-admin-support")
    assert (claims["tenant_name"], claims["display_name"]) == ("Demo Tenant 1", "Site Support")
    assert set(claims["permissions"]) == ADMIN | {"p:app-admin-support"}
    id = site.ask("app-admin-support", "select (todo_api.create_todo('Look into it')).id")
    text = "select r.display_name from todo.todo d join todo.todo_resident r using (resident_id) where d.id = %s"
    assert site.ask("user-1a", text, id) == "Site Support"
    names = [row[0] for row in site.rows("user-1a", "select display_name from todo_api.tenant_residents()")]
    assert "Site Support" not in names


def test_support_that_may_only_look_changes_nothing(site: Site) -> None:
    tenant = site.owner("select id from app.tenant where identifier = 'demo-tenant-1'")
    site.ask("app-admin-support", "select app_api.become_support(%s, 'ticket 7', 60, true)", tenant)
    refusal = site.refused("app-admin-support", "select todo_api.pin_todo(%s)", site.todo("Gloves"))
    assert "read-only transaction" in refusal
    found = "select id from todo_api.search_todos()"
    assert site.rows("app-admin-support", found) == site.rows("user-1a", found) != []


def test_whoever_goes_to_another_tenant_sees_that_one(site: Site) -> None:
    names = "select array_agg(distinct t.name) from todo.todo d join app.tenant t on t.id = d.tenant_id"
    assert site.ask("consultant", names) == ["Demo Tenant 1"]
    guest = site.resident("consultant", "demo-tenant-2")
    site.ask("consultant", "select app_api.assume_residency(%s)", guest)
    assert site.ask("consultant", names) == ["Demo Tenant 2"]
    assert str(site.ask("consultant", "select (todo_api.create_todo('From outside')).resident_id")) == guest


# Navigation ----------------------------------------------------------------------------------------------------------


def navigation(site: Site, who: str) -> dict[str, list[str]]:
    text = "select m.key, array(select t.route from unnest(m.tools) t) from unnest(app_api.available_modules()) m"
    return dict(site.rows(who, text))


def test_navigation_follows_permissions(site: Site) -> None:
    tools = {
        "incidents": ["/tools/incidents"],
        "todo": ["/tools/todo"],
        "base-tools": ["/tools/address-book", "/tools/discussions"],
    }
    admin = tools | {"base-admin": ["/admin/app-tenant-residencies", "/admin/app-tenant-subscriptions"]}
    pages = ("tenant", "tenant-residents", "site-users", "license-pack", "applications")
    assert navigation(site, "user-1a") == tools
    assert navigation(site, "admin-1") == admin
    assert navigation(site, "app-admin-super") == admin | {"base-site-admin": [f"/site-admin/{page}" for page in pages]}
    assert list(navigation(site, "user-1a")) == ["incidents", "todo", "base-tools"]


def test_a_tool_comes_and_goes_with_its_licence(site: Site) -> None:
    text = "select id from app.license where resident_id = %s and license_type_key = 'incidents-user'"
    license = site.owner(text, site.resident("user-1a"))
    site.ask("admin-1", "select app_api.revoke_user_license(%s)", license)
    assert "incidents" not in navigation(site, "user-1a")
    assert site.rows("user-1a", "select id from inc.incident") == []
    assert site.refused("user-1a", "select inc_api.search_incidents()") == "30000: NOT AUTHORIZED"
    site.ask("admin-1", "select app_api.grant_user_license(%s, 'incidents-user')", site.resident("user-1a"))
    assert "incidents" in navigation(site, "user-1a")
    assert len(site.rows("user-1a", "select inc_api.search_incidents()")) == 2


# Whom one knows ------------------------------------------------------------------------------------------------------


def listed(site: Site, who: str) -> list[str]:
    return [row[0] for row in site.rows(who, "select display_name from app_api.get_ab_listings()")]


def test_the_address_book_shows_its_members_to_its_members(site: Site) -> None:
    members = ["admin-1", "admin-2", "consultant", "user-1a", "user-2a"]
    assert listed(site, "user-1a") == members
    assert listed(site, "user-1b") == []
    site.ask("user-1b", "select app_api.join_address_book()")
    assert listed(site, "user-1b") == sorted([*members, "user-1b"])
    site.ask("user-1a", "select app_api.leave_address_book()")
    assert listed(site, "user-1a") == []
    assert "user-1a" not in listed(site, "user-1b")


def test_an_admin_sees_whom_he_might_invite(site: Site) -> None:
    text = "select display_name, can_invite from app_api.get_ab_listings()"
    assert dict(site.rows("admin-2", text)) == {
        "admin-1": True,
        "admin-2": False,
        "consultant": False,
        "user-1a": True,
        "user-2a": False,
    }
    assert not any(dict(site.rows("user-2a", text)).values())
    row = "select email, phone, full_name from app_api.get_ab_listings() where display_name = 'user-1a'"
    assert site.rows("user-2a", row) == [("user-1a@example.com", "+1 206 555 0112", "Ulf One")]


def test_a_visitor_sees_whom_he_may_be_in_a_demonstration(site: Site) -> None:
    text = "select email from app_api.demo_profile_residencies()"
    assert {row[0] for row in site.rows("", text)} == {email(who) for who in PEOPLE}
    site.owner("update app.app_settings set value = 'off' where key = 'demo' returning key")
    assert site.rows("", text) == []
