"""What a serving process does when what it needs to know cannot be read."""

import asyncio
import json

import pytest

from gatepost import app
from gatepost.app import Server, serving
from gatepost.database.scope import Database
from gatepost.gateway import Gateway
from gatepost.identity.keys import from_jwk, generate
from gatepost.problem import Unavailable
from gatepost.settings import AuthSettings, Seconds, ServerSettings, Settings


async def test_what_could_not_be_read_is_read_again_until_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "RELOAD_SECONDS", 0.01)
    tries: list[int] = []
    done = asyncio.Event()

    async def load() -> None:
        tries.append(1)
        if len(tries) < 4:
            raise Unavailable
        done.set()

    server = Server(Settings(), Database({}), loaders=[load])
    await server._load()
    assert len(tries) == 1
    await asyncio.wait_for(done.wait(), 5)
    await asyncio.sleep(0.05)
    assert len(tries) == 4
    await server.stop()


def test_a_connection_outlives_what_proxies_and_clients_keep_idle() -> None:
    """Whoever sends on one that is being closed sees the request fail: nginx keeps 60 s, load balancers the same."""
    gateway = Gateway([])
    assert serving(Settings(), gateway).timeout_keep_alive > 60
    assert serving(Settings(server=ServerSettings(keep_alive=Seconds(5))), gateway).timeout_keep_alive == 5


def test_keys_of_the_settings_stand_instead_of_the_databases() -> None:
    settings = Settings(auth=AuthSettings(jwt_keys=json.dumps([generate("configured")])))
    server = Server(settings, Database({}), secret="a legacy secret of at least 32 bytes")
    server._use_keys([from_jwk(generate("stored"))])
    assert [(key.kid, key.signs) for key in server.tokens.keys.keys] == [("configured", True), (None, False)]
