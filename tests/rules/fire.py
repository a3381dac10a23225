"""A crowd that attacks a server: many people, many connections, every answer checked for what is not its asker's.

In: a server's address and secrets. Out: what was seen that must not be seen. Never: an answer that is not looked at.
"""

import asyncio
import contextlib
import itertools
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Tokens

JSON = "application/json"
CONNECTIONS = 64
USERS = 50
FOREVER = 4_000_000_000
PATIENCE = 30.0
LEFT_BEHIND = ("set", "role", "temporary", "lock", "prepare", "deallocate", "listen", "cursor", "sequence", "notice")
CLEAN = {
    "drawn": False,
    "temporary": False,
    "locks": 0,
    "listening": 0,
    "cursors": 0,
    "prepared": 0,
    "response_headers": "",
    "response_status": "",
    "foreign_notes": 0,
}


@dataclass(frozen=True)
class Person:
    """Somebody, and the headers that prove it."""

    name: str
    role: str
    subject: str | None
    headers: dict[str, str]

    @property
    def email(self) -> str | None:
        return f"{self.name}@example.com" if self.subject else None


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def people(secret: str, publishable: str, secret_key: str) -> list[Person]:
    """Users with tokens, nobody, and the service."""
    tokens = Tokens(KeyRing([from_secret(secret, signs=True)]))
    crowd = [
        Person("nobody", "anon", None, {"apikey": publishable}),
        Person("service", "service_role", None, {"apikey": secret_key}),
    ]
    for number in range(1, USERS + 1):
        name, subject = f"user{number}", f"00000000-0000-0000-0000-{number:012}"
        claims = {"sub": subject, "role": "authenticated", "email": f"{name}@example.com", "exp": FOREVER}
        headers = {"apikey": publishable, "authorization": f"Bearer {tokens.sign(claims)}"}
        crowd.append(Person(name, "authenticated", subject, headers))
    return crowd


class Wire:
    """One keep-alive connection, opened again where it was closed."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        reader, writer = self.streams or await self.open()
        writer.write(self.encode(method, target, headers, body))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        status, *lines = head.decode("latin-1").split("\r\n")[:-2]
        found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        size = 0 if method == "HEAD" else int(found.get("content-length", "0"))
        answer = Answer(int(status.split(" ")[1]), found, await reader.readexactly(size))
        if found.get("connection") == "close":
            self.close()
        return answer

    async def ask_and_leave(self, target: str, headers: dict[str, str], seconds: float) -> None:
        """Go away in the middle of the answer's making."""
        _, writer = self.streams or await self.open()
        writer.write(self.encode("GET", target, headers, b""))
        await asyncio.sleep(seconds)
        self.close()

    def encode(self, method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
        lines = [f"{method} {target} HTTP/1.1", f"host: {self.host}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"content-type: {JSON}", f"content-length: {len(body)}"] if body else []
        return "\r\n".join([*lines, "", ""]).encode() + body

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.streams = await asyncio.open_connection(self.host, self.port)
        return self.streams

    def close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None


@dataclass
class Fire:
    """The attack. `violations` is what must stay empty; `tally` counts requests by what they did and their status."""

    host: str
    port: int
    crowd: list[Person]
    requests: int
    admin: str | None = None  # a superuser's connection string, where backends shall be killed
    seed: int = 1
    violations: list[str] = field(default_factory=list[str])
    tally: Counter[str] = field(default_factory=Counter[str])
    killed: int = 0
    begun: int = 0

    async def run(self) -> None:
        """All requests, then an end; the first violation ends it too."""
        self.random, self.serial = random.Random(self.seed), itertools.count(1)
        self.users = [person for person in self.crowd if person.subject]
        self.ids: list[tuple[int, Person]] = []
        killer = asyncio.create_task(self.kill()) if self.admin else None
        await asyncio.gather(*(self.client() for _ in range(CONNECTIONS)))
        if killer is not None:
            killer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await killer

    async def client(self) -> None:
        visitor = Visitor(self, Wire(self.host, self.port))
        while not self.violations and self.begun < self.requests:
            await visitor.visit()
        visitor.wire.close()

    async def kill(self) -> None:
        """End some backend of the API's logins, now and then."""
        assert self.admin is not None
        async with await psycopg.AsyncConnection.connect(self.admin, autocommit=True) as connection:
            while True:
                await asyncio.sleep(self.random.uniform(0.1, 0.5))
                cursor = await connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where usename in ('authenticator', 'service_authenticator') and datname = current_database()"
                    " and query !~ 'listen' order by random() limit 1"
                )
                self.killed += cursor.rowcount


Deed = Callable[["Visitor"], Awaitable[None]]


class Visitor:
    """One connection's requests, each of somebody else."""

    def __init__(self, fire: Fire, wire: Wire) -> None:
        self.fire, self.wire = fire, wire
        self.who, self.marker, self.deed = fire.crowd[0], "", ""

    async def visit(self) -> None:
        [deed] = self.fire.random.choices(list(DEEDS), list(DEEDS.values()))
        self.who = self.fire.random.choice(self.fire.users if deed in FOR_USERS else self.fire.crowd)
        self.deed = deed.__name__
        self.marker = f"{self.who.name}x{next(self.fire.serial):x}x{self.fire.random.getrandbits(32):x}"
        try:
            await deed(self)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.violate(f"no answer: {error!r}")
        except (LookupError, TypeError, ValueError) as error:
            self.violate(f"an answer to something else: {error!r}")

    def violate(self, what: str) -> None:
        self.fire.violations.append(f"{self.deed} of {self.who.name} ({self.marker}): {what}"[:1500])

    def expect(self, held: bool, what: object) -> None:
        if not held:
            self.violate(str(what))

    @property
    def headers(self) -> dict[str, str]:
        own = {"x-marker": self.marker, "x-request-id": self.marker, "cookie": f"marker={self.marker}"}
        return self.who.headers | own

    async def ask(
        self, method: str, target: str, expected: int, body: object = None, prefer: str = "", leak: bool = False
    ) -> Answer | None:
        """One request whose answer must have that status; None where its backend was killed (503)."""
        self.fire.begun += 1
        more = {"prefer": prefer} if prefer else {}
        sent = b"" if body is None else json.dumps(body).encode()
        answer = await self.wire.ask(method, "/rest/v1" + target, self.headers | more, sent)
        self.fire.tally[f"{self.deed} {answer.status}"] += 1
        self.expect(answer.headers.get("x-request-id") == self.marker, f"somebody else's answer: {answer}")
        self.expect(
            answer.headers.get("x-leak") == (self.marker if leak and answer.status == expected else None), answer
        )
        if answer.status == 503 and self.fire.admin is not None:
            return None
        self.expect(answer.status == expected, f"status {answer.status}, not {expected}: {answer}")
        return answer if answer.status == expected else None

    def mine(self, answer: Answer | None) -> list[dict[str, Any]]:
        """Rows, all of the asker's."""
        rows: list[dict[str, Any]] = answer.json if answer is not None else []
        if self.who.role != "service_role":
            strange = [
                row for row in rows if row["owner"] != self.who.subject or row["title"].split("x")[0] != self.who.name
            ]
            self.expect(not strange, f"rows of others: {strange[:3]}")
        return rows

    def mirrored(self, shown: dict[str, Any], method: str, path: str) -> None:
        """Role, claims, request and settings as this request has them."""
        wanted = {
            "role": self.who.role,
            "subject": self.who.subject,
            "email": self.who.email,
            "claimed": self.who.role,
            "marker": self.marker,
            "cookie": self.marker,
            "method": method,
            "path": path,
            "mark": "",
            "work_mem": "4MB",
            "search_path": '"public", "extensions", pg_temp',
            "timezone": "UTC",
        }
        wrong = {name: (shown.get(name), value) for name, value in wanted.items() if shown.get(name) != value}
        self.expect(not wrong, f"(seen, own): {wrong}")


# ------------------------------------------------------------------ what visitors do


async def read(visitor: Visitor) -> None:
    visitor.mine(await visitor.ask("GET", "/notes?select=id,owner,title&order=id.desc&limit=20", 200))


async def read_filtered(visitor: Visitor) -> None:
    visitor.mine(await visitor.ask("GET", f"/notes?title=like.{visitor.who.name}x*&limit=5", 200))


async def read_of_another(visitor: Visitor) -> None:
    if visitor.fire.ids:
        number, owner = visitor.fire.random.choice(visitor.fire.ids)
        rows = visitor.mine(await visitor.ask("GET", f"/notes?id=eq.{number}", 200))
        visitor.expect(not rows or owner is visitor.who, f"row {number} is {owner.name}'s")


async def read_exclusively(visitor: Visitor) -> None:
    visitor.mine(await visitor.ask("GET", "/journal?order=id.desc&limit=20", 200))


async def look_in_the_mirror(visitor: Visitor) -> None:
    answer = await visitor.ask("GET", "/mirror", 200)
    if answer is not None:
        visitor.mirrored(answer.json[0], "GET", "/mirror")


async def ask_who(visitor: Visitor) -> None:
    method = visitor.fire.random.choice(("GET", "POST"))
    answer = await visitor.ask(method, "/rpc/who", 200, {} if method == "POST" else None)
    if answer is not None:
        shown = answer.json
        visitor.mirrored(shown, method, "/rpc/who")
        everything = {"foreign_notes"} if visitor.who.role == "service_role" else set()
        dirty = {name: shown[name] for name, value in CLEAN.items() if shown[name] != value and name not in everything}
        visitor.expect(not dirty, f"left behind: {dirty}")


async def write(visitor: Visitor) -> None:
    body = {"title": visitor.marker}
    rows = visitor.mine(await visitor.ask("POST", "/notes", 201, body, "return=representation"))
    for row in rows:
        visitor.expect(row["title"] == visitor.marker, f"another's row: {row}")
        visitor.fire.ids.append((row["id"], visitor.who))


async def write_exclusively(visitor: Visitor) -> None:
    visitor.mine(await visitor.ask("POST", "/journal", 201, {"title": visitor.marker}, "return=representation"))


async def change(visitor: Visitor) -> None:
    """Anybody's row: only the owner changes anything."""
    if visitor.fire.ids:
        number, owner = visitor.fire.random.choice(visitor.fire.ids)
        body = {"title": visitor.marker}
        rows = visitor.mine(await visitor.ask("PATCH", f"/notes?id=eq.{number}", 200, body, "return=representation"))
        visitor.expect(not rows or owner is visitor.who, f"changed row {number} of {owner.name}")


async def delete(visitor: Visitor) -> None:
    if visitor.fire.ids:
        number, owner = visitor.fire.random.choice(visitor.fire.ids)
        rows = visitor.mine(await visitor.ask("DELETE", f"/notes?id=eq.{number}", 200, None, "return=representation"))
        visitor.expect(not rows or owner is visitor.who, f"deleted row {number} of {owner.name}")


async def remember(visitor: Visitor) -> None:
    answer = await visitor.ask("POST", "/rpc/remember", 299, {"mark": visitor.marker}, leak=True)
    visitor.expect(answer is None or answer.json == visitor.marker, answer)


async def leave(visitor: Visitor) -> None:
    kind = visitor.fire.random.choice(LEFT_BEHIND)
    answer = await visitor.ask("POST", "/rpc/leave", 200, {"kind": kind, "mark": visitor.marker})
    visitor.expect(answer is None or answer.json == visitor.marker, answer)


async def fail(visitor: Visitor) -> None:
    answer = await visitor.ask("POST", "/rpc/oops", 400, {"mark": visitor.marker})
    visitor.expect(answer is None or answer.json["message"] == f"oops {visitor.marker}", answer)


async def time_out(visitor: Visitor) -> None:
    answer = await visitor.ask("POST", "/rpc/endless", 500, {})
    visitor.expect(answer is None or answer.json["code"] == "57014", answer)


async def ask_badly(visitor: Visitor) -> None:
    await visitor.ask("GET", "/notes?no_such_column=eq.1", 400)


async def go_away(visitor: Visitor) -> None:
    visitor.fire.begun += 1
    target = visitor.fire.random.choice(("/rest/v1/rpc/nap?seconds=0.3", "/rest/v1/notes", "/rest/v1/mirror"))
    await visitor.wire.ask_and_leave(target, visitor.headers, visitor.fire.random.uniform(0, 0.02))
    visitor.fire.tally["go_away"] += 1


DEEDS: dict[Deed, int] = {
    read: 16,
    read_filtered: 6,
    read_of_another: 6,
    read_exclusively: 8,
    look_in_the_mirror: 16,
    ask_who: 12,
    write: 8,
    write_exclusively: 3,
    change: 4,
    delete: 2,
    remember: 6,
    leave: 10,
    fail: 3,
    time_out: 1,
    ask_badly: 2,
    go_away: 2,
}
FOR_USERS = {remember, read_of_another, read_exclusively, write, write_exclusively, change, delete, leave}
