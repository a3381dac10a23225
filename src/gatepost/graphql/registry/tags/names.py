"""Names and words in what people write behind tags.

In: texts like `"My schema".people, b.posts` or `author to:Person singular via:(a)->people`. Out: their parts. Never: a
look at what is meant.
"""

import re
from typing import NamedTuple

from gatepost.problem import Problem

PART = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^".,]+?))\s*([.,]|$)')
WORD = re.compile(r'(?:"(?:[^"\\]|\\.)*"|\([^)]*\)|[^\s"(])+')
QUOTED = re.compile(r'(\([^)]*\))|"((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(r"\\(.)")


class Words(NamedTuple):
    """`name first:value second`: what is named, and what is said of it."""

    name: str
    said: dict[str, str]


def names(text: str, *, fold: bool = True) -> list[tuple[str, ...]]:
    """Names between commas, each with its schema if it is given. `fold`: what is not quoted is in lower case."""
    found: list[tuple[str, ...]] = []
    parts: tuple[str, ...] = ()
    place, end = 0, ","
    while end:
        part = PART.match(text, place)
        if not part:
            raise Problem("graphql_tags", 500, f"'{text}' is no name")
        plain = part[2] or ""
        parts += ((plain.lower() if fold else plain) if part[1] is None else part[1].replace('""', '"'),)
        place, end = part.end(), part[3]
        if end != ".":
            found.append(parts)
            parts = ()
    return found


def words(text: str) -> Words:
    """A name, and words `name:value` after it; one without a value says ''."""
    first, *others = [QUOTED.sub(_unquoted, word) for word in WORD.findall(text)] or [""]
    pairs = (word.partition(":") for word in others)
    return Words(first, {name: value for name, _, value in pairs})


def _unquoted(match: re.Match[str]) -> str:
    return match[1] or ESCAPE.sub(r"\1", match[2])
