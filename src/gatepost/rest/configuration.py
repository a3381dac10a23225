"""Settings that live in the database: `alter role authenticator set pgrst.db_max_rows = 100`.

In: what PostgreSQL keeps for the login's role, and what a pre-config function set. Out: RestSettings.
Never: a setting that decides how the database is reached; that is known before it can be asked.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from msgspec.structs import replace

from .. import settings as configuration
from ..settings import RestSettings

PREFIX = "pgrst."
ENVIRONMENT = "PGRST_"
NOT_FROM_DATABASE = frozenset({"db_config", "db_channel", "db_channel_enabled"})

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
