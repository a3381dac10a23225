"""The Python client on 10,000 posts under a relation policy: what its SQL costs, what Python adds, and beside it,
where it is installed, ZenStack's client on Node.

Run: python benchmarks/client.py [FOLDER [NODE]]; FOLDER has ZenStack's packages, see the README.
"""

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from gatepost import embedded, evolve, migrate, zmodel
from gatepost.database.values import Result
from gatepost.embedded import Options, Server
from gatepost.orm.client import Client
from gatepost.query.sql import Statement

POSTS = Path(__file__).parent / "posts"
QUERY, DATABASE = "posts_query", "posts_database"
USER = {"id": 7}
ROUNDS, REPEATS = 3, 15
# What a person would write: the rules of Post for one user.
BY_HAND = """
select count(*) from "Post" p
where p.published or p."authorId" = 7 or exists (
    select 1 from "Org" o where o.id = p."orgId" and exists (
        select 1 from "Membership" m where m."orgId" = o.id and m."userId" = 7))
"""
TIMES = {"a page of 20": 300, "one row": 300, "the whole list": 20}
FASTER = {"a page of 20": 2.0, "one row": 1.3, "the whole list": 6.0}


@dataclass
class Figures:
    """Milliseconds: the least and the median of a call, and the client process's CPU for each."""

    least: float
    median: float
    cpu: float
    rows: int


def operations(db: Client) -> dict[str, Callable[[], Awaitable[Any]]]:
    """What is measured, by name."""
    return {
        "a page of 20": lambda: db.post.find_many(take=20, order_by={"id": "asc"}),
        "one row": lambda: db.post.find_unique(where={"id": 7}),
        "the whole list": db.post.find_many,
    }


# ---------------------------------------------------------------- the databases


@contextmanager
def databases() -> Iterator[Server]:
    """One without policies, for rules in the query, and one with them."""
    schema = zmodel.load(POSTS / "schema.zmodel")
    with tempfile.TemporaryDirectory(prefix="gatepost-") as scratch:
        home = Path(scratch)
        home.chmod(0o711)
        server = embedded.start(home / "cluster", Options(cache=home / "cache", extensions=migrate.EXTENSIONS))
        try:
            for name in (QUERY, DATABASE):
                with psycopg.connect(server.dsn(), autocommit=True) as admin:
                    admin.execute(f"create database {name} template template0".encode())
                migrate.install(server.dsn(dbname=name), "gatepost")
                evolve.push_now(schema, server.dsn("postgres", name), policies=name == DATABASE)
                with psycopg.connect(server.dsn(dbname=name), autocommit=True) as admin:
                    admin.execute((POSTS / "seed.sql").read_bytes())
                    admin.execute("vacuum analyze")
            yield server
        finally:
            server.stop(others=True)


def opened(server: Server, guard: str) -> Client:
    schema = zmodel.load(POSTS / "schema.zmodel")
    if guard == "query":
        return Client.connect(schema, server.dsn("postgres", QUERY), guard="query")
    return Client.connect(schema, server.dsn("authenticator", DATABASE), guard="database")


# ---------------------------------------------------------------- what the SQL costs


class Heard:
    """The way to the database, listened to; with `answer` it gives the same results again, without a database."""

    def __init__(self, door: Any) -> None:
        self._door = door
        self.statements: tuple[Statement, ...] = ()
        self.results: list[Result] = []
        self.answer = False

    async def run(self, identity: Any, statements: tuple[Statement, ...]) -> list[Result]:
        if not self.answer:
            self.statements = statements
            self.results = await self._door.run(identity, statements)
        return self.results

    def __getattr__(self, name: str) -> Any:
        return getattr(self._door, name)


def listening(db: Client) -> Heard:
    heard = Heard(db.session.door)
    object.__setattr__(db.session, "door", heard)
    return heard


def executed(connection: "psycopg.Connection[Any]", text: str, params: tuple[bytes | None, ...] = ()) -> float:
    """The least time (ms) that PostgreSQL needs to run a statement, planning apart."""
    values = [None if each is None else each.decode() for each in params]
    cursor = psycopg.RawCursor(connection)
    times: list[float] = []
    for _ in range(REPEATS):
        plan = cursor.execute(f"explain (analyze, timing off, format json) {text}".encode(), values).fetchone()
        times.append(plan[0][0]["Execution Time"] if plan else 0.0)
    return min(times)


async def sql_times(server: Server) -> dict[str, float]:
    """Counting what user 7 may read: by hand, and as either guard does it."""
    found: dict[str, float] = {}
    with psycopg.connect(server.dsn("postgres", QUERY), autocommit=True) as connection:
        found["by hand"] = executed(connection, BY_HAND)
        counted = [connection.execute(BY_HAND.encode()).fetchall()[0][0]]
        async with opened(server, "query") as client:
            db = client.set_auth(USER)
            heard = listening(db)
            counted.append(await db.post.count())
            found["query"] = executed(connection, heard.statements[0].text, tuple(heard.statements[0].params))
    async with opened(server, "database") as client:
        db = client.set_auth(USER)
        heard = listening(db)
        counted.append(await db.post.count())
        with psycopg.connect(server.dsn("authenticator", DATABASE), autocommit=True) as connection:
            claims = db.session.identity.claims_json.decode()
            connection.execute("select set_config('request.jwt.claims', %s, false)", [claims])
            connection.execute("set role authenticated")
            found["database"] = executed(connection, heard.statements[0].text, tuple(heard.statements[0].params))
    if len(set(counted)) != 1:
        raise SystemExit(f"the counts differ: {counted}")
    return found


# ---------------------------------------------------------------- what Python adds


async def overheads(server: Server) -> tuple[float, float]:
    """Python's own time (µs) for a call, and for each row of a result; the database's part is played back."""
    async with opened(server, "query") as client:
        db = client.set_auth(USER)
        heard = listening(db)
        calls = operations(db)
        one = await _alone(heard, calls["one row"], 2000)
        page = await _alone(heard, calls["a page of 20"], 2000)
        rows = len(await calls["the whole list"]())
        whole = await _alone(heard, calls["the whole list"], 50)
        return max(one, page), (whole - page) / (rows - 20)


async def _alone(heard: Heard, call: Callable[[], Awaitable[Any]], times: int) -> float:
    heard.answer = False
    await call()
    heard.answer = True
    least = float("inf")
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(times):
            await call()
        least = min(least, (time.perf_counter() - begun) / times * 1e6)
    heard.answer = False
    return least


# ---------------------------------------------------------------- beside ZenStack


async def measured(call: Callable[[], Awaitable[Any]], times: int) -> Figures:
    taken: list[float] = []
    found: Any = None
    cpu = time.process_time()
    for _ in range(times):
        begun = time.perf_counter()
        found = await call()
        taken.append((time.perf_counter() - begun) * 1e3)
    cpu = (time.process_time() - cpu) * 1e3 / times
    return Figures(min(taken), statistics.median(taken), cpu, len(found) if isinstance(found, list) else 1)


class ZenStack:
    """The client on Node, in a process of its own."""

    def __init__(self, folder: str, node: str, server: Server) -> None:
        sockets = str(server.folders.run)
        command = [node, str(POSTS / "zenstack.mjs"), str(Path(folder).resolve()), sockets, "postgres", QUERY]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()

    def measured(self, name: str) -> Figures:
        assert self._process.stdin
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        return Figures(**json.loads(self._answer()))

    def _answer(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("ZenStack's client did not answer")
        return line

    def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


async def side_by_side(server: Server, other: ZenStack | None) -> dict[str, tuple[Figures, Figures | None]]:
    """Rounds alternate; the least of all counts."""
    ours: dict[str, list[Figures]] = {name: [] for name in TIMES}
    theirs: dict[str, list[Figures]] = {name: [] for name in TIMES}
    async with opened(server, "query") as client:
        calls = operations(client.set_auth(USER))
        for name, times in TIMES.items():
            await measured(calls[name], times)
        for _ in range(ROUNDS):
            for name, times in TIMES.items():
                ours[name].append(await measured(calls[name], times))
                if other is not None:
                    theirs[name].append(other.measured(name))
    return {name: (_least(ours[name]), _least(theirs[name]) if other else None) for name in TIMES}


def _least(rounds: list[Figures]) -> Figures:
    return Figures(
        min(each.least for each in rounds),
        min(each.median for each in rounds),
        min(each.cpu for each in rounds),
        rounds[0].rows,
    )


# ---------------------------------------------------------------- the run


def bar(what: str, figure: float, at_most: float | None = None, at_least: float | None = None) -> bool:
    """Prints a line for a bar; whether it held."""
    held = figure <= at_most if at_most is not None else figure >= (at_least or 0)
    limit = f"≤ {at_most}" if at_most is not None else f"≥ {at_least}"
    print(f"{'PASS' if held else 'FAIL'}  {what}: {figure:.2f} ({limit})")
    return held


def compared(name: str, ours: Figures, theirs: Figures | None) -> list[bool]:
    line = f"{name} ({ours.rows} rows): least {ours.least:.3f} ms, median {ours.median:.3f}, CPU {ours.cpu:.3f}"
    if theirs is None:
        print(line)
        return []
    print(f"{line}; ZenStack {theirs.least:.3f}, {theirs.median:.3f}, {theirs.cpu:.3f}")
    if ours.rows != theirs.rows:
        raise SystemExit(f"ZenStack reads {theirs.rows} rows")
    return [
        bar(f"{name}: times faster", theirs.median / ours.median, at_least=FASTER[name]),
        bar(f"{name}: CPU, part of ZenStack's", ours.cpu / theirs.cpu, at_most=0.5),
    ]


async def main(folder: str | None, node: str) -> bool:
    with databases() as server:
        other = ZenStack(folder, node, server) if folder else None
        held: list[bool] = []
        for name, (ours, theirs) in (await side_by_side(server, other)).items():
            held += compared(name, ours, theirs)
        if other is not None:
            other.stop()
        sql = await sql_times(server)
        print(", ".join(f"count {name}: {figure:.3f} ms" for name, figure in sql.items()))
        held.append(bar("SQL of guard=query, times that by hand", sql["query"] / sql["by hand"], at_most=1.3))
        held.append(bar("SQL of guard=database, times that by hand", sql["database"] / sql["by hand"], at_most=1.6))
        call, row = await overheads(server)
        held.append(bar("Python's part of a call, µs", call, at_most=80))
        held.append(bar("Python's part of a row, µs", row, at_most=3))
    return all(held)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    chosen = arguments[1] if len(arguments) > 1 else shutil.which("node") or "node"
    raise SystemExit(0 if asyncio.run(main(arguments[0] if arguments else None, chosen)) else 1)
