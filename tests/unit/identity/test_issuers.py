"""What a token of another issuer's may say, and what only this server says."""

import base64
import hmac
import json
from typing import Any
from uuid import UUID

import pytest
from joserfc import jws

from gatepost.identity.issuers import ANY, Issuer, KeysWanted, Trust, derived_id, identified
from gatepost.identity.keys import KeyRing, from_jwk, from_secret, generate
from gatepost.identity.tokens import InvalidToken, Reason, Tokens

NOW = 1_800_000_000.0
NAME = "https://id.example.com/"
CLAIMS: dict[str, Any] = {"iss": NAME, "aud": "my-api", "sub": "person-1", "iat": NOW, "exp": NOW + 600}
PRIVATE = generate("theirs")
OWN = generate("ours")
TRUST = Trust(NAME, ("my-api",))


def believing(trust: Trust = TRUST, *more: Issuer) -> Tokens:
    """A server that believes one issuer, whose keys it has, and perhaps others."""
    tokens = Tokens(KeyRing([from_jwk(OWN), from_secret("a-secret-of-at-least-thirty-two-bytes!")]), clock=lambda: NOW)
    keys = KeyRing([from_jwk({name: value for name, value in PRIVATE.items() if name != "d"}, signs=False)])
    known = (Issuer(trust, keys, until=NOW + 300, ask_again=NOW + 10), *more)
    tokens.issuers = {each.trust.name: each for each in known}
    return tokens


def signed(
    claims: dict[str, Any] | None = None, header: dict[str, Any] | None = None, jwk: dict[str, Any] = PRIVATE
) -> str:
    key = from_jwk(jwk)
    named = {"alg": "ES256", "kid": jwk["kid"], **(header or {})}
    body = {name: value for name, value in {**CLAIMS, **(claims or {})}.items() if value is not None}
    kept = {name: value for name, value in named.items() if value is not None}
    return jws.serialize_compact(kept, json.dumps(body).encode(), key.key, algorithms=["ES256"])


def reason(token: str, tokens: Tokens | None = None) -> Reason:
    with pytest.raises(InvalidToken) as refused:
        (tokens or believing()).identify(token)
    return refused.value.reason


def test_a_valid_token_is_an_identity_of_its_issuer() -> None:
    identity = believing().identify(signed({"email": "ann@example.com"}))
    assert (identity.issuer, identity.role) == (NAME, "authenticated")
    assert identity.claims["email"] == "ann@example.com"
    assert identity.claims["external_sub"] == "person-1"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "another-api"}, Reason.AUDIENCE),
        ({"aud": None}, Reason.AUDIENCE),
        ({"aud": []}, Reason.AUDIENCE),
        ({"aud": {"my-api": 1}}, Reason.CLAIM),
        ({"exp": NOW - 31}, Reason.EXPIRED),
        ({"exp": None}, Reason.MISSING),
        ({"exp": "soon"}, Reason.CLAIM),
        ({"nbf": NOW + 31}, Reason.NOT_YET),
        ({"iat": NOW + 31}, Reason.FUTURE),
        ({"sub": None}, Reason.MISSING),
        ({"sub": ""}, Reason.MISSING),
        ({"sub": 7}, Reason.MISSING),
        ({"sub": "x" * 256}, Reason.MISSING),
        ({"sub": "somebody-else\0"}, Reason.MISSING),
        # These are not its own any more: they are this server's to verify, which has made no such signature.
        ({"iss": NAME.rstrip("/")}, Reason.KEY),
        ({"iss": None}, Reason.KEY),
        ({"iss": [NAME]}, Reason.KEY),
    ],
)
def test_claims_that_do_not_hold(claims: dict[str, Any], why: Reason) -> None:
    assert reason(signed(claims)) is why


def test_several_audiences_are_one_of_ours() -> None:
    assert believing().identify(signed({"aud": ["userinfo", "my-api"]})).issuer == NAME
    assert believing(Trust(NAME, (ANY,))).identify(signed({"aud": None})).issuer == NAME


@pytest.mark.parametrize("exp", [NOW - 29, NOW])
def test_clocks_may_differ_by_half_a_minute(exp: float) -> None:
    assert believing().identify(signed({"exp": exp})).issuer == NAME


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"kid": "another"}, Reason.KEY),
        ({"crit": ["exp"]}, Reason.CRITICAL),
        ({"typ": "logout+jwt"}, Reason.TYPE),
        ({"typ": 7}, Reason.TYPE),
        ({"typ": ["JWT"]}, Reason.TYPE),
        ({"typ": {"JWT": 1}}, Reason.TYPE),
    ],
)
def test_headers_that_are_refused(header: dict[str, Any], why: Reason) -> None:
    key = from_jwk(PRIVATE)
    named = json.dumps({"alg": "ES256", "kid": "theirs", **header}).encode()
    text = base64.urlsafe_b64encode(named).rstrip(b"=") + b"." + signed().encode().split(b".")[1]
    algorithm = jws.JWSRegistry.algorithms["ES256"]
    signature = base64.urlsafe_b64encode(algorithm.sign(text, key.key)).rstrip(b"=")
    assert reason((text + b"." + signature).decode()) is why


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "at+jwt", "application/at+jwt"])
def test_kinds_of_tokens_that_say_who_somebody_is(typ: str | None) -> None:
    assert believing().identify(signed(header={"typ": typ})).issuer == NAME


def test_an_unsigned_token_is_nobodys() -> None:
    head, body, _ = signed().split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    assert reason(f"{none}.{body}.") is Reason.UNSIGNED
    assert reason(f"{head}.{body}.") is Reason.KEY


def test_a_public_key_is_no_secret() -> None:
    """The confusion of RS256 and HS256: what everybody can read is used to sign."""
    public = from_jwk(PRIVATE).key.as_pem(private=False)  # pyright: ignore
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"theirs"}').rstrip(b"=").decode()
    text = head + "." + signed().split(".")[1]
    mac = base64.urlsafe_b64encode(hmac.digest(public, text.encode(), "sha256")).rstrip(b"=").decode()
    token = f"{text}.{mac}"
    assert reason(token) is Reason.ALGORITHM


def test_keys_of_one_issuer_are_good_for_no_other() -> None:
    another = "https://other.example.com"
    empty = Issuer(Trust(another, (ANY,)), KeyRing(()), until=NOW + 300, ask_again=NOW + 10)
    assert reason(signed({"iss": another}), believing(TRUST, empty)) is Reason.ALGORITHM
    # The server's own key, and its secret, make no token of an issuer's; its key makes no token of the server's.
    assert reason(signed(jwk=OWN)) is Reason.KEY
    assert reason(signed(header={"kid": "ours"}, jwk=PRIVATE, claims={"iss": "https://own"})) is Reason.KEY


def test_a_key_that_is_not_known_is_asked_for_and_not_again_at_once() -> None:
    tokens = believing()
    tokens.issuers[NAME].ask_again = NOW
    with pytest.raises(KeysWanted):
        tokens.identify(signed(header={"kid": "another"}))
    tokens.issuers[NAME].ask_again = NOW + 10
    assert reason(signed(header={"kid": "another"})) is Reason.KEY


def test_what_was_verified_is_good_no_longer_than_the_keys_it_was_verified_with() -> None:
    now = [NOW]
    tokens = believing()
    tokens._clock = lambda: now[0]  # pyright: ignore[reportPrivateUsage]
    token = signed()
    assert tokens.identify(token) is tokens.identify(token)
    now[0] = NOW + 300
    with pytest.raises(KeysWanted):
        tokens.identify(token)
    tokens.issuers[NAME].until = NOW + 600
    assert tokens.identify(token).issuer == NAME
    now[0] = NOW + 631
    tokens.issuers[NAME].until = NOW + 1000
    assert reason(token, tokens) is Reason.EXPIRED


def test_the_servers_own_surface_believes_its_own_tokens_only() -> None:
    tokens = believing()
    assert tokens.identify(signed()).issuer == NAME
    with pytest.raises(InvalidToken) as refused:
        tokens.verify(signed())
    assert refused.value.reason is Reason.ISSUER


GROUPS = Trust(NAME, (ANY,), role_claim="realm.groups", roles={"boss": "app_admin", "staff": "authenticated"})


@pytest.mark.parametrize(
    ("trust", "claims", "role"),
    [
        (TRUST, {"role": "service_role"}, "authenticated"),
        (GROUPS, {"realm": {"groups": ["staff", "boss"]}}, "app_admin"),
        (GROUPS, {"realm": {"groups": "staff"}}, "authenticated"),
        (GROUPS, {"realm.groups": ["staff"]}, "authenticated"),
        (GROUPS, {"realm": {"groups": ["service_role"]}}, None),
        (GROUPS, {"realm": {"groups": [{"boss": 1}, ["boss"], 7]}}, None),
        (GROUPS, {"realm": "boss"}, None),
        (GROUPS, {"role": "app_admin"}, None),
        (GROUPS, {}, None),
        (Trust(NAME, (ANY,), role_claim="role", roles={"": "anon"}), {}, "anon"),
        (Trust(NAME, (ANY,), role_claim="role", roles={"": "anon"}), {"role": "service_role"}, None),
    ],
)
def test_a_role_is_what_is_written_down_for_the_issuer(trust: Trust, claims: dict[str, Any], role: str | None) -> None:
    if role is None:
        assert reason(signed(claims), believing(trust)) is Reason.UNMAPPED
    else:
        identity = believing(trust).identify(signed(claims))
        assert (identity.role, identity.claims["role"]) == (role, role)


def test_a_subject_becomes_a_user_id_that_no_other_issuers_subject_has() -> None:
    made = derived_id(NAME, "person-1")
    assert believing().identify(signed()).subject == made == str(UUID(made))
    assert made != derived_id("https://other.example.com", "person-1")
    # A subject that is somebody's id here is not that somebody.
    taken = "00000000-0000-0000-0000-000000000001"
    assert believing().identify(signed({"sub": taken})).subject != taken
    assert believing(Trust(NAME, (ANY,), subject="token")).identify(signed({"sub": taken})).subject == taken


def test_a_claim_may_say_which_user_here_it_is() -> None:
    trust = Trust(NAME, (ANY,), subject="https://x.org/claims.user_id")
    told = {"https://x.org/claims": {"user_id": "5A1E0000-0000-0000-0000-000000000001"}}
    identity = believing(trust).identify(signed(told))
    assert identity.subject == "5a1e0000-0000-0000-0000-000000000001"
    assert identity.claims["external_sub"] == "person-1"
    for wrong in ({"user_id": "person-1"}, {"user_id": 7}, {}, [], None):
        assert reason(signed({"https://x.org/claims": wrong}), believing(trust)) is Reason.MISSING


def test_what_only_the_server_says_is_not_an_issuers_to_say() -> None:
    said = {"app_metadata": {"tenant_id": "t"}, "session_id": "s", "https://x/claims": {"plan": "gold"}}
    claims = believing().identify(signed(said)).claims
    assert "app_metadata" not in claims
    assert "session_id" not in claims
    mapped = believing(Trust(NAME, (ANY,), app_metadata="https://x/claims")).identify(signed(said)).claims
    assert mapped["app_metadata"] == {"plan": "gold"}
    unfit = identified({"sub": "a", "app_metadata": ["x"]}, Trust(NAME, (ANY,), app_metadata="app_metadata"))
    assert "app_metadata" not in unfit.claims
