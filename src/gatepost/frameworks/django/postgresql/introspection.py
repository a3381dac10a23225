"""What a database holds, for those who ask.

In: a cursor. Out: the tables that may be read as whoever acts, or by anybody. Never: a table that is there and cannot
be read: `runserver` would look for migrations in the owner's.
"""

from typing import Any

from django.db.backends.base.introspection import TableInfo
from django.db.backends.postgresql import introspection

from ....identity import ANON
from ..acting import as_identity, current_identity
from .signing import QUERIES


class DatabaseIntrospection(introspection.DatabaseIntrospection):
    """Django's, of what is one's own to read."""

    def get_table_list(self, cursor: Any) -> list[TableInfo]:
        with as_identity(current_identity() or ANON):
            found = super().get_table_list(cursor)
            cursor.execute(QUERIES["readable"], {"names": [each.name for each in found]})
            readable = {name for (name,) in cursor.fetchall()}
        return [each for each in found if each.name in readable]
