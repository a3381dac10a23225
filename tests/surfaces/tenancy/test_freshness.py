"""Where claims are strict, what changes in the middle of a session holds for its next request, whatever it was told."""

from pathlib import Path

import pytest

from tests.serving import Serve, Served

from .test_over_http import Person, at_home, call, claims, invited, lay_out


def strictly(folder: Path) -> None:
    lay_out(folder)
    with (folder / "gatepost.toml").open("a") as settings:
        settings.write('[claims]\nfreshness = "strict"\n')


@pytest.fixture(scope="module")
def server(served: Serve) -> Served:
    return served(strictly)


def texts(person: Person) -> list[str]:
    return [row["text"] for row in person.rows("notes")]


def test_who_is_blocked_reads_nothing_more_and_is_back_when_unblocked(server: Served) -> None:
    admin, _ = at_home(server, "first", "admin")
    person, resident = at_home(server, "first")
    assert texts(person) == ["First"]
    assert call(admin, "block_resident", resident_id=resident).status_code == 200
    assert "p:todo" in claims(person)["app_metadata"]["permissions"]
    assert texts(person) == []
    assert call(admin, "unblock_resident", resident_id=resident).status_code == 200
    assert texts(person) == ["First"]


def test_a_grant_is_good_for_the_next_request(server: Served) -> None:
    admin, _ = at_home(server, "first", "admin")
    person, resident = at_home(server, "first")
    assert call(person, "tenant_profile_residencies").status_code == 403
    granted = call(admin, "grant_user_license", resident_id=resident, license_type_key="app-admin")
    assert granted.status_code == 200
    assert call(person, "tenant_profile_residencies").status_code == 200


def test_whoever_goes_to_another_tenant_is_there_at_once(server: Served) -> None:
    person, _ = at_home(server, "first")
    there = invited(server, "second", "user", person)
    assert call(person, "assume_residency", resident_id=there).status_code == 200
    assert texts(person) == ["Second"]


def test_a_licence_that_has_ended_permits_nothing_from_then_on(server: Served) -> None:
    """Claims that ended are none, until they are made again."""
    person, resident = at_home(server, "first")
    ends = "update app.license set expires_at = now() + interval '1 second' where resident_id = %s"
    server.sql(ends + " and license_type_key = 'app-user'", (resident,))
    server.sql("select pg_sleep(1)")
    assert texts(person) == []
    assert person.ask("GET", "/rest/v1/notes").status_code == 200


def test_a_tenant_that_is_deactivated_shows_nothing_more(server: Served) -> None:
    person, _ = at_home(server, "second")
    assert texts(person) == ["Second"]
    server.sql("select app_fn.deactivate_tenant(id) from app.tenant where identifier = 'second'")
    assert texts(person) == []
    server.sql("select app_fn.activate_tenant(id) from app.tenant where identifier = 'second'")
