"""What the application this module's shape comes from could be made to do; each must fail here.

Numbers are those of the probes that showed it there. Probes of its todo, message and workflow modules are not of this
module: F16 to F19 and F25 to F28 are kept as what they are about, for the functions and tables that are here.
"""

import pytest

from .conftest import ADMIN_1, ADMIN_2, SUPER, USER_1, USER_1B, USER_2, Session, Site


def refused(session: Session, text: str, *values: object, match: str = "permission denied") -> None:
    """A statement that must not go through; what was done before it stays."""
    session.execute("savepoint before")
    with pytest.raises(Exception, match=match):
        session.execute(text, values)  # pyright: ignore
    session.execute("rollback to before")


NOT_AUTHORIZED = "30000: NOT AUTHORIZED"


def test_f01_anon_cannot_read_anybodys_claims(site: Site) -> None:
    with site.anonymous() as session:
        refused(session, "select app_fn.current_profile_claims(%s)", site.user(SUPER))
        refused(session, "select app_api.current_profile_claims()")
    with site.as_user(USER_1) as session:
        refused(session, "select app_fn.current_profile_claims(%s)", site.user(SUPER))


def test_f02_anon_cannot_invite_a_superadmin(site: Site) -> None:
    with site.anonymous() as session:
        refused(session, "select app_fn.invite_user(%s, 'evil@example.com', 'superadmin')", site.tenant("anchor"))
        refused(session, "select app_api.invite_user('evil@example.com', 'superadmin')")


def test_f02_an_admin_invites_nobody_above_himself(site: Site) -> None:
    with site.as_user(ADMIN_1) as session:
        for scope in ("superadmin", "support"):
            refused(session, "select app_api.invite_user('evil@example.com', %s)", scope, match=NOT_AUTHORIZED)


def test_f03_anon_cannot_put_anybody_into_support_mode(site: Site) -> None:
    tenant = site.tenant("demo-tenant-1")
    with site.anonymous() as session:
        refused(session, "select app_fn.become_support(%s, %s, 'why', now())", tenant, site.user(SUPER))
        refused(session, "select app_api.become_support(%s, 'why')", tenant)


def test_f04_anon_cannot_rewrite_a_profile(site: Site) -> None:
    with site.anonymous() as session:
        refused(session, "select app_fn.update_profile(%s, 'pwned', 'a', 'b')", site.user(SUPER))
        refused(session, "update app.profile set display_name = 'pwned'")


@pytest.mark.parametrize("who", [None, USER_1, ADMIN_1])
def test_f05_only_the_site_subscribes_a_tenant(site: Site, who: str | None) -> None:
    tenant = site.tenant("demo-tenant-1")
    text = "select app_api.subscribe_tenant_to_license_pack(%s, 'anchor')"
    if who is None:
        with site.anonymous() as session:
            refused(session, text, tenant)
        return
    with site.as_user(who) as session:
        refused(session, text, tenant, match=NOT_AUTHORIZED)


def test_f06_user_metadata_makes_nobody_a_super_admin(site: Site) -> None:
    token = site.token(USER_1, {"permissions": ["p:app-admin-super"], "tenant_id": site.tenant("anchor")})
    with site.as_user(USER_1, token) as session:
        row = session.execute("select count(*) from app.tenant").fetchone()
        assert row == (1,)
        refused(session, "select app_api.search_tenants()", match=NOT_AUTHORIZED)


def test_f06_a_tokens_permissions_without_the_databases_change_nothing(site: Site) -> None:
    token = site.token(USER_1)
    token["app_metadata"]["permissions"] = ["p:app-admin-super"]
    with site.as_user(USER_1, token) as session:
        refused(session, "select app_api.deactivate_tenant(%s)", site.tenant("demo-tenant-2"), match=NOT_AUTHORIZED)


def test_f07_no_way_from_a_tenants_admin_to_the_sites(site: Site) -> None:
    with pytest.raises(Exception, match="30038"):
        site.call(SUPER, "select app_api.subscribe_tenant_to_license_pack(%s, 'anchor')", site.tenant("demo-tenant-1"))
    with site.as_user(ADMIN_1) as session:
        text = "select app_api.grant_user_license(%s, 'app-admin-super')"
        refused(session, text, site.resident(USER_1), match=NOT_AUTHORIZED)
    with pytest.raises(Exception, match="30020"):
        site.call(SUPER, text, site.resident(USER_1))
    assert "p:app-admin-super" not in site.permissions(USER_1)


def test_f07_not_by_a_row_written_by_hand_either(site: Site) -> None:
    site.owner.execute(
        "insert into app.license_pack_license_type (license_pack_key, license_type_key)"
        " values ('base', 'app-admin-super')"
    )
    with pytest.raises(Exception, match="30038"):
        site.owner.execute(
            "insert into app.license (tenant_id, resident_id, tenant_subscription_id, license_type_key)"
            " select l.tenant_id, l.resident_id, l.tenant_subscription_id, 'app-admin-super' from app.license l"
            " where l.resident_id = %s and l.license_type_key = 'app-user'",
            (site.resident(USER_1),),
        )


def test_f08_nobody_writes_himself_a_licence(site: Site) -> None:
    with site.as_user(USER_1) as session:
        refused(
            session,
            "insert into app.license (tenant_id, resident_id, tenant_subscription_id, license_type_key)"
            " select tenant_id, resident_id, tenant_subscription_id, 'app-admin' from app.license limit 1",
        )
        refused(session, "update app.license set license_type_key = 'app-admin'")
    assert "p:app-admin" not in site.permissions(USER_1)


def test_f09_nobody_rewrites_his_residency(site: Site) -> None:
    with site.as_user(USER_2) as session:
        refused(session, "update app.resident set status = 'active', type = 'support'")
    with site.as_user(USER_2, role="tenancy_api") as session:
        refused(session, "update app.resident set type = 'support'")


def test_f10_nobody_moves_his_residency_to_another_tenant(site: Site) -> None:
    with site.as_user(USER_2) as session:
        refused(session, "update app.resident set tenant_id = %s", site.tenant("anchor"))
    with site.as_user(USER_2, role="tenancy_api") as session:
        refused(session, "update app.resident set tenant_id = %s", site.tenant("anchor"))
    with pytest.raises(Exception, match="30035"):
        site.owner.execute("update app.resident set tenant_id = %s where id = %s",
            (site.tenant("anchor"), site.resident(USER_2)))  # fmt: skip
    assert site.claims(USER_2)["tenant_name"] == "Demo Tenant 2"


def test_f10_a_licence_is_of_its_residents_tenant(site: Site) -> None:
    with pytest.raises(Exception, match="foreign key"):
        site.owner.execute("update app.license set tenant_id = %s where resident_id = %s",
            (site.tenant("anchor"), site.resident(USER_2)))  # fmt: skip


def test_f11_a_tenant_that_is_deactivated_keeps_nobody_in(site: Site) -> None:
    answer = site.call(SUPER, "select (app_api.deactivate_tenant(%s)).status::text", site.tenant("demo-tenant-2"))
    assert answer == "inactive"
    assert [site.status(ADMIN_2), site.status(USER_2)] == ["blocked_tenant", "blocked_tenant"]
    with pytest.raises(Exception, match="30036"):
        site.assume(USER_2)


def test_f12_who_is_blocked_does_not_unblock_himself(site: Site) -> None:
    site.call(ADMIN_1, "select app_api.block_resident(%s)", site.resident(USER_1))
    for function in ("assume_residency", "decline_residency"):
        with pytest.raises(Exception, match="30036"):
            site.call(USER_1, f"select app_api.{function}(%s)", site.resident(USER_1))
    assert site.status(USER_1) == "blocked_individual"


def test_f12_who_declined_needs_a_new_invitation(site: Site) -> None:
    site.call(USER_1, "select app_api.decline_residency(%s)", site.resident(USER_1))
    assert site.value("select count(*) from app.license where resident_id = %s", site.resident(USER_1)) == 0
    with pytest.raises(Exception, match="30036"):
        site.assume(USER_1)
    site.call(ADMIN_1, "select app_api.invite_user(%s)", USER_1)
    site.assume(USER_1)
    assert "p:todo" in site.permissions(USER_1)


def test_f13_a_token_from_before_a_block_changes_nothing_any_more(site: Site) -> None:
    site.grant(ADMIN_1, USER_1, "app-admin")
    token = site.token(USER_1)
    site.call(ADMIN_1, "select app_api.block_resident(%s)", site.resident(USER_1))
    for text in (
        "select app_api.block_resident(%s)",
        "select app_api.grant_user_license(%s, 'app-admin')",
    ):
        with pytest.raises(Exception, match=NOT_AUTHORIZED):
            site.call(USER_1, text, site.resident(USER_1B), token=token)
    with pytest.raises(Exception, match=NOT_AUTHORIZED):
        site.call(USER_1, "select app_api.tenant_profile_residencies()", token=token)


def test_f13_a_token_from_before_a_grant_is_not_enough_either(site: Site) -> None:
    token = site.token(USER_1)
    site.grant(ADMIN_1, USER_1, "app-admin")
    text = "select count(*) from app_api.tenant_profile_residencies()"
    with pytest.raises(Exception, match="made before a change"):
        site.call(USER_1, text, token=token)
    assert site.call(USER_1, text) == 3


def test_f14_a_licence_that_has_expired_permits_nothing(site: Site) -> None:
    site.owner.execute("update app.license set expires_at = now() - interval '1 day' where resident_id = %s",
        (site.resident(USER_1),))  # fmt: skip
    assert site.permissions(USER_1) == set()


def test_f15_the_support_address_takes_over_nothing(site: Site) -> None:
    site.support("demo-tenant-1")
    id = site.sign_up("site-support@example.com")
    assert site.value("select count(*) from app.resident where profile_id = %s", id) == 0
    assert site.value("select profile_id::text from app.resident where type = 'support'") == site.user(SUPER)


def test_f15_an_address_nobody_has_confirmed_is_linked_to_nothing(site: Site) -> None:
    site.call(ADMIN_1, "select app_api.invite_user('late@example.com')")
    id = site.sign_up("late@example.com", confirmed=False)
    linked = "select count(*) from app.resident where profile_id = %s"
    assert site.value(linked, id) == 0
    site.auth.execute("update auth.users set email_confirmed_at = now() where id = %s", (id,))
    assert site.value(linked, id) == 1


ABSENT = "00000000-0000-0000-0000-000000000001"
IDLE = [
    "block_resident",
    "unblock_resident",
    "assume_residency",
    "decline_residency",
    "decline_invitation",
    "revoke_user_license",
    "deactivate_tenant",
    "activate_tenant",
    "deactivate_tenant_subscription",
    "reactivate_tenant_subscription",
]


@pytest.mark.parametrize("function", IDLE)
def test_f16_what_affects_no_row_says_so(site: Site, function: str) -> None:
    with pytest.raises(Exception, match="NO SUCH"):
        site.call(SUPER, f"select app_api.{function}(%s)", ABSENT)


def test_f17_f23_every_table_has_row_level_security_and_a_policy(site: Site) -> None:
    rows = site.owner.execute(
        "select relname from pg_class c where relnamespace in ('app'::regnamespace, 'app_fn'::regnamespace,"
        " 'app_api'::regnamespace, 'app_private'::regnamespace, 'auth_ext'::regnamespace) and relkind in ('r', 'p')"
        " and (not relrowsecurity or not exists (select from pg_policy where polrelid = c.oid))"
    ).fetchall()
    assert rows == []


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_f17_f23_api_roles_write_no_table(site: Site, role: str) -> None:
    rows = site.owner.execute(
        "select oid::regclass::text from pg_class where relnamespace = 'app'::regnamespace and relkind = 'r' and ("
        " has_table_privilege(%(role)s, oid, 'insert, update, delete, truncate, references, trigger')"
        " or has_any_column_privilege(%(role)s, oid, 'insert, update, references'))",
        {"role": role},
    ).fetchall()
    assert rows == []


def test_f20_addresses_are_the_same_in_any_case(site: Site) -> None:
    site.call(ADMIN_1, "select app_api.invite_user(' Mixed.Case@Example.com ')")
    id = site.sign_up("mixed.case@example.com")
    linked = site.value("select profile_id::text from app.resident where email = 'mixed.case@example.com'")
    assert linked == id
    again = site.call(ADMIN_1, "select (app_api.invite_user('MIXED.case@example.com')).profile_id::text")
    assert again == id


def test_f20_an_address_stored_in_capitals_is_found_too(site: Site) -> None:
    site.call(ADMIN_1, "select app_api.invite_user('shouting@example.com')")
    id = site.sign_up("SHOUTING@EXAMPLE.COM")
    assert site.value("select email from app.profile where id = %s", id) == "shouting@example.com"
    assert site.value("select count(*) from app.resident where profile_id = %s", id) == 1


OURS = "('app', 'app_fn', 'app_api', 'app_private', 'auth_ext')"


def test_f21_every_definer_pins_its_search_path(site: Site) -> None:
    rows = site.owner.execute(
        "select oid::regprocedure::text from pg_proc where prosecdef and pronamespace::regnamespace::text in "
        + OURS  # pyright: ignore
        + " and not coalesce(proconfig @> array['search_path=pg_catalog, pg_temp'], false)"
    ).fetchall()
    assert rows == []


def test_f22_anon_reaches_no_inner_schema(site: Site) -> None:
    text = "select array_agg(nspname::text order by nspname) from pg_namespace where nspname in " + OURS
    allowed = site.value(text + " and has_schema_privilege('anon', oid, 'usage')")
    assert allowed == ["app", "app_api", "auth_ext"]
    reads = "select count(*) from pg_class where relnamespace = 'app'::regnamespace and relkind = 'r'"
    assert site.value(reads + " and has_any_column_privilege('anon', oid, 'select')") == 0


def test_f22_api_roles_call_the_api_and_what_reads_their_token(site: Site) -> None:
    text = (
        "select coalesce(array_agg(distinct pronamespace::regnamespace::text), '{}') from pg_proc"
        " where pronamespace::regnamespace::text in " + OURS + " and has_function_privilege(%s, oid, 'execute')"
    )
    assert sorted(site.value(text, "authenticated")) == ["app_api", "auth_ext"]
    assert sorted(site.value(text, "anon")) == ["app_api", "auth_ext"]
    assert site.value(text, "service_role") == ["auth_ext"]
    callable_by_anon = site.value(
        "select array_agg(proname::text) from pg_proc where pronamespace = 'app_api'::regnamespace"
        " and has_function_privilege('anon', oid, 'execute')"
    )
    assert callable_by_anon == ["demo_profile_residencies"]


def test_f22_the_three_layers_are_what_they_say(site: Site) -> None:
    definers = "select count(*) from pg_proc where pronamespace = 'app_fn'::regnamespace and prosecdef"
    assert site.value(definers) == 0
    strangers = (
        "select count(*) from pg_proc where pronamespace = 'app_api'::regnamespace"
        " and (not prosecdef or proowner <> 'tenancy_api'::regrole)"
    )
    assert site.value(strangers) == 0
    role = (
        "select array[rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb] from pg_roles where rolname = %s"
    )
    assert site.value(role, "tenancy_api") == [False] * 5
    assert site.value("select count(*) from pg_class where relowner = 'tenancy_api'::regrole") == 0
    assert site.value("select count(*) from pg_auth_members where member = 'tenancy_api'::regrole") == 0
    assert site.value("select array_agg(member::regrole::text) from pg_auth_members"
        " where roleid = 'tenancy_api'::regrole") == ["postgres"]  # fmt: skip


def test_f22_functions_know_nothing_of_who_asks(site: Site) -> None:
    rows = site.owner.execute(
        "select oid::regprocedure::text from pg_proc where pronamespace = 'app_fn'::regnamespace"
        " and prosrc ~ '(auth_ext\\.|auth\\.(uid|jwt|role|email)|current_setting)'"
    ).fetchall()
    assert rows == []


def test_f24_navigation_is_the_callers_own(site: Site) -> None:
    def modules(email: str) -> list[str]:
        return site.call(email, "select array_agg(m.key) from unnest(app_api.available_modules()) as m")

    assert modules(USER_1) == ["incidents", "todo", "base-tools"]
    assert modules(ADMIN_1) == ["incidents", "todo", "base-tools", "base-admin"]
    assert modules(SUPER) == ["incidents", "todo", "base-tools", "base-admin", "base-site-admin"]
    site.sign_up("new@example.com")
    assert modules("new@example.com") is None


def test_f29_two_people_with_the_same_local_part_both_sign_up(site: Site) -> None:
    ids = [site.sign_up("john@a.example"), site.sign_up("john@b.example")]
    names = site.value("select array_agg(display_name) from app.profile where id = any (%s::uuid[])", ids)
    assert names == ["john", "john"]


def test_f29_nothing_keeps_anybody_from_signing_up(site: Site) -> None:
    site.call(ADMIN_1, "select app_api.invite_user('anna@example.com')")
    site.call(ADMIN_2, "select app_api.invite_user('anna@example.com')")
    id = site.sign_up("anna@example.com")
    rows = site.owner.execute("select type::text from app.resident where profile_id = %s order by 1", (id,)).fetchall()
    assert sorted(rows) == [("guest",), ("home",)]
    for _ in range(2):  # without an address: by telephone, or nobody yet
        site.auth.execute("insert into auth.users (id, is_anonymous) values (gen_random_uuid(), true)")


def test_f30_the_auth_surfaces_search_path_changes_nothing(site: Site) -> None:
    site.call(ADMIN_1, "select app_api.invite_user('path@example.com')")
    with site.auth.transaction():
        site.auth.execute("set local search_path = auth")
        id = site.sign_up("Path@Example.com")
    assert site.value("select count(*) from app.resident where profile_id = %s", id) == 1


def test_an_account_shows_nothing_that_opens_it(site: Site) -> None:
    shown = site.call(SUPER, "select app_api.site_user_by_id(%s)", site.user(USER_1))
    assert len(shown["residencies"]) == 1
    assert not [name for name in shown["authUser"] if "token" in name or "password" in name]


def test_a_demonstration_is_off_unless_it_is_on(site: Site) -> None:
    count = "select count(*) from app_api.demo_profile_residencies()"
    with site.anonymous() as session:
        assert session.execute(count).fetchone() == (0,)
    site.owner.execute("insert into app.app_settings (key, display_name, value) values ('demo', 'Demo', 'on')")
    with site.anonymous() as session:
        assert session.execute(count).fetchone() == (7,)
