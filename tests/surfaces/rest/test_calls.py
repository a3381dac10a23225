"""Calls of functions."""

import pytest

from .conftest import Library, Opener


async def test_a_scalar_is_a_bare_value(library: Library) -> None:
    assert await library.rows("/rpc/add?a=2") == 3
    assert (await library.post("/rpc/add", {"a": 2, "b": 5})).json == 7


async def test_rows_of_a_relation_take_what_a_relation_takes(library: Library) -> None:
    target = "/rpc/find_books?most_pages=400&select=title,authors!books_author_id_fkey(name)&pages=gt.200&order=id"
    assert await library.rows(target) == [{"title": "Persuasion", "authors": {"name": "Austen"}}]
    answer = await library.post(
        "/rpc/find_books?order=id.desc&limit=1&select=id,shout", {"most_pages": 400}, "count=exact"
    )
    assert (answer.status, answer.json, answer.header("content-range")) == (
        206,
        [{"id": 3, "shout": "FICCIONES"}],
        "0-0/2",
    )


async def test_result_parameters_make_an_object(library: Library) -> None:
    assert await library.rows("/rpc/pair") == {"first": 1, "second": "one"}


async def test_nothing_comes_of_a_void_function(library: Library) -> None:
    answer = await library.post("/rpc/nothing", b"")
    assert (answer.status, answer.text, answer.header("content-type")) == (204, "", None)


async def test_repeated_arguments_fill_a_variadic_parameter(library: Library) -> None:
    assert await library.rows("/rpc/join_words?words=a&words=b,c") == "a b,c"
    assert (await library.post("/rpc/join_words", {"words": ["x", "y"]})).json == "x y"


async def test_a_whole_body_can_be_the_argument(library: Library) -> None:
    assert (await library.post("/rpc/echo", b'{"any": [1, "thing"]}')).text == '{"any": [1, "thing"]}'


async def test_a_get_cannot_write(library: Library) -> None:
    answer = await library.get("/rpc/write_book?title=No")
    assert (answer.status, answer.code) == (405, "25006")


async def test_a_post_can_write(unharmed: Library) -> None:
    answer = await unharmed.post("/rpc/write_book", {"title": "Yes"})
    assert answer.status == 200
    assert answer.json > 100


async def test_an_unknown_function_is_told_with_the_nearest(library: Library) -> None:
    answer = await library.get("/rpc/ad?a=1")
    assert (answer.status, answer.code) == (404, "PGRST202")
    answer = await library.get("/rpc/find_book?most_pages=1")
    assert answer.json["hint"] == "Perhaps you meant to call the function library.find_books"
    answer = await library.get("/rpc/find_books?most_page=1")
    assert answer.json["hint"] == "Perhaps you meant to call the function library.find_books(most_pages)"


async def test_overloads_that_the_names_do_not_tell_apart(library: Library) -> None:
    answer = await library.get("/rpc/same?a=1")
    assert (answer.status, answer.code) == (300, "PGRST203")
    assert answer.json["message"].endswith("library.same(a => integer), library.same(a => text)")


async def test_a_function_sets_status_and_headers(library: Library) -> None:
    answer = await library.get("/rpc/own_headers")
    assert (answer.status, answer.header("x-shelf")) == (202, "3")
    assert answer.headers("set-cookie") == ["a=1", "b=2"]


async def test_a_function_raises_a_status(library: Library) -> None:
    answer = await library.get("/rpc/teapot")
    assert (answer.status, answer.response.reason) == (418, "short and stout")
    assert answer.json == {"code": "PT418", "message": "short and stout", "details": "no coffee", "hint": "tea"}


async def test_a_function_raises_a_whole_answer_but_forges_no_header(library: Library) -> None:
    answer = await library.get("/rpc/own_error")
    assert (answer.status, answer.code, answer.json["message"]) == (422, "X1", "own words")
    assert (answer.header("x-own"), answer.header("x-forged")) == ("yesX-Forged: no", None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("request.method", "GET"),
        ("request.path", "/rpc/told"),
        ("request.jwt.claims", '{"role":"anon"}'),
        ("role", "anon"),
        ("app.settings.place", "Chawton"),
        ("TimeZone", "Pacific/Honolulu"),
        ("transaction_read_only", "on"),
    ],
)
async def test_what_a_function_is_told_of_the_request(opened: Opener, name: str, expected: str) -> None:
    library = await opened(app_settings={"place": "Chawton"})
    answer = await library.get(f"/rpc/told?name={name}", prefer="timezone=Pacific/Honolulu")
    assert answer.json == expected


async def test_a_function_stands_before_every_request(opened: Opener) -> None:
    library = await opened(pre_request="library.teapot")
    assert (await library.get("/books")).status == 418
