"""As whom the database is asked, here and now.

In: an Identity, of a request (by the middleware) or of a program's own. Out: what connections sign their transactions
in with. Never: an identity that outlives its request or block; anything but an Identity, which was verified.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any

from ...identity import Identity

_acting: ContextVar[Identity | None] = ContextVar("gatepost_identity", default=None)


def current_identity() -> Identity | None:
    """Who acts; None outside of requests and of `as_identity`."""
    return _acting.get()


@contextmanager
def as_identity(identity: Identity) -> Generator[Identity]:
    """The block acts as `identity`: for tasks, commands and tests. Threads that asgiref starts act so too; others have
    none.
    """
    token = act_as(identity)
    try:
        yield identity
    finally:
        act_no_more(token)


def act_as(identity: Any) -> Token[Identity | None]:
    """Act as `identity` from now on; the middleware's half of `as_identity`."""
    if not isinstance(identity, Identity):
        raise TypeError(f"An Identity acts, and this is a {type(identity).__name__}: nobody has verified it")
    return _acting.set(identity)


def act_no_more(token: Token[Identity | None]) -> None:
    """Whoever acted before acts again."""
    _acting.reset(token)
