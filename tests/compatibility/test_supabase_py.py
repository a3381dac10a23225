"""supabase-py, unmodified: who somebody is. The other half, rows, is in `test_supabase_py_rows.py`."""

import asyncio
from uuid import uuid4

import pytest
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

from tests.compatibility.clients import (
    PASSWORD,
    claims,
    connected,
    enrolled,
    follow,
    new_address,
    reader,
    sign_up,
    user_id,
)
from tests.compatibility.conftest import Place

PAGE = "http://127.0.0.1:3000/welcome"
SITE = "http://127.0.0.1:3000"


async def test_sign_up_confirms_the_address_where_the_project_wants_it(place: Place):
    email = new_address()
    async with connected(place) as client:
        credentials = {"email": email, "password": PASSWORD, "options": {"data": {"nickname": "Reader"}}}
        given = await client.auth.sign_up(credentials)
        assert given.user is not None
        assert given.user.email == email
        assert given.user.user_metadata["nickname"] == "Reader"
        assert [identity.provider for identity in given.user.identities or []] == ["email"]
        if not place.confirms:
            assert given.session is not None
            assert given.user.email_confirmed_at is not None
            assert place.server.inbox.to(email) == []
            return
        assert given.session is None
        assert given.user.email_confirmed_at is None
        with pytest.raises(AuthApiError) as refused:
            await client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
        assert refused.value.code == "email_not_confirmed"
        code = place.server.inbox.read(email).code
        confirmed = await client.auth.verify_otp({"type": "signup", "email": email, "token": code})
        assert confirmed.session is not None
        assert confirmed.user is not None
        assert confirmed.user.email_confirmed_at is not None


@pytest.mark.parametrize("place", ["gatepost"], indirect=True)
async def test_the_link_of_the_confirmation_mail_signs_in_too(place: Place):
    email = new_address()
    async with connected(place, flow_type="implicit") as client:
        options = {"email_redirect_to": PAGE}
        await client.auth.sign_up({"email": email, "password": PASSWORD, "options": options})
        page, told = follow(place.server.inbox.read(email).link)
        assert page == PAGE
        assert told["type"] == "signup"
        await client.auth.set_session(told["access_token"], told["refresh_token"])
        assert (await claims(client))["email"] == email


async def test_a_second_sign_up_gives_nothing_away(place: Place):
    email = new_address()
    async with reader(place, email), connected(place) as stranger:
        if place.confirms:
            given = await stranger.auth.sign_up({"email": email, "password": "another password"})
            assert given.session is None
            assert given.user is not None
            assert given.user.identities == []
        else:
            with pytest.raises(AuthApiError) as refused:
                await stranger.auth.sign_up({"email": email, "password": "another password"})
            assert refused.value.code == "user_already_exists"
            assert str(refused.value) == "User already registered"


async def test_a_weak_password_is_named_as_such(place: Place):
    async with connected(place) as client:
        with pytest.raises(AuthWeakPasswordError) as refused:
            await client.auth.sign_up({"email": new_address(), "password": "short"})
        assert refused.value.reasons == ["length"]
        assert refused.value.status == 422


async def test_sign_in_with_a_password(place: Place):
    email = new_address()
    async with reader(place, email) as first, connected(place) as second:
        given = await second.auth.sign_in_with_password({"email": email.upper(), "password": PASSWORD})
        assert given.session is not None
        assert given.session.token_type == "bearer"
        assert given.session.expires_in == 3600
        assert given.user is not None
        assert given.user.id == await user_id(first)
        told = await claims(second)
        assert (told["sub"], told["role"], told["aud"]) == (given.user.id, "authenticated", "authenticated")
        assert (told["aal"], told["amr"][0]["method"]) == ("aal1", "password")
        assert told["session_id"] != (await claims(first))["session_id"]


@pytest.mark.parametrize("known", [True, False])
async def test_a_wrong_password_and_an_unknown_address_read_the_same(place: Place, known: bool):
    email = new_address()
    async with connected(place) as client:
        if known:
            await sign_up(place, client, email)
        with pytest.raises(AuthApiError) as refused:
            await client.auth.sign_in_with_password({"email": email, "password": "wrong password"})
        assert (refused.value.status, refused.value.code) == (400, "invalid_credentials")
        assert str(refused.value) == "Invalid login credentials"


async def test_a_magic_link_exchanges_its_code_for_a_session(place: Place):
    """PKCE: the link gives a code to the page, which is worth nothing without the verifier the client kept."""
    email = new_address()
    async with reader(place, email), connected(place) as client, connected(place) as thief:
        before = len(place.server.inbox.to(email))
        await client.auth.sign_in_with_otp({"email": email, "options": {"email_redirect_to": PAGE}})
        page, told = follow(place.server.inbox.read(email, before + 1).link)
        assert page == PAGE
        assert set(told) == {"code"}
        with pytest.raises(AuthApiError) as refused:
            await thief.auth.exchange_code_for_session({"auth_code": told["code"], "code_verifier": "x" * 64})
        assert refused.value.code == "bad_code_verifier"
        given = await client.auth.exchange_code_for_session({"auth_code": told["code"]})
        assert given.user is not None
        assert given.user.email == email
        assert (await claims(client))["amr"][0]["method"] in ("otp", "magiclink")
        with pytest.raises(AuthApiError) as used:
            await client.auth.exchange_code_for_session({"auth_code": told["code"], "code_verifier": "x" * 64})
        assert used.value.code == "flow_state_not_found"


async def test_a_magic_link_without_pkce_brings_the_session_along(place: Place):
    email = new_address()
    async with reader(place, email), connected(place, flow_type="implicit") as client:
        before = len(place.server.inbox.to(email))
        await client.auth.sign_in_with_otp({"email": email})
        link = place.server.inbox.read(email, before + 1).link
        page, told = follow(link)
        assert page.rstrip("/") == SITE
        assert told["type"] == "magiclink"
        assert (told["token_type"], told["expires_in"]) == ("bearer", "3600")
        await client.auth.set_session(told["access_token"], told["refresh_token"])
        assert (await claims(client))["email"] == email
        page, told = follow(link)
        assert told["error_code"] == "otp_expired"


async def test_a_code_by_mail_signs_in_once(place: Place):
    email = new_address()
    async with connected(place) as client:
        await client.auth.sign_in_with_otp({"email": email, "options": {"data": {"nickname": "New"}}})
        code = place.server.inbox.read(email).code
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        with pytest.raises(AuthApiError) as refused:
            await client.auth.verify_otp({"type": "email", "email": email, "token": wrong})
        assert (refused.value.status, refused.value.code) == (403, "otp_expired")
        assert str(refused.value) == "Token has expired or is invalid"
        given = await client.auth.verify_otp({"type": "email", "email": email, "token": code})
        assert given.session is not None
        assert given.user is not None
        assert given.user.user_metadata["nickname"] == "New"
        with pytest.raises(AuthApiError):
            await client.auth.verify_otp({"type": "email", "email": email, "token": code})


async def test_nobody_is_made_by_a_code_that_may_not_make_users(place: Place):
    email = new_address()
    async with connected(place) as client:
        with pytest.raises(AuthApiError) as refused:
            await client.auth.sign_in_with_otp({"email": email, "options": {"should_create_user": False}})
        assert refused.value.code == "otp_disabled"
        assert place.server.inbox.to(email) == []


async def test_a_forgotten_password_is_replaced(place: Place):
    email = new_address()
    async with reader(place, email), connected(place) as client:
        before = len(place.server.inbox.to(email))
        await client.auth.reset_password_for_email(email, {"redirect_to": PAGE})
        page, told = follow(place.server.inbox.read(email, before + 1).link)
        assert page == PAGE
        await client.auth.exchange_code_for_session({"auth_code": told["code"]})
        await client.auth.update_user({"password": "a new password"})
        await client.auth.sign_out()
        with pytest.raises(AuthApiError):
            await client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
        assert (await client.auth.sign_in_with_password({"email": email, "password": "a new password"})).session


async def test_recovery_of_an_unknown_address_looks_the_same(place: Place):
    email = new_address()
    async with connected(place) as client:
        await client.auth.reset_password_for_email(email)
        assert place.server.inbox.to(email) == []


async def test_somebody_without_an_address(place: Place):
    async with connected(place) as client:
        given = await client.auth.sign_in_anonymously({"options": {"data": {"guest": True}}})
        assert given.user is not None
        assert given.user.is_anonymous
        assert (await claims(client))["is_anonymous"] is True
        row = await client.table("shelves").insert({"book_id": 1}).execute()
        assert row.data[0]["user_id"] == given.user.id


async def test_refresh_gives_a_new_pair_of_tokens(place: Place):
    async with reader(place) as client:
        before = await client.auth.get_session()
        assert before is not None
        after = (await client.auth.refresh_session()).session
        assert after is not None
        assert after.refresh_token != before.refresh_token
        assert after.user.id == before.user.id
        user = await client.auth.get_user(after.access_token)
        assert user is not None
        assert user.user.id == before.user.id


async def test_a_refresh_token_that_never_was(place: Place):
    async with connected(place) as client:
        with pytest.raises(AuthApiError) as refused:
            await client.auth.refresh_session("abcdefghijkl")
        assert (refused.value.status, refused.value.code) == (400, "refresh_token_not_found")
        assert "Invalid Refresh Token" in str(refused.value)


async def test_tabs_that_refresh_at_once_stay_signed_in(place: Place):
    async with reader(place) as client:
        session = await client.auth.get_session()
        assert session is not None
        tabs = [client.auth._refresh_access_token(session.refresh_token) for _ in range(5)]
        given = await asyncio.gather(*tabs)
        assert {answer.user.id for answer in given if answer.user} == {session.user.id}
        assert len({answer.session.refresh_token for answer in given if answer.session}) == 1


@pytest.mark.parametrize(
    ("scope", "here", "there"), [("local", False, True), ("others", True, False), ("global", False, False)]
)
async def test_sign_out_ends_the_sessions_of_its_scope(place: Place, scope: str, here: bool, there: bool):
    email = new_address()
    async with reader(place, email) as first, connected(place) as second:
        await second.auth.sign_in_with_password({"email": email, "password": PASSWORD})
        sessions = [await client.auth.get_session() for client in (first, second)]
        await first.auth.sign_out({"scope": scope})
        async with connected(place) as probe:
            held: list[bool] = []
            for session in sessions:
                assert session is not None
                try:
                    await probe.auth.refresh_session(session.refresh_token)
                    held.append(True)
                except AuthApiError as error:
                    assert error.code in ("refresh_token_not_found", "session_not_found")
                    held.append(False)
        assert held == [here, there]


async def test_a_token_whose_session_was_ended_names_nobody(place: Place):
    async with reader(place) as client, connected(place) as probe:
        session = await client.auth.get_session()
        assert session is not None
        await client.auth.sign_out()
        with pytest.raises(AuthApiError) as refused:
            await probe.auth.get_user(session.access_token)
        assert (refused.value.status, refused.value.code) == (403, "session_not_found")


async def test_a_user_changes_what_is_theirs(place: Place):
    async with reader(place) as client:
        changed = await client.auth.update_user({"data": {"theme": "dark", "size": 3}})
        assert changed.user.user_metadata["theme"] == "dark"
        again = await client.auth.update_user({"data": {"theme": None}})
        assert "theme" not in again.user.user_metadata
        assert again.user.user_metadata["size"] == 3
        found = await client.auth.get_user()
        assert found is not None
        assert found.user.user_metadata["size"] == 3


async def test_the_same_password_again_is_refused(place: Place):
    async with reader(place) as client:
        with pytest.raises(AuthApiError) as refused:
            await client.auth.update_user({"password": PASSWORD})
        assert (refused.value.status, refused.value.code) == (422, "same_password")


async def test_a_new_address_is_confirmed_by_mail(place: Place):
    """From the old address and the new one; from either where sign-ups need no confirmation, as GoTrue has it."""
    old, new = new_address("old"), new_address("new")
    async with reader(place, old, flow_type="implicit") as client, connected(place) as other:
        before = len(place.server.inbox.to(old))
        asked = await client.auth.update_user({"email": new})
        assert (asked.user.email, asked.user.new_email) == (old, new)
        mails = [place.server.inbox.read(old, before + 1), place.server.inbox.read(new)]
        if place.confirms:
            _, told = follow(mails.pop(0).link)
            assert told["message"].startswith("Confirmation link accepted")
            unchanged = await client.auth.get_user()
            assert unchanged is not None
            assert unchanged.user.email == old
        _, told = follow(mails.pop().link)
        assert told["type"] == "email_change"
        await client.auth.refresh_session()
        assert (await claims(client))["email"] == new
        assert (await other.auth.sign_in_with_password({"email": new, "password": PASSWORD})).session


async def test_a_second_factor_raises_the_session(place: Place):
    async with reader(place) as client:
        factor, device = await enrolled(client)
        level = await client.auth.mfa.get_authenticator_assurance_level()
        assert (level.current_level, level.next_level) == ("aal1", "aal1")
        challenge = await client.auth.mfa.challenge({"factor_id": factor})
        wrong = f"{(int(device.now()) + 1) % 1_000_000:06}"
        with pytest.raises(AuthApiError) as refused:
            await client.auth.mfa.verify({"factor_id": factor, "challenge_id": challenge.id, "code": wrong})
        assert (refused.value.status, refused.value.code) == (422, "mfa_verification_failed")
        assert str(refused.value) == "Invalid TOTP code entered"
        await client.auth.mfa.challenge_and_verify({"factor_id": factor, "code": device.now()})
        told = await claims(client)
        assert told["aal"] == "aal2"
        assert {each["method"] for each in told["amr"]} == {"otp" if place.confirms else "password", "totp"}
        listed = await client.auth.mfa.list_factors()
        assert [each.id for each in listed.totp] == [factor]


async def test_rows_that_need_a_second_factor(place: Place):
    email = new_address()
    async with reader(place, email) as client, connected(place) as elsewhere:
        with pytest.raises(Exception, match="row-level security"):
            await client.table("diaries").insert({"entry": "too early"}).execute()
        factor, device = await enrolled(client)
        await client.auth.mfa.challenge_and_verify({"factor_id": factor, "code": device.now()})
        await client.table("diaries").insert({"entry": "secret"}).execute()
        assert (await client.table("diaries").select("entry").execute()).data == [{"entry": "secret"}]
        await elsewhere.auth.sign_in_with_password({"email": email, "password": PASSWORD})
        level = await elsewhere.auth.mfa.get_authenticator_assurance_level()
        assert (level.current_level, level.next_level) == ("aal1", "aal2")
        assert (await elsewhere.table("diaries").select("entry").execute()).data == []


async def test_a_factor_is_given_up_at_its_own_level(place: Place):
    email = new_address()
    async with reader(place, email) as client, connected(place) as elsewhere:
        factor, device = await enrolled(client)
        await client.auth.mfa.challenge_and_verify({"factor_id": factor, "code": device.now()})
        await elsewhere.auth.sign_in_with_password({"email": email, "password": PASSWORD})
        with pytest.raises(AuthApiError) as refused:
            await elsewhere.auth.mfa.unenroll({"factor_id": factor})
        assert refused.value.code == "insufficient_aal"
        assert (await client.auth.mfa.unenroll({"factor_id": factor})).id == factor
        await client.auth.refresh_session()
        assert (await claims(client))["aal"] == "aal1"


async def test_the_administrator_keeps_users(place: Place):
    email = new_address("made")
    async with connected(place, place.secret) as staff, connected(place) as client:
        made = await staff.auth.admin.create_user(
            {"email": email, "password": PASSWORD, "email_confirm": True, "app_metadata": {"teams": [1]}}
        )
        assert made.user.app_metadata == {"provider": "email", "providers": ["email"], "teams": [1]}
        listed = await staff.auth.admin.list_users(page=1, per_page=5)
        assert listed[0].id == made.user.id
        assert len(listed) <= 5
        found = await staff.auth.admin.get_user_by_id(made.user.id)
        assert found.user.email == email
        changed = await staff.auth.admin.update_user_by_id(made.user.id, {"user_metadata": {"nickname": "N"}})
        assert changed.user.user_metadata["nickname"] == "N"
        await client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
        assert (await claims(client))["app_metadata"]["teams"] == [1]
        await staff.auth.admin.delete_user(made.user.id)
        with pytest.raises(AuthApiError) as gone:
            await staff.auth.admin.get_user_by_id(made.user.id)
        assert (gone.value.status, gone.value.code) == (404, "user_not_found")


async def test_a_banned_user_is_kept_out(place: Place):
    email = new_address()
    async with reader(place, email) as client, connected(place, place.secret) as staff:
        await staff.auth.admin.update_user_by_id(await user_id(client), {"ban_duration": "1h"})
        with pytest.raises(AuthApiError) as refused:
            await client.auth.refresh_session()
        assert refused.value.code == "user_banned"
        await staff.auth.admin.update_user_by_id(await user_id(client), {"ban_duration": "none"})
        assert (await client.auth.refresh_session()).session


async def test_the_administrator_invites(place: Place):
    email = new_address("guest")
    async with connected(place, place.secret) as staff, connected(place, flow_type="implicit") as client:
        options = {"data": {"nickname": "Guest"}, "redirect_to": PAGE}
        invited = await staff.auth.admin.invite_user_by_email(email, options)
        assert invited.user.invited_at is not None
        page, told = follow(place.server.inbox.read(email).link)
        assert (page, told["type"]) == (PAGE, "invite")
        await client.auth.set_session(told["access_token"], told["refresh_token"])
        await client.auth.update_user({"password": PASSWORD})
        await client.auth.sign_out()
        signed_in = await client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
        assert signed_in.user is not None
        assert signed_in.user.user_metadata["nickname"] == "Guest"


@pytest.mark.parametrize("kind", ["signup", "magiclink", "recovery", "invite"])
async def test_the_administrator_makes_links_and_sends_them_himself(place: Place, kind: str):
    email = new_address("link")
    async with connected(place, place.secret) as staff, connected(place) as client:
        if kind in ("magiclink", "recovery"):
            await staff.auth.admin.create_user({"email": email, "email_confirm": True})
        asked = {"type": kind, "email": email, "options": {"redirect_to": PAGE}}
        made = await staff.auth.admin.generate_link(asked | ({"password": PASSWORD} if kind == "signup" else {}))
        assert made.properties.verification_type == kind
        assert made.properties.redirect_to == PAGE
        assert place.server.inbox.to(email) == []
        given = await client.auth.verify_otp({"type": kind, "token_hash": made.properties.hashed_token})
        assert given.user is not None
        assert given.user.id == made.user.id
        with pytest.raises(AuthApiError):
            await client.auth.verify_otp({"type": kind, "email": email, "token": made.properties.email_otp})


async def test_the_administrator_ends_sessions_and_takes_factors_away(place: Place):
    email = new_address()
    async with reader(place, email) as client, connected(place, place.secret) as staff:
        factor, device = await enrolled(client)
        await client.auth.mfa.challenge_and_verify({"factor_id": factor, "code": device.now()})
        listed = await staff.auth.admin.mfa.list_factors({"user_id": await user_id(client)})
        assert [each.id for each in listed] == [factor]
        await staff.auth.admin.mfa.delete_factor({"user_id": await user_id(client), "id": factor})
        session = await client.auth.get_session()
        assert session is not None
        await staff.auth.admin.sign_out(session.access_token)
        with pytest.raises(AuthApiError):
            await client.auth.refresh_session()


@pytest.mark.parametrize("who", ["nobody", "a user"])
async def test_administration_needs_the_secret_key(place: Place, who: str):
    async with connected(place) as client:
        if who == "a user":
            await sign_up(place, client, new_address())
        for attempt in (
            client.auth.admin.list_users(),
            client.auth.admin.create_user({"email": new_address()}),
            client.auth.admin.get_user_by_id(str(uuid4())),
            client.auth.admin.update_user_by_id(str(uuid4()), {"role": "service_role"}),
            client.auth.admin.delete_user(str(uuid4())),
            client.auth.admin.invite_user_by_email(new_address()),
        ):
            with pytest.raises(AuthApiError) as refused:
                await attempt
            assert (refused.value.status, refused.value.code) in ((403, "not_admin"), (401, "no_authorization"))


async def test_a_user_cannot_give_themselves_rights(place: Place):
    async with reader(place) as client:
        with pytest.raises(AuthApiError) as refused:
            await client.auth.update_user({"app_metadata": {"teams": [1]}})  # pyright: ignore
        assert refused.value.code == "not_admin"
        await client.auth.update_user({"data": {"role": "service_role", "teams": [1]}})
        await client.auth.refresh_session()
        told = await claims(client)
        assert told["role"] == "authenticated"
        assert "teams" not in told["app_metadata"]
