"""The REST surface as it is mounted: behind the front door, or alone in PostgREST's place.

In: a database and settings. Out: a surface whose settings follow what the database says of its login; alone also with
what a front door adds otherwise (origins, a trace header) and with its own keys. Never: an API key.
"""

from collections.abc import Awaitable, Callable, Iterable

from gatepost import observe
from gatepost.catalog import Name
from gatepost.database.facts.introspect import HARMLESS, introspect
from gatepost.database.scope import Database
from gatepost.exchange import Finish, Request, Response, Surface
from gatepost.identity import Identity, Proof
from gatepost.problem import Problem
from gatepost.settings import RestSettings

from .configuration import current
from .endpoint import Endpoint
from .headers.origins import cross_origin
from .proof import identifier
from .timing import TimedEndpoint

Composed = tuple[Endpoint, Surface]


class Mounted:
    """A surface that knows its database. `load` reads settings and catalog, at the start and after each change.

    `compose` makes an endpoint with its settings, and the surface around it; `harmless` are functions that may run in
    shared reads.
    """

    def __init__(
        self,
        database: Database,
        given: RestSettings,
        compose: Callable[[RestSettings], Composed],
        harmless: Iterable[Name] = HARMLESS,
    ) -> None:
        self.database = database
        self.given = given
        self.compose = compose
        self.harmless = tuple(harmless)
        self.endpoint, self.surface = compose(given)

    def __call__(self, request: Request) -> Awaitable[Response]:
        return self.surface(request)

    def begin(self, request: Request, finish: Finish) -> bool:
        """An answer without a task, where nothing stands around the endpoint."""
        return self.surface is self.endpoint and self.endpoint.begin(request, finish)

    def refuse(self, request: Request, problem: Problem) -> Response:
        """A refusal of the front door, in this surface's words."""
        return self.endpoint.refuse(request, problem)

    async def load(self) -> None:
        """Settings of the database, then what it contains; a Problem leaves everything as it was."""
        scope = self.database.system("catalog")
        settings = await current(scope, self.given)
        endpoint, surface = self.endpoint, self.surface
        if settings != endpoint.settings:
            endpoint, surface = self.compose(settings)
        catalog = await introspect(scope, settings.schemas, settings.hoisted_settings, self.harmless)
        self.database.role_settings, self.database.login_timeout = catalog.role_settings, catalog.statement_timeout
        endpoint.use(catalog)
        self.endpoint, self.surface = endpoint, surface
        observe.emit("catalog.loaded", tables=len(catalog.tables))


def behind_door(
    database: Database, given: RestSettings, identify: Callable[[Proof], Identity], harmless: Iterable[Name] = HARMLESS
) -> Mounted:
    """The surface of a project: the door has its keys and answers other origins."""

    def compose(settings: RestSettings) -> Composed:
        endpoint = _endpoint(database, settings, identify)
        return endpoint, endpoint

    return Mounted(database, given, compose, harmless)


def alone(database: Database, given: RestSettings, harmless: Iterable[Name] = HARMLESS) -> Mounted:
    """PostgREST's place: at the root path, with its own keys, configured by its own names."""

    def compose(settings: RestSettings) -> Composed:
        endpoint = _endpoint(database, settings, identifier(settings))
        return endpoint, traced(cross_origin(endpoint, settings.cors_origins), settings.trace_header)

    return Mounted(database, given, compose, harmless)


def _endpoint(database: Database, settings: RestSettings, identify: Callable[[Proof], Identity]) -> Endpoint:
    kind = TimedEndpoint if settings.timing else Endpoint
    return kind(database, settings, identify)


def traced(surface: Surface, header: str) -> Surface:
    """`surface`, repeating a header of the request in its answer, so that logs can be told together."""
    if not header:
        return surface
    name = header.lower().encode("latin-1")

    async def answer(request: Request) -> Response:
        response = await surface(request)
        given = request.header(name)
        if given is not None:
            response.headers.append((name, given.encode("latin-1")))
        return response

    return answer
