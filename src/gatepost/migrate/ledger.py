"""Which migrations a database has: Supabase's own table, so that its command line reads the same.

In: an owner's connection. Out: what was applied, with the statements as they were then.
Never: an entry for a file that did not go through.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .connection import Connection

TABLES = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
create table if not exists supabase_migrations.seed_files (path text not null primary key, hash text not null);
"""
LOCK = "7310214402652"


@dataclass(frozen=True, slots=True)
class Applied:
    """One line of the ledger; `digest` is of the statements, None where whoever wrote it kept none."""

    version: str
    name: str
    digest: str | None


def prepare(connection: Connection) -> None:
    """The tables, where they are missing."""
    connection.script(f"set client_min_messages = warning; {TABLES}")


def lock(connection: Connection) -> None:
    """One at a time: held until the connection is closed."""
    connection.rows("select pg_advisory_lock($1::bigint)", LOCK)


def applied(connection: Connection) -> dict[str, Applied]:
    """What the database has, by version; nothing where there is no ledger."""
    if not is_table(connection, "supabase_migrations.schema_migrations"):
        return {}
    rows = connection.rows(
        "select version, coalesce(name, ''),"
        " encode(sha256(convert_to(nullif(array_to_string(statements, chr(30)), ''), 'UTF8')), 'hex')"
        " from supabase_migrations.schema_migrations"
    )
    return {str(version): Applied(str(version), str(name), digest) for version, name, digest in rows}


def record(connection: Connection, version: str, name: str, statements: Sequence[str]) -> None:
    connection.rows(
        "insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3::text[])",
        version,
        name,
        array(statements),
    )


def seeded(connection: Connection) -> dict[str, str]:
    """Seed files that were run: path and the hash they had."""
    rows = connection.rows("select path, hash from supabase_migrations.seed_files")
    return {str(path): str(digest) for path, digest in rows}


def record_seed(connection: Connection, path: str, digest: str) -> None:
    connection.rows("insert into supabase_migrations.seed_files (path, hash) values ($1, $2)", path, digest)


def is_table(connection: Connection, name: str) -> bool:
    """Whether that is a plain table: an administrator reads no view that its owner may have put in its place."""
    return connection.value("select relkind from pg_class where oid = to_regclass($1)", name) == "r"


def array(values: Sequence[str]) -> str:
    """A text[] in PostgreSQL's own notation."""
    quoted = ('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return "{" + ",".join(quoted) + "}"
