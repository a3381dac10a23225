"""SQLAlchemy: every transaction of an engine is signed in as somebody.

In: an engine whose login may take roles; sessions and connections, each bound to an Identity for a block. Out: one
statement in each transaction, before its first: the role and the claims, until it ends. Never: an identity that was not
verified, one that another session could meet, or a statement that runs as the login.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar
from weakref import WeakKeyDictionary, WeakSet, ref

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, scoped_session

from ..identity import ANON, Identity
from ..problem import Problem

__all__ = ["Bindable", "as_identity", "guard", "sign_in"]

AnyEngine = TypeVar("AnyEngine", Engine, AsyncEngine)
Bindable = Session | AsyncSession | scoped_session[Any] | async_scoped_session[Any] | Connection | AsyncConnection

# What helpers read of claims, since a statement may have left something there; the role comes last.
SET = {
    "request.jwt.claims": ":claims",
    "request.jwt.claim.sub": ":subject",
    "request.jwt.claim": "''",
    "request.jwt.claim.role": "''",
    "request.jwt.claim.email": "''",
    "role": ":role",
}
CALLS = ", ".join(f"pg_catalog.set_config('{name}', {value}, true)" for name, value in SET.items())
SIGN_IN = text(f"select pg_catalog.num_nulls({CALLS})")
LOGIN = text(Path(__file__).with_suffix(".sql").read_text("utf-8"))
# Where a connection streams its results: a cursor would be two round trips more.
AT_ONCE = {"stream_results": False}
CHECKED = "gatepost.login"
NOT_A_ROLE = ("42501", "22023")
# Statements about the transaction itself. They may be sent while it has failed, when nothing else may. Comments before
# them are passed once (`*+`): otherwise two dozen would be tried in millions of ways.
CONTROL = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*+(?:(?P<savepoint>savepoint)|(?P<release>release)"
    r"|(?P<back>rollback\s+(?:(?:work|transaction)\s+)?to)"
    r"|(?P<end>rollback|abort|commit|end|prepare\s+transaction))\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(slots=True)
class Known:
    """What is known of a connection: who it is without an identity (None: that is refused), who its transaction is
    signed in as (None: nobody, or it is not known any more), whether that was after a savepoint, and who uses it.
    """

    without: Identity | None
    identity: Identity | None = None
    savepoint: bool = False
    since_savepoint: bool = False
    busy: bool = False
    sessions: list[ref[Session]] = field(default_factory=list[ref[Session]])


CONNECTIONS: WeakKeyDictionary[Connection, Known] = WeakKeyDictionary()
# What is bound, by block: the last that was entered counts.
BOUND: WeakKeyDictionary[Session | Connection, dict[object, Identity]] = WeakKeyDictionary()
# Sessions that have used an engine that is not guarded.
STRAYS: WeakSet[Session] = WeakSet()


def guard(engine: AnyEngine, *, without: Literal["anon", "refuse"] = "anon") -> AnyEngine:
    """Have every transaction of an engine signed in, those of its `execution_options()` too; the engine is returned.

    Whose transaction is bound to no identity is `anon`, or is refused. Connections that were taken before are refused.
    """
    events = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    if events.dialect.name != "postgresql":
        raise _refused("not_postgresql", f"{events.dialect.name} has no roles to sign in as", "Use PostgreSQL")
    default = {"anon": ANON, "refuse": None}[without]

    def connected(connection: Connection) -> None:
        CONNECTIONS[connection] = Known(default)

    event.listen(events, "engine_connect", connected)
    event.listen(events, "begin", _begin)
    event.listen(events, "begin_twophase", _refuse_two_phases)
    event.listen(events, "before_cursor_execute", _before)
    return engine


@contextmanager
def as_identity(target: Bindable, identity: Identity) -> Generator[None]:
    """Within the block what the session or the connection sends is sent as the identity; afterwards as before.

    Nothing is sent here, so that the block is the same for asynchronous ones. TypeError for what is no Identity or
    cannot be bound, Problem where the engine is not guarded.
    """
    if not isinstance(identity, Identity):  # pyright: ignore[reportUnnecessaryIsInstance]
        hint = "what was verified makes one, such as a client's identity() or a framework's CurrentIdentity"
        raise TypeError(f"as_identity takes an Identity, not {type(identity).__name__}: {hint}")
    bound, block = _bindable(target), object()
    if isinstance(bound, Connection):
        _known(bound)
    elif bound in STRAYS and bound.in_transaction():
        raise _unguarded()
    # A framework's proxy means somebody else in the next request.
    BOUND.setdefault(bound, {})[block] = identity if type(identity) is Identity else copy(identity)
    try:
        yield
    finally:
        del BOUND[bound][block]


def sign_in(connection: Connection) -> None:
    """Sign the connection's transaction in now, for statements that go past SQLAlchemy to the driver. Of an
    AsyncConnection: `await connection.run_sync(sign_in)`.
    """
    known = _known(connection)
    _sign_in(connection, known, _wanted(connection, known) or _refuse_nobody())


def _bindable(target: Bindable) -> Session | Connection:
    own: object = target() if isinstance(target, scoped_session | async_scoped_session) else target
    own = own.sync_session if isinstance(own, AsyncSession) else own
    own = own.sync_connection if isinstance(own, AsyncConnection) else own
    if isinstance(own, Session | Connection):
        return own
    hint = "an engine is everybody's, and an AsyncConnection has to be started"
    raise TypeError(f"as_identity binds a session or a connection, not {type(target).__name__}: {hint}")


def _known(connection: Connection) -> Known:
    found = CONNECTIONS.get(connection)
    if found is None:
        raise _unguarded()
    return found


def _begin(connection: Connection) -> None:
    """A transaction begins. Who it is for shows with its first statement, since a session tells its own only then."""
    known = _known(connection)
    known.identity, known.savepoint, known.since_savepoint = None, False, False


def _refuse_two_phases(_connection: Connection, _xid: object) -> NoReturn:
    """Who prepares a transaction has to commit it, and the role is gone by then."""
    raise _refused("two_phase", "A transaction in two phases cannot be signed in", "Leave twophase away")


def _joined(session: Session, _transaction: object, connection: Connection) -> None:
    """A session begins to use a connection."""
    known = CONNECTIONS.get(connection)
    if known is None:
        STRAYS.add(session)
        if BOUND.get(session):
            raise _unguarded()
    elif all(each() is not session for each in known.sessions):
        known.sessions = [*(each for each in known.sessions if each() is not None), ref(session)]


event.listen(Session, "after_begin", _joined)


def _before(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
    """A statement is about to be sent."""
    known = _known(connection)
    if known.busy:
        return
    control = CONTROL.match(statement)
    kind = control.lastgroup if control else None
    if kind in {None, "savepoint"}:
        identity = _wanted(connection, known)
        if identity is None and kind is None:
            _refuse_nobody()
        if identity is not None and identity != known.identity:
            _sign_in(connection, known, identity)
        known.savepoint |= kind == "savepoint"
    elif kind == "end" or (kind == "back" and known.since_savepoint):
        known.identity = None


def _wanted(connection: Connection, known: Known) -> Identity | None:
    """Whom a statement on the connection is for. Which of several sessions sends it, nobody can tell."""
    own = _bound(connection)
    default = own or known.without
    sessions = [session for each in known.sessions if (session := each()) is not None and session.in_transaction()]
    if not sessions:
        return default
    wanted = [_bound(session) or default for session in sessions]
    if any(each != wanted[0] for each in ([*wanted, own] if own else wanted)):
        message = "A connection is used for two identities at once, bound to itself or to its sessions"
        raise _refused("two_identities", message, "Take a connection for each identity")
    return wanted[0]


def _bound(target: Session | Connection) -> Identity | None:
    blocks = BOUND.get(target)
    return next(reversed(blocks.values())) if blocks else None


def _sign_in(connection: Connection, known: Known, identity: Identity) -> None:
    """One statement. What it failed to do is not known."""
    if getattr(connection.connection.dbapi_connection, "autocommit", True):
        message = "A connection in AUTOCOMMIT has no transaction that could be signed in"
        raise _refused("autocommit", message, "Use another isolation_level, or an owner's engine that is not guarded")
    values = {"claims": identity.claims_json.decode(), "subject": identity.subject, "role": identity.role}
    known.identity, known.busy = None, True
    try:
        if CHECKED not in connection.info:
            _check_login(connection)
        connection.execute(SIGN_IN, values, execution_options=AT_ONCE).scalar()
    except DBAPIError as error:
        if (getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)) in NOT_A_ROLE:
            hint = f"grant {identity.role} to the login, where it exists"
            raise _refused("role_not_allowed", f"The login may not take the role {identity.role}", hint, 403) from None
        error.hide_parameters = True
        raise
    finally:
        known.busy = False
    known.identity, known.since_savepoint = identity, known.savepoint


def _check_login(connection: Connection) -> None:
    """Once for each connection of the driver's: what row level security would not hold."""
    login, bypasses, superuser = connection.execute(LOGIN, execution_options=AT_ONCE).one()
    hint = "Log in as a role made for this, such as Gatepost's authenticator: NOSUPERUSER NOBYPASSRLS NOINHERIT"
    if superuser:
        what = "is a superuser" if login == superuser else f"may become {superuser}, a superuser"
        raise _refused("login_not_safe", f"The login {login} {what}", hint)
    if bypasses:
        raise _refused("login_not_safe", f"The login {login} has BYPASSRLS", hint)
    connection.info[CHECKED] = True


def _refuse_nobody() -> NoReturn:
    message = "A transaction without an identity, on an engine that refuses them"
    raise _refused("no_identity", message, "Bind one: with as_identity(session, identity)")


def _unguarded() -> Problem:
    message = "An identity is bound, and a connection's engine is not guarded, or was not when it was taken"
    return _refused("not_guarded", message, "Call guard(engine) when the engine is made")


def _refused(code: str, message: str, hint: str, status: int = 500) -> Problem:
    return Problem(code, status, message, None, hint)
