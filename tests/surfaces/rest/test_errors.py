"""What goes wrong is told in PostgREST's words, and tells nothing that the caller may not know."""

import msgspec
import psycopg
import pytest

from gatepost.rest.endpoint import Endpoint

from .conftest import ADA, SETTINGS, Library, Opener

NESTED = "and(" * 3000 + "id.eq.1" + ")" * 3000


@pytest.mark.parametrize(
    ("method", "target", "status", "code"),
    [
        ("GET", "/nowhere", 404, "PGRST205"),
        ("GET", "/secrets", 404, "PGRST205"),
        ("GET", "/a/b", 404, "PGRST125"),
        ("GET", "/books?select=nothing", 400, "42703"),
        ("GET", "/books?nothing=eq.1", 400, "42703"),
        ("GET", "/books?id=what.1", 400, "PGRST100"),
        ("GET", "/books?id=eq.one", 400, "22P02"),
        ("GET", "/books?id=like.x", 404, "42883"),
        ("GET", "/books?select=id::nonsense", 400, "42704"),
        ("GET", "/books?select=id::text%22);drop", 400, "PGRST100"),
        ("GET", "/books?limit=-1", 416, "PGRST103"),
        ("GET", "/books?limit=99999999999999999999999", 400, "22003"),
        ("GET", f"/books?or=({NESTED})", 400, "PGRST100"),
        ("GET", "/books?title=eq.%00", 400, "22021"),
        ("GET", "/books?title=eq.%ff%fe", 400, "22021"),
        ("POST", "/rpc/nothing/more", 404, "PGRST125"),
        ("DELETE", "/rpc/nothing", 405, "PGRST101"),
        ("TRACE", "/books", 405, "PGRST117"),
        ("GET", "/members", 401, "42501"),
    ],
)
async def test_bad_requests(library: Library, method: str, target: str, status: int, code: str) -> None:
    answer = await library.ask(method, target)
    assert (answer.status, answer.code) == (status, code), answer.text
    assert set(answer.json) == {"code", "details", "hint", "message"}
    assert answer.header("proxy-status") == f"PostgREST; error={code}"
    assert answer.header("content-type") == "application/json; charset=utf-8"


async def test_a_table_that_is_near_is_named_but_not_one_of_another_schema(library: Library) -> None:
    assert (await library.get("/book")).json["hint"] == "Perhaps you meant the table 'library.books'"
    assert (await library.get("/secret")).json["hint"] is None


async def test_a_schema_that_is_not_exposed_is_not_reached(library: Library) -> None:
    answer = await library.get("/secrets", accept_profile="vault")
    assert (answer.status, answer.code) == (406, "PGRST106")
    for name in ("vault.secrets", '"vault"."secrets"', "pg_catalog.pg_authid", "pg_authid"):
        assert (await library.get(f"/{name}")).code == "PGRST205"


async def test_a_unique_violation(library: Library) -> None:
    answer = await library.post("/readers", {"id": 1, "name": "Again"})
    assert (answer.status, answer.code) == (409, "23505")


async def test_a_foreign_key_violation(library: Library) -> None:
    answer = await library.post("/loans", {"reader_id": 77, "book_id": 1})
    assert (answer.status, answer.code) == (409, "23503")


async def test_a_refusal_is_401_for_nobody_and_403_for_somebody(
    library: Library, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    admin.execute("revoke delete on library.covers from authenticated, anon")
    nobody = await library.ask("DELETE", "/covers")
    assert (nobody.status, nobody.header("www-authenticate")) == (401, "Bearer")
    somebody = await library.ask("DELETE", "/covers", user=ADA)
    assert (somebody.status, somebody.header("www-authenticate")) == (403, None)


async def test_unknown_preferences_are_refused_where_the_client_is_strict(library: Library) -> None:
    answer = await library.get("/books", prefer="handling=strict, colour=red")
    assert (answer.status, answer.code, answer.json["details"]) == (400, "PGRST122", "Invalid preferences: colour=red")
    assert (await library.get("/books", prefer="colour=red")).status == 200


async def test_no_media_type_fits(library: Library) -> None:
    answer = await library.get("/books", accept="image/png, text/html")
    assert (answer.status, answer.code) == (406, "PGRST107")
    assert answer.json["message"] == "None of these media types are available: image/png, text/html"


async def test_plans_are_not_told_unless_switched_on(opened: Opener) -> None:
    wanted = "application/vnd.pgrst.plan+json"
    assert (await (await opened()).get("/books", accept=wanted)).code == "PGRST107"
    answer = await (await opened(plans=True)).get("/books", accept=wanted)
    assert answer.json[0]["Plan"]["Node Type"] == "Aggregate"


async def test_minimal_errors_keep_details_and_hints(opened: Opener) -> None:
    library = await opened(error_verbosity="minimal")
    assert set((await library.get("/book")).json) == {"code", "message"}


async def test_before_the_catalog_was_read(library: Library) -> None:
    endpoint = Endpoint(library.endpoint.database, SETTINGS, library.identify)
    library.endpoint = endpoint
    answer = await library.get("/books")
    assert (answer.status, answer.code, answer.header("retry-after")) == (503, "PGRST002", "1")


async def test_a_forged_guard_is_only_a_bad_value(library: Library) -> None:
    """The words that guards fail with, sent as a value, undo nothing and reach nobody else."""
    answer = await library.get("/books?id=eq.gatepost guard PGRST116 7")
    assert answer.status in (400, 406)
    assert (await library.get("/books?id=eq.1")).status == 200


async def test_an_alias_cannot_end_a_header(library: Library) -> None:
    target = '/readers?select="x%0d%0aSet-Cookie: a=b":books(id)&books.id=eq.1'
    answer = await library.get(target)
    assert "\r" not in str(answer.header("warning"))
    assert answer.header("set-cookie") is None


async def test_every_allowed_method_is_told(library: Library) -> None:
    answer = await library.ask("OPTIONS", "/books")
    assert (answer.status, answer.header("allow")) == (200, "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE")
    assert (await library.ask("OPTIONS", "/rpc/pair")).header("allow") == "OPTIONS,GET,HEAD,POST"
    assert (await library.ask("OPTIONS", "/rpc/nothing")).header("allow") == "OPTIONS,POST"
    assert (await library.ask("OPTIONS", "/nowhere")).status == 404


@pytest.mark.parametrize("hostile", ['"', "'", ";", "--", "/*", "\\", "$1", "x y", "ü", '"" "', "a.b", "%s", "{0}"])
async def test_hostile_names_stay_names(library: Library, hostile: str) -> None:
    quoted = '"' + hostile.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for target in (f"/books?select={quoted}", f"/books?order={quoted}", f"/books?{quoted}=eq.1", f"/{hostile}"):
        answer = await library.get(target)
        assert answer.status in (400, 404), answer.text
        assert msgspec.json.decode(answer.response.body)["code"] != "42601"
