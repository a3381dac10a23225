"""Licences: who grants what to whom, seats, ends; subscriptions; and applications that are upgraded."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from .conftest import ADMIN_1, ADMIN_2, INCIDENTS, SUPER, USER_1, USER_1B, USER_2, Site

GRANT = "select app_api.grant_user_license(%s, %s)"


def offer(site: Site, seats: int, kind: str = "none", multiplier: int = 1) -> None:
    """A pack `tool` with one licence type `tool` that demo-tenant-1 is subscribed to."""
    site.owner.execute(
        f"""
        insert into app.application values ('tool', 'Tool');
        insert into app.license_type (key, application_key, display_name, assignment_scope)
            values ('tool', 'tool', 'Tool', 'none');
        insert into app.permission values ('p:tool');
        insert into app.license_type_permission values ('tool', 'p:tool');
        insert into app.license_pack (key, display_name) values ('tool', 'Tool');
        insert into app.license_pack_license_type (license_pack_key, license_type_key, number_of_licenses,
            expiration_interval_type, expiration_interval_multiplier)
            values ('tool', 'tool', {seats}, '{kind}', {multiplier})
        """  # pyright: ignore
    )
    site.call(SUPER, "select app_api.subscribe_tenant_to_license_pack(%s, 'tool')", site.tenant("demo-tenant-1"))


def test_a_scoped_licence_takes_the_place_of_the_one_before(site: Site) -> None:
    site.grant(ADMIN_1, USER_1B, "app-admin")
    held = site.value(
        "select array_agg(license_type_key order by license_type_key) from app.license where resident_id = %s",
        site.resident(USER_1B),
    )
    assert held == ["app-address-book", "app-admin", "incidents-user"]


REFUSED = {
    "a user grants nothing": (USER_1, USER_1B, "app-admin", "30000"),
    "nobody changes his own standing": (ADMIN_1, ADMIN_1, "app-user", "30025"),
    "an admin sees no resident of another tenant": (ADMIN_2, USER_1, "app-admin", "30004"),
    "no licence that no subscription offers": (ADMIN_1, USER_1, "tool", "30004"),
    "an admin makes nobody a super admin": (ADMIN_1, USER_1, "app-admin-super", "30000"),
    "nor support": (ADMIN_1, USER_1, "app-admin-support", "30000"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_granted(site: Site, what: str) -> None:
    by, to, license_type, code = REFUSED[what]
    before = site.claims(to)
    with pytest.raises(Exception, match=code):
        site.call(by, GRANT, site.resident(to), license_type)
    assert site.claims(to) == before


def test_a_tenant_keeps_an_admin(site: Site) -> None:
    site.grant(ADMIN_1, USER_1, "app-admin")
    site.call(USER_1, GRANT, site.resident(ADMIN_1), "app-user")
    assert "p:app-admin" not in site.permissions(ADMIN_1)
    with pytest.raises(Exception, match="30000"):
        site.call(ADMIN_1, GRANT, site.resident(USER_1), "app-user")
    site.support("demo-tenant-1")
    with pytest.raises(Exception, match="30032"):
        site.call(SUPER, GRANT, site.resident(USER_1), "app-user")
    with pytest.raises(Exception, match="30032"):
        site.call(SUPER, "select app_api.block_resident(%s)", site.resident(USER_1))


def test_of_fifty_grants_for_the_last_seat_exactly_one_goes_through(site: Site) -> None:
    offer(site, seats=1)
    site.owner.execute(
        "select app_fn.invite_user(%s, 'seat-' || i || '@example.com') from generate_series(1, 50) as i",
        (site.tenant("demo-tenant-1"),),
    )
    rows = site.owner.execute("select id from app.resident where email like 'seat-%'").fetchall()
    token = site.token(ADMIN_1)

    def take(resident: object) -> str:
        try:
            return str(site.call(ADMIN_1, GRANT, resident, "tool", token=token) and "granted")
        except psycopg.Error as error:
            return (error.diag.message_primary or "").split(":")[0]

    with ThreadPoolExecutor(50) as many:
        answers = list(many.map(take, [row[0] for row in rows]))
    assert sorted(answers) == ["30031"] * 49 + ["granted"]
    assert site.value("select count(*) from app.license where license_type_key = 'tool'") == 1


def test_seats_are_counted_under_a_lock_of_their_own(site: Site) -> None:
    """Whoever writes rows directly, as the owner does, is held to them too."""
    offer(site, seats=1)
    insert = (
        "insert into app.license (tenant_id, resident_id, tenant_subscription_id, license_type_key)"
        " select s.tenant_id, %s, s.id, 'tool' from app.tenant_subscription s where s.license_pack_key = 'tool'"
    )

    residents = {email: site.resident(email) for email in (USER_1, USER_1B)}
    first = psycopg.connect(site.cluster.dsn("postgres", site.name))
    first.execute(insert, (residents[USER_1],))
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(site.owner.execute, insert, (residents[USER_1B],))
        with pytest.raises(TimeoutError):
            waiting.result(0.5)
        first.commit()
        with pytest.raises(Exception, match="30031: NO SEATS LEFT"):
            waiting.result(10)
    first.close()


def test_a_seat_that_is_given_back_can_be_taken(site: Site) -> None:
    offer(site, seats=1)
    license = site.grant(ADMIN_1, USER_1, "tool")
    with pytest.raises(Exception, match="30031: NO SEATS LEFT"):
        site.grant(ADMIN_1, USER_1B, "tool")
    site.grant(ADMIN_1, USER_1, "tool")  # renewed, the same seat
    site.call(ADMIN_1, "select app_api.revoke_user_license(%s)", license)
    site.grant(ADMIN_1, USER_1B, "tool")
    assert "p:tool" in site.permissions(USER_1B)


def test_an_expired_licence_holds_no_seat(site: Site) -> None:
    offer(site, seats=1)
    site.grant(ADMIN_1, USER_1, "tool")
    site.owner.execute("update app.license set expires_at = now() where license_type_key = 'tool'")
    site.grant(ADMIN_1, USER_1B, "tool")


def test_expiry_at_the_boundary(site: Site) -> None:
    """A licence is good until its moment, and at that moment no more."""
    text = "select 'p:todo' = any ((app_fn.current_profile_claims(%s)).permissions)"
    for ends, good in (("now()", False), ("now() + interval '1 microsecond'", True), ("null", True)):
        with site.owner.transaction():
            site.owner.execute(f"update app.license set expires_at = {ends}")  # pyright: ignore
            assert site.value(text, site.user(USER_1)) is good, ends


def test_claims_end_with_the_licence_that_ends_first(site: Site) -> None:
    site.owner.execute(
        "update app.license set expires_at = now() + case license_type_key when 'app-user' then interval '2 hours'"
        " else interval '3 hours' end where resident_id = %s",
        (site.resident(USER_1),),
    )
    text = "select valid_until - now() between interval '119 minutes' and interval '2 hours'"
    assert site.value(text + " from auth_private.user_claims where user_id = %s", site.user(USER_1)) is True


INTERVALS = {"day": "3 days", "week": "21 days", "month": "3 months", "quarter": "9 months", "year": "3 years"}


@pytest.mark.parametrize("kind", INTERVALS)
def test_a_grant_ends_when_its_pack_says(site: Site, kind: str) -> None:
    offer(site, -1, kind, 3)
    site.grant(ADMIN_1, USER_1, "tool")
    text = "select expires_at = created_at + %s::interval from app.license where license_type_key = 'tool'"
    assert site.value(text, INTERVALS[kind]) is True


def test_an_explicit_end_has_to_be_named(site: Site) -> None:
    offer(site, -1, "explicit")
    with pytest.raises(Exception, match="30021"):
        site.grant(ADMIN_1, USER_1, "tool")
    text = "select app_api.grant_user_license(%s, 'tool', now() + %s::interval)"
    with pytest.raises(Exception, match="30021"):
        site.call(ADMIN_1, text, site.resident(USER_1), "-1 second")
    site.call(ADMIN_1, text, site.resident(USER_1), "1 day")
    assert "p:tool" in site.permissions(USER_1)


def test_licences_that_ran_out_are_marked_and_stay_so(site: Site) -> None:
    site.owner.execute("update app.license set expires_at = now() where license_type_key = 'app-user'")
    assert site.value("select app_fn.expire_licenses()") == 3 + 1
    subscription = site.value(
        "select id from app.tenant_subscription where tenant_id = %s and license_pack_key = 'base'",
        site.tenant("demo-tenant-1"),
    )
    site.call(SUPER, "select app_api.deactivate_tenant_subscription(%s)", subscription)
    site.call(SUPER, "select app_api.reactivate_tenant_subscription(%s)", subscription)
    assert "p:todo" not in site.permissions(USER_1)
    assert "p:todo" in site.permissions(ADMIN_1)


def test_a_later_subscription_reaches_those_who_are_there(site: Site) -> None:
    site.owner.execute("select app_fn.install_basic_application('my-app', 'My App', '', false, null)")
    site.call(SUPER, "select app_api.subscribe_tenant_to_license_pack(%s, 'my-app')", site.tenant("demo-tenant-1"))
    assert "p:my-app-user" in site.permissions(USER_1)
    assert "p:my-app-admin" in site.permissions(ADMIN_1)
    assert "p:my-app-user" not in site.permissions(USER_2)
    with pytest.raises(Exception, match="30022"):
        site.call(SUPER, "select app_api.subscribe_tenant_to_license_pack(%s, 'my-app')", site.tenant("demo-tenant-1"))


def test_a_tenant_made_by_the_site_has_its_packs_and_an_admin(site: Site) -> None:
    text = "select (app_api.create_tenant('Third', 'third', 'Boss@Example.com')).id"
    tenant = site.call(SUPER, text)
    site.sign_up("boss@example.com")
    resident = site.value("select id from app.resident where tenant_id = %s", tenant)
    site.call("boss@example.com", "select app_api.assume_residency(%s)", resident)
    assert {"p:app-admin", "p:incidents-admin"} <= site.permissions("boss@example.com")
    with pytest.raises(Exception, match="30002"):
        site.call(SUPER, text)
    with pytest.raises(Exception, match="30000"):
        site.call(ADMIN_1, "select app_api.create_tenant('Mine', 'mine')")


# Applications --------------------------------------------------------------------------------------------------------


def installed(site: Site, text: str) -> list[str]:
    """What an installation says of its changes."""
    said: list[str] = []
    site.owner.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
    site.owner.execute(text)  # pyright: ignore
    return [line.removeprefix("application inc: ") for line in said]


def test_of_a_new_application_it_is_said_that_it_is_there_and_no_more(site: Site) -> None:
    basic = "select app_fn.install_basic_application('garden', 'Garden', 'Plants', %s, null)"
    assert installed(site, basic % "false") == ["application garden added"]
    assert installed(site, basic % "true") == ["application garden: license pack garden changed"]


def test_the_same_application_again_changes_nothing_and_says_nothing(site: Site) -> None:
    count = "select count(*) from app.license"
    before = site.value(count)
    assert installed(site, INCIDENTS) == []
    assert site.value(count) == before


def test_an_upgrade_changes_what_differs_and_says_so(site: Site) -> None:
    upgraded = (
        INCIDENTS.replace("array['p:incidents'], 'user'", "array['p:incidents', 'p:report'], 'user'")
        .replace("array['p:incidents', 'p:incidents-admin']", "array['p:incidents-admin']")
        .replace("'/incidents', 100", "'/reports', 100")
        .replace("'Incidents', 'Incidents', array", "'Incidents+', 'Incidents', array")
        .replace("row('incidents-admin', -1", "row('incidents-admin', 9")
    )  # fmt: skip
    assert upgraded != INCIDENTS
    assert installed(site, upgraded) == [
        "tool incidents changed",
        "license type incidents-user permits p:report",
        "license type incidents-admin no longer permits p:incidents",
        "license pack inc changed",
        "license pack inc offers otherwise incidents-admin",
    ]
    assert {"p:incidents", "p:report"} <= site.permissions(USER_1)
    assert "p:incidents" not in site.permissions(ADMIN_1)
    assert installed(site, upgraded) == []


def test_what_an_upgrade_leaves_out_is_removed_unless_somebody_holds_it(site: Site) -> None:
    bare = """select app_fn.install_application(row('inc', 'Incidents',
        array[row('incidents-user', 'Incidents User', array['p:incidents'], 'user')]::app_fn.license_type_info[],
        array[row('inc', 'Incidents', 'Incidents', array[row('incidents-user', -1, 'none', 1)
            ]::app_fn.license_pack_license_type_info[], true)]::app_fn.license_pack_info[], null
        )::app_fn.application_info)"""
    assert installed(site, bare) == [
        "tool incidents removed",
        "module incidents removed",
        "license type incidents-admin is gone, but somebody holds it: kept",
        "license pack inc no longer offers incidents-admin",
    ]
    site.owner.execute("delete from app.license where license_type_key = 'incidents-admin'")
    assert installed(site, bare) == ["license type incidents-admin removed"]


def test_what_a_pack_newly_offers_is_handed_out(site: Site) -> None:
    type_before, offer_before = "row('incidents-user', 'I", "row('incidents-user', -1"
    more = INCIDENTS.replace(type_before, "row('incidents-map', 'Map', array['p:map'], 'all'), " + type_before)
    more = more.replace(offer_before, "row('incidents-map', -1, 'none', 1), " + offer_before)
    assert "license pack inc offers incidents-map" in installed(site, more)
    assert "p:map" in site.permissions(USER_1) & site.permissions(SUPER)


def test_a_key_of_another_application_is_refused(site: Site) -> None:
    with pytest.raises(Exception, match="30040: incidents, incidents-admin, incidents-user BELONGS"):
        site.owner.execute(INCIDENTS.replace("'inc', 'Incidents',\n    array", "'other', 'Other',\n    array"))  # pyright: ignore
