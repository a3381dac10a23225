"""A transaction, signed in.

In: a connection, whoever acts. Out: role and claims, set for the transaction that is open. Never: for longer than the
transaction; a login that row level security does not bind.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.abc import Params
from psycopg.pq import TransactionStatus

from ....identity import ANON, Identity
from ....problem import Problem
from ..acting import current_identity
from ..configuration import configured

Connection = psycopg.Connection[Any]

QUERIES = dict(re.findall(r"-- name: (\w+)\n(.*?);\n", Path(__file__).with_name("signing.sql").read_text(), re.DOTALL))
SIGN_IN, LOGIN = QUERIES["sign_in"], QUERIES["login"].encode()
NAMES = ("gatepost_claims", "gatepost_subject", "gatepost_role")
NAMED = SIGN_IN % tuple(f"%({name})s" for name in NAMES)
IDLE, FAILED = TransactionStatus.IDLE, TransactionStatus.INERROR
# What may undo a signing in within its transaction, by the word that PostgreSQL answers with.
UNDOING = ("ROLLBACK", "SET", "RESET", "DISCARD", "COMMIT")

_signed: "WeakKeyDictionary[Connection, Identity]" = WeakKeyDictionary()
_checked: set[tuple[str, str, int, str]] = set()


def acting() -> Identity:
    """Who acts; where that is nobody in particular, `anon`, unless the settings want to know."""
    identity = current_identity()
    if identity is not None:
        return identity
    if configured().refuses:
        hint = "Put it into `with as_identity(…):`"
        raise Problem("no_identity", 500, "The database is asked, and nobody has said as whom", None, hint)
    return ANON


def is_wanted(connection: Connection, identity: Identity) -> bool:
    """Whether the next statement has to be signed in. In a transaction that failed nothing can be done but going back;
    what is known of one counts where Django has begun it, and tells when it ends.
    """
    status = connection.pgconn.transaction_status
    if status == FAILED:
        return False
    return status == IDLE or connection.autocommit or _signed.get(connection) is not identity


def sign_in(connection: Connection, identity: Identity) -> None:
    """Take the identity's role and claims. A plain cursor sends them, whose parameters the server puts in."""
    psycopg.Cursor(connection).execute(SIGN_IN, _told(identity))
    _signed[connection] = identity


def fits_together(connection: Connection, query: Any) -> bool:
    """Whether a statement can go out with its signing in."""
    return isinstance(query, str) and not connection.pgconn.pipeline_status


def together(identity: Identity, query: Any, params: Params | None) -> tuple[Any, Params]:
    """The signing in and a statement as one text, and the parameters of both."""
    told = _told(identity)
    if isinstance(params, Mapping):
        return f"{NAMED};\n{query}", {**params, **dict(zip(NAMES, told, strict=True))}
    if params is None:
        return f"{SIGN_IN};\n{query.replace('%', '%%')}", told
    return f"{SIGN_IN};\n{query}", (*told, *params)


def _told(identity: Identity) -> tuple[str, str, str]:
    return identity.claims_json.decode(), identity.subject, identity.role


def look_after(cursor: psycopg.Cursor[Any], signed: Identity | None = None) -> None:
    """After a statement: a savepoint that was gone back to, or a setting, may have undone the signing in. `signed`: it
    went along, and its own result is not the program's.
    """
    connection, tags = cursor.connection, [each.statusmessage or "" for each in cursor.results()]
    if signed is not None:
        _signed[connection] = signed
    if len(tags) > 1:
        cursor.set_result(0 if signed is None else 1)
    if any(tag.startswith(UNDOING) for tag in tags):
        forget(connection)


def forget(connection: Connection | None) -> None:
    """It is not known any more as whom the transaction is signed in."""
    if connection is not None:
        _signed.pop(connection, None)


def check_login(connection: Connection) -> None:
    """ImproperlyConfigured where policies do not bind who has logged in: its rights would be left where a program takes
    the role off. Whether it is the superuser, the server tells each time; the rest is asked once a process.
    """
    told = connection.info
    place = (told.host, told.dbname, told.port, told.user)
    if place in _checked and told.parameter_status("is_superuser") != "on":
        return
    [(name, bypasses, superuser)] = psycopg.Cursor(connection).execute(LOGIN).fetchall()
    connection.rollback()
    if superuser or bypasses:
        what = "is a superuser, or may become one," if superuser else "has BYPASSRLS"
        raise ImproperlyConfigured(
            f"The login {name} {what}: no policy binds it. Requests need one like Gatepost's authenticator; "
            "give migrations an alias of their own, with Django's own engine"
        )
    _checked.add(place)
