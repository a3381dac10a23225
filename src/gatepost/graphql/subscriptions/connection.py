"""One conversation in `graphql-transport-ws`.

In: a socket. Out: answers to operations and events of subscriptions, in the words of `messages`. Never: an operation
before the client has said who it is, or after it stopped being that; never more unsent than the settings say.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from gatepost import observe
from gatepost.exchange import Request
from gatepost.graphql.answer import Answer, refused, refused_for
from gatepost.graphql.documents.reading import Invalid
from gatepost.graphql.request import from_value
from gatepost.identity import Credential, Identity, Proof
from gatepost.problem import Problem
from gatepost.sockets import PATIENCE, Socket

from . import messages
from .messages import Message, Violation
from .shared import Shared
from .stream import Stream

FAILED = Problem("internal_error", 500, "The server failed on this operation")
AGAIN = 0.5
UNAUTHORIZED = 401
SLOW = "Messages are not taken in as fast as they come (graphql.max_waiting, graphql.max_message)"


class Connection:
    """`identity` is None until the client was let in; it is asked for again before each event."""

    def __init__(self, shared: Shared, request: Request, socket: Socket) -> None:
        self.shared, self.request, self.socket = shared, request, socket
        self.identity: Identity | None = None
        self._proof = request.proof
        self._session = ""
        self._begun = False
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._unsent: asyncio.Queue[str] = asyncio.Queue(shared.settings.max_waiting)
        self._length = 0
        self._ending: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Talk until either side has enough."""
        if messages.PROTOCOL not in self.socket.protocols:
            await self.socket.accept()
            await self.socket.close(messages.NO_PROTOCOL, "Subprotocol not acceptable")
            return
        await self.socket.accept(messages.PROTOCOL)
        loop = asyncio.get_running_loop()
        late = loop.call_later(self.shared.settings.init_timeout, self._late)
        tasks = [loop.create_task(work()) for work in (self._listen, self._write)]
        try:
            code, reason = await self._ending
        finally:
            late.cancel()
            await self._stop(tasks)
            self.shared.sessions.forget(self._session)
        await self.socket.close(code, reason)

    def end(self, code: int, reason: str) -> None:
        """Close, if nothing else has ended it yet."""
        if not self._ending.done():
            self._ending.set_result((code, reason))

    def say(self, text: str) -> None:
        """Send when the peer takes it in; one that leaves too many messages waiting is left, or several that are longer
        together than the longest that it may send itself.
        """
        waiting = self._unsent
        if waiting.full() or (not waiting.empty() and self._length + len(text) > self.shared.settings.max_message):
            self.end(messages.TRY_LATER, SLOW)
            return
        self._length += len(text)
        waiting.put_nowait(text)

    async def check(self) -> Identity | None:
        """Who this still is. Where it is nobody any more, the end, and None."""
        if self.identity is None:
            return None
        try:
            self.identity = await self._who()
        except Problem as problem:
            self.end(messages.FORBIDDEN, problem.message)
            return None
        if not await self.shared.sessions.holds(self._session):
            self.end(messages.FORBIDDEN, "The session has ended")
            return None
        return self.identity

    async def _who(self) -> Identity:
        if self.shared.prepare is not None:
            await self.shared.prepare(self._proof)
        return self.shared.surface.who(self._proof, self.request)

    # ------------------------------------------------------------------ what the client says

    async def _listen(self) -> None:
        while (text := await self.socket.receive()) is not None:
            try:
                await self._hear(messages.read(text))
            except Violation as violation:
                self.end(violation.code, violation.reason)
                return
            except Exception as error:
                observe.LOGGER.error("socket %s failed", self.request.id, exc_info=error)
                self.end(1011, FAILED.message)
                return
        self.end(messages.NORMAL, "")

    async def _hear(self, message: Message) -> None:
        match message.type:
            case "connection_init":
                await self._begin(message.payload or {})
            case "ping":
                self.say(messages.pong(message.payload))
            case "subscribe":
                self._subscribe(message.id, message.payload or {})
            case "complete":
                self._cancel(message.id)
            case _:
                pass

    async def _begin(self, payload: dict[str, Any]) -> None:
        if self._begun:
            raise Violation(messages.TOO_MANY_INITS, "Too many initialisation requests")
        self._begun = True
        self._proof = proof(payload, self.request.proof, self.shared.keys)
        try:
            identity = await self._who()
        except Problem as problem:
            raise Violation(messages.FORBIDDEN, problem.message) from None
        session = identity.claims.get("session_id")
        self._session = session if isinstance(session, str) else ""
        self.shared.sessions.watch(self._session)
        self.identity = identity
        if await self.check() is not None:
            self.say(messages.ACK)

    def _late(self) -> None:
        if not self._begun:
            self.end(messages.INIT_TIMEOUT, "Connection initialisation timeout")

    def _subscribe(self, id: str, payload: dict[str, Any]) -> None:
        if self.identity is None:
            raise Violation(messages.UNAUTHORIZED, "Unauthorized")
        if id in self._operations:
            raise Violation(messages.DUPLICATE, f"Subscriber for {id} already exists")
        most = self.shared.settings.max_subscriptions
        if most and len(self._operations) >= most:
            words = f"{len(self._operations)} operations go on; at most {most} are allowed (graphql.max_subscriptions)"
            self.say(messages.failed(id, refused_for(Problem("too_many_operations", 429, words)).errors))
            return
        self._operations[id] = asyncio.get_running_loop().create_task(self._operate(id, payload))

    def _cancel(self, id: str) -> None:
        task = self._operations.pop(id, None)
        if task is not None:
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
            task.cancel()

    # ------------------------------------------------------------------ what it is answered

    async def _operate(self, id: str, payload: dict[str, Any]) -> None:
        """One operation, to its last word."""
        task = asyncio.current_task()

        def goes_on() -> bool:
            return self._operations.get(id) is task

        try:
            answer = await self._execute(id, payload, goes_on)
        except asyncio.CancelledError:
            return  # the client has had enough, or has gone
        except Invalid as invalid:
            answer = refused(invalid.errors)
        except Problem as problem:
            answer = refused_for(problem)
        except Exception as error:
            observe.LOGGER.error("operation on socket %s failed", self.request.id, exc_info=error)
            answer = refused_for(FAILED)
        if answer is not None and answer.status == UNAUTHORIZED:
            self.end(messages.FORBIDDEN, answer.errors[0]["message"])
        elif goes_on():
            del self._operations[id]
            self.say(messages.complete(id) if answer is None else messages.failed(id, answer.errors))

    async def _execute(self, id: str, payload: dict[str, Any], goes_on: Callable[[], bool]) -> Answer | None:
        """Why it was not executed; None where it was."""
        surface = self.shared.surface

        async def who() -> Identity | None:
            return await self.check() if goes_on() else None

        def tell(body: bytes) -> None:
            if goes_on():
                self.say(messages.following(id, body))

        asked = from_value(payload, surface.documents)
        context = surface.context(self.request)
        executor = self.shared.executor
        stream = await executor.aside(asked, lambda: Stream.of(self.shared, asked, context))
        if stream is not None:
            return await stream.run(who, tell)
        identity = await who()
        if identity is None:
            return None
        answer = await surface.execute(identity, asked, context)
        if not answer.executed:
            return answer
        tell(answer.body)
        return None

    async def _write(self) -> None:
        while not self.socket.closed:
            text = await self._unsent.get()
            await self.socket.send(text)
            self._length -= len(text)
            self._unsent.task_done()

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        """What was said before the end still goes out, where the peer takes it in."""
        if not self.socket.closed and not self._unsent.full():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._unsent.join(), PATIENCE)
        await end({*tasks, *self._operations.values(), *self._leaving})


async def end(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel until they have ended: a task that was just answered, within a time limit, may miss the first word."""
    while tasks:
        for task in tasks:
            task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=AGAIN)


def proof(payload: dict[str, Any], given: Proof, keys: bool) -> Proof:
    """What a first message says of its sender, in the place of the upgrade's headers where it says it."""
    named = {name.lower(): value for name, value in payload.items() if isinstance(value, str)}
    key = Credential(named["apikey"]) if named.get("apikey") else given.api_key
    authorization = named.get("authorization", "")
    scheme, _, rest = authorization.partition(" ")
    token = rest.strip() if scheme.lower() == "bearer" else authorization.strip()
    bearer = Credential(token) if token else given.bearer
    return Proof(key, bearer if bearer is not None or not keys else key)
