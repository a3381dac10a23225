"""Who and what a transaction acts for, as one statement.

In: an Identity, a Context, the settings of its role. Out: one `select set_config(…), …` with the role last.
Never: a setting that a helper or an answer reads and that is left as the one before had it.
"""

from functools import lru_cache

from ..identity import Identity
from ..query.sql import Parameter
from .connection import Command
from .values import Context

# `sub` alone is set singly too: auth.uid() reads it first and saves parsing the claims.
# pg_temp comes last, else temporary tables would shadow names.
PINNED = (
    "request.jwt.claims",
    "request.jwt.claim.sub",
    "request.method",
    "request.path",
    "request.headers",
    "request.cookies",
    "search_path",
    "transaction_read_only",
    "statement_timeout",
    "timezone",
)
# A function takes a hundred arguments at most.
ARGUMENTS = 90
UNLOCK = "pg_catalog.pg_advisory_unlock_all()"
EMPTY = (
    "request.jwt.claim",
    "request.jwt.claim.role",
    "request.jwt.claim.email",
    "response.headers",
    "response.status",
)


def prelude(
    identity: Identity,
    context: Context,
    role_settings: tuple[tuple[str, str], ...] = (),
    *,
    timezone: str = "UTC",
    timeout: int = 0,
    most: int | None = None,
) -> Command:
    """The prelude of one transaction. `timeout` (ms) holds where the context names none; settings of the role and the
    context's own come after the pinned ones and win. `most` is a timeout that nothing else can raise, for a lane, whose
    prelude also lets go of advisory locks.
    """
    limit = timeout if context.timeout is None else context.timeout
    further = (*role_settings, *context.settings)
    if most is not None:
        limit = most
        if further:
            further = tuple(pair for pair in further if pair[0] != "statement_timeout")
    names, values = _further(further)
    text = _text(names, most is not None)
    params = (
        identity.claims_json,
        identity.subject.encode(),
        context.method.encode(),
        context.path.encode("utf-8", "replace"),
        context.headers,
        context.cookies,
        _searched(context.search_path),
        b"on" if context.read_only else b"off",
        b"%d" % limit,
        _encoded(context.timezone or timezone),
        *values,
        _encoded(identity.role),
    )
    return Command(text, params, ("", "", text), True)


@lru_cache(256)
def _searched(search_path: str) -> bytes:
    return f"{search_path}, pg_temp".encode() if search_path else b"pg_temp"


@lru_cache(256)
def _encoded(text: str) -> bytes:
    return text.encode()


@lru_cache(256)
def _further(settings: tuple[tuple[str, str], ...]) -> tuple[tuple[str, ...], tuple[Parameter, ...]]:
    """Names of settings, and the parameters that they make: the values, then the names."""
    names = tuple(name for name, _ in settings)
    return names, tuple(text.encode() for text in (*(value for _, value in settings), *names))


@lru_cache(256)
def _text(further: tuple[str, ...], unlock: bool) -> str:
    """The statement for a list of further settings; their names are parameters too.

    num_nulls() evaluates its arguments from left to right and answers with one small number: what was set need not
    travel back.
    """
    calls = [f"set_config('{name}', ${index}, true)" for index, name in enumerate(PINNED, 1)]
    calls += [f"set_config('{name}', '', true)" for name in EMPTY]
    first = len(PINNED) + 1
    calls += [f"set_config(${first + len(further) + i}, ${first + i}, true)" for i in range(len(further))]
    calls.append(f"set_config('role', ${first + 2 * len(further)}, true)")
    calls = ["pg_catalog." + call for call in calls]
    groups = [", ".join(calls[start : start + ARGUMENTS]) for start in range(0, len(calls), ARGUMENTS)]
    columns = [UNLOCK] if unlock else []
    return "select " + ", ".join([*columns, *(f"pg_catalog.num_nulls({group})" for group in groups)])
