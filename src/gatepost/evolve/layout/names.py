"""Names of keys, indexes and foreign keys where the schema gives none: Prisma's, so that databases can be shared.

In: a table's and its columns' names in the database. Out: a name of at most 63 bytes.
Never: a name that depends on anything but those.
"""

from collections.abc import Sequence

LIMIT = 63  # bytes of an identifier in PostgreSQL


def primary_key(table: str) -> str:
    """`Post_pkey`."""
    return cut(table, "_pkey")


def unique(table: str, columns: Sequence[str]) -> str:
    """`Post_title_authorId_key`."""
    return cut("_".join((table, *columns)), "_key")


def index(table: str, columns: Sequence[str]) -> str:
    """`Post_title_idx`."""
    return cut("_".join((table, *columns)), "_idx")


def foreign_key(table: str, columns: Sequence[str]) -> str:
    """`Post_authorId_fkey`."""
    return cut("_".join((table, *columns)), "_fkey")


def cut(name: str, suffix: str) -> str:
    """A name and its suffix; where both are too long, the name is cut, never a character in two."""
    room = LIMIT - len(suffix)
    return name.encode()[:room].decode(errors="ignore") + suffix
