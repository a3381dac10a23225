"""What a flow is given: the room's tools, and the call it answers.

In: a Request and who was found to make it. Out: its body, parameters, target of redirection. Never: a header that
changes where a link leads; the bearer of an endpoint that is public.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from ...database.scope import Scope, Transaction
from ...exchange import Request
from ...identity.keys import KeyRing
from ...identity.tokens import Tokens
from ...settings import OWNED_KEYS, AuthSettings, FactorSettings
from .. import query, redirects
from ..errors import fault, invalid
from ..hashing import Hasher
from ..hooks.events import Hooks, Verdict
from ..issue import Door, Issuer
from ..limits import Limits
from ..mail import Mailer
from ..one_time import check_frequency
from ..sessions import Origin, Session
from ..users import Audit, User

T = TypeVar("T", bound=msgspec.Struct)

SINGLE = ("redirect_to", "token", "type", "grant_type", "scope")
"""Parameters that must not be given twice: which one counts would be a guess."""


# What a user says of himself comes back within his tokens, other people's lists and hooks' events, each of which adds
# levels of its own: it must stay far from what any of their readers takes.
DEEPEST = 200

LONGEST_PRETENCE = 2.0
REMEMBERED = 10_000
POSTS = 3


class Pace:
    """Makes a call that does nothing look like one that does, so that neither time nor a refusal tells who has an
    account.

    `real` is put around the work. `pretend` waits as long as such work took lately, and refuses an address that asks
    again too soon, as the work would.
    """

    def __init__(self) -> None:
        self._lately: deque[float] = deque(maxlen=9)
        self._asked: OrderedDict[bytes, datetime] = OrderedDict()

    @asynccontextmanager
    async def real(self) -> AsyncGenerator[None]:
        start = time.monotonic()
        yield
        self._lately.append(min(time.monotonic() - start, LONGEST_PRETENCE))

    async def pretend(self, address: str, now: datetime, least: float) -> None:
        name = hashlib.sha256(address.encode("utf-8", "surrogatepass")).digest()
        check_frequency(self._asked.get(name), now, least)
        self._asked[name] = now
        self._asked.move_to_end(name)
        if len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
        usual = sorted(self._lately)[len(self._lately) // 2] if self._lately else 0.0
        await asyncio.sleep(usual)


@dataclass(frozen=True, slots=True)
class Auth:
    """The room's tools. `scope` is the auth login's door; `keys` is asked anew at each use, since keys rotate."""

    settings: AuthSettings
    scope: Scope
    tokens: Tokens
    issuer: Issuer
    hasher: Hasher
    mailer: Mailer
    limits: Limits
    clock: Callable[[], float]
    factors: FactorSettings
    posts: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(POSTS))
    paces: Mapping[str, Pace] = field(default_factory=lambda: {name: Pace() for name in ("recover", "otp", "resend")})

    @property
    def keys(self) -> KeyRing:
        return self.tokens.keys

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def unit(self) -> AbstractAsyncContextManager[Door]:
        """Where one call of `run` is all a flow needs: the scope itself, or a transaction where a hook follows."""
        return self.scope.transaction() if self.issuer.has_hook else nullcontext(self.scope)

    @asynccontextmanager
    async def posting(self) -> AsyncGenerator[Transaction]:
        """A transaction that ends once a mail is handed over, so that a mail that fails undoes it.

        Few at a time: a mail server that is slow must not keep all connections.
        """
        async with self.posts, self.scope.transaction() as tx:
            yield tx

    def check_metadata(self, given: Mapping[str, object]) -> None:
        """422 where a user writes what only the server may say of him."""
        named = [name for name in OWNED_KEYS if name in given]
        if named and self.issuer.owned_keys is not None:
            raise invalid(f"user_metadata: {', '.join(named)} can be changed by the server only", 422)

    def hooks(self, call: "Call") -> Hooks:
        return Hooks(self.settings, self.now(), call.origin.address, self.issuer.remote)

    async def obey(self, verdict: Verdict | None, user_id: str, code: str) -> None:
        """Refuse where a hook said so, having ended the user's sessions where it wants that."""
        if verdict is None:
            return
        if verdict.ends_sessions:
            await self.scope.run(query("delete_sessions", user_id))
        raise fault(code, verdict.message)

    def audit(self, call: "Call") -> Audit:
        return Audit(self.now(), call.origin.address, not self.settings.audit_log_disable_postgres)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call: the claims of the token, and for a user's own calls the user and session as they are now."""

    claims: Mapping[str, Any]
    user: User | None = None
    session: Session | None = None

    @property
    def role(self) -> str:
        return str(self.claims.get("role", ""))

    @property
    def audience(self) -> str:
        """The first audience of the token, '' where it has none."""
        value = self.claims.get("aud")
        if isinstance(value, list):
            value = value[0] if value else ""  # pyright: ignore[reportUnknownVariableType]
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Call:
    """A request to one endpoint. `ids` are the variable parts of its path; `caller` is None where it is public."""

    request: Request
    settings: AuthSettings
    ids: tuple[str, ...] = ()
    caller: Caller | None = None

    @property
    def user(self) -> User:
        """Who calls; only for endpoints that need a user."""
        if self.caller is None or self.caller.user is None:
            raise fault("no_authorization", "This endpoint requires a valid Bearer token")
        return self.caller.user

    @property
    def session(self) -> Session | None:
        """The session of the caller's token; None where the token names none."""
        return self.caller.session if self.caller else None

    @property
    def admin(self) -> str:
        """The role that calls an admin endpoint."""
        return self.caller.role if self.caller else ""

    @property
    def origin(self) -> Origin:
        return Origin(self.request.visitor or self.request.client or None, self.request.header(b"user-agent"))

    @property
    def audience(self) -> str:
        """Whose users are meant: the header, the user's token, the setting."""
        named = self.request.header(b"x-jwt-aud")
        if named:
            return named
        if self.caller is None or self.caller.role in self.settings.jwt_admin_roles:
            return self.settings.jwt_aud
        return self.caller.audience or self.settings.jwt_aud

    def body(self, kind: type[T]) -> T:
        """The request's body as `kind`; 400 `bad_json` names what does not fit. A null counts as absent."""
        try:
            tree = msgspec.json.decode(self.request.body)
            if not isinstance(tree, dict):
                raise msgspec.ValidationError("Expected an object")
            if is_deeper(tree, DEEPEST):  # pyright: ignore[reportUnknownArgumentType]
                raise msgspec.ValidationError(f"Nested more than {DEEPEST} levels deep")
            given: dict[str, Any] = {name: value for name, value in tree.items() if value is not None}  # pyright: ignore[reportUnknownVariableType]
            return msgspec.convert(given, kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise fault("bad_json", f"Could not parse request body as JSON: {error}") from None

    def optional_body(self, kind: type[T]) -> T:
        """The same where clients may send none at all."""
        return self.body(kind) if self.request.body.strip() else kind()

    def parameters(self) -> list[tuple[str, str]]:
        """The query's fields in order; 400 where one that decides something comes twice."""
        fields = parse_qsl(self.request.query.decode("latin-1"), keep_blank_values=True)
        names = [name for name, _ in fields]
        twice = next((name for name in SINGLE if names.count(name) > 1), None)
        if twice:
            raise invalid(f"The parameter {twice} must be given only once")
        return fields

    def parameter(self, name: str) -> str:
        """One field of the query, '' where it is absent."""
        return next((value for given, value in self.parameters() if given == name), "")

    def redirect_to(self, *further: str) -> str:
        """Where the person goes after a link: what the call asks for if that is allowed, else the site."""
        asked = [*further, self.request.header(b"redirect_to"), self.parameter("redirect_to")]
        requested = next((url for url in asked if url), None)
        return redirects.choose(
            self.settings.site_url, self.settings.uri_allow_list, requested, self.request.header(b"referer")
        )


def is_deeper(tree: object, levels: int) -> bool:
    """Whether JSON is nested deeper than that."""
    layer = [tree]
    while layer and levels >= 0:
        layer = [inner for each in layer for inner in _within(each)]
        levels -= 1
    return bool(layer)


def _within(tree: object) -> Iterable[object]:
    if isinstance(tree, dict):
        return tree.values()  # pyright: ignore[reportUnknownVariableType]
    return tree if isinstance(tree, list) else ()  # pyright: ignore[reportUnknownVariableType]
