"""Physical names: what models, enums and fields are called in the database.

In: a schema and what it names. Out: qualified names and SQL types of the query tree.
Never: a name of ZModel in SQL where @map, @@map or @@schema says another.
"""

from gatepost.catalog import Name
from gatepost.query.sql import qualified
from gatepost.zmodel.schema import Enum, JoinTable, Model, Schema, Through


def default_schema(schema: Schema) -> str:
    """Where tables and types are that name no schema."""
    return schema.datasource.default_schema or "public"


def table(schema: Schema, model: Model) -> Name:
    """A model's own table, or a view's view."""
    return Name(model.schema or default_schema(schema), model.table)


def join_table(schema: Schema, through: Through) -> Name:
    """The table between both sides of a many-to-many relation."""
    return Name(through.schema or default_schema(schema), through.table)


def link_table(schema: Schema, join: JoinTable) -> Name:
    """The same, as the schema's list of them has it."""
    return Name(join.schema or default_schema(schema), join.name)


def enum_type(schema: Schema, enum: Enum) -> str:
    """An enum's type, quoted."""
    return qualified(enum.schema or default_schema(schema), enum.database_name)
