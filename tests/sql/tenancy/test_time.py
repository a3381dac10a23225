"""What the server asks the module for: to let time pass, and whether an invitation may be mailed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from .conftest import ADMIN_1, ADMIN_2, SUPER, USER_1, USER_2, Site

PASS_TIME = "select app_private.pass_time()"
MAIL = "select app_private.mail_invitation(%s, %s)"
NEW = "new@example.com"


def ask(site: Site, text: str, *values: object) -> Any:
    """As the auth surface's login."""
    row = site.auth.execute(text, values).fetchone()  # pyright: ignore
    return row[0] if row else None


def run_out(site: Site, table: str, condition: str) -> None:
    """As if the time had come by itself: no trigger sees it."""
    with psycopg.connect(site.cluster.dsn(dbname=site.name)) as root:
        root.execute("set session_replication_role = replica")
        root.execute(f"update app.{table} set expires_at = now() where {condition}")  # pyright: ignore


# Time ----------------------------------------------------------------------------------------------------------------


def test_licences_that_ran_out_are_marked_and_claims_follow(site: Site) -> None:
    run_out(site, "license", "license_type_key = 'app-user'")
    assert "p:todo" in site.permissions(USER_1)
    assert ask(site, PASS_TIME) == 4
    assert site.permissions(USER_1) == {"p:address-book", "p:incidents"}
    assert ask(site, PASS_TIME) == 0


def test_until_then_nothing_that_asks_the_database_is_permitted(site: Site) -> None:
    """Whoever asks before the minute is over is told what holds now."""
    token = site.token(USER_1)
    run_out(site, "license", "license_type_key = 'app-address-book'")
    with pytest.raises(Exception, match="30000: NOT AUTHORIZED"):
        site.call(USER_1, "select app_api.join_address_book()", token=token)
    text = "select 'p:address-book' = any ((app_fn.current_profile_claims(%s)).permissions)"
    assert site.value(text, site.user(USER_1)) is False


def test_support_that_ran_out_ends(site: Site) -> None:
    site.support("demo-tenant-1")
    site.owner.execute("update app.support_session set started_at = now() - interval '2 hours'")
    run_out(site, "support_session", "true")
    assert ask(site, PASS_TIME) == 1
    assert site.claims(SUPER)["tenant_name"] == "Anchor Tenant"


def test_of_several_servers_one_works(site: Site) -> None:
    run_out(site, "license", "license_type_key = 'app-user'")
    with psycopg.connect(site.cluster.dsn("supabase_auth_admin", site.name)) as first:
        assert first.execute(PASS_TIME).fetchone() == (4,)
        assert ask(site, PASS_TIME) == 0
        first.rollback()
    assert ask(site, PASS_TIME) == 4


# The invitation's mail -----------------------------------------------------------------------------------------------


def invited(site: Site, email: str = NEW) -> None:
    site.call(ADMIN_1, "select app_api.invite_user(%s)", email)


def test_a_mail_goes_out_once_a_minute(site: Site) -> None:
    invited(site)
    admin = site.user(ADMIN_1)
    assert [ask(site, MAIL, admin, email) for email in (NEW, " New@Example.com ")] == [True, False]
    site.owner.execute("update app.resident set invitation_sent_at = now() - interval '61 seconds'")
    assert ask(site, MAIL, admin, NEW) is True
    text = "select array_agg(action) from app_api.tenant_audit_events() where action = 'invitation mailed'"
    assert site.call(ADMIN_1, text) == ["invitation mailed"] * 2


def test_who_has_an_account_is_mailed_like_who_has_none(site: Site) -> None:
    invited(site, USER_2)
    invited(site)
    assert [ask(site, MAIL, site.user(ADMIN_1), email) for email in (USER_2, NEW)] == [True, True]


def test_nobody_mails_but_whom_he_has_invited(site: Site) -> None:
    invited(site)
    asked = {
        "a user": (USER_1, NEW),
        "another tenant's admin": (ADMIN_2, NEW),
        "an address nobody invited": (ADMIN_1, "other@example.com"),
        "somebody who is in already": (ADMIN_1, USER_1),
        "another tenant's user": (ADMIN_1, USER_2),
    }
    assert {what: ask(site, MAIL, site.user(who), email) for what, (who, email) in asked.items()} == dict.fromkeys(
        asked
    )
    assert ask(site, MAIL, "00000000-0000-0000-0000-000000000001", NEW) is None


def test_support_that_may_only_look_mails_nothing(site: Site) -> None:
    invited(site)
    site.call(SUPER, "select app_api.become_support(%s, 'ticket 7', 60, true)", site.tenant("demo-tenant-1"))
    assert ask(site, MAIL, site.user(SUPER), NEW) is None


def test_a_tenant_mails_a_hundred_in_an_hour(site: Site) -> None:
    site.owner.execute(
        "select app_fn.invite_user(%s, 'guest-' || i || '@example.com') from generate_series(1, 101) as i",
        (site.tenant("demo-tenant-1"),),
    )
    admin = site.user(ADMIN_1)
    assert [ask(site, MAIL, admin, f"guest-{i}@example.com") for i in range(1, 102)] == [True] * 100 + [False]


def test_of_two_who_ask_at_once_one_mails(site: Site) -> None:
    invited(site)
    admin = site.user(ADMIN_1)
    with ThreadPoolExecutor(8) as many:
        dsn = site.cluster.dsn("supabase_auth_admin", site.name)

        def mail(_: int) -> Any:
            with psycopg.connect(dsn) as session:
                row = session.execute(MAIL, (admin, NEW)).fetchone()
                return row and row[0]

        assert sorted(many.map(mail, range(8))) == [False] * 7 + [True]
