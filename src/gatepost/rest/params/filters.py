"""The grammar of filters: operators with their values, and trees of `and` and `or`.

In: the values of filter parameters. Out: Operations and LogicTrees, values verbatim.
Never: a type: PostgreSQL reads each value as the column wants it.
"""

import re
from re import Match
from typing import Literal

from gatepost.rest.ast import (
    Compare,
    Field,
    Filter,
    FullText,
    FullTextOperator,
    In,
    Is,
    IsValue,
    Logic,
    LogicTree,
    Operation,
    Quantifier,
)

from .names import COMMA, DELIMITER, FIELD, IDENTIFIER, QUOTED, spaced
from .parsing import (
    Fault,
    Parser,
    Reply,
    Steps,
    after,
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
    mapped,
    not_followed_by,
    optional,
    quick,
    run_of,
    separated,
    sequence,
    stands,
)

Negatable = tuple[bool, Operation]

SIMPLE = ("neq", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj")
QUANTIFIABLE = ("eq", "gte", "gt", "lte", "lt", "like", "ilike", "match", "imatch")
FULL_TEXT: tuple[FullTextOperator, ...] = ("fts", "plfts", "phfts", "wfts")
IS_VALUES: tuple[IsValue, ...] = ("null", "not_null", "true", "false", "unknown")


def one_of(words: tuple[str, ...]) -> Parser[str]:
    return choice(*(attempt(literal(word)) for word in words))


# ------------------------------------------------------------------ values

WHOLE_VALUE: Parser[str] = run_of(lambda _: True, easy=re.compile(".+", re.S))
UNQUOTED: Parser[str] = run_of(lambda one: one not in ",)", easy=re.compile("[^,)]+"))
QUOTED_ELEMENT: Parser[str] = attempt(before(QUOTED, not_followed_by(lambda one: one not in ",)")))


@sequence
def brace_array() -> Steps[str]:
    yield character("{")
    inner: str = yield run_of(lambda one: one not in "{}", easy=re.compile("[^{}]+"))
    yield character("}")
    return "{" + inner + "}"


LIST: Parser[tuple[str, ...]] = between(
    spaced(character("(")),
    spaced(character(")")),
    mapped(separated(either(QUOTED_ELEMENT, UNQUOTED), COMMA), tuple),
)
VALUE_IN_TREE: Parser[str] = choice(QUOTED_ELEMENT, attempt(brace_array), UNQUOTED)


def any_case(word: str) -> Parser[str]:
    """`word` in any mixture of cases."""

    def run(text: str, position: int) -> Reply:
        at, end = 0, len(text)
        while at < len(word) and position + at < end and text[position + at] in (word[at], word[at].upper()):
            at += 1
        if at == len(word):
            return Reply(True, True, word, position + at, Fault(position + at))
        return Reply(False, at > 0, None, position, Fault(position + at, (stands(text, position + at),)))

    return Parser(run)


IS_VALUE: Parser[IsValue] = labelled(
    choice(*(attempt(any_case(word)) for word in IS_VALUES)), "isVal: (null, not_null, true, false, unknown)"
)

# ------------------------------------------------------------------ operators

SIMPLE_OPERATOR = labelled(one_of(SIMPLE), "unknown single value operator")
QUANTIFIABLE_OPERATOR = labelled(one_of(QUANTIFIABLE), "unknown single value operator")
QUANTIFIER: Parser[Quantifier | None] = optional(
    attempt(between(character("("), character(")"), choice(attempt(literal("any")), literal("all"))))
)
LANGUAGE: Parser[str | None] = optional(attempt(between(character("("), character(")"), IDENTIFIER)))
NOT: Parser[bool] = either(attempt(gives(after(literal("not"), DELIMITER), True)), always(False))


def keyword(word: str) -> Parser[str]:
    return attempt(before(literal(word), DELIMITER))


def full_text(value: Parser[str]) -> Parser[FullText]:
    @sequence
    def whole() -> Steps[FullText]:
        operator: FullTextOperator = yield one_of(FULL_TEXT)
        language: str | None = yield LANGUAGE
        found: str = yield after(DELIMITER, value)
        return FullText(operator, found, language)

    return whole


def simple(value: Parser[str]) -> Parser[Compare]:
    @sequence
    def whole() -> Steps[Compare]:
        operator: str = yield SIMPLE_OPERATOR
        found: str = yield after(DELIMITER, value)
        return Compare(operator, found)

    return whole


def quantified(value: Parser[str]) -> Parser[Compare]:
    @sequence
    def whole() -> Steps[Compare]:
        operator: str = yield QUANTIFIABLE_OPERATOR
        quantifier: Quantifier | None = yield QUANTIFIER
        found: str = yield after(DELIMITER, value)
        return Compare(operator, found, quantifier)

    return whole


def operation(value: Parser[str]) -> Parser[Operation]:
    return labelled(
        choice(
            mapped(after(keyword("in"), LIST), In),
            mapped(after(keyword("is"), IS_VALUE), Is),
            mapped(after(keyword("isdistinct"), value), lambda found: Compare("isdistinct", found)),
            attempt(full_text(value)),
            attempt(simple(value)),
            attempt(quantified(value)),
        ),
        "operator (eq, gt, ...)",
    )


def negatable(value: Parser[str]) -> Parser[Negatable]:
    """`not.` or nothing, then an operator with its value."""
    inner = operation(value)

    @sequence
    def whole() -> Steps[Negatable]:
        negated: bool = yield NOT
        found: Operation = yield inner
        return negated, found

    return whole


FILTER: Parser[Negatable] = negatable(WHOLE_VALUE)
FILTER_OR_ARGUMENT: Parser[Negatable | None] = either(FILTER, always(None))

# ------------------------------------------------------------------ trees

LEAF_OPERATION = negatable(VALUE_IN_TREE)
NEGATION = labelled(NOT, "negation operator (not)")
CONNECTIVE: Parser[Literal["and", "or"]] = labelled(
    choice(attempt(literal("and")), literal("or")), "logic operator (and, or)"
)


@sequence
def leaf() -> Steps[Filter]:
    field: Field = yield before(FIELD, DELIMITER)
    negated, found = yield LEAF_OPERATION
    return Filter(field, found, negated)


def easy_leaf(found: Match[str]) -> Filter:
    name, negated, operator, value = found.groups()
    return Filter(Field(name), Compare(operator, value), negated is not None)


EASY_LEAF = re.compile(
    r"(\w+)\.(not\.)?(" + "|".join((*SIMPLE, *QUANTIFIABLE, "isdistinct")) + r')\.([^"{,)][^,)]*)(?=[,)])', re.ASCII
)
LEAF = quick(EASY_LEAF, easy_leaf, leaf)


def inside(text: str, position: int) -> Reply:
    """A member of a tree: the grammar's one recursion."""
    return TREE.run(text, position)


MEMBERS: Parser[list[LogicTree]] = between(
    spaced(character("(")), spaced(character(")")), separated(Parser(inside), spaced(COMMA))
)


@sequence
def branch() -> Steps[Logic]:
    negated: bool = yield NEGATION
    connective: Literal["and", "or"] = yield CONNECTIVE
    members: list[LogicTree] = yield MEMBERS
    return Logic(connective, tuple(members), negated)


TREE: Parser[LogicTree] = either(attempt(LEAF), branch)

# ------------------------------------------------------------------ the short way

PLAIN = re.compile(
    r"(not\.)?(?:(" + "|".join((*SIMPLE, *QUANTIFIABLE, "isdistinct")) + r")\.(.*)|is\.(\w+)|in\.\((.*)\))", re.S
)
IS_BY_WORD: dict[str | None, IsValue] = {word: word for word in IS_VALUES}
NEEDS_GRAMMAR = re.compile(r'["()]|^[ \t]|[ \t]$')


def plain(text: str) -> Negatable | None:
    """The most frequent filters without the grammar; None where only the grammar can tell."""
    found = PLAIN.fullmatch(text)
    if found is None:
        return None
    negated, operator, value, word, elements = found.groups()
    if operator is not None:
        return negated is not None, Compare(operator, value)
    if word in IS_BY_WORD:
        return negated is not None, Is(IS_BY_WORD[word])
    if elements is not None and not NEEDS_GRAMMAR.search(elements):
        return negated is not None, In(tuple(elements.split(",")))
    return None
