"""Who calls, by token or by key, and what transactions are told of it."""

import json
import time
from typing import Any

import pytest

from gatepost.exchange import Request
from gatepost.graphql.callers import by_key, by_token, settings_of
from gatepost.identity import Identity, Proof
from gatepost.identity.api_keys import ApiKeys
from gatepost.identity.identify import Identifier
from gatepost.identity.issuers import Issuer, Trust
from gatepost.identity.keys import KeyRing, from_jwk, from_secret, generate
from gatepost.identity.tokens import InvalidToken, Tokens
from gatepost.problem import Problem

SECRET = "a secret of more than thirty-two bytes"
TOKENS = Tokens(KeyRing([from_secret(SECRET, signs=True)]))
POST = Request("POST", "/")


def bearer(**claims: Any) -> Proof:
    return Proof(bearer=TOKENS.sign(claims))


def test_without_a_token_one_is_nobody():
    assert by_token(SECRET, "role", "visitor")(Proof(), POST) == Identity("visitor", {"role": "visitor"})


def test_the_role_is_what_the_configured_claim_names():
    token = bearer(sub="1", aud="authenticated", role="postgres")
    assert by_token(SECRET, "role", "visitor")(token, POST).role == "postgres"
    assert by_token(SECRET, "aud", "visitor")(token, POST).role == "authenticated"


@pytest.mark.parametrize("claims", [{"sub": "1"}, {"role": ""}, {"role": None}, {"role": ["postgres"]}])
def test_a_token_that_names_no_role_is_that_of_nobody(claims: dict[str, Any]):
    assert by_token(SECRET, "role", "visitor")(bearer(**claims), POST).role == "visitor"


def test_a_forged_or_ended_token_proves_nothing():
    admit = by_token(SECRET, "role", "visitor")
    forged = Tokens(KeyRing([from_secret("another secret of more than 32 bytes", signs=True)])).sign(
        {"role": "postgres"}
    )
    for token in (forged, "x.y.z", TOKENS.sign({"role": "postgres", "exp": 1})):
        with pytest.raises(InvalidToken):
            admit(Proof(bearer=token), POST)


def test_without_a_secret_no_token_is_believed():
    with pytest.raises(Problem, match="no secret") as refused:
        by_token("", "role", "visitor")(bearer(role="postgres"), POST)
    assert refused.value.status == 401


# ------------------------------------------------------------------ behind the door


def door() -> Identifier:
    return Identifier(TOKENS, ApiKeys())


ANON = TOKENS.sign({"role": "anon"})
SERVICE = TOKENS.sign({"role": "service_role"})


def test_behind_the_door_a_key_is_needed():
    with pytest.raises(Problem) as refused:
        by_key(door(), "role")(Proof(), POST)
    assert refused.value.status == 401
    assert by_key(door(), "role", required=False)(Proof(), POST).role == "anon"


def test_a_users_token_wins_over_the_key():
    user = TOKENS.sign({"sub": "1", "role": "authenticated"})
    assert by_key(door(), "role")(Proof(ANON, user), POST).role == "authenticated"
    with pytest.raises(Problem):
        by_key(door(), "role")(Proof("unknown", user), POST)


def test_another_claim_names_the_role_of_users_but_not_of_keys():
    user = TOKENS.sign({"sub": "1", "role": "authenticated", "aud": "member"})
    admit = by_key(door(), "aud")
    found = admit(Proof(ANON, user), POST)
    assert (found.role, found.claims["role"], found.claims["sub"]) == ("member", "member", "1")
    assert admit(Proof(SERVICE, SERVICE), POST).role == "service_role"
    assert admit(Proof(ANON, TOKENS.sign({"sub": "1", "role": "service_role"})), POST).role == "anon"


def test_a_claim_of_another_issuers_token_names_no_role():
    keys = KeyRing([from_jwk(generate("theirs"))])
    token = Tokens(keys).sign({"iss": "https://x", "sub": "1", "aud": "service_role", "exp": time.time() + 60})
    tokens = Tokens(KeyRing([from_secret(SECRET, signs=True)]))
    tokens.issuers = {"https://x": Issuer(Trust("https://x", ("*",)), keys, until=time.time() + 60)}
    found = by_key(Identifier(tokens, ApiKeys()), "aud")(Proof(ANON, token), POST)
    assert (found.role, found.claims["aud"]) == ("authenticated", "service_role")


def test_claims_stand_together_and_singly():
    claims = {"sub": "1", "role": "authenticated", "aud": ["a", "b"], "email": "ada@example.org"}
    told = dict(settings_of(Identity("authenticated", claims).claims_json))
    assert json.loads(told["request.jwt.claim"]) == claims
    assert told["request.jwt.claim.email"] == "ada@example.org"
    assert told["request.jwt.claim.role"] == "authenticated"
    assert told["request.jwt.claim.aud"] == '["a","b"]'


def test_a_claim_that_is_not_there_is_not_told():
    assert set(dict(settings_of(b'{"role":"anon"}'))) == {"request.jwt.claim", "request.jwt.claim.role"}
