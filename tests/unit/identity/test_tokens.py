"""A token is believed when one of the server's keys signed it, with that key's own algorithm, for now."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from gatepost.identity import Identity
from gatepost.identity.compact import claimed_issuer
from gatepost.identity.keys import KeyRing, from_jwk, from_secret, from_set, generate
from gatepost.identity.tokens import InvalidToken, Reason, Rules, Tokens
from gatepost.problem import Problem

SECRET = "a-secret-of-at-least-thirty-two-bytes!"
NOW = 1_800_000_000.0
CLAIMS = {"sub": "00000000-0000-0000-0000-000000000001", "role": "authenticated", "exp": NOW + 3600}


def clock() -> float:
    return NOW


def encoded(value: str | bytes) -> str:
    raw = value.encode() if isinstance(value, str) else value
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(value: object) -> str:
    return encoded(json.dumps(value))


def hs256(claims: object, header: dict[str, Any] | None = None, secret: str = SECRET) -> str:
    signed = part({"alg": "HS256", "typ": "JWT", **(header or {})}) + "." + part(claims)
    digest = hmac.digest(secret.encode(), signed.encode(), hashlib.sha256)
    return signed + "." + encoded(digest)


@pytest.fixture(scope="module")
def private() -> dict[str, Any]:
    return generate("first")


@pytest.fixture
def tokens(private: dict[str, Any]) -> Tokens:
    return Tokens(KeyRing([from_jwk(private), from_secret(SECRET)]), clock=clock)


def reason(tokens: Tokens, token: str) -> Reason:
    with pytest.raises(InvalidToken) as refused:
        tokens.identify(token)
    return refused.value.reason


def test_what_we_sign_we_believe(tokens: Tokens) -> None:
    identity = tokens.identify(tokens.sign(CLAIMS))
    assert (identity.role, identity.subject) == ("authenticated", CLAIMS["sub"])
    assert json.loads(identity.claims_json) == CLAIMS


def test_tokens_are_signed_with_es256_and_name_their_key(tokens: Tokens) -> None:
    header = json.loads(base64.urlsafe_b64decode(tokens.sign(CLAIMS).split(".")[0] + "=="))
    assert header == {"alg": "ES256", "typ": "JWT", "kid": "first"}


def test_a_legacy_secret_verifies(tokens: Tokens) -> None:
    assert tokens.identify(hs256(CLAIMS)).role == "authenticated"


def test_rs256_keys_are_accepted() -> None:
    key = RSAKey.generate_key(2048, private=True)
    ring = KeyRing([from_jwk({**key.as_dict(private=False), "alg": "RS256", "kid": "r"})])
    token = jws.serialize_compact({"alg": "RS256", "kid": "r"}, json.dumps(CLAIMS).encode(), key)
    assert Tokens(ring, clock=clock).identify(token).role == "authenticated"


def test_an_old_key_still_verifies_after_rotation(tokens: Tokens, private: dict[str, Any]) -> None:
    before = tokens.sign(CLAIMS)
    tokens.keys = KeyRing([from_jwk(generate("second")), from_jwk(private, signs=False)])
    assert tokens.identify(before).role == "authenticated"
    assert tokens.sign(CLAIMS).split(".")[0] != before.split(".")[0]


def test_a_revoked_key_verifies_nothing_although_it_was_cached(tokens: Tokens) -> None:
    before = tokens.sign(CLAIMS)
    tokens.identify(before)
    tokens.keys = KeyRing([from_jwk(generate("second"))])
    assert reason(tokens, before) is Reason.KEY


def test_the_public_set_holds_no_secret(tokens: Tokens) -> None:
    [public] = tokens.keys.jwks()["keys"]
    assert set(public) == {"kty", "crv", "x", "y", "alg", "use", "kid", "key_ops"}
    assert public["key_ops"] == ["verify"]


def unsigned(alg: str) -> str:
    return part({"alg": alg}) + "." + part(CLAIMS) + "."


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
def test_an_unsigned_token_proves_nothing(tokens: Tokens, alg: str) -> None:
    assert reason(tokens, unsigned(alg)) is Reason.UNSIGNED


def test_a_public_key_is_no_shared_secret(tokens: Tokens, private: dict[str, Any]) -> None:
    """HS256 over the bytes of a published key, with its kid: the classic confusion."""
    ring = KeyRing([from_jwk(private)])
    key = ECKey.import_key(private)
    for published in (key.as_pem(private=False), json.dumps(key.as_dict(private=False)).encode()):
        signed = part({"alg": "HS256", "kid": "first"}) + "." + part(CLAIMS)
        digest = hmac.digest(published, signed.encode(), hashlib.sha256)
        token = signed + "." + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        assert reason(Tokens(ring, clock=clock), token) is Reason.ALGORITHM
        assert reason(tokens, token) is Reason.KEY


def test_a_key_in_the_header_is_not_looked_at(tokens: Tokens) -> None:
    foreign = ECKey.generate_key("P-256", private=True)
    header = {"alg": "ES256", "jwk": foreign.as_dict(private=False), "jku": "https://example.com/keys", "kid": "first"}
    token = jws.serialize_compact(header, json.dumps(CLAIMS).encode(), foreign)
    assert reason(tokens, token) is Reason.KEY


def test_a_foreign_key_with_a_known_kid_proves_nothing(tokens: Tokens) -> None:
    foreign = ECKey.generate_key("P-256", private=True)
    assert reason(tokens, jws.serialize_compact({"alg": "ES256", "kid": "first"}, b"{}", foreign)) is Reason.KEY


def test_an_unknown_critical_extension_is_refused(tokens: Tokens) -> None:
    assert reason(tokens, hs256(CLAIMS, {"crit": ["exp"]})) is Reason.CRITICAL


@pytest.mark.parametrize("crit", [[], None, "x"])
def test_any_form_of_crit_is_refused(tokens: Tokens, crit: object) -> None:
    assert reason(tokens, hs256(CLAIMS, {"crit": crit})) is Reason.CRITICAL


def test_a_wrong_secret_is_refused(tokens: Tokens) -> None:
    assert reason(tokens, hs256(CLAIMS, secret="another-secret-of-thirty-two-bytes!!")) is Reason.KEY


def test_an_empty_signature_is_refused(tokens: Tokens) -> None:
    assert reason(tokens, hs256(CLAIMS).rpartition(".")[0] + ".") is Reason.KEY


def test_a_changed_claim_is_refused(tokens: Tokens) -> None:
    head, _, signature = hs256(CLAIMS).split(".")
    assert reason(tokens, f"{head}.{part({**CLAIMS, 'role': 'service_role'})}.{signature}") is Reason.KEY


def test_another_algorithm_of_the_same_family_is_refused_where_the_key_names_its_own() -> None:
    key = RSAKey.generate_key(2048, private=True)
    ring = KeyRing([from_jwk({**key.as_dict(private=False), "alg": "RS256"})])
    token = jws.serialize_compact({"alg": "PS256"}, json.dumps(CLAIMS).encode(), key, algorithms=["PS256"])
    assert reason(Tokens(ring, clock=clock), token) is Reason.ALGORITHM


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("", Reason.EMPTY),
        ("a.b", Reason.PARTS),
        ("a.b.c.d", Reason.PARTS),
        ("a.b.c", Reason.MALFORMED),
        ("x" * 70_000, Reason.TOO_LONG),
        (part(["HS256"]) + ".e30.x", Reason.MALFORMED),
        (part({"typ": "JWT"}) + ".e30.x", Reason.MALFORMED),
    ],
)
def test_what_is_not_a_token_says_so(tokens: Tokens, token: str, expected: Reason) -> None:
    assert reason(tokens, token) is expected


@pytest.mark.parametrize("nested", ["[" * 20_000 + "]" * 20_000, '{"a":' * 5_000 + "1" + "}" * 5_000])
def test_what_is_nested_too_deeply_is_refused_before_anybody_knows_who_sent_it(tokens: Tokens, nested: str) -> None:
    header, claims = f'{{"alg":"HS256","typ":"JWT","more":{nested}}}', f'{{"role":"authenticated","more":{nested}}}'
    assert reason(tokens, encoded(header) + ".e30.x") is Reason.MALFORMED
    signed = encoded('{"alg":"HS256"}') + "." + encoded(claims)
    digest = hmac.digest(SECRET.encode(), signed.encode(), hashlib.sha256)
    assert reason(tokens, signed + "." + encoded(digest)) is Reason.MALFORMED
    assert claimed_issuer("e30." + encoded(claims) + ".x") == ""


@pytest.mark.parametrize("claims", [[], "text", 5, None])
def test_claims_are_an_object(tokens: Tokens, claims: object) -> None:
    assert reason(tokens, hs256(claims)) is Reason.CLAIMS


def test_times_are_checked(tokens: Tokens) -> None:
    assert reason(tokens, hs256({**CLAIMS, "exp": NOW - 1})) is Reason.EXPIRED
    assert reason(tokens, hs256({**CLAIMS, "nbf": NOW + 1})) is Reason.NOT_YET
    assert reason(tokens, hs256({**CLAIMS, "exp": "soon"})) is Reason.CLAIM
    assert reason(tokens, hs256({**CLAIMS, "exp": True})) is Reason.CLAIM
    assert reason(tokens, hs256({**CLAIMS, "exp": 10**400})) is Reason.CLAIM
    assert tokens.identify(hs256({"role": "service_role"})).role == "service_role"


@pytest.mark.parametrize("role", ["none", "authenticated\0", "\0"])
def test_a_role_that_postgresql_would_take_for_another_is_refused(tokens: Tokens, role: str) -> None:
    """`set role none` is the login itself, whatever that may do; text ends at a NUL."""
    assert reason(tokens, hs256({**CLAIMS, "role": role})) is Reason.ROLE
    with pytest.raises(Problem):
        Identity(role, {})


def test_a_cached_token_expires(private: dict[str, Any]) -> None:
    now = [NOW]
    tokens = Tokens(KeyRing([from_jwk(private)]), clock=lambda: now[0])
    token = tokens.sign(CLAIMS)
    tokens.identify(token)
    now[0] += 3600
    assert reason(tokens, token) is Reason.EXPIRED


def test_rules_of_a_dialect(private: dict[str, Any]) -> None:
    rules = Rules(leeway=30, audience="api", strict_issued_at=True)
    tokens = Tokens(KeyRing([from_secret(SECRET)]), rules, clock=clock)
    assert tokens.identify(hs256({"exp": NOW - 20})).role == "anon"
    assert reason(tokens, hs256({"exp": NOW - 31})) is Reason.EXPIRED
    assert reason(tokens, hs256({"iat": NOW + 31})) is Reason.FUTURE
    assert reason(tokens, hs256({"aud": "web"})) is Reason.AUDIENCE
    assert reason(tokens, hs256({"aud": [1]})) is Reason.CLAIM
    for passing in ("api", ["web", "api"], [], None):
        assert tokens.identify(hs256({"aud": passing})).role == "anon"


def test_only_one_key_signs() -> None:
    with pytest.raises(Exception, match="More than one"):
        KeyRing([from_jwk(generate()), from_jwk(generate())])


def test_a_key_of_an_unknown_kind_is_named() -> None:
    with pytest.raises(Exception, match="no known type"):
        from_jwk({"kty": "PBES2"})


@given(st.text(max_size=300))
def test_no_text_is_anything_but_refused(text: str) -> None:
    tokens = Tokens(KeyRing([from_secret(SECRET)]), clock=clock)
    with pytest.raises(InvalidToken):
        tokens.identify(text)


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60))
def test_no_three_parts_are_anything_but_refused(head: bytes, body: bytes, signature: bytes) -> None:
    tokens = Tokens(KeyRing([from_secret(SECRET)]), clock=clock)
    with pytest.raises(InvalidToken):
        tokens.identify(".".join(base64.urlsafe_b64encode(each).decode() for each in (head, body, signature)))


def test_keys_come_as_a_list_or_a_set(private: dict[str, Any]) -> None:
    old = ECKey.generate_key("P-256", private=True).as_dict(private=False) | {"kid": "old", "key_ops": ["verify"]}
    for text in (json.dumps([private, old]), json.dumps({"keys": [private, old]})):
        assert [(key.kid, key.signs) for key in from_set(text)] == [("first", True), ("old", False)]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"keys": 5}', "nonsense", '[{"kty": "EC"}]'])
def test_what_is_no_list_of_keys_says_so(text: str) -> None:
    with pytest.raises(Problem) as refused:
        from_set(text)
    assert refused.value.code == "invalid_key"


def test_what_is_remembered_is_bounded(private: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatepost.identity.tokens.CACHE_BYTES", 3000)
    tokens = Tokens(KeyRing([from_jwk(private)]), clock=clock)
    for number in range(100):
        tokens.identify(tokens.sign({**CLAIMS, "n": number, "padding": "x" * 500}))
    assert 1 <= len(tokens._cache) <= 5
    tokens.identify(tokens.sign({**CLAIMS, "padding": "x" * 10_000}))
    assert len(tokens._cache) <= 5


@pytest.mark.parametrize("most", [0, 2])
def test_how_many_are_remembered_can_be_said(private: dict[str, Any], most: int) -> None:
    tokens = Tokens(KeyRing([from_jwk(private)]), clock=clock, most=most)
    for number in range(5):
        assert tokens.identify(tokens.sign({**CLAIMS, "n": number})).role == "authenticated"
    assert len(tokens._cache) == most
