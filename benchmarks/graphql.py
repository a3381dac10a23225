"""GraphQL beside PostGraphile: three queries on one database, one server after the other, each on a core of its own.

Every request brings a token, so each goes through role, claims and row level security. The servers' answers are the
same, or nothing is measured. Run: python benchmarks/graphql.py FOLDER [--node NODE] [--postgres DIR] [--rounds N]
[--seconds N]; FOLDER has PostGraphile's packages, see the README; needs wrk.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from common import HERE, cpu, family, gatepost, memory, start, verdict
from joserfc import jwt
from joserfc.jwk import OctKey

from gatepost import embedded
from gatepost.embedded import Options, Server

BLOG = HERE / "blog"
DATABASE = "blog"
SERVER_CORE, LOAD_CORE = 0, 1
PORT, OTHER_PORT = 54465, 54466
CLIENTS, POOL = 8, 10
SETTLED, REST = 0.5, 2.0
SECRET = "a secret of at least thirty-two characters"
CLAIMS = {"sub": "1", "role": "authenticated", "aud": "authenticated", "email": "user1@example.com", "exp": 1999999999}
QUERIES = ("list", "nested", "count")
OPTIONS = {
    "preset": "v4+simplify",
    "schemas": ["blog"],
    "options": {"simpleCollections": "both", "disableDefaultMutations": True, "dynamicJson": True},
    "anonRole": "anon",
    "jwtSecret": SECRET,
}


@dataclass
class Rounds:
    """Rounds of one query: requests per second, and CPU µs per request of the server and of PostgreSQL."""

    rate: list[float] = field(default_factory=list[float])
    server: list[float] = field(default_factory=list[float])
    database: list[float] = field(default_factory=list[float])

    def show(self, name: str) -> None:
        rates = " ".join(f"{rate:.0f}" for rate in self.rate)
        print(
            f"{name:>20}: {max(self.rate):6.0f}/s, server {min(self.server):7.1f} µs, "
            f"PostgreSQL {min(self.database):7.1f} µs    (rates {rates})"
        )


@dataclass
class Contender:
    """A server under load."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    rounds: dict[str, Rounds] = field(default_factory=lambda: {query: Rounds() for query in QUERIES})

    @property
    def memory(self) -> float:
        """PSS in MB, that of its children included."""
        return sum(map(memory, family(self.process.pid)))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


# ---------------------------------------------------------------- what is served


@contextmanager
def database(binaries: Path | None) -> Iterator[Server]:
    """A PostgreSQL with the blog in it."""
    with tempfile.TemporaryDirectory(prefix="gatepost-") as scratch:
        home = Path(scratch)
        home.chmod(0o711)
        options = Options(binaries, cache=home / "cache", settings={"max_connections": "100"})
        server = embedded.start(home / "cluster", options)
        try:
            with psycopg.connect(server.dsn(), autocommit=True) as admin:
                admin.execute(f"create database {DATABASE}".encode())
            with psycopg.connect(server.dsn(dbname=DATABASE), autocommit=True) as admin:
                admin.execute((BLOG / "tables.sql").read_bytes())
                admin.execute("vacuum analyze")
                admin.execute("checkpoint")
            yield server
        finally:
            server.stop(others=True)


def address(server: Server) -> str:
    """The database as both know to reach it: by its unix socket, as the login that may become the API's roles."""
    return f"postgresql:///{DATABASE}?host={quote(str(server.folders.run))}&port={server.port}&user=authenticator"


def gatepost_server(server: Server) -> Contender:
    given = ("--db", address(server), "--port", str(PORT), "--options", json.dumps(OPTIONS))
    environment = os.environ | {"GATEPOST_DATABASE_POOL_SIZE": str(POOL)}
    process = start(gatepost("serve", "graphql", *given), SERVER_CORE, env=environment)
    return ready(Contender("Gatepost", f"http://127.0.0.1:{PORT}/graphql", process))


def postgraphile_server(server: Server, folder: str, node: str) -> Contender:
    command = [node, str(BLOG / "postgraphile.mjs"), folder, address(server), str(OTHER_PORT), str(POOL)]
    environment = os.environ | {"SECRET": SECRET, "GRAPHILE_ENV": "production", "NODE_ENV": "production"}
    process = start(command, SERVER_CORE, env=environment)
    return ready(Contender("PostGraphile", f"http://127.0.0.1:{OTHER_PORT}/graphql", process))


def ready(contender: Contender) -> Contender:
    """The server, once it answers."""
    until = time.monotonic() + 60
    while time.monotonic() < until and contender.process.poll() is None:
        try:
            ask(contender, "{ __typename }")
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return contender
    contender.process.kill()
    raise SystemExit(f"{contender.name} did not answer")


# ---------------------------------------------------------------- what is asked


def token() -> str:
    return jwt.encode({"alg": "HS256"}, CLAIMS, OctKey.import_key(SECRET))


def document(query: str) -> str:
    return (BLOG / f"{query}.graphql").read_text()


def ask(contender: Contender, text: str) -> Any:
    headers = {"content-type": "application/json", "authorization": f"Bearer {token()}"}
    request = urllib.request.Request(contender.url, json.dumps({"query": text}).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def compare(ours: Contender, theirs: Contender) -> None:
    """Nothing is measured where the answers are not the same."""
    for query in QUERIES:
        mine, other = (ask(each, document(query)) for each in (ours, theirs))
        if mine != other or "errors" in mine:
            raise SystemExit(f"{query}: {json.dumps(mine)[:500]}\n{json.dumps(other)[:500]}")


def load(contender: Contender, query: str, seconds: int, postmaster: int) -> None:
    """One round of wrk."""
    pid = contender.process.pid
    environment = os.environ | {
        "BODY": json.dumps({"query": document(query)}),
        "AUTHORIZATION": f"Bearer {token()}",
    }
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}", "-s", str(HERE / "post.lua"), contender.url]
    server, database = cpu(family(pid)), cpu(family(postmaster))
    began = time.perf_counter()
    process = start(command, LOAD_CORE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = process.communicate()[0].decode()
    taken = time.perf_counter() - began
    found = re.search(r"(\d+) requests in", text)
    if found is None or process.returncode or "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(text)
    count = int(found[1])
    time.sleep(SETTLED)
    rounds = contender.rounds[query]
    rounds.rate.append(count / taken)
    rounds.server.append((cpu(family(pid)) - server) / count * 1e6)
    rounds.database.append((cpu(family(postmaster)) - database) / count * 1e6)


# ---------------------------------------------------------------- the run


def judge(ours: Contender, theirs: Contender) -> bool:
    held: list[bool] = []
    for query in QUERIES:
        mine, other = ours.rounds[query], theirs.rounds[query]
        middle = statistics.median(a / b for a, b in zip(mine.rate, other.rate, strict=True))
        what = f"{query}: requests/s / PostGraphile's (median of rounds {middle:.2f})"
        held.append(verdict(what, max(mine.rate) / max(other.rate), 4, least=True))
        what = f"{query}: server CPU per request / PostGraphile's"
        held.append(verdict(what, min(mine.server) / min(other.server), 0.25))
        what = f"{query}: PostgreSQL CPU per request / PostGraphile's"
        held.append(verdict(what, min(mine.database) / min(other.database), 1.0))
    held.append(verdict("memory / PostGraphile's", ours.memory / theirs.memory, 0.5))
    return all(held)


def run(ours: Contender, theirs: Contender, postmaster: int, rounds: int, seconds: int) -> bool:
    both = (ours, theirs)
    compare(ours, theirs)
    print("memory before:", *(f"{each.name} {each.memory:.1f} MB" for each in both))
    for each in both:
        for query in QUERIES:
            load(each, query, seconds, postmaster)
            each.rounds[query] = Rounds()  # that was to warm up
    for _ in range(rounds):
        for query in QUERIES:
            for each in both:
                load(each, query, seconds, postmaster)
    for query in QUERIES:
        for each in both:
            each.rounds[query].show(f"{query} {each.name}")
    time.sleep(REST)
    print("memory after:", *(f"{each.name} {each.memory:.1f} MB" for each in both))
    return judge(ours, theirs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="has PostGraphile's packages in its node_modules")
    parser.add_argument("--node", default=shutil.which("node") or "node", help="Node, version 22 or later")
    parser.add_argument("--postgres", type=Path, help="another PostgreSQL: a folder with bin, lib, share")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("not run: needs wrk (apt-get install wrk)")
    with database(given.postgres) as server:
        postmaster = server.pid()
        assert postmaster
        ours, theirs = gatepost_server(server), postgraphile_server(server, given.folder, given.node)
        try:
            return 0 if run(ours, theirs, postmaster, given.rounds, given.seconds) else 1
        finally:
            ours.stop()
            theirs.stop()


if __name__ == "__main__":
    sys.exit(main())
