"""What Django says of statements.

In: a statement and its parameters. Out: its text, for logs and pages of a developer. Never: the claims with which it
was signed in.
"""

from typing import Any

from django.db.backends.postgresql import operations


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, of the program's own statements."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """Composed once more: what the cursor has sent began with the signing in."""
        return self.compose_sql(sql, params)
