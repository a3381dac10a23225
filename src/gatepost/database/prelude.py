"""Who and what a transaction acts for, as one statement.

In: an Identity, the way its claims take, a Context, the settings of its role. Out: one `select set_config(…), …` with
the role last. Never: a setting that a helper or an answer reads and that is left as the one before had it.
"""

from functools import lru_cache

from ..identity import Identity
from ..query.sql import Parameter
from .connection import Command
from .entrance import AS_THEY_ARE, Way, arguments, unchanging
from .values import Context

# `sub` alone is set singly too, and first: auth.uid() reads it and saves parsing the claims; a look-up shows his rows.
# pg_temp comes last, else temporary tables would shadow names.
PINNED = (
    "request.jwt.claim.sub",
    "request.jwt.claims",
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
CLAIMS = "request.jwt.claims"
# A database that is a copy, or whose disk is full, takes no writes: its own words say so, and reads go on.
READ_ONLY = "transaction_read_only"
# Settings that repeat claims: where those change at the door, each is read from what came of them.
SINGULAR = {
    "request.jwt.claim": f"pg_catalog.current_setting('{CLAIMS}')",
    "request.jwt.claim.email": f"coalesce(pg_catalog.current_setting('{CLAIMS}')::pg_catalog.jsonb ->> 'email', '')",
}
NOTHING = "''"
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
    way: Way = AS_THEY_ARE,
) -> Command:
    """The prelude of one transaction. `timeout` (ms) holds where the context names none; settings of the role and the
    context's own come after the pinned ones and win. `most` is a timeout that nothing else can raise, for a lane, whose
    prelude also lets go of advisory locks. `way` is the claims' at the door.
    """
    limit = timeout if context.timeout is None else context.timeout
    further = (*role_settings, *context.settings)
    if most is not None:
        limit = most
        if further:
            further = tuple(pair for pair in further if pair[0] != "statement_timeout")
    repeated: tuple[str, ...] = ()
    if further and (way.per_request or way.look_up == "enter"):
        repeated = tuple(name for name, _ in further if name in SINGULAR)
        further = tuple(pair for pair in further if pair[0] not in SINGULAR)
    names, values = _further(further)
    text = _text(names, most is not None, way, repeated)
    params = (
        identity.subject.encode(),
        unchanging(identity) if way.look_up == "enter" else identity.claims_json,
        context.method.encode(),
        context.path.encode("utf-8", "replace"),
        context.headers,
        context.cookies,
        _searched(context.search_path),
        b"on" if context.read_only else None,
        b"%d" % limit,
        _encoded(context.timezone or timezone),
        *values,
        _encoded(identity.role),
        *(arguments(identity) if way.look_up == "enter" else ()),
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
def _text(further: tuple[str, ...], unlock: bool, way: Way = AS_THEY_ARE, repeated: tuple[str, ...] = ()) -> str:
    """The statement for a list of further settings; their names are parameters too.

    num_nulls() evaluates its arguments from left to right and answers with one small number: what was set need not
    travel back.
    """
    first = len(PINNED) + 1
    role = first + 2 * len(further)
    values = {name: f"${index}" for index, name in enumerate(PINNED, 1)}
    values[CLAIMS] = claims_that_count(way, role)
    values[READ_ONLY] = f"coalesce({values[READ_ONLY]}, pg_catalog.current_setting('{READ_ONLY}'))"
    calls = [f"set_config('{name}', {value}, true)" for name, value in values.items()]
    again = {name: SINGULAR[name] for name in repeated}
    calls += [f"set_config('{name}', {again.get(name, NOTHING)}, true)" for name in EMPTY]
    calls += [f"set_config(${first + len(further) + i}, ${first + i}, true)" for i in range(len(further))]
    calls.append(f"set_config('role', ${role}, true)")
    calls = ["pg_catalog." + call for call in calls]
    groups = [", ".join(calls[start : start + ARGUMENTS]) for start in range(0, len(calls), ARGUMENTS)]
    columns = [UNLOCK] if unlock else []
    return "select " + ", ".join([*columns, *(f"pg_catalog.num_nulls({group})" for group in groups)])


def claims_that_count(way: Way, role: int) -> str:
    """An expression of subject, claims, the role's parameter and the two behind it: what is kept ready for the door
    where it holds, else what the door makes of them.
    """
    claims, session, level = "$2", f"${role + 1}", f"${role + 2}"
    if way.look_up == "enter":
        ready = "select e.written from auth_private.entrance e"
        ready += f" where e.session_id = nullif({session}, '')::pg_catalog.uuid and e.role = ${role}"
        ready += f" and ({level} = 'aal1' or e.aal::pg_catalog.text = {level})"
        door = f"auth_private.enter($2, $1, ${role}, {session}, {level})"
        claims = f"""coalesce('{{' || $2 || ',"aal":"' || {level} || '"' || ({ready}), {door})"""
    elif way.look_up == "admit":
        claims = "auth_private.admit($2, $1)"
    return f"auth_private.per_request({claims})" if way.per_request else claims
