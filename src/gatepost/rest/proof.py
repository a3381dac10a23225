"""Who a request is, where REST runs alone: a bearer token, verified by PostgREST's rules.

In: the secret, the audience and the path of the role, from the settings. Out: an Identity for each Proof.
Never: a key (`apikey` means nothing here), or a claim of a token that was not verified.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from ..identity import Claims, Identity, Proof
from ..identity.keys import KeyRing, SigningKey, from_jwk, from_secret
from ..identity.tokens import Rules, Tokens
from ..problem import Problem
from ..settings import RestSettings
from .errors import anonymous_refused, no_secret

LEEWAY = 30
LEAST_SECRET = 32


def identifier(settings: RestSettings) -> Callable[[Proof], Identity]:
    """What makes an Identity of a Proof. A Problem where the settings cannot be used."""
    anonymous = Identity(settings.anon_role, {"role": settings.anon_role}) if settings.anon_role else None
    keys = signing_keys(settings)
    find = role_finder(settings.jwt_role_path)
    rules = Rules(
        leeway=LEEWAY,
        audience=settings.jwt_audience or None,
        strict_issued_at=True,
        default_role=settings.anon_role,
        role=find,
    )
    tokens = Tokens(KeyRing(keys), rules, most=settings.jwt_cache_size)

    def identify(proof: Proof) -> Identity:
        if proof.bearer is None:
            if anonymous is None:
                raise anonymous_refused()
            return anonymous
        if not keys:
            raise no_secret()
        identity = tokens.identify(proof.bearer)
        if not identity.role:
            raise anonymous_refused()
        return identity

    return identify


# ------------------------------------------------------------------ keys


def signing_keys(settings: RestSettings) -> list[SigningKey]:
    """The keys of `jwt-secret`: a text, base64, a JWK or a JWKS, given itself or as `@file`."""
    text = settings.jwt_secret
    if text.startswith("@"):
        text = secret_file(text[1:])
    if not text:
        return []
    jwks = web_keys(text)
    if jwks is not None:
        return [from_jwk(jwk, signs=False) for jwk in jwks]
    secret = unpadded_base64(text) if settings.jwt_secret_is_base64 else text.encode()
    if len(secret) < LEAST_SECRET:
        message = "The JWT secret must be at least 32 characters long."
        raise Problem("invalid_setting", 500, message, None, "Set PGRST_JWT_SECRET")
    return [from_secret(secret)]


def secret_file(name: str) -> str:
    try:
        return Path(name).read_text("utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        message = f"The file of the JWT secret cannot be read: {type(error).__name__}"
        raise Problem("invalid_setting", 500, message, name) from None


def web_keys(text: str) -> list[dict[str, Any]] | None:
    """The keys of a JWK or JWKS, or None where the text is neither."""
    try:
        found = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError:
        return None
    return found["keys"] if isinstance(found.get("keys"), list) else [found]


def unpadded_base64(text: str) -> bytes:
    standard = text.strip().replace("_", "/").replace("-", "+").replace(".", "=")
    try:
        return b64decode(standard + "=" * (-len(standard) % 4))
    except ValueError:
        raise Problem("invalid_setting", 500, "The JWT secret is not base64") from None


# ------------------------------------------------------------------ the role among the claims

STEP = re.compile(
    r"""\.(?P<key>[\w$@-]+) | \."(?P<quoted>[^"]*)" | \[(?P<index>-?\d+)\] | \[(?P<q1>['"])(?P<name>.*?)(?P=q1)\]
    | (?P<every>\.\*|\[\*\])
    | \[\?\s*\(?\s*@\s*(?P<test>==\^|\^==|\*==|==|!=)\s*(?P<q2>['"])(?P<value>.*?)(?P=q2)\s*\)?\s*\]
    | \[\?\s*\(?\s*search\(\s*@\s*,\s*(?P<q3>['"])(?P<pattern>.*?)(?P=q3)\s*\)\s*\)?\s*\]""",
    re.VERBOSE,
)
TESTS: dict[str, Callable[[str, str], bool]] = {
    "==": lambda text, value: text == value,
    "!=": lambda text, value: text != value,
    "^==": lambda text, value: text.startswith(value),
    "==^": lambda text, value: text.endswith(value),
    "*==": lambda text, value: value in text,
}
ESCAPED = re.compile(r"""\\([\\'"/])""")


def role_finder(path: str) -> Callable[[Claims], str | None]:
    """A function that follows a JSON path (RFC 9535: `$.a.b[0]`, `$.roles[?search(@, "^app_")]`) through the claims, to
    the first that it leads to.
    """
    steps = [(step, pattern_of(step, path)) for step in parsed(path)]

    def find(claims: Claims) -> str | None:
        values: list[Any] = [claims]
        for step, pattern in steps:
            values = [found for value in values for found in followed(value, step, pattern)]
        value = values[0] if values else None
        if value is None or isinstance(value, str):
            return value
        return msgspec.json.encode(value).decode()

    return find


def parsed(path: str) -> Iterator[re.Match[str]]:
    """The steps of a path; a Problem where it is none."""
    rest = path.strip().removeprefix("$")
    position = 0
    while position < len(rest):
        step = STEP.match(rest, position)
        if step is None:
            raise no_path(path)
        yield step
        position = step.end()


def pattern_of(step: re.Match[str], path: str) -> re.Pattern[str] | None:
    """The expression of a `search`; a Problem where it is none."""
    if step["pattern"] is None:
        return None
    try:
        return re.compile(ESCAPED.sub(r"\1", step["pattern"]))
    except re.error:
        raise no_path(path) from None


def no_path(path: str) -> Problem:
    message = f"failed to parse role-claim-key value ({path})"
    return Problem("invalid_setting", 500, message, None, 'Write it like $.role or $["app.role"]')


def followed(value: Any, step: re.Match[str], pattern: re.Pattern[str] | None) -> list[Any]:
    """Where one step leads."""
    key = step["key"] or step["quoted"] or step["name"]
    if key is not None:
        return [value[key]] if isinstance(value, dict) and key in value else []
    if step["index"] is not None:
        index = int(step["index"])
        return value[index : index + 1 or None] if isinstance(value, list) and index >= -len(value) else []  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    members: Any = value.values() if isinstance(value, dict) else value  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return [each for each in members if chosen(each, step, pattern)] if isinstance(value, dict | list) else []


def chosen(member: Any, step: re.Match[str], pattern: re.Pattern[str] | None) -> bool:
    """Whether a filter lets a member through."""
    if step["every"] is not None:
        return True
    if not isinstance(member, str):
        return False
    return pattern.search(member) is not None if pattern else TESTS[step["test"]](member, step["value"])
