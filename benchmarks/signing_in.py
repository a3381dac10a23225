"""What signing in costs a transaction of one statement: SQLAlchemy with a guarded engine, and with one that is not.

In: nothing. Out: for each driver the time of a transaction (commit included, one at a time, by a socket) and the CPU of
this process: plain, with another statement (`select 1`), guarded. Never: rows or policies: all read one small row of a
table that everybody may read. Rounds alternate, the least disturbed counts.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import psycopg
from common import verdict
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from gatepost import embedded
from gatepost.embedded import Options
from gatepost.frameworks.sqlalchemy import as_identity, guard
from gatepost.identity import Identity

TRANSACTIONS, ROUNDS = 300, 9
BAR = 1.5
USER = "9c6d1f2e-0000-4000-8000-000000000001"
METADATA = {"provider": "email", "permissions": ["p:app", "p:todo", "p:incidents"]}
CLAIMS = {
    "sub": USER,
    "role": "authenticated",
    "email": "ada@example.com",
    "app_metadata": METADATA,
    "session_id": USER,
}
ADA = Identity("authenticated", CLAIMS)
ONE = text("select 1")
READ = text("select body from notes where id = :id")
ROLES = """
create role authenticated; create role anon; create role authenticator login noinherit in role anon, authenticated;
create table notes (id int primary key, body text not null);
insert into notes select n, 'note ' || n from generate_series(1, 1000) n;
grant select on notes to public
"""


def block(engine: Engine, identity: Identity | None, more: bool = False) -> None:
    for number in range(1, TRANSACTIONS + 1):
        with Session(engine) as session, as_identity(session, identity) if identity else nullcontext():
            if more:
                session.execute(ONE).scalar_one()
            session.execute(READ, {"id": number}).scalar_one()
            session.commit()


async def wait(engine: AsyncEngine, identity: Identity | None, more: bool = False) -> None:
    for number in range(1, TRANSACTIONS + 1):
        async with AsyncSession(engine) as session:
            with as_identity(session, identity) if identity else nullcontext():
                if more:
                    (await session.execute(ONE)).scalar_one()
                (await session.execute(READ, {"id": number})).scalar_one()
                await session.commit()


def spent(act: Callable[[], None]) -> tuple[float, float]:
    """Microseconds a transaction: by the clock, and of CPU."""
    clock, cpu = time.perf_counter(), time.process_time()
    act()
    ended = time.perf_counter(), time.process_time()
    return (ended[0] - clock) / TRANSACTIONS * 1e6, (ended[1] - cpu) / TRANSACTIONS * 1e6


def compare(name: str, acts: dict[str, Callable[[], None]]) -> bool:
    """`acts` are plain, one statement more, guarded."""
    for act in acts.values():
        act()
    rounds = [[spent(act) for act in acts.values()] for _ in range(ROUNDS)]
    least = [tuple(map(min, zip(*each, strict=True))) for each in zip(*rounds, strict=True)]
    told = (f"{what} {clock:.0f} µs (CPU {cpu:.0f})" for what, (clock, cpu) in zip(acts, least, strict=True))
    plain, more, guarded = (clock for clock, _ in least)
    print(f"{name}: {', '.join(told)}; guarded / plain {guarded / plain:.2f}, of CPU {least[2][1] / least[0][1]:.2f}")
    return verdict(f"{name}: guarded / a statement more", guarded / more, BAR)


def run(url: URL) -> bool:
    plain, guarded = create_engine(url), guard(create_engine(url))
    acts = {
        "plain": partial(block, plain, None),
        "a statement more": partial(block, plain, None, more=True),
        "guarded": partial(block, guarded, ADA),
    }
    held = [compare("psycopg", acts)]
    for driver in ("psycopg", "asyncpg"):
        with asyncio.Runner() as runner:
            held.append(compare(f"{driver}, asyncio", waiting(runner, url.set(drivername=f"postgresql+{driver}"))))
    return all(held)


def waiting(runner: asyncio.Runner, url: URL) -> dict[str, Callable[[], None]]:
    plain, guarded = create_async_engine(url), guard(create_async_engine(url))
    return {
        "plain": lambda: runner.run(wait(plain, None)),
        "a statement more": lambda: runner.run(wait(plain, None, more=True)),
        "guarded": lambda: runner.run(wait(guarded, ADA)),
    }


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        server = embedded.start(folder / "cluster", Options(cache=folder / "cache"))
        try:
            with psycopg.connect(server.dsn(), autocommit=True) as admin:
                admin.execute(ROLES)  # pyright: ignore
            known = conninfo_to_dict(server.dsn("authenticator", "postgres"))
            query = {"host": str(known["host"]), "port": str(known["port"])}
            url = URL.create("postgresql+psycopg", "authenticator", database="postgres", query=query)
            return 0 if run(url) else 1
        finally:
            server.stop(others=True)


if __name__ == "__main__":
    sys.exit(main())
