"""Requests that nobody thought of: whatever is asked, the answer is a success or a clear refusal, and it comes soon."""

import json
from collections.abc import Iterator
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving import Served
from tests.surfaces.http.wire import AUTH, REST, ask, is_clear
from tests.surfaces.people import Person

# The server is shared by all examples of a test, which is what a fuzzer wants.
bounded = settings(
    max_examples=150,
    deadline=10_000,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def one_of(text: str, *more: str) -> st.SearchStrategy[str]:
    """One of the words of a text."""
    return st.sampled_from([*text.split(), *more])


NAMES = one_of("id task done user_id created_at todos members teams profiles x", "")
OPERATORS = "eq neq in is cs fts like match any all null true inner left desc nullslast"
MARKS = 'count() sum() ::text ::int -> ->> ... ! * . , : ( ) { } [ ] " \\ % = & 1 -1 1e400 ü 💥'
WORDS = one_of(f"select order limit offset and or not {OPERATORS} {MARKS}", "\x00")
PIECES = st.lists(st.one_of(NAMES, WORDS, st.text(max_size=3)), max_size=12).map("".join)
KEYS = st.one_of(NAMES, one_of("select order limit offset and or columns on_conflict"), PIECES)
VALUES = st.one_of(
    PIECES,
    st.builds("{}.{}".format, one_of("eq gt in is cs like not.eq fts(english)"), PIECES),
    st.builds("({})".format, PIECES),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
JSON = st.recursive(
    st.one_of(SCALARS, st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
ROW = st.dictionaries(NAMES, JSON, max_size=4)

HEADER_TEXT = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=30)
PREFERENCES = """
return=representation count=exact count=planned resolution=merge-duplicates missing=default tx=rollback max-affected=1
handling=strict text/csv application/vnd.pgrst.object+json application/vnd.pgrst.plan+json application/geo+json */*
0-4 5- public text/plain
"""
REST_HEADERS = st.dictionaries(
    one_of("Prefer Accept Range Accept-Profile Content-Profile Content-Type Range-Unit Cookie"),
    st.one_of(HEADER_TEXT, one_of(PREFERENCES)),
    max_size=3,
)

NIL = "00000000-0000-0000-0000-000000000000"
FIELDS = one_of("""
email password phone data token token_hash type refresh_token auth_code code_verifier code_challenge nonce channel
code_challenge_method create_user redirect_to factor_type code friendly_name challenge_id role ban_duration id
app_metadata user_metadata email_confirm
""")
PLAUSIBLE = one_of(
    f"someone@example.com a@b +15551234567 signup magiclink recovery email_change totp s256 {NIL} 123456 pkce_x 1h",
    "correct horse battery staple",
    "x" * 43,
)
FORM = st.dictionaries(FIELDS, st.one_of(PLAUSIBLE, JSON), max_size=5)
AUTH_CALLS = st.sampled_from(
    [
        *(f"POST /token?grant_type={grant}" for grant in ("password", "refresh_token", "pkce", "id_token")),
        *(f"POST /{path}" for path in ("signup", "otp", "magiclink", "verify", "recover", "resend", "factors")),
        *(f"POST /factors/{NIL}/{path}" for path in ("challenge", "verify")),
        f"DELETE /factors/{NIL}",
    ]
)
ADMIN_CALLS = st.sampled_from(
    [
        *(f"POST /{path}" for path in ("admin/users", "invite", "admin/generate_link")),
        "PUT /admin/users/{id}",
        "GET /admin/users/{id}/factors",
    ]
)


@pytest.fixture(scope="module", autouse=True)
def _nothing_fails_inside(todo: Served) -> Iterator[None]:
    before = len(todo.lines())
    yield
    said = todo.lines()[before:]
    assert "Traceback" not in said
    assert "ERROR" not in said


def percent(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


def form_of(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{percent(key)}={percent(value)}" for key, value in pairs)


QUERY = st.lists(st.tuples(KEYS, VALUES), max_size=4).map(form_of)


@bounded
@given(query=QUERY, headers=REST_HEADERS, path=st.sampled_from(["/todos", "/teams", "/profiles", "/rpc/create_team"]))
def test_any_read(todo: Served, person: Person, query: str, headers: dict[str, str], path: str):
    token = ("Authorization", f"Bearer {person.token}")
    is_clear(ask(todo, "GET", f"{REST}{path}?{query}", None, token, *headers.items()), REST)


@bounded
@given(
    query=QUERY,
    headers=REST_HEADERS,
    body=st.one_of(ROW, st.lists(ROW, max_size=3), JSON).map(lambda value: json.dumps(value).encode()),
    call=st.sampled_from(["POST /teams", "PATCH /teams", "PUT /profiles", "DELETE /teams", "POST /rpc/create_team"]),
)
def test_any_write(todo: Served, person: Person, query: str, headers: dict[str, str], body: bytes, call: str):
    method, path = call.split()
    token = ("Authorization", f"Bearer {person.token}")
    is_clear(ask(todo, method, f"{REST}{path}?{query}", body, token, *headers.items()), REST)


@bounded
@given(body=st.binary(max_size=60), path=st.sampled_from([f"{REST}/teams", f"{AUTH}/signup", f"{AUTH}/verify"]))
def test_any_bytes(todo: Served, person: Person, body: bytes, path: str):
    is_clear(ask(todo, "POST", path, body, ("Authorization", f"Bearer {person.token}")), path)


@bounded
@given(path=st.binary(max_size=30), method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]))
def test_any_path(todo: Served, path: bytes, method: str):
    for prefix in (REST, AUTH):
        target = f"{prefix}/{quote_from_bytes(path)}"
        is_clear(ask(todo, method, target, b"{}" if method != "GET" else None), target)


@bounded
@given(call=AUTH_CALLS, body=FORM)
def test_any_form(todo: Served, person: Person, call: str, body: dict[str, object]):
    method, path = call.split()
    token = ("Authorization", f"Bearer {person.token}")
    answer = ask(todo, method, AUTH + path, json.dumps(body).encode(), token)
    assert answer.status < 500, answer.body
    if "id_token" not in path:  # answers as OAuth does
        is_clear(answer, AUTH)


@bounded
@given(call=ADMIN_CALLS, body=FORM, user=st.one_of(st.uuids().map(str), st.text(max_size=5).map(percent)))
def test_any_form_of_an_administrator(todo: Served, call: str, body: dict[str, object], user: str):
    method, path = call.split()
    target = AUTH + path.replace("{id}", user or "x")
    is_clear(ask(todo, method, target, json.dumps(body).encode(), ("apikey", todo.secret)), AUTH)


@bounded
@given(
    api_key=st.one_of(st.none(), HEADER_TEXT),
    authorization=st.one_of(st.none(), HEADER_TEXT, HEADER_TEXT.map("Bearer {}".format)),
    target=st.sampled_from([f"{REST}/leaderboard", f"{AUTH}/user", f"{AUTH}/settings", f"{AUTH}/admin/users"]),
)
def test_any_proof(todo: Served, api_key: str | None, authorization: str | None, target: str):
    headers = [("apikey", api_key)] if api_key is not None else []
    headers += [("Authorization", authorization)] if authorization is not None else []
    answer = ask(todo, "GET", target, None, *headers)
    is_clear(answer, target)
    if api_key is not None:
        assert answer.status == 401
