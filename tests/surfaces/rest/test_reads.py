"""Reads: columns, filters, order, pages, counts."""

import pytest

from .conftest import Library, Opener


async def test_a_relation_is_an_array_of_its_rows(library: Library) -> None:
    assert await library.rows("/readers") == [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}]


async def test_columns_can_be_chosen_renamed_and_cast(library: Library) -> None:
    found = await library.rows("/books?select=id::text,name:title,price&id=eq.1")
    assert found == [{"id": "1", "name": "Emma", "price": 9.50}]


async def test_numbers_pass_as_postgresql_wrote_them(library: Library) -> None:
    answer = await library.get("/books?select=price&id=eq.2")
    assert answer.text == '[{"price":8.00}]'


async def test_json_paths_lead_into_columns(library: Library) -> None:
    found = await library.rows("/books?select=meta->rating->stars,meta->languages->>1,tags->0&id=eq.1")
    assert found == [{"stars": 5, "languages": "fr", "tags": "classic"}]


async def test_a_function_of_the_row_is_a_column(library: Library) -> None:
    assert await library.rows("/books?select=shout&id=eq.1") == [{"shout": "EMMA"}]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ("id=eq.1", [1]),
        ("id=neq.1", [2, 3, 4]),
        ("pages=gt.249", [1]),
        ("pages=gte.249", [1, 2]),
        ("pages=lt.249", [3]),
        ("pages=lte.249", [2, 3]),
        ("title=like.*s*", [2, 3]),
        ("title=ilike.EM*", [1]),
        ("title=like(any).{E*,F*}", [1, 3]),
        ("title=match.^P", [2]),
        ("title=imatch.^p", [2]),
        ("id=in.(1,3)", [1, 3]),
        ("id=not.in.(1,3)", [2, 4]),
        ("id=in.()", []),
        ('title=in.("Untitled, \\"a\\" (draft)",Emma)', [1, 4]),
        ('title=eq.Untitled, "a" (draft)', [4]),
        ("pages=is.null", [4]),
        ("pages=not.is.null", [1, 2, 3]),
        ("genre=isdistinct.novel", [3, 4]),
        ("genre=eq.essay", [3]),
        ("tags=cs.{classic}", [1, 2]),
        ("tags=cd.{classic,irony}", [1, 2, 4]),
        ("tags=ov.{irony,labyrinth}", [1, 3]),
        ("meta->rating->>stars=eq.5", [1]),
        ("meta->rating->stars=gt.3", [1, 2]),
        ("title=fts.emma", [1]),
        ("title=not.plfts(simple).emma", [2, 3, 4]),
        ("id=eq(any).{1,2}", [1, 2]),
        ("id=gt(all).{1,2}", [3, 4]),
        ("or=(id.eq.1,and(pages.lt.200,genre.eq.essay))", [1, 3]),
        ("and=(id.gt.1,not.or(id.eq.2,id.eq.3))", [4]),
        ("shout=eq.EMMA", [1]),
    ],
)
async def test_filters(library: Library, filters: str, ids: list[int]) -> None:
    query = filters.replace("%", "%25").replace("+", "%2B")
    assert [row["id"] for row in await library.rows(f"/books?select=id&order=id&{query}")] == ids


async def test_rows_come_in_the_order_asked_for(library: Library) -> None:
    found = await library.rows("/books?select=id&order=pages.desc.nullsfirst,id")
    assert [row["id"] for row in found] == [4, 1, 2, 3]


async def test_a_page_says_where_it_lies(library: Library) -> None:
    answer = await library.get("/books?select=id&order=id&limit=2&offset=1", prefer="count=exact")
    assert (answer.status, answer.header("content-range")) == (206, "1-2/4")
    assert answer.json == [{"id": 2}, {"id": 3}]


async def test_the_range_header_is_a_page_too(library: Library) -> None:
    answer = await library.get("/books?select=id&order=id", range="2-5")
    assert (answer.status, answer.header("content-range")) == (200, "2-3/*")


async def test_a_page_beyond_the_end_is_refused_with_the_number_of_rows(library: Library) -> None:
    answer = await library.get("/books?offset=5", prefer="count=exact")
    assert (answer.status, answer.code, answer.header("content-range")) == (416, "PGRST103", "*/4")
    assert answer.json["details"] == "An offset of 5 was requested, but there are only 4 rows."


@pytest.mark.parametrize(("query", "range_"), [("limit=0", "*/4"), ("id=gt.9", "*/0"), ("limit=4", "0-3/4")])
async def test_counts(library: Library, query: str, range_: str) -> None:
    answer = await library.get(f"/books?{query}", prefer="count=exact")
    assert answer.header("content-range") == range_
    assert answer.header("preference-applied") == "count=exact"


async def test_the_planner_can_guess_the_count(library: Library) -> None:
    answer = await library.get("/books?id=eq.1", prefer="count=planned")
    assert answer.header("content-range") == "0-0/1"


async def test_the_server_caps_pages_but_not_counts(opened: Opener) -> None:
    library = await opened(max_rows=2)
    answer = await library.get("/books?select=id,author_id&order=id", prefer="count=exact")
    assert (len(answer.json), answer.header("content-range")) == (2, "0-1/4")
    nested = await library.rows("/readers?select=books(id)&id=eq.1")
    assert len(nested[0]["books"]) == 2


async def test_head_has_the_headers_of_get_without_a_body(library: Library) -> None:
    answer = await library.ask("HEAD", "/books?id=lt.3", prefer="count=exact")
    assert (answer.status, answer.header("content-range"), answer.text) == (200, "0-1/2", "")


async def test_where_the_answer_comes_from_is_told_in_order(library: Library) -> None:
    answer = await library.get("/books?order=id&id=eq.1&select=id")
    assert answer.header("content-location") == "/books?id=eq.1&order=id&select=id"
    assert answer.header("vary") == "Accept, Prefer, Range"


async def test_one_row_as_an_object(library: Library) -> None:
    wanted = "application/vnd.pgrst.object+json"
    answer = await library.get("/books?select=title&id=eq.1", accept=wanted)
    assert (answer.json, answer.header("content-type")) == ({"title": "Emma"}, f"{wanted}; charset=utf-8")
    answer = await library.get("/books", accept=wanted)
    assert (answer.status, answer.code, answer.json["details"]) == (406, "PGRST116", "The result contains 4 rows")


async def test_rows_as_csv(library: Library) -> None:
    answer = await library.get("/books?select=id,title&id=in.(1,4)&order=id", accept="text/csv")
    assert answer.text == 'id,title\n1,Emma\n4,"Untitled, ""a"" (draft)"'


async def test_nulls_can_be_left_out(library: Library) -> None:
    answer = await library.get(
        "/books?select=id,pages&id=eq.4", accept="application/vnd.pgrst.array+json;nulls=stripped"
    )
    assert answer.json == [{"id": 4}]


async def test_aggregates_group_by_the_other_columns(library: Library) -> None:
    found = await library.rows(
        "/books?select=author_id,pages.sum(),books:count()&author_id=not.is.null&order=author_id"
    )
    assert found == [{"author_id": 1, "sum": 723, "books": 2}, {"author_id": 2, "sum": 174, "books": 1}]


async def test_aggregates_may_be_forbidden(opened: Opener) -> None:
    library = await opened(aggregates=False)
    assert (await library.get("/books?select=pages.sum()")).code == "PGRST123"
