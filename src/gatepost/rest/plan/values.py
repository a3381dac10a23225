"""Fields, filters and orders of a request → expressions and conditions of the tree.

In: the request's words, and what the catalog knows of the relation they stand for. Out: tree nodes.
Never: a check whether a column exists: PostgreSQL says so, and it also knows computed columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...catalog import Column as Fact
from ...catalog import Table
from ...query.sql import array_literal
from ...query.tree import (
    Apply,
    Both,
    Cast,
    Column,
    Condition,
    Either,
    Expression,
    JsonPath,
    JsonStep,
    Literal,
    Not,
    Order,
    Present,
    Star,
    State,
)
from ...query.tree import Compare as Comparison
from ..ast import Compare, Field, Filter, FullText, In, Is, Logic, LogicTree, OrderTerm

OPERATORS = {
    "eq": "equal",
    "neq": "not_equal",
    "gt": "greater",
    "gte": "greater_or_equal",
    "lt": "less",
    "lte": "less_or_equal",
    "like": "like",
    "ilike": "like_ignoring_case",
    "match": "match",
    "imatch": "match_ignoring_case",
    "isdistinct": "distinct",
    "cs": "contains",
    "cd": "contained",
    "ov": "overlaps",
    "sl": "left_of",
    "sr": "right_of",
    "nxr": "not_right_of",
    "nxl": "not_left_of",
    "adj": "adjacent",
}
PATTERNS = ("like", "ilike")
QUERIES = {
    "fts": "pg_catalog.to_tsquery",
    "plfts": "pg_catalog.plainto_tsquery",
    "phfts": "pg_catalog.phraseto_tsquery",
    "wfts": "pg_catalog.websearch_to_tsquery",
}
DIRECTIONS = {"asc": False, "desc": True, None: None}


@dataclass(frozen=True, slots=True)
class Level:
    """Where fields stand: what the query calls the rows (`scope`), their facts, and embeds by name → join alias."""

    scope: str
    facts: Table | None
    representations: Mapping[tuple[str, str], str]
    embeds: Mapping[str, str] = field(default_factory=dict[str, str])

    def column(self, name: str) -> Fact | None:
        return self.facts.columns.get(name) if self.facts else None

    def converter(self, name: str, source: str | None, target: str | None) -> str | None:
        """A project's function between a column's own type (None) and text or JSON."""
        fact = self.column(name)
        if fact is None or not self.representations:
            return None
        return self.representations.get((source or fact.nominal_type, target or fact.nominal_type))


def value(wanted: Field, level: Level) -> Expression:
    """A field as it is stored, or what its JSON path leads to."""
    if wanted.name == "*":
        return Star(level.scope)
    column = Column(wanted.name, level.scope)
    if not wanted.path:
        return column
    fact = level.column(wanted.name)
    steps = tuple(JsonStep(step.key, step.index, step.as_text) for step in wanted.path)
    return JsonPath(column, steps, convert=fact is None or fact.nominal_type not in ("json", "jsonb"))


def shown(wanted: Field, cast: str | None, level: Level) -> Expression:
    """A field as the answer shows it: in the project's own representation, where it has one, and cast."""
    found = value(wanted, level)
    function = level.converter(wanted.name, None, "json")
    if function:
        found = Apply(function, (found,))
    return Cast(found, cast) if cast else found


# ------------------------------------------------------------------ conditions


def condition(tree: LogicTree, level: Level) -> Condition:
    """A filter or a tree of filters. `embed=is.null` asks whether an embed has rows."""
    if isinstance(tree, Logic):
        parts = tuple(condition(member, level) for member in tree.members)
        found: Condition = Both(parts) if tree.operator == "and" else Either(parts)
        return Not(found) if tree.negated else found
    embed = level.embeds.get(tree.field.name) if not tree.field.path else None
    if embed is not None and tree.operation == Is("null"):
        return Present(embed) if tree.negated else Not(Present(embed))
    found = comparison(tree, level)
    return Not(found) if tree.negated else found


def comparison(tree: Filter, level: Level) -> Condition:
    left = value(tree.field, level)
    match tree.operation:
        case Is(state):
            return State(left, state)
        case In(values):
            return Comparison(left, "equal", members(values, tree.field, level), "any")
        case FullText():
            return text_search(tree.operation, tree.field, left, level)
        case Compare(operator, text, quantifier):
            if operator in PATTERNS:
                right: Expression = Literal(text.replace("*", "%"))
            else:
                right = literal(text, tree.field, level) if operator != "isdistinct" else Literal(text)
            return Comparison(left, OPERATORS[operator], right, quantifier)


def literal(text: str, wanted: Field, level: Level) -> Expression:
    """A value, read by the project's own function where its type has one."""
    function = level.converter(wanted.name, "text", None)
    return Apply(function, (Literal(text),)) if function else Literal(text)


def members(values: tuple[str, ...], wanted: Field, level: Level) -> Expression:
    """The values of a list as one array; one empty value stands for none."""
    array = b"{}" if values == ("",) else array_literal(values)
    function = level.converter(wanted.name, "text", None)
    return Apply(function, (Literal(array),), each=True) if function else Literal(array)


def text_search(operation: FullText, wanted: Field, left: Expression, level: Level) -> Condition:
    """Full text search; a column that is no tsvector yet is made one, in the language of the query."""
    language = () if operation.language is None else (Literal(operation.language, "regconfig"),)
    fact = level.column(wanted.name)
    if fact is not None and fact.type != "tsvector":
        left = Apply("pg_catalog.to_tsvector", (*language, left))
    return Comparison(left, "text_search", Apply(QUERIES[operation.operator], (*language, Literal(operation.value))))


def order(term: OrderTerm, level: Level) -> Order:
    """An order by a field of this level (related orders are the reader's)."""
    return Order(value(term.field, level), DIRECTIONS[term.direction], term.nulls)
