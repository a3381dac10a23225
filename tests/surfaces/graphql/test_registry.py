"""From a real database to what is shown of it."""

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from gatepost.catalog import Name
from gatepost.database.facts.anatomy import anatomy, values
from gatepost.database.scope import Database
from gatepost.embedded import Server
from gatepost.graphql.options import Options
from gatepost.graphql.registry import build, enum_tables, read_tags_file
from gatepost.graphql.registry.model import Kind, Registry

SQL = """
create schema library;
create schema hidden;

create table hidden.state (value text primary key, description text);
comment on table hidden.state is '@enum';
insert into hidden.state values ('open', 'For everybody'), ('closed', null);

create domain library.isbn as text check (value ~ '^[0-9X-]+$');
create type library.size as (width int, height int);

create table library.author (id int primary key, name text not null, born date);
comment on table library.author is E'@omit delete\\nWho writes.';
create table library.book (
  isbn library.isbn primary key,
  author_id int not null references library.author,
  state text references hidden.state,
  size library.size,
  tags text[]
);
comment on constraint book_author_id_fkey on library.book is E'@foreignFieldName works\\nWho wrote it.';
create view library.shelf as select isbn, author_id from library.book;
comment on view library.shelf is E'@primaryKey isbn\\n@foreignKey (author_id) references library.author (id)';
comment on type library.size is 'In millimetres.';

create function library.author_books(author library.author, first_only boolean default false)
  returns setof library.book language sql stable as 'select * from library.book';
create function library.lend(isbn library.isbn, out lent boolean, out until date) language sql volatile
  as 'select true, current_date';
create function library.changed() returns trigger language plpgsql as 'begin return new; end';

create role library_visitor nologin;
grant usage on schema library to library_visitor;
grant select on library.author to library_visitor;
"""


@pytest.fixture(scope="module")
def prepared(cluster: Server, database_name: str) -> str:
    with psycopg.connect(cluster.dsn(dbname=database_name), autocommit=True) as admin:
        admin.execute(SQL.encode())
    return database_name


@pytest.fixture
async def database(cluster: Server, prepared: str) -> AsyncIterator[Database]:
    opened = Database({"authenticator": cluster.dsn(dbname=prepared)})
    yield opened
    await opened.close()


async def read(database: Database, tags: str | None = None, role: str | None = None, **changes: Any) -> Registry:
    scope, options = database.system("catalog"), Options(("library",), **changes)
    facts = await anatomy(scope, options.schemas, role)
    file = read_tags_file(tags) if tags else None
    return build(facts, options, file, await values(scope, enum_tables(facts, options, file)))


async def test_tables_views_and_functions_of_a_schema(database: Database) -> None:
    registry = await read(database)
    assert set(registry.resources) == {"author", "book", "shelf", "author_books", "lend"}
    author, shelf = registry.resources["author"], registry.resources["shelf"]
    assert (author.description, author.primary_key) == ("Who writes.", ("id",))
    assert not registry.may(author, "resource:delete")
    assert (shelf.is_view, shelf.primary_key, shelf.insertable) == (True, ("isbn",), True)


async def test_columns_have_the_types_of_the_database(database: Database) -> None:
    registry = await read(database)
    columns = registry.resources["book"].codec.attributes
    kinds = {name: column.codec.kind for name, column in columns.items()}
    assert kinds == {
        "isbn": Kind.DOMAIN,
        "author_id": Kind.SCALAR,
        "state": Kind.ENUM,
        "size": Kind.COMPOSITE,
        "tags": Kind.ARRAY,
    }
    assert [(label.value, label.description) for label in columns["state"].codec.labels] == [
        ("open", "For everybody"),
        ("closed", None),
    ]
    size = registry.codecs[Name("library", "size")]
    assert (list(size.attributes), size.description, size.table) == (["width", "height"], "In millimetres.", False)


async def test_ways_between_them(database: Database) -> None:
    registry = await read(database)
    author = registry.resources["author"]
    assert {(way.target.name, way.backward, way.unique) for way in author.relations.values()} == {
        ("book", True, False),
        ("shelf", True, False),
    }
    [back] = [way for way in author.relations.values() if way.target.name == "book"]
    assert back.tags == {"foreignFieldName": "works"}


async def test_what_functions_are_for(database: Database) -> None:
    registry = await read(database)
    books, lend = registry.resources["author_books"], registry.resources["lend"]
    assert registry.resources["author"].codec.functions == {"author_books": books}
    assert books.table is registry.resources["book"]
    assert registry.may(lend, "mutationField")
    assert list(lend.codec.attributes) == ["lent", "until"]


async def test_a_tags_file_speaks_last(database: Database) -> None:
    registry = await read(database, '{version: 1, config: {class: {"library.author": {tags: {name: "writer"}}}}}')
    assert "writer" in registry.resources
    assert "author" not in registry.resources


async def test_what_a_role_may_not_do_is_not_shown(database: Database) -> None:
    registry = await read(database, role="library_visitor", ignore_rbac=False)
    author, book = registry.resources["author"], registry.resources["book"]
    assert registry.may(author, "query:resource:connection")
    assert not registry.may(author, "resource:insert")
    assert not registry.may(book, "query:resource:connection")


async def test_what_has_no_index_is_not_searched_where_indexes_count(database: Database) -> None:
    registry = await read(database, preset="amber", ignore_indexes=False)
    columns = registry.resources["author"].codec.attributes
    assert registry.may(columns["id"], "attribute:orderBy")
    assert not registry.may(columns["born"], "attribute:orderBy")
