"""Modules: further objects of ours that a project asks for by name, installed like the rest and brought up to date.

In: an administrator's connection string, a module's name; for what a module does as time passes, the auth surface's
door. Out: whether something was done. Never: a module in a database that has not been set up, or over an application's
own objects of the same names.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Iterable

from ...database.scope import Scope
from ...problem import Problem
from ...query.sql import Statement, qualified
from .. import ledger
from ..connection import Connection
from .install import note, owner_of, run
from .objects import Script

MODULES = {
    "tenancy": (
        "roles",
        "tables",
        "claims",
        "private",
        "functions",
        "residents",
        "applications",
        "api",
        "site",
        "policies",
        "grants",
    ),
}
"""Files of each module in their order; all but the roles run as the owner of the application's objects."""

CLOCKS = {"tenancy": ("app_private", "pass_time")}
"""What a module has to do as time passes, each a function without arguments that several servers may call at once."""

CLOCK_SECONDS = 10.0


async def pass_time(scope: Scope, names: Iterable[str], seconds: float = CLOCK_SECONDS) -> None:
    """Until cancelled: call the clocks of modules. One that fails is called again the next time."""
    clocks = [Statement(f"select {qualified(*CLOCKS[name])}()") for name in names if name in CLOCKS]
    while clocks:
        await asyncio.sleep(seconds)
        for clock in clocks:
            with contextlib.suppress(Problem):
                await scope.run(clock)


def install_module(admin_dsn: str, name: str) -> bool:
    """Install a module in the database that `admin_dsn` names; False where it is there and up to date."""
    files = _files(name)
    mark = _fingerprint(name, files)
    with Connection(admin_dsn) as connection:
        connection.script("set search_path = pg_catalog")
        if not ledger.is_table(connection, "auth_private.installation"):
            raise Problem("migration_module", 500, f"Module {name} needs a database that Gatepost has set up")
        known = "select value from auth_private.installation where name = $1"
        if connection.value(known, _noted(name)) == mark:
            return False
        owner = owner_of(connection)
        with connection.transaction():
            connection.rows("select pg_advisory_xact_lock(7310214402651)")
            connection.rows("select set_config('client_min_messages', 'warning', true)")
            connection.rows("select set_config('gatepost.owner', $1, true)", owner)
            for file in files:
                run(connection, Script(f"{name}/{file}.sql", None if file == "roles" else owner))
            note(connection, _noted(name), mark)
            connection.script("notify pgrst, 'reload schema'")
    return True


def _files(name: str) -> tuple[str, ...]:
    if name not in MODULES:
        hint = f"There is: {', '.join(sorted(MODULES))}"
        raise Problem("invalid_setting", 500, f"{name!r} is no module", None, hint)
    return MODULES[name]


def _noted(name: str) -> str:
    return f"module {name}"


def _fingerprint(name: str, files: tuple[str, ...]) -> str:
    digest = hashlib.sha256(name.encode())
    for file in files:
        digest.update(f"\0{file}\0".encode() + Script(f"{name}/{file}.sql").text.encode())
    return digest.hexdigest()
