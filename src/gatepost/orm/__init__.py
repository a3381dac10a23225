"""SURFACE: ZenStack's client, in Python.

In: a schema, a database, calls as methods and dictionaries. Out: rows as plain dicts, or an OrmError.
Never: a rule that is decided here; `policy` says what holds, this room asks for it.
"""

from gatepost.orm.calling.calls import Call
from gatepost.orm.calling.plugins import Mutation, Plugin, ProcedureCall, Query, ResultField
from gatepost.orm.client import BaseClient, Client
from gatepost.orm.errors import (
    ConfigError,
    DatabaseError,
    InvalidInput,
    NotFound,
    NotSupported,
    OrmError,
    RejectedByPolicy,
    Unreachable,
)
from gatepost.orm.session import Limits
from gatepost.orm.sync import SyncClient
from gatepost.orm.values import AnyNull, DbNull, JsonNull

__all__ = [
    "AnyNull",
    "BaseClient",
    "Call",
    "Client",
    "ConfigError",
    "DatabaseError",
    "DbNull",
    "InvalidInput",
    "JsonNull",
    "Limits",
    "Mutation",
    "NotFound",
    "NotSupported",
    "OrmError",
    "Plugin",
    "ProcedureCall",
    "Query",
    "RejectedByPolicy",
    "ResultField",
    "SyncClient",
    "Unreachable",
]
