"""Every setting once: its name, default, help, and what other systems call it.

In: a project's `gatepost.toml`, a Supabase project's `config.toml`, the environment. Out: one frozen Settings value,
or a Problem that names the setting, what was given and what is expected.
Never: a secret in a message, or a key that is silently not understood.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NewType, get_args, get_origin, get_type_hints

import msgspec

from .problem import Problem

Seconds = NewType("Seconds", float)
"""A duration in seconds; read from a number or from Go's notation (`1h30m`, `10s`, `250ms`)."""


@dataclass(frozen=True, slots=True)
class Option:
    """What is known of a setting beside its type and default.

    `help` is one sentence; `env` further environment names, the originals' (`GOTRUE_JWT_EXP`); `toml` its path in a
    Supabase `config.toml`; `secret` keeps its value out of every output.
    """

    help: str
    env: tuple[str, ...] = ()
    toml: str = ""
    secret: bool = False


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of settings; its members are `Annotated[type, Option(…)]` with a default each."""


class ProjectSettings(Section, frozen=True):
    """Where a project's own files lie, relative to its folder. A Supabase project has its places fixed."""

    name: Annotated[str, Option("Name shown to people; empty: the folder's name")] = ""
    migrations: Annotated[str, Option("Folder of migrations, applied in order of name")] = "migrations"
    seeds: Annotated[
        tuple[str, ...], Option("Files or patterns loaded once, after the migrations, into a new database")
    ] = ("seed.sql",)


class ServerSettings(Section, frozen=True):
    host: Annotated[str, Option("Address to listen on", env=("GATEPOST_HOST",))] = "127.0.0.1"
    port: Annotated[int, Option("Port to listen on", env=("GATEPOST_PORT", "PORT"), toml="api.port")] = 54321
    workers: Annotated[int, Option("Serving processes")] = 1
    body_limit: Annotated[int, Option("Largest request body in bytes; a larger one is answered 413")] = 50 * 1024 * 1024
    external_url: Annotated[
        str, Option("URL under which clients reach this server; empty: http://HOST:PORT", toml="api.external_url")
    ] = ""
    shutdown_grace: Annotated[Seconds, Option("How long requests in flight may take when the server stops")] = Seconds(
        10
    )
    cors_origins: Annotated[
        tuple[str, ...], Option("Origins a browser may call from; empty: any, without credentials")
    ] = ()


class DatabaseSettings(Section, frozen=True):
    url: Annotated[str, Option("Administrator's URL, for set-up; empty: the embedded PostgreSQL", secret=True)] = ""
    authenticator_url: Annotated[str, Option("Login of API traffic", secret=True)] = ""
    service_url: Annotated[str, Option("Login of identities whose role is service_role", secret=True)] = ""
    auth_url: Annotated[str, Option("Login of the auth surface", secret=True)] = ""
    pool_size: Annotated[int, Option("Exclusive connections for API traffic")] = 12
    lanes: Annotated[int, Option("Shared, pipelined connections for inert reads; 0 turns them off")] = 4
    acquire_timeout: Annotated[Seconds, Option("How long a request may wait for a connection")] = Seconds(10)
    prepared_statements: Annotated[bool, Option("Named prepared statements; off behind an old PgBouncer")] = True
    statement_timeout: Annotated[Seconds, Option("Longest statement of an API request; 0: none")] = Seconds(0)


class AuthSettings(Section, frozen=True):
    """The auth surface. Names follow GoTrue's environment."""

    site_url: Annotated[
        str, Option("Where links in mails lead by default", env=("GOTRUE_SITE_URL",), toml="auth.site_url")
    ] = "http://127.0.0.1:3000"


class RestSettings(Section, frozen=True):
    """The REST surface. Names follow PostgREST's configuration."""

    schemas: Annotated[
        tuple[str, ...],
        Option("Exposed schemas; the first is the default", env=("PGRST_DB_SCHEMAS",), toml="api.schemas"),
    ] = ("public",)


class Settings(Section, frozen=True):
    project: ProjectSettings = ProjectSettings()
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    auth: AuthSettings = AuthSettings()
    rest: RestSettings = RestSettings()


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the settings table: `key` is dotted (`auth.site_url`)."""

    key: str
    type: Any
    default: Any
    option: Option

    @property
    def env(self) -> tuple[str, ...]:
        """Environment names, ours first."""
        return ("GATEPOST_" + self.key.upper().replace(".", "_"), *self.option.env)


def table(section: type[Section] = Settings, prefix: str = "") -> Iterator[Entry]:
    """Every setting there is, in the order of the file."""
    hints = get_type_hints(section, include_extras=True)
    for field in msgspec.structs.fields(section):
        hint = hints[field.name]
        if get_origin(hint) is Annotated:
            kind, option = get_args(hint)
            yield Entry(prefix + field.name, kind, field.default, option)
        else:
            yield from table(hint, f"{prefix}{field.name}.")


DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
TRUE, FALSE = {"1", "t", "true", "on", "yes"}, {"0", "f", "false", "off", "no", ""}


def read(entry: Entry, value: object, source: str) -> object:
    """`value`, as text or as TOML had it, in the setting's own type; a Problem names what was expected."""
    try:
        return _convert(entry.type, value)
    except (ValueError, msgspec.ValidationError) as error:
        shown = "its value" if entry.option.secret else repr(value)
        raise Problem(
            "invalid_setting",
            500,
            f"{source}: {shown} does not fit the setting {entry.key}",
            str(error),
            entry.option.help,
        ) from None


def _convert(kind: Any, value: object) -> object:
    if kind is Seconds:
        return Seconds(_seconds(value))
    if get_origin(kind) is tuple and isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if kind is bool and isinstance(value, str):
        return _boolean(value)
    return msgspec.convert(value, kind, strict=not isinstance(value, str))


def _seconds(value: object) -> float:
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip()
    parts = DURATION.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return sum(float(number) * UNITS[unit] for number, unit in parts)
    return float(text)


def _boolean(text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueError("expected true or false")


def load(
    toml: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    base: Mapping[str, object] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """Defaults, `base`, `gatepost.toml` (already parsed), the environment, `overrides`; a later source wins.

    `base` and `overrides` are by key (`auth.site_url`); `base` holds values in the settings' own types.
    """
    entries = {entry.key: entry for entry in table()}
    values = dict(base or {})
    for key, value in _flatten(toml or {}):
        if key not in entries:
            raise Problem("unknown_setting", 500, f"gatepost.toml: there is no setting {key}", None, near(key, entries))
        values[key] = read(entries[key], value, "gatepost.toml")
    values.update(_from_environment(entries.values(), environ or {}))
    values.update((key, read(entries[key], value, "the command line")) for key, value in (overrides or {}).items())
    return build(values)


def _from_environment(entries: Iterable[Entry], environ: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """What variables say. An empty one says nothing, except where text is expected."""
    for entry in entries:
        name = next((name for name in entry.env if name in environ), None)
        if name is not None and (environ[name] or entry.type is str):
            yield entry.key, read(entry, environ[name], name)


def build(values: Mapping[str, object]) -> Settings:
    """Settings from dotted keys and values that were read already."""
    sections: dict[str, dict[str, object]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, {})[name] = value
    kinds = get_type_hints(Settings)
    return Settings(**{name: kinds[name](**members) for name, members in sections.items()})


def near(key: str, entries: Mapping[str, Entry]) -> str | None:
    """'Did you mean …?' for a key that is not there."""
    found = difflib.get_close_matches(key, entries, 1)
    return f"Did you mean {found[0]}?" if found else None


def _flatten(tree: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")  # pyright: ignore[reportUnknownArgumentType]
        else:
            yield prefix + name, value


def load_file(path: Path) -> Mapping[str, object]:
    """A TOML file as a mapping; a Problem names file and line where it is not TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem("invalid_setting", 500, f"{path}: {error}") from None
