"""The GraphQL surface as it is mounted: behind the front door, or alone in PostGraphile's place.

In: a database, a Configuration, who identifies. Out: a surface whose schema follows the database. Never: an end of
serving because a schema cannot be made: what was known goes on, and where nothing is, requests are told why.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gatepost import observe
from gatepost.catalog import Catalog, Name
from gatepost.catalog.anatomy import Anatomy
from gatepost.database.facts.anatomy import anatomy, values
from gatepost.database.facts.introspect import HARMLESS, introspect
from gatepost.database.listening.topics import Topics
from gatepost.database.scope import Database, Scope
from gatepost.exchange import Finish, Request, Response
from gatepost.identity.identify import Identifier
from gatepost.problem import DatabaseProblem, Problem, Unavailable
from gatepost.query.sql import Statement, identifier
from gatepost.settings import GraphQLSettings

from .callers import Admit, by_key, by_token
from .configuration import Configuration, limits
from .documents import Limits
from .documents.persisted import load
from .executor import Executor
from .known import know
from .plan import Known
from .registry import Rows, enum_tables, read_tags_file
from .request import Documents
from .schema import WARNINGS
from .subscriptions.hub import Hub
from .subscriptions.sessions import FindLive, Sessions
from .subscriptions.shared import Shared
from .surface import DEFAULT_PATH, Page, Surface

LOGIN = Statement("select current_user, pg_catalog.current_setting('search_path')")


NO_SCHEMA = Problem("no_schema", 503, "The server has no schema", None, "Its log says why")


class Mounted:
    """A surface that knows its database. `load` reads it, at the start and after each change. `trouble` is why there is
    no schema.

    `admit` is the door's; without one the surface verifies tokens itself, and its login stands for nobody.
    """

    def __init__(
        self,
        database: Database,
        configuration: Configuration,
        limits: Limits,
        *,
        admit: Admit | None = None,
        door: Identifier | None = None,
        documents: Documents | None = None,
        page: Page | None = None,
        harmless: Iterable[Name] = HARMLESS,
    ) -> None:
        self.database, self.configuration = database, configuration
        self.surface = Surface(
            settings=configuration.pg_settings, documents=documents, page=page, longest=limits.request
        )
        self.executor = Executor(
            database, limits, secret=configuration.options.jwt_secret or "", mask=configuration.mask_errors
        )
        self._admit, self._door, self._harmless = admit, door, tuple(harmless)
        self.trouble: Problem | None = None
        self._read: tuple[Anatomy, Catalog, dict[str, Any] | None, Rows] | None = None

    async def __call__(self, request: Request) -> Response:
        return await self.surface(request)

    def begin(self, request: Request, finish: Finish) -> bool:
        """What can be answered without a task."""
        return self.surface.begin(request, finish)

    def hub(self, settings: GraphQLSettings, find_live: FindLive | None = None) -> Hub:
        """What talks over sockets. `find_live` finds out which sessions still live."""
        database, configuration = self.database, self.configuration
        return Hub(
            Shared(
                surface=self.surface,
                executor=self.executor,
                database=database,
                settings=settings,
                topics=Topics(database.conninfo("authenticator"), database.settings.acquire_timeout),
                sessions=Sessions(find_live),
                turns=asyncio.Semaphore(max(1, database.settings.pool_size // 2)),
                declared=configuration.declared,
                authorization=configuration.authorization,
                keys=self._door is not None,
                prepare=self._door.prepare if self._door is not None and self._door.fetch is not None else None,
            )
        )

    def refuse(self, request: Request, problem: Problem) -> Response:
        """A refusal of the front door, in this surface's words."""
        return self.surface.refuse(request, problem)

    async def load(self) -> None:
        """Read the database; a Problem where that failed. A schema that cannot be made is told to who asks for it."""
        scope = self.database.system("catalog")
        login, path = await _login(scope)
        options = self.configuration.options
        role = None if options.ignore_rbac else options.introspection_role or login
        facts = await anatomy(scope, options.schemas, role)
        catalog = await introspect(scope, options.schemas, harmless=self._harmless)
        self.database.role_settings, self.database.login_timeout = catalog.role_settings, catalog.statement_timeout
        try:
            tags = _tags(self.configuration.tags_file)
            rows = await values(scope, enum_tables(facts, options, tags))
            if self._read != (facts, catalog, tags, rows):
                # Other requests are answered meanwhile.
                await asyncio.to_thread(self._use, facts, catalog, tags, rows)
                self._read = facts, catalog, tags, rows
        except (DatabaseProblem, Unavailable):
            raise
        except Problem as problem:
            self._fail(problem)
        self._serve(login, path)

    def _fail(self, problem: Problem) -> None:
        """What was known before is served; where nothing was, who asks is told why, or where that is told."""
        if str(problem) != str(self.trouble):
            observe.emit("graphql.refused", error=str(problem))
        self._read, self.trouble = None, problem
        if self.executor.prepared is None:
            self.surface.trouble = NO_SCHEMA if self.configuration.mask_errors else problem

    def _use(self, facts: Anatomy, catalog: Catalog, tags: dict[str, Any] | None, rows: Rows) -> None:
        known = know(facts, catalog, self.configuration.options, tags, self.configuration.declared, rows)
        self.trouble = self.surface.trouble = None
        self.executor.use(known)
        _tell(known)

    def _serve(self, login: str, path: str) -> None:
        configuration = self.configuration
        if self._admit is not None:
            self.surface.use(self.executor, self._admit)
        elif self.surface.admit is None:
            own = configuration.options.search_path
            anonymous = configuration.anon_role or login
            guarded = not configuration.anon_role
            admit = by_token(configuration.jwt_secret, configuration.role_claim, anonymous, guarded=guarded)
            self.surface.use(self.executor, admit, path if own is None else _quoted(own))


def mounted(
    database: Database,
    configuration: Configuration,
    settings: GraphQLSettings,
    door: Identifier | None = None,
    harmless: Iterable[Name] = HARMLESS,
    page: Page | None = None,
) -> Mounted:
    """The surface of a project, behind its door; or without a door, alone."""
    admit = None if door is None else by_key(door, configuration.role_claim, required=settings.require_key)
    known = settings.persisted_operations
    documents = load(Path(known), settings.persisted_only) if known else None
    return Mounted(
        database,
        configuration,
        limits(settings),
        admit=admit,
        door=door,
        documents=documents,
        page=page,
        harmless=harmless,
    )


async def _login(scope: Scope) -> tuple[str, str]:
    """Who the login is, and where it looks for names."""
    [result] = await scope.run(LOGIN)
    role, path = (value.decode() if value else "" for value in result.rows[0])
    return role, path or DEFAULT_PATH


def _tags(name: str | None) -> dict[str, Any] | None:
    if name is None:
        return None
    try:
        return dict(read_tags_file(Path(name).read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise Problem("invalid_setting", 500, f"The file of smart tags cannot be read: {name}", str(error)) from None


def _quoted(names: str) -> str:
    return ", ".join(identifier(name.strip()) for name in names.split(","))


def _tell(known: Known) -> None:
    observe.emit("graphql.loaded", types=len(known.schema.type_map))
    for warning in known.schema.extensions.get(WARNINGS, ()):
        observe.emit("graphql.warning", text=warning)
