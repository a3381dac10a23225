"""Server-Timing: how long the steps of a request took.

In: an Endpoint's steps. Out: a header on answers that succeeded, in milliseconds. Never: a cost where it is not asked
for: an Endpoint without it measures nothing.
"""

from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter

from ..database.scope import Database
from ..database.values import Result
from ..exchange import Finish, Request, Response
from ..identity import Identity, Proof
from ..settings import RestSettings
from .endpoint import Endpoint
from .plan import Plan, plan
from .request import read_request

STEPS = ("jwt", "parse", "plan", "transaction", "response")

Times = dict[str, float]
current: ContextVar[Times] = ContextVar("current")


class Timed:
    """Adds what a block takes to one of the current request's steps."""

    __slots__ = ("start", "step")

    def __init__(self, step: str) -> None:
        self.step = step
        self.start = 0.0

    def __enter__(self) -> None:
        self.start = perf_counter()

    def __exit__(self, *_: object) -> None:
        times = current.get()
        times[self.step] = times.get(self.step, 0.0) + perf_counter() - self.start


class TimedEndpoint(Endpoint):
    """An Endpoint that says how long it took. `response` is everything that is no other step."""

    def __init__(
        self,
        database: Database,
        settings: RestSettings,
        identify: Callable[[Proof], Identity],
    ) -> None:
        def identify_timed(proof: Proof) -> Identity:
            with Timed("jwt"):
                return identify(proof)

        super().__init__(database, settings, identify_timed)

    def begin(self, request: Request, finish: Finish) -> bool:
        """Each step is measured in the request's own task."""
        return False

    async def __call__(self, request: Request) -> Response:
        times: Times = {}
        current.set(times)
        start = perf_counter()
        response = await super().__call__(request)
        if response.status < 400:
            times["response"] = perf_counter() - start - sum(times.values())
            response.headers.append((b"server-timing", written(times).encode()))
        return response

    def make_plan(self, request: Request) -> Plan:
        """Parse and plan, measured apart; a plan that was made before takes no time for either."""
        with Timed("parse"):
            asked = read_request(request, self.settings)
        with Timed("plan"):
            return plan(asked, self.known, self.settings)

    async def run(self, request: Request, made: Plan, identity: Identity) -> list[Result]:
        with Timed("transaction"):
            return await super().run(request, made, identity)


def written(times: Times) -> str:
    """The header's value: every step, those that were not needed as 0."""
    return ", ".join(f"{step};dur={max(times.get(step, 0.0), 0.0) * 1000:.3f}" for step in STEPS)
