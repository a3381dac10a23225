"""Where settings come from: a project's `gatepost.toml`, values of another system's file, the environment.

In: parsed TOML, variables. Out: one Settings value, or a Problem that names the setting, what was given and what is
expected. Never: a secret in a message, or a key that is silently not understood.
"""

import difflib
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from ..problem import Problem
from .option import Freshness, Option, Seconds, Section
from .values import believed, seconds
from .whole import Settings

TRUE, FALSE = {"1", "t", "true", "on", "yes"}, {"0", "f", "false", "off", "no", ""}


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
            default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            yield Entry(prefix + field.name, kind, default, option)
        else:
            yield from table(hint, f"{prefix}{field.name}.")


def read(entry: Entry, value: object, source: str) -> object:
    """`value`, as text or as TOML had it, in the setting's own type; a Problem names what was expected."""
    try:
        return _convert(entry.type, value)
    except (ValueError, msgspec.MsgspecError) as error:
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
        return Seconds(seconds(value))
    if kind is Freshness:
        believed(Freshness(str(value)))
        return str(value)
    if get_origin(kind) is tuple and isinstance(value, str):
        if get_args(kind)[0] is not str:
            return msgspec.json.decode(value, type=kind)
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if kind is bool and isinstance(value, str):
        return _boolean(value)
    if kind is str and not isinstance(value, str | bool):
        return _text(value)
    return msgspec.convert(value, kind, strict=not isinstance(value, str))


def _text(value: object) -> str:
    """Text from what TOML has as a number or a list of names."""
    if isinstance(value, int | float):
        return str(value)
    return ", ".join(msgspec.convert(value, list[str]))


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
    for key, value in _flatten(toml or {}, tables={key for key, entry in entries.items() if is_table(entry)}):
        if key not in entries:
            raise Problem("unknown_setting", 500, f"gatepost.toml: there is no setting {key}", None, near(key, entries))
        values[key] = read(entries[key], value, "gatepost.toml")
    values.update(_from_environment(entries.values(), environ or {}))
    values.update((key, read(entries[key], value, "the command line")) for key, value in (overrides or {}).items())
    return build(values)


def _from_environment(entries: Iterable[Entry], environ: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """What variables say. An empty one says nothing, except where text is expected."""
    for entry in entries:
        if is_table(entry):
            members = _members(entry, environ)
            yield from [(entry.key, members)] if members else []
            continue
        name = next((name for name in entry.env if name in environ), None)
        if name is not None and (environ[name] or entry.type is str):
            yield entry.key, read(entry, environ[name], name)


def is_table(entry: Entry) -> bool:
    """Whether a setting has members of its own, one variable each (`PGRST_APP_SETTINGS_JWT_LIFETIME`)."""
    return isinstance(entry.default, dict)


def _members(entry: Entry, environ: Mapping[str, str]) -> dict[str, str]:
    """What variables with a table's names in front say, in lower case; ours win."""
    return {
        variable.removeprefix(name + "_").lower(): value
        for name in reversed(entry.env)
        for variable, value in environ.items()
        if variable.startswith(name + "_")
    }


def build(values: Mapping[str, object]) -> Settings:
    """Settings from dotted keys and values that were read already. REST that exposes no schema says nothing."""
    values = {key: value for key, value in values.items() if value or key != "rest.schemas"}
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


def _flatten(
    tree: Mapping[str, object], prefix: str = "", tables: Collection[str] = ()
) -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        if isinstance(value, dict) and prefix + name not in tables:
            yield from _flatten(value, f"{prefix}{name}.", tables)  # pyright: ignore[reportUnknownArgumentType]
        else:
            yield prefix + name, value


def load_file(path: Path) -> Mapping[str, object]:
    """A TOML file as a mapping; a Problem names file and line where it is not TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem("invalid_setting", 500, f"{path}: {error}") from None
