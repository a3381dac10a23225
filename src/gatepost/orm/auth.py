"""Who a client is bound to.

In: an Identity, what server code says about a user, or nothing. Out: the Identity, and the user as rules see it.
Never: an identity made of what a caller sent; server code vouches for the user it names.
"""

from collections.abc import Mapping
from typing import Any, cast

from gatepost.identity import ANON, Identity
from gatepost.orm.errors import InvalidInput
from gatepost.policy.claims import auth_fields, claim_path, claims
from gatepost.zmodel.schema import Field, Schema

User = Identity | Mapping[str, Any] | None
INTEGERS = ("Int", "BigInt")


class NotAnIdentity(InvalidInput, TypeError):
    """Something that says nothing of a user, or nothing that anybody vouches for."""


def bind(schema: Schema, user: User) -> tuple[Identity, Mapping[str, Any] | None]:
    """The identity, and `auth()` by the schema's names (None: nobody). InvalidInput for anything else."""
    if user is None:
        return ANON, None
    if isinstance(user, Identity):
        return user, auth_of(schema, user.claims)
    if not _is_object(user):
        raise NotAnIdentity("Invalid auth object: an Identity, a dict of the user's members, or None is expected")
    given = claims(schema, user) or {}
    try:
        return Identity(str(given.get("role")), given), user
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"Invalid auth object: {error}") from None


def _is_object(user: object) -> bool:
    return isinstance(user, Mapping) and all(isinstance(key, str) for key in cast("Mapping[object, object]", user))


def auth_of(schema: Schema, held: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What `auth()` holds for an identity's claims; None where they name no user."""
    if not held.get("sub"):
        return None
    known = auth_fields(schema)
    others: Any = held.get("app_metadata")
    names = {*known, "id", "email", *(others if isinstance(others, Mapping) else ())}  # pyright: ignore[reportUnknownVariableType]
    return {name: _member(held, known.get(name), name) for name in cast("set[str]", names)}


def _member(held: Mapping[str, Any], field: Field | None, name: str) -> Any:
    value: Any = held
    for step in claim_path(field, name):
        value = cast("Mapping[str, Any]", value).get(step) if isinstance(value, Mapping) else None
    if field is not None and field.type.name in INTEGERS and isinstance(value, str) and value.isdecimal():
        return int(value)
    return value
