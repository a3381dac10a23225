"""What a look at session and user costs a read: CPU of PostgreSQL, and of the server, for each request.

Three servers over one database, one for each freshness, asked in turn over HTTP by one warm client, then by sixteen at
once; of all rounds the least disturbed counts. The read is the one of `read.py`. PostgreSQL on core 0, the servers and
the clients on core 1. `freshness.py [ROUNDS [REQUESTS]]`; needs wrk.
"""

import http.client
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from common import (
    DATABASE_CORE,
    SERVER_CORE,
    Served,
    cpu,
    family,
    hold,
    project_copy,
    serve,
    start,
    verdict,
    wait_ready,
)
from joserfc import jwt
from joserfc.jwk import OctKey
from read import CLAIMS, READ

MODES = {"cached": "cached", "bounded": "bounded:60", "strict": "strict"}
PORT = 28471
CLIENTS, SECONDS = 16, 2
BAR = 60.0
WARM = 50
SESSION = CLAIMS["session_id"]
USER = """
insert into auth.users (id, aud, role, email, raw_app_meta_data, raw_user_meta_data)
values (%s, 'authenticated', 'authenticated', 'user1@example.com', %s, %s) on conflict do nothing
"""


@dataclass
class Rounds:
    """Of one mode: CPU µs per request of PostgreSQL and of the server."""

    database: list[float] = field(default_factory=list[float])
    server: list[float] = field(default_factory=list[float])


@dataclass
class Mode:
    """A server with its freshness, and the client's connection to it."""

    name: str
    pid: int
    client: http.client.HTTPConnection
    rounds: Rounds = field(default_factory=Rounds)
    busy: Rounds = field(default_factory=Rounds)

    def ask(self, headers: dict[str, str], times: int) -> None:
        for _ in range(times):
            self.client.request("GET", READ, headers=headers)
            answer = self.client.getresponse()
            if len(answer.read()) < 1000 or answer.status != 200:
                raise SystemExit(f"{self.name}: {answer.status}")

    def measure(self, postmaster: int, headers: dict[str, str], times: int) -> None:
        self.client.close()  # the server ends connections that wait for long
        self.ask(headers, WARM)
        database, server = cpu(family(postmaster)), cpu([self.pid])
        self.ask(headers, times)
        self.rounds.database.append((cpu(family(postmaster)) - database) / times * 1e6)
        self.rounds.server.append((cpu([self.pid]) - server) / times * 1e6)

    def measure_busy(self, postmaster: int, headers: dict[str, str]) -> None:
        """Many clients at once, as fast as they are answered."""
        url = f"http://127.0.0.1:{self.client.port}{READ}"
        script = str(Path(__file__).with_name("headers.lua"))
        command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}", "-s", script, url]
        environment = os.environ | {name.upper(): value for name, value in headers.items()}
        database, server = cpu(family(postmaster)), cpu([self.pid])
        text = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        found = re.search(r"(\d+) requests in", text)
        if found is None or "Non-2xx" in text or "Socket errors" in text:
            raise SystemExit(text)
        self.busy.database.append((cpu(family(postmaster)) - database) / int(found[1]) * 1e6)
        self.busy.server.append((cpu([self.pid]) - server) / int(found[1]) * 1e6)


def prepare(owner: str, many: int = 50_000) -> None:
    """The user and the session of the token, among many others; and what a licence would have written."""
    app, own = (json.dumps(CLAIMS[name]) for name in ("app_metadata", "user_metadata"))
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(USER.encode(), (CLAIMS["sub"], app, own))
        connection.execute(
            b"insert into auth.users (id, role) select md5('x' || i)::uuid, 'authenticated'"
            b" from generate_series(1, %s) i on conflict do nothing",
            (many,),
        )
        sessions = b"insert into auth.sessions (id, user_id, created_at, aal) "
        connection.execute(
            sessions + b"values (%s, %s, now(), 'aal1') on conflict do nothing", (SESSION, CLAIMS["sub"])
        )
        connection.execute(
            sessions + b"select md5('y' || i)::uuid, md5('x' || i)::uuid, now(), 'aal1'"
            b" from generate_series(1, %s) i on conflict do nothing",
            (many,),
        )
        for table in (b"auth.users", b"auth.sessions", b"public.todos"):
            connection.execute(b"vacuum analyze " + table)


def beside(folder: Path, state: dict[str, Any], name: str, port: int) -> subprocess.Popen[bytes]:
    """A further server over the same database, with a freshness of its own."""
    own = {**state, "overrides": {**state["overrides"], "server.port": port, "claims.freshness": MODES[name]}}
    file = folder / ".gatepost" / f"{name}.json"
    file.write_text(json.dumps(own))
    process = start([sys.executable, "-m", "gatepost.app", str(file)], SERVER_CORE)
    wait_ready(f"http://127.0.0.1:{port}/health", process)
    return process


def headers_for(state: dict[str, Any]) -> dict[str, str]:
    claims = CLAIMS | {"iat": int(time.time()) - 600}
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(state["keys"]["jwt_secret"]))
    return {"authorization": f"Bearer {token}", "apikey": state["keys"]["publishable"]}


def report(what: str, rounds: dict[str, Rounds]) -> bool:
    lowest = {name: min(each.database) for name, each in rounds.items()}
    for name, each in rounds.items():
        print(f"{what}, {name:>8}: PostgreSQL {lowest[name]:6.1f} µs, server {min(each.server):6.1f} µs a read")
    pairs = zip(rounds["strict"].database, rounds["cached"].database, strict=True)
    middle = sorted(strict - cached for strict, cached in pairs)[len(rounds["cached"].database) // 2]
    what = f"{what}, strict: PostgreSQL CPU beyond cached (median of rounds {middle:.1f})"
    return verdict(what, lowest["strict"] - lowest["cached"], BAR, unit=" µs")


def run(served: Served, modes: list[Mode], rounds: int, requests: int) -> bool:
    headers = headers_for(served.state)
    for mode in modes:
        mode.ask(headers, 500)
    hold(family(served.postmaster), DATABASE_CORE)
    for _ in range(rounds):
        for mode in modes:
            mode.measure(served.postmaster, headers, requests)
    for _ in range(rounds):
        for mode in modes:
            mode.measure_busy(served.postmaster, headers)
    held = [
        report("1 client", {mode.name: mode.rounds for mode in modes}),
        report(f"{CLIENTS} clients", {mode.name: mode.busy for mode in modes}),
    ]
    return all(held)


def main(rounds: int = 7, requests: int = 2000) -> int:
    with project_copy() as folder:
        served = serve(folder, PORT, SERVER_CORE)
        started: list[subprocess.Popen[bytes]] = []
        try:
            prepare(f"host={served.socket_folder} user=supabase_admin dbname=postgres")
            os.sched_setaffinity(0, {SERVER_CORE})
            modes: list[Mode] = []
            for port, name in enumerate(MODES, PORT + 1):
                started.append(beside(folder, served.state, name, port))
                modes.append(Mode(name, started[-1].pid, http.client.HTTPConnection("127.0.0.1", port)))
            return 0 if run(served, modes, rounds, requests) else 1
        finally:
            for process in started:
                process.terminate()
                process.wait(30)
            served.stop()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
