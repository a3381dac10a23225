"""Forged, broken, expired and borrowed tokens: none is anybody, on either surface."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import ECKey, Key, OctKey, RSAKey

from tests.serving import Served
from tests.surfaces.http.wire import AUTH, REST, ask, is_clear
from tests.surfaces.people import Person, newcomer

ALGORITHMS = ["HS256", "HS384", "RS256", "PS256", "ES256", "ES384"]
Forge = Callable[[Served, Person], str]


def encoded(value: bytes | dict[str, Any]) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(part: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def header_of(person: Person) -> dict[str, Any]:
    return decoded(person.token.split(".", maxsplit=1)[0])


def claims_of(person: Person) -> dict[str, Any]:
    return decoded(person.token.split(".")[1])


def hs256(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """A JWT signed by hand, since libraries refuse to sign with what is a public key."""
    signed = f"{encoded(header)}.{encoded(claims)}"
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def signed(header: dict[str, Any], claims: dict[str, Any], key: Key) -> str:
    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=ALGORITHMS)


def public_key(server: Served) -> dict[str, Any]:
    [key] = httpx.get(f"{server.url}{AUTH}/.well-known/jwks.json").json()["keys"]
    return key


def legacy(server: Served, **claims: Any) -> str:
    """Signed with the project's own legacy secret: whoever has that may say a lot, and yet not everything."""
    told = {"aud": "authenticated", "exp": time.time() + 600, **claims}
    return hs256({"alg": "HS256", "typ": "JWT"}, told, server.jwt_secret.encode())


def unsigned(algorithm: str, signature: str = "") -> Forge:
    header = encoded({"alg": algorithm, "typ": "JWT"})
    return lambda _, person: f"{header}.{encoded(claims_of(person) | {'role': 'service_role'})}.{signature}"


def public_key_as_secret(form: str) -> Forge:
    """Confusion of algorithms: the public key, which everybody has, taken for a shared secret."""

    def forge(server: Served, person: Person) -> str:
        jwk = public_key(server)
        key = ECKey.import_key(jwk)
        secrets = {
            "pem": key.raw_value.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "der": key.raw_value.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            "jwk": json.dumps(jwk).encode(),
            "x": jwk["x"].encode(),
        }
        return hs256({"alg": "HS256", "typ": "JWT", "kid": jwk["kid"]}, claims_of(person), secrets[form])

    return forge


def foreign(key: Key, algorithm: str, *, same_kid: bool = True, **header: Any) -> Forge:
    def forge(server: Served, person: Person) -> str:
        kid = {"kid": public_key(server)["kid"]} if same_kid else {}
        return signed({"alg": algorithm, "typ": "JWT", **kid, **header}, claims_of(person), key)

    return forge


def changed(place: int, change: Callable[[str], str]) -> Forge:
    def forge(_: Served, person: Person) -> str:
        parts = person.token.split(".")
        parts[place] = change(parts[place])
        return ".".join(parts)

    return forge


def with_header(**header: Any) -> Forge:
    return lambda _, person: ".".join(
        [encoded(header_of(person) | header), *person.token.split(".")[1:]]  # the signature no longer fits
    )


def critical(server: Served, person: Person) -> str:
    """Signed as it should be; its header demands what nobody here understands (RFC 7515 §4.1.11)."""
    claims = claims_of(person)
    return hs256({"alg": "HS256", "crit": ["http://example.com/x"]}, claims, server.jwt_secret.encode())


def of_legacy(**claims: Any) -> Forge:
    return lambda server, person: legacy(server, **{"sub": person.id, "role": "authenticated"} | claims)


EC, RSA, OCT = ECKey.generate_key("P-256"), RSAKey.generate_key(2048), OctKey.generate_key(256)
P384 = ECKey.generate_key("P-384")
ROLE = encoded(json.dumps({"role": "service_role"}).encode())
FORGED: dict[str, Forge] = {
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg nOnE with a signature": unsigned("nOnE", "AAAA"),
    "alg empty": unsigned(""),
    "alg unknown": unsigned("XS256", "AAAA"),
    "public key as PEM for a secret": public_key_as_secret("pem"),
    "public key as DER for a secret": public_key_as_secret("der"),
    "public key as JWK for a secret": public_key_as_secret("jwk"),
    "public key's x for a secret": public_key_as_secret("x"),
    "a foreign EC key with our kid": foreign(EC, "ES256"),
    "a foreign EC key without kid": foreign(EC, "ES256", same_kid=False),
    "a foreign P-384 key": foreign(P384, "ES384"),
    "a foreign RSA key": foreign(RSA, "RS256"),
    "a foreign RSA key, PSS": foreign(RSA, "PS256"),
    "a foreign secret": foreign(OCT, "HS256"),
    "a key in its own header": foreign(EC, "ES256", jwk=EC.as_dict(private=False)),
    "a key at its own URL": foreign(EC, "ES256", jku="http://127.0.0.1:1/jwks.json"),
    "a certificate at its own URL": foreign(EC, "ES256", x5u="http://127.0.0.1:1/cert.pem"),
    "a kid that is a path": with_header(kid="../../../../dev/null"),
    "a kid that is SQL": with_header(kid="' union select 'secret' --"),
    "a kid that is no text": with_header(kid={"a": 1}),
    "a critical extension that nobody knows": critical,
    "a critical extension that is none": with_header(crit=[]),
    "another type": with_header(typ="JOSE", alg="HS256"),
    "claims changed": changed(1, lambda part: encoded(decoded(part) | {"role": "service_role"})),
    "claims replaced": changed(1, lambda _: ROLE),
    "signature empty": changed(2, lambda _: ""),
    "signature of zeros": changed(2, lambda part: encoded(bytes(64))),
    "signature cut": changed(2, lambda part: part[:-4]),
    "signature longer": changed(2, lambda part: part + "AAAA"),
    "signature's last bits": changed(2, lambda part: ("B" if part[0] != "B" else "C") + part[1:]),
    "two parts": lambda _, person: person.token.rpartition(".")[0],
    "four parts": lambda _, person: person.token + ".x",
    "five parts, as if encrypted": lambda _, person: "a.b.c.d.e",
    "dots": lambda _, person: "..",
    "not base64": changed(1, lambda part: part[:10] + "!!" + part[10:]),
    "header no JSON": changed(0, lambda _: encoded(b"{")),
    "header a list": changed(0, lambda _: encoded(b"[]")),
    "header deep": changed(0, lambda _: encoded(b"[" * 8_000)),
    "header without alg": changed(0, lambda _: encoded({"typ": "JWT"})),
    "very long": lambda _, person: person.token + "A" * 40_000,
    "expired": of_legacy(exp=int(time.time()) - 60),
    "expired long ago": of_legacy(exp=0),
    "expires never, in words": of_legacy(exp="never"),
    "not valid yet": of_legacy(nbf=int(time.time()) + 86_400),
    "an audience of objects": of_legacy(aud=[{"a": 1}]),
    "a refresh token": lambda _, person: person.refresh_token,
    "the opaque key of nobody": lambda server, _: "sb_secret_" + "x" * 40,
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_token_is_nobodys(todo: Served, person: Person, what: str):
    token = ("Authorization", f"Bearer {FORGED[what](todo, person)}")
    answer = ask(todo, "GET", f"{REST}/todos", None, token)
    is_clear(answer, REST)
    assert answer.status == 401, answer.body
    assert answer.json["code"] in ("PGRST301", "PGRST303") or "API key" in answer.json["message"], answer.body
    assert answer.headers["www-authenticate"].startswith("Bearer")
    answer = ask(todo, "GET", f"{AUTH}/user", None, token)
    is_clear(answer, AUTH)
    assert (answer.status, answer.json["error_code"]) in ((403, "bad_jwt"), (401, "no_authorization")), answer.body
    answer = ask(todo, "GET", f"{AUTH}/admin/users", None, token)
    is_clear(answer, AUTH)
    assert answer.status in (401, 403)


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_token_is_no_key_either(todo: Served, person: Person, what: str):
    for target in (f"{REST}/todos", f"{AUTH}/settings"):
        answer = ask(todo, "GET", target, None, ("apikey", FORGED[what](todo, person)))
        is_clear(answer, target)
        assert answer.status == 401, answer.body


ROLES = ["postgres", "supabase_admin", "supabase_auth_admin", "authenticator", "pg_read_all_data", "nobody", "", "none"]
ODD_ROLES = ['authenticated"; set role postgres; --', "\x00", 7, ["anon"], {"a": 1}, "r" * 5_000]


@pytest.mark.parametrize("role", [*ROLES, *ODD_ROLES], ids=lambda role: str(role)[:20])
def test_a_role_that_the_door_does_not_open(todo: Served, person: Person, role: object):
    """Even a token signed with the project's secret names only roles that the login may take on."""
    token = ("Authorization", f"Bearer {legacy(todo, sub=person.id, role=role)}")
    answer = ask(todo, "GET", f"{REST}/todos?select=id", None, token)
    is_clear(answer, REST)
    assert answer.status in (400, 401, 403), (role, answer.body)


def test_the_secret_key_does_not_help_a_forged_token(todo: Served, person: Person):
    token = ("Authorization", f"Bearer {FORGED['a foreign EC key with our kid'](todo, person)}")
    assert ask(todo, "GET", f"{REST}/todos", None, token, ("apikey", todo.secret)).status == 401


def test_a_token_of_a_user_who_is_gone(todo: Served):
    gone = newcomer(todo)
    assert ask(todo, "DELETE", f"{AUTH}/admin/users/{gone.id}", None, ("apikey", todo.secret)).status == 200
    answer = ask(todo, "GET", f"{AUTH}/user", None, ("Authorization", f"Bearer {gone.token}"))
    is_clear(answer, AUTH)
    assert (answer.status, answer.json["error_code"]) in ((403, "user_not_found"), (403, "session_not_found"))


@pytest.mark.parametrize("subject", ["", "nobody", "00000000-0000-0000-0000-000000000000", 7, None, "' or 1=1 --"])
def test_subjects_that_are_nobody(todo: Served, subject: object):
    token = ("Authorization", f"Bearer {legacy(todo, sub=subject, role='authenticated')}")
    answer = ask(todo, "GET", f"{AUTH}/user", None, token)
    is_clear(answer, AUTH)
    assert answer.status in (400, 401, 403)
    answer = ask(todo, "GET", f"{REST}/todos?select=id", None, token)
    is_clear(answer, REST)
    if answer.status == 200:
        assert answer.json == []


def test_the_public_keys_hold_nothing_private(todo: Served):
    assert set(public_key(todo)) & {"d", "p", "q", "k"} == set()


def test_a_good_token_is_still_good(todo: Served, person: Person):
    """The person of these tests is somebody, so that the refusals above mean something."""
    token = ("Authorization", f"Bearer {person.token}")
    assert ask(todo, "GET", f"{REST}/todos?select=task", None, token).json == [{"task": "write"}]
    assert ask(todo, "GET", f"{AUTH}/user", None, token).json["id"] == person.id
    assert (
        ask(todo, "GET", f"{REST}/todos", None, ("Authorization", f"Bearer {legacy_twin(todo, person)}")).status == 200
    )


def legacy_twin(server: Served, person: Person) -> str:
    return legacy(server, sub=person.id, role="authenticated")
