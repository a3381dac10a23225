"""The Flask example, started as its page says: a process of its own beside a served project."""

import filecmp
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from gatepost.frameworks.cookies import parse
from tests.serving import STOP_SECONDS, Served, free_port
from tests.surfaces.frameworks.conftest import NOTES
from tests.surfaces.people import PASSWORD, Person, newcomer

HERE = NOTES.with_name("flask")
START_SECONDS = 30.0


@pytest.fixture(scope="module")
def example(served_notes: Served, scratch: Path) -> Iterator[str]:
    """Its address: `flask run` in its folder, told of the project by `gatepost status`."""
    port, log = free_port(), scratch / "flask-example.log"
    status = f'{sys.executable} -m gatepost.cli.main status "{served_notes.folder}" -o env'
    run = f"exec {sys.executable} -m flask run --port {port}"
    with log.open("wb") as output:
        command = ["sh", "-c", f'set -a; eval "$({status})"; set +a; {run}']
        process = subprocess.Popen(command, cwd=HERE, stdout=output, stderr=output)
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + START_SECONDS
    try:
        while not answers(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
    assert "Traceback" not in log.read_text()


def answers(url: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(url).status_code == 200
    return False


class Browser:
    """One that keeps Secure cookies for this machine without https, as browsers do."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> httpx.Response:
        cookies = "; ".join(f"{name}={quote(value)}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Accept": "text/html", "Origin": self.url}
        answer = httpx.request(method, self.url + path, data=form, headers=headers, timeout=20)
        for each in answer.headers.get_list("set-cookie"):
            name, value = parse(each)[0]
            self.cookies.pop(name, None)
            self.cookies |= {name: value} if "Max-Age=0" not in each else {}
        return answer

    def sign_in(self, person: Person) -> None:
        form = {"email": person.email, "password": PASSWORD}
        assert self.ask("POST", "/account/sign-in", form).headers["location"] == "/"

    @property
    def notes(self) -> list[str]:
        return re.findall("<li>([^<]*)</li>", self.ask("GET", "/").text)


def test_it_is_the_project_that_is_served():
    assert (HERE / "schema.zmodel").read_bytes() == (NOTES / "schema.zmodel").read_bytes()
    compared = filecmp.dircmp(HERE / "migrations", NOTES / "migrations")
    assert (compared.left_only, compared.right_only, compared.diff_files) == ([], [], [])


def test_people_sign_in_through_the_page_and_have_notes_of_their_own(example: str, served_notes: Served):
    ada, bob = Browser(example), Browser(example)
    assert ada.ask("POST", "/notes", {"body": "nobody's"}).headers["location"] == "/account/sign-in"
    person = newcomer(served_notes)
    ada.sign_in(person)
    bob.sign_in(newcomer(served_notes))
    assert f"<p>{person.email}</p>" in ada.ask("GET", "/").text
    assert ada.ask("POST", "/notes", {"body": "milk"}).status_code == 303
    assert (ada.notes, bob.notes) == (["milk"], [])
    assert ada.ask("POST", "/account/sign-out").status_code == 303
    assert "Sign in" in ada.ask("GET", "/").text
    assert not any("auth-token" in name and "csrf" not in name for name in ada.cookies)


def test_its_api_knows_bearers(example: str, served_notes: Served):
    person = newcomer(served_notes, app_metadata={"permissions": ["p:reports"]})
    assert person.write("POST", "Note", {"body": "by REST", "ownerId": person.id})[0] == 201
    headers = {"Authorization": f"Bearer {person.token}"}
    assert [note["body"] for note in httpx.get(f"{example}/api/notes", headers=headers).json()] == ["by REST"]
    assert httpx.get(f"{example}/api/notes").json() == []
    assert httpx.get(f"{example}/api/reports").status_code == 401
    assert httpx.get(f"{example}/api/reports", headers=headers).json()["code"] == "insufficient_aal"
    person.show_second_factor()
    headers = {"Authorization": f"Bearer {person.token}"}
    assert httpx.get(f"{example}/api/reports", headers=headers).json() == {"for": person.id}
