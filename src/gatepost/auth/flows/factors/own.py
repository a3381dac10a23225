"""Whose factor: the caller's, and a session to raise.

In: a call. Out: its user, session and factor. Never: a factor of somebody else.
"""

from ...errors import fault
from ...sessions import Session
from ...users import Factor, User
from ..call import Call


def signed_in(call: Call) -> tuple[User, Session]:
    """Who calls and with which session; 403 for anonymous users and for tokens without a session."""
    if call.user.is_anonymous:
        raise fault("no_authorization", "Anonymous user not allowed to perform these actions", 403)
    if call.session is None:
        raise fault("session_not_found", "A valid session is required for second factors")
    return call.user, call.session


def own_factor(call: Call) -> Factor:
    """The factor that the path names, if it is the caller's."""
    user, _ = signed_in(call)
    found = next((each for each in user.factors or () if each.id == call.ids[0]), None)
    if found is None:
        raise fault("mfa_factor_not_found", "Factor not found")
    if found.factor_type != "totp":
        raise fault("mfa_factor_not_found", f"Factors of type {found.factor_type} are not served here", 422)
    return found


def purpose(factor: Factor) -> str:
    return f"totp:{factor.id}"


def traits(factor: Factor) -> dict[str, object]:
    return {"factor_id": factor.id, "factor_type": factor.factor_type, "factor_status": factor.status}
