"""Whether something was denied: by a policy or a missing right, and not for another reason.

In: what people of a test did in a block, and how it ended. Out: nothing, or a failure that says what happened instead.
Never: zero rows taken for a denial where there was nothing to deny.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import httpx
import psycopg
import pytest
from psycopg.abc import QueryNoTemplate as Query

from gatepost.identity import Identity

from .databases import Parameters

DENIED_STATES = ("42501", "PT401", "PT403")
DENIED_STATUS = (401, 403)
# What was shown proves nothing: so nobody was denied anything, whatever the rules are.
UNPROVEN = frozenset(("no_api_key", "invalid_api_key", "bad_jwt", "PGRST301", "PGRST303"))
HIDDEN_STATUS, HIDDEN_CODE = (404, 406), "PGRST116"
EMPTY = (b"", b"[]")
CLAIMS = """
select
    set_config('request.jwt.claims', %s, true),
    set_config('request.jwt.claim.sub', %s, true),
    set_config('search_path', %s, true)
"""
HINT = """
  An answer without rows may be about a row that is not there. If you know that it is: ask for the rows
  (Prefer: return=representation) and expect_denied(or_hidden=True)"""
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Statement:
    """One that went through: `count` rows, for somebody called `name` who finds names in `search_path`; `control` is
    the administrator's login.
    """

    name: str
    text: Query
    parameters: Parameters
    identity: Identity
    count: int
    search_path: str
    control: str

    def __str__(self) -> str:
        given = self.text.decode() if isinstance(self.text, bytes) else str(self.text)
        text = " ".join(given.split())
        return f"{self.name} ({self.identity.role}): {text[:SHOWN]}{' …' if len(text) > SHOWN else ''}"


Act = Statement | httpx.Response
ACTS: "ContextVar[list[Act] | None]" = ContextVar("gatepost_acts", default=None)


def witnessed(act: Act) -> None:
    """Somebody did something."""
    acts = ACTS.get()
    if acts is not None:
        acts.append(act)


@contextmanager
def expect_denied(*, or_hidden: bool = False) -> Generator[None]:
    """Passes where the block is denied: by PostgreSQL (42501), by a 401 or 403, by a rule of the Python client.

    A statement of a person that finds no row counts where the administrator, with the same claims, finds some.
    `or_hidden`: what was asked for may look as if it were not there (404, no row over REST, NotFound), which cannot be
    told from a row that does not exist.
    """
    acts: list[Act] = []
    token = ACTS.set(acts)
    try:
        yield
    except Exception as error:
        _judge_error(error, or_hidden)
        return
    finally:
        ACTS.reset(token)
    _judge_acts(acts, or_hidden)


def _judge_error(error: Exception, or_hidden: bool) -> None:
    if any(_denies(each, or_hidden) for each in _causes(error)):
        return
    state = next((code for each in _causes(error) if (code := _state(each))), "")
    kind = type(error).__name__ + (f" {state}" if state else "")
    raise pytest.fail.Exception(f"expected a denial, and it failed for another reason: {kind}: {error}") from error


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it is about: SQLAlchemy wraps the driver's, Django raises its own from it."""
    seen: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in seen:
        seen.append(found)
        yield found
        original = getattr(found, "orig", None)
        found = original if isinstance(original, BaseException) else found.__cause__


def _denies(error: BaseException, or_hidden: bool) -> bool:
    status = _status(error)
    if _state(error) in UNPROVEN or (isinstance(error, httpx.HTTPStatusError) and _unproven(error.response)):
        return False
    if _state(error) in DENIED_STATES or status in DENIED_STATUS:
        return True
    reason = getattr(error, "reason", None)
    if reason == "rejected-by-policy":
        return True
    return or_hidden and (reason == "not-found" or status in HIDDEN_STATUS or _state(error) == HIDDEN_CODE)


def _state(error: BaseException) -> str:
    """An SQLSTATE, or a dialect's code in its place: of psycopg, asyncpg, Problems, supabase's clients, ours."""
    for name in ("sqlstate", "code", "db_error_code"):
        value = getattr(error, name, None)
        if isinstance(value, str):
            return value
    return ""


def _status(error: BaseException) -> int:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code
    for name in ("status", "status_code"):
        value = getattr(error, name, None)
        if isinstance(value, int):
            return value
    return 0


def _judge_acts(acts: list[Act], or_hidden: bool) -> None:
    """Nothing was raised: what the last one did came to nothing, or the block went through."""
    last = acts[-1] if acts else None
    if last is None:
        _fail("expected a denial, and the block went through")
    elif isinstance(last, Statement):
        _judge_statement(last)
    else:
        _judge_response(last, or_hidden)


def _judge_statement(statement: Statement) -> None:
    if statement.count > 0:
        _fail(f"expected a denial, and it went through for {_rows(statement.count)}\n  {statement}")
    if statement.count < 0 or not _control(statement):
        _fail(
            f"expected a denial, and nothing is there to deny: without policies it finds no row either\n  {statement}"
        )


def _control(statement: Statement) -> int:
    """How many rows the statement finds without policies, with the same claims; nothing of it stays."""
    claims, subject = statement.identity.claims_json.decode(), statement.identity.subject
    with psycopg.connect(statement.control) as connection:
        try:
            connection.execute(CLAIMS, [claims, subject, statement.search_path])
            return connection.execute(statement.text, statement.parameters).rowcount
        except psycopg.IntegrityError:
            return 1  # it found a row, which others still need
        finally:
            connection.rollback()


def _judge_response(answer: httpx.Response, or_hidden: bool) -> None:
    if answer.status_code in DENIED_STATUS and not _unproven(answer):
        return
    body = answer.read()
    told = (
        f"{answer.request.method} {answer.request.url.raw_path.decode()} → {answer.status_code} {body[:SHOWN].decode()}"
    )
    if or_hidden and (answer.status_code in HIDDEN_STATUS or (answer.is_success and body in EMPTY and _none(answer))):
        return
    if answer.is_success:
        hint = HINT if body in EMPTY else ""
        _fail(f"expected a denial, and it went through\n  {told}{hint}")
    _fail(f"expected a denial, and it failed for another reason\n  {told}")


def _unproven(answer: httpx.Response) -> bool:
    try:
        said = answer.json()
    except ValueError:
        return False
    return isinstance(said, dict) and not UNPROVEN.isdisjoint((str(said.get("code")), str(said.get("error_code"))))  # pyright: ignore


def _none(answer: httpx.Response) -> bool:
    """Whether an answer without a body is about no row: without it one cannot tell, unless rows are asked back."""
    return answer.content == b"[]" or answer.headers.get("content-range", "").endswith("*/0")


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _fail(message: str) -> None:
    raise pytest.fail.Exception(message, pytrace=False)
