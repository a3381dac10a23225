"""The ways a user can prove to be that user; one can be taken away while another one is left."""

from ....exchange import Response
from ....problem import DatabaseProblem
from ....query.sql import Statement
from ... import query
from ...errors import fault
from ...responses import reply
from ...users import User, UserIdentity, email_rank
from ..call import Auth, Call
from ..letters import tell
from ..unserved import unsupported


async def link(auth: Auth, call: Call) -> Response:
    """`GET /user/identities/authorize`: no provider is served yet."""
    _check_enabled(auth)
    raise unsupported(call)


async def unlink(auth: Auth, call: Call) -> Response:
    """`DELETE /user/identities/{identity_id}`: the address that came with it goes too."""
    _check_enabled(auth)
    if call.caller is None or call.audience != call.caller.audience:
        raise fault("unexpected_audience", "Token audience doesn't match request audience")
    user = call.user
    identities = user.identities or []
    if len(identities) < 2:
        raise fault("single_identity_not_deletable", "User must have at least 1 identity after unlinking")
    going = next((each for each in identities if each.id == call.ids[0].lower()), None)
    if going is None:
        raise fault("identity_not_found", "Identity doesn't exist")
    left = [each for each in identities if each is not going]
    traits = {"identity_id": going.id, "provider": going.provider, "provider_id": going.provider_id}
    try:
        await auth.scope.run(
            *auth.audit(call).entry(user.id, "identity_unlinked", traits),
            query("delete_identity", going.id, user.id),
            *_addresses(auth, user, going, left),
            query("refresh_providers", user.id),
        )
    except DatabaseProblem as error:
        if error.code != "23505":
            raise
        raise fault(
            "email_conflict_identity_not_deletable", "Unable to unlink identity due to email conflict"
        ) from error
    await tell(auth, "identity_unlinked", user, user.email, Provider=going.provider)
    return reply({})


def _addresses(auth: Auth, user: User, going: UserIdentity, left: list[UserIdentity]) -> list[Statement]:
    """What becomes of the user's own address: another identity's takes its place, confirmed only if that one is."""
    now = auth.now()
    if going.provider == "phone":
        return [query("unconfirm_phone", user.id, now)]
    if any((each.email or "") == (user.email or "") for each in left):
        return []
    first = min(left, key=email_rank)
    statements = [
        query("set_email", user.id, first.email or "", now),
        query("clear_pending", user.id, now),
        query("delete_one_time_tokens", user.id),
    ]
    if not first.email or not (first.is_email_verified or auth.settings.mailer_autoconfirm):
        statements.append(query("unconfirm_email", user.id))
    return statements


def _check_enabled(auth: Auth) -> None:
    if not auth.settings.manual_linking_enabled:
        raise fault("manual_linking_disabled", "Manual linking is disabled")
