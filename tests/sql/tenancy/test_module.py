"""The module itself: in both profiles, by who is no superuser, again and again, and not over anybody else's objects."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from gatepost import migrate
from gatepost.embedded import Server
from gatepost.migrate.ours.objects import Profile
from gatepost.problem import Problem
from tests.conftest import FreshDatabase

from .conftest import ADMIN_1, SIGN_UP, SUPER, USER_1, USER_1B, Site, populate


@pytest.mark.parametrize("profile", ["gatepost", "supabase"])
def test_in_both_profiles_nobody_gets_more_than_he_was_given(
    cluster: Server, fresh_database: FreshDatabase, profile: Profile
) -> None:
    site = populate(cluster, fresh_database(profile))
    owners = site.owner.execute(
        "select distinct c.relowner::regrole::text, r.rolsuper from pg_class c join pg_roles r on r.oid = c.relowner"
        " where c.relnamespace::regnamespace::text in ('app', 'app_fn', 'app_api', 'app_private')"
    ).fetchall()
    assert owners == [("postgres", False)]
    grants = site.owner.execute(
        """
        select pronamespace::regnamespace::text, count(*) filter (where has_function_privilege('anon', oid, 'execute')),
            count(*) filter (where has_function_privilege('authenticated', oid, 'execute')) > 0
        from pg_proc where pronamespace::regnamespace::text in ('app_fn', 'app_api', 'app_private')
        group by 1 order by 1
        """
    ).fetchall()
    assert grants == [("app_api", 1, True), ("app_fn", 0, False), ("app_private", 0, False)]
    site.grant(ADMIN_1, USER_1, "app-admin")
    assert "p:app-admin" in site.permissions(USER_1)
    site.owner.close()
    site.auth.close()


def test_an_administrator_without_superuser_installs_it(cluster: Server, site_template: str) -> None:
    assert site_template  # the server's roles are there
    name, admin = "tenancy_provided", "tenancy_administrator"
    with psycopg.connect(cluster.dsn(), autocommit=True) as root:
        root.execute("create role tenancy_administrator login createrole createdb")
        root.execute(
            "grant anon, authenticated, service_role, authenticator, service_authenticator, supabase_auth_admin,"
            " tenancy_api to tenancy_administrator with admin option"
        )
        root.execute("create database tenancy_provided owner tenancy_administrator template template0")
    as_admin = f"{cluster.dsn(dbname=name)} options='-c role={admin}'"
    assert migrate.install(as_admin).owner == admin
    assert migrate.install_module(as_admin, "tenancy") is True
    with psycopg.connect(as_admin, autocommit=True) as owner:
        owner.execute("select app_fn.create_anchor_tenant('Anchor', 'first@example.com')")
    with psycopg.connect(cluster.dsn("supabase_auth_admin", name)) as auth:
        auth.execute(SIGN_UP, ("first@example.com", True))
    with psycopg.connect(as_admin) as owner:
        linked = owner.execute("select r.profile_id = p.id from app.resident r join app.profile p using (email)")
        assert linked.fetchone() == (True,)


def test_installing_again_brings_everything_back_and_keeps_the_rows(site: Site) -> None:
    licences = site.value("select count(*) from app.license")
    site.owner.execute("grant all on app.license to anon; grant execute on all functions in schema app_fn to anon")
    site.owner.execute('drop policy "one\'s own" on app.license; drop trigger check_license on app.license')
    site.owner.execute("drop function app_api.get_myself()")
    with psycopg.connect(site.cluster.dsn(dbname=site.name), autocommit=True) as root:
        root.execute("update auth_private.installation set value = 'older' where name = 'module tenancy'")
    assert migrate.install_module(site.cluster.dsn(dbname=site.name), "tenancy") is True
    assert migrate.install_module(site.cluster.dsn(dbname=site.name), "tenancy") is False
    assert site.value("select count(*) from app.license") == licences
    assert site.value("select has_table_privilege('anon', 'app.license', 'select, insert')") is False
    text = "select has_function_privilege('anon', 'app_fn.block_resident(uuid)', 'execute')"
    assert site.value(text) is False
    assert site.call(USER_1, "select (app_api.get_myself()).email") == USER_1
    assert site.call(USER_1, "select count(*) from app.license") == 3
    site.grant(ADMIN_1, USER_1, "app-admin")


def test_users_who_were_there_before_have_a_profile_and_can_be_invited(
    cluster: Server, fresh_database: FreshDatabase
) -> None:
    name = fresh_database()
    with psycopg.connect(cluster.dsn("supabase_auth_admin", name)) as auth:
        auth.execute(SIGN_UP, ("Early@example.com", True))
    assert migrate.install_module(cluster.dsn(dbname=name), "tenancy") is True
    with psycopg.connect(cluster.dsn("postgres", name)) as owner:
        owner.execute("select app_fn.create_anchor_tenant('Anchor', 'early@example.com')")
        row = owner.execute(
            "select p.email, p.display_name, c.claims ->> 'email', r.profile_id = p.id from app.profile p"
            " join auth_private.user_claims c on c.user_id = p.id join app.resident r on r.email = p.email"
        )
        assert row.fetchone() == ("early@example.com", "early", "early@example.com", True)


def test_not_over_an_applications_own_schema(cluster: Server, fresh_database: FreshDatabase) -> None:
    name = fresh_database()
    with psycopg.connect(cluster.dsn("postgres", name), autocommit=True) as owner:
        owner.execute("create schema app; create table app.tenant (id int)")
    with pytest.raises(Problem, match="There is a schema app already"):
        migrate.install_module(cluster.dsn(dbname=name), "tenancy")


def test_not_where_the_role_is_more_than_a_plain_one(site: Site) -> None:
    with psycopg.connect(site.cluster.dsn(dbname=site.name)) as root:
        root.execute("alter role tenancy_api bypassrls; update auth_private.installation set value = 'x'")
        root.commit()
        try:
            with pytest.raises(Problem, match="must be a plain one"):
                migrate.install_module(site.cluster.dsn(dbname=site.name), "tenancy")
        finally:
            root.execute("alter role tenancy_api nobypassrls")
            root.commit()


def test_there_is_no_other_module(cluster: Server, database_name: str) -> None:
    with pytest.raises(Problem, match="'tenency' is no module") as refused:
        migrate.install_module(cluster.dsn(dbname=database_name), "tenency")
    assert refused.value.hint == "There is: tenancy"


def test_of_two_changes_at_once_the_claims_have_both(site: Site) -> None:
    """The second waits before it reads, and then sees the first."""
    one = psycopg.connect(site.cluster.dsn("postgres", site.name))
    remove = "delete from app.license where resident_id = %s and license_type_key = %s"
    one.execute(remove, (site.resident(USER_1B), "app-user"))
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(site.owner.execute, remove, (site.resident(USER_1B), "app-address-book"))
        with pytest.raises(TimeoutError):
            waiting.result(0.3)
        one.commit()
        waiting.result(10)
    one.close()
    assert site.permissions(USER_1B) == {"p:incidents"}


EVERY_FUNCTION = """
select oid::regprocedure::text, pronargs from pg_proc
where pronamespace = 'app_api'::regnamespace and provolatile = 's' order by 1
"""


def test_every_question_of_the_api_can_be_asked(site: Site) -> None:
    """Nothing in them is undeclared, misnamed, or beyond their role's rights."""
    site.owner.execute("insert into app.app_settings (key, display_name, value) values ('demo', 'Demo', 'on')")
    resident_options = "row('USER-1', null, null)::app_fn.search_residents_options"
    profile_options = "row('demo-', 'active', row(0, 0, 3))::app_fn.search_profiles_options"
    tenant_options = "row('2', null, 'demo', null)::app_fn.search_tenants_options"
    given = {
        "app_api.site_user_by_id": f"'{site.user(USER_1)}'",
        "app_api.search_residents": resident_options,
        "app_api.search_profiles": profile_options,
        "app_api.search_tenants": tenant_options,
    }
    answers: dict[str, object] = {}
    for name, _ in site.owner.execute(EVERY_FUNCTION).fetchall():
        function = name.partition("(")[0]
        answers[function] = site.call(SUPER, f"select count(*) from {function}({given.get(function, '')})")
    assert answers == {
        "app_api.available_modules": 1,
        "app_api.current_profile_claims": 1,
        "app_api.demo_profile_residencies": 7,
        "app_api.get_ab_listings": 0,
        "app_api.get_myself": 1,
        "app_api.my_profile_residencies": 1,
        "app_api.search_profiles": 3,
        "app_api.search_residents": 2,
        "app_api.search_tenants": 1,
        "app_api.site_user_by_id": 1,
        "app_api.tenant_audit_events": 2,
        "app_api.tenant_licenses": 6,
        "app_api.tenant_profile_residencies": 2,
        "app_api.tenant_support_sessions": 0,
    }


def test_the_address_book_shows_those_in_it_to_those_in_it(site: Site) -> None:
    listing = "select array_agg((email, can_invite)::text order by email) from app_api.get_ab_listings()"
    assert site.call(USER_1, "select (app_api.join_address_book()).is_public") is True
    assert site.call(SUPER, listing) is None
    site.call(SUPER, "select app_api.join_address_book()")
    assert site.call(SUPER, listing) == [f"({SUPER},f)", f"({USER_1},t)"]
    site.call(USER_1, "select app_api.leave_address_book()")
    assert site.call(SUPER, listing) == [f"({SUPER},f)"]
    site.sign_up("new@example.com")
    with pytest.raises(Exception, match="30000: NOT AUTHORIZED"):
        site.call("new@example.com", "select app_api.join_address_book()")
