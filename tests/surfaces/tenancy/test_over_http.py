"""A licence becomes a claim of the next token, over HTTP: sign in, be invited, come in, be granted, refresh."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from joserfc import jws

from gatepost.project import state
from tests.conftest import FreshDatabase
from tests.serving import Serve, Served
from tests.surfaces.people import Person, newcomer, nobody, staff

SITE = """
select app_fn.create_anchor_tenant('Anchor Tenant');
select app_fn.create_tenant('First', 'first', null, 'customer');
select app_fn.create_tenant('Second', 'second', null, 'customer');
create table public.notes (id bigint generated always as identity primary key, tenant_id uuid not null, text text);
grant select on public.notes to authenticated;
create policy "of the tenant" on public.notes for select to authenticated
    using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:todo')));
insert into public.notes (tenant_id, text) select id, name from app.tenant;
"""


ONE_SEAT = """
select app_fn.install_application(row('seat', 'Seat',
    array[row('seat', 'Seat', array['p:seat'], 'none')]::app_fn.license_type_info[],
    array[row('seat', 'Seat', '', array[row('seat', 1, 'none', 1)]::app_fn.license_pack_license_type_info[], false)
    ]::app_fn.license_pack_info[], null)::app_fn.application_info);
select app_fn.subscribe_tenant_to_license_pack(id, 'seat') from app.tenant where identifier = 'first';
"""


def lay_out(folder: Path) -> None:
    (folder / "migrations").mkdir()
    (folder / "migrations" / "0001_site.sql").write_text(SITE)
    (folder / "gatepost.toml").write_text(
        '[project]\nmodules = ["tenancy"]\n[rest]\nschemas = ["public", "app_api", "app"]\n'
        '[auth]\ninvite_function = "app_private.mail_invitation"\n'
    )


@pytest.fixture(scope="module")
def server(served: Serve) -> Served:
    """A project that names the module, and whose migrations use it."""
    return served(lay_out)


def claims(person: Person) -> dict[str, Any]:
    """What the person's token says."""
    payload = jws.extract_compact(person.token.encode()).payload
    return json.loads(payload)


def call(person: Person, function: str, **arguments: object) -> httpx.Response:
    body = {f"_{name}": value for name, value in arguments.items()}
    return person.ask("POST", f"/rest/v1/rpc/{function}", body, **{"Content-Profile": "app_api"})


def invited(server: Served, tenant: str, scope: str, person: Person) -> str:
    """An invitation by the site; the residency's id."""
    text = "select (app_fn.invite_user(id, %s, %s)).id from app.tenant where identifier = %s"
    return str(server.sql(text, (person.email, scope, tenant))[0][0])


def at_home(server: Served, tenant: str, scope: str = "user") -> tuple[Person, str]:
    """Somebody new who has come into a tenant, with a token that says so; and his residency."""
    person = newcomer(server)
    resident = invited(server, tenant, scope, person)
    assert call(person, "assume_residency", resident_id=resident).status_code == 200
    person.refresh()
    return person, resident


def test_before_and_after_coming_in(server: Served) -> None:
    person = newcomer(server)
    assert claims(person)["app_metadata"]["permissions"] == []
    resident = invited(server, "first", "user", person)
    assert person.rows("notes") == []
    assert call(person, "assume_residency", resident_id=resident).status_code == 200
    person.refresh()
    said = claims(person)["app_metadata"]
    assert (said["tenant_name"], said["resident_id"]) == ("First", resident)
    assert set(said["permissions"]) == {"p:app-user", "p:todo", "p:discussions", "p:address-book"}
    assert "permissions" not in claims(person)["user_metadata"]
    assert [row["text"] for row in person.rows("notes")] == ["First"]


def test_a_licence_granted_changes_the_claims_of_the_next_token(server: Served) -> None:
    admin, _ = at_home(server, "first", "admin")
    person, resident = at_home(server, "first")
    granted = call(admin, "grant_user_license", resident_id=resident, license_type_key="app-admin")
    assert granted.status_code == 200, granted.text
    assert "p:app-admin" not in claims(person)["app_metadata"]["permissions"]
    person.refresh()
    assert "p:app-admin" in claims(person)["app_metadata"]["permissions"]
    assert call(person, "tenant_profile_residencies").status_code == 200


def test_a_sign_in_has_the_claims_at_once(server: Served) -> None:
    person, _ = at_home(server, "second")
    grant = {"email": person.email, "password": "correct horse battery staple"}
    answer = nobody(server).ask("POST", "/auth/v1/token?grant_type=password", grant).json()
    again = Person(server, token=answer["access_token"])
    assert claims(again)["app_metadata"]["tenant_name"] == "Second"


def test_a_licence_that_ends_ends_the_token_and_is_gone_from_the_next(server: Served) -> None:
    person, resident = at_home(server, "first")
    server.sql(
        "update app.license set expires_at = now() + interval '3 seconds'"
        " where resident_id = %s and license_type_key = 'app-user'",
        (resident,),
    )
    person.refresh()
    assert claims(person)["exp"] - claims(person)["iat"] <= 3
    assert "p:todo" in claims(person)["app_metadata"]["permissions"]
    server.sql("select pg_sleep(3)")
    person.refresh()
    assert claims(person)["app_metadata"]["permissions"] == ["p:address-book"]
    assert claims(person)["exp"] - claims(person)["iat"] == 3600


def test_a_blocked_resident_changes_nothing_and_his_next_token_says_nothing(server: Served) -> None:
    admin, _ = at_home(server, "first", "admin")
    other, resident = at_home(server, "first", "admin")
    _, victim = at_home(server, "first")
    assert call(admin, "block_resident", resident_id=resident).status_code == 200
    refused = call(other, "block_resident", resident_id=victim)
    assert refused.status_code == 403
    assert refused.json()["message"] == "30000: NOT AUTHORIZED"
    other.refresh()
    assert claims(other)["app_metadata"]["permissions"] == []
    assert other.rows("notes") == []


def test_of_fifty_requests_for_the_last_seat_exactly_one_is_granted(server: Served) -> None:
    admin, _ = at_home(server, "first", "admin")
    server.sql(ONE_SEAT)
    text = "select (app_fn.invite_user(t.id, 'seat-' || i || '@example.com')).id from app.tenant t,"
    rows = server.sql(text + " generate_series(1, 50) as i where t.identifier = 'first'")

    def take(resident: object) -> str:
        answer = call(admin, "grant_user_license", resident_id=str(resident), license_type_key="seat")
        return "granted" if answer.status_code == 200 else answer.json()["message"]

    with ThreadPoolExecutor(50) as many:
        answers = list(many.map(take, [row[0] for row in rows]))
    assert sorted(answers) == ["30031: NO SEATS LEFT"] * 49 + ["granted"]
    assert server.sql("select count(*) from app.license where license_type_key = 'seat'") == [(1,)]


def test_what_a_user_writes_about_himself_permits_nothing(server: Served) -> None:
    person, _ = at_home(server, "first")
    forged = {"permissions": ["p:app-admin-super"], "tenant_id": "9dab4723-515b-4273-8f33-314b43b184be"}
    assert person.ask("PUT", "/auth/v1/user", {"data": forged}).status_code == 200
    assert person.ask("PUT", "/auth/v1/user", {"app_metadata": forged}).status_code >= 400
    person.refresh()
    assert "p:app-admin-super" not in claims(person)["app_metadata"]["permissions"]
    assert len(person.rows("tenant", **{"Accept-Profile": "app"})) == 1
    assert call(person, "search_tenants").status_code == 403


# The invitation's mail -----------------------------------------------------------------------------------------------


def mailed(person: Person, email: str) -> tuple[int, Any]:
    """What `POST /invite` answers."""
    answer = person.ask("POST", "/auth/v1/invite", {"email": email, "data": {"admin": True}})
    return answer.status_code, answer.json()


def test_an_admin_has_an_invitation_mailed_without_a_secret_key(server: Served) -> None:
    admin, _ = at_home(server, "first", "admin")
    email = f"guest.{token_hex(4)}@example.com"
    assert call(admin, "invite_user", email=email).status_code == 200
    assert [mailed(admin, email) for _ in range(2)] == [(200, {}), (200, {})]
    link = server.inbox.read(email).link
    assert len(server.inbox.to(email)) == 1
    came = httpx.get(link, follow_redirects=False).headers["location"]
    guest = Person(server, token=dict(parse_qsl(urlsplit(came).fragment))["access_token"])
    assert "admin" not in claims(guest)["user_metadata"]
    [residency] = call(guest, "my_profile_residencies").json()
    assert residency["tenant_name"] == "First"


def test_whoever_has_an_account_gets_a_link_and_the_answer_is_the_same(server: Served) -> None:
    admin, _ = at_home(server, "first", "admin")
    somebody, _ = at_home(server, "second")
    assert call(admin, "invite_user", email=somebody.email).status_code == 200
    assert mailed(admin, somebody.email) == (200, {})
    assert "type=magiclink" in server.inbox.read(somebody.email).link


def test_nobody_else_has_anything_mailed(server: Served) -> None:
    admin, _ = at_home(server, "first", "admin")
    other, _ = at_home(server, "second", "admin")
    user, _ = at_home(server, "first")
    email = f"guest.{token_hex(4)}@example.com"
    assert call(admin, "invite_user", email=email).status_code == 200
    assert [mailed(person, email)[0] for person in (other, user, nobody(server))] == [403, 403, 403]
    assert mailed(admin, "never.invited@example.com")[0] == 403
    assert server.inbox.to(email) == []
    assert mailed(staff(server), email)[0] == 200  # who administers needs no invitation of a tenant


@pytest.mark.parametrize("schema", ["app_fn", "app_private", "auth_private"])
def test_inner_schemas_are_not_reachable(server: Served, schema: str) -> None:
    answer = nobody(server).ask("POST", "/rest/v1/rpc/invite_user", {}, **{"Content-Profile": schema})
    assert answer.status_code in (404, 406)


def test_an_account_that_is_deleted_leaves_its_residency_behind(server: Served) -> None:
    person, resident = at_home(server, "second")
    assert staff(server).ask("DELETE", f"/auth/v1/admin/users/{person.id}").status_code == 200
    row = server.sql("select profile_id, status::text from app.resident where id = %s", (resident,))
    assert row == [(None, "inactive")]


def test_the_command_installs_it_into_a_database_and_says_so(
    tmp_path: Path, cluster: Any, fresh_database: FreshDatabase
) -> None:
    (tmp_path / "gatepost.toml").write_text("")
    url = cluster.dsn(dbname=fresh_database())
    command = [sys.executable, "-m", "gatepost.cli.main", "module", "add"]
    said = [
        subprocess.run(
            [*command, name, str(tmp_path), "--database-url", url], capture_output=True, text=True, check=False
        )
        for name in ("tenancy", "tenancy", "tenency")
    ]
    assert [done.returncode for done in said] == [0, 0, 3], said
    assert "installed module tenancy" in said[0].stdout + said[0].stderr
    assert "up to date" in said[1].stdout + said[1].stderr
    assert "There is: tenancy" in said[2].stdout + said[2].stderr
    assert state.read(tmp_path / ".gatepost") is not None


def test_keys_that_only_references_need_are_no_fields(server: Served) -> None:
    answer = httpx.post(
        f"{server.url}/graphql",
        json={"query": "{ __schema { queryType { fields { name } } } }"},
        headers={"apikey": server.publishable},
        timeout=20,
    )
    names = {field["name"] for field in answer.json()["data"]["__schema"]["queryType"]["fields"]}
    assert {"resident", "residents", "tenantSubscription"} <= names
    assert not [name for name in names if name.endswith("ByIdAndTenantId")]
