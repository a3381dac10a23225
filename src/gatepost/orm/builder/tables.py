"""A schema's models as SQLAlchemy tables, and SQLAlchemy's statements as SQL of the builder.

In: a schema; a statement of its tables. Out: tables by model, with the schema's names; text with `$1 …`, values.
Never: a connection, or a table's name in the database.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    FetchedValue,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    Time,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import ClauseElement
from sqlalchemy.types import TypeEngine

from gatepost.orm.arguments.lexicon import is_visible
from gatepost.orm.errors import InvalidInput
from gatepost.zmodel.schema import Field, Model, Schema

DIALECT = postgresql.dialect(paramstyle="numeric_dollar")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
TYPES: Mapping[str, type[TypeEngine[Any]]] = {
    "String": Text,
    "Boolean": Boolean,
    "Int": Integer,
    "BigInt": BigInteger,
    "Float": Double,
    "Decimal": Numeric,
    "DateTime": DateTime,
    "Json": postgresql.JSONB,
    "Bytes": LargeBinary,
}
NATIVE: Mapping[str, type[TypeEngine[Any]]] = {"Date": Date, "Time": Time, "Timetz": Time}


class Tables:
    """Tables by model: `tables.User`, `tables["User"]`."""

    def __init__(self, schema: Schema) -> None:
        data = MetaData()
        shown = (model for model in schema.models.values() if not model.ignored)
        self._tables = {model.name: _table(schema, model, data) for model in shown}

    def __getattr__(self, name: str) -> Table:
        if name.startswith("_") or name not in self._tables:
            raise AttributeError(f'there is no model "{name}"', name=name, obj=self)
        return self._tables[name]

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]


def _table(schema: Schema, model: Model, data: MetaData) -> Table:
    fields = [field for field in model.fields.values() if field.scalar and is_visible(field)]
    columns = [_column(model, field) for field in fields]
    keys = [
        ForeignKeyConstraint(
            field.relation.fields, [f"{field.relation.model}.{name}" for name in field.relation.references]
        )
        for field in model.fields.values()
        if field.relation is not None and field.relation.owner and not schema.models[field.relation.model].ignored
    ]
    return Table(model.name, data, *columns, *keys, quote=True, implicit_returning=False)


def _column(model: Model, field: Field) -> Column[Any]:
    """A column; whoever leaves a key out gets what the schema says."""
    is_key = field.name in model.ids
    default = FetchedValue() if is_key else None
    return Column(field.name, _type(field), primary_key=is_key, server_default=default, quote=True)


def _type(field: Field) -> TypeEngine[Any]:
    """A column's type, for what SQLAlchemy's operators make of it; PostgreSQL decides by its own."""
    native = NATIVE.get(field.native.name) if field.native else None
    kind = native or (postgresql.JSONB if field.type.kind == "type" else TYPES.get(field.type.name, Text))
    return postgresql.ARRAY(kind) if field.type.array and field.type.kind != "type" else kind()


def compiled(statement: ClauseElement) -> tuple[str, tuple[object, ...]]:
    """A statement's text and values; InvalidInput where SQLAlchemy cannot say it."""
    try:
        made: Any = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    except Exception as error:
        raise InvalidInput(f"SQLAlchemy cannot compile the statement: {error}") from error
    return str(made), tuple(made.params[name] for name in made.positiontup or ())
