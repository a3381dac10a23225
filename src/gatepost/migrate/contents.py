"""What a project's configuration asks for: buckets of storage, secrets of vault, rights on what is made later.

In: the owner's connection string, the rows. Out: how many were new or changed.
Never: a row taken away, or a schema made.
"""

import json
from collections.abc import Mapping, Sequence

from ..database.queries import load
from . import ledger
from .connection import Connection
from .ours.objects import FOLDER

QUERIES = load(FOLDER / "contents.sql")


def put_buckets(dsn: str, buckets: Sequence[Mapping[str, object]]) -> int:
    """Members of each: name, public, file_size_limit, allowed_mime_types."""
    return _put(dsn, "storage.buckets", "buckets", json.dumps(buckets)) if buckets else 0


def put_secrets(dsn: str, secrets: Mapping[str, str]) -> int:
    """By name."""
    return _put(dsn, "vault.secrets", "secrets", json.dumps(dict(secrets))) if secrets else 0


def hide_new(dsn: str) -> bool:
    """Before the first migration: API roles get no rights on new objects in public; False where it is too late."""
    with Connection(dsn) as connection:
        if ledger.applied(connection):
            return False
        connection.script(QUERIES["hide_new"])
        return True


def _put(dsn: str, table: str, query: str, rows: str) -> int:
    with Connection(dsn) as connection:
        return len(connection.rows(QUERIES[query], rows)) if ledger.is_table(connection, table) else 0
