"""Test files run where there is no psql: statements, variables, included files, and what is to be printed.

In: a connection string, a file. Out: a FileReport, as if psql had run it. Never: a command of psql's passed over that
would have changed what the test does: such a file fails, and says that it needs psql.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..migrate.connection import Connection, ScriptProblem
from ..problem import Problem
from .run import FileReport, report

TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*(?:[^*]|\*(?!/))*\*/ )
    | (?P<text> \b[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" )
    | (?P<dollar> (?<![\w$]) (?P<tag>\$(?:[A-Za-z_]\w*)?\$) .*? (?P=tag) )
    | (?P<variable> (?<![:\w]) : (?: '(?P<literal>\w+)' | "(?P<name>\w+)" | (?P<raw>\w+) ) )
    | (?P<end> ; )
    | (?P<command> \\ [^\n]* )
    | (?P<word> [A-Za-z_][\w$]* )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
ARGUMENT = re.compile(r"'((?:[^']|'')*)'|:(\w+)|:'(\w+)'|((?:\"[^\"]*\"|[^\s\"':])+|:)")
IGNORED = ("pset", "timing", "x", "a", "t", "encoding", "warn")
ECHO, INCLUDE, QUIT = ("echo", "qecho"), ("i", "include", "ir", "include_relative"), ("q", "quit")


class _Quit(Exception):
    """The file says that it ends here."""


class _Stopped(Exception):
    """What psql would have printed of an error."""


@dataclass(frozen=True, slots=True)
class PlainRunner:
    """Runs files for a login, with `folder` as the working one."""

    dsn: str
    folder: Path

    def run(self, file: Path) -> FileReport:
        try:
            with Connection(self.dsn) as connection:
                session = _Session(connection, self.folder)
                complaint = session.play(file)
        except Problem as problem:
            return report(file, "", f"error: {problem.message}", 2)
        return report(file, "\n".join(session.output), complaint, 3 if complaint else 0)


@dataclass(slots=True)
class _Session:
    connection: Connection
    folder: Path
    output: list[str] = field(default_factory=list[str])
    variables: dict[str, str] = field(default_factory=dict[str, str])

    def play(self, file: Path) -> str:
        """Run a file to its end; what went wrong, or ''."""
        try:
            self._include(file)
        except _Stopped as stopped:
            return str(stopped)
        except _Quit:
            pass
        return ""

    def _include(self, file: Path) -> None:
        try:
            text = file.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise _Stopped(f"error: {file}: {error}") from None
        buffer: list[str] = []
        words: list[str] = []
        place = 1
        for match in TOKEN.finditer(text):
            kind = match.lastgroup
            place = text.count("\n", 0, match.start()) + 1
            if kind == "end" and not _within_body(words):
                self._execute("".join(buffer), file, place)
                buffer, words = [], []
            elif kind == "command":
                self._command(match[0], file, place)
            elif kind != "comment":
                buffer.append(self._filled(match))
                words += [match[0].lower()] if kind == "word" else []
        self._execute("".join(buffer), file, place)

    def _filled(self, match: re.Match[str]) -> str:
        """A token as it is sent: a variable's value; what is no variable's name stays."""
        given = match.groupdict()
        name = given["literal"] or given["name"] or given["raw"]
        if name is None or name not in self.variables:
            return match[0]
        value = self.variables[name]
        if given["literal"]:
            return "'" + value.replace("'", "''") + "'"
        return '"' + value.replace('"', '""') + '"' if given["name"] else value

    def _execute(self, statement: str, file: Path, place: int) -> None:
        if not statement.strip():
            return
        try:
            rows = self.connection.rows(statement)
        except ScriptProblem as problem:
            more = {"DETAIL": problem.details, "HINT": problem.hint, "CONTEXT": problem.context}
            lines = [f"{self._named(file)}:{place}: ERROR:  {problem.message}"]
            raise _Stopped("\n".join([*lines, *(f"{name}:  {text}" for name, text in more.items() if text)])) from None
        self.output += ["|".join(value or "" for value in row) for row in rows]

    def _command(self, text: str, file: Path, place: int) -> None:
        name, _, rest = text[1:].strip().partition(" ")
        arguments = list(_arguments(rest, self.variables))
        if name == "set" and arguments:
            self.variables[arguments[0]] = "".join(arguments[1:])
        elif name == "unset" and arguments:
            self.variables.pop(arguments[0], None)
        elif name in ECHO:
            self.output.append(" ".join(arguments))
        elif name in INCLUDE and arguments:
            self._include((file.parent if name.startswith(("ir", "include_r")) else self.folder) / arguments[0])
        elif name in QUIT:
            raise _Quit
        elif name not in IGNORED:
            raise _Stopped(f"{self._named(file)}:{place}: ERROR:  \\{name} needs psql, which was not found")

    def _named(self, file: Path) -> Path:
        return file.relative_to(self.folder) if file.is_relative_to(self.folder) else file


def _within_body(words: list[str]) -> bool:
    """Whether a function's BEGIN ATOMIC is still open."""
    for at in range(len(words) - 1):
        if words[at : at + 2] == ["begin", "atomic"]:
            inner = words[at + 2 :]
            return inner.count("end") <= inner.count("case")
    return False


def _arguments(text: str, variables: Mapping[str, str]) -> Iterator[str]:
    """What stands behind a command: quoted, a variable's value, or as it is."""
    for quoted, raw, literal, plain in ARGUMENT.findall(text):
        if raw or literal:
            value = variables.get(raw or literal, f":{raw or literal}")
            yield "'" + value.replace("'", "''") + "'" if literal else value
        else:
            yield plain or quoted.replace("''", "'")
