"""A subscription that goes on: one topic, and what is selected of its events.

In: a request for a subscription. Out: the answer to each event, read for the subscriber as it is then. Never: word of
an event before the subscriber was allowed to listen, or long after it no longer is; payloads are only hints.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from gatepost.database.values import Context
from gatepost.graphql.answer import Answer, refused_for
from gatepost.graphql.documents.reading import Invalid
from gatepost.graphql.request import GraphQLRequest
from gatepost.identity import Identity
from gatepost.problem import DatabaseProblem, Problem

from .authorization import authorize, refused
from .shared import Shared
from .topics import Topic, topic

Event = dict[str, Any]
Who = Callable[[], Awaitable[Identity | None]]
Tell = Callable[[bytes], None]

EVENTS = 10
"""Events are small and come in bursts: so many may wait in the place of a message."""
OVERRUN = Problem("overrun", 503, "Events come faster than they can be read (graphql.max_waiting)")


class Stream:
    """`context` is that of the request that opened the socket."""

    def __init__(self, shared: Shared, asked: GraphQLRequest, topic: Topic, context: Context) -> None:
        self.shared, self.asked, self.topic, self.context = shared, asked, topic, context
        # None is the end of the topic.
        self._events: asyncio.Queue[Event | None] = asyncio.Queue(EVENTS * shared.settings.max_waiting)
        self._over = False
        self._overrun = False
        self._allowed_at = float("-inf")

    @classmethod
    def of(cls, shared: Shared, asked: GraphQLRequest, context: Context) -> "Stream | None":
        """The stream that a request asks for; None where it is for a query or a mutation, or nothing is known yet.
        Invalid where it is nothing.
        """
        prepared = shared.executor.prepared
        if prepared is None or shared.surface.trouble is not None:
            return None
        operation = prepared.operation(asked.document, asked.operation_name)
        if operation.kind != "subscription":
            return None
        values = operation.values(asked.variables or {})
        exceeded = operation.priced.check(values)
        if exceeded:
            raise Invalid(exceeded)
        return cls(shared, asked, topic(operation, values, shared.declared, shared.authorization), context)

    async def run(self, who: Who, tell: Tell) -> Answer | None:
        """Until the topic is over, or the subscriber is nobody any more; an Answer where it is refused."""
        identity = await who()
        if identity is None:
            return None
        ends = await self._authorize(identity)
        async with self._heard(self.topic.channel, self._hear), self._heard(ends, self._end):
            if self.topic.initial is not None:
                self._events.put_nowait(self.topic.initial)
            while not self._overrun:
                event = await self._events.get()
                identity = await who()
                if event is None or self._over or identity is None:
                    return None
                await self._authorize(identity)
                answer = await self._read(identity, event)
                if not answer.executed:
                    return answer
                tell(answer.body)
        return refused_for(OVERRUN)

    async def _authorize(self, identity: Identity) -> str | None:
        """Ask whether the subscriber may listen, unless that was asked a moment ago; the channel that ends it."""
        now, shared, topic = time.monotonic(), self.shared, self.topic
        if now - self._allowed_at < shared.settings.session_check:
            return None
        context = shared.surface.acting(self.context, identity)
        try:
            ends = await authorize(
                shared.database, identity, context, topic.authorization, topic.channel, topic.arguments
            )
        except DatabaseProblem:
            if shared.executor.mask:
                raise refused() from None
            raise
        self._allowed_at = now
        return ends

    async def _read(self, identity: Identity, event: Event) -> Answer:
        asked = msgspec.structs.replace(self.asked, root=event)
        async with self.shared.turns:
            return await self.shared.surface.execute(identity, asked, self.context)

    def _hear(self, payload: str) -> None:
        """What is no JSON object is no event."""
        try:
            self._put(self.topic.shaped(msgspec.json.decode(payload, type=Event)))
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return

    def _end(self, _: str) -> None:
        self._over = True
        self._put(None)

    def _put(self, event: Event | None) -> None:
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            self._overrun = True

    @asynccontextmanager
    async def _heard(self, channel: str | None, hear: Callable[[str], None]) -> AsyncGenerator[None]:
        if channel is None:
            yield
            return
        await self.shared.topics.hear(channel, hear)
        try:
            yield
        finally:
            self.shared.topics.leave(channel, hear)
