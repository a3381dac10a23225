"""Tokens of another issuer read rows by their claims, on every surface; what is forged, old or withdrawn reads none."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from gatepost.identity.issuers import derived_id
from tests.serving import Serve, Served

from .issuer import AUDIENCE, CONFIGURATION, KEYS, Issuer, new_key, running

NOTES = """
create table public.notes (id int primary key, plan text not null, owner uuid, text text not null);
alter table public.notes enable row level security;
grant select on public.notes to authenticated, service_role, anon;
grant insert on public.notes to authenticated;
create policy "of the plan" on public.notes for select to authenticated
    using (plan = (select auth.jwt() ->> 'plan') or owner = (select auth.uid()));
create policy "own" on public.notes for insert to authenticated with check (owner = (select auth.uid()));
insert into public.notes values (1, 'gold', null, 'for gold'), (2, 'silver', null, 'for silver');
create function public.who() returns jsonb language sql stable as
    $$ select jsonb_build_object('uid', auth.uid(), 'role', current_user, 'claims', auth.jwt()) $$;
grant execute on function public.who() to authenticated;

insert into auth.users (id, email) values ('00000000-0000-0000-0000-00000000000a', 'known@example.com');
insert into auth.identities (user_id, provider, provider_id, identity_data)
    values ('00000000-0000-0000-0000-00000000000a', 'elsewhere', 'known', '{}');
insert into auth_private.user_claims (user_id, claims) values ('00000000-0000-0000-0000-00000000000a', '{"n": 1}');
create function public.with_permissions(token jsonb) returns jsonb
language sql stable set search_path = '' as $$
    select token || coalesce((
        select jsonb_build_object('app_metadata', c.claims)
        from auth.identities i join auth_private.user_claims c using (user_id)
        where i.provider = 'elsewhere' and i.provider_id = token ->> 'external_sub'
    ), '{}')
$$;
"""
QUERY = "{ notes { nodes { text } } }"
PAUSE = 0.1
KNOWN = "00000000-0000-0000-0000-00000000000a"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def mapping() -> Iterator[Issuer]:
    """An issuer whose groups are roles here."""
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def away() -> Iterator[Issuer]:
    """An issuer that is not there."""
    with running() as found:
        found.down = True
        yield found


@dataclass(frozen=True)
class Site:
    """A server that believes the three."""

    server: Served
    client: httpx.Client

    def ask(self, token: str, method: str = "GET", path: str = "/rest/v1/notes", body: Any = None) -> httpx.Response:
        headers = {"apikey": self.server.publishable, "authorization": f"Bearer {token}"}
        return self.client.request(method, self.server.url + path, headers=headers, json=body)

    def texts(self, token: str) -> list[str]:
        answer = self.ask(token, path="/rest/v1/notes?select=text&order=id")
        assert answer.status_code == 200, answer.text
        return [row["text"] for row in answer.json()]

    def over_graphql(self, token: str) -> httpx.Response:
        return self.ask(token, "POST", "/graphql", {"query": QUERY})


@pytest.fixture(scope="module")
def site(served: Serve, issuer: Issuer, mapping: Issuer, away: Issuer) -> Iterator[Site]:
    def lay_out(folder: Path) -> None:
        (folder / "migrations").mkdir()
        (folder / "migrations" / "0001_notes.sql").write_text(NOTES)
        (folder / "gatepost.toml").write_text(
            f"""
            [claims]
            per_request = "public.with_permissions"
            [identity]
            keys_pause = "{PAUSE}s"
            [[identity.issuers]]
            issuer = "{issuer.url}"
            audience = ["{AUDIENCE}"]
            app_metadata = "https://example.com/claims"
            [[identity.issuers]]
            issuer = "{mapping.url}"
            audience = ["{AUDIENCE}"]
            jwks_url = "{mapping.url}{KEYS}"
            role_claim = "realm_access.roles"
            roles = {{ robot = "service_role", member = "authenticated", root = "postgres" }}
            [[identity.issuers]]
            issuer = "{away.url}"
            audience = ["{AUDIENCE}"]
            subject = "token"
            """
        )

    with httpx.Client(timeout=20) as client:
        yield Site(served(lay_out), client)


def test_rows_are_read_by_the_claims_of_the_token(site: Site, issuer: Issuer) -> None:
    assert site.texts(issuer.token(plan="gold")) == ["for gold"]
    assert site.texts(issuer.token(plan="silver")) == ["for silver"]
    assert site.texts(issuer.token()) == []


def test_over_graphql_they_are_the_same_rows(site: Site, issuer: Issuer) -> None:
    answer = site.over_graphql(issuer.token(plan="gold"))
    assert answer.json() == {"data": {"notes": {"nodes": [{"text": "for gold"}]}}}, answer.text
    refused = site.over_graphql(issuer.token(plan="gold", aud="another"))
    assert refused.status_code == 401
    assert "audience" in refused.json()["errors"][0]["message"]


async def test_over_a_socket_they_are_the_same_rows(site: Site, issuer: Issuer) -> None:
    issuer.rotate("for-sockets")
    await asyncio.sleep(PAUSE)
    token = issuer.token(plan="gold", session_id="00000000-0000-0000-0000-000000000001")
    where = site.server.url.replace("http://", "ws://") + "/graphql"
    async with websockets.connect(where, subprotocols=["graphql-transport-ws"]) as socket:  # pyright: ignore
        payload = {"apikey": site.server.publishable, "authorization": f"Bearer {token}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": QUERY}}))
        said = json.loads(await socket.recv())
    assert said["payload"] == {"data": {"notes": {"nodes": [{"text": "for gold"}]}}}


def test_what_sql_sees_of_it(site: Site, issuer: Issuer) -> None:
    said = {"tenant_id": "t"}
    token = issuer.token(
        role="service_role", app_metadata={"tenant_id": "forged"}, **{"https://example.com/claims": said}
    )
    seen = site.ask(token, path="/rest/v1/rpc/who").json()
    assert (seen["uid"], seen["role"]) == (derived_id(issuer.url, "person-1"), "authenticated")
    claims = seen["claims"]
    assert (claims["iss"], claims["external_sub"], claims["app_metadata"]) == (issuer.url, "person-1", said)


def test_what_the_database_says_of_a_user_is_joined_in_each_request(site: Site, issuer: Issuer) -> None:
    token = issuer.token(sub="known")
    assert site.ask(token, path="/rest/v1/rpc/who").json()["claims"]["app_metadata"] == {"n": 1}
    site.server.sql("update auth_private.user_claims set claims = '{\"n\": 2}'")
    assert site.ask(token, path="/rest/v1/rpc/who").json()["claims"]["app_metadata"] == {"n": 2}


def test_rows_are_written_as_the_user_that_the_subject_makes(site: Site, issuer: Issuer) -> None:
    token, own = issuer.token(sub="writer"), derived_id(issuer.url, "writer")
    row = {"id": 10, "plan": "none", "owner": own, "text": "mine"}
    assert site.ask(token, "POST", body=row).status_code == 201
    assert site.texts(token) == ["mine"]
    other = {**row, "id": 11, "owner": derived_id(issuer.url, "person-1")}
    assert site.ask(token, "POST", body=other).status_code == 403


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"aud": "another"}, 401),
        ({"aud": None}, 401),
        ({"iss": "http://127.0.0.1:9"}, 401),
        ({"iss": None}, 401),
        ({"exp": -60}, 401),
        ({"exp": None}, 401),
        ({"nbf": 600}, 401),
        ({"iat": 600}, 401),
        ({"sub": None}, 401),
    ],
)
def test_a_token_that_does_not_hold_reads_nothing(
    site: Site, issuer: Issuer, claims: dict[str, Any], status: int
) -> None:
    # Times count from here: between the collection of tests and this one may lie minutes.
    now = int(time.time())
    token = issuer.token(plan="gold", **{k: now + v if isinstance(v, int) else v for k, v in claims.items()})
    assert site.ask(token).status_code == status
    assert site.over_graphql(token).status_code == status


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_forged_token_reads_nothing(site: Site, issuer: Issuer, mapping: Issuer) -> None:
    claims = issuer.claims(plan="gold")
    kid = issuer.published[0].as_dict()["kid"]
    unsigned = part({"alg": "none", "kid": kid}) + "." + part(claims) + "."
    text = part({"alg": "HS256", "kid": kid}) + "." + part(claims)
    public = issuer.published[0].as_pem(private=False)
    mac = base64.urlsafe_b64encode(hmac.digest(public, text.encode(), "sha256")).rstrip(b"=").decode()
    forger = new_key(kid)
    forged = [
        unsigned,
        f"{text}.{mac}",
        issuer.token(forger, plan="gold"),
        issuer.token(forger, {"jwk": forger.as_dict(private=False), "kid": None}, plan="gold"),
        mapping.token(plan="gold", iss=issuer.url),  # the other issuer's key, whose keys are known here
    ]
    site.texts(mapping.token(realm_access={"roles": ["member"]}))
    for token in forged:
        assert site.ask(token).status_code == 401, token


@pytest.mark.parametrize(
    ("roles", "rows"),
    [(["robot", "member"], 2), (["member"], 0), (["reader"], None), ([], None), (["service_role"], None)],
)
def test_roles_are_those_that_are_written_down(site: Site, mapping: Issuer, roles: list[str], rows: int | None) -> None:
    token = mapping.token(realm_access={"roles": roles}, role="service_role")
    answer = site.ask(token, path="/rest/v1/notes?id=lt.10")
    assert answer.status_code == (401 if rows is None else 200), answer.text
    if rows is not None:
        assert len(answer.json()) == rows


def test_a_role_that_the_login_may_not_have_is_nobodys(site: Site, mapping: Issuer) -> None:
    answer = site.ask(mapping.token(realm_access={"roles": ["root"]}))
    assert answer.status_code in (401, 403), answer.text


def test_the_auth_surface_knows_its_own_users_only(site: Site, issuer: Issuer) -> None:
    for method, path in (("GET", "user"), ("PUT", "user"), ("POST", "logout"), ("GET", "admin/users")):
        answer = site.ask(issuer.token(), method, f"/auth/v1/{path}", {} if method != "GET" else None)
        assert (answer.status_code, answer.headers["x-sb-error-code"]) == (403, "bad_jwt"), answer.text


def test_a_key_that_was_rotated_out_reads_nothing(site: Site, issuer: Issuer) -> None:
    before = issuer.token(plan="gold")
    time.sleep(PAUSE)
    assert site.texts(before) == ["for gold"]
    old = issuer.rotate("after")
    time.sleep(PAUSE)
    assert site.texts(issuer.token(plan="gold")) == ["for gold"]
    for token in (before, issuer.token(old, plan="gold")):
        refused = site.ask(token)
        assert (refused.status_code, refused.json()["code"]) == (401, "PGRST301")
    assert site.over_graphql(before).status_code == 401


def test_many_forged_key_ids_are_few_requests_to_the_issuer(site: Site, issuer: Issuer) -> None:
    site.texts(issuer.token(plan="gold"))
    asked, began, forger = len(issuer.asked), time.monotonic(), new_key("forged")
    with ThreadPoolExecutor(8) as pool:
        tokens = [issuer.token(forger, {"kid": f"forged-{n}"}) for n in range(60)]
        assert {answer.status_code for answer in pool.map(site.ask, tokens)} == {401}
    assert len(issuer.asked) - asked <= 2 + (time.monotonic() - began) / PAUSE


def test_without_its_issuers_keys_a_token_is_told_to_come_again(site: Site, away: Issuer) -> None:
    token = away.token(sub=KNOWN, plan="gold")
    for answer in (site.ask(token), site.over_graphql(token)):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10"), answer.text
    assert "keys" in site.ask(token).json()["message"]
    away.down = False
    time.sleep(PAUSE)
    assert site.texts(token) == ["for gold"]
    assert away.asked[-2:] == [CONFIGURATION, KEYS]


def test_a_user_here_who_is_banned_comes_in_by_no_issuer(site: Site, issuer: Issuer, away: Issuer) -> None:
    """Once the door looks, a minute after the token was made; somebody who is no user here may come in."""
    away.down = False
    time.sleep(PAUSE)
    earlier = int(time.time()) - 120
    known, stranger = away.token(sub=KNOWN, plan="gold", iat=earlier), issuer.token(plan="gold", iat=earlier)
    assert site.texts(known) == site.texts(stranger) == ["for gold"]
    site.server.sql("update auth.users set banned_until = now() + interval '1 hour' where id = %s", (KNOWN,))
    assert site.ask(known).status_code == 401
    assert site.texts(stranger) == ["for gold"]
    site.server.sql("update auth.users set banned_until = null where id = %s", (KNOWN,))


def test_a_token_alone_is_a_key_as_one_of_ours_is(site: Site, issuer: Issuer) -> None:
    headers = {"authorization": f"Bearer {issuer.token(plan='gold')}"}
    answer = site.client.get(f"{site.server.url}/rest/v1/notes?select=text", headers=headers)
    assert (answer.status_code, answer.json()) == (200, [{"text": "for gold"}])
