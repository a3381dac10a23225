"""POST, PATCH, PUT and DELETE on a relation → the tree's writes.

In: an ApiRequest, the relation's facts, and the levels of its select. Out: Insert, Update or Delete.
Never: a column that the relation does not have (PGRST204): a payload's keys are checked here, before any SQL.
"""

from collections.abc import Iterable

from ...catalog import Cardinality, Catalog, Table
from ...problem import Problem
from ...query.tree import NEW, Condition, Conflict, Delete, Insert, NewColumn, Payload, Update, Write
from ..ast import Action, ApiRequest, Compare, Field, Filter, Logic, LogicTree
from .nodes import Node
from .values import Level, condition


def write(request: ApiRequest, table: Table, catalog: Catalog, root: Node) -> Write:
    """The write that a request asks for."""
    match request.action:
        case Action.CREATE:
            return create(request, table, catalog, root)
        case Action.UPDATE:
            where = conditions(request, Level(table.id.name, table, catalog.representations))
            return Update(table.id, payload(request, table, catalog), returning(request, table, root), where)
        case Action.SINGLE_UPSERT:
            return single_upsert(request, table, catalog, root)
        case _:
            where = conditions(request, Level(table.id.name, table, catalog.representations))
            return Delete(table.id, returning(request, table, root), where)


def create(request: ApiRequest, table: Table, catalog: Catalog, root: Node) -> Insert:
    resolution = request.preferences.resolution
    columns = conflict_columns(request, table)
    conflict = Conflict(columns, resolution == "merge-duplicates") if resolution and columns else None
    return Insert(
        table.id,
        payload(request, table, catalog),
        returning(request, table, root),
        conflict,
        count_inserted=resolution == "merge-duplicates",
    )


def conflict_columns(request: ApiRequest, table: Table) -> tuple[str, ...]:
    """What tells that a row is there already: `on_conflict`, else the primary key."""
    given = request.params.on_conflict
    return table.primary_key if given is None else given


def single_upsert(request: ApiRequest, table: Table, catalog: Catalog, root: Node) -> Insert:
    """PUT: the filters name one row by its primary key, and the payload must be that row."""
    filters = root_filters(request)
    named = {tree.field.name for tree in filters if isinstance(tree, Filter) and is_plain_equality(tree)}
    if len(named) != len(filters) or not named or named != set(table.primary_key):
        raise Problem("PGRST105", 405, "Filters must include all and only primary key columns with 'eq' operators")
    return Insert(
        table.id,
        payload(request, table, catalog),
        returning(request, table, root),
        Conflict(table.primary_key, merge=True),
        conditions(request, Level(NEW, table, catalog.representations)),
        count_inserted=True,
    )


def is_plain_equality(tree: Filter) -> bool:
    match tree.operation:
        case Compare("eq", _, None):
            return not tree.negated
        case _:
            return False


def root_filters(request: ApiRequest) -> list[LogicTree]:
    """What chooses the rows that are written."""
    return [tree for path, tree in (*request.params.filters, *request.params.logic) if not path]


def conditions(request: ApiRequest, level: Level) -> tuple[Condition, ...]:
    return tuple(condition(tree, level) for tree in root_filters(request))


def payload(request: ApiRequest, table: Table, catalog: Catalog) -> Payload:
    """The body as rows of the relation's columns."""
    body = request.payload.raw if request.payload else b""
    columns = tuple(new_column(name, table, catalog) for name in sorted(set(request.columns)))
    defaults = request.preferences.missing == "default" and request.action is not Action.SINGLE_UPSERT
    return Payload(body, columns, body.lstrip()[:1] != b"{", defaults)


def new_column(name: str, table: Table, catalog: Catalog) -> NewColumn:
    fact = table.columns.get(name)
    if fact is None:
        message = f"Could not find the '{name}' column of '{table.id.name}' in the schema cache"
        raise Problem("PGRST204", 400, message)
    convert = catalog.representations.get(("json", fact.nominal_type))
    return NewColumn(name, fact.nominal_type, fact.default, convert)


# ------------------------------------------------------------------ what comes back


def returning(request: ApiRequest, table: Table, root: Node) -> tuple[str, ...]:
    """The columns that the answer needs of the written rows; none where it shows nothing."""
    if request.preferences.returns in (None, "minimal"):
        return ()
    return needed(root, table.primary_key)


def needed(root: Node, always: Iterable[str] = ()) -> tuple[str, ...]:
    """The columns that a select, its orders and its embeds use; '*' where that is not known."""
    names = {field.field.name for field in root.fields}
    computed = any(c.relation and c.relation.cardinality is Cardinality.COMPUTED for c in root.children)
    if "*" in names or computed or not (root.fields or root.children):
        return ("*",)
    for child in root.children:
        names |= set(child.relation.own_columns) if child.relation else set()
    names |= {term.field.name for term in root.order if term.relation is None}
    return tuple(sorted(names | set(always)))


def filter_columns(trees: Iterable[LogicTree], embeds: frozenset[str]) -> set[str]:
    """The columns that filters use (an embed's name is none)."""
    found: set[str] = set()
    for tree in trees:
        if isinstance(tree, Logic):
            found |= filter_columns(tree.members, embeds)
        elif tree.field.name not in embeds or tree.field != Field(tree.field.name):
            found.add(tree.field.name)
    return found
