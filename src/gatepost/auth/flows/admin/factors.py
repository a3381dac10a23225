"""Second factors as an administrator sees them."""

from uuid import UUID

import msgspec

from ....exchange import Response
from ... import query, responses
from ...errors import fault, invalid
from ...users import Factor
from ..call import Auth, Call
from .users import load


class Change(msgspec.Struct):
    friendly_name: str = ""


async def list_all(auth: Auth, call: Call) -> Response:
    """`GET /admin/users/{user_id}/factors`: always an array."""
    user = await load(auth, call)
    return responses.reply([responses.factor(each) for each in user.factors or ()])


async def update(auth: Auth, call: Call) -> Response:
    """`PUT /admin/users/{user_id}/factors/{factor_id}`: its name."""
    factor, body = await _find(auth, call), call.body(Change)
    if body.friendly_name:
        await auth.scope.run(query("rename_factor", factor.id, body.friendly_name, auth.now()))
        factor.friendly_name = body.friendly_name
    return responses.reply(responses.factor(factor))


async def delete(auth: Auth, call: Call) -> Response:
    """`DELETE /admin/users/{user_id}/factors/{factor_id}`: sessions it raised fall back."""
    factor = await _find(auth, call)
    traits = {"user_id": call.ids[0], "factor_id": factor.id}
    await auth.scope.run(
        *auth.audit(call).admin_entry(call.admin, "factor_deleted", traits),
        query("lower_sessions", factor.id, auth.now()),
        query("delete_factor", factor.id),
    )
    return responses.reply(responses.factor(factor))


async def _find(auth: Auth, call: Call) -> Factor:
    user = await load(auth, call)
    try:
        factor_id = str(UUID(call.ids[1]))
    except ValueError:
        raise invalid("factor_id must be an UUID", 404) from None
    found = next((each for each in user.factors or () if each.id == factor_id), None)
    if found is None:
        raise fault("mfa_factor_not_found", "Factor not found")
    return found
