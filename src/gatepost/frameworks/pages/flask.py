"""The sign-in pages within Flask.

In: Flask's requests. Out: a Blueprint. Never: what a page does.
"""

from functools import partial
from typing import Unpack

from flask import Blueprint, Response, request

from ..flask import asking
from . import LONGEST_FORM, Options, PageRequest, Pages

NAME = "account"


def sign_in_pages(**options: Unpack[Options]) -> Blueprint:
    """A blueprint to be registered with a `url_prefix` that the extension has among its `open` paths."""
    pages, blueprint = Pages(**options), Blueprint(NAME, __name__)
    for path, methods in pages.paths.items():
        endpoint = path[1:].partition(".")[0].replace("-", "_")
        blueprint.add_url_rule(path, endpoint, partial(_answer, pages, path), methods=methods)
    return blueprint


def _answer(pages: Pages, path: str) -> Response:
    known = asking()
    asked = PageRequest(
        request.method,
        path,
        request.root_path + request.path.removesuffix(path),
        f"{request.scheme}://{request.host}",
        request.query_string.decode("latin-1"),
        {name.lower(): value for name, value in request.headers},
        _body(),
        known.client.visit,
        known.jar,
    )
    answer = known.client.server.blocking.run(pages.answer(asked))
    return Response(answer.body, answer.status, dict(answer.headers))


def _body() -> bytes:
    """The form; one that was looked at before is kept by the request, one that is too long is not read to its end."""
    if request.content_length is None or request.content_length > LONGEST_FORM:
        return request.stream.read(LONGEST_FORM + 1)
    return request.get_data()
