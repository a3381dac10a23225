"""The only doors to data.

In: an Identity and Statements (or one of our own logins by name). Out: Results of one transaction that ran with that
role and those claims. Never: a statement that runs with a role left over from somebody else.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from ..identity import Identity
from ..query.sql import Statement
from .values import Context, Result


class Transaction(Protocol):
    """Several round trips in one transaction; leaving the block commits, an exception rolls back."""

    async def run(self, *statements: Statement) -> list[Result]: ...


class Scope(Protocol):
    """One of our own logins: the same two doors, without an identity."""

    async def run(self, *statements: Statement) -> list[Result]: ...

    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...


class Doors(Protocol):
    async def run(
        self, identity: Identity, statements: Sequence[Statement], context: Context = ...
    ) -> list[Result]: ...

    def transaction(
        self, identity: Identity, context: Context = ..., *, isolation: str | None = None, rollback: bool = False
    ) -> AbstractAsyncContextManager[Transaction]: ...

    def system(self, name: str) -> Scope: ...
