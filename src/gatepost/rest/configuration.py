"""Settings that live in the database: `alter role authenticator set pgrst.db_max_rows = 100`.

In: what PostgreSQL keeps for the login's role, and what a pre-config function set. Out: RestSettings.
Never: a setting that decides how the database is reached; that is known before it can be asked.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from .. import settings as configuration
from ..database.queries import load
from ..database.scope import Scope
from ..database.values import Result
from ..query.sql import Statement, array_literal, qualified
from ..settings import RestSettings

QUERIES = load(Path(__file__).with_name("queries.sql"))
PREFIX = "pgrst."
ENVIRONMENT = "PGRST_"
NOT_FROM_DATABASE = frozenset(
    {"app_settings", "db_config", "db_channel", "db_channel_enabled", "db_schema", "jwt_cache_max_entries"}
)

Source = Literal["database", "role", "function"]
PRECEDENCE: tuple[Source, ...] = ("function", "role", "database")


class Found(NamedTuple):
    """A setting as it was found: for the role in this database, for the role anywhere, or set by the function."""

    key: str
    value: str | None
    source: Source


def known() -> dict[str, configuration.Entry]:
    """The settings that a database may hold, by their name there (`pgrst.db_schemas`)."""
    return {
        PREFIX + name.removeprefix(ENVIRONMENT).lower(): entry
        for entry in configuration.table(RestSettings)
        for name in entry.env
        if name.startswith(ENVIRONMENT) and name.removeprefix(ENVIRONMENT).lower() not in NOT_FROM_DATABASE
    }


def configured(settings: RestSettings, found: Iterable[Found]) -> RestSettings:
    """`settings` with what the database says instead: in-database role settings before the role's own, these before
    the function's. Unknown keys are left out; a Problem names a value that does not fit.
    """
    names = known()
    values: dict[str, object] = {}
    for key, value, _ in sorted(found, key=lambda each: PRECEDENCE.index(each.source)):
        if value is not None and key in names:
            values[names[key].key] = configuration.read(names[key], value, key)
    return replace(settings, **values)


async def current(scope: Scope, given: RestSettings) -> RestSettings:
    """`given` with the settings that the database holds for the login's role, or that a function sets."""
    if not given.database_config:
        return given
    names = array_literal(known())
    asked = [Statement(QUERIES["role_configuration"], (names,)), *_questions(given.pre_config, names)]
    results = await scope.run(*asked)
    return configured(given, [*_found(results[0]), *_found(results[-1] if len(results) > 1 else None)])


def _questions(function: str, names: bytes) -> list[Statement]:
    """What makes the pre-config function set its settings, and reads them."""
    if not function:
        return []
    schema, _, name = function.rpartition(".")
    call = Statement(f"select {qualified(schema or 'public', name)}()")
    return [call, Statement(QUERIES["function_configuration"], (names,))]


def _found(result: Result | None) -> list[Found]:
    """The rows of a configuration query."""
    rows = [] if result is None else result.rows
    return [msgspec.json.decode(row[0] or b"null", type=Found) for row in rows]
