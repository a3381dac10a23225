"""The REST surface in PostgREST's place: at the root path, with its own keys, configured by its own names.

In: a database and settings. Out: a surface with what a front door adds otherwise (origins, a trace header), whose
settings follow what the database says of its login. Never: an API key.
"""

from pathlib import Path

import msgspec

from gatepost import observe
from gatepost.database.introspect import introspect
from gatepost.database.queries import load
from gatepost.database.scope import Database
from gatepost.database.values import Result
from gatepost.exchange import Request, Response, Surface
from gatepost.problem import Problem
from gatepost.query.sql import Statement, array_literal, qualified
from gatepost.settings import RestSettings

from .configuration import Found, configured, known
from .endpoint import Endpoint
from .headers.origins import cross_origin
from .proof import identifier
from .timing import TimedEndpoint

QUERIES = load(Path(__file__).with_name("queries.sql"))


class Alone:
    """PostgREST's place. `load` reads settings and catalog, at the start and whenever something has changed."""

    def __init__(self, database: Database, settings: RestSettings) -> None:
        self.database = database
        self.given = settings
        self.endpoint, self.surface = self._composed(settings)

    async def __call__(self, request: Request) -> Response:
        return await self.surface(request)

    def refuse(self, request: Request, problem: Problem) -> Response:
        """A refusal of the front door, in this surface's words."""
        return self.endpoint.refuse(request, problem)

    async def load(self) -> None:
        """Settings of the database, then what it contains; a Problem leaves everything as it was."""
        settings = await self._configured()
        endpoint, surface = self.endpoint, self.surface
        if settings != endpoint.settings:
            endpoint, surface = self._composed(settings)
        catalog = await introspect(self.database.system("catalog"), settings.schemas, settings.hoisted_settings)
        self.database.role_settings = catalog.role_settings
        endpoint.use(catalog)
        self.endpoint, self.surface = endpoint, surface
        observe.emit("catalog.loaded", tables=len(catalog.tables))

    def _composed(self, settings: RestSettings) -> tuple[Endpoint, Surface]:
        kind = TimedEndpoint if settings.timing else Endpoint
        endpoint = kind(self.database, settings, identifier(settings))
        return endpoint, traced(cross_origin(endpoint, settings.cors_origins), settings.trace_header)

    async def _configured(self) -> RestSettings:
        """The given settings with those that the database holds for the login's role, or that a function sets."""
        if not self.given.database_config:
            return self.given
        names = array_literal(known())
        asked = [Statement(QUERIES["role_configuration"], (names,)), *questions(self.given.pre_config, names)]
        results = await self.database.system("catalog").run(*asked)
        return configured(self.given, [*found(results[0]), *found(results[-1] if len(results) > 1 else None)])


def questions(function: str, names: bytes) -> list[Statement]:
    """What makes the pre-config function set its settings, and reads them."""
    if not function:
        return []
    schema, _, name = function.rpartition(".")
    call = Statement(f"select {qualified(schema or 'public', name)}()")
    return [call, Statement(QUERIES["function_configuration"], (names,))]


def found(result: Result | None) -> list[Found]:
    """The rows of a configuration query."""
    rows = [] if result is None else result.rows
    return [msgspec.json.decode(row[0] or b"null", type=Found) for row in rows]


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
