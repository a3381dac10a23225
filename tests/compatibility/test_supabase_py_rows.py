"""supabase-py, unmodified: rows, and who sees them."""

from typing import Any

import pytest
from postgrest.exceptions import APIError
from postgrest.types import CountMethod, ReturnMethod
from supabase import AsyncClient

from tests.compatibility.clients import connected, new_address, reader, user_id
from tests.compatibility.conftest import Place


def titles(answer: Any) -> list[str]:
    return [row["title"] for row in answer.data]


async def shelved(client: AsyncClient) -> list[int]:
    """The books on the shelves a client sees."""
    return [row["book_id"] for row in (await client.table("shelves").select("book_id").order("book_id").execute()).data]


async def test_rows_are_written_read_changed_and_removed(place: Place):
    async with reader(place) as client:
        made = await client.table("shelves").insert({"book_id": 1, "note": "to read", "stars": 3}).execute()
        assert made.data[0] | {"id": 0} == {
            "id": 0,
            "user_id": await user_id(client),
            "book_id": 1,
            "note": "to read",
            "stars": 3,
        }
        several = await client.table("shelves").insert([{"book_id": 2}, {"book_id": 3, "stars": 5}]).execute()
        assert [row["stars"] for row in several.data] == [None, 5]
        changed = await client.table("shelves").update({"stars": 4}).eq("book_id", 1).execute()
        assert [row["stars"] for row in changed.data] == [4]
        gone = await client.table("shelves").delete().gte("stars", 4).execute()
        assert sorted(row["book_id"] for row in gone.data) == [1, 3]
        assert await shelved(client) == [2]


async def test_a_write_that_wants_nothing_back(place: Place):
    async with reader(place) as client:
        answer = await client.table("shelves").insert({"book_id": 1}, returning=ReturnMethod.minimal).execute()
        assert answer.data == []
        assert await shelved(client) == [1]


async def test_upsert_changes_what_is_there_and_adds_what_is_not(place: Place):
    async with reader(place) as client:
        await client.table("shelves").insert({"book_id": 1, "note": "old", "stars": 1}).execute()
        rows = [{"book_id": 1, "note": "new"}, {"book_id": 2, "note": "first"}]
        await client.table("shelves").upsert(rows, on_conflict="user_id,book_id").execute()
        found = await client.table("shelves").select("book_id, note, stars").order("book_id").execute()
        assert found.data == [
            {"book_id": 1, "note": "new", "stars": 1},
            {"book_id": 2, "note": "first", "stars": None},
        ]
        ignored = await (
            client.table("shelves")
            .upsert([{"book_id": 1, "note": "newer"}], on_conflict="user_id,book_id", ignore_duplicates=True)
            .execute()
        )
        assert ignored.data == []


async def test_embedding_follows_foreign_keys_each_way(place: Place):
    async with connected(place) as client:
        one = await client.table("books").select("title, authors(name)").eq("id", 3).single().execute()
        assert one.data == {"title": "Frankenstein", "authors": {"name": "Mary Shelley"}}
        many = await client.table("authors").select("name, books(title)").eq("id", 1).execute()
        assert many.data == [{"name": "Jane Austen", "books": [{"title": "Emma"}, {"title": "Persuasion"}]}]
        through = await client.table("books").select("genres(name)").eq("id", 3).single().execute()
        assert sorted(genre["name"] for genre in through.data["genres"]) == ["Adventure", "Horror"]
        deep = await client.table("genres").select("name, books(title, authors(name))").eq("name", "Romance").execute()
        assert deep.data[0]["books"][0] == {"title": "Emma", "authors": {"name": "Jane Austen"}}
        none = await client.table("authors").select("name, books(title)").eq("id", 4).execute()
        assert none.data == [{"name": "Nobody Yet", "books": []}]


async def test_embeds_are_named_filtered_ordered_and_counted(place: Place):
    async with connected(place) as client:
        inner = await (
            client.table("authors")
            .select("name, works:books!inner(title)")
            .gte("works.published", 1818)
            .order("name")
            .execute()
        )
        assert [row["name"] for row in inner.data] == ["Jules Verne", "Mary Shelley"]
        newest = await (
            client.table("authors")
            .select("name, books(title)")
            .eq("id", 3)
            .order("published", desc=True, foreign_table="books")
            .limit(1, foreign_table="books")
            .execute()
        )
        assert newest.data[0]["books"] == [{"title": "The Mysterious Island"}]
        by_author = (
            await client.table("books").select("title, authors(name)").order("authors(name)").order("id").execute()
        )
        assert titles(by_author)[:2] == ["Emma", "Persuasion"]
        counted = await client.table("authors").select("name, books(count)").order("id").execute()
        assert [row["books"][0]["count"] for row in counted.data] == [2, 1, 2, 0]


FILTERS: list[tuple[str, tuple[Any, ...], list[int]]] = [
    ("eq", ("title", "Emma"), [1]),
    ("neq", ("author_id", 1), [3, 4, 5]),
    ("gt", ("published", 1818), [4, 5]),
    ("gte", ("published", 1818), [3, 4, 5]),
    ("lt", ("price", 8), [2]),
    ("lte", ("price", 8), [2, 4]),
    ("like", ("title", "%s%"), [2, 3, 4, 5]),
    ("ilike", ("title", "the%"), [5]),
    ("is_", ("price", "null"), [5]),
    ("in_", ("title", ["Emma", "Frankenstein", "Not, \"there\""]), [1, 3]),
    ("contains", ("tags", ["novel", "travel"]), [4, 5]),
    ("contains", ("details", {"binding": {"kind": "cloth"}}), [1]),
    ("contained_by", ("tags", ["novel", "comedy", "horror"]), [1, 2, 3]),
    ("overlaps", ("tags", ["comedy", "horror"]), [1, 3]),
    ("range_gt", ("on_display", ["2026-02-15", "2026-02-20"]), [2]),
    ("range_gte", ("on_display", ["2026-01-14", "2026-01-20"]), [2, 4]),
    ("range_lt", ("on_display", ["2026-02-15", "2026-02-20"]), [1]),
    ("range_lte", ("on_display", ["2026-01-15", "2026-04-01"]), [1, 2]),
    ("range_adjacent", ("on_display", ["2026-01-31", "2026-03-01"]), [1, 2]),
    ("text_search", ("abstract", "'world' & 'days'"), [4]),
    ("or_", ("published.lt.1816,and(price.is.null,tags.cs.{travel})",), [1, 5]),
    ("match", ({"author_id": 1, "published": 1817},), [2]),
    ("eq", ("details->binding->>kind", "paper"), [2]),
    ("gt", ("details->pages", 260), [1, 3]),
    ("like_any_of", ("title", "E%,F%"), [1, 3]),
    ("ilike_all_of", ("title", "%the%,%world%"), [4]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "ids"), FILTERS, ids=[f"{f[0]} {f[1][0]}" for f in FILTERS])
async def test_filters(place: Place, name: str, arguments: tuple[Any, ...], ids: list[int]):
    async with connected(place) as client:
        query = client.table("books").select("id")
        found = await getattr(query, name)(*arguments).order("id").execute()
        assert [row["id"] for row in found.data] == ids


async def test_filters_are_negated(place: Place):
    async with connected(place) as client:
        found = await client.table("books").select("title").not_.in_("author_id", [1, 3]).execute()
        assert titles(found) == ["Frankenstein"]
        found = await client.table("books").select("title").not_.is_("on_display", "null").order("id").execute()
        assert len(found.data) == 3


async def test_order_pages_and_counts(place: Place):
    async with connected(place) as client:
        books = client.table("books")
        ordered = await books.select("title").order("price", desc=True, nullsfirst=True).limit(2).execute()
        assert titles(ordered) == ["The Mysterious Island", "Frankenstein"]
        page = await books.select("id", count=CountMethod.exact).order("id").range(1, 2).execute()
        assert ([row["id"] for row in page.data], page.count) == ([2, 3], 5)
        only = await books.select("*", count=CountMethod.exact, head=True).gt("published", 1850).execute()
        assert (only.data, only.count) == ([], 2)
        beyond = await books.select("id").order("id").range(4, 20).execute()
        assert [row["id"] for row in beyond.data] == [5]


async def test_one_row_and_perhaps_one(place: Place):
    async with connected(place) as client:
        books = client.table("books")
        assert (await books.select("title").eq("id", 1).single().execute()).data == {"title": "Emma"}
        assert (await books.select("title").eq("id", 1).maybe_single().execute()).data == {"title": "Emma"}
        none = await books.select("title").eq("id", 99).maybe_single().execute()
        assert none is None or none.data is None
        for ids, rows in (([99], 0), ([1, 2], 2)):
            with pytest.raises(APIError) as refused:
                await books.select("title").in_("id", ids).single().execute()
            assert refused.value.code == "PGRST116"
            assert str(rows) in (refused.value.details or "")


async def test_columns_are_renamed_cast_and_reached_into(place: Place):
    async with connected(place) as client:
        found = await (
            client.table("books")
            .select("name:title, year:published::text, details->binding->>kind")
            .eq("id", 1)
            .execute()
        )
        assert found.data == [{"name": "Emma", "year": "1815", "kind": "cloth"}]
        text = await client.table("books").select("title, published").eq("id", 1).csv().execute()
        assert text.data == "title,published\nEmma,1815"


async def test_functions_are_called(place: Place):
    async with connected(place) as client:
        assert (await client.rpc("add", {"a": 2, "b": 3}).execute()).data == 5
        assert (await client.rpc("add", {"a": 2, "b": 3}, get=True).execute()).data == 5
        since = (
            await client.rpc("books_since", {"year": 1800})
            .select("title")
            .order("published", desc=True)
            .limit(1)
            .execute()
        )
        assert titles(since)[0] == "The Mysterious Island"
        with pytest.raises(APIError) as refused:
            await client.rpc("refuse", {"why": "closed"}).execute()
        assert (refused.value.code, refused.value.message) == ("P0001", "refused: closed")
        assert refused.value.hint == "Ask again tomorrow"


async def test_mistakes_are_explained(place: Place):
    async with reader(place) as client:
        for query, code in (
            (client.table("bookz").select("*"), "PGRST205"),
            (client.table("books").select("titel"), "42703"),
            (client.table("books").select("title, publishers(name)"), "PGRST200"),
            (client.table("shelves").insert({"book_id": 1, "colour": "red"}), "PGRST204"),
            (client.table("shelves").insert({"book_id": 1, "stars": 9}), "23514"),
            (client.table("shelves").insert({"book_id": 999}), "23503"),
            (client.table("books").select("*").eq("id", "one"), "22P02"),
            (client.rpc("subtract", {"a": 1}), "PGRST202"),
        ):
            with pytest.raises(APIError) as refused:
                await query.execute()
            assert refused.value.code == code


async def test_two_users_never_see_each_others_rows(place: Place):
    async with reader(place) as ada, reader(place) as bob:
        await ada.table("shelves").insert({"book_id": 1, "note": "ada's"}).execute()
        await bob.table("shelves").insert([{"book_id": 2}, {"book_id": 3}]).execute()
        assert await shelved(ada) == [1]
        assert await shelved(bob) == [2, 3]
        counted = await bob.table("shelves").select("*", count=CountMethod.exact, head=True).execute()
        assert counted.count == 2
        embedded = await bob.table("books").select("id, shelves(note)").order("id").execute()
        assert [len(book["shelves"]) for book in embedded.data] == [0, 1, 1, 0, 0]
        assert (await bob.table("shelves").update({"note": "bob's"}).eq("book_id", 1).execute()).data == []
        assert (await bob.table("shelves").delete().eq("book_id", 1).execute()).data == []
        for stolen in ({"book_id": 4, "user_id": await user_id(ada)},):
            with pytest.raises(APIError) as refused:
                await bob.table("shelves").insert(stolen).execute()
            assert refused.value.code == "42501"
        with pytest.raises(APIError) as refused:
            await bob.table("shelves").update({"user_id": await user_id(ada)}).eq("book_id", 2).execute()
        assert refused.value.code == "42501"
        assert await shelved(ada) == [1]


async def test_nobody_sees_what_nobody_may(place: Place):
    async with connected(place) as nobody, reader(place) as ada:
        await ada.table("shelves").insert({"book_id": 1}).execute()
        assert len((await nobody.table("books").select("*").execute()).data) == 5
        if place.confirms:  # deny first: nobody has a right to the table at all
            with pytest.raises(APIError) as refused:
                await nobody.table("shelves").select("*").execute()
            assert refused.value.code == "42501"
        else:  # Supabase's default privileges: a right to the table, and no policy that lets a row through
            assert (await nobody.table("shelves").select("*").execute()).data == []
        with pytest.raises(APIError) as refused:
            await nobody.table("shelves").insert({"book_id": 1, "user_id": await user_id(ada)}).execute()
        assert refused.value.code == "42501"
        told = (await nobody.rpc("whoami").execute()).data
        assert told == {"uid": None, "role": "anon", "email": None, "user": "anon"}


async def test_who_one_is_to_a_function(place: Place):
    email = new_address()
    async with reader(place, email) as client:
        told = (await client.rpc("whoami").execute()).data
        assert told == {"uid": await user_id(client), "role": "authenticated", "email": email, "user": "authenticated"}
        await client.auth.sign_out()
        assert (await client.rpc("whoami").execute()).data["user"] == "anon"


async def test_a_secret_key_sees_all(place: Place):
    async with connected(place, place.secret) as staff, reader(place) as ada, reader(place) as bob:
        await ada.table("shelves").insert({"book_id": 1}).execute()
        await bob.table("shelves").insert({"book_id": 2}).execute()
        owners = {row["user_id"] for row in (await staff.table("shelves").select("user_id").execute()).data}
        assert {await user_id(ada), await user_id(bob)} <= owners
        assert (await staff.rpc("whoami").execute()).data["user"] == "service_role"
        made = await staff.table("authors").insert({"name": new_address("author")}).execute()
        await staff.table("authors").delete().eq("id", made.data[0]["id"]).execute()


async def test_a_secret_key_with_a_users_token_sees_that_users_rows_only(place: Place):
    async with reader(place) as ada, reader(place) as bob:
        await ada.table("shelves").insert({"book_id": 1}).execute()
        await bob.table("shelves").insert({"book_id": 2}).execute()
        session = await ada.auth.get_session()
        assert session is not None
        async with connected(place, place.secret) as staff:
            await staff.auth.set_session(session.access_token, session.refresh_token)
            assert await shelved(staff) == [1]
            assert (await staff.rpc("whoami").execute()).data["user"] == "authenticated"
            with pytest.raises(APIError):
                await staff.rpc("clear_all_shelves").execute()
        async with connected(place, place.secret, headers={"Authorization": f"Bearer {session.access_token}"}) as staff:
            assert await shelved(staff) == [1]


@pytest.mark.parametrize("form", ["opaque", "jwt"])
async def test_keys_of_both_forms_do_the_same(place: Place, form: str):
    server = place.server
    public, secret = (server.publishable, server.secret) if form == "opaque" else (server.anon, server.service_role)
    assert public.startswith("sb_publishable_" if form == "opaque" else "eyJ")
    async with connected(place, public) as nobody, connected(place, secret) as staff, reader(place) as ada:
        await ada.table("shelves").insert({"book_id": 1}).execute()
        assert (await nobody.rpc("whoami").execute()).data["user"] == "anon"
        assert (await staff.rpc("whoami").execute()).data["user"] == "service_role"
        assert await user_id(ada) in {user.id for user in await staff.auth.admin.list_users(per_page=1000)}
        session = await ada.auth.get_session()
        assert session is not None
        await nobody.auth.set_session(session.access_token, session.refresh_token)
        assert await shelved(nobody) == [1]


@pytest.mark.parametrize("key", ["sb_publishable_unknown", "sb_secret_unknown", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "key"])
async def test_a_key_that_is_none_opens_nothing(place: Place, key: str):
    async with connected(place, key) as client:
        with pytest.raises(APIError) as refused:
            await client.table("books").select("*").execute()
        assert refused.value.message == "Invalid API key"
