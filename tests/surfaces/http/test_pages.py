"""A project's own pages: its files and nothing else, as browsers should have them."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gatepost import project, web
from gatepost.exchange import Request, Response
from gatepost.gateway import ELSEWHERE, Gateway, Mount, nowhere
from gatepost.gateway import refuse as refuse_at_the_door
from gatepost.pages import Pages, files, refuse
from gatepost.problem import Problem

INDEX = "<!doctype html><title>Home</title>"


@dataclass(slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pages = tmp_path / "web"
    (pages / "views").mkdir(parents=True)
    (pages / "index.html").write_text(INDEX)
    (pages / "main.js").write_text("export {};")
    (pages / "views" / "a b.css").write_text("body {}")
    (pages / "picture.bin").write_bytes(b"\x00\x01")
    (pages / ".env").write_text("SECRET=1")
    (pages / ".git").mkdir()
    (pages / ".git" / "config").write_text("SECRET=1")
    (tmp_path / "gatepost.toml").write_text('[auth]\njwt_secret = "SECRET"\n')
    (pages / "out.toml").symlink_to(tmp_path / "gatepost.toml")
    (pages / "up").symlink_to(tmp_path)
    (pages / "same.js").symlink_to(pages / "main.js")
    os.mkfifo(pages / "pipe")
    return pages


async def ask(
    folder: Path, path: str, method: str = "GET", url: str = "", headers: dict[str, str] | None = None
) -> Answer:
    """One request through the door, by the path as a server has decoded it: clients would tidy it up."""
    door = Gateway(
        [
            *(Mount(prefix, nowhere, refuse_at_the_door, lambda _: False) for prefix in ELSEWHERE),
            Mount("/rest/v1", surface, refuse_at_the_door, lambda _: False),
            Mount("", Pages(folder, "sb_publishable_key", url), refuse, lambda _: False),
        ]
    )
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    given = {"host": "127.0.0.1:54321", **(headers or {})}
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": raw}
    scope["raw_path"] = path.encode("utf-8", "surrogateescape")
    await door(scope, receive, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], told, sent[1]["body"])


async def surface(request: Request) -> Response:
    return Response(200, b"rest")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/main.js", "text/javascript; charset=utf-8"),
        ("/same.js", "text/javascript; charset=utf-8"),
        ("/views/a b.css", "text/css; charset=utf-8"),
        ("/picture.bin", "application/octet-stream"),
    ],
)
async def test_a_file_comes_as_what_it_is(folder: Path, path: str, kind: str):
    answer = await ask(folder, path)
    assert answer.status == 200
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-length"] == str(len(answer.body))


async def test_a_page_may_run_its_own_files_and_talk_to_this_server_alone(folder: Path):
    policy = (await ask(folder, "/")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "connect-src 'self' ws://127.0.0.1:54321 wss://127.0.0.1:54321;" in policy
    assert "unsafe" not in policy
    elsewhere = (await ask(folder, "/", url="https://api.example.org/x")).headers["content-security-policy"]
    assert " https://api.example.org ws://api.example.org wss://api.example.org;" in elsewhere


@pytest.mark.parametrize("host", ["evil.example; script-src *", "a b", "'unsafe-inline'", "[", "x@y", "", "*"])
async def test_a_host_that_is_no_name_changes_no_policy(folder: Path, host: str):
    answer = await ask(folder, "/", headers={"host": host})
    assert answer.status == 200
    assert "connect-src 'self'; base-uri" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/../gatepost.toml", "/views/../../gatepost.toml", "/views/..", "/./main.js", "//main.js", "/views//a b.css",
        "/..\\gatepost.toml", "/%2e%2e/gatepost.toml", "/.env", "/.git/config", "/out.toml", "/up/gatepost.toml",
        "/up/web/main.js/x", "/views", "/views/", "/pipe", "/main.js/", "/main.js\x00", "/main.js\n", "/" + "x" * 5000,
        "/" + "x/" * 5000, "/missing.html", "/\udcff", "/assets/../main.js", "/assets/", "/assets/graphiql.js",
        "/assets/.npmrc", "/\N{RIGHT-TO-LEFT OVERRIDE}",
    ],
)  # fmt: skip
async def test_nothing_else_is_there(folder: Path, path: str):
    answer = await ask(folder, path)
    assert answer.status == 404
    assert b"SECRET" not in answer.body
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "measure"),
    [("/.env", "names"), ("/out.toml", "inside"), ("/up/gatepost.toml", "inside"), ("/../gatepost.toml", "both")],
)
async def test_what_is_not_there_would_be_without_the_measure_against_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, path: str, measure: str
):
    if measure in ("names", "both"):
        monkeypatch.setattr(files, "_is_name", lambda _: True)
    if measure == "both":
        assert (await ask(folder, path)).status == 404  # each of the two is enough
    if measure in ("inside", "both"):
        monkeypatch.setattr(Path, "is_relative_to", lambda *_: True)
    answer = await ask(folder, path)
    assert (answer.status, b"SECRET" in answer.body) == (200, True)


async def test_a_link_to_a_file_of_the_folder_is_that_file(folder: Path):
    assert (await ask(folder, "/up/web/main.js")).status == 200


async def test_a_version_that_is_known_is_not_sent_again(folder: Path):
    first = await ask(folder, "/main.js")
    assert first.headers["cache-control"] == "no-cache"
    tag, date = first.headers["etag"], first.headers["last-modified"]
    for headers in (
        {"if-none-match": tag},
        {"if-none-match": f'"other", W/{tag}'},
        {"if-none-match": "*"},
        {"if-modified-since": date},
    ):
        again = await ask(folder, "/main.js", headers=headers)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert "content-length" not in again.headers
    for headers in (
        {"if-none-match": '"other"', "if-modified-since": date},
        {"if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"if-modified-since": "yesterday"},
    ):
        assert (await ask(folder, "/main.js", headers=headers)).status == 200


async def test_a_file_that_changes_is_sent_as_it_is_now(folder: Path):
    first = await ask(folder, "/main.js")
    (folder / "main.js").write_text("export default 1;")
    second = await ask(folder, "/main.js", headers={"if-none-match": first.headers["etag"]})
    assert (second.status, second.body) == (200, b"export default 1;")
    (folder / "main.js").unlink()
    assert (await ask(folder, "/main.js")).status == 404


async def test_head_has_the_headers_alone(folder: Path):
    answer = await ask(folder, "/", "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "etag" in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_nothing_can_be_sent(folder: Path, method: str):
    answer = await ask(folder, "/index.html", method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_a_page_learns_where_it_is_and_the_key_that_is_for_everybody(folder: Path):
    (folder / "config.json").write_text('{"url": "a file"}')
    answer = await ask(folder, "/config.json")
    assert json.loads(answer.body) == {"url": "http://127.0.0.1:54321", "publishableKey": "sb_publishable_key"}
    assert answer.headers["cache-control"] == "no-store"
    outside = await ask(folder, "/config.json", url="https://api.example.org")
    assert json.loads(outside.body)["url"] == "https://api.example.org"


async def test_surfaces_come_first(folder: Path):
    (folder / "rest" / "v1").mkdir(parents=True)
    (folder / "rest" / "v1" / "todos").write_text("a file")
    assert (await ask(folder, "/rest/v1/todos")).body == b"rest"
    missing = await ask(folder, "/storage/v1/object")
    assert (missing.status, json.loads(missing.body)["message"]) == (404, "Storage is not served")


async def test_packages_are_served_where_they_are_installed(folder: Path, tmp_path: Path, monkeypatch: Any):
    monkeypatch.setattr(web, "INSTALLED", tmp_path / "installed")
    assert (await ask(folder, "/assets/supabase.js")).status == 404
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "supabase.js").write_text("var supabase")
    answer = await ask(folder, "/assets/supabase.js")
    assert (answer.status, answer.body) == (200, b"var supabase")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


# ------------------------------------------------------------------ the setting


def test_the_folder_is_found_from_the_project(folder: Path):
    root = folder.parent
    (root / "gatepost.toml").write_text('[project]\npages = "web"\n')
    assert project.read(root, {}).settings.project.pages == str(folder)


@pytest.mark.parametrize("name", [".", "..", "/", "missing", "gatepost.toml"])
def test_a_folder_that_would_show_the_project_or_is_not_there_is_refused(folder: Path, name: str):
    root = folder.parent
    (root / "gatepost.toml").write_text(f'[project]\npages = "{name}"\n')
    with pytest.raises(Problem, match=r"project\.pages"):
        project.read(root, {})
