"""Searches in text: fts by words, fuzzy by likeness, and the order by relevance."""

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.orm.errors import DatabaseError, InvalidInput, NotSupported

from .world import World

SCHEMA = """
model Page {
  id Int @id
  title String @fullText @fuzzy
  body String? @fullText
  plain String?
  notes Note[]
}
model Note { id Int @id  name String @fuzzy  pageId Int  page Page @relation(fields: [pageId], references: [id]) }
"""
ROWS = """
insert into "Page" values
 (1, 'Cats and dogs', 'a cat and another cat', 'x'), (2, 'Dogs', null, 'x'), (3, 'Birds', 'no cats here', 'x');
insert into "Note" values (1, 'Café', 1);
"""
# Stand-ins for the extensions pg_trgm and unaccent, which not every PostgreSQL brings.
LIKENESS = """
create function similarity(a text, b text) returns float4 language sql as
  $$select case when a = b then 1.0 when strpos(a, b) > 0 then 0.5 else 0.0 end$$;
create function word_similarity(a text, b text) returns float4 language sql as $$select similarity(b, a) * 1.5$$;
create function strict_word_similarity(a text, b text) returns float4 language sql as $$select similarity(b, a)$$;
create function similar_enough(a text, b text) returns boolean language sql as $$select similarity(a, b) > 0.3$$;
create function word_similar_enough(a text, b text) returns boolean language sql as $$select similarity(b, a) > 0.3$$;
create operator % (leftarg = text, rightarg = text, function = similar_enough);
create operator <% (leftarg = text, rightarg = text, function = word_similar_enough);
create operator <<% (leftarg = text, rightarg = text, function = word_similar_enough);
create function unaccent(a text) returns text language sql as $$select replace(a, 'é', 'e')$$;
"""


@pytest.fixture(scope="module")
def world(open_world: Callable[[str], World]) -> World:
    made = open_world(SCHEMA)
    made.sql(ROWS)
    made.sql(LIKENESS)
    [[name]] = made.sql("select current_database()")
    made.sql(f"alter database {name} set default_text_search_config to 'english'")
    return made


FILTERS: list[tuple[str, dict[str, Any], list[int]]] = [
    ("words", {"title": {"fts": {"search": "dog & cat", "config": "english"}}}, [1]),
    ("words of a language", {"body": {"fts": {"search": "cat", "config": "simple"}}}, [1]),
    ("words in the database's own language", {"body": {"fts": {"search": "cats"}}}, [1, 3]),
    ("words, not", {"title": {"not": {"fts": {"search": "dogs", "config": "simple"}}}}, [3]),
    ("words and more", {"title": {"fts": {"search": "dogs"}, "startsWith": "D"}}, [2]),
    ("likeness", {"title": {"fuzzy": {"search": "DOGS"}}}, [1, 2]),
    ("likeness of a word", {"title": {"fuzzy": {"search": "cats", "mode": "word"}}}, [1]),
    ("likeness of whole words", {"title": {"fuzzy": {"search": "cats", "mode": "strictWord"}}}, [1]),
    ("likeness of so much", {"title": {"fuzzy": {"search": "dogs", "threshold": 0.9}}}, [2]),
    ("likeness of a word of so much", {"title": {"fuzzy": {"search": "dogs", "mode": "word", "threshold": 0.9}}}, [2]),
    ("likeness without accents", {"notes": {"some": {"name": {"fuzzy": {"search": "cafe", "unaccent": True}}}}}, [1]),
    ("likeness with accents", {"notes": {"some": {"name": {"fuzzy": {"search": "cafe"}}}}}, []),
]


@pytest.mark.parametrize(("where", "ids"), [case[1:] for case in FILTERS], ids=[case[0] for case in FILTERS])
async def test_filter(world: World, where: dict[str, Any], ids: list[int]) -> None:
    assert await world.ids("Page", where) == ids


ORDERS: list[tuple[str, Any, list[int]]] = [
    ("words", {"_ftsRelevance": {"fields": ["body"], "search": "cat", "config": "english", "sort": "desc"}}, [1, 3, 2]),
    (
        "words of several fields",
        {"_ftsRelevance": {"fields": ["title", "body"], "search": "cat", "sort": "desc"}},
        [1, 3, 2],
    ),
    ("likeness", [{"_fuzzyRelevance": {"fields": ["title"], "search": "dogs", "sort": "desc"}}], [2, 1, 3]),
    ("likeness, rising", {"_fuzzyRelevance": {"fields": ["title"], "search": "dogs", "sort": "asc"}}, [3, 1, 2]),
]


@pytest.mark.parametrize(("order", "ids"), [case[1:] for case in ORDERS], ids=[case[0] for case in ORDERS])
async def test_order_by_relevance(world: World, order: Any, ids: list[int]) -> None:
    rows = await world.read("Page", "findMany", {"orderBy": order, "select": {"id": True}})
    assert [row["id"] for row in rows] == ids


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("a field not made for words", {"where": {"plain": {"fts": {"search": "x"}}}}, 'at "where.plain.fts"'),
    ("a field not made for likeness", {"where": {"body": {"fuzzy": {"search": "x"}}}}, 'at "where.body.fuzzy"'),
    ("nothing to search for", {"where": {"title": {"fts": {"search": ""}}}}, "at least one character"),
    ("no search", {"where": {"title": {"fuzzy": {}}}}, 'is required at "where.title.fuzzy.search"'),
    ("a mode nobody has", {"where": {"title": {"fuzzy": {"search": "x", "mode": "loose"}}}}, "strictWord"),
    ("too much likeness", {"where": {"title": {"fuzzy": {"search": "x", "threshold": 2}}}}, "from 0 to 1"),
    (
        "order by no fields",
        {"orderBy": {"_ftsRelevance": {"fields": [], "search": "x", "sort": "asc"}}},
        "at least one",
    ),
    (
        "order by a field not made for it",
        {"orderBy": {"_fuzzyRelevance": {"fields": ["body"], "search": "x", "sort": "asc"}}},
        'expected one of "title"',
    ),
]


@pytest.mark.parametrize(("asked", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
async def test_refused(world: World, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await world.read("Page", "findMany", asked)
    assert said in str(refused.value)


async def test_a_cursor_needs_an_order_that_rows_have(world: World) -> None:
    relevance = {"_ftsRelevance": {"fields": ["body"], "search": "cat", "sort": "desc"}}
    with pytest.raises(NotSupported, match="relevance"):
        await world.read("Page", "findMany", {"orderBy": relevance, "cursor": {"id": 1}})


async def test_a_search_that_postgresql_cannot_read(world: World) -> None:
    with pytest.raises(DatabaseError, match="syntax error in tsquery"):
        await world.read("Page", "findMany", {"where": {"title": {"fts": {"search": "cat dog"}}}})


async def test_a_search_is_a_parameter(world: World) -> None:
    made = world.text("Page", "findMany", {"where": {"title": {"fts": {"search": "hidden", "config": "secret"}}}})
    assert "hidden" not in made
    assert "secret" not in made
