"""A project within somebody's application: mounted, asked without a socket, ended in an orderly way."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

import gatepost
from gatepost import embedded
from gatepost.cli.embed import Embedded
from gatepost.frameworks.core import AuthServer, ServerClient, SyncServerClient
from gatepost.frameworks.core.jar import Jar
from gatepost.problem import Problem
from tests.surfaces.frameworks.conftest import lay_out
from tests.surfaces.people import PASSWORD


@pytest.fixture(scope="module")
async def project(cluster: embedded.Server, scratch: Path) -> AsyncIterator[Embedded]:
    """The example's project in a database of the tests' server."""
    folder, name = scratch / "embedded", f"embedded_{uuid4().hex[:8]}"
    folder.mkdir()
    lay_out(folder)
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0")  # pyright: ignore
    project = gatepost.asgi(folder, url="http://notes.test", database_url=cluster.dsn(dbname=name))
    async with project.lifespan():
        yield project


async def test_it_answers_below_the_path_of_a_mount(project: Embedded):
    for app, base in ((project, ""), (Starlette(routes=[Mount("/api", project)]), "/api")):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notes.test") as client:  # pyright: ignore
            assert (await client.get(f"{base}/health")).json() == {"status": "ok"}
            rows = await client.get(f"{base}/rest/v1/Note", headers={"apikey": project.publishable_key})
            assert (rows.status_code, rows.json()) == (200, [])
            assert (await client.get(f"{base}/rest/v1/Note")).status_code == 401


async def test_it_is_asked_without_a_socket(project: Embedded):
    server = AuthServer(project.url, project.publishable_key, app=project)
    transport = httpx.ASGITransport(project)  # pyright: ignore
    async with httpx.AsyncClient(transport=transport, base_url=project.url) as client:
        body = {"email": "ada@example.com", "password": PASSWORD, "email_confirm": True}
        headers = {"apikey": project.secret_key}
        assert (await client.post("/auth/v1/admin/users", json=body, headers=headers)).status_code == 200
    jar = Jar(())
    visitor = ServerClient(server, jar.get_all, jar.set_all)
    assert (await visitor.sign_in_with_password("ada@example.com", PASSWORD)).email == "ada@example.com"
    user = await ServerClient(server, jar.get_all).get_user()
    assert user is not None
    assert user.email == "ada@example.com"
    with pytest.raises(TypeError, match="from its event loop"):
        SyncServerClient(server, jar.get_all).get_user()
    await server.aclose()


def test_one_process_serves_it(project: Embedded):
    with pytest.raises(Problem, match="served already"):
        _ = gatepost.asgi(project._folder).url


async def test_served_by_itself_it_lives_as_long_as_its_server(cluster: embedded.Server, scratch: Path):
    folder = scratch / "alone"
    folder.mkdir()
    (folder / "gatepost.toml").write_text("")
    alone = gatepost.asgi(folder, database_url=cluster.dsn(dbname="nowhere"))
    said: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        said.append(message["type"])

    await alone({"type": "lifespan"}, receive, send)
    assert said == ["lifespan.startup.failed"]
