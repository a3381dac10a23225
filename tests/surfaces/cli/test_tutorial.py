"""The tutorial on rules in a schema, followed to the letter: its files, its commands, its Python and what it prints."""

import ast
import asyncio
import contextlib
import fnmatch
import inspect
import io
import re
import shlex
import string
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .conftest import Command, eventually, free_port

TUTORIAL = Path(__file__).parents[3] / "docs" / "tutorial" / "rules-in-a-schema.md"
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# What prepares a shell, and PostgreSQL's own client, which a machine may lack.
NOT_OURS = ("mkdir", "touch", "export", "echo", "psql")


@pytest.fixture(scope="module")
def notebook(place: Path) -> Iterator[Command]:
    """What `gatepost dev` makes of an empty folder."""
    folder = place / "notebook"
    folder.mkdir()
    (folder / "gatepost.toml").write_text("[database]\nport = 0\n")
    command = Command(folder, free_port())
    try:
        command.served()
        yield command
    finally:
        command.end()


def environment(command: Command) -> dict[str, str]:
    """What `gatepost status` says."""
    lines = command.run("status", "-o", "env").stdout.splitlines()
    return {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}


def python(source: str, names: dict[str, object]) -> str:
    """Run a block that may await at its top, as the asyncio prompt does; what it prints."""
    code = compile(source, TUTORIAL.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    printed = io.StringIO()

    async def run() -> None:
        result = eval(code, names)
        if inspect.iscoroutine(result):
            await result

    with contextlib.redirect_stdout(printed):
        names["loop"].run_until_complete(run())  # type: ignore[attr-defined]
    return printed.getvalue()


def curl(line: str, variables: dict[str, str]) -> str:
    """What `curl -s URL -H HEADER` answers."""
    words = shlex.split(string.Template(line).substitute(variables))
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    eventually(lambda: httpx.get(words[2], headers=headers).status_code == 200, "the server knows the new table")
    return httpx.get(words[2], headers=headers).text


def test_every_step_of_it_holds(notebook: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = environment(notebook)
    monkeypatch.setenv("DB_URL", variables["DB_URL"])
    monkeypatch.chdir(notebook.folder)
    names: dict[str, object] = {"loop": asyncio.new_event_loop()}
    done: list[str] = []
    for kind, name, text in BLOCK.findall(TUTORIAL.read_text("utf-8")):
        done.append(kind)
        if kind == "zmodel":
            (notebook.folder / name).write_text(text)
        elif kind == "python":
            printed = python(text, names)
        elif kind == "output":
            assert all(fnmatch.fnmatchcase(*pair) for pair in zip(printed.splitlines(), patterns(text), strict=True)), (
                printed
            )
        else:
            for line in text.splitlines():
                shell(line, notebook, variables)
    names["loop"].close()  # type: ignore[attr-defined]
    assert done.count("python") >= 7
    assert done.count("output") >= 5


def patterns(text: str) -> list[str]:
    """Lines as patterns: `…` stands for anything, brackets for themselves."""
    return [line.replace("[", "[[]").replace("…", "*") for line in text.splitlines()]


def shell(line: str, command: Command, variables: dict[str, str]) -> None:
    """One line of a terminal: ours are run, REST is asked."""
    word, *rest = shlex.split(line)
    if word == "gatepost" and rest[0] != "dev":  # it is running
        result = command.run(*rest)
        assert result.returncode == 0, result.stdout + result.stderr
    elif word == "curl":
        assert curl(line, variables) == '[{"title":"On engines"}]'
    else:
        assert word in ("gatepost", *NOT_OURS)
