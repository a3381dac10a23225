"""Those who fulfil wishes: one that waits in an event loop, one that blocks its thread.

In: Steps. Out: their result. Never: a redirect followed, plain HTTP beyond this machine unless it was asked for, a
wait without an end, an answer of any length.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, MutableMapping
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from weakref import WeakKeyDictionary

import httpx
import msgspec

from ...outside.exchange import NO_PROXY, Failed, ask, max_age
from .flights import Flight, Flights
from .wishes import Answer, Away, Call, Once, Steps, T

SECONDS, SECONDS_INSIDE = 5.0, 60.0
"""How long an answer may take: that of a server, that of an application within this process, which may have to start.
"""
LONGEST = 1024 * 1024
"""Bytes of an answer."""
FORWARDED_FOR = "Sb-Forwarded-For"
LONGEST_FLIGHT = 15.0
API_VERSION = "2024-01-01"
Application = Callable[..., Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where calls go: below `base`, with the project's key; to `app` where that is within this process. `plain`: none
    goes anywhere by https, whose certificates need not be read then. With a `secret_key` they say for which visitor
    they are made.
    """

    base: str
    key: str = field(default="", repr=False)
    app: Application | None = None
    plain: bool = False
    secret_key: str = field(default="", repr=False)

    def request(self, call: Call) -> tuple[str, dict[str, str], bytes | None]:
        """Address, headers and body of a call. Keys go to the server that they are of, and nowhere else."""
        own = "://" not in call.path
        headers = {"user-agent": "gatepost", "accept": "application/json", "accept-encoding": "identity"}
        headers |= self._named(call) if own else {}
        headers |= {"authorization": f"Bearer {call.bearer}"} if call.bearer else {}
        headers |= {"content-type": "application/json"} if call.body is not None else {}
        body = None if call.body is None else msgspec.json.encode(call.body)
        return self.base + call.path if own else call.path, headers, body

    def _named(self, call: Call) -> dict[str, str]:
        """Whose application asks, and for whom."""
        headers = {"X-Supabase-Api-Version": API_VERSION, **({"apikey": self.key} if self.key else {})}
        visitor = _address(call.visitor) if self.secret_key or self.app is not None else ""
        headers |= {FORWARDED_FOR: visitor} if visitor else {}
        headers |= {"apikey": self.secret_key} if visitor and self.secret_key else {}
        return headers

    @property
    def options(self) -> dict[str, Any]:
        """How httpx's clients are opened."""
        return {"timeout": SECONDS, "follow_redirects": False, "verify": not self.plain, "mounts": NO_PROXY}


class Inside(httpx.AsyncBaseTransport):
    """An application within this process, which sees the visitor's address as if it were asked by the visitor."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        visitor = request.headers.get(FORWARDED_FOR, "")

        async def asked(scope: MutableMapping[str, Any], *pipes: Any) -> None:
            await self._app({**scope, "client": (visitor, 0)} if visitor else scope, *pipes)

        return await httpx.ASGITransport(asked).handle_async_request(request)


class Waiting:
    """Fulfils wishes in the event loop that runs; connections are kept for each loop."""

    def __init__(self, place: Place, flights: Flights) -> None:
        self._place, self._flights = place, flights
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, steps: Steps[T]) -> T:
        """The result of `steps`."""
        given: Any = None
        failed: Exception | None = None
        while True:
            try:
                wish = steps.send(given) if failed is None else steps.throw(failed)
            except StopIteration as done:
                return done.value
            given, failed = None, None
            try:
                given = await (self._ask(wish) if isinstance(wish, Call) else self._once(wish))
            except Exception as error:
                failed = error

    async def close(self) -> None:
        """End the connections of this event loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    async def _ask(self, call: Call) -> Answer:
        url, headers, body = self._place.request(call)
        seconds = SECONDS if self._place.app is None else SECONDS_INSIDE
        try:
            found = await ask(
                call.method, url, LONGEST, body=body, headers=headers, seconds=seconds, within=self._client()
            )
        except Failed as error:
            raise Away(str(error)) from None
        return Answer(found.status, found.body, max_age(found.headers))

    async def _once(self, once: Once) -> Any:
        flight, leads = self._flights.join(once.key)
        if leads:  # in a task of its own: it is not over because the first who asked has gone
            task = asyncio.create_task(self._lead(once, flight))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if not once.waits:
            return None
        try:
            # Not wait_for(): before Python 3.12 a cancellation that comes with the result is lost in it.
            async with asyncio.timeout(LONGEST_FLIGHT):
                return await asyncio.wrap_future(flight.future)
        except TimeoutError:
            self._flights.abandon(once.key, flight)
            raise Away("it took too long") from None

    async def _lead(self, once: Once, flight: Flight) -> None:
        with self._flights.led(once, flight):
            self._flights.land(once.key, flight, once.keep, await self.run(once.steps()))

    def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            app = self._place.app
            inside: dict[str, Any] = {} if app is None else {"transport": Inside(app)}
            client = self._clients[loop] = httpx.AsyncClient(**self._place.options, **inside)
        return client


class Blocking:
    """Fulfils wishes in the thread that asks; threads share the connections."""

    def __init__(self, place: Place, flights: Flights) -> None:
        self._place, self._flights = place, flights
        self._opened: httpx.Client | None = None

    def run(self, steps: Steps[T]) -> T:
        """The result of `steps`."""
        given: Any = None
        failed: Exception | None = None
        while True:
            try:
                wish = steps.send(given) if failed is None else steps.throw(failed)
            except StopIteration as done:
                return done.value
            given, failed = None, None
            try:
                given = self._ask(wish) if isinstance(wish, Call) else self._once(wish)
            except Exception as error:
                failed = error

    def close(self) -> None:
        """End the connections."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def _ask(self, call: Call) -> Answer:
        if self._place.app is not None:
            raise TypeError("An auth server within this process is asked from its event loop; give others its address")
        if self._opened is None:
            self._opened = httpx.Client(**self._place.options)
        url, headers, body = self._place.request(call)
        try:
            with self._opened.stream(call.method, url, headers=headers, content=body) as response:
                return Answer(response.status_code, _bounded(response), max_age(response.headers))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise Away(type(error).__name__) from None

    def _once(self, once: Once) -> Any:
        flight, leads = self._flights.join(once.key)
        if leads:
            self._lead(once, flight)
        if not once.waits:
            return None
        try:
            return flight.future.result(LONGEST_FLIGHT)
        except StillRunning:
            self._flights.abandon(once.key, flight)
            raise Away("it took too long") from None

    def _lead(self, once: Once, flight: Flight) -> None:
        with self._flights.led(once, flight):
            self._flights.land(once.key, flight, once.keep, self.run(once.steps()))


def _bounded(response: httpx.Response) -> bytes:
    """Its body, which may neither be long nor trickle. Its head has the limits of httpx: a length, a time each read."""
    received, ends = bytearray(), time.monotonic() + SECONDS
    for chunk in response.iter_raw():
        received += chunk
        if len(received) > LONGEST:
            raise Away(f"the answer has more than {LONGEST} bytes")
        if time.monotonic() > ends:
            raise Away("it took too long")
    return bytes(received)


def _address(text: str) -> str:
    """A visitor's address; '' for what is none: a socket's path, a test client's name."""
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return ""
