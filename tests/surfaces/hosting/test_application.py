"""An application written for Supabase and PostGraphile, served as it is, with a gatepost.toml laid beside it."""

import asyncio
import base64
import json
import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import Needs
from tests.serving import Serve, Served
from tests.surfaces.graphql.talking import talk
from tests.surfaces.people import PASSWORD, Person, staff

PROJECT = Path(__file__).parent / "project"
TENANT = "11111111-1111-4111-8111-111111111111"
OTHERS = "22222222-2222-4222-8222-222222222222"
CREATE = """
mutation ($info: PlotInfoInput!) { createPlot(input: {_info: $info}) { plot { id name state label } } }
"""


def lay_out(folder: Path) -> None:
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def server(served: Serve) -> Served:
    return served(lay_out)


def signed_in(server: Served, email: str, password: str) -> Person:
    person = Person(server, email=email)
    answer = person.ask("POST", "/auth/v1/token?grant_type=password", {"email": email, "password": password})
    assert answer.status_code == 200, answer.text
    person.id, person.token = answer.json()["user"]["id"], answer.json()["access_token"]
    person.refresh_token = answer.json()["refresh_token"]
    return person


def newcomer(server: Served, tenant: str) -> Person:
    """Somebody who signs up and joins a tenant, by the application's own function."""
    email = f"{uuid4().hex[:10]}@example.com"
    person = Person(server, email=email)
    assert person.ask("POST", "/auth/v1/signup", {"email": email, "password": PASSWORD}).status_code == 200
    person = signed_in(server, email, PASSWORD)
    joined = person.ask("POST", "/rest/v1/rpc/join", {"_tenant_id": tenant}, **{"content-profile": "plots_api"})
    assert joined.status_code == 200, joined.text
    return person


def asked(person: Person, query: str, **variables: Any) -> dict[str, Any]:
    answer: dict[str, Any] = person.ask("POST", "/graphql", {"query": query, "variables": variables}).json()
    assert "errors" not in answer, answer
    return answer["data"]


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_migrations_and_seeds_are_applied_by_a_role_that_is_no_superuser(server: Served) -> None:
    applied = server.sql("select version from supabase_migrations.schema_migrations order by 1")
    assert applied == [("00000000010100",), ("00000000010200",), ("00000000010300",)]
    owner = server.sql("select tableowner, rolsuper from pg_tables join pg_roles on rolname = tableowner"
                       " where schemaname = 'plots' group by 1, 2")  # fmt: skip
    assert owner == [("postgres", False)]
    assert server.sql("select email::text from plots.gardener where email = 'anna@example.com'")


def test_its_owner_may_look_at_the_server_and_let_others_do_so(server: Served) -> None:
    given = server.sql("select roleid::regrole::text, admin_option from pg_auth_members"
                       " where member = 'postgres'::regrole and roleid::regrole::text ~ '^pg_' order by 1")  # fmt: skip
    assert given == [("pg_monitor", True), ("pg_signal_backend", True)]


def test_what_config_toml_says_and_is_not_honoured_is_printed(server: Served) -> None:
    assert "config.toml, [storage] is not served" in server.lines()


def test_who_came_with_the_seed_signs_in_with_their_password(server: Served) -> None:
    anna = signed_in(server, "anna@example.com", "poiuytre")
    [row] = anna.rows("gardener?select=email,display_name", **{"accept-profile": "plots"})
    assert row == {"email": "anna@example.com", "display_name": "anna"}


def test_claims_count_with_the_next_request_and_are_in_the_next_token(server: Served) -> None:
    person = newcomer(server, TENANT)
    assert claims(person.token)["user_metadata"].get("tenant_id") is None, "the token is older than the claim"
    created = asked(person, CREATE, info={"name": "north", "state": None})["createPlot"]["plot"]
    assert (created["name"], created["state"], created["label"]) == ("north", "FREE", "north (free)")
    person.refresh()
    said = claims(person.token)["user_metadata"]
    assert (said["tenant_id"], said["permissions"]) == (TENANT, ["p:plots"])


def test_a_composite_argument_goes_through_rest_too(server: Served) -> None:
    person = newcomer(server, TENANT)
    answer = person.ask("POST", "/rest/v1/rpc/create_plot", {"_info": {"name": "south", "state": "let"}},
                        **{"content-profile": "plots_api"})  # fmt: skip
    assert (answer.status_code, answer.json()["name"], answer.json()["state"]) == (200, "south", "let")
    assert [row["name"] for row in asked(person, "{ myPlotsList { name } }")["myPlotsList"]] == ["south"]


def test_another_tenants_rows_are_not_there(server: Served) -> None:
    mine, theirs = newcomer(server, TENANT), newcomer(server, OTHERS)
    plot = asked(mine, CREATE, info={"name": "mine"})["createPlot"]["plot"]
    assert asked(mine, "query ($id: UUID!) { plot(id: $id) { name } }", id=plot["id"])["plot"] == {"name": "mine"}
    assert asked(theirs, "query ($id: UUID!) { plot(id: $id) { name } }", id=plot["id"])["plot"] is None


def test_clients_that_know_of_no_key_are_anonymous(server: Served) -> None:
    answer = httpx.post(f"{server.url}/graphql", json={"query": "{ plotsList { id } gardenersList { id } }"})
    assert answer.json() == {"data": {"plotsList": [], "gardenersList": []}}
    forged = {"authorization": "Bearer x.y.z"}
    assert httpx.post(f"{server.url}/graphql", json={"query": "{ __typename }"}, headers=forged).status_code == 401


def test_nor_does_rest_or_auth_ask_for_one_here(server: Served) -> None:
    assert httpx.get(f"{server.url}/rest/v1/nowhere").json()["code"] == "PGRST205"
    assert httpx.get(f"{server.url}/auth/v1/settings").status_code == 200
    assert httpx.get(f"{server.url}/rest/v1/nowhere", headers={"apikey": "x"}).status_code == 401
    assert httpx.get(f"{server.url}/auth/v1/admin/users").status_code == 401


def test_without_a_claim_the_application_says_no(server: Served) -> None:
    answer = httpx.post(f"{server.url}/graphql", json={"query": CREATE, "variables": {"info": {"name": "no"}}}).json()
    assert answer["data"] == {"createPlot": None}
    assert answer["errors"][0]["message"] == "30000: NOT AUTHORIZED"


async def test_notifications_reach_a_subscription(server: Served) -> None:
    person = newcomer(server, TENANT)
    plot = asked(person, CREATE, info={"name": "told"})["createPlot"]["plot"]
    async with talk(server) as socket:
        await socket.begin(person)
        await socket.subscribe("subscription ($id: UUID!) { plotChanged(plotId: $id) { event plot { name } } }", plot)
        await socket.say(type="ping")
        assert (await socket.hear())["type"] == "pong"
        message = 'select pg_notify(%s, \'{"event": "move", "id": "\' || %s || \'"}\')'
        telling = asyncio.create_task(socket.next())
        async with asyncio.timeout(20):
            while not telling.done():  # a pong does not say that the channel is listened to by now
                server.sql(message, (f"plot:{plot['id']}:changed", plot["id"]))
                await asyncio.wait({telling}, timeout=0.2)
            told = await telling
        assert told["data"] == {"plotChanged": {"event": "move", "plot": {"name": "told"}}}


def test_jobs_wait_for_their_worker(server: Served) -> None:
    person = newcomer(server, TENANT)
    plot = asked(person, CREATE, info={"name": "later"})["createPlot"]["plot"]
    query = "mutation ($id: UUID!) { remind(input: {_plotId: $id}) { boolean } }"
    assert asked(person, query, id=plot["id"])["remind"] == {"boolean": True}
    queued = server.sql("select payload ->> 'plot' from graphile_worker._stub_jobs where task_identifier = 'remind'")
    assert (plot["id"],) in queued


def test_a_user_whom_the_application_holds_cannot_be_deleted_and_it_says_so(server: Served) -> None:
    held, free = newcomer(server, TENANT), newcomer(server, TENANT)
    asked(held, CREATE, info={"name": "held"})
    refused = staff(server).ask("DELETE", f"/auth/v1/admin/users/{held.id}")
    assert (refused.status_code, refused.json()["code"]) == (500, "23503")
    assert 'violates foreign key constraint "plot_gardener_id_fkey"' in refused.json()["message"]
    assert staff(server).ask("DELETE", f"/auth/v1/admin/users/{free.id}").status_code == 200
    assert server.sql("select 1 from plots.gardener where id = %s", (free.id,)) == []


def test_policies_that_a_table_forces_upon_its_owner_do_not_bind_postgres(server: Served, needs: Needs) -> None:
    needs("the embedded PostgreSQL")  # a server that is one project's own
    server.sql("create table public.forced (id int); alter table public.forced enable row level security")
    server.sql("alter table public.forced force row level security; insert into public.forced values (1)")
    assert server.sql("select id from public.forced") == [(1,)]
    assert server.sql("select rolsuper from pg_roles where rolname = current_user") == [(False,)]
