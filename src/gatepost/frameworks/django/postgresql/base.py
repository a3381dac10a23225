"""The engine `gatepost.frameworks.django.postgresql`.

In: a database's settings, as Django's engine takes them, with a login that has no rights but to become others. Out:
connections whose statements are signed in. Never: a login that row level security does not bind.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import register_tzloader

from .cursors import ClientBound, ClientBoundServerSide, ServerBound, ServerSide
from .introspection import DatabaseIntrospection
from .operations import DatabaseOperations
from .signing import Connection, check_login, forget

OURS = ("assume_role", "cursor_factory")


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread's connection to one database."""

    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        """With cursors of ours; what would take their place is refused."""
        options = self.settings_dict["OPTIONS"]
        for name in OURS:
            if name in options:
                raise ImproperlyConfigured(
                    f"{name} has no place in OPTIONS: each transaction takes its identity's role"
                )
        kind = ServerBound if options.get("server_side_binding") is True else ClientBound
        return {**super().get_connection_params(), "cursor_factory": kind}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """Refused where policies do not bind the login."""
        connection: Connection = super().get_new_connection(conn_params)
        try:
            with as_login(connection):
                check_login(connection)
        except BaseException:
            self.pool.putconn(connection) if self.pool else connection.close()
            raise
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        """A name asks for a cursor of the server's."""
        if not name:
            return super().create_cursor()
        binds = self.settings_dict["OPTIONS"].get("server_side_binding") is True
        kind, connection = ServerSide if binds else ClientBoundServerSide, self.connection
        cursor = kind(connection, name, scrollable=False, withhold=connection.autocommit)
        register_tzloader(self.timezone, cursor)
        return cursor

    def is_usable(self) -> bool:
        """Asked by the login itself, whoever acts."""
        if self.connection is None:
            return False
        with as_login(self.connection):
            return super().is_usable()

    def _set_autocommit(self, autocommit: bool) -> None:
        """A transaction begins or ends."""
        forget(self.connection)
        super()._set_autocommit(autocommit)  # pyright: ignore - its stubs leave it out

    def _configure_connection(self, connection: Connection) -> bool:
        with as_login(connection):
            return super()._configure_connection(connection)  # pyright: ignore - which its stubs leave out


@contextmanager
def as_login(connection: Connection) -> Generator[None]:
    """What the engine asks for itself, and no statement of a program, is not signed in."""
    factory, connection.cursor_factory = connection.cursor_factory, psycopg.ClientCursor
    try:
        yield
    finally:
        connection.cursor_factory = factory
