"""The pattern language of redirect allow-lists (that of gobwas/glob, with the separators "." and "/").

In: a pattern once, URLs many times. Out: whether one matches. Never: time that grows faster than pattern × URL.

`*` any run without a separator, `**` any run, `?` one character that is no separator, `[abc] [a-z] [!a-z]` classes,
`{one,two}` alternatives, which may hold patterns, `\\` takes the next character as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ...problem import Problem

SEPARATORS = "./"
TOKEN = re.compile(r"\\(.)|(\*\*+)|(\*)|(\?)|\[(!?)((?:\\.|[^\]\\])+)\]|([{},])|([^\\*?\[{},]+)", re.DOTALL)
MEMBER = re.compile(r"(\\.|[^\\])-(\\.|[^\\])|(\\.|[^\\])", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Run:
    """`*`, or `**` when it is `wide`."""

    wide: bool


@dataclass(frozen=True, slots=True)
class One:
    """One character: within (or, negated, outside) the ranges; with no ranges any but a separator."""

    ranges: tuple[tuple[str, str], ...] = ()
    negated: bool = False

    def takes(self, character: str) -> bool:
        if not self.ranges:
            return character not in SEPARATORS
        return any(low <= character <= high for low, high in self.ranges) != self.negated


@dataclass(frozen=True, slots=True)
class Either:
    branches: tuple["Sequence", ...]


Part = Text | Run | One | Either
Sequence = tuple[Part, ...]


@lru_cache(maxsize=256)
def parse(pattern: str) -> Sequence:
    """The parts of `pattern`; a Problem says what is wrong with it."""
    tokens = _tokens(pattern)
    branches, closed = _branches(pattern, tokens, depth=0)
    if closed:
        raise _invalid(pattern, "a } without its {")
    return branches[0]


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` fits `pattern`."""
    return len(text) in _advance(parse(pattern), text, {0})


def _tokens(pattern: str) -> Iterator[re.Match[str]]:
    position = 0
    while position < len(pattern):
        token = TOKEN.match(pattern, position)
        if token is None:
            raise _invalid(pattern, f"{pattern[position]!r} at position {position + 1} is not closed")
        yield token
        position = token.end()


def _branches(pattern: str, tokens: Iterator[re.Match[str]], depth: int) -> tuple[tuple[Sequence, ...], bool]:
    """The alternatives up to the closing brace (outside of braces there is one), and whether one closed them."""
    branches: list[list[Part]] = [[]]
    for token in tokens:
        mark = token[7]
        if mark == "}":
            return tuple(map(tuple, branches)), True
        if mark == "," and depth:
            branches.append([])
        elif mark == "{":
            inner, closed = _branches(pattern, tokens, depth + 1)
            if not closed:
                raise _invalid(pattern, "a { without its }")
            branches[-1].append(Either(inner))
        else:
            branches[-1].append(_part(token))
    return tuple(map(tuple, branches)), False


def _part(token: re.Match[str]) -> Part:
    escaped, wide, narrow, one, negation, members, mark, plain = token.groups()
    if wide or narrow:
        return Run(wide=bool(wide))
    if one:
        return One()
    if members:
        return One(tuple(_ranges(members)), bool(negation))
    return Text(escaped or mark or plain)


def _ranges(members: str) -> Iterator[tuple[str, str]]:
    for low, high, single in MEMBER.findall(members):
        yield (single or low)[-1], (single or high)[-1]


def _advance(parts: Sequence, text: str, starts: set[int]) -> set[int]:
    """Every position at which `parts` can end when they begin at one of `starts`."""
    for part in parts:
        if not starts:
            break
        starts = _step(part, text, starts)
    return starts


def _step(part: Part, text: str, starts: set[int]) -> set[int]:
    match part:
        case Text(value):
            return {start + len(value) for start in starts if text.startswith(value, start)}
        case Run(True):
            return set(range(min(starts), len(text) + 1))
        case Run():
            return _within_label(text, starts)
        case One():
            return {start + 1 for start in starts if start < len(text) and part.takes(text[start])}
        case Either(branches):
            return set[int]().union(*(_advance(branch, text, starts) for branch in branches))


def _within_label(text: str, starts: set[int]) -> set[int]:
    reached: set[int] = set()
    for start in sorted(starts):
        if start not in reached:
            end = start
            while end < len(text) and text[end] not in SEPARATORS:
                end += 1
            reached.update(range(start, end + 1))
    return reached


def _invalid(pattern: str, reason: str) -> Problem:
    return Problem("invalid_setting", 500, f"The redirect pattern {pattern!r} is not valid: {reason}")
