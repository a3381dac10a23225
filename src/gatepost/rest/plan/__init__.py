"""ApiRequest + Catalog → Plan: the statements to run, and what the response must know about them.

In: what the client wants. Out: a Plan, or the Problem that says why it cannot be.
Never: a question to the database; an identity (a plan serves everyone who asks the same).

Errors come in upstream's order: relation, levels of the select, their relations, payload, media type, preferences.
"""

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from ...catalog import Catalog, Function, Name, Table
from ...catalog.find import NEAR, nearest
from ...problem import Problem
from ...query.answer import Compiled, answer
from ...query.read import count_rows
from ...query.resolve import is_inert
from ...query.sql import Parameters, Statement
from ...query.tree import Given, Insert, Output, Read, Star, Write
from ...query.whole import Answer, Body, Guard
from ...settings import RestSettings
from ..ast import ALL_ROWS, Action, ApiRequest, Field, MediaKind, MediaType, SelectField
from .calls import call
from .calls import find as find_function
from .negotiate import Offer, negotiate
from .nodes import Node, attach, build
from .reads import Reader
from .relationships import Relationships
from .writes import conflict_columns, write

__all__ = ["Plan", "find_function", "find_table", "plan"]

SETTINGS = ("response.headers", "response.status")


@dataclass(frozen=True, slots=True)
class Plan:
    """`statements`: the main one, then perhaps the EXPLAIN of the count. `columns` are the main one's.

    `resolution_applies` tells whether a resolution preference had anything to act on; `legacy_names` are pairs
    (relation, alias) of embeds that were named by their relation. `canonical` is the query string, in order.
    `remembered` is for what the answers to one plan have in common.
    """

    request: ApiRequest
    statements: tuple[Statement, ...]
    columns: tuple[str, ...]
    media: MediaType
    body: Body
    read_only: bool
    function: Function | None = None
    resolution_applies: bool = False
    legacy_names: tuple[tuple[str, str], ...] = ()
    canonical: str = ""
    binary: bool = False
    remembered: list[Any] = field(init=False, default_factory=list[Any], compare=False, repr=False)


def plan(request: ApiRequest, catalog: Catalog, settings: RestSettings) -> Plan:
    """The plan of a request that needs the database."""
    planner = Planner(request, catalog, settings)
    if request.action.calls:
        return planner.call()
    return planner.write() if request.action.writes else planner.read()


def find_table(catalog: Catalog, name: Name) -> Table:
    """A relation of the catalog, or PGRST205 with the nearest name."""
    table = catalog.tables.get(name)
    if table is None:
        near = nearest(name.name, (n.name for n in catalog.tables if n.schema == name.schema), NEAR)
        hint = f"Perhaps you meant the table '{name.schema}.{near}'" if near else None
        raise Problem("PGRST205", 404, f"Could not find the table '{name}' in the schema cache", None, hint)
    return table


class Planner:
    """One request's way from words to statements."""

    def __init__(self, request: ApiRequest, catalog: Catalog, settings: RestSettings) -> None:
        self.request = request
        self.catalog = catalog
        self.settings = settings
        self.reader = Reader(catalog, settings.aggregates, 0 if request.action.writes else settings.max_rows)

    def read(self) -> Plan:
        """GET and HEAD of a relation."""
        table = find_table(self.catalog, Name(self.request.schema, self.request.target))
        root = self.levels(table.id, table)
        read = self.reader.root(root, given=False)
        offer = self.offer(table.id, root)
        self.refuse_strictly()
        inert = not self.settings.pre_request and is_inert(read, self.catalog)
        node = self.counted(self.shaped(read, offer, settings=() if inert else SETTINGS))
        return self.planned(answer(node, inert and not self.estimates), node, offer, root, read_only=True)

    def write(self) -> Plan:
        """POST, PATCH, PUT and DELETE of a relation."""
        table = find_table(self.catalog, Name(self.request.schema, self.request.target))
        root = self.levels(table.id, table)
        read = self.reader.root(root, given=True)
        mutation = write(self.request, table, self.catalog, root)
        self.refuse_strictly()
        offer = self.offer(table.id, root)
        full = self.request.preferences.returns == "representation"
        whole = Read(Given(), root.scope, (Output(Star(root.scope)),))
        identify = tuple(sorted(table.primary_key)) if self.identifies and isinstance(mutation, Insert) else ()
        node = self.shaped(read if full else whole, offer, mutation, identify, shown=full)
        applies = bool(conflict_columns(self.request, table)) or self.request.params.on_conflict is not None
        return self.planned(answer(node), node, offer, root, read_only=False, resolution_applies=applies)

    def call(self) -> Plan:
        """A function call; its rows can be filtered, ordered, cut and embedded into as a relation's."""
        function = find_function(self.request, self.catalog)
        shape = Name(function.id.schema, function.returns.name if function.returns_composite else function.id.name)
        root = self.levels(shape, self.catalog.tables.get(shape))
        read = self.reader.root(root, given=True)
        offer = self.offer(shape, root)
        self.refuse_strictly()
        self.refuse_single(function)
        node = self.counted(self.shaped(read, offer, call(self.request, function, root), function=function))
        read_only = self.request.action is Action.CALL_READ or not function.volatile
        return self.planned(answer(node), node, offer, root, read_only=read_only, function=function)

    # -------------------------------------------------------------- parts

    def levels(self, name: Name, table: Table | None) -> Node:
        """The select tree, its modifiers attached and its relations found."""
        request = self.request
        root = build(name.name, request.params.select)
        root.table, root.facts, root.scope = name, table, name.name
        attach(root, request, self.settings.legacy_target_names)
        Relationships(self.catalog, request.schema, self.settings.schemas).resolve(root)
        return root

    def offer(self, name: Name, root: Node) -> Offer:
        whole = not root.children and root.fields == [SelectField(Field("*"))]
        return negotiate(self.request.accept, self.catalog, name, whole, self.settings.plans)

    def refuse_strictly(self) -> None:
        """`handling=strict` refuses preferences that nobody knows."""
        preferences = self.request.preferences
        if preferences.invalid and preferences.handling == "strict":
            details = f"Invalid preferences: {', '.join(preferences.invalid)}"
            raise Problem("PGRST122", 400, "Invalid preferences given with handling=strict", details)

    def refuse_single(self, function: Function) -> None:
        """max-affected has no meaning for a function that gives one value."""
        if self.most_affected is not None and not function.returns_set:
            message = "Function must return SETOF or TABLE when max-affected preference is used with handling=strict"
            raise Problem("PGRST128", 400, message)

    @property
    def most_affected(self) -> int | None:
        preferences = self.request.preferences
        return preferences.max_affected if preferences.handling == "strict" else None

    @property
    def identifies(self) -> bool:
        return self.request.action is Action.CREATE and self.request.preferences.returns == "headers-only"

    @property
    def estimates(self) -> bool:
        """Whether the planner's guess of the total is wanted: of reads only."""
        return self.request.action is Action.READ and self.request.preferences.count in ("planned", "estimated")

    def guards(self, offer: Offer) -> tuple[Guard, ...]:
        """What the number of rows must be, else everything is undone."""
        action = self.request.action
        if action is Action.SINGLE_UPSERT:
            return (Guard("PGRST115", 1, 1),)
        guards = (Guard("PGRST116", 1, 1),) if offer.singular else ()
        limited = action in (Action.UPDATE, Action.DELETE) or action.calls
        return (
            (*guards, Guard("PGRST124", 0, self.most_affected))
            if limited and self.most_affected is not None
            else guards
        )

    def shaped(
        self,
        read: Read,
        offer: Offer,
        mutation: Write | None = None,
        identify: tuple[str, ...] = (),
        function: Function | None = None,
        shown: bool = True,
        settings: tuple[str, ...] = SETTINGS,
    ) -> Answer:
        """The answer's body and guards."""
        scalar = function is not None and not function.returns_composite
        body = offer.body
        if body is Body.ARRAY and function is not None and not function.returns_set:
            body = Body.FIRST
        if self.request.headers_only or not shown or (function is not None and function.returns_void):
            body = Body.NONE
        return Answer(
            read=read,
            body=body,
            write=mutation,
            scalar=scalar,
            strip_nulls=offer.strip_nulls,
            handler=offer.handler,
            guards=self.guards(offer),
            identify=identify,
            settings=settings,
        )

    def counted(self, node: Answer) -> Answer:
        """The answer with the total, where it is asked for. A page that is everything is its own total."""
        count = self.request.preferences.count
        if count not in ("exact", "estimated"):
            return node
        most = self.settings.max_rows
        whole = not most and self.request.page == ALL_ROWS
        limit = most + 1 if most and count == "estimated" and not self.request.action.calls else None
        return replace(node, total=True, one_page=whole, total_limit=limit)

    def planned(
        self,
        compiled: Compiled,
        node: Answer,
        offer: Offer,
        root: Node,
        *,
        read_only: bool,
        function: Function | None = None,
        resolution_applies: bool = False,
    ) -> Plan:
        main = compiled.statement
        statements = [explained(main, offer.media) if offer.media.kind is MediaKind.PLAN else main]
        if self.estimates:
            params = Parameters()
            text = f"EXPLAIN (FORMAT JSON) {count_rows(node.read, params)}"
            statements.append(Statement(text, tuple(params.values)))
        return Plan(
            request=self.request,
            statements=tuple(statements),
            columns=compiled.columns,
            media=offer.media,
            body=node.body,
            read_only=read_only,
            function=function,
            resolution_applies=resolution_applies,
            legacy_names=tuple((n.target, n.name) for n in root.walk() if n.legacy),
            canonical=self.request.params.canonical,
            binary=offer.binary and node.body is Body.HANDLER,
        )


def explained(statement: Statement, media: MediaType) -> Statement:
    """EXPLAIN of a statement, in the client's format and with its options."""
    options = [option.upper() for option in media.plan_options]
    text = f"EXPLAIN ({', '.join([f'FORMAT {media.plan_format.upper()}', *options])}) {statement.text}"
    return Statement(text, statement.params)
