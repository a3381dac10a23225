"""Writes: insert, update, delete, upsert; what comes back, and what undoes everything."""

import pytest

from .conftest import ADA, BOB, Library

REPRESENTATION = "return=representation"


async def test_an_insert_says_nothing_unless_asked(unharmed: Library) -> None:
    answer = await unharmed.post("/books", {"title": "New"})
    assert (answer.status, answer.text, answer.header("location"), answer.header("content-type")) == (
        201,
        "",
        None,
        None,
    )


async def test_headers_only_tells_where_the_row_is(unharmed: Library) -> None:
    answer = await unharmed.post("/loans", {"reader_id": 2, "book_id": 2}, "return=headers-only")
    assert (answer.status, answer.header("location")) == (201, "/loans?book_id=eq.2&reader_id=eq.2")
    answer = await unharmed.post("/places", {"place": 9, "spot": "cellar"}, "return=headers-only")
    assert answer.header("location") == "/places?place=eq.9&spot=eq.cellar"
    assert answer.header("preference-applied") == "return=headers-only"


async def test_the_new_rows_come_back_with_embeds(unharmed: Library) -> None:
    body = [{"title": "A", "author_id": 1}, {"title": "B", "author_id": None}]
    answer = await unharmed.post("/books?select=title,authors!books_author_id_fkey(name)", body, REPRESENTATION)
    assert answer.status == 201
    assert answer.json == [{"title": "A", "authors": {"name": "Austen"}}, {"title": "B", "authors": None}]


async def test_arrays_json_and_numbers_keep_their_kind(unharmed: Library) -> None:
    body = b'{"title": "X", "tags": ["a", "b"], "meta": {"n": 1.0}, "price": 1.50}'
    answer = await unharmed.post("/books?select=tags,meta,price", body, REPRESENTATION)
    assert answer.text == '[{"tags":["a","b"],"meta":{"n": 1.0},"price":1.50}]'


async def test_every_object_must_have_the_same_keys(unharmed: Library) -> None:
    answer = await unharmed.post("/books", [{"title": "A"}, {"pages": 1}])
    assert (answer.status, answer.code, answer.json["message"]) == (400, "PGRST102", "All object keys must match")


async def test_columns_choose_what_is_taken_from_the_payload(unharmed: Library) -> None:
    body = [{"title": "A", "pages": 5, "unknown": 1}, {"title": "B"}]
    answer = await unharmed.post("/books?columns=title,pages&select=title,pages", body, REPRESENTATION)
    assert answer.json == [{"title": "A", "pages": 5}, {"title": "B", "pages": None}]


async def test_missing_values_may_be_defaults(unharmed: Library) -> None:
    body = [{"title": "A", "pages": 5}, {"title": "B"}]
    answer = await unharmed.post(
        "/books?columns=id,title,pages&select=pages", body, f"{REPRESENTATION}, missing=default"
    )
    assert answer.json == [{"pages": 5}, {"pages": 100}]


async def test_an_empty_object_is_a_row_of_defaults_an_empty_array_none(unharmed: Library) -> None:
    assert (await unharmed.post("/members?select=note", {}, REPRESENTATION, user=ADA)).json == [{"note": None}]
    answer = await unharmed.post("/books", [], REPRESENTATION)
    assert (answer.status, answer.json) == (201, [])


async def test_a_column_that_is_not_there_is_named(unharmed: Library) -> None:
    answer = await unharmed.post("/books", {"titel": "A"})
    assert (answer.status, answer.code) == (400, "PGRST204")
    assert answer.json["message"] == "Could not find the 'titel' column of 'books' in the schema cache"


async def test_csv_and_forms_are_bodies_too(unharmed: Library) -> None:
    answer = await unharmed.post(
        "/books?select=title,pages", b"title,pages\nA,NULL\n", REPRESENTATION, content_type="text/csv"
    )
    assert answer.json == [{"title": "A", "pages": None}]
    form = "application/x-www-form-urlencoded"
    answer = await unharmed.post("/books?select=title", b"title=A+b", REPRESENTATION, content_type=form)
    assert answer.json == [{"title": "A b"}]


@pytest.mark.parametrize(
    ("resolution", "id_", "status", "name"),
    [("merge-duplicates", 1, 200, "Z"), ("merge-duplicates", 9, 201, "Z"), ("ignore-duplicates", 1, 201, None)],
)
async def test_an_upsert(unharmed: Library, resolution: str, id_: int, status: int, name: str | None) -> None:
    answer = await unharmed.post("/readers", {"id": id_, "name": "Z"}, f"{REPRESENTATION}, resolution={resolution}")
    assert answer.status == status
    assert answer.json == ([{"id": id_, "name": name}] if name else [])
    assert answer.header("preference-applied") == f"resolution={resolution}, return=representation"


async def test_an_upsert_by_other_unique_columns(unharmed: Library) -> None:
    answer = await unharmed.post(
        "/authors?on_conflict=name&select=id,born",
        {"name": "Austen", "born": "1775-01-01"},
        f"{REPRESENTATION}, resolution=merge-duplicates",
    )
    assert (answer.status, answer.json) == (200, [{"id": 1, "born": "1775-01-01"}])


async def test_an_update_touches_what_matches(unharmed: Library) -> None:
    answer = await unharmed.ask(
        "PATCH", "/books?id=lt.3&select=id,pages", {"pages": 1}, f"{REPRESENTATION}, count=exact"
    )
    assert (answer.status, answer.header("content-range")) == (200, "0-1/2")
    assert answer.json == [{"id": 1, "pages": 1}, {"id": 2, "pages": 1}]
    answer = await unharmed.ask("PATCH", "/books?id=eq.77", {"pages": 1})
    assert (answer.status, answer.text) == (204, "")


async def test_a_delete_gives_back_what_it_took(unharmed: Library) -> None:
    answer = await unharmed.ask("DELETE", "/loans?reader_id=eq.2", prefer=REPRESENTATION)
    assert (answer.status, answer.json) == (200, [{"reader_id": 2, "book_id": 1}])
    assert (await unharmed.ask("DELETE", "/loans?reader_id=eq.2")).status == 204


async def test_a_put_is_one_row_named_by_its_key(unharmed: Library) -> None:
    answer = await unharmed.ask("PUT", "/readers?id=eq.9", {"id": 9, "name": "New"}, REPRESENTATION)
    assert (answer.status, answer.json) == (201, [{"id": 9, "name": "New"}])
    answer = await unharmed.ask("PUT", "/readers?id=eq.1", {"id": 1, "name": "Eve"}, REPRESENTATION)
    assert (answer.status, answer.json) == (200, [{"id": 1, "name": "Eve"}])
    assert (await unharmed.ask("PUT", "/readers?name=eq.Ada", {"id": 1})).code == "PGRST105"


async def test_a_put_of_another_row_than_its_url_changes_nothing(library: Library) -> None:
    answer = await library.ask("PUT", "/readers?id=eq.8", {"id": 9, "name": "New"})
    assert (answer.status, answer.code) == (400, "PGRST115")
    assert await library.rows("/readers?id=gt.2") == []


async def test_one_object_of_several_rows_changes_nothing(library: Library) -> None:
    answer = await library.ask(
        "PATCH", "/readers?id=gt.0", {"name": "X"}, REPRESENTATION, accept="application/vnd.pgrst.object+json"
    )
    assert (answer.status, answer.code, answer.json["details"]) == (406, "PGRST116", "The result contains 2 rows")
    assert await library.rows("/readers?name=eq.X") == []


async def test_more_rows_than_may_be_affected_change_nothing(library: Library) -> None:
    answer = await library.ask("DELETE", "/loans", prefer="handling=strict, max-affected=2")
    assert (answer.status, answer.code, answer.json["details"]) == (400, "PGRST124", "The query affects 3 rows")
    assert len(await library.rows("/loans")) == 3


async def test_a_transaction_can_be_rolled_back_on_demand(unharmed: Library) -> None:
    answer = await unharmed.post("/readers", {"id": 7, "name": "Gone"}, f"{REPRESENTATION}, tx=rollback")
    assert (answer.status, answer.json) == (201, [{"id": 7, "name": "Gone"}])
    assert "tx=rollback" in str(answer.header("preference-applied"))
    assert await unharmed.rows("/readers?id=eq.7") == []
    await unharmed.post("/readers", {"id": 7, "name": "Stays"}, "tx=commit")
    assert await unharmed.rows("/readers?id=eq.7&select=name") == [{"name": "Stays"}]
    await unharmed.ask("DELETE", "/readers?id=eq.7", prefer="tx=commit")


async def test_rows_belong_to_who_wrote_them(library: Library) -> None:
    answer = await library.post("/members?select=owner", {"note": "mine"}, REPRESENTATION, user=ADA)
    assert answer.json == [{"owner": ADA}]
    assert await library.rows("/members?select=note", user=ADA) == [{"note": "mine"}]
    assert await library.rows("/members?select=note", user=BOB) == []
    answer = await library.post("/members", {"note": "forged", "owner": ADA}, user=BOB)
    assert (answer.status, answer.code) == (403, "42501")
    answer = await library.ask("DELETE", "/members", prefer=f"{REPRESENTATION}, count=exact", user=BOB)
    assert (answer.json, answer.header("content-range")) == ([], "*/0")
    await library.ask("DELETE", "/members", user=ADA)
