"""supabase-py's other face, without asyncio: one reader's day."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pyotp
import pytest
from postgrest.exceptions import APIError
from supabase import Client, ClientOptions, create_client
from supabase_auth.errors import AuthApiError

from tests.compatibility.clients import PASSWORD, follow, new_address
from tests.compatibility.conftest import Place


@contextmanager
def connected(place: Place, key: str = "") -> Iterator[Client]:
    """A client of its own, closed at the end."""
    with httpx.Client(timeout=20, follow_redirects=True) as http:
        yield create_client(place.url, key or place.key, ClientOptions(httpx_client=http, auto_refresh_token=False))


def test_a_readers_day(place: Place):
    email = new_address()
    with connected(place) as client:
        given = client.auth.sign_up({"email": email, "password": PASSWORD})
        if place.confirms:
            code = place.server.inbox.read(email).code
            given = client.auth.verify_otp({"type": "signup", "email": email, "token": code})
        assert given.user is not None
        client.table("shelves").insert({"book_id": 1, "stars": 5}).execute()
        client.table("shelves").upsert({"book_id": 1, "stars": 4}, on_conflict="user_id,book_id").execute()
        found = client.table("shelves").select("stars, books(title, authors(name))").execute()
        assert found.data == [{"stars": 4, "books": {"title": "Emma", "authors": {"name": "Jane Austen"}}}]
        assert client.rpc("whoami").execute().data["uid"] == given.user.id
        assert client.auth.update_user({"data": {"theme": "dark"}}).user.user_metadata["theme"] == "dark"
        assert client.auth.refresh_session().session is not None
        factor = client.auth.mfa.enroll({"factor_type": "totp", "friendly_name": "phone"})
        assert factor.totp is not None
        code = pyotp.TOTP(factor.totp.secret).now()
        client.auth.mfa.challenge_and_verify({"factor_id": factor.id, "code": code})
        client.table("diaries").insert({"entry": "a good day"}).execute()
        told = client.auth.get_claims()
        assert told is not None
        assert told["claims"]["aal"] == "aal2"
        client.auth.sign_out()
        with pytest.raises(APIError):
            client.table("diaries").insert({"entry": "too late"}).execute()


def test_a_link_by_mail(place: Place):
    email = new_address()
    with connected(place) as client:
        client.auth.sign_in_with_otp({"email": email})
        _, told = follow(place.server.inbox.read(email).link)
        given = client.auth.exchange_code_for_session({"auth_code": told["code"]})
        assert given.user is not None
        assert given.user.email == email
        client.auth.sign_out()


def test_the_administrator(place: Place):
    with connected(place, place.secret) as staff:
        made = staff.auth.admin.create_user({"email": new_address("made"), "password": PASSWORD, "email_confirm": True})
        assert staff.auth.admin.get_user_by_id(made.user.id).user.email == made.user.email
        assert staff.auth.admin.list_users()[0].id == made.user.id
        staff.auth.admin.delete_user(made.user.id)
        with pytest.raises(AuthApiError):
            staff.auth.admin.get_user_by_id(made.user.id)
