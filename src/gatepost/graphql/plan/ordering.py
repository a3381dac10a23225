"""Orders, cursors and node ids as expressions.

In: what a client orders by, a cursor, a row's source. Out: order terms, the text of a row's cursor, the condition that
rows come after or before one. Never: a cursor of another order: its digest tells.

Texts and digests are PostGraphile's, so that its cursors and ids stay good.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any, Literal

from graphql import GraphQLError

from gatepost.query.sql import identifier, qualified
from gatepost.query.tree import (
    Apply,
    Both,
    Case,
    Cast,
    Compare,
    Condition,
    Constant,
    Either,
    Expression,
    Invoke,
    Json,
    Not,
    Order,
    State,
    Tuple,
)

from ..meaning import Ordering, OrderTerm
from ..registry.model import Attribute, Codec, Kind, Resource, Unique
from ..values.identifiers import NATURAL, PIPE, as_text, cursor, digest, is_row_number
from ..values.leaves import known
from .context import Context, Source
from .output import plain

Side = Literal["after", "before"]
BLANK = "Invalid cursor, please enter a cursor from a previous request, or null."
FOREIGN = (
    "Invalid '{}' cursor - a cursor is only valid within a specific ordering, if you change the order then you'll need "
    "different cursors."
)
NOT_UNIQUE = "Can only use '{}' cursor when there is a unique defined order."
PLAIN = re.compile("[a-z_][a-z0-9_]*")
# What base64 makes of this many bytes is one line of it.
ONE_LINE = 57
# What only PostgreSQL's own text tells from others: days of before our calendar, the end of a day.
UNUSUAL = {
    **dict.fromkeys(("date", "timestamp", "timestamptz"), ("less", "0001-01-01")),
    "time": ("equal", "24:00:00"),
}
# Types of which no other text is read back as the same, or whose JSON is no scalar.
OPAQUE = frozenset(["json", "jsonb", "bytea", "timetz"])
# The longest texts of keys that are always short.
WIDTHS = {"int2": 6, "int4": 11, "uuid": 38, "int8": 22}


@dataclass(frozen=True, slots=True)
class Sorted:
    """The terms of an order, and whether no two rows are equal in it. `name` is the resource's, for the digest."""

    terms: tuple[OrderTerm, ...]
    unique: bool
    name: str
    nulls_last: bool

    @property
    def digest(self) -> str:
        """What tells cursors of this order from others."""
        return digest([self._text(term.by) for term in self.terms])

    def _text(self, by: Attribute | Resource) -> str:
        alias = f"__{self.name}__"
        alias = alias if PLAIN.fullmatch(alias) else identifier(alias)
        return f"{alias}.{identifier(by.name)}" if isinstance(by, Attribute) else f"{qualified(*by.id)}({alias})"

    def orders(self, source: Source, *, backwards: bool) -> tuple[Order, ...]:
        """The terms over a source; backwards, all in reverse."""
        nulls = ("first" if backwards else "last") if self.nulls_last else None
        return tuple(Order(value(term.by, source), term.descending != backwards, nulls) for term in self.terms)


def ordered(context: Context, given: Any, resource: Resource | None, name: str = "") -> Sorted:
    """The order that a client asks for; where it is not unique, the first key that is follows. `name` is that of what
    is no relation.
    """
    orderings: list[Ordering] = given or []
    terms = [term for ordering in orderings for term in ordering.terms]
    unique = resource is not None and tells_apart(terms, resource)
    if not unique and resource is not None and resource.uniques:
        descending = terms[0].descending if terms else False
        terms += [OrderTerm(each, descending) for each in further(terms, resource)]
        unique = True
    return Sorted(
        tuple(terms), unique, resource.name if resource is not None else name, context.options.order_nulls_last
    )


def tells_apart(terms: Sequence[OrderTerm], resource: Resource) -> bool:
    """Whether the terms hold all columns of a key."""
    columns = {term.by.name for term in terms if isinstance(term.by, Attribute)}
    return any(columns.issuperset(unique.attributes) and is_key(unique, resource) for unique in resource.uniques)


def further(terms: Sequence[OrderTerm], resource: Resource) -> list[Attribute]:
    """What an order goes on with: the first key; where none tells all rows apart, what is not there of one."""
    key = next((each for each in resource.uniques if is_key(each, resource)), None)
    if key is not None:
        return [resource.codec.attributes[name] for name in key.attributes]
    found = (resource.codec.attributes[name] for name in resource.uniques[0].attributes)
    return [each for each in found if all(each is not term.by for term in terms)]


def is_key(unique: Unique, resource: Resource) -> bool:
    """Whether it tells all rows apart: many may have NULL where others are unique."""
    return not any(nullable(resource.codec.attributes[name]) for name in unique.attributes)


def value(by: Attribute | Resource, source: Source) -> Expression:
    """What a term orders by, of one row."""
    if isinstance(by, Attribute):
        return source.column(by.name)
    return Invoke(by.id, ((None, source.row()),))


def is_null(codec: Codec, value: Expression) -> Condition:
    """That there is no value: to PostgreSQL, a composite of NULLs is NULL too, but not where it puts it in order."""
    if codec.base.kind is Kind.COMPOSITE:
        return Not(Compare(value, "distinct", Constant(None)))
    return State(value, "null")


def nullable(by: Attribute | Resource) -> bool:
    return not (isinstance(by, Attribute) and (by.not_null or by.codec.not_null))


# ------------------------------------------------------------------ texts


def exact(codec: Codec, value: Expression) -> Expression:
    """A value as PostgreSQL reads it back, whatever it is: as a field shows it wherever that will do."""
    base, text = codec.base, Cast(value, "text")
    if base.kind not in (Kind.SCALAR, Kind.ENUM) or base.id.name in OPAQUE:
        return text
    if base.id.name == "money":
        return Cast(plain(codec, value), "text")
    if base.id.name not in UNUSUAL:
        return plain(codec, value)
    operator, limit = UNUSUAL[base.id.name]
    unusual = Compare(value, operator, Cast(Constant(limit), base.id.name))
    return Case(((unusual, text),), plain(codec, value))


def json_texts(parts: Sequence[Expression]) -> list[Expression]:
    """Values as JSON, a comma before each: `null` where one is NULL."""
    found: list[Expression] = []
    for part in parts:
        text = Cast(Apply("pg_catalog.to_json", (part,)), "text")
        found += [Constant(","), Apply("coalesce", (text, Constant("null")))]
    return found


def encoded(prefix: str, parts: Sequence[Expression], width: int | None) -> Expression:
    """`[prefix, parts…]` as base64; `width` is the most bytes that the parts can have, where it is known."""
    text = Apply("pg_catalog.concat", (Constant("[" + prefix), *json_texts(parts), Constant("]")))
    binary = Apply("pg_catalog.convert_to", (text, Constant("UTF8")))
    base64 = Apply("pg_catalog.encode", (binary, Constant("base64")))
    if width is not None and len(prefix) + 2 + width <= ONE_LINE:
        return base64
    return Apply("pg_catalog.replace", (base64, Constant("\n"), Constant("")))


def width_of(codecs: Sequence[Codec]) -> int | None:
    widths = [WIDTHS.get(codec.base.id.name) for codec in codecs]
    return None if None in widths else sum(width + 1 for width in widths if width is not None)


def node_id(context: Context, resource: Resource, source: Source) -> Json:
    """The node id of a row."""
    attributes = [resource.codec.attributes[name] for name in resource.primary_key]
    parts = [exact(each.codec, source.column(each.name)) for each in attributes]
    name = context.known.identifiers[resource]
    if context.options.node_id_codec == PIPE:
        texts = [text for part in parts for text in (Constant("|"), Cast(part, "text"))]
        return Json(Apply("pg_catalog.concat", (Constant(name), *texts)))
    return Json(
        encoded(dumps(name, ensure_ascii=False), parts, width_of([each.codec for each in attributes])), "quoted"
    )


def cursor_of(order: Sorted, source: Source, position: Callable[[], Expression]) -> Expression:
    """A row's cursor; where there is no order, of its `position`. A row of nothing but NULLs has none."""
    if not order.terms:
        return encoded(dumps(NATURAL), [position()], WIDTHS["int8"])
    values = [(term.by.codec, value(term.by, source)) for term in order.terms]
    parts = [exact(codec, each) for codec, each in values]
    text = encoded(dumps(order.digest), parts, width_of([codec for codec, _ in values]))
    if not all(nullable(term.by) for term in order.terms):
        return text
    return Case(((Both(tuple(is_null(codec, each) for codec, each in values)), Constant(None)),), text)


# ------------------------------------------------------------------ after and before


def read_cursor(order: Sorted, given: Any, side: Side) -> tuple[Any, ...]:
    """The values of a cursor, for what their shape tells; GraphQLError where it is none of this order."""
    found = cursor(known(given))
    if found is None:
        raise GraphQLError(BLANK)
    name, values = found
    natural = not order.terms
    fits = len(values) == 1 and is_row_number(values[0]) if natural else len(values) == len(order.terms)
    if name != order.digest or not fits:
        raise GraphQLError(FOREIGN.format(side))
    if not natural and not order.unique:
        raise GraphQLError(NOT_UNIQUE.format(side))
    return values


def beyond(context: Context, order: Sorted, source: Source, given: Any, side: Side) -> Condition:
    """That a row comes after, or before, the one that a cursor of this order is of."""
    terms = order.terms
    rows = [value(term.by, source) for term in terms]
    limits = [context.literal(given, _part(place), term.by.codec.sql) for place, term in enumerate(terms)]
    alike = len({term.descending for term in terms}) == 1 and not any(nullable(term.by) for term in terms)
    if alike and len(terms) > 1:
        return Compare(Tuple(tuple(rows)), comparator(terms[0], side), Tuple(tuple(limits)))
    return _beyond(order, terms, rows, limits, side)


def _part(place: int) -> Callable[[Any], str | None]:
    """One value of a cursor, as text."""

    def encode(given: Any) -> str | None:
        found = cursor(given)
        part = found[1][place] if found else None
        return None if part is None else as_text(part)

    return encode


def comparator(term: OrderTerm, side: Side) -> str:
    return "greater" if term.descending == (side == "before") else "less"


def _beyond(
    order: Sorted, terms: Sequence[OrderTerm], rows: Sequence[Expression], limits: Sequence[Expression], side: Side
) -> Condition:
    """The first term lies beyond, or it is equal and the others do."""
    term, row, limit = terms[0], rows[0], limits[0]
    found: Condition = Compare(row, comparator(term, side), limit)
    none, no_limit = is_null(term.by.codec, row), is_null(term.by.codec, limit)
    may_be_null = nullable(term.by)
    if may_be_null:
        nulls_first = term.descending and not order.nulls_last
        after_nulls = nulls_first == (side == "after")
        found = Either((found, Both((Not(none), no_limit) if after_nulls else (none, Not(no_limit)))))
    if len(terms) == 1:
        return found
    equal: Condition = Compare(row, "equal", limit)
    if may_be_null:
        equal = Either((equal, Both((none, no_limit))))
    return Either((found, Both((equal, _beyond(order, terms[1:], rows[1:], limits[1:], side)))))
