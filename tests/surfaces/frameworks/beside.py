"""Applications that run beside a served project, as examples say: processes of their own, told of it by its status.

In: a module to run, its folder, a project. Out: the application's address, a browser for it. Never: a process left
behind.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from gatepost.frameworks.cookies import parse
from tests.serving import STOP_SECONDS, Served, free_port
from tests.surfaces.people import PASSWORD, Person

START_SECONDS = 30.0


@contextmanager
def started(module: str, folder: Path, told: Mapping[str, str], log: Path, port_is: str = "--port") -> Iterator[str]:
    """The address of `python -m MODULE … --port …` in `folder`, which is told where the project is. It may not answer
    yet. `port_is` comes before the port.
    """
    port = free_port()
    command = [sys.executable, "-m", *module.split(), *port_is.split(), str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, **told}, stdout=output, stderr=output)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
    assert "Traceback" not in log.read_text()


def await_answer(url: str, log: Path) -> None:
    """Until an application answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        with suppress(httpx.HTTPError):
            if httpx.get(url, verify=False).status_code == 200:
                return
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def told_of(served: Served) -> dict[str, str]:
    """What `gatepost status` says for an application's environment."""
    command = [sys.executable, "-m", "gatepost.cli.main", "status", str(served.folder), "-o", "json"]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=30).stdout)


class Browser:
    """One that keeps Secure cookies for this machine without https, as browsers do."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, form: dict[str, str] | None = None, **given: Any) -> httpx.Response:
        """A request, of a page or its form."""
        cookies = "; ".join(f"{name}={quote(value)}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Accept": "text/html", "Origin": self.url}
        answer = httpx.request(method, self.url + path, data=form, headers=headers, timeout=20, verify=False, **given)
        for each in answer.headers.get_list("set-cookie"):
            name, value = parse(each)[0]
            self.cookies.pop(name, None)
            self.cookies |= {name: value} if "Max-Age=0" not in each else {}
        return answer

    def send(self, path: str, body: object) -> httpx.Response:
        """JSON, as a page's script sends it."""
        return self.ask("POST", path, json=body)

    def sign_in(self, person: Person) -> None:
        form = {"email": person.email, "password": PASSWORD}
        assert self.ask("POST", "/account/sign-in", form).status_code == 303

    @property
    def notes(self) -> list[str]:
        return re.findall("<li>([^<]*)</li>", self.ask("GET", "/").text)
