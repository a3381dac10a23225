"""A schema as tables: Prisma's physical layout, so that a database can serve both.

In: a checked Schema. Out: SQLAlchemy MetaData with every table, key, index and foreign key, and the enums.
Never: a view, a computed field, or a table for what another table holds already.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Column, ForeignKeyConstraint, Index, MetaData, PrimaryKeyConstraint, Table, literal_column

from gatepost.evolve.layout import names
from gatepost.evolve.layout.defaults import counts, default_expression
from gatepost.evolve.layout.indexes import add_indexes
from gatepost.evolve.layout.types import SqlType, column_type, listed
from gatepost.policy.names import default_schema, link_table
from gatepost.policy.names import table as model_table
from gatepost.zmodel.schema import Action, Extension, Field, JoinTable, Model, Schema

ACTIONS: dict[Action, str] = {
    "Cascade": "CASCADE",
    "Restrict": "RESTRICT",
    "NoAction": "NO ACTION",
    "SetNull": "SET NULL",
    "SetDefault": "SET DEFAULT",
}


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enum as the database knows it."""

    schema: str
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """What a database must have: `schemas` in the order they are first used, the default one first."""

    schemas: tuple[str, ...]
    extensions: tuple[Extension, ...]
    enums: tuple[EnumType, ...]
    tables: MetaData


def layout(schema: Schema) -> Layout:
    """The layout of a schema."""
    tables = MetaData()
    stored = [model for model in schema.models.values() if not model.view]
    for model in stored:
        _add_table(schema, tables, model)
    for model in stored:
        _add_foreign_keys(schema, tables, model)
    for join in schema.join_tables:
        _add_join_table(schema, tables, join)
    enums = tuple(
        EnumType(enum.schema or default_schema(schema), enum.database_name, tuple(enum.values.values()))
        for enum in schema.enums.values()
    )
    used = [
        default_schema(schema),
        *schema.datasource.schemas,
        *(str(table.schema) for table in tables.tables.values()),
    ]
    schemas = tuple(dict.fromkeys([*used, *(enum.schema for enum in enums)]))
    return Layout(schemas, schema.datasource.extensions, enums, tables)


def table_of(schema: Schema, tables: MetaData, model: str) -> Table:
    """A model's table."""
    found = schema.models[model]
    return tables.tables[str(model_table(schema, found))]


def stored_fields(model: Model) -> Iterable[Field]:
    """The fields that have a column in the model's own table."""
    return (field for field in model.fields.values() if field.column is not None and field.inherited is None)


def _add_table(schema: Schema, tables: MetaData, model: Model) -> None:
    table = Table(
        model.table,
        tables,
        *(_column(schema, model, field) for field in stored_fields(model)),
        schema=model_table(schema, model).schema,
    )
    if model.key is not None:
        columns = [str(model.fields[name].column) for name in model.key.fields]
        name = model.key.map or names.primary_key(model.table)
        table.append_constraint(PrimaryKeyConstraint(*columns, name=name))
    add_indexes(model, table)


def _column(schema: Schema, model: Model, field: Field) -> Column[object]:
    handed_down = model.base is not None and field.name in schema.models[model.base].fields
    counting = counts(field) and not handed_down
    expression = None if handed_down or counting else default_expression(schema, field)
    return Column(
        str(field.column),
        column_type(schema, field, counts=counting),
        nullable=field.type.optional or listed(field),
        server_default=literal_column(expression) if expression is not None else None,
        autoincrement=False,
    )


def _add_foreign_keys(schema: Schema, tables: MetaData, model: Model) -> None:
    table = table_of(schema, tables, model.name)
    for field in model.fields.values():
        relation = field.relation
        if relation is None or not relation.owner or field.inherited is not None or schema.models[relation.model].view:
            continue
        columns = [str(model.fields[name].column) for name in relation.fields]
        holder = schema.models[_holder(schema, relation.model, relation.references)]
        _add_foreign_key(
            table,
            columns,
            table_of(schema, tables, holder.name),
            [str(holder.fields[name].column) for name in relation.references],
            relation.map or names.foreign_key(model.table, columns),
            (ACTIONS[relation.on_delete], ACTIONS[relation.on_update]),
        )
    if model.base is not None:
        _add_delegate_key(schema, tables, model, schema.models[model.base])


def _holder(schema: Schema, model: str, fields: tuple[str, ...]) -> str:
    """The model of a delegate's chain whose table has these fields."""
    found = (schema.models[model].fields[name].inherited for name in fields)
    return next((name for name in found if name is not None), model)


def _add_delegate_key(schema: Schema, tables: MetaData, model: Model, base: Model) -> None:
    """A sub-model's row lives and dies with its base's."""
    columns = [str(model.fields[name].column) for name in base.ids]
    targets = [str(base.fields[name].column) for name in base.ids]
    name = names.foreign_key(model.table, columns)
    table, target = table_of(schema, tables, model.name), table_of(schema, tables, base.name)
    _add_foreign_key(table, columns, target, targets, name, ("CASCADE", "CASCADE"))


def _add_foreign_key(
    table: Table, columns: list[str], target: Table, targets: list[str], name: str, actions: tuple[str, str]
) -> None:
    """`actions` are those on delete and on update."""
    references = [target.c[each] for each in targets]
    key = ForeignKeyConstraint(columns, references, name=name, ondelete=actions[0], onupdate=actions[1], use_alter=True)
    table.append_constraint(key)


def _add_join_table(schema: Schema, tables: MetaData, join: JoinTable) -> None:
    """`_PostToTag` with columns A and B."""
    sides = {"A": join.a, "B": join.b}
    columns: list[Column[object]] = []
    for name, (model, field) in sides.items():
        kind = column_type(schema, schema.models[model].fields[field])
        columns.append(Column(name, SqlType(kind.name, foreign=kind.foreign), nullable=False, autoincrement=False))
    table = Table(join.name, tables, *columns, schema=link_table(schema, join).schema)
    table.append_constraint(PrimaryKeyConstraint("A", "B", name=names.primary_key(f"{join.name}_AB")))
    Index(names.index(join.name, ("B",)).replace("_idx", "_index"), table.c.B)
    for name, (model, field) in sides.items():
        target = table_of(schema, tables, model)
        column = str(schema.models[model].fields[field].column)
        key = names.foreign_key(join.name, (name,))
        _add_foreign_key(table, [name], target, [column], key, ("CASCADE", "CASCADE"))
