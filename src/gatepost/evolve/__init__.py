"""Schema and database brought together: tables, enums, keys, policies.

In: a checked schema and the owner's connection string. Out: a database that holds what the schema says.
Never: imported where requests are served; an invalid schema applied; a change kept in part.
"""

import asyncio

from gatepost.evolve.push import Report, push_now
from gatepost.zmodel.schema import Schema

__all__ = ["Report", "push", "push_now"]


async def push(schema: Schema, dsn: str, *, policies: bool = True, **options: object) -> Report:
    """`push_now` beside the event loop."""
    return await asyncio.to_thread(push_now, schema, dsn, policies=policies, **options)  # type: ignore[arg-type]
