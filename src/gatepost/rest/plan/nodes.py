"""The select tree, with everything that belongs to each of its levels.

In: an ApiRequest's select, filters, orders and pages. Out: one Node per level.
Never: SQL; never a relation that was not written in the select.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ...catalog import Name, Relation, Table
from ...problem import Problem
from ..ast import ALL_ROWS, ApiRequest, LogicTree, OrderTerm, Page, Path, Select, SelectField, SelectRelation

NOWHERE = Name("", "")


@dataclass(slots=True)
class Node:
    """One level. `scope` is what the query calls its rows, `alias` what its parent calls the joined result.

    `table` is the relation it reads, `facts` what the catalog knows of it (None for a function's own rows).
    `legacy` tells that a modifier named it by relation although it has an alias.
    """

    item: SelectRelation | None
    target: str
    depth: int
    fields: list[SelectField] = field(default_factory=list[SelectField])
    children: "list[Node]" = field(default_factory=list["Node"])
    filters: list[LogicTree] = field(default_factory=list[LogicTree])
    order: tuple[OrderTerm, ...] = ()
    page: Page = ALL_ROWS
    table: Name = NOWHERE
    facts: Table | None = None
    scope: str = ""
    alias: str = ""
    relation: Relation | None = None
    legacy: bool = False

    @property
    def name(self) -> str:
        """The key in the answer: the alias, or the name as written."""
        return (self.item.alias if self.item else None) or self.target

    @property
    def spread(self) -> bool:
        return self.item is not None and self.item.spread

    @property
    def to_one(self) -> bool:
        return self.relation is not None and self.relation.to_one

    @property
    def spreads_arrays(self) -> bool:
        """A spread of a to-many relation: each column becomes an array."""
        return self.spread and not self.to_one

    def walk(self) -> "Iterator[Node]":
        """This level and all below."""
        yield self
        for child in self.children:
            yield from child.walk()


def build(target: str, select: Select, item: SelectRelation | None = None, depth: int = 0) -> Node:
    """The levels of a select."""
    node = Node(item, target, depth)
    for part in select:
        if isinstance(part, SelectField):
            node.fields.append(part)
        else:
            node.children.append(build(part.relation, part.select, part, depth + 1))
    return node


def attach(root: Node, request: ApiRequest, legacy_names: bool) -> None:
    """Filters, orders and pages, each to its level. PGRST108 for a level that is not in the select.

    Of a write the root's own filters choose what is written, not what is shown, and pages mean nothing.
    """
    writes = request.action.writes
    params = request.params
    for path, order in reversed(params.order):
        _level(root, path, legacy_names).order = order
    for path, part in (*params.filters, *params.logic):
        if path or not writes:
            _level(root, path, legacy_names).filters.append(part)
        else:
            _level(root, path, legacy_names)
    if not writes:
        for path, page in params.pages:
            _level(root, path, legacy_names).page = _checked(page)
        root.page = request.page


def _checked(page: Page) -> Page:
    if page.limit is not None and page.limit < 0:
        details = "Limit should be greater than or equal to zero."
        raise Problem("PGRST103", 416, "Requested range not satisfiable", details)
    return Page(0, 0) if page.limit == 0 else page


def _level(node: Node, path: Path, legacy_names: bool) -> Node:
    for name in path:
        node = _child(node, name, legacy_names)
    return node


def _child(node: Node, name: str, legacy_names: bool) -> Node:
    def by_relation(child: Node) -> bool:
        return name in (child.target, child.name)

    def by_key(child: Node) -> bool:
        return child.name == name

    found = _first(node, by_relation if legacy_names else by_key)
    if found is None:
        raise not_embedded(name, None if legacy_names else _first(node, by_relation))
    found.legacy = found.legacy or found.name != name
    return found


def _first(node: Node, matches: Callable[[Node], bool]) -> Node | None:
    return next((child for child in node.children if matches(child)), None)


def not_embedded(name: str, meant: Node | None = None) -> Problem:
    """PGRST108; `meant` is the level that has an alias and was named by its relation."""
    message = f"'{name}' is not an embedded resource in this request"
    if meant is None:
        hint = f"Verify that '{name}' is included in the 'select' query parameter."
        return Problem("PGRST108", 400, message, None, hint)
    details = "Target names are not allowed in filters if they have an alias"
    hint = f"Change '{meant.target}' to '{meant.name}' in filters, orders or limits."
    return Problem("PGRST108", 400, message, details, hint)
