"""What a setting is: its type, and what is known of it beside.

In: nothing. Out: Option, Section, the types that are written in a way of their own. Never: a setting.
"""

from dataclasses import dataclass
from typing import NewType

import msgspec

Seconds = NewType("Seconds", float)
"""A duration in seconds; read from a number or from Go's notation (`1h30m`, `10s`, `250ms`)."""

Freshness = NewType("Freshness", str)
"""`cached`, `bounded:N` (seconds) or `strict`."""


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
