"""Signing keys: which one signs, which ones still verify, which ones the world may see.

In: JWKs (private or public) and the secret of legacy HS256 keys. Out: candidates to verify a token with, the key to
sign with, and the public set (RFC 7517). Never: a private or symmetric key in the public set.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from ..problem import Problem

KINDS: dict[str, type[Any]] = {"oct": OctKey, "RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
# What a key may be used with when it names no algorithm of its own: a public key never verifies HS256.
FAMILIES = {"oct": ("HS256", "HS384", "HS512"), "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")}


class JsonWebKeySet(msgspec.Struct):
    """A JWKS (RFC 7517 §5)."""

    keys: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key with the algorithms it may be used with; `signs` where it makes new tokens, else it only verifies."""

    key: Key = field(repr=False)
    algorithms: tuple[str, ...]
    kid: str | None = None
    signs: bool = False

    @property
    def algorithm(self) -> str:
        return self.algorithms[0]

    @property
    def symmetric(self) -> bool:
        return self.key.key_type == "oct"


def from_jwk(jwk: Mapping[str, Any], *, signs: bool | None = None) -> SigningKey:
    """A key from its JWK; it signs where `key_ops` says so (or `signs`). A Problem names what is wrong with it."""
    kind = KINDS.get(str(jwk.get("kty")))
    if kind is None:
        raise Problem("invalid_key", 500, "A signing key has no known type", f"kty {jwk.get('kty')!r}")
    try:
        # key_ops and use were written for the other side of the key as often as not: `signs` alone decides.
        key = kind.import_key({name: value for name, value in jwk.items() if name not in ("key_ops", "use")})
    except Exception as error:
        raise Problem("invalid_key", 500, "A signing key cannot be read", type(error).__name__) from None
    operations = jwk.get("key_ops")
    told = isinstance(operations, list) and "sign" in operations
    kid = jwk.get("kid")
    return SigningKey(key, _algorithms(jwk), str(kid) if kid else None, told if signs is None else signs)


def from_set(text: str) -> list[SigningKey]:
    """The keys of a JSON list of JWKs, or of a JWKS (`GOTRUE_JWT_KEYS`); a Problem where the text is neither."""
    try:
        found = msgspec.json.decode(text, type=list[dict[str, Any]] | JsonWebKeySet)
    except msgspec.MsgspecError:
        raise Problem("invalid_key", 500, "The signing keys are no JSON list of JWKs", None, "See RFC 7517") from None
    return [from_jwk(jwk) for jwk in (found.keys if isinstance(found, JsonWebKeySet) else found)]


def from_secret(secret: str | bytes, *, kid: str | None = None, signs: bool = False) -> SigningKey:
    """The raw bytes of a shared secret, as GoTrue and PostgREST use it: HS256 (HS384 and HS512 verify too)."""
    raw = secret.encode() if isinstance(secret, str) else secret
    return SigningKey(OctKey.import_key(raw), FAMILIES["oct"], kid, signs)


def generate(kid: str | None = None) -> dict[str, Any]:
    """A new ES256 private key as a JWK, to be stored where only the server reads."""
    key = ECKey.generate_key("P-256", private=True)
    return {
        **key.as_dict(private=True),
        "alg": "ES256",
        "use": "sig",
        "key_ops": ["sign"],
        "kid": kid or key.thumbprint(),
    }


def _algorithms(jwk: Mapping[str, Any]) -> tuple[str, ...]:
    kind = str(jwk.get("kty"))
    curve = CURVES.get(str(jwk.get("crv")))
    allowed = (curve,) if curve is not None else FAMILIES.get(kind, ())
    named = jwk.get("alg")
    if named is None:
        return allowed
    if named not in allowed and not (kind == "OKP" and named == "Ed25519"):
        raise Problem("invalid_key", 500, f"A signing key of type {kind} cannot be used with {named}")
    return (str(named),)


class KeyRing:
    """The keys of one server. At most one signs; all verify."""

    def __init__(self, keys: Iterable[SigningKey]) -> None:
        self.keys = tuple(keys)
        signing = [key for key in self.keys if key.signs]
        if len(signing) > 1:
            raise Problem(
                "invalid_key", 500, "More than one key is marked for signing", None, "Keep one, let others verify"
            )
        self._signing = signing[0] if signing else None

    @property
    def signing(self) -> SigningKey:
        """The key new tokens are signed with; a Problem where there is none."""
        if self._signing is None:
            raise Problem(
                "no_signing_key", 500, "The server has no key to sign tokens with", None, "Run gatepost keys rotate"
            )
        return self._signing

    def candidates(self, kid: str | None, algorithm: str) -> list[SigningKey]:
        """The keys that may have signed a token with that header: by its kid, else every key of the algorithm.

        A kid that no key has falls back to keys without one (legacy secrets), as GoTrue does.
        """
        usable = [key for key in self.keys if algorithm in key.algorithms]
        if kid is None:
            return usable
        named = [key for key in usable if key.kid == kid]
        return named or [key for key in usable if key.kid is None]

    def knows(self, algorithm: str) -> bool:
        return any(algorithm in key.algorithms for key in self.keys)

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The public key set (RFC 7517): asymmetric keys only, public members only."""
        return {"keys": [_public(key) for key in self.keys if not key.symmetric]}


def _public(key: SigningKey) -> dict[str, Any]:
    members = {"alg": key.algorithm, "use": "sig", "key_ops": ["verify"], "kid": key.kid or key.key.thumbprint()}
    return {**key.key.as_dict(private=False), **members}
