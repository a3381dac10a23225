"""Values of PostgreSQL → JSON as GraphQL clients expect it.

In: an expression, its codec, and the field that shows it. Out: an expression that `Object` can hold.
Never: a conversion outside PostgreSQL, but for what is marked.

Formats are PostGraphile's: numbers that JavaScript cannot hold as texts, times in ISO 8601 with six digits, binary as
base64.
"""

from collections.abc import Callable

from graphql import GraphQLEnumType, GraphQLObjectType, GraphQLScalarType

from gatepost.query.tree import (
    FALSE,
    TRUE,
    Apply,
    Case,
    Cast,
    Column,
    Compare,
    Constant,
    Expression,
    Json,
    Listed,
    Lookup,
    Object,
    Operation,
    Output,
    Read,
    Select,
    State,
    Subscript,
    Truth,
    Unnest,
)

from ..meaning import AttributeField, MemberField, Part
from ..registry.model import Codec, Kind
from .context import VALUE, After, Context, Value
from .selection import TYPENAME, Field

Convert = Callable[[Expression], Expression]
NULL = Constant(None)
EMPTY = Json(Constant("[]"), "bare")
ZERO, ONE = (Cast(Constant(number), "double precision") for number in "01")
EPOCH = Cast(Constant("1970-01-01"), "date")


def as_text(value: Expression) -> Expression:
    return Cast(value, "text")


def as_number(type_: str) -> Convert:
    return lambda value: Cast(value, type_)


def as_time(format_: str) -> Convert:
    """A moment or a day in that format; for the end of time, or its beginning, there is only a word."""

    def convert(value: Expression) -> Expression:
        return Apply("coalesce", (Apply("pg_catalog.to_char", (value, Constant(format_))), as_text(value)))

    return convert


def as_time_of_day(format_: str) -> Convert:
    """A time of the day in that format; it has none of its own, so it is one of some day."""
    return lambda value: Apply("pg_catalog.to_char", (Operation(EPOCH, "+", value), Constant(format_)))


def as_base64(value: Expression) -> Expression:
    """Base64 in one line."""
    return Apply(
        "pg_catalog.replace", (Apply("pg_catalog.encode", (value, Constant("base64"))), Constant("\n"), Constant(""))
    )


CONVERSIONS: dict[str, Convert] = {
    "int8": as_text,
    "numeric": as_text,
    "money": as_number("numeric"),
    "oid": as_number("bigint"),
    "timestamp": as_time('YYYY-MM-DD"T"HH24:MI:SS.US'),
    "timestamptz": as_time('YYYY-MM-DD"T"HH24:MI:SS.USTZH:TZM'),
    "time": as_time_of_day("HH24:MI:SS.US"),
    "timetz": as_time_of_day("HH24:MI:SS.USTZH:TZM"),
    "date": as_time("YYYY-MM-DD"),
    "bytea": as_base64,
    "xml": as_text,
}
JSON_TYPES = ("json", "jsonb")
# Types whose texts are JSON, as they are or in quotes: they have nothing to escape.
BARE = frozenset(["bool", "int2", "int4", "oid", "money", *JSON_TYPES])
QUOTED = frozenset(["int8", "numeric", "uuid", "timestamp", "timestamptz", "date", "time", "timetz", "bytea"])
INTERVAL = {
    "years": "year",
    "months": "month",
    "days": "day",
    "hours": "hour",
    "minutes": "minute",
    "seconds": "second",
}


def shown(context: Context, codec: Codec, value: Expression, field: Field, depth: int = 0) -> Expression:
    """A value as its field shows it; `depth` lists stand around it."""
    match codec.kind:
        case Kind.DOMAIN if codec.of:
            return shown(context, codec.of, value, field, depth)
        case Kind.ARRAY if codec.of:
            return array(context, codec.of, value, field, depth)
        case Kind.RANGE if codec.of:
            return range_(context, codec.of, value, field)
        case Kind.COMPOSITE:
            return composite(context, codec, value, field, depth)
        case Kind.ENUM:
            return enum(value, field)
        case _:
            return scalar(context, codec, value, field, depth)


def plain(codec: Codec, value: Expression) -> Expression:
    """A scalar where no field shows it: in ids and cursors."""
    base = codec.base
    convert = CONVERSIONS.get(base.id.name)
    return convert(value) if convert else value


def scalar(context: Context, codec: Codec, value: Expression, field: Field, depth: int) -> Expression:
    name = codec.id.name
    if name in JSON_TYPES and not context.options.dynamic_json:
        context.mark(field, After.JSON_TEXT, depth)
        return Json(as_text(value))
    if isinstance(field.type, GraphQLObjectType):
        return members(context, name, value, field)
    return written(codec, value)


def written(codec: Codec, value: Expression) -> Json:
    """A scalar as JSON."""
    name = codec.base.id.name
    return Json(plain(codec, value), "bare" if name in BARE else "quoted" if name in QUOTED else "any")


def enum(value: Expression, field: Field) -> Expression:
    """A value's GraphQL name, where that is another."""
    if not isinstance(field.type, GraphQLEnumType):
        return Json(value)
    pairs = tuple((str(each.value), name) for name, each in field.type.values.items())
    return Json(value if all(label == name for label, name in pairs) else Lookup(value, pairs), "quoted")


def array(context: Context, element: Codec, value: Expression, field: Field, depth: int) -> Expression:
    """Element by element, where they cannot stay as they are. Of composites, none at all is an empty array."""
    alias = context.alias()
    inner = Column(VALUE, alias)
    each = shown(context, element, inner, field, depth + 1)
    if isinstance(each, Json) and each.value is inner:
        return Json(value)
    read = Read(Unnest(value), alias, (Output(Listed(each)),))
    empty = EMPTY if element.base.kind is Kind.COMPOSITE else NULL
    return Case(((State(value, "null"), empty),), Select(read))


def is_sure(field: Field) -> bool:
    """Whether it shows a column that is never NULL: there a composite of NULLs is one."""
    return isinstance(field.meaning, AttributeField) and field.meaning.attribute.not_null


def or_null(value: Expression, otherwise: Expression) -> Expression:
    """`otherwise`, where the value is not NULL; a composite of NULLs is NULL."""
    return Case(((State(value, "null"), NULL),), otherwise)


def range_(context: Context, subtype: Codec, value: Expression, field: Field) -> Expression:
    """`{start, end}`; a side without a bound is null."""
    parts: list[tuple[str, Expression]] = []
    for each in field.below():
        lower = each.meaning is Part.RANGE_START
        side = "lower" if lower else "upper"
        parts.append((each.key, typename(each) or bound(context, subtype, value, side, each)))
    return or_null(value, Object(tuple(parts)))


def bound(context: Context, subtype: Codec, value: Expression, side: str, field: Field) -> Expression:
    """`{value, inclusive}` of one side."""
    limit = Apply(f"pg_catalog.{side}", (value,))
    inclusive = Json(Apply(f"pg_catalog.{side}_inc", (value,)), "bare")
    parts = [
        (
            each.key,
            typename(each)
            or (inclusive if each.meaning is Part.BOUND_INCLUSIVE else shown(context, subtype, limit, each)),
        )
        for each in field.below()
    ]
    return Case(((State(limit, "null"), NULL),), Object(tuple(parts)))


def typename(field: Field) -> Expression | None:
    """The name of the type that a field stands in, where that is what it asks."""
    return Constant(field.parent.name) if field.name == TYPENAME else None


def composite(context: Context, codec: Codec, value: Expression, field: Field, depth: int) -> Expression:
    """An object of what is selected; of a composite that is a token, its claims."""
    if isinstance(field.type, GraphQLScalarType):
        context.mark(field, After.TOKEN, depth)
        source = Value(value, codec)
        claims = tuple((name, written(each.codec, source.column(name))) for name, each in codec.attributes.items())
        return or_null(value, Object(claims))
    found = context.row(context, Value(value, codec), field.below())
    return found if is_sure(field) and not depth else or_null(value, found)


# ------------------------------------------------------------------ values with members that are no composites


def members(context: Context, name: str, value: Expression, field: Field) -> Expression:
    """An interval or a geometric value, member by member."""
    parts: list[tuple[str, Expression]] = []
    for each in field.below():
        match each.meaning:
            case MemberField(which):
                parts.append((each.key, member(context, name, value, each, which)))
            case _:
                parts.append((each.key, typename(each) or NULL))
    return or_null(value, Object(tuple(parts)))


def member(context: Context, name: str, value: Expression, field: Field, which: str) -> Expression:
    """One member: a number, a point, or the points of a path."""
    match name, which:
        case "interval", _:
            return Json(Apply("pg_catalog.date_part", (Constant(INTERVAL[which]), value)), "bare")
        case "point", _:
            return Json(Subscript(value, 0 if which == "x" else 1))
        case "lseg" | "box", _:
            return members(context, "point", Subscript(value, 0 if which == "a" else 1), field)
        case "circle", "center":
            return members(context, "point", Apply("pg_catalog.point", (value,)), field)
        case "circle", _:
            return Json(Apply("pg_catalog.radius", (value,)))
        case "line", _:
            return members(context, "point", intercept(value, which), field)
        case _, "isOpen":
            return Json(Apply("pg_catalog.isopen", (value,)), "bare")
        case _:
            return points(context, value, field)


def intercept(value: Expression, which: str) -> Expression:
    """Where a line meets the axis: `a` that of x, `b` that of y; 1 where it never does. A line gives its coefficients
    only as text.
    """
    array_ = Cast(as_text(value), "double precision[]")
    slope, constant = Subscript(array_, 1 if which == "a" else 2), Subscript(array_, 3)
    meets = Operation(Operation(ZERO, "-", constant), "/", slope)
    place = Case(((Compare(slope, "equal", ZERO), ONE),), meets)
    return Apply("pg_catalog.point", (place, ZERO) if which == "a" else (ZERO, place))


def points(context: Context, value: Expression, field: Field) -> Expression:
    """The points of a path or polygon: their numbers two by two, out of its text."""
    alias = context.alias()
    listed = Apply(
        "pg_catalog.regexp_split_to_array",
        (Apply("pg_catalog.btrim", (as_text(value), Constant("()[]"))), Constant(r"\),\(")),
    )
    point = Cast(Operation(Operation(Constant("("), "||", Column(VALUE, alias)), "||", Constant(")")), "point")
    read = Read(Unnest(listed), alias, (Output(Listed(members(context, "point", point, field))),))
    return Select(read)


def truth(value: bool) -> Expression:
    """A boolean that is known."""
    return Json(Truth(TRUE if value else FALSE), "bare")
