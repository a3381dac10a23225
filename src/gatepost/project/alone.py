"""A surface by itself, configured as its original: GoTrue by `GOTRUE_*`, PostgREST by `PGRST_*`, PostGraphile by its
options.

In: the environment. Out: settings, and notes on variables of that family that have no effect.
Never: a gateway, a project folder, or a guess at a value the original requires.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from gatepost import settings as configuration
from gatepost.problem import Problem
from gatepost.settings import Seconds, Settings, table

Surface = Literal["auth", "rest", "graphql"]
SURFACES: tuple[Surface, ...] = ("auth", "rest", "graphql")

# The setting, and the variables that say it for one surface alone; the first that is set counts.
AUTH = {
    "database.auth_url": ("DATABASE_URL", "GOTRUE_DB_DATABASE_URL"),
    "server.host": ("GOTRUE_API_HOST",),
    "server.port": ("PORT", "GOTRUE_API_PORT"),
    "auth.external_url": ("API_EXTERNAL_URL", "GOTRUE_API_EXTERNAL_URL"),
}
REST = {
    "database.authenticator_url": ("PGRST_DB_URI",),
    "server.host": ("PGRST_SERVER_HOST",),
    "server.port": ("PGRST_SERVER_PORT",),
    "server.cors_origins": ("PGRST_SERVER_CORS_ALLOWED_ORIGINS",),
    "database.pool_size": ("PGRST_DB_POOL",),
    "database.acquire_timeout": ("PGRST_DB_POOL_ACQUISITION_TIMEOUT",),
    "database.prepared_statements": ("PGRST_DB_PREPARED_STATEMENTS",),
}
GRAPHQL = {"database.authenticator_url": ("DATABASE_URL",), "server.port": ("PORT",)}
SOURCES: dict[Surface, dict[str, tuple[str, ...]]] = {"auth": AUTH, "rest": REST, "graphql": GRAPHQL}
GRAPHQL_KEYS = "GATEPOST_GRAPHQL_KEYS"
"""Holds PostGraphile's options for the serving process, as JSON."""
JWT_SECRET = "GATEPOST_JWT_SECRET"  # noqa: S105
# Where the original's defaults are not ours.
DEFAULTS: dict[Surface, dict[str, object]] = {
    "auth": {
        "server.port": 8081,
        "auth.jwt_aud": "",
        "auth.mailer_otp_exp": Seconds(86400),
        "auth.refresh_token_reuse_interval": Seconds(0),
    },
    "rest": {"server.port": 3000, "rest.anon_role": "", "rest.extra_search_path": "public"},
    "graphql": {
        "server.port": 5678,
        "graphql.max_depth": 0,
        "graphql.max_cost": 0,
        "graphql.max_page_size": 0,
        "graphql.max_root_fields": 0,
        "graphql.max_tokens": 10_000,
    },
}
FAMILY = {"auth": "GOTRUE_", "rest": "PGRST_", "graphql": "GATEPOST_GRAPHQL_"}
REQUIRED: dict[Surface, tuple[str, ...]] = {
    "auth": ("DATABASE_URL", "API_EXTERNAL_URL", "GOTRUE_SITE_URL", "GOTRUE_JWT_SECRET"),
    "rest": (),
    "graphql": (),
}
# PostgREST's words for every address of one family, or of both.
HOSTS = {"*": "0.0.0.0", "*4": "0.0.0.0", "!4": "0.0.0.0", "*6": "::", "!6": "::"}  # noqa: S104
# Variables that change nothing here, and whose absence nobody misses.
GOTRUE_QUIET = {"GOTRUE_DB_DRIVER", "GOTRUE_COOKIE_KEY", "GOTRUE_OPERATOR_TOKEN", "GOTRUE_LOG_LEVEL"}
QUIET = GOTRUE_QUIET | {"PGRST_LOG_LEVEL", GRAPHQL_KEYS}


def read(surface: Surface, environ: Mapping[str, str]) -> tuple[Settings, tuple[str, ...]]:
    """Settings of one surface and notes; a Problem names every required variable that is missing."""
    given = {key: _first(sources, environ) for key, sources in SOURCES[surface].items()}
    _require(surface, environ)
    overrides: dict[str, object] = {key: value for key, value in given.items() if value}
    if surface != "graphql":
        overrides["server.host"] = HOSTS.get(str(overrides.get("server.host", "!4")), overrides.get("server.host"))
    _one_login(surface, overrides)
    settings = configuration.load(environ=environ, base=DEFAULTS[surface], overrides=overrides)
    return settings, _notes(surface, environ)


def graphql_keys(environ: Mapping[str, str]) -> dict[str, Any]:
    """PostGraphile's options, as they were handed to the serving process; a secret of the environment's own wins."""
    keys = msgspec.json.decode(environ.get(GRAPHQL_KEYS) or "{}", type=dict[str, Any])
    secret = environ.get(JWT_SECRET)
    return keys | {"jwtSecret": secret} if secret else keys


def _one_login(surface: Surface, overrides: dict[str, object]) -> None:
    """PostgREST and PostGraphile have one login for every role; without one, libpq's own variables decide."""
    if surface != "auth":
        login = overrides.setdefault("database.authenticator_url", "postgresql://")
        overrides.setdefault("database.service_url", login)


def _require(surface: Surface, environ: Mapping[str, str]) -> None:
    alternatives = {sources[0]: sources for sources in AUTH.values()}
    missing = [name for name in REQUIRED[surface] if not _first(alternatives.get(name, (name,)), environ)]
    if missing:
        hint = "They are the same that GoTrue asks for"
        raise Problem("missing_setting", 500, f"serve {surface}: set {', '.join(missing)}", None, hint)


def _first(names: tuple[str, ...], environ: Mapping[str, str]) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")


def _notes(surface: Surface, environ: Mapping[str, str]) -> tuple[str, ...]:
    sources = SOURCES[surface].values()
    known = {name for entry in table() for name in entry.env} | {name for names in sources for name in names} | QUIET
    family, maps = FAMILY[surface], tuple(_maps())
    unheard = sorted(name for name in environ if name.startswith(family) and name not in known)
    return tuple(f"{name} has no effect here" for name in unheard if not name.startswith(maps))


def _maps() -> list[str]:
    """Prefixes of settings that are tables: `PGRST_APP_SETTINGS_…`."""
    return [name + "_" for entry in table() if isinstance(entry.default, dict) for name in entry.env]
