"""Embeds: rows of related relations with each row."""

import pytest

from .conftest import Library


async def test_a_to_one_relation_is_an_object_or_null(library: Library) -> None:
    found = await library.rows("/books?select=id,author:authors!books_author_id_fkey(name)&id=in.(1,4)&order=id")
    assert found == [{"id": 1, "author": {"name": "Austen"}}, {"id": 4, "author": None}]


async def test_a_to_many_relation_is_an_array(library: Library) -> None:
    found = await library.rows("/authors?select=name,books!books_author_id_fkey(id)&order=id&books.order=id.desc")
    assert [[book["id"] for book in author["books"]] for author in found] == [[2, 1], [3], []]


async def test_a_junction_relates_many_to_many(library: Library) -> None:
    found = await library.rows("/readers?select=name,books(title)&order=id&books.order=title")
    assert [[book["title"] for book in reader["books"]] for reader in found] == [["Emma", "Ficciones"], ["Emma"]]


async def test_a_unique_key_relates_one_to_one_both_ways(library: Library) -> None:
    assert await library.rows("/books?select=covers(colour)&id=eq.1") == [{"covers": {"colour": "green"}}]
    assert await library.rows("/covers?select=books(title)") == [{"books": {"title": "Emma"}}]


async def test_views_have_the_relations_of_what_they_show(library: Library) -> None:
    found = await library.rows("/writers?select=name,novels(title)&writer_id=eq.1&novels.order=title")
    assert found == [{"name": "Austen", "novels": [{"title": "Emma"}, {"title": "Persuasion"}]}]


async def test_a_function_of_the_row_is_a_relation(library: Library) -> None:
    found = await library.rows("/books?select=id,siblings(title)&order=id")
    assert [book["siblings"] for book in found] == [[{"title": "Persuasion"}], [{"title": "Emma"}], [], []]


async def test_embeds_nest(library: Library) -> None:
    found = await library.rows("/readers?select=name,loans(books(title,covers(colour)))&id=eq.2")
    assert found == [{"name": "Bob", "loans": [{"books": {"title": "Emma", "covers": {"colour": "green"}}}]}]


async def test_an_embeds_filter_chooses_its_rows_not_the_parents(library: Library) -> None:
    found = await library.rows("/readers?select=name,books(id)&order=id&books.id=eq.3")
    assert found == [{"name": "Ada", "books": [{"id": 3}]}, {"name": "Bob", "books": []}]


async def test_an_inner_embed_drops_parents_without_rows(library: Library) -> None:
    answer = await library.get("/readers?select=name,books!inner(id)&books.id=eq.3", prefer="count=exact")
    assert answer.json == [{"name": "Ada", "books": [{"id": 3}]}]
    assert answer.header("content-range") == "0-0/1"


@pytest.mark.parametrize(("state", "ids"), [("is.null", [2, 3, 4]), ("not.is.null", [1])])
async def test_parents_by_the_presence_of_an_embed(library: Library, state: str, ids: list[int]) -> None:
    answer = await library.get(f"/books?select=id,covers()&covers={state}&order=id", prefer="count=exact")
    assert answer.json == [{"id": each} for each in ids]
    assert answer.header("content-range") == f"0-{len(ids) - 1}/{len(ids)}"


async def test_presence_within_a_logic_tree(library: Library) -> None:
    found = await library.rows(
        "/books?select=id,covers(),readers()&or=(covers.not.is.null,readers.not.is.null)&order=id"
    )
    assert found == [{"id": 1}, {"id": 3}]


async def test_limits_and_offsets_hold_for_each_parent(library: Library) -> None:
    found = await library.rows("/readers?select=books(id)&order=id&books.order=id&books.limit=1")
    assert found == [{"books": [{"id": 1}]}, {"books": [{"id": 1}]}]


async def test_rows_ordered_by_an_embed(library: Library) -> None:
    found = await library.rows(
        "/books?select=id,author:authors!books_author_id_fkey(name)&order=author(name).desc.nullslast,id"
    )
    assert [book["id"] for book in found] == [3, 1, 2, 4]
    answer = await library.get("/readers?select=books(id)&order=books(id)")
    assert (answer.status, answer.code) == (400, "PGRST118")


async def test_a_spread_puts_columns_among_the_parents(library: Library) -> None:
    found = await library.rows("/covers?select=colour,...books(title,genre)")
    assert found == [{"colour": "green", "title": "Emma", "genre": "novel"}]


async def test_a_spread_of_many_makes_arrays_in_one_order(library: Library) -> None:
    found = await library.rows("/readers?select=name,...books(id,title)&order=id&books.order=title.desc")
    assert found == [
        {"name": "Ada", "id": [3, 1], "title": ["Ficciones", "Emma"]},
        {"name": "Bob", "id": [1], "title": ["Emma"]},
    ]


async def test_an_aggregate_of_a_spread_groups_the_parents(library: Library) -> None:
    found = await library.rows(
        "/books?select=...authors!books_author_id_fkey(name),count()&author_id=not.is.null&order=authors(name)"
    )
    assert found == [{"name": "Austen", "count": 2}, {"name": "Borges", "count": 1}]


async def test_two_relations_need_a_hint(library: Library) -> None:
    answer = await library.get("/books?select=authors(name)")
    assert (answer.status, answer.code) == (300, "PGRST201")
    assert [each["relationship"] for each in answer.json["details"]] == [
        "books_author_id_fkey using books(author_id) and authors(id)",
        "books_editor using books(editor_id) and authors(id)",
    ]
    for hint in ("books_editor", "editor_id"):
        found = await library.rows(f"/books?select=authors!{hint}(name)&id=eq.2")
        assert found == [{"authors": {"name": "Borges"}}]


async def test_a_table_within_itself_along_several_columns_by_the_constraint(library: Library) -> None:
    found = await library.rows("/shelves?select=room,number,whole:shelf_within(number)&room=eq.attic")
    assert found == [{"room": "attic", "number": 1, "whole": {"number": 1}}]
    query = "select=number,parts:shelves!shelf_within(room)&parts.order=room&room=eq.hall&order=number"
    parts = [{"room": "attic"}, {"room": "hall"}]
    assert await library.rows(f"/shelves?{query}") == [{"number": 1, "parts": parts}, {"number": 2, "parts": []}]


async def test_no_relation_is_told_with_the_nearest_name(library: Library) -> None:
    answer = await library.get("/readers?select=bok(id)")
    assert (answer.status, answer.code) == (400, "PGRST200")
    answer = await library.get("/readers?select=bookss(id)")
    assert answer.json["hint"] == "Perhaps you meant 'books' instead of 'bookss'."


async def test_a_filter_on_what_is_not_embedded(library: Library) -> None:
    answer = await library.get("/readers?books.id=eq.1")
    assert (answer.status, answer.code) == (400, "PGRST108")


async def test_an_alias_is_the_name_to_filter_by(library: Library) -> None:
    answer = await library.get("/readers?select=lent:books(id)&books.id=eq.3&id=eq.1")
    assert answer.json == [{"lent": [{"id": 3}]}]
    assert "`books` to `lent`" in str(answer.header("warning"))
