"""Paths, methods, and which of several errors is told."""

import pytest

from gatepost.rest.ast import Action
from gatepost.rest.request import by_name, cookies
from gatepost.settings import RestSettings

from .asking import ask, refused


@pytest.mark.parametrize(
    ("method", "target", "action", "name"),
    [
        ("GET", "/items", Action.READ, "items"),
        ("HEAD", "/items", Action.READ, "items"),
        ("POST", "/items", Action.CREATE, "items"),
        ("PATCH", "/items", Action.UPDATE, "items"),
        ("PUT", "/items", Action.SINGLE_UPSERT, "items"),
        ("DELETE", "/items", Action.DELETE, "items"),
        ("OPTIONS", "/items", Action.INFO_RELATION, "items"),
        ("GET", "/rpc/add", Action.CALL_READ, "add"),
        ("HEAD", "/rpc/add", Action.CALL_READ, "add"),
        ("POST", "/rpc/add", Action.CALL, "add"),
        ("OPTIONS", "/rpc/add", Action.INFO_FUNCTION, "add"),
        ("GET", "/", Action.SCHEMA_READ, ""),
        ("HEAD", "/", Action.SCHEMA_READ, ""),
        ("OPTIONS", "/", Action.INFO_SCHEMA, ""),
        ("GET", "/Odd%20%22name%22%2Fslash", Action.READ, 'Odd "name"/slash'),
        ("GET", "/%C3%BC", Action.READ, "ü"),
        ("GET", "/rpc", Action.READ, "rpc"),
    ],
)
def test_what_is_asked_for(method: str, target: str, action: Action, name: str) -> None:
    found = ask(method, target, "{}")
    assert (found.action, found.target, found.headers_only) == (action, name, method == "HEAD")


@pytest.mark.parametrize("path", ["/a/b", "/rpc/a/b", "/items/", "//items", "/rpc/"])
def test_other_paths(path: str) -> None:
    problem = refused("GET", path)
    assert (problem.status, problem.code) == (404, "PGRST125")
    assert problem.message == "Invalid path specified in request URL"


def test_methods() -> None:
    problem = refused("DELETE", "/rpc/f")
    assert (problem.status, problem.code, problem.message) == (405, "PGRST101", "Cannot use the DELETE method on RPC")
    for target in ("/items", "/"):
        problem = refused("CONNECT", target)
        assert (problem.status, problem.code) == (405, "PGRST117")
        assert problem.message == "Unsupported HTTP method: CONNECT"
    assert refused("POST", "/").code == "PGRST117"


def test_the_root_may_be_off_or_a_function() -> None:
    problem = refused("GET", "/", settings=RestSettings(openapi_mode="disabled"))
    assert (problem.status, problem.code) == (404, "PGRST126")
    found = ask("GET", "/", settings=RestSettings(root_spec="api.root"))
    assert (found.action, found.target) == (Action.CALL_READ, "root")


def test_errors_in_their_order() -> None:
    wrong = {"accept_profile": "nowhere", "content_profile": "nowhere"}
    assert refused("CONNECT", "/a/b?x=y", **wrong).code == "PGRST125"
    assert refused("CONNECT", "/a?x=y", **wrong).code == "PGRST106"
    assert refused("CONNECT", "/a?x=y").code == "PGRST117"
    assert refused("POST", "/a?x=y&limit=-1", "{").code == "PGRST100"
    assert refused("POST", "/a?limit=-1", "{").code == "PGRST103"
    assert refused("POST", "/a", "{").code == "PGRST102"


def test_errors_of_the_query_string_in_their_order() -> None:
    parts = ["order=.", "and=.", "columns=", "select=a[", "x=y", "on_conflict="]
    words = ["order", "logic tree", "columns parameter", "select parameter", "filter", "on_conflict parameter"]
    for number, word in enumerate(words):
        assert f"failed to parse {word} (" in refused("GET", "/a?" + "&".join(reversed(parts[number:]))).message


def test_headers_by_name_the_first_of_a_name() -> None:
    assert by_name([(b"a", b"1"), (b"a", b"2"), (b"b", "ü".encode())]) == {"a": "1", "b": "ü"}


def test_cookies_by_name_the_last_of_a_name() -> None:
    assert cookies("a=b; c=d=e;f;a=x") == {"a": "x", "c": "d=e", "f": ""}
