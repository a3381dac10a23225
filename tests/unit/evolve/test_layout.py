"""A schema as statements, without a database."""

import pytest

from gatepost import zmodel
from gatepost.evolve.ddl import create_all
from gatepost.evolve.layout import layout, names
from gatepost.evolve.layout.types import bare
from gatepost.problem import Problem


def statements(text: str, head: str = 'datasource db { provider = "postgresql" }\n') -> list[str]:
    return list(create_all(layout(zmodel.load(head + text))))


def test_tables_come_before_what_ties_them():
    made = statements("""
        enum Role { A }
        model Post { id Int @id
            user User @relation(fields: [userId], references: [id])
            userId Int
            @@index([userId]) }
        model User { id Int @id
            role Role
            posts Post[] }
    """)
    assert [each.split(" (")[0].split("\n")[0] for each in made] == [
        'CREATE TYPE public."Role" AS ENUM',
        'CREATE TABLE public."Post"',
        'CREATE INDEX "Post_userId_idx" ON public."Post"',
        'CREATE TABLE public."User"',
        'ALTER TABLE public."Post" ADD CONSTRAINT "Post_userId_fkey" FOREIGN KEY("userId") REFERENCES public."User"',
    ]


def test_a_table_reads_like_one_that_somebody_wrote():
    assert statements('model M { id Int @id @default(autoincrement())\n name String @default("x")\n age Int? }') == [
        'CREATE TABLE public."M" (\n'
        "  id serial NOT NULL,\n"
        "  name text DEFAULT 'x' NOT NULL,\n"
        "  age integer,\n"
        '  CONSTRAINT "M_pkey" PRIMARY KEY (id)\n'
        ")"
    ]


def test_extensions_and_schemas_come_first():
    head = """datasource db { provider = "postgresql"
        extensions = [pg_trgm, postgis(version: "3", schema: "geo"), uuid(map: "uuid-ossp")]
        schemas = ["public", "other"] }
    """
    made = statements('model M { id Int @id\n @@schema("other") }', head)
    assert made[:4] == [
        "CREATE SCHEMA IF NOT EXISTS other",
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "CREATE EXTENSION IF NOT EXISTS postgis SCHEMA geo VERSION '3'",
        'CREATE EXTENSION IF NOT EXISTS "uuid-ossp"',
    ]


def test_a_default_schema_of_ones_own():
    head = 'datasource db { provider = "postgresql"\n schemas = ["own"]\n defaultSchema = "own" }\n'
    assert statements("model M { id Int @id }", head)[1].startswith('CREATE TABLE own."M"')


def test_types_of_another_provider_are_taken_as_they_fit():
    head = 'datasource db { provider = "mysql" }\n'
    assert "name text NOT NULL" in statements("model M { id Int @id\n name String @db.TinyText }", head)[0]
    with pytest.raises(Problem, match=r"PostgreSQL has no type for @db\.TinyText"):
        statements("model M { id Int @id\n name String @db.TinyText }")


@pytest.mark.parametrize(
    ("name", "written"),
    [("user", '"user"'), ("User", '"User"'), ("a_1", "a_1"), ("1a", '"1a"'), ("é", '"é"'), ('a"b', '"a""b"')],
)
def test_names_are_quoted_where_postgresql_quotes_them(name: str, written: str):
    assert bare(name) == written


def test_long_names_are_cut_between_characters():
    cut = names.unique("é" * 40, ["x"])
    assert cut == "é" * 29 + "_key"
    assert len(cut.encode()) <= names.LIMIT
