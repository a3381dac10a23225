"""The grammar of names: columns, embeds, paths into JSON.

In: texts of the query string. Out: Fields and Paths. Never: a decision whether such a column exists.
"""

import re
from typing import TypeVar

from gatepost.rest.ast import Field, JsonStep, Path

from .parsing import (
    END,
    Parser,
    Steps,
    after,
    ahead,
    always,
    attempt,
    before,
    between,
    character,
    choice,
    either,
    gives,
    labelled,
    literal,
    many,
    mapped,
    not_followed_by,
    optional,
    run_of,
    satisfying,
    separated,
    sequence,
)

T = TypeVar("T")

BLANKS = run_of(" \t".__contains__)
COMMA = character(",")
DELIMITER = labelled(character("."), "delimiter (.)")


def spaced(parser: Parser[T]) -> Parser[T]:
    """`parser` with blanks around."""
    return between(BLANKS, BLANKS, parser)


def in_name(one: str) -> bool:
    return one.isalpha() or one in "0123456789_ $"


ESCAPED = after(character("\\"), satisfying(lambda _: True))
QUOTED: Parser[str] = between(
    character('"'),
    character('"'),
    mapped(many(either(satisfying(lambda one: one not in '\\"'), ESCAPED)), "".join),
)

EASY_NAME = re.compile("[A-Za-z0-9_ $]+")
IDENTIFIER: Parser[str] = mapped(run_of(in_name, "letter", "digit", least=1, easy=EASY_NAME), str.strip)
DASH = attempt(before(character("-"), not_followed_by(">".__eq__)))


def dashed(word: Parser[str]) -> Parser[str]:
    """Words joined by dashes, none of which begins an arrow."""
    return mapped(separated(word, DASH), "-".join)


NAME: Parser[str] = labelled(either(QUOTED, dashed(IDENTIFIER)), "field name (* or [a..z0..9_$])")

# ------------------------------------------------------------------ paths into JSON

ARROW: Parser[bool] = either(attempt(gives(literal("->>"), True)), attempt(gives(literal("->"), False)))
KEY_WORD: Parser[str] = mapped(
    run_of(lambda one: one not in "(-:.,>)", least=1, easy=re.compile("[^(:.,>)-]+")), str.strip
)
KEY: Parser[str] = labelled(either(QUOTED, dashed(KEY_WORD)), "any non reserved character different from: .,>()")
INDEX_END = choice(*(attempt(ahead(literal(word))) for word in ("->", "::", ".", ",")), attempt(END))


@sequence
def index() -> Steps[str]:
    sign: str = yield either(character("-"), always(""))
    digits: str = yield run_of("0123456789".__contains__, "digit", least=1)
    yield INDEX_END
    return sign + digits


@sequence
def json_step() -> Steps[JsonStep]:
    as_text: bool = yield ARROW
    operand: tuple[str, bool] = yield OPERAND
    return JsonStep(operand[0], operand[1], as_text)


OPERAND: Parser[tuple[str, bool]] = either(
    attempt(mapped(index, lambda digits: (digits, True))), attempt(mapped(KEY, lambda key: (key, False)))
)
JSON_PATH: Parser[tuple[JsonStep, ...]] = mapped(many(json_step), tuple)


@sequence
def plain_field() -> Steps[Field]:
    name: str = yield NAME
    path: tuple[JsonStep, ...] = yield JSON_PATH
    return Field(name, path)


FIELD: Parser[Field] = spaced(plain_field)


# ------------------------------------------------------------------ keys of the query string


@sequence
def tree_path() -> Steps[tuple[Path, Field]]:
    """`clients.projects.data->>key`: the embeds, then the field."""
    names: list[str] = yield separated(NAME, DELIMITER)
    path: tuple[JsonStep, ...] = yield JSON_PATH
    return tuple(names[:-1]), Field(names[-1], path)


@sequence
def logic_path() -> Steps[tuple[Path, bool, str]]:
    """`clients.not.or`: the embeds, whether negated, the operator."""
    names: list[str] = yield separated(NAME, DELIMITER)
    path = tuple(name for name in names[:-1] if name != "not")
    return path, "not" in names, names[-1]


NAMES: Parser[tuple[str, ...]] = mapped(separated(NAME, spaced(COMMA)), tuple)
ALIAS: Parser[str | None] = optional(attempt(before(NAME, before(character(":"), not_followed_by(":".__eq__)))))
