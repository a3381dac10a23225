"""Requests as short as a test can say them."""

import pytest

from gatepost.exchange import Request
from gatepost.problem import Problem
from gatepost.rest.ast import ApiRequest
from gatepost.rest.request import read_request
from gatepost.settings import RestSettings

ONE_SCHEMA = RestSettings(schemas=("public",))


def ask(
    method: str,
    target: str,
    body: str | bytes = b"",
    settings: RestSettings = ONE_SCHEMA,
    **headers: str,
) -> ApiRequest:
    """The ApiRequest of `GET /todos?id=eq.1`; header names are written with underscores."""
    path, _, query = target.partition("?")
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    payload = body.encode() if isinstance(body, str) else body
    return read_request(Request(method, path, query.encode(), sent, payload, raw_path=path.encode()), settings)


def refused(
    method: str, target: str, body: str | bytes = b"", settings: RestSettings = ONE_SCHEMA, **headers: str
) -> Problem:
    """The Problem of a request that must have one."""
    with pytest.raises(Problem) as caught:
        ask(method, target, body, settings, **headers)
    return caught.value
