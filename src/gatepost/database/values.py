"""What travels through the doors: a Context in, Results out. Plain data, shared by pool, lanes and scope."""

import msgspec

from ..query.sql import Parameter


class Context(msgspec.Struct, frozen=True, gc=False):
    """What a request tells the database about itself; each member becomes a transaction-local setting.

    `headers` and `cookies` are JSON objects as text (lower-case names). `search_path` is SQL text, already quoted.
    `timeout` is in milliseconds, 0 for none. `settings` are further settings by name (`app.settings.x`, a function's
    or a role's own). `isolation` and `rollback` need a transaction of their own: `rollback` runs the statements,
    forces deferred constraints and then undoes everything.
    """

    method: str = ""
    path: str = ""
    headers: bytes = b""
    cookies: bytes = b""
    search_path: str = '"public", "extensions"'
    read_only: bool = False
    timeout: int | None = None
    timezone: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    isolation: str | None = None
    rollback: bool = False


class Result(msgspec.Struct, frozen=True, gc=False):
    """Rows as PostgreSQL wrote them, in text form: None is NULL. `tag` is the command tag (`UPDATE 3`), `types` are the
    columns' types as PostgreSQL numbers them.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Parameter, ...]]
    tag: str = ""
    types: tuple[int, ...] = ()

    @property
    def first(self) -> tuple[Parameter, ...] | None:
        """The first row, or None where there is none."""
        return self.rows[0] if self.rows else None

    @property
    def count(self) -> int:
        """How many rows the command touched, from its tag."""
        last = self.tag.rpartition(" ")[2]
        return int(last) if last.isdigit() else 0
