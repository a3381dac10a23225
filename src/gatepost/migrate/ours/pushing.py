"""Pushing of claims, turned on and off in a database: the outbox and the triggers that fill it.

In: an administrator's connection string, whether claims are pushed. Out: that being so. Never: a row written, or a
trigger called, where they are not.
"""

import hashlib

from .. import ledger
from ..connection import Connection
from .install import note, run
from .objects import AUTH, Script

ON, OFF = Script("push/on.sql", AUTH), Script("push/off.sql", AUTH)
NAME = "push"


def switch_push(admin_dsn: str, *, on: bool) -> None:
    """Turn pushing on or off; cheap where it is so already."""
    script = ON if on else OFF
    mark = hashlib.sha256(script.text.encode()).hexdigest()
    with Connection(admin_dsn) as connection:
        connection.script("set search_path = pg_catalog")
        known = connection.value("select value from auth_private.installation where name = $1", NAME)
        if known == mark or (known is None and not on and not _is_there(connection)):
            return
        with connection.transaction():
            connection.rows("select set_config('client_min_messages', 'warning', true)")
            run(connection, script)
            note(connection, NAME, mark)


def _is_there(connection: Connection) -> bool:
    return ledger.is_table(connection, "auth_private.claims_outbox")
