"""The REST surface.

In: a Request. Out: the Response that PostgREST would give, or the Problem in its words.
Never: a decision about who may see a row; never a second round trip.
"""

from collections.abc import Callable

import msgspec

from ..catalog import Catalog
from ..database.connection import Batch
from ..database.scope import Database, Reading, is_worth_another_try
from ..database.values import Context, Result
from ..exchange import Finish, Headers, Request, Response
from ..identity import Identity, Proof
from ..problem import Problem
from ..query.sql import Statement, identifier
from ..query.whole import Body
from ..settings import RestSettings
from .ast import ApiRequest
from .cache import Plans
from .errors import not_ready
from .errors import respond as tell
from .openapi import Documents, questions
from .plan import Plan, plan
from .request import by_name, cookies, read_request
from .response import information, respond

ISOLATION = "default_transaction_isolation"
TOLD = "rest.told"
READING = "rest.reading"


class Endpoint:
    """REST over one database. `identify` makes an Identity of a Proof, or raises the Problem to answer with.

    `catalog` is None until one was read; `use` replaces it.
    """

    def __init__(
        self,
        database: Database,
        settings: RestSettings,
        identify: Callable[[Proof], Identity],
    ) -> None:
        self.database = database
        self.settings = settings
        self.identify = identify
        self.app_settings = tuple((f"app.settings.{name}", value) for name, value in settings.app_settings.items())
        self.catalog: Catalog | None = None
        self.verbose = settings.error_verbosity == "verbose"
        self.paths = {schema: search_path(schema, settings.extra_search_path) for schema in settings.schemas}
        self.pre_request = pre_request(settings.pre_request)
        self.plans = Plans(self.make_plan)
        self.documents = Documents(Catalog(), settings)
        self.isolations: dict[str, str] = {}

    def use(self, catalog: Catalog) -> None:
        """A new catalog: plans made with the old one are forgotten."""
        self.catalog = catalog
        self.plans = Plans(self.make_plan)
        self.documents = Documents(catalog, self.settings)
        levels = ((role, dict(settings).get(ISOLATION)) for role, settings in catalog.role_settings.items())
        self.isolations = {role: level for role, level in levels if level}

    @property
    def known(self) -> Catalog:
        """The catalog; PGRST002 until one was read."""
        if self.catalog is None:
            raise not_ready()
        return self.catalog

    def refuse(self, request: Request, problem: Problem) -> Response:
        """A refusal of the front door, in this surface's words."""
        del request
        return tell(problem, verbose=self.verbose)

    def begin(self, request: Request, finish: Finish) -> bool:
        """Answer a read that shares a connection, without a task; False where that cannot be: nothing was done then.

        What the database refuses is told like any other answer; what failed for its company's sake begins anew, alone.
        """
        if request.body or self.catalog is None or self.pre_request or request.path == "/":
            return False
        try:
            identity = self.identify(request.proof)
            made = self.plans.plan(request)
        except Problem:
            return False  # it is told of in the usual way
        reading = self.reading(request, made, identity)
        if reading is None:
            return False

        def done(batch: Batch) -> None:
            if batch.error is None:
                finish(self.respond(made, batch.results, identity))
            elif is_worth_another_try(batch.error):
                finish(self.answer_alone(made, identity, reading.context))
            else:
                finish(self.tell(batch.error, identity))

        return self.database.read(reading, done)

    def reading(self, request: Request, made: Plan, identity: Identity) -> Reading | None:
        """The plan's statement as the database will be asked it in company; the last one, where a client repeats itself
        on a connection (a plan is made for one address, and kept).
        """
        kept: tuple[Plan, Identity, Reading] | None = request.kept.get(READING)
        if kept is not None and kept[0] is made and kept[1] is identity:
            return kept[2]
        if len(made.statements) != 1 or not made.statements[0].inert:
            return None
        reading = self.database.reading(identity, made.statements[0], self.context(request, made, identity))
        if reading is not None:
            request.kept[READING] = made, identity, reading
        return reading

    async def answer_alone(self, made: Plan, identity: Identity, context: Context) -> Response:
        """The answer to a read that could not be had in company."""
        try:
            results = await self.database.run_alone(identity, made.statements, context)
        except Problem as problem:
            return self.tell(problem, identity)
        return self.respond(made, results, identity)

    def respond(self, made: Plan, results: list[Result], identity: Identity) -> Response:
        try:
            return respond(made, results, self.settings.max_rows, self.verbose)
        except Problem as problem:
            return self.tell(problem, identity)

    def tell(self, problem: Problem, identity: Identity) -> Response:
        return tell(problem, verbose=self.verbose, authenticated=identity.role != self.settings.anon_role)

    async def __call__(self, request: Request) -> Response:
        """The whole surface: identify, plan, run, respond."""
        role = self.settings.anon_role
        try:
            identity = self.identify(request.proof)
            role = identity.role
            catalog = self.known
            if request.method == "OPTIONS":
                return information(read_request(request, self.settings), catalog)
            if request.path == "/" and not self.settings.root_spec:
                return await self.describe(request, identity)
            made = self.plans.plan(request)
            results = await self.run(request, made, identity)
            return respond(made, results, self.settings.max_rows, self.verbose)
        except Problem as problem:
            return tell(problem, verbose=self.verbose, authenticated=role != self.settings.anon_role)

    async def describe(self, request: Request, identity: Identity) -> Response:
        """The OpenAPI document, about what the role may use."""
        asked = read_request(request, self.settings)
        made = Plan(asked, questions(asked, self.settings), (), asked.accept[0], Body.NONE, read_only=True)
        results = await self.run(request, made, identity)
        return self.documents.answer(asked, results, request)

    async def run(self, request: Request, made: Plan, identity: Identity) -> list[Result]:
        """The results of a plan's statements, in one round trip; what stands before every request runs first."""
        context = self.context(request, made, identity)
        results = await self.database.run(identity, (*self.pre_request, *made.statements), context)
        return results[len(self.pre_request) :]

    def make_plan(self, request: Request) -> Plan:
        """Parse and plan; the planner's errors name names of the catalog."""
        return plan(read_request(request, self.settings), self.known, self.settings)

    def context(self, request: Request, made: Plan, identity: Identity) -> Context:
        """What the transaction is told of the request."""
        told = request.kept.get(TOLD)
        if told is None:
            told = request.kept[TOLD] = told_headers(request.headers)
        headers, cookie = told
        asked = made.request
        return Context(
            method=request.method,
            path=request.path,
            headers=headers,
            cookies=cookie,
            search_path=self.paths[asked.schema],
            read_only=made.read_only,
            timezone=asked.preferences.timezone,
            settings=self.transaction_settings(made),
            isolation=self.isolation(made, identity),
            rollback=self.rolls_back(asked),
        )

    def transaction_settings(self, made: Plan) -> tuple[tuple[str, str], ...]:
        """The called function's settings that hold for the whole request, then the application's."""
        if made.function is None:
            return self.app_settings
        own = (pair for pair in made.function.settings if pair[0] != ISOLATION)
        return (*own, *self.app_settings)

    def isolation(self, made: Plan, identity: Identity) -> str | None:
        """The function's isolation level, else the role's; None for the usual one."""
        if made.function is not None and made.function.isolation:
            return made.function.isolation
        return self.isolations.get(identity.role)

    def rolls_back(self, asked: ApiRequest) -> bool:
        wish = asked.preferences.transaction
        return wish == "rollback" or (wish is None and self.settings.tx_end.startswith("rollback"))


def told_headers(headers: Headers) -> tuple[bytes, bytes]:
    """Headers and cookies as the database is told of them."""
    named = by_name(headers)
    cookie = named.pop("cookie", None)
    return msgspec.json.encode(named), b"{}" if cookie is None else msgspec.json.encode(cookies(cookie))


def search_path(schema: str, extra: str) -> str:
    """The request's schema, then the extra ones, as SQL."""
    further = (part.strip() for part in extra.split(","))
    return ", ".join(identifier(name) for name in dict.fromkeys([schema, *filter(None, further)]))


def pre_request(name: str) -> tuple[Statement, ...]:
    """The statement that calls the function which stands before every request."""
    if not name:
        return ()
    schema, _, function = name.rpartition(".")
    qualified = f"{identifier(schema)}.{identifier(function)}" if schema else identifier(function)
    return (Statement(f"select {qualified}()"),)
