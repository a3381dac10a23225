"""What is wrong with a schema, and where.

In: a place in a text, a message. Out: diagnostics with file, line, column, an excerpt with a caret, a hint.
Never: a message without a place, or more of them than a person reads.
"""

import difflib
from bisect import bisect_right
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

from gatepost.problem import Problem

MOST = 100
WIDEST = 160


class Source:
    """A file's name and text; knows lines and columns."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] | None = None

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        starts = self._lines()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, from 1, without its end."""
        starts = self._lines()
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def _lines(self) -> list[int]:
        if self._starts is None:
            self._starts = [0, *(index + 1 for index, char in enumerate(self.text) if char == "\n")]
        return self._starts


class Span(NamedTuple):
    """A stretch of a source: offsets, the end excluded."""

    source: Source
    start: int
    end: int


class Diagnostic(msgspec.Struct, frozen=True):
    """One finding. Lines and columns count from 1; `excerpt` is the line with a caret line under it."""

    severity: Literal["error", "warning"]
    file: str
    line: int
    column: int
    message: str
    excerpt: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message}"

    def render(self) -> str:
        """The finding as a compiler prints it, hint last."""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{self}\n{self.excerpt}{hint}"


class SchemaProblem(Problem):
    """A schema that is not one. `diagnostics` holds every finding, errors first by place."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        errors = [each for each in self.diagnostics if each.severity == "error"]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        text = "\n".join(each.render() for each in errors)
        super().__init__("schema_invalid", 500, f"The schema is not valid: {errors[0]}{more}", text)


class Reporter:
    """Collects findings: each place and message once, at most a hundred."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, str], Diagnostic] = {}

    @property
    def full(self) -> bool:
        """Whether nobody would read more."""
        return len(self._found) >= MOST

    @property
    def failed(self) -> bool:
        """Whether there is an error."""
        return any(each.severity == "error" for each in self._found.values())

    def error(self, at: Span, message: str, hint: str | None = None) -> None:
        """What keeps the schema from being used."""
        self._add("error", at, message, hint)

    def warning(self, at: Span, message: str, hint: str | None = None) -> None:
        """What may not be what was meant."""
        self._add("warning", at, message, hint)

    def unknown(
        self, at: Span, what: str, name: str, candidates: Iterable[str], hint: str | None = None, where: str = ""
    ) -> None:
        """`what` is not there; the nearest of the candidates that is, is the hint."""
        close = None if self.full else near(name, candidates)
        hint = f'did you mean "{close}"?' if close else hint
        self._add("error", at, f'{what} "{name}" does not exist{where}', hint, name)

    def add(self, findings: Iterable[Diagnostic]) -> None:
        """Take over what was found elsewhere."""
        for each in findings:
            self._found.setdefault((each.file, (each.line << 20) + each.column, each.message), each)

    def findings(self) -> tuple[Diagnostic, ...]:
        """All of them, errors first, then by place."""
        return tuple(sorted(self._found.values(), key=lambda each: (each.severity, each.file, each.line, each.column)))

    def _add(
        self, severity: Literal["error", "warning"], at: Span, message: str, hint: str | None, about: str = ""
    ) -> None:
        key = (at.source.name, at.start, about or message)
        if key not in self._found and not self.full:
            self._found[key] = diagnostic(severity, at, message, hint)


def diagnostic(severity: Literal["error", "warning"], at: Span, message: str, hint: str | None = None) -> Diagnostic:
    """A finding at a stretch of text."""
    line, column = at.source.position(at.start)
    return Diagnostic(severity, at.source.name, line, column, message, _excerpt(at, line, column), hint)


def _excerpt(at: Span, line: int, column: int) -> str:
    text = at.source.line(line).replace("\t", " ")
    first = max(0, column - 1 - WIDEST // 2) if len(text) > WIDEST else 0
    shown = text[first : first + WIDEST]
    width = max(1, min(at.end - at.start, len(shown) - (column - 1 - first)))
    number = str(line)
    return f"{number} | {shown}\n{' ' * len(number)} | {' ' * (column - 1 - first)}{'^' * width}"


def near(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None where none is near."""
    known = {candidate.lower(): candidate for candidate in candidates if candidate != name}
    found = difflib.get_close_matches(name.lower()[:64], known, n=1, cutoff=0.6)
    return known[found[0]] if found else None
