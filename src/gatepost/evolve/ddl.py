"""What makes things: CREATE statements of a layout, in the order in which they work.

In: a Layout or parts of it. Out: SQL, one statement a string, every name qualified.
Never: a statement run.
"""

from collections.abc import Iterator

from sqlalchemy import Column, ForeignKeyConstraint, Index, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, ExecutableDDLElement

from gatepost.evolve.layout import EnumType, Layout
from gatepost.evolve.layout.defaults import quoted
from gatepost.evolve.layout.types import bare
from gatepost.zmodel.schema import Extension

DIALECT = postgresql.dialect(paramstyle="named")  # the one that leaves % as it is


def written(element: ExecutableDDLElement) -> str:
    """A statement, laid out for people."""
    text = str(element.compile(dialect=DIALECT)).strip()
    return "\n".join(line.rstrip().replace("\t", "  ") if line[:1] == "\t" else line for line in text.split("\n"))


def create_all(layout: Layout) -> Iterator[str]:
    """Everything, in an empty database."""
    yield from (create_schema(name) for name in layout.schemas if name != "public")
    yield from (create_extension(each) for each in layout.extensions)
    yield from (create_enum(each) for each in layout.enums)
    tables = list(layout.tables.tables.values())
    for table in tables:
        yield create_table(table)
        yield from (create_index(index) for index in indexes(table))
    for table in tables:
        yield from (add_foreign_key(key) for key in foreign_keys(table))


def create_schema(name: str) -> str:
    """A schema, unless it is there."""
    return f"CREATE SCHEMA IF NOT EXISTS {bare(name)}"


def create_extension(extension: Extension) -> str:
    """An extension, unless it is there: `postgis(schema: "extensions", version: "3", map: "postgis-3")`."""
    name = str(extension.options.get("map") or extension.name)
    schema, version = extension.options.get("schema"), extension.options.get("version")
    placed = f" SCHEMA {bare(str(schema))}" if schema else ""
    return f"CREATE EXTENSION IF NOT EXISTS {bare(name)}{placed}{f' VERSION {quoted(str(version))}' if version else ''}"


def create_enum(enum: EnumType) -> str:
    """An enum with its values in order."""
    return f"CREATE TYPE {enum_name(enum)} AS ENUM ({', '.join(quoted(value) for value in enum.values)})"


def enum_name(enum: EnumType) -> str:
    """`public."Role"`."""
    return f"{bare(enum.schema)}.{bare(enum.name)}"


def create_table(table: Table) -> str:
    """A table with its primary key; its foreign keys come when all tables are there."""
    return written(CreateTable(table, include_foreign_key_constraints=[]))


def column_specification(column: Column[object]) -> str:
    """A column as in CREATE TABLE."""
    return str(DIALECT.ddl_compiler(DIALECT, None).get_column_specification(column))  # pyright: ignore


def create_index(index: Index) -> str:
    """An index."""
    return written(CreateIndex(index))


def add_foreign_key(key: ForeignKeyConstraint) -> str:
    """A foreign key of a table that is there."""
    return written(AddConstraint(key))


def indexes(table: Table) -> list[Index]:
    """A table's indexes in the order of their names."""
    return sorted(table.indexes, key=lambda index: str(index.name))


def foreign_keys(table: Table) -> list[ForeignKeyConstraint]:
    """A table's foreign keys in the order of their names."""
    return sorted(table.foreign_key_constraints, key=lambda key: str(key.name))
