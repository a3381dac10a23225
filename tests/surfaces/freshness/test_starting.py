"""A server whose door could not stand does not start, and says why; so does the doctor."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gatepost import migrate
from gatepost.database.entrance import Entrance, find
from gatepost.database.scope import Database
from gatepost.embedded import Server
from gatepost.problem import Problem
from gatepost.settings import Settings, load
from tests.conftest import Connect
from tests.serving import launch

FUNCTIONS = """
create function public.stable(jsonb) returns jsonb language sql stable as 'select $1';
create function public.volatile(jsonb) returns jsonb language sql volatile as 'select $1';
create function public.other(jsonb) returns text language sql stable as 'select null::text';
"""
STRICT = {"freshness": "strict"}


def settings(claims: dict[str, str], hook: str = "", **sections: Any) -> Settings:
    auth = {"hook_custom_access_token_enabled": bool(hook), "hook_custom_access_token_uri": hook}
    return load({"claims": claims, "auth": auth, **sections})


def function(name: str) -> str:
    return f"pg-functions://postgres/public/{name}"


@pytest.fixture(scope="module")
def prepared(cluster: Server, connect: Connect, database_name: str) -> str:
    connect("supabase_admin", database_name).execute(FUNCTIONS.encode())
    migrate.configure(cluster.dsn(dbname=database_name), migrate.ClaimRules(per_request=("public", "stable")))
    return database_name


@pytest.fixture
async def database(cluster: Server, prepared: str) -> AsyncIterator[Database]:
    opened = Database({"authenticator": cluster.dsn("authenticator", prepared)})
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (settings({"freshness": "cached"}), None),
        (settings({"freshness": "cached"}, function("volatile")), None),
        (settings(STRICT), Entrance(after=0)),
        (settings({"freshness": "bounded:90"}, function("stable")), Entrance(after=90)),
        (settings({"per_request": "public.stable"}), Entrance(per_request=True)),
        (settings({"per_request": "public.volatile"}), Entrance(per_request=True, shared=False)),
    ],
)
async def test_what_stands(database: Database, given: Settings, expected: Entrance | None) -> None:
    assert await find(database.system("catalog"), given) == expected


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (settings(STRICT, function("volatile")), "public.volatile is VOLATILE"),
        (settings(STRICT, function("missing")), "public.missing is no function from jsonb to jsonb"),
        (settings(STRICT, function("other")), "public.other is no function from jsonb to jsonb"),
        (settings(STRICT, "https://example.com/hook"), "asked over HTTP"),
        (settings(STRICT, graphql={"role_claim": "part"}), "graphql.role_claim"),
        (settings({"per_request": "public.missing"}), r"no function public.missing\(jsonb\)"),
        (settings({"per_request": "public.other"}), r"no function public.other\(jsonb\)"),
        (settings({"per_request": "unqualified"}), "not written as schema.name"),
    ],
)
async def test_what_cannot(database: Database, given: Settings, why: str) -> None:
    with pytest.raises(Problem, match=why) as caught:
        await find(database.system("catalog"), given)
    assert caught.value.code == "invalid_setting"


async def test_a_database_that_was_not_set_up_has_no_door(cluster: Server, connect: Connect) -> None:
    connect("supabase_admin", "postgres").execute("create database bare template template0")
    bare = Database({"authenticator": cluster.dsn("authenticator", "bare")})
    with pytest.raises(Problem, match="needs a database that Gatepost has set up"):
        await find(bare.system("catalog"), settings(STRICT))
    await bare.close()


@pytest.mark.parametrize("freshness", ["", "bounded", "bounded:", "bounded:-1", "bounded:1s", "Strict", "sometimes"])
def test_freshness_is_one_of_three(freshness: str) -> None:
    with pytest.raises(Problem, match=r"claims\.freshness"):
        load({"claims": {"freshness": freshness}})


def test_the_server_says_so_and_so_does_the_doctor(scratch: Path) -> None:
    """Takes its time: a server is started that has to end by itself, and its database once more for the doctor."""
    folder = scratch / "hooked"
    (folder / "migrations").mkdir(parents=True)
    (folder / "migrations" / "0001_hook.sql").write_text(FUNCTIONS)
    hook = f'[auth]\nhook_custom_access_token_enabled = true\nhook_custom_access_token_uri = "{function("volatile")}"\n'
    (folder / "gatepost.toml").write_text(hook)
    with pytest.raises(
        AssertionError, match=r"'bounded:60' calls the claims hook in reads, and public.volatile is VOL"
    ):
        launch(folder)
    command = [sys.executable, "-m", "gatepost.cli.main", "doctor", str(folder)]
    told = subprocess.run(command, capture_output=True, check=False, timeout=60, text=True)
    assert told.returncode == 1
    assert "public.volatile is VOLATILE" in told.stdout
    assert "declare it STABLE" in told.stdout
