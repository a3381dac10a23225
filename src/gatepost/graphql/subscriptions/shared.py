"""What all conversations of a process share. In, out: –. Never: anything of one of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from gatepost.catalog import Name
from gatepost.database.listening.topics import Topics
from gatepost.database.scope import Database
from gatepost.graphql.executor import Executor
from gatepost.graphql.surface import Surface
from gatepost.identity import Proof
from gatepost.settings import GraphQLSettings

from .declaration import Declaration
from .sessions import Sessions


@dataclass(frozen=True, slots=True)
class Shared:
    """`turns`: how many events are read at once, so that requests have connections too. `keys`: a proof may be an API
    key. `authorization` decides about topics of `listen`. `prepare` has the keys at hand that a proof is verified with.
    """

    surface: Surface
    executor: Executor
    database: Database
    settings: GraphQLSettings
    topics: Topics
    sessions: Sessions
    turns: asyncio.Semaphore
    declared: Sequence[Declaration] = ()
    authorization: Name | None = None
    keys: bool = False
    prepare: Callable[[Proof], Awaitable[None]] | None = None
