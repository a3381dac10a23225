"""Where a model's rows are, and how its values travel.

In: a schema's models and fields. Out: table and column names, SQL types, parameters, conditions on a row's key.
Never: a decision about what may be written.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from msgspec.structs import replace

from gatepost.orm import values
from gatepost.orm.arguments.lexicon import TIMES, time_text
from gatepost.orm.values import JsonNull
from gatepost.policy.names import enum_type, join_table, table
from gatepost.query.sql import Parameter, array_literal
from gatepost.query.tree import (
    FALSE,
    TRUE,
    Both,
    Column,
    Compare,
    Condition,
    Either,
    Exists,
    Expression,
    Literal,
    Output,
    Read,
    Select,
    State,
)
from gatepost.zmodel.schema import Field, Model, Schema, Through

Row = dict[str, Parameter]
"""Fields of a stored row by name, in PostgreSQL's text form."""

Filter = Callable[[str], Condition]
"""What rows are meant: a condition on a row of the model's table, given what the query calls it."""

TYPES = {
    "String": "text",
    "Boolean": "boolean",
    "Int": "integer",
    "BigInt": "bigint",
    "Float": "double precision",
    "Decimal": "numeric",
    "DateTime": "timestamp(3)",
    "Json": "jsonb",
    "Bytes": "bytea",
}
# Without lengths: a value that is too long is the column's to refuse.
NATIVE = {
    "Text": "text",
    "Char": "bpchar",
    "VarChar": "varchar",
    "Bit": "varbit",
    "VarBit": "varbit",
    "Uuid": "uuid",
    "Xml": "xml",
    "Inet": "inet",
    "Citext": "citext",
    "Boolean": "boolean",
    "Int": "integer",
    "Integer": "integer",
    "SmallInt": "smallint",
    "Oid": "oid",
    "BigInt": "bigint",
    "DoublePrecision": "double precision",
    "Real": "real",
    "Decimal": "numeric",
    "Money": "money",
    "Timestamp": "timestamp",
    "Timestamptz": "timestamptz",
    "Date": "date",
    "Time": "time",
    "Timetz": "timetz",
    "Json": "json",
    "JsonB": "jsonb",
    "ByteA": "bytea",
}


def stored(model: Model) -> Iterable[Field]:
    """The fields that are columns of the model's own table."""
    return (field for field in model.fields.values() if field.column is not None and field.inherited is None)


def chain(schema: Schema, model: Model) -> list[Model]:
    """The model and its delegate bases, the topmost first."""
    models = [model]
    while models[0].base is not None:
        models.insert(0, schema.models[models[0].base])
    return models


def sql_type(schema: Schema, field: Field) -> str:
    """The field's type in SQL."""
    if field.unsupported is not None:
        return field.unsupported
    if field.type.kind == "type":
        return "jsonb"
    if field.type.kind == "enum":
        name = enum_type(schema, schema.enums[field.type.name])
    else:
        name = NATIVE.get(field.native.name, "text") if field.native else TYPES[field.type.name]
    return f"{name}[]" if field.type.array else name


# ------------------------------------------------------------------ values


def parameter(schema: Schema, field: Field, value: object) -> Parameter:
    """A checked value in PostgreSQL's text form."""
    if field.type.kind == "enum" and value is not None:
        return values.parameter(_members(schema, field, value), field.type)
    if value is JsonNull:
        return b"null"
    if field.native is not None and field.native.name in TIMES:
        value = [time_text(item) for item in cast("list[datetime]", value)] if field.type.array else _time(value)
    return values.parameter(value, field.type)


def _time(value: object) -> object:
    return time_text(value) if isinstance(value, datetime) else value


def _members(schema: Schema, field: Field, value: Any) -> Any:
    """Members of an enum as the database calls them."""
    names = schema.enums[field.type.name].values
    return [names.get(item, item) for item in value] if field.type.array else names.get(value, value)


def literal(schema: Schema, field: Field, value: object) -> Literal:
    """A checked value where PostgreSQL knows the type from its place."""
    return Literal(parameter(schema, field, value))


def typed(schema: Schema, field: Field, value: object) -> Literal:
    """A checked value where PostgreSQL must be told its type."""
    return Literal(parameter(schema, field, value), sql_type(schema, field))


# ------------------------------------------------------------------ rows


def by_row(model: Model, row: Mapping[str, Parameter], fields: Iterable[str] = ()) -> Filter:
    """The one row of that key (or of those fields)."""
    pairs = [(model.fields[name].column or name, row[name]) for name in fields or model.ids]

    def condition(alias: str) -> Condition:
        return Both(tuple(equal(column, alias, value) for column, value in pairs))

    return condition


def by_rows(model: Model, rows: Iterable[Mapping[str, Parameter]]) -> Filter:
    """Any of the rows of those keys."""
    known = list(rows)
    if len(model.ids) == 1:
        name: str = model.ids[0]
        column, keys = model.fields[name].column or name, array_literal((row[name] or b"").decode() for row in known)
        return lambda alias: Compare(Column(column, alias), "equal", Literal(keys), "any")
    filters = [by_row(model, row) for row in known]
    return lambda alias: Either(tuple(each(alias) for each in filters))


def equal(column: str, alias: str, value: Parameter) -> Condition:
    if value is None:
        return State(Column(column, alias), "null")
    return Compare(Column(column, alias), "equal", Literal(value))


def every(*filters: Filter | None) -> Filter:
    """Rows that all the filters mean."""
    given = [each for each in filters if each is not None]
    if len(given) == 1:
        return given[0]
    return lambda alias: both(*(each(alias) for each in given))


def both(*conditions: Condition) -> Condition:
    """Conditions that all hold; constants are left out."""
    parts = [part for part in conditions if part != TRUE]
    if FALSE in parts:
        return FALSE
    return parts[0] if len(parts) == 1 else Both(tuple(parts))


def same_key(
    model: Model, alias: str, base: Model, base_alias: str, names: Mapping[str, str] | None = None
) -> Condition:
    """Rows of a model and of its base (or of itself) that are one; `names` are what the latter's key is called."""
    pairs = zip(model.ids, base.ids, strict=True)
    called = names or {name: base.fields[name].column or name for name in base.ids}
    columns = [(model.fields[own].column or own, called[theirs]) for own, theirs in pairs]
    return Both(tuple(Compare(Column(own, alias), "equal", Column(of, base_alias)) for own, of in columns))


def value_of(schema: Schema, model: Model, name: str, alias: str) -> Expression:
    """A field of the row called `alias`, wherever it is stored."""
    field = model.fields[name]
    if field.inherited is None:
        return Column(field.column or name, alias)
    base = schema.models[field.inherited]
    inner = f"{alias}_{base.table}"
    output = Output(Column(field.column or name, inner))
    return Select(Read(table(schema, base), inner, (output,), where=(same_key(model, alias, base, inner),)))


def through_base(schema: Schema, model: Model, base: Model, filter: Filter) -> Filter:
    """The base's rows whose rows of `model` the filter means."""
    if model.name == base.name:
        return filter

    def condition(alias: str) -> Condition:
        inner = f"{alias}_{model.table}"
        where = (same_key(model, inner, base, alias), filter(inner))
        return Exists(Read(table(schema, model), inner, (), where=where))

    return condition


def linked(schema: Schema, through: Through, model: Model, parent: Parameter) -> Filter:
    """Rows of `model` that a many-to-many relation ties to a parent, whose side `through` tells."""

    def condition(alias: str) -> Condition:
        inner = f"{alias}_{through.table}"
        own = Column(model.fields[model.ids[0]].column or model.ids[0], alias)
        where = (
            equal(through.column, inner, parent),
            Compare(Column(through.other_column, inner), "equal", own),
        )
        return Exists(Read(join_table(schema, through), inner, (), where=where))

    return condition


def unlisted(field: Field) -> Field:
    """The field as one of its elements."""
    return replace(field, type=replace(field.type, array=False))
