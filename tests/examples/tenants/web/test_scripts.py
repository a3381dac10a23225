"""The application's files: modules that parse, leads that lead somewhere, nothing that could become HTML or a style."""

import re
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.conftest import Needs
from tests.examples.tenants.web.conftest import EXAMPLE
from tests.serving import Served

WEB = EXAMPLE / "web"
SCRIPTS = sorted(WEB.rglob("*.js"))
IMPORTED = re.compile(r"""(?:from |import\()"(\.[^"]+)\"""")
PARSE = """
const { readFileSync } = require("node:fs"), { SourceTextModule } = require("node:vm");
for (const file of process.argv.slice(1)) new SourceTextModule(readFileSync(file, "utf8"), { identifier: file });
console.log(`${process.argv.length - 1} modules`);
"""
FORBIDDEN = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\b|style=")


def test_every_module_parses(needs: Needs):
    """By Node's own parser, as modules; all in one process, which runs none of them."""
    command = [needs("node"), "--experimental-vm-modules", "--no-warnings", "--eval", PARSE, *map(str, SCRIPTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{len(SCRIPTS)} modules\n"), done.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(WEB)))
def test_a_module_is_small_and_safe_and_imports_what_is_there(script: Path):
    text = script.read_text()
    assert text.startswith("// "), "a module says what it is for"
    assert len(text.splitlines()) <= 500
    assert FORBIDDEN.search(text) is None
    for name in IMPORTED.findall(text):
        assert (script.parent / name).is_file(), name


def test_the_page_has_nothing_in_line():
    page = (WEB / "index.html").read_text()
    assert "style=" not in page
    assert re.search(r"\son\w+=", page) is None
    assert re.search(r"<script(?![^>]*src=)", page) is None


def test_each_file_is_served_under_a_strict_policy(site: Served):
    with httpx.Client(base_url=site.url) as client:
        for file in WEB.rglob("*.*"):
            answer = client.get(f"/{file.relative_to(WEB)}")
            assert (answer.status_code, answer.content) == (200, file.read_bytes())
            assert "unsafe" not in answer.headers["content-security-policy"]


def test_the_command_says_where_the_pages_are(site: Served):
    """Before all other addresses, and in line with them."""
    told = re.search(rf"^( +Its own pages)  {re.escape(site.url)}/\n( +API URL)  ", site.lines(), re.MULTILINE)
    assert told is not None and len(told[1]) == len(told[2])


def test_the_server_tells_the_page_its_publishable_key_and_nothing_else(site: Served):
    told = httpx.get(f"{site.url}/config.json").json()
    assert told == {"url": site.url, "publishableKey": site.publishable}


def test_links_in_mails_lead_to_the_pages_unless_a_client_says_otherwise(site: Served):
    headers = {"apikey": site.publishable}
    assert (
        httpx.post(f"{site.url}/auth/v1/otp", headers=headers, json={"email": "nowhere@example.com"}).status_code == 200
    )
    link = httpx.URL(site.inbox.read("nowhere@example.com").link)
    assert link.params["redirect_to"] == site.url
