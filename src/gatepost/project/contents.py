"""What a `config.toml` puts into the database: buckets of storage, secrets of vault, rights on what is made later.

In: its keys and values. Out: Contents, and notes on what cannot be read. Never: a secret's value in a note.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

BUCKET = re.compile(r"storage\.buckets\.(.+)\.(public|file_size_limit|allowed_mime_types)")
SECRET = re.compile(r"db\.vault\.([^.]+)")
EXPOSE = "api.auto_expose_new_tables"
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


@dataclass(frozen=True, slots=True)
class Bucket:
    """`file_size_limit` is in bytes; no type in `allowed_mime_types` means any."""

    name: str
    public: bool = False
    file_size_limit: int | None = None
    allowed_mime_types: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """Rows by their names; `expose_new` says whether API roles have everything on new objects in public, None where
    the configuration does not."""

    buckets: tuple[Bucket, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    expose_new: bool | None = None


def taken(path: str) -> bool:
    """Whether a key is honoured here."""
    return path == EXPOSE or BUCKET.fullmatch(path) is not None or SECRET.fullmatch(path) is not None


def contents(tree: Mapping[str, object], given: Mapping[str, object], notes: list[str]) -> Contents:
    """`tree` is the file, where a bucket may be an empty section; `given` its keys with variables filled in."""
    storage = tree.get("storage")
    named: object = storage.get("buckets") if isinstance(storage, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    names: list[str] = sorted(named) if isinstance(named, dict) else []  # pyright: ignore[reportUnknownArgumentType]
    secrets = {match[1]: str(value) for path, value in given.items() if (match := SECRET.fullmatch(path))}
    expose = given.get(EXPOSE)
    buckets = tuple(_bucket(name, given, notes) for name in names)
    return Contents(buckets, secrets, expose if isinstance(expose, bool) else None)


def _bucket(name: str, given: Mapping[str, object], notes: list[str]) -> Bucket:
    section = f"storage.buckets.{name}"
    types = given.get(f"{section}.allowed_mime_types")
    listed = tuple(str(kind) for kind in types) if isinstance(types, Sequence) and not isinstance(types, str) else ()  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    limit = given.get(f"{section}.file_size_limit", given.get("storage.file_size_limit"))
    size = _bytes(limit)
    if limit is not None and size is None:
        notes.append(f"config.toml, {section}.file_size_limit: {limit!r} is no size; there is no limit")
    return Bucket(name, given.get(f"{section}.public") is True, size, listed or None)


def _bytes(value: object) -> int | None:
    """`50MiB` as a number; letters count in steps of 1024, as in Supabase's command line."""
    match = SIZE.fullmatch(str(value).strip())
    return int(float(match[1]) * 1024 ** POWERS[match[2].lower()]) if match else None
