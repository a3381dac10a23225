"""What tenancy costs: claims of somebody with many licences; and signing in and a list of todos, among ten thousand
tenants of twenty people each, beside the same among ten. With the plans under their policies.

Run: python benchmarks/tenancy.py [TENANTS]
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bcrypt
import psycopg
from common import verdict

from gatepost import embedded, migrate
from gatepost.auth.endpoints import AuthSurface
from gatepost.database.scope import Database
from gatepost.embedded import Options, Server
from gatepost.exchange import Request, Response
from gatepost.identity import Proof
from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Tokens
from gatepost.rest.mounted import alone
from gatepost.settings import AuthSettings, DatabaseSettings, RestSettings

EXAMPLE = Path(__file__).parents[1] / "examples" / "tenants"
FILL = Path(__file__).parent / "tenants" / "fill.sql"
FEW, RESIDENTS = 10, 20
SECRET = "a secret of at least thirty-two characters"
PASSWORD = "correct horse battery staple"
PERSON, TRAVELLER = "user-7-5@example.com", "traveller@example.com"
ROUNDS, REPEATS = 9, 20
JSON = [(b"content-type", b"application/json")]
LISTS = {
    "todos": "select id, name, status from todo.todo order by created_at desc limit 50",
    "residents": "select id, email from app.resident order by email limit 50",
    "licences": "select id, license_type_key from app.license limit 50",
    "profile": "select id, email from app.profile",
    "tenant": "select id, name from app.tenant",
}

Work = Callable[[], Awaitable[object]]


class Nobody:
    """A mailer that has nothing to do."""

    notifications: frozenset[str] = frozenset()

    async def send(self, kind: str, to: str, variables: Mapping[str, object]) -> None: ...

    async def notify(self, kind: str, to: str, variables: Mapping[str, object]) -> None: ...


@contextmanager
def databases(sizes: tuple[int, ...]) -> Iterator[Server]:
    """One of each size."""
    with tempfile.TemporaryDirectory(prefix="gatepost-") as scratch:
        home = Path(scratch)
        home.chmod(0o711)
        settings = {"shared_buffers": "512MB", "fsync": "off", "max_wal_size": "8GB", "autovacuum": "off"}
        options = Options(cache=home / "cache", extensions=migrate.EXTENSIONS, settings=settings)
        server = embedded.start(home / "cluster", options)
        try:
            for size in sizes:
                fill(server, size)
            yield server
        finally:
            server.stop(others=True)


def name_of(size: int) -> str:
    return f"tenants_{size}"


def fill(server: Server, size: int) -> None:
    began, name = time.perf_counter(), name_of(size)
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0".encode())
    owner = migrate.install(server.dsn(dbname=name), "gatepost").owner
    migrate.install_module(server.dsn(dbname=name), "tenancy")
    migrate.apply_project(server.dsn(owner, name), EXAMPLE, seed_paths=())
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    with psycopg.connect(server.dsn(dbname=name), autocommit=True) as admin:
        for key, value in (("tenants", size), ("residents", RESIDENTS), ("password", hashed)):
            admin.execute("select set_config(%s, %s, false)", (f"fill.{key}", str(value)))
        admin.execute("select app_fn.create_anchor_tenant('Anchor')")
        for statement in FILL.read_text().split(";\n"):
            admin.execute(statement.encode())
    print(f"{size} tenants of {RESIDENTS} people: filled in {time.perf_counter() - began:.0f} s", flush=True)


class Site:
    """The surfaces over one database, without a server around them."""

    def __init__(self, server: Server, size: int) -> None:
        self.dsn = server.dsn(dbname=name_of(size))
        settings = DatabaseSettings(pool_size=2)
        logins = {"authenticator": server.dsn("authenticator", name_of(size))}
        self.database = Database(logins | {"auth": server.dsn("supabase_auth_admin", name_of(size))}, settings)
        tokens = Tokens(KeyRing([from_secret(SECRET, signs=True)]))
        self.auth = AuthSurface(AuthSettings(), self.database, tokens, Nobody())
        self.rest = alone(self.database, RestSettings(schemas=("todo",), jwt_secret=SECRET))
        self.token = self.refresh_token = ""

    async def sign_in(self) -> None:
        body = json.dumps({"email": PERSON, "password": PASSWORD}).encode()
        answer = await self.auth(Request("POST", "/token", b"grant_type=password", JSON, body))
        self._keep(told(answer))

    async def refresh(self) -> None:
        body = json.dumps({"refresh_token": self.refresh_token}).encode()
        self._keep(told(await self.auth(Request("POST", "/token", b"grant_type=refresh_token", JSON, body))))

    def _keep(self, pair: Any) -> None:
        self.token, self.refresh_token = pair["access_token"], pair["refresh_token"]

    async def list_todos(self) -> None:
        query = b"select=id,name,status&order=created_at.desc&limit=50"
        request = Request("GET", "/todo", query, [], b"", Proof(bearer=self.token), raw_path=b"/todo")
        assert len(told(await self.rest(request))) == 20

    async def close(self) -> None:
        self.auth.close()
        await self.database.close()


def told(answer: Response) -> Any:
    if answer.status != 200:
        raise SystemExit(f"{answer.status}: {answer.body!r}")
    return json.loads(answer.body)


async def milliseconds(work: Work) -> float:
    """The median of one round."""
    times: list[float] = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        await work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


async def side_by_side(few: Work, many: Work) -> tuple[float, float, float]:
    """Both in milliseconds, the least of all rounds; and the median of the rounds' ratios."""
    pairs = [(await milliseconds(few), await milliseconds(many)) for _ in range(ROUNDS)]
    return min(a for a, _ in pairs), min(b for _, b in pairs), statistics.median(b / a for a, b in pairs)


def claims(dsn: str, email: str) -> tuple[float, int]:
    """What claims cost, in milliseconds within PostgreSQL; and how many permissions there are."""
    ask = "select app_fn.current_profile_claims(id) from app.profile where email = %s"
    with psycopg.connect(dsn, autocommit=True) as session:
        held = session.execute(
            "select cardinality((app_fn.current_profile_claims(id)).permissions) from app.profile where email = %s",
            (email,),
        ).fetchone()
        costs: list[float] = []
        for _ in range(200):
            row = session.execute(f"explain (analyze, format json) {ask}".encode(), (email,)).fetchone()
            assert row is not None
            costs.append(row[0][0]["Execution Time"])
    assert held is not None
    return statistics.median(costs), held[0]


def plans(dsn: str, email: str) -> None:
    """How lists of one person are found under their policies."""
    with psycopg.connect(dsn) as session:
        row = session.execute(
            "select jsonb_build_object('sub', user_id, 'role', 'authenticated', 'app_metadata', claims)::text"
            " from auth_private.user_claims where claims ->> 'email' = %s",
            (email,),
        ).fetchone()
        assert row is not None
        session.execute("select set_config('request.jwt.claims', %s, true)", row)
        session.execute("set local role authenticated")
        for what, text in LISTS.items():
            print(f"\n-- {what}, of {email}")
            for (line,) in session.execute(f"explain (analyze, costs off, timing off, buffers off) {text}".encode()):
                print(f"   {line}")


async def main(many: int) -> int:
    sizes = (FEW, many)
    holds: list[bool] = []
    with databases(sizes) as server:
        few, full = (Site(server, size) for size in sizes)
        for site in (few, full):
            await site.rest.load()
            await site.sign_in()
        for what, pair in {
            "signing in": (few.sign_in, full.sign_in),
            "a new token": (few.refresh, full.refresh),
            "a list of todos": (few.list_todos, full.list_todos),
        }.items():
            a, b, ratio = await side_by_side(*pair)
            print(f"{what}: {a:.2f} ms among {FEW} tenants, {b:.2f} ms among {many}")
            holds.append(verdict(f"{what}, beside {FEW} tenants", ratio, 1.2, unit=" ×"))
        cost, permissions = claims(full.dsn, TRAVELLER)
        holds.append(verdict(f"claims of ten tenants, {permissions} permissions", cost, 2.0, unit=" ms"))
        for email in (PERSON, "user-7-1@example.com"):
            plans(full.dsn, email)
        for site in (few, full):
            await site.close()
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)))
