"""JSON shapes of what the auth surface answers with.

In: users, sessions, factors. Out: Responses. Never: a password's hash, a token's hash, or NULL where clients expect
text (`email` and `phone` are '').
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

import msgspec

from ..exchange import Headers, Response
from .users import Factor, User, UserIdentity

JSON: Headers = [(b"content-type", b"application/json")]
NO_STORE: Headers = [(b"cache-control", b"no-store"), (b"pragma", b"no-cache")]

Shape = dict[str, object]

USER_TIMES = (
    "email_confirmed_at", "invited_at", "phone_confirmed_at", "confirmation_sent_at", "confirmed_at",
    "recovery_sent_at", "email_change_sent_at", "phone_change_sent_at", "reauthentication_sent_at", "last_sign_in_at",
    "banned_until", "deleted_at",
)  # fmt: skip


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """An access token and a refresh token, just issued; times in epoch seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    expires_at: int
    session_id: str
    user: User


def reply(body: object, status: int = 200, headers: Headers | None = None) -> Response:
    """`body` as JSON."""
    return Response(status, msgspec.json.encode(body), [*JSON, *(headers or [])])


def nothing() -> Response:
    """204, without a body."""
    return Response(204)


def redirect(url: str) -> Response:
    """303 to where a link in a mail leads; the URL may carry tokens, so nothing keeps it."""
    return Response(303, b"", [(b"location", url.encode("ascii", "ignore")), *NO_STORE])


def private(body: object) -> Response:
    """`body` as JSON that nothing on the way may keep."""
    return reply(body, 200, NO_STORE)


def user(user: User, *, listed: bool = False) -> Shape:
    """A user as clients know them. `listed`: one of many, without identities (null) and factors."""
    shape: Shape = {
        "id": user.id,
        "aud": user.aud or "",
        "role": user.role or "",
        "email": user.email or "",
        "phone": user.phone or "",
        "app_metadata": user.raw_app_meta_data or {},
        "user_metadata": user.raw_user_meta_data or {},
        "identities": None if listed else [identity(each) for each in user.identities or ()],
        "created_at": utc(user.created_at),
        "updated_at": utc(user.updated_at),
        "is_anonymous": bool(user.is_anonymous),
    }
    shape |= {name: utc(value) for name in USER_TIMES if (value := getattr(user, name)) is not None}
    pending = {"new_email": user.email_change, "new_phone": user.phone_change}
    shape |= {name: value for name, value in pending.items() if value}
    if user.factors and not listed:
        shape["factors"] = [factor(each) for each in user.factors]
    return shape


def identity(identity: UserIdentity) -> Shape:
    """An identity; `id` is the provider's id of the user, `identity_id` the row's."""
    shape: Shape = {
        "identity_id": identity.id,
        "id": identity.provider_id,
        "user_id": identity.user_id,
        "identity_data": identity.identity_data or {},
        "provider": identity.provider,
        "created_at": utc(identity.created_at),
        "updated_at": utc(identity.updated_at),
    }
    shape |= {"last_sign_in_at": utc(identity.last_sign_in_at)} if identity.last_sign_in_at else {}
    return shape | ({"email": identity.email} if identity.email else {})


def factor(factor: Factor) -> Shape:
    """A second factor, without its secret."""
    shape: Shape = {
        "id": factor.id,
        "created_at": utc(factor.created_at),
        "updated_at": utc(factor.updated_at),
        "status": factor.status,
        "factor_type": factor.factor_type,
        "phone": factor.phone or "",
        "last_challenged_at": utc(factor.last_challenged_at),
    }
    return shape | ({"friendly_name": factor.friendly_name} if factor.friendly_name else {})


def tokens(pair: Pair, more: Mapping[str, object] | None = None) -> Response:
    """The session response of every way in."""
    body: Shape = {
        "access_token": pair.access_token,
        "token_type": "bearer",
        "expires_in": pair.expires_in,
        "expires_at": pair.expires_at,
        "refresh_token": pair.refresh_token,
        "user": user(pair.user),
        **(more or {}),
    }
    marks: Headers = [
        (b"sb-auth-user-id", pair.user.id.encode()),
        (b"sb-auth-session-id", pair.session_id.encode()),
        (b"sb-auth-refresh-token-prefix", pair.refresh_token[:5].encode()),
    ]
    return reply(body, 200, [*NO_STORE, *marks])


def token_fields(pair: Pair, kind: str) -> dict[str, str]:
    """The same as fields of a URL's fragment; `sb` marks it as ours."""
    return {
        "access_token": pair.access_token,
        "expires_at": str(pair.expires_at),
        "expires_in": str(pair.expires_in),
        "refresh_token": pair.refresh_token,
        "sb": "",
        "token_type": "bearer",
        "type": kind,
    }


def page_headers(path: str, query: Sequence[tuple[str, str]], page: int, per_page: int, total: int) -> Headers:
    """`Link` and `X-Total-Count` of a list; clients read the page numbers out of the links."""
    from_query = [(name, value) for name, value in query if name not in ("page", "per_page")]
    pages = -(-total // per_page) if per_page else 0

    def link(number: int, relation: str) -> str:
        fields = [("page", str(number)), ("per_page", str(per_page)), *from_query]
        return f'<{path}?{urlencode(fields)}>; rel="{relation}"'

    links = [link(page + 1, "next")] if pages > page else []
    links.append(link(pages, "last"))
    return [(b"link", ", ".join(links).encode()), (b"x-total-count", str(total).encode())]


def utc(moment: datetime | None) -> datetime | None:
    """The moment with a `Z`, whatever the connection's time zone was."""
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
