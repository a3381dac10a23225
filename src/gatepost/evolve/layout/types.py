"""What PostgreSQL calls the types of fields.

In: a field of a checked schema. Out: a column type, spelled as PostgreSQL's `format_type` spells it.
Never: a guess: what is written in `Unsupported("…")` is taken as it is.
"""

from collections.abc import Callable
from typing import Any, cast

from sqlalchemy.types import UserDefinedType

from gatepost.policy.names import default_schema
from gatepost.problem import Problem
from gatepost.query.sql import identifier
from gatepost.zmodel.schema import Enum, Field, Native, Schema

SCALARS = {
    "String": "text",
    "Boolean": "boolean",
    "Int": "integer",
    "BigInt": "bigint",
    "Float": "double precision",
    "Decimal": "numeric(65,30)",
    "DateTime": "timestamp(3) without time zone",
    "Json": "jsonb",
    "Bytes": "bytea",
}
SERIALS = {"integer": "serial", "bigint": "bigserial", "smallint": "smallserial"}


class SqlType(UserDefinedType[Any]):
    """A type by its canonical name; `spec` is what stands in CREATE TABLE (serial for an integer that counts).

    `foreign`: it belongs to an extension or was written by hand; only PostgreSQL knows its canonical name.
    """

    cache_ok = True

    def __init__(self, name: str, spec: str | None = None, *, foreign: bool = False) -> None:
        self.name = name
        self.spec = spec or name
        self.foreign = foreign

    def get_col_spec(self, **_: object) -> str:
        """What SQLAlchemy writes."""
        return self.spec


def column_type(schema: Schema, field: Field, *, counts: bool = False) -> SqlType:
    """The type of a field's column; `counts` where a sequence fills it."""
    if field.unsupported is not None:
        return SqlType(field.unsupported, foreign=True)
    name = _element(schema, field)
    if listed(field):
        return SqlType(f"{name}[]", foreign=name == "citext")
    return SqlType(name, SERIALS.get(name) if counts else None, foreign=name == "citext")


def listed(field: Field) -> bool:
    """Whether its column is an array: a list of typed objects is one JSON value."""
    return field.type.array and field.type.kind != "type"


def _element(schema: Schema, field: Field) -> str:
    if field.native is not None and (field.native.name in NATIVE or schema.provider == "postgresql"):
        return native_type(field)
    if field.json or field.type.kind == "type":
        return "jsonb"
    if field.type.kind == "enum":
        return enum_type(schema, schema.enums[field.type.name])
    return SCALARS[field.type.name]


def enum_type(schema: Schema, enum: Enum) -> str:
    """`public."Role"`."""
    return f"{bare(enum.schema or default_schema(schema))}.{bare(enum.database_name)}"


def bare(name: str) -> str:
    """An identifier, quoted only where PostgreSQL's own `quote_ident` would."""
    plain = name.isascii() and name.replace("_", "a").isalnum() and name == name.lower() and not name[0].isdigit()
    return name if plain and name not in RESERVED else identifier(name)


# Words that `quote_ident` quotes: all keywords of PostgreSQL that are not unreserved.
WORDS = """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case
    cast char character check coalesce collate collation column concurrently constraint create cross
    current_catalog current_date current_role current_schema current_time current_timestamp current_user dec
    decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign
    freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect
    interval into is isnull join json json_array json_arrayagg json_exists json_object json_objectagg
    json_query json_scalar json_serialize json_table json_value lateral leading least left like limit
    localtime localtimestamp merge_action national natural nchar none normalize not notnull null nullif
    numeric offset on only or order out outer overlaps overlay placing position precision primary real
    references returning right row select session_user setof similar smallint some substring symmetric
    system_user table tablesample then time timestamp to trailing treat trim true union unique user using
    values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists
    xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
"""
RESERVED = frozenset(WORDS.split())


def native_type(field: Field) -> str:
    """`@db.VarChar(20)` → character varying(20); a Problem for what is MySQL's."""
    native = cast(Native, field.native)
    spelled = NATIVE.get(native.name)
    if spelled is None:
        hint = f"Take one of @db.{', @db.'.join(NATIVE)}, or none"
        message = f"{field.place}: PostgreSQL has no type for @db.{native.name}"
        raise Problem("schema_invalid", 400, message, None, hint)
    return spelled(tuple(str(each) for each in native.arguments))


def _fixed(name: str) -> Callable[[tuple[str, ...]], str]:
    return lambda _: name


def _sized(name: str, without: str | None = None) -> Callable[[tuple[str, ...]], str]:
    def spell(arguments: tuple[str, ...]) -> str:
        return f"{name}({','.join(arguments)})" if arguments else without or name

    return spell


def _timed(name: str, zone: str) -> Callable[[tuple[str, ...]], str]:
    def spell(arguments: tuple[str, ...]) -> str:
        return f"{name}({arguments[0]}) {zone} time zone" if arguments else f"{name} {zone} time zone"

    return spell


def _decimal(arguments: tuple[str, ...]) -> str:
    if not arguments:
        return "numeric"
    return f"numeric({','.join((*arguments, '0')[:2])})"


NATIVE: dict[str, Callable[[tuple[str, ...]], str]] = {
    "Text": _fixed("text"),
    "Char": _sized("character", "character(1)"),
    "VarChar": _sized("character varying"),
    "Bit": _sized("bit", "bit(1)"),
    "VarBit": _sized("bit varying"),
    "Uuid": _fixed("uuid"),
    "Xml": _fixed("xml"),
    "Inet": _fixed("inet"),
    "Citext": _fixed("citext"),
    "Boolean": _fixed("boolean"),
    "Int": _fixed("integer"),
    "Integer": _fixed("integer"),
    "SmallInt": _fixed("smallint"),
    "Oid": _fixed("oid"),
    "BigInt": _fixed("bigint"),
    "DoublePrecision": _fixed("double precision"),
    "Real": _fixed("real"),
    "Decimal": _decimal,
    "Money": _fixed("money"),
    "Timestamp": _timed("timestamp", "without"),
    "Timestamptz": _timed("timestamp", "with"),
    "Date": _fixed("date"),
    "Time": _timed("time", "without"),
    "Timetz": _timed("time", "with"),
    "Json": _fixed("json"),
    "JsonB": _fixed("jsonb"),
    "ByteA": _fixed("bytea"),
}
