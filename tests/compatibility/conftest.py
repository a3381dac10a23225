"""The library, served twice: as a Gatepost project with its own kind of keys, and as an unmodified Supabase project."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.serving import Serve, Served

LIBRARY = Path(__file__).with_name("project")


@dataclass(frozen=True, slots=True)
class Place:
    """A served project as clients are pointed at it.

    `key` and `secret` are of one form, opaque or JWT; `confirms` says that sign-up waits for the mail to be read.
    """

    server: Served
    key: str
    secret: str
    confirms: bool

    @property
    def url(self) -> str:
        return self.server.url


def as_gatepost(folder: Path) -> None:
    """A project of our own: deny first, confirmations on, tokens signed with ES256."""
    shutil.copytree(LIBRARY / "migrations", folder / "migrations")
    shutil.copy(LIBRARY / "seed.sql", folder)
    shutil.copy(LIBRARY / "gatepost.toml", folder)


def as_supabase(folder: Path) -> None:
    """A folder that Supabase's command line would serve: its default privileges, its demo secret (HS256)."""
    inner = folder / "supabase"
    shutil.copytree(LIBRARY / "migrations", inner / "migrations")
    shutil.copy(LIBRARY / "seed.sql", inner)
    shutil.copy(LIBRARY / "supabase.toml", inner / "config.toml")


LAYOUTS: dict[str, Callable[[Path], None]] = {"gatepost": as_gatepost, "supabase": as_supabase}


@pytest.fixture(scope="session")
def servers() -> dict[str, Served]:
    """Servers by kind of project, each started when it is first asked for."""
    return {}


@pytest.fixture(scope="session", params=["gatepost", "supabase"])
def place(request: pytest.FixtureRequest, served: Serve, servers: dict[str, Served]) -> Place:
    """The library: with opaque keys and confirmed addresses, then with JWT keys and sign-ups that need no mail."""
    kind: str = request.param
    if kind not in servers:
        servers[kind] = served(LAYOUTS[kind])
    server = servers[kind]
    if kind == "gatepost":
        return Place(server, server.publishable, server.secret, confirms=True)
    return Place(server, server.anon, server.service_role, confirms=False)
