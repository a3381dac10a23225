"""Bad input: each a clear error in the surface's own format, with the right status; no 500, no hang, no stack trace."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.serving import Served
from tests.surfaces.http.conftest import BODY_LIMIT
from tests.surfaces.http.wire import AUTH, REST, Answer, ask, is_clear, refused, send
from tests.surfaces.people import Person, newcomer

DEEP = 100_000
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module", autouse=True)
def _nothing_fails_inside(todo: Served) -> Iterator[None]:
    """Whatever the tests here send, the server's own log stays free of failures."""
    before = len(todo.lines())
    yield
    said = todo.lines()[before:]
    assert "Traceback" not in said
    assert "ERROR" not in said
    assert todo.process.poll() is None


def bearer(person: Person) -> tuple[str, str]:
    return ("Authorization", f"Bearer {person.token}")


def secret(server: Served) -> tuple[str, str]:
    return ("apikey", server.secret)


# ------------------------------------------------------------------ bodies

MALFORMED = {
    "empty": b"",
    "cut off": b'{"email": "a@example.com"',
    "not JSON": b"email=a@example.com",
    "two values": b"{} {}",
    "not UTF-8": b'{"email": "\xff\xfe"}',
    "a lone surrogate": b'{"email": "\\ud800"}',
    "a byte of nothing": b"\x00",
    "deep lists": b"[" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "a huge number": b'{"email": ' + b"9" * 10_000 + b"}",
    "single quotes": b"{'email': 1}",
    "NaN": b'{"email": NaN}',
    "UTF-16": '{"email": 1}'.encode("utf-16"),
}
WRONG_TYPES = {
    "null": b"null",
    "a list": b"[]",
    "text": b'"text"',
    "a number": b"1",
    "a number for an address": b'{"email": 1, "password": "correct horse"}',
    "an object for an address": b'{"email": {"$ne": ""}, "password": {"$ne": ""}}',
    "a list of addresses": b'{"email": ["a@example.com", "b@example.com"], "password": "correct horse"}',
    "two addresses in one": b'{"email": "a@example.com,b@example.com", "password": "correct horse"}',
    "a line break in the address": b'{"email": "a@example.com\\r\\nBcc: b@example.com", "password": "correct horse"}',
    "NUL in the address": b'{"email": "a\\u0000@example.com", "password": "correct horse"}',
    "no address": b'{"email": "", "password": "correct horse"}',
    "text for data": b'{"email": "a@example.com", "password": "correct horse", "data": "x"}',
    "a long address": b'{"email": "' + b"a" * 5_000 + b'@example.com", "password": "correct horse"}',
    "a long password": b'{"email": "a@example.com", "password": "' + b"x" * 10_000 + b'"}',
}
ENDPOINTS = ["/signup", "/token?grant_type=password", "/otp", "/magiclink", "/recover", "/resend", "/verify"]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("what", MALFORMED)
def test_a_body_that_is_not_json(todo: Served, endpoint: str, what: str):
    answer = ask(todo, "POST", AUTH + endpoint, MALFORMED[what])
    assert answer.status == 400
    is_clear(answer, AUTH)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("what", WRONG_TYPES)
def test_a_body_of_the_wrong_shape(todo: Served, endpoint: str, what: str):
    answer = ask(todo, "POST", AUTH + endpoint, WRONG_TYPES[what])
    is_clear(answer, AUTH)
    if endpoint != "/signup":
        assert answer.status in (200, 400, 403, 422)
    else:
        assert answer.status in (400, 422)


@pytest.mark.parametrize("what", ["cut off", "not JSON", "not UTF-8", "deep lists", "deep objects", "two values"])
@pytest.mark.parametrize("endpoint", [("PUT", "/user"), ("POST", "/factors")])
def test_a_users_body_that_is_not_json(todo: Served, person: Person, endpoint: tuple[str, str], what: str):
    method, path = endpoint
    refused(ask(todo, method, AUTH + path, MALFORMED[what], bearer(person)), AUTH, 400, "bad_json")


@pytest.mark.parametrize("body", [b'{"data": 1}', b'{"data": []}', b'{"password": 12345678}', b'{"email": "nonsense"}',
                                  b'{"password": "short"}', b'{"data": {"a": "\\u0000"}}', b"[]"])  # fmt: skip
def test_a_user_changes_nothing_by_mistake(todo: Served, person: Person, body: bytes):
    answer = ask(todo, "PUT", f"{AUTH}/user", body, bearer(person))
    assert answer.status in (400, 422)
    is_clear(answer, AUTH)


@pytest.mark.parametrize("what", [*MALFORMED, *WRONG_TYPES])
@pytest.mark.parametrize("endpoint", ["/admin/users", "/invite", "/admin/generate_link"])
def test_an_administrators_bad_body(todo: Served, endpoint: str, what: str):
    body = MALFORMED.get(what, WRONG_TYPES.get(what, b""))
    answer = ask(todo, "POST", AUTH + endpoint, body, secret(todo))
    is_clear(answer, AUTH)
    if what in MALFORMED:
        assert answer.status == 400


ADMINISTRATION = [
    b'{"email": "x1@example.com", "role": 7}',
    b'{"email": "x2@example.com", "app_metadata": []}',
    b'{"email": "x3@example.com", "ban_duration": "for ever"}',
    b'{"email": "x4@example.com", "id": "not-a-uuid"}',
    b'{"email": "x5@example.com", "password_hash": "$9$nonsense"}',
    b'{"email": "x6@example.com", "user_metadata": {"a": "\\u0000"}}',
    b'{"phone": "not a number"}',
    b'{"email": "x7@example.com", "ban_duration": "-99999999999h"}',
    b'{"email": "x8@example.com", "ban_duration": "99999999999999h"}',
]


@pytest.mark.parametrize("body", ADMINISTRATION)
def test_users_that_cannot_be_made(todo: Served, body: bytes):
    answer = ask(todo, "POST", f"{AUTH}/admin/users", body, secret(todo))
    assert answer.status in (400, 422), answer.body
    is_clear(answer, AUTH)


@pytest.mark.parametrize("what", MALFORMED)
@pytest.mark.parametrize("path", ["/todos", "/rpc/create_team"])
def test_rows_that_are_not_json(todo: Served, person: Person, path: str, what: str):
    answer = ask(todo, "POST", REST + path, MALFORMED[what], bearer(person))
    assert 400 <= answer.status < 500
    is_clear(answer, REST)


ROWS = {
    b'{"task": "x", "colour": "red"}': (400, "PGRST204"),
    b'{"task": "x", "done": "perhaps"}': (400, "22P02"),
    b'{"task": "x", "id": 1}': (400, "428C9"),
    b'{"task": ""}': (400, "23514"),
    b'{"task": null}': (400, "23502"),
    b'{"task": "x", "user_id": "nobody"}': (400, "22P02"),
    b'{"task": "x", "created_at": "soon"}': (400, "22007"),
    b'{"task": "\\u0000"}': (400, "22P05"),
    b'[{"task": "x"}, {"task": "y", "done": true}]': (400, "PGRST102"),
    b'[{"task": "x"}, 1]': (400, None),
    b'{"task": {"a": [1, {"b": null}]}, "done": {}}': (400, "22P02"),
}


@pytest.mark.parametrize("body", ROWS)
def test_rows_that_do_not_fit(todo: Served, person: Person, body: bytes):
    status, code = ROWS[body]
    refused(ask(todo, "POST", f"{REST}/todos", body, bearer(person)), REST, status, code)


@pytest.mark.parametrize("body", [b"1", b'"text"', b"null", b"true", b"[]"])
def test_a_body_without_rows_writes_none(todo: Served, person: Person, body: bytes):
    """A scalar is a list without rows, as PostgREST reads it."""
    answer = ask(todo, "POST", f"{REST}/todos", body, bearer(person), ("Prefer", "return=representation"))
    assert (answer.status, answer.json) == (201, [])


def test_a_body_of_an_unknown_kind(todo: Served, person: Person):
    for kind in ("application/xml", "nonsense", "", "text/html; charset=\xff", "multipart/form-data; boundary=x"):
        answer = ask(todo, "POST", f"{REST}/todos", b"<a/>", bearer(person), ("Content-Type", kind))
        assert answer.status in (400, 415)
        is_clear(answer, REST)


# ------------------------------------------------------------------ sizes


def head_of_post(server: Served, path: str) -> str:
    """The lines of a request with the key, up to what says how long its body is."""
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\napikey: {server.publishable}\r\n"


@pytest.mark.parametrize(("target", "status"), [("/rest/v1/todos?" + "x" * 70_000, 414), ("/" + "x" * 65_535, 414)])
def test_an_address_that_is_too_long_is_told_so(todo: Served, target: str, status: int):
    answer = ask(todo, "GET", target)
    assert answer.status == status
    assert answer.json["code"] == "bad_request"
    assert "65535 bytes" in answer.json["message"]


def test_a_head_without_end_is_cut_off(todo: Served):
    head = "GET / HTTP/1.1\r\nHost: localhost\r\n" + "X-Header: xxxxxxxxxxxxxxxxxxxx\r\n" * 50_000
    answer = send(todo, head.encode())
    assert answer is None or answer.status == 431  # None: the connection was closed while we were still writing


@pytest.mark.parametrize("lines", ["X-Trailer: xxxxxxxxxxxxxxxxxxxx\r\n" * 50_000, "X-Trailer: " + "x" * 1_000_000])
def test_lines_after_a_body_without_end_are_cut_off(todo: Served, lines: str):
    head = f"POST {AUTH}/verify HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n"
    answer = send(todo, (head + lines).encode(), "POST")
    assert answer is None or answer.status == 431


def test_lines_after_a_body_are_no_headers(todo: Served):
    head = f"POST {AUTH}/signup HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    answer = send(todo, f"{head}2\r\n{{}}\r\n0\r\napikey: {todo.publishable}\r\n\r\n".encode(), "POST")
    assert answer is not None
    assert answer.status == 401
    chunks = 'A\r\n{"email":"\r\n5\r\na@b"}\r\n0\r\nX-Trailer: x\r\n\r\n'
    answer = send(
        todo, f"{head.replace('signup', 'recover')[:-2]}apikey: {todo.publishable}\r\n\r\n{chunks}".encode(), "POST"
    )
    assert answer is not None
    assert answer.status == 200


@pytest.mark.parametrize("path", [f"{REST}/todos", f"{AUTH}/signup"])
def test_a_body_beyond_the_limit_is_refused_before_it_is_read(todo: Served, path: str):
    head = head_of_post(todo, path)
    answer = send(todo, f"{head}Content-Length: {BODY_LIMIT + 1}\r\n\r\n".encode(), "POST")
    assert answer is not None
    refused(answer, path, 413, "request_entity_too_large" if path.startswith(AUTH) else None)
    assert str(BODY_LIMIT) in answer.body.decode()


@pytest.mark.parametrize("path", [f"{REST}/todos", f"{AUTH}/signup"])
def test_a_body_of_unsaid_length_beyond_the_limit(todo: Served, path: str):
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\napikey: {todo.publishable}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    answer = send(todo, head.encode() + chunk * (BODY_LIMIT // 0x10000 + 1), "POST")
    assert answer is not None
    refused(answer, path, 413)


def test_a_body_below_the_limit_but_too_long_for_an_auth_request(todo: Served):
    body = json.dumps({"email": "a@example.com", "password": PASSWORD, "data": {"a": "x" * (BODY_LIMIT // 2)}}).encode()
    refused(ask(todo, "POST", f"{AUTH}/signup", body), AUTH, 413, "request_entity_too_large")


def test_a_body_that_ends_early_holds_nobody_up(todo: Served):
    head = (
        f"POST {REST}/todos HTTP/1.1\r\nHost: localhost\r\napikey: {todo.publishable}\r\nContent-Length: 1000\r\n\r\n"
    )
    for _ in range(20):
        with pytest.raises(TimeoutError):
            slow(todo, head.encode() + b"[")
    assert ask(todo, "GET", f"{REST}/leaderboard").status == 200


def slow(server: Served, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.05) as connection:
        connection.sendall(data)
        connection.recv(1)


QUERIES = {
    "a long list": "id=in.(" + ",".join(["1"] * 30_000) + ")",
    "many filters": "&".join(["id=gt.0"] * 5_000),
    "many columns": "select=" + ",".join(["task"] * 2_000),
    "a long value": "task=eq." + "x" * 60_000,
    "a long column": "x" * 60_000 + "=eq.1",
    "many orders": "order=" + ",".join(["id"] * 3_000),
    "a wide or": "or=(" + ",".join(["id.eq.1"] * 5_000) + ")",
    "a large limit": "limit=" + "9" * 400,
    "a large offset": "offset=" + "9" * 30,
    "many ampersands": "&" * 50_000,
}


@pytest.mark.parametrize("what", QUERIES)
def test_a_huge_query_is_answered_in_time(todo: Served, person: Person, what: str):
    answer = ask(todo, "GET", f"{REST}/todos?{QUERIES[what]}", None, bearer(person))
    is_clear(answer, REST)


NESTED = {
    "and": "and=(" + "and(" * 5_000 + "id.eq.1" + ")" * 5_001,
    "not and": "or=(" + "not.and(" * 5_000 + "id.eq.1" + ")" * 5_001,
    "unclosed": "and=(" + "or(" * 50_000,
    "embeds": "select=" + "members(" * 3_000 + "*" + ")" * 3_000,
    "json path": "select=task" + "->a" * 5_000,
    "json filter": "task" + "->a" * 5_000 + "=eq.1",
    "casts": "select=task" + "::text" * 3_000,
    "spreads": "select=" + "...members(" * 2_000 + "*" + ")" * 2_000,
    "relation filter": "members." * 3_000 + "id=eq.1",
    "quotes": 'task=in.("' + '\\"' * 50_000 + '")',
    "braces": "task=cs.{" + "{" * 20_000,
}


@pytest.mark.parametrize("what", NESTED)
def test_deep_nesting_is_a_mistake_or_an_answer(todo: Served, person: Person, what: str):
    query = quote(NESTED[what], safe="=&().,*-:")
    answer = ask(todo, "GET", f"{REST}/todos?{query}", None, bearer(person))
    is_clear(answer, REST)


# ------------------------------------------------------------------ what is not there

UNKNOWN = {
    "GET /todoz": (404, "PGRST205"),
    "GET /private.employees": (404, "PGRST205"),
    "GET /auth.users": (404, "PGRST205"),
    "GET /pg_catalog.pg_authid": (404, "PGRST205"),
    "GET /todos/1": (404, "PGRST125"),
    "GET /todos?colour=eq.red": (400, "42703"),
    "GET /todos?select=colour": (400, "42703"),
    "GET /todos?order=colour": (400, "42703"),
    "GET /todos?select=users(*)": (400, "PGRST200"),
    "GET /todos?id=equals.1": (400, "PGRST100"),
    "GET /todos?id=1": (400, "PGRST100"),
    "GET /todos?id=eq.one": (400, "22P02"),
    "GET /todos?id=is.maybe": (400, "PGRST100"),
    "GET /todos?order=id.sideways": (400, "PGRST100"),
    "GET /todos?limit=-1": (416, "PGRST103"),
    "GET /todos?select=id::nonsense": (400, "42704"),
    "GET /todos?and=id.eq.1": (400, "42703"),
    "GET /todos?id=eq.99999999999999999999": (400, "22003"),
    "GET /todos?created_at=eq.soon": (400, "22007"),
    "GET /todos?task=match.(": (400, "2201B"),
    "GET /todos?task=cs.{": (404, "42883"),
    "GET /todos?members.id=eq.1": (400, "PGRST108"),
    "GET /rpc/nothing": (404, "PGRST202"),
    "GET /rpc/pg_sleep?seconds=1": (404, "PGRST202"),
    "GET /rpc/create_team": (404, "PGRST202"),
    "GET /rpc/create_team?name=x": (405, "25006"),
    "POST /rpc/create_team": (404, "PGRST202"),
    "POST /rpc/create_team?name=x": (400, "PGRST100"),
    "GET /rpc": (404, None),
    "DELETE /nothing": (404, "PGRST205"),
    "PATCH /nothing": (404, "PGRST205"),
    "PUT /todos?id=eq.1": (400, None),
}


@pytest.mark.parametrize("line", UNKNOWN)
def test_what_is_not_there(todo: Served, person: Person, line: str):
    method, target = line.split(" ", 1)
    status, code = UNKNOWN[line]
    body = b"{}" if method in ("POST", "PATCH", "PUT") else None
    refused(ask(todo, method, REST + target, body, bearer(person)), REST, status, code)


@pytest.mark.parametrize(
    "profile", ["private", "auth", "pg_catalog", "", "public,private", 'public"', "\xff", "p" * 9000]
)
def test_schemas_that_are_not_exposed(todo: Served, person: Person, profile: str):
    for method, header in (("GET", "Accept-Profile"), ("POST", "Content-Profile")):
        body = b"{}" if method == "POST" else None
        answer = ask(todo, method, f"{REST}/todos", body, bearer(person), (header, profile))
        refused(answer, REST, 406, "PGRST106")


METHODS = {
    f"BREW {AUTH}/signup": 400,
    f"PATCH {AUTH}/signup": 405,
    f"GET {AUTH}/token": 405,
    f"DELETE {AUTH}/user": 405,
    f"POST {AUTH}/health": 405,
    f"PUT {AUTH}/admin/users": 405,
    f"PUT {REST}/rpc/create_team": 405,
    f"DELETE {REST}/rpc/create_team": 405,
    f"PATCH {REST}/": 405,
    f"TRACE {REST}/todos": 405,
    f"PROPFIND {REST}/todos": 405,
}


@pytest.mark.parametrize("line", METHODS)
def test_wrong_methods(todo: Served, person: Person, line: str):
    method, target = line.split(" ", 1)
    answer = ask(todo, method, target, b"{}", bearer(person))
    assert answer.status == METHODS[line], answer.body
    if method != "BREW":  # not HTTP at all: the parser of HTTP answers
        is_clear(answer, target)


def test_endpoints_that_are_not_there(todo: Served):
    for path in ("/nothing", "/admin", "/admin/nothing", "/token/", "/../rest/v1/", "/signup/extra", "/%00"):
        answer = ask(todo, "POST", AUTH + path, b"{}", secret(todo))
        assert answer.status in (400, 404, 405)
        is_clear(answer, AUTH)
    for path in ("/nothing", "/", "/rest", "/rest/v2/todos", "/auth/v1x", "/graphql/v1", "//rest/v1/todos"):
        answer = ask(todo, "GET", path)
        assert answer.status == 404
        is_clear(answer, path)


# ------------------------------------------------------------------ keys

KEYS = [
    "",
    " ",
    "key",
    "sb_publishable_",
    "sb_secret_nonsense",
    "eyJhbGciOiJub25lIn0.e30.",
    "a.b.c",
    "\xff\xfe",
    "x" * 50_000,
]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:20])
@pytest.mark.parametrize("target", [f"{REST}/leaderboard", f"{AUTH}/settings", f"{AUTH}/admin/users"])
def test_wrong_keys(todo: Served, key: str, target: str):
    refused(ask(todo, "GET", target, None, ("apikey", key)), target, 401)


@pytest.mark.parametrize("target", [f"{REST}/leaderboard", f"{AUTH}/settings", f"{AUTH}/user"])
def test_no_key(todo: Served, target: str):
    answer = send(todo, f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer is not None
    refused(answer, target, 401)
    assert "No API key found" in answer.body.decode()


def test_a_key_is_never_repeated_in_an_answer(todo: Served):
    for key in ("sb_secret_hunter2hunter2hunter2", "hunter2.hunter2.hunter2"):
        for target in (f"{REST}/leaderboard", f"{AUTH}/settings"):
            assert b"hunter2" not in ask(todo, "GET", target, None, ("apikey", key)).body


@pytest.mark.parametrize(
    "header", ["Basic YTpi", "Bearer", "Bearer ", "bearer  ", "Token x", "", "Bearer a b", "Bearer \xff"]
)
def test_authorizations_that_are_none(todo: Served, header: str):
    is_clear(ask(todo, "GET", f"{REST}/leaderboard", None, ("Authorization", header)), REST)
    answer = ask(todo, "GET", f"{AUTH}/user", None, ("Authorization", header))
    assert answer.status in (401, 403)
    is_clear(answer, AUTH)


# ------------------------------------------------------------------ headers and paths

HEADERS = [
    ("Prefer", "return=everything, count=some, tx=maybe, resolution=none, max-affected=x, timezone=Mars/Olympus"),
    ("Prefer", "," * 5_000),
    ("Prefer", "handling=strict, nonsense=1"),
    ("Prefer", "timezone='; drop table todos; --"),
    ("Accept", "nonsense"),
    ("Accept", "text/html"),
    ("Accept", "application/vnd.pgrst.object+json;nulls=maybe"),
    ("Accept", ";;;,,,=="),
    ("Accept", "application/json;q=many"),
    ("Range", "1-0"),
    ("Range", "-1--2"),
    ("Range", "items=a-b"),
    ("Range", "9" * 50 + "-"),
    ("Range", "0-" + "9" * 50),
    ("Range-Unit", "parsecs"),
    ("Accept-Encoding", "nonsense"),
    ("Content-Encoding", "gzip"),
    ("If-None-Match", '"x"'),
    ("Cookie", "a=b; c; =; \xff=\xfe"),
    ("X-Supabase-Api-Version", "yesterday"),
    ("X-Request-Id", "a" * 5_000),
    ("X-Request-Id", "\xff\xfe"),
    ("X-Forwarded-For", "nonsense, 1.2.3"),
    ("X-Header", "\xc3\x28" * 20),
    ("X-Header", "quote ' double \" backslash \\ tab\t"),
    ("Host", "evil.example.com"),
    ("Expect", "100-continue"),
    ("Content-Length", "0"),
    ("Upgrade", "websocket"),
]


@pytest.mark.parametrize(("name", "value"), HEADERS, ids=[f"{name} {value[:20]!r}" for name, value in HEADERS])
def test_hostile_headers(todo: Served, person: Person, name: str, value: str):
    for target in (f"{REST}/todos", f"{AUTH}/user"):
        is_clear(ask(todo, "GET", target, None, bearer(person), (name, value)), target)


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "99999999999999999999999", "0x10", "1, 2"])
def test_lengths_that_are_none(todo: Served, length: str):
    head = head_of_post(todo, f"{REST}/todos")
    answer = send(todo, f"{head}Content-Length: {length}\r\n\r\n{{}}".encode(), "POST")
    assert answer is None or answer.status in (400, 413)


def test_a_length_and_chunks_at_once_are_one_request_at_most(todo: Served):
    smuggled = f"GET {REST}/leaderboard HTTP/1.1\r\nHost: localhost\r\napikey: {todo.publishable}\r\n\r\n"
    head = head_of_post(todo, f"{REST}/todos")
    data = f"{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"
    answer = send(todo, data.encode(), "POST")
    assert answer is None or answer.status == 400


@pytest.mark.parametrize(
    "data",
    [b"\r\n\r\n", b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET /" + b"a" * 200_000],
)
def test_what_is_not_http(todo: Served, data: bytes):
    try:
        answer = send(todo, data, seconds=1)
    except TimeoutError:
        answer = None  # it waits for the rest of a request, as long as its sender
    assert answer is None or answer.status in (400, 404, 414, 431)
    assert ask(todo, "GET", "/health").status == 200


PATHS = ["/%00", "/%2e%2e/auth", "/..%2f..%2fetc%2fpasswd", "/todos%00", "/todos%2Ftodos", "/%ff%fe", "/%c0%ae%c0%ae/",
         "/todos;x=1", "/todos%20", "/%E2%80%AE", "/todos%0d%0aX-Injected:1", "/%27%20or%201=1--", "/todos%22",
         "//todos", "/todos//", "/./todos", "/rpc/%00", "/rpc/..", "/rpc/a%2fb", "/" + "a" * 60_000,
         "/%", "/%zz", "/\xff"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:20])
def test_hostile_paths(todo: Served, person: Person, path: str):
    for target in (REST + path, AUTH + path, f"{AUTH}/admin/users{path}"):
        key = secret(todo) if "admin" in target else bearer(person)
        try:
            answer = ask(todo, "GET", target, None, key)
        except AssertionError:
            assert "\xff" in path
            continue
        if not (path == "/\xff" and answer.status == 400):
            is_clear(answer, target if target.startswith((REST + "/", AUTH + "/")) else "")
        assert "x-injected" not in answer.headers


def test_ids_that_are_none(todo: Served):
    for user in ("1", "not-a-uuid", "%27%20or%201=1", "00000000-0000-0000-0000-00000000000", "../settings", "%2e%2e"):
        for method in ("GET", "PUT", "DELETE"):
            body = b"{}" if method == "PUT" else None
            answer = ask(todo, method, f"{AUTH}/admin/users/{user}", body, secret(todo))
            assert answer.status in (404, 405)
            is_clear(answer, AUTH)
    missing = f"{AUTH}/admin/users/00000000-0000-0000-0000-000000000000"
    refused(ask(todo, "GET", missing, None, secret(todo)), AUTH, 404, "user_not_found")


LISTS = ["page=-1", "page=x", "per_page=0", "per_page=-5", "per_page=x", "page=99999999999999999999", "sort=password",
         "filter=%00", "filter=%ff", "filter=%25%25%25", "sort=created_at%20desc;drop"]  # fmt: skip


@pytest.mark.parametrize("query", LISTS)
def test_lists_of_users_that_make_no_sense(todo: Served, query: str):
    is_clear(ask(todo, "GET", f"{AUTH}/admin/users?{query}", None, secret(todo)), AUTH)


VALUES = ["id=eq.%00", "task=eq.%00", "task=eq.%ff", "%ff=eq.1", "select=%00", "task=like.%25%00", "order=%ff",
          "task=eq.%ed%a0%80", "select=task%00", "task=in.(%00)", "task=fts.%00", "task=match.%5B", "task=fts(%00).x",
          "=", "=eq.1", "&&&", "select", "select=", "or=()", "and=(,)", "id=in.()", "id=in.(", "on_conflict=%00",
          "columns=%00", "limit=%00", "select=task:%00", "select=a:b:c", "select=*,*,*", "select=id->>", "id=eq",
          "id=.eq.1", "id=not.not.eq.1", "id=eq(any).{1}", "id=eq(some).1", "select=task.sum()",
          "select=count()", "limit=many", "offset=-1", "select=("]  # fmt: skip


@pytest.mark.parametrize("query", VALUES)
def test_hostile_queries(todo: Served, person: Person, query: str):
    is_clear(ask(todo, "GET", f"{REST}/todos?{query}", None, bearer(person)), REST)
    is_clear(ask(todo, "PATCH", f"{REST}/todos?{query}", b'{"done": false}', bearer(person)), REST)


VERIFY = ["", "type=signup", "token=x", "type=nonsense&token=x", "type=signup&token=%00", "type=recovery&token=%ff",
          "type=signup&token=" + "a" * 5_000, "type=magiclink&token=x&redirect_to=//evil.example.com",
          "type=magiclink&token=x&redirect_to=javascript:alert(1)", "type=signup&token=x&redirect_to=%00%0d%0a",
          "type=signup&token=pkce_",
          "type=email_change&token=x&redirect_to=http://evil.example.com%5c@127.0.0.1:3000"]  # fmt: skip


@pytest.mark.parametrize("query", VERIFY)
def test_links_that_are_none_lead_home_or_nowhere(todo: Served, query: str):
    answer = send(todo, f"GET {AUTH}/verify?{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer is not None
    is_clear(answer, AUTH)
    assert answer.status in (303, 400)
    if answer.status == 303:
        assert answer.headers["location"].startswith("http://127.0.0.1:3000")


@pytest.mark.parametrize(
    "grant", ["", "x", "password&grant_type=refresh_token", "%00", "id_token", "web3", "client_credentials"]
)
def test_grants_that_are_none(todo: Served, grant: str):
    answer = ask(todo, "POST", f"{AUTH}/token?grant_type={grant}", b"{}")
    assert answer.status in (400, 422)
    assert answer.json.get("msg") or answer.json.get("error")


TOKENS = [
    "",
    "x",
    "abcdefghijkl",
    "x" * 5_000,
    "\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000",
    "' or 1=1 --",
]


@pytest.mark.parametrize("token", TOKENS)
def test_refresh_tokens_that_are_none(todo: Served, token: str):
    body = b'{"refresh_token": "%s"}' % token.encode()
    answer = ask(todo, "POST", f"{AUTH}/token?grant_type=refresh_token", body)
    assert answer.status == 400
    is_clear(answer, AUTH)


def test_the_new_format_of_errors_says_so(todo: Served):
    answer = ask(todo, "POST", f"{AUTH}/signup", b"{", ("X-Supabase-Api-Version", "2024-01-01"))
    assert answer.status == 400
    assert answer.headers["x-supabase-api-version"] == "2024-01-01"
    assert set(answer.json) == {"code", "message"}
    assert answer.json["code"] == "bad_json"


def test_a_forged_host_never_reaches_a_link(todo: Served):
    """Links in mails begin with the configured address, whatever a request says of itself."""
    email = "forged.host@example.com"
    body = json.dumps({"email": email, "password": PASSWORD}).encode()
    forged = [
        ("X-Forwarded-Host", "evil.example.com"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "host=evil.example.com"),
    ]
    target = f"{AUTH}/signup?redirect_to=https://evil.example.com/steal"
    assert ask(todo, "POST", target, body, *forged).status == 200
    mail = todo.inbox.read(email)
    assert mail.link.startswith(todo.url + AUTH)
    assert "evil" not in mail.html


def test_what_was_said_a_moment_ago_is_still_true(todo: Served, person: Person):
    """After all of the above the server serves, and nothing was written or lost."""
    newcomer(todo)
    assert [row["task"] for row in person.rows("todos")] == ["write"]


def head_of(answer: Answer) -> tuple[int, bytes]:
    return answer.status, answer.body


def test_a_head_request_is_told_by_its_status(todo: Served, person: Person):
    assert head_of(ask(todo, "HEAD", f"{REST}/todoz", None, bearer(person))) == (404, b"")
    assert head_of(ask(todo, "HEAD", f"{REST}/todos?id=eq.x", None, bearer(person))) == (400, b"")
