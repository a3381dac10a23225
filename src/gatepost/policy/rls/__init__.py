"""Rules as row level security: what PostgreSQL is given so that it keeps them, whoever asks.

In: a schema. Out: policies, the functions and triggers that they need, grants: SQL text; what differs from a
database's; what is worth an index. Never: a connection.
"""

from gatepost.policy.rls.definitions import Definition, Options

__all__ = ["Definition", "Options"]
