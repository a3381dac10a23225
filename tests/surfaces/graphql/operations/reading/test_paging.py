"""Paging: however rows are ordered and cut, every row is seen exactly once, and the flags tell the truth."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.surfaces.graphql.operations.asking import Museum
from tests.surfaces.graphql.operations.conftest import Opener
from tests.surfaces.graphql.operations.paging import MOST_ROWS, ORDER, ROWS, Asked, Row, bounded, by_sql, fill, pages

PAGE = """
query ($first: Int, $last: Int, $offset: Int, $after: Cursor, $before: Cursor, $order: [PagesOrderBy!]) {
  allPages(first: $first, last: $last, offset: $offset, after: $after, before: $before, orderBy: $order) {
    nodes { id }
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}
"""
NATURAL = PAGE.replace("allPages", "allPageViews").replace("PagesOrderBy", "PageViewsOrderBy")


def ids(page: dict[str, Any]) -> list[int]:
    return [node["id"] for node in page["nodes"]]


async def read(museum: Museum, query: str, **variables: Any) -> dict[str, Any]:
    """One page, which is consistent in itself."""
    [page] = (await museum.ask(query, variables)).values()
    cursors = [edge["cursor"] for edge in page["edges"]]
    assert [edge["node"]["id"] for edge in page["edges"]] == ids(page)
    assert len(set(cursors)) == len(cursors)
    assert page["pageInfo"]["startCursor"] == (cursors[0] if cursors else None)
    assert page["pageInfo"]["endCursor"] == (cursors[-1] if cursors else None)
    return page


async def forwards(museum: Museum, query: str, size: int, **order: Any) -> list[int]:
    """All rows, page by page from the first."""
    found: list[int] = []
    after: dict[str, str] = {}
    for _ in range(MOST_ROWS):
        page = await read(museum, query, first=size, **after, **order)
        found += ids(page)
        if not page["pageInfo"]["hasNextPage"]:
            return found
        assert len(ids(page)) == size
        after = {"after": page["pageInfo"]["endCursor"]}
    raise AssertionError(f"no end to it: {found}")


async def backwards(museum: Museum, query: str, size: int, **order: Any) -> list[int]:
    """All rows, page by page from the last."""
    found: list[int] = []
    before: dict[str, str] = {}
    for _ in range(MOST_ROWS):
        page = await read(museum, query, last=size, **before, **order)
        found = ids(page) + found
        if not page["pageInfo"]["hasPreviousPage"]:
            return found
        assert len(ids(page)) == size
        before = {"before": page["pageInfo"]["startCursor"]}
    raise AssertionError(f"no end to it: {found}")


@bounded
@given(rows=ROWS, order=ORDER, size=st.integers(1, 4))
async def test_pages_in_either_direction_are_the_whole_set(
    museum: Museum, rows: list[Row], order: list[str], size: int
):
    fill(museum, rows)
    everything = by_sql(museum, order)
    assert await forwards(museum, PAGE, size, order=order) == everything
    assert await backwards(museum, PAGE, size, order=order) == everything


@bounded
@given(data=st.data(), rows=ROWS, order=ORDER)
async def test_any_page_is_that_piece_of_the_set(museum: Museum, data: Any, rows: list[Row], order: list[str]):
    fill(museum, rows)
    whole = await read(museum, PAGE, order=order)
    everything = by_sql(museum, order)
    assert ids(whole) == everything
    for asked in data.draw(st.lists(pages(len(rows)), min_size=3, max_size=3)):
        await check(museum, PAGE, asked, whole, order=order)


@bounded
@given(data=st.data(), rows=ROWS)
async def test_without_a_key_pages_go_by_the_number_of_the_row(museum: Museum, data: Any, rows: list[Row]):
    fill(museum, rows)
    whole = await read(museum, NATURAL)
    assert ids(whole) == [row[0] for row in museum.sql("select id from museum.page_view")]
    for asked in data.draw(st.lists(pages(len(rows)), min_size=3, max_size=3)):
        await check(museum, NATURAL, asked, whole)


async def check(museum: Museum, query: str, asked: Asked, whole: dict[str, Any], **order: Any) -> None:
    """That a page holds what it should, and says of the rest what is true."""
    cursors = [edge["cursor"] for edge in whole["edges"]]
    page = await read(museum, query, **asked.arguments(cursors), **order)
    assert ids(page) == asked.cut(ids(whole)), asked
    info = page["pageInfo"]
    flags = {name: info[name] for name in ("hasNextPage", "hasPreviousPage")}
    if asked.first is None or asked.last is None or 0 in (asked.first, asked.last):
        assert flags == asked.flags(ids(whole)), asked
    assert page["totalCount"] == whole["totalCount"] == len(cursors)
    assert [edge["cursor"] for edge in page["edges"]] == [cursors[ids(whole).index(id)] for id in ids(page)]


@pytest.fixture(scope="module")
async def nulls_last(shared_opener: Opener) -> Museum:
    return await shared_opener(options={"graphileBuildOptions": {"orderByNullsLast": True}})


@bounded
@given(rows=ROWS, order=ORDER, size=st.integers(1, 4))
async def test_nulls_may_always_come_last(nulls_last: Museum, rows: list[Row], order: list[str], size: int):
    fill(nulls_last, rows)
    everything = by_sql(nulls_last, order, "nulls last")
    assert await forwards(nulls_last, PAGE, size, order=order) == everything
    assert await backwards(nulls_last, PAGE, size, order=order) == everything
