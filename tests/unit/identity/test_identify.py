"""Key and bearer: who a request is, behind the front door."""

import pytest

from gatepost.identity import ANON, Proof
from gatepost.identity.api_keys import ApiKey, ApiKeys, create, digest
from gatepost.identity.identify import Identifier
from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import InvalidToken, Tokens
from gatepost.problem import Problem

TOKENS = Tokens(KeyRing([from_secret("a-secret-of-at-least-thirty-two-bytes!", signs=True)]))
PUBLISHABLE, SECRET = create("publishable"), create("secret")
ANON_KEY, SERVICE_KEY = TOKENS.sign({"role": "anon"}), TOKENS.sign({"role": "service_role"})
USER = TOKENS.sign({"role": "authenticated", "sub": "u"})
NOW = [1000.0]


@pytest.fixture
def identifier() -> Identifier:
    keys = ApiKeys(
        [ApiKey("1", digest(PUBLISHABLE), "anon"), ApiKey("2", digest(SECRET), "service_role", expires=2000.0)],
        clock=lambda: NOW[0],
    )
    return Identifier(TOKENS, keys)


@pytest.mark.parametrize(
    ("key", "bearer", "role"),
    [
        (PUBLISHABLE, None, "anon"),
        (PUBLISHABLE, PUBLISHABLE, "anon"),
        (SECRET, None, "service_role"),
        (SECRET, SECRET, "service_role"),
        (None, SECRET, "service_role"),
        (ANON_KEY, ANON_KEY, "anon"),
        (SERVICE_KEY, SERVICE_KEY, "service_role"),
        (PUBLISHABLE, USER, "authenticated"),
        (ANON_KEY, USER, "authenticated"),
        (SECRET, USER, "authenticated"),
        (SERVICE_KEY, USER, "authenticated"),
    ],
    ids=range(11),  # workers must agree on names, and keys are made anew
)
def test_the_bearers_user_wins_over_the_keys_role(
    identifier: Identifier, key: str | None, bearer: str | None, role: str
) -> None:
    identity = identifier.identify(Proof(key, bearer))
    assert identity.role == role
    assert identity.subject == ("u" if bearer == USER else "")


def test_no_key_is_refused_with_what_to_send(identifier: Identifier) -> None:
    with pytest.raises(Problem) as refused:
        identifier.check_key(Proof())
    assert (refused.value.status, refused.value.code) == (401, "no_api_key")
    assert "apikey" in str(refused.value.hint)


def test_where_no_key_is_required_who_brings_nothing_is_nobody(identifier: Identifier) -> None:
    identifier.required = False
    assert identifier.check_key(Proof()) == identifier.identify(Proof()) == ANON
    assert identifier.identify(Proof(None, USER)).subject == "u"
    for wrong in (Proof("x"), Proof(None, "x")):
        with pytest.raises(Problem):
            identifier.check_key(wrong)


@pytest.mark.parametrize("key", ["sb_secret_guess", "sb_publishable_", "x", ANON_KEY[:-4] + "AAAA"])
def test_a_wrong_key_is_refused_and_not_repeated(identifier: Identifier, key: str) -> None:
    with pytest.raises(Problem) as refused:
        identifier.check_key(Proof(key))
    assert refused.value.status == 401
    assert key not in f"{refused.value.message}{refused.value.details}{refused.value.hint}" or key == "x"


def test_a_wrong_bearer_is_not_the_keys_role(identifier: Identifier) -> None:
    with pytest.raises(InvalidToken):
        identifier.identify(Proof(SECRET, USER[:-4] + "AAAA"))


def test_a_key_ends(identifier: Identifier) -> None:
    NOW[0] = 2000.0
    with pytest.raises(Problem):
        identifier.identify(Proof(SECRET))
    NOW[0] = 1000.0


def test_a_revoked_key_ends_with_the_next_list(identifier: Identifier) -> None:
    identifier.api_keys.replace([])
    with pytest.raises(Problem):
        identifier.identify(Proof(PUBLISHABLE))


def test_a_secret_key_is_refused_in_a_browser(identifier: Identifier) -> None:
    with pytest.raises(Problem) as refused:
        identifier.check_key(Proof(SECRET), browser=True)
    assert refused.value.code == "secret_key_in_browser"
    assert identifier.check_key(Proof(PUBLISHABLE), browser=True).role == "anon"
    with pytest.raises(Problem) as hidden:
        identifier.check_key(Proof(PUBLISHABLE, SECRET), browser=True)
    assert hidden.value.code == "secret_key_in_browser"


def test_uses_are_counted_once(identifier: Identifier) -> None:
    identifier.identify(Proof(PUBLISHABLE))
    assert identifier.api_keys.take_uses() == {"1": NOW[0]}
    assert identifier.api_keys.take_uses() == {}
