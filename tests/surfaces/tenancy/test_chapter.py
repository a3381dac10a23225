"""The chapter on a licence that becomes a row, followed to the letter: its files, SQL, Python and what it prints."""

import contextlib
import fnmatch
import io
import re
from pathlib import Path

import psycopg
import pytest

from tests.serving import Serve, Served

CHAPTER = Path(__file__).parents[3] / "docs" / "tutorial" / "how-a-licence-becomes-a-row.md"
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCKS: list[tuple[str, str, str]] = BLOCK.findall(CHAPTER.read_text("utf-8"))


def lay_out(folder: Path) -> None:
    """The files that it names."""
    for _, name, text in BLOCKS:
        if name:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)


@pytest.fixture(scope="module")
def server(served: Serve) -> Served:
    return served(lay_out)


def asked(server: Served, text: str) -> str:
    """What psql prints of the last statement, without lines and spaces that only align."""
    with psycopg.connect(server.owner, autocommit=True) as session:
        *before, last = filter(str.strip, text.split(";\n"))
        for statement in before:
            session.execute(statement.encode())
        done = session.execute(last.encode())
        head = [column.name for column in done.description or ()]
        rows = [["t" if value is True else str(value) for value in row] for row in done.fetchall()]
    return "\n".join(" | ".join(row) for row in [head, *rows])


def printed(source: str, names: dict[str, object]) -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(source, CHAPTER.name, "exec"), names)
    return output.getvalue()


def tidy(text: str) -> list[str]:
    return [re.sub(r" +", " ", line).strip() for line in text.strip().splitlines()]


def test_every_step_of_it_holds(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_URL", server.url)
    monkeypatch.setenv("SECRET_KEY", server.secret)
    monkeypatch.setenv("PUBLISHABLE_KEY", server.publishable)
    names: dict[str, object] = {}
    said, compared = "", 0
    for kind, name, text in BLOCKS:
        if kind == "python":
            said = printed(text, names)
        elif kind == "sql" and not name:
            said = asked(server, text)
        elif kind == "output":
            expected = [line.replace("[", "[[]").replace("…", "*") for line in tidy(text)]
            assert all(fnmatch.fnmatchcase(*pair) for pair in zip(tidy(said), expected, strict=True)), said
            compared += 1
    assert compared == 7
