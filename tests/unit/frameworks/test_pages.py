"""What a framework's file of pages may rely on, without one: a request in, always an answer out."""

from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.core.jar import Jar
from gatepost.frameworks.core.visit import Visit
from gatepost.frameworks.core.wishes import Answer, Away, Call
from gatepost.frameworks.pages import LONGEST_FORM, PageRequest, PageResponse, Pages

ORIGIN = "https://notes.test"
SERVER = AuthServer("https://auth.notes.test", secret="a secret of at least thirty-two bytes")


def answered(
    pages: Pages, method: str, path: str, form: dict[str, str] | bytes = b"", *, origin: str = ORIGIN, **answers: Any
) -> tuple[PageResponse, list[Call]]:
    """What a page answers, and what was asked of the auth server, which answers by the first word of the path."""
    path, _, query = path.partition("?")
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    jar = Jar(())
    visit = Visit(SERVER, jar.get_all, jar.set_all, None)
    request = PageRequest(
        method, path, "/account", ORIGIN, query, {"origin": origin, "host": "notes.test"}, body, visit, jar
    )
    steps, asked, given = pages.answer(request), list[Call](), None
    while True:
        try:
            call = steps.send(given)
        except StopIteration as done:
            return done.value, asked
        assert isinstance(call, Call)
        asked.append(call)
        status, said = answers[call.path.strip("/").partition("?")[0]]
        given = Answer(status, msgspec.json.encode(said))


def test_each_path_has_its_methods():
    pages = Pages(sign_up=True)
    assert pages.paths["/sign-in"] == ("GET", "HEAD", "POST")
    assert pages.paths["/sign-out"] == ("POST",)
    assert "/sign-up" in pages.paths
    assert "/factors" not in pages.paths
    refused, _ = answered(pages, "GET", "/sign-out")
    assert (refused.status, refused.headers["Allow"]) == (405, "POST")
    assert answered(pages, "GET", "/factors")[0].status == 404


@pytest.mark.parametrize(
    ("form", "origin", "status"),
    [
        (b"x" * (LONGEST_FORM + 1), ORIGIN, 413),
        (b"\xff", ORIGIN, 400),
        (b"email=a", "https://evil.test", 403),
    ],
)
def test_what_is_wrong_with_a_form_is_an_answer(form: bytes, origin: str, status: int):
    refused, asked = answered(Pages(), "POST", "/sign-in", form, origin=origin)
    assert (refused.status, asked) == (status, [])
    assert refused.headers["Content-Type"] == "application/json"


def test_what_the_auth_server_says_is_in_the_page():
    no = {"code": "invalid_credentials", "message": "Invalid <login>"}
    page, [call] = answered(Pages(name="Notes"), "POST", "/sign-in", {"email": "a@b.test"}, token=(400, no))
    assert (page.status, call.body) == (400, {"email": "a@b.test", "password": ""})
    assert "Invalid &lt;login&gt;" in page.body.decode()
    assert "<title>Sign in – Notes</title>" in page.body.decode()


def test_a_link_leads_back_by_way_of_the_pages_root_and_origin():
    page, [call] = answered(Pages(), "POST", "/link", {"email": "a@b.test", "next": "/notes"}, otp=(200, {}))
    assert page.status == 200
    assert call.path == "/otp?redirect_to=https%3A%2F%2Fnotes.test%2Faccount%2Fcallback%3Fnext%3D%252Fnotes"


def test_where_nothing_is_asked_for_it_goes_on_to_after():
    page, _ = answered(Pages(after="/home"), "GET", "/sign-in?next=https://evil.test/")
    assert 'name="next" value="/home"' in page.body.decode()


def test_a_way_on_may_have_any_letters():
    gone, _ = answered(Pages(), "POST", "/sign-out", {"next": "/notes/ü€?q=%C3%BC&x=[1]#☺"})
    assert gone.headers["Location"] == "/notes/%C3%BC%E2%82%AC?q=%C3%BC&x=[1]#%E2%98%BA"


@pytest.mark.parametrize(("status", "known"), [(204, True), (403, True), (429, False), (500, False)])
def test_a_session_has_ended_where_the_server_says_so(status: int, known: bool):
    jar = Jar([(SERVER.storage_key, '{"access_token":"a.b.c"}')])
    steps = Visit(SERVER, jar.get_all, jar.set_all, None).sign_out()
    call = next(steps)
    assert isinstance(call, Call)
    assert call.path == "/logout?scope=local"
    assert not jar.held
    with pytest.raises(StopIteration if known else Away):
        steps.send(Answer(status))
