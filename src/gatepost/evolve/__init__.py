"""Schema and database brought together: tables, enums, keys, policies.

In: a checked schema and the owner's connection string. Out: a database that holds what the schema says.
Never: imported where requests are served; an invalid schema applied; a change kept in part.
"""

import asyncio
from functools import partial

from gatepost.evolve.apply import Ask, Report, Tell, push_now
from gatepost.evolve.drift import Drift, drift
from gatepost.evolve.introspect import Pulled, pull
from gatepost.evolve.migration import Written, new_migration
from gatepost.evolve.rules import options_of
from gatepost.evolve.shadow import Shadows
from gatepost.policy import rls
from gatepost.zmodel.schema import Schema

__all__ = [
    "Ask",
    "Drift",
    "Pulled",
    "Report",
    "Shadows",
    "Tell",
    "Written",
    "drift",
    "new_migration",
    "options_of",
    "pull",
    "push",
    "push_now",
]


async def push(
    schema: Schema,
    dsn: str,
    *,
    policies: bool = True,
    accept_data_loss: bool = False,
    force_reset: bool = False,
    ask: Ask | None = None,
    tell: Tell | None = None,
    options: rls.Options | None = None,
) -> Report:
    """`push_now` beside the event loop."""
    work = partial(push_now, schema, dsn, policies=policies, ask=ask, tell=tell, options=options)
    return await asyncio.to_thread(partial(work, accept_data_loss=accept_data_loss, force_reset=force_reset))
