"""Empty stand-ins for the schemas that Supabase projects mention.

In: an administrator's connection. Out: which stand-ins are ours. Never: a change in a schema that somebody else made.
"""

from ..connection import Connection
from .objects import Script

OWNERS = {
    "storage": "supabase_storage_admin",
    "realtime": "supabase_realtime_admin",
    "vault": None,
    "cron": None,
    "net": None,
    "pgsodium": None,
    "graphql_public": None,
    "supabase_functions": "supabase_functions_admin",
}


def make(connection: Connection) -> None:
    """Make the stand-ins that are missing; a schema that is there already stays as it is."""
    for schema, owner in OWNERS.items():
        if connection.value("select to_regnamespace($1) is null", schema) == "f":
            continue
        connection.rows("select set_config('gatepost.schema', $1, true)", schema)
        connection.rows("select set_config('gatepost.schema_owner', coalesce($1, current_user), true)", owner)
        for name in ("_before", schema, "_after"):
            connection.script(Script(f"standins/{name}.sql").text)


def made(connection: Connection) -> list[str]:
    """The stand-ins of this database that are ours."""
    rows = connection.rows("select name from auth_private.installation where value = 'stand-in' order by name")
    return [str(name).removeprefix("stand-in ") for (name,) in rows]
