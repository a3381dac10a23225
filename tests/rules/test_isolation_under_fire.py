"""Nobody ever sees another's row, role, claim, setting or header, whatever the others do at the same time.

The first test attacks a whole server; `GATEPOST_FIRE_REQUESTS=50000` makes it the long run. The others take one measure
away at a time and demand that the same attack sees it: they show that it looks where it matters.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import uvicorn
from psycopg.conninfo import make_conninfo
from uvicorn.server import ServerState

from gatepost.database import connection as connections
from gatepost.database import lanes, pool, prelude, wash
from gatepost.database.connection import Batch, Connection
from gatepost.database.facts.introspect import introspect
from gatepost.database.scope import Database
from gatepost.embedded import Server
from gatepost.embedded.options import SUPERUSER
from gatepost.gateway import Gateway, Mount
from gatepost.identity import Identity
from gatepost.identity.api_keys import ApiKey, ApiKeys, create, digest
from gatepost.identity.identify import Identifier
from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Tokens
from gatepost.protocol import Protocol
from gatepost.rest.endpoint import Endpoint
from gatepost.settings import DatabaseSettings, RestSettings
from tests.rules.fire import CONNECTIONS, Fire, people
from tests.serving import Serve

SQL = (Path(__file__).parent / "fire.sql").read_text()
REQUESTS = int(os.environ.get("GATEPOST_FIRE_REQUESTS", "4000"))
SABOTAGED_REQUESTS = 1500
SECRET = "a secret of at least thirty-two characters"

Sabotage = Callable[[pytest.MonkeyPatch], None]


def project(folder: Path) -> None:
    (folder / "migrations").mkdir()
    (folder / "gatepost.toml").write_text('[project]\nname = "fire"\n')
    (folder / "migrations" / "20260101000000_fire.sql").write_text(SQL)


def allow_temporary_tables(admin: str) -> None:
    """What our own projects deny first, so that there is something to leak."""
    with psycopg.connect(admin, autocommit=True) as connection:
        [name] = connection.execute("select quote_ident(current_database())").fetchone() or [""]
        connection.execute(f"grant temporary on database {name} to anon, authenticated")


async def test_nobody_sees_anything_of_another(served: Serve) -> None:
    server = served(project)
    admin = make_conninfo(server.owner, user=SUPERUSER)
    allow_temporary_tables(admin)
    crowd = people(server.jwt_secret, server.publishable, server.secret)
    fire = Fire("127.0.0.1", server.port, crowd, REQUESTS, admin)
    await asyncio.wait_for(fire.run(), 60 + REQUESTS / 50)
    print(f"\n{sum(fire.tally.values())} requests, {fire.killed} backends killed: {dict(sorted(fire.tally.items()))}")
    assert fire.violations == []
    assert fire.killed
    assert len(crowd) >= 50
    assert CONNECTIONS == 64
    lost = sum(count for name, count in fire.tally.items() if name.endswith(" 503"))
    assert lost <= fire.killed * 40, "a killed backend fails its own requests only"


# ------------------------------------------------------------------ the attack, attacked


@pytest.fixture(scope="module")
def prepared(cluster: Server, database_name: str) -> str:
    with psycopg.connect(cluster.dsn(dbname=database_name), autocommit=True) as admin:
        admin.execute(SQL.encode())
    allow_temporary_tables(cluster.dsn(dbname=database_name))
    return database_name


@asynccontextmanager
async def attacked(cluster: Server, dbname: str) -> AsyncIterator[Fire]:
    """Gateway and REST in this process, so that a measure can be taken away, and an attack that is not begun yet."""
    logins = {
        "authenticator": cluster.dsn("authenticator", dbname),
        "service": cluster.dsn("service_authenticator", dbname),
    }
    database = Database(logins, DatabaseSettings(pool_size=6))
    settings = RestSettings()
    publishable, secret_key = create("publishable"), create("secret")
    keys = [ApiKey("1", digest(publishable), "anon"), ApiKey("2", digest(secret_key), "service_role")]
    identifier = Identifier(Tokens(KeyRing([from_secret(SECRET)])), ApiKeys(keys))
    endpoint = Endpoint(database, settings, identifier.identify)
    endpoint.use(await introspect(database.system("catalog"), settings.schemas, settings.hoisted_settings))
    gateway = Gateway([Mount("/rest/v1", endpoint, endpoint.refuse)], identifier=identifier)
    async with listening(gateway) as port:
        yield Fire("127.0.0.1", port, people(SECRET, publishable, secret_key), SABOTAGED_REQUESTS)
    await database.close()


@asynccontextmanager
async def listening(gateway: Gateway) -> AsyncIterator[int]:
    """The server's own protocol on this test's loop."""
    config = uvicorn.Config(gateway, http=Protocol, ws="none", lifespan="off", log_config=None)  # pyright: ignore
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Protocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await asyncio.gather(*state.tasks, return_exceptions=True)
    for connection in list(state.connections):
        connection.shutdown()
    await server.wait_closed()


async def test_what_shall_travel_on_lanes_does(cluster: Server, prepared: str) -> None:
    async with attacked(cluster, prepared) as fire:
        logins = {"authenticator": cluster.dsn("authenticator", prepared)}
        database = Database(logins, DatabaseSettings())
        catalog = await introspect(database.system("catalog"), ("public",), ())
        inert = {name.name for name in catalog.inert}
        await database.close()
        assert {"notes", "mirror"} <= inert
        assert "journal" not in inert
        await fire.run()
        assert fire.violations == []
        assert len(fire.tally) > 12


def without(*commands: str) -> Sabotage:
    """A wash that forgets something (and DISCARD ALL, which covers everything, replaced by it)."""

    def sabotage(patch: pytest.MonkeyPatch) -> None:
        kept = [each for each in wash.WASH if not any(name in each.text for name in commands)]
        assert len(kept) == len(wash.WASH) - len(commands)
        patch.setattr(lanes, "WASH", kept)
        patch.setattr(lanes, "BETWEEN", [each for each in wash.BETWEEN_READS if each in kept])
        patch.setattr(pool, "WASH", kept)
        patch.setattr(pool, "DISCARD", kept)
        if "pg_advisory_unlock_all" in commands:
            patch.setattr(prelude, "UNLOCK", "null")

    return sabotage


def unset(name: str) -> Sabotage:
    """A prelude that does not set something."""

    def sabotage(patch: pytest.MonkeyPatch) -> None:
        text = prelude._text.__wrapped__  # pyright: ignore

        def changed(further: tuple[str, ...], unlock: bool) -> str:
            made: str = text(further, unlock)
            assert f"set_config('{name}'" in made
            return made.replace(f"set_config('{name}'", "set_config('nothing.at_all'")

        patch.setattr(prelude, "_text", changed)

    return sabotage


def unpinned(name: str) -> Sabotage:
    """A setting that the prelude does not empty, and a wash without RESET ALL, which covers it too."""

    def sabotage(patch: pytest.MonkeyPatch) -> None:
        without("reset all")(patch)
        unset(name)(patch)

    return sabotage


def no_wash(patch: pytest.MonkeyPatch) -> None:
    for room, name in ((lanes, "WASH"), (lanes, "BETWEEN"), (pool, "WASH"), (pool, "DISCARD")):
        patch.setattr(room, name, [])


def forged_first(patch: pytest.MonkeyPatch) -> None:
    """Temporary tables found first, and kept."""
    without("discard temp")(patch)
    made = prelude.prelude

    def turned(*arguments: Any, **options: Any) -> Any:
        command = made(*arguments, **options)
        place = prelude.PINNED.index("search_path")
        params = list(command.params)
        params[place] = b"pg_temp, " + (params[place] or b"").removesuffix(b", pg_temp")
        command.params = tuple(params)
        return command

    patch.setattr("gatepost.database.scope.prelude", turned)


def swapped_results(patch: pytest.MonkeyPatch) -> None:
    """Two requests get each other's rows, now and then."""
    settle, held = connections._settle, list[Batch]()  # pyright: ignore

    def swap(batch: Batch) -> None:
        if batch.error is not None or len(batch.results) != 1 or len(batch.results[0].columns) != 2:
            settle(batch)
        elif not held:
            held.append(batch)
            asyncio.get_running_loop().call_later(0.05, lambda: held and settle(held.pop()))
        else:
            other = held.pop()
            other.results, batch.results = batch.results, other.results
            settle(other)
            settle(batch)

    patch.setattr(connections, "_settle", swap)


def anything_on_lanes(patch: pytest.MonkeyPatch) -> None:
    """Lanes take whatever comes."""
    run = Database.run

    async def bold(self: Database, identity: Identity, statements: Any, context: Any) -> Any:
        from_compiler = [type(each)(each.text, each.params, True) for each in statements]
        return await run(self, identity, from_compiler, context)

    patch.setattr(Database, "run", bold)


def tokens_mistaken(patch: pytest.MonkeyPatch) -> None:
    """A cache of tokens that knows them by too little."""
    identify = Tokens.identify
    known: dict[str, Identity] = {}

    def mistaken(self: Tokens, token: str) -> Identity:
        return known.setdefault(token[-1:], identify(self, token))

    patch.setattr(Tokens, "identify", mistaken)


def answers_late(patch: pytest.MonkeyPatch) -> None:
    """A connection that counts answers wrongly: each read gets the one before."""
    read = connections._read  # pyright: ignore
    last: dict[tuple[str, ...], Any] = {}

    def late(result: Any, prepared: Any) -> Any:
        now = read(result, prepared)
        before = last.get(now.columns, now)
        last[now.columns] = now
        return before if now.columns == ("page", "body") else now

    patch.setattr(connections, "_read", late)


SABOTAGES: dict[str, Sabotage] = {
    "no wash": no_wash,
    **{f"a wash without {name}": without(name) for name in ("reset all", "discard temp", "discard sequences")},
    **{f"a wash without {name}": without(name) for name in ("unlisten", "close all", "pg_advisory_unlock_all")},
    **{f"a prelude without {name}": unset(name) for name in ("role", "request.jwt.claims", "request.path")},
    **{f"a prelude without {name}": unset(name) for name in ("request.headers", "request.cookies", "request.method")},
    "a prelude without search_path": unset("search_path"),
    **{f"{name} left as it was": unpinned(name) for name in ("request.jwt.claim", "request.jwt.claim.sub")},
    "request.jwt.claim.role left as it was": unpinned("request.jwt.claim.role"),
    **{
        f"{name} left as it was": unpinned(name) for name in ("request.jwt.claim.email", "response.headers", "timezone")
    },
    "temporary tables found first": forged_first,
    "results swapped": swapped_results,
    "answers one late": answers_late,
    "anything on lanes": anything_on_lanes,
    "tokens mistaken for others": tokens_mistaken,
}


@pytest.mark.parametrize("name", SABOTAGES)
async def test_the_attack_sees_a_measure_that_is_missing(
    cluster: Server, prepared: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prelude._text.cache_clear()
    with monkeypatch.context() as patch:
        SABOTAGES[name](patch)
        async with attacked(cluster, prepared) as fire:
            await asyncio.wait_for(fire.run(), 60)
    prelude._text.cache_clear()
    assert fire.violations


def test_connections_are_what_sabotages_take_apart() -> None:
    """Names that the sabotages above replace must be the ones in use."""
    assert Connection._take_results.__globals__["_settle"] is connections._settle  # pyright: ignore
