"""Parser combinators whose failures read as Parsec's.

In: a text and a position. Out: a value and where it ended, or the failure: where, what stood there, what could have.
Never: an exception for bad input. Rules of merging failures follow Parsec (Leijen & Meijer 2001), because clients
compare the texts: the furthest failure wins, equal positions unite, and what a parser consumed forgets what was
expected before it.
"""

from collections.abc import Callable, Generator
from enum import Enum
from functools import wraps
from re import Match, Pattern
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")
U = TypeVar("U")
T_co = TypeVar("T_co", covariant=True)


class Kind(Enum):
    """What a message says; the order is the order of showing."""

    FOUND = 0
    UNEXPECTED = 1
    EXPECTED = 2


Message = tuple[Kind, str]


class Fault(NamedTuple):
    """A failure at `position`; without messages it is unknown."""

    position: int
    messages: tuple[Message, ...] = ()


class Reply(NamedTuple):
    """The outcome of a parser. `consumed` decides whether an alternative may still be tried."""

    ok: bool
    consumed: bool
    value: Any
    position: int
    fault: Fault


class Parser(Generic[T_co]):
    """A function of text and position that replies; `T_co` is the type of the value."""

    __slots__ = ("run",)

    def __init__(self, run: Callable[[str, int], Reply]) -> None:
        self.run = run


Steps = Generator[Parser[Any], Any, T]


def merge(first: Fault, second: Fault) -> Fault:
    """The failure that got further; of two at one position, both."""
    if not second.messages and first.messages:
        return first
    if not first.messages and second.messages:
        return second
    if first.position == second.position:
        return Fault(first.position, first.messages + second.messages)
    return first if first.position > second.position else second


def sequence(steps: Callable[[], Steps[T]]) -> Parser[T]:
    """One parser after the other: a generator yields parsers and is sent their values."""

    @wraps(steps)
    def run(text: str, position: int) -> Reply:
        walk = steps()
        consumed, fault, value = False, Fault(position), None
        while True:
            try:
                step = walk.send(value)
            except StopIteration as end:
                return Reply(True, consumed, end.value, position, fault)
            ok, took, value, position, found = step.run(text, position)
            fault = found if took else merge(fault, found)
            consumed = consumed or took
            if not ok:
                return Reply(False, consumed, None, position, fault)

    return Parser(run)


def either(first: Parser[T], second: Parser[U]) -> Parser[T | U]:
    """`first`, or `second` where `first` failed without consuming anything."""

    def run(text: str, position: int) -> Reply:
        reply = first.run(text, position)
        if reply.ok or reply.consumed:
            return reply
        other = second.run(text, position)
        return other if other.consumed else other._replace(fault=merge(reply.fault, other.fault))

    return Parser(run)


def labelled(parser: Parser[T], label: str) -> Parser[T]:
    """`parser`, called `label` in what was expected, as long as it consumed nothing."""

    def run(text: str, position: int) -> Reply:
        reply = parser.run(text, position)
        if reply.consumed or (reply.ok and not reply.fault.messages):
            return reply
        others = tuple(message for message in reply.fault.messages if message[0] is not Kind.EXPECTED)
        return reply._replace(fault=Fault(reply.fault.position, ((Kind.EXPECTED, label), *others)))

    return Parser(run)


def attempt(parser: Parser[T]) -> Parser[T]:
    """`parser`, which counts as having consumed nothing when it fails."""

    def run(text: str, position: int) -> Reply:
        reply = parser.run(text, position)
        return reply if reply.ok else reply._replace(consumed=False, position=position)

    return Parser(run)


def ahead(parser: Parser[T]) -> Parser[T]:
    """`parser`, without moving on."""

    def run(text: str, position: int) -> Reply:
        reply = parser.run(text, position)
        return Reply(True, False, reply.value, position, Fault(position)) if reply.ok else reply

    return Parser(run)


def always(value: T) -> Parser[T]:
    """Nothing consumed, `value` given."""
    return Parser(lambda _, position: Reply(True, False, value, position, Fault(position)))


NEVER: Parser[None] = Parser(lambda _, position: Reply(False, False, None, position, Fault(position)))


def optional(parser: Parser[T]) -> Parser[T | None]:
    return either(parser, always(None))


def mapped(parser: Parser[T], change: Callable[[T], U]) -> Parser[U]:
    def run(text: str, position: int) -> Reply:
        reply = parser.run(text, position)
        return reply._replace(value=change(reply.value)) if reply.ok else reply

    return Parser(run)


def gives(parser: Parser[Any], value: T) -> Parser[T]:
    return mapped(parser, lambda _: value)


def choice(*parsers: Parser[Any]) -> Parser[Any]:
    chosen = parsers[0]
    for parser in parsers[1:]:
        chosen = either(chosen, parser)
    return chosen


def many(parser: Parser[T]) -> Parser[list[T]]:
    """As many as there are; an item that fails after consuming fails the whole."""

    def run(text: str, position: int) -> Reply:
        values: list[T] = []
        while True:
            reply = parser.run(text, position)
            if not reply.ok:
                break
            values.append(reply.value)
            position = reply.position
        if reply.consumed:
            return reply
        return Reply(True, bool(values), values, position, reply.fault)

    return Parser(run)


def separated(item: Parser[T], separator: Parser[Any]) -> Parser[list[T]]:
    """At least one item, with separators between."""
    following = many(after(separator, item))

    @sequence
    def items() -> Steps[list[T]]:
        first: T = yield item
        rest: list[T] = yield following
        return [first, *rest]

    return items


def after(first: Parser[Any], then: Parser[T]) -> Parser[T]:
    @sequence
    def both() -> Steps[T]:
        yield first
        value: T = yield then
        return value

    return both


def before(first: Parser[T], then: Parser[Any]) -> Parser[T]:
    @sequence
    def both() -> Steps[T]:
        value: T = yield first
        yield then
        return value

    return both


def between(opening: Parser[Any], closing: Parser[Any], inner: Parser[T]) -> Parser[T]:
    return before(after(opening, inner), closing)


def shown(character: str) -> str:
    """A character as Haskell shows it, without quotes: escapes by name, anything beyond ASCII by its number."""
    code = ord(character)
    if 32 <= code < 127:
        return character
    return "\\" + (ESCAPES[code] if code < 32 else "DEL" if code == 127 else str(code))


CONTROLS = "NUL SOH STX ETX EOT ENQ ACK a b t n v f r SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US"
ESCAPES = tuple(CONTROLS.split(" "))


def quoted(characters: str) -> str:
    return '"' + "".join("\\" + c if c in '"\\' else shown(c) for c in characters) + '"'


def stands(text: str, position: int) -> Message:
    """What stands at `position`; '' at the end."""
    return (Kind.FOUND, quoted(text[position]) if position < len(text) else "")


def satisfying(test: Callable[[str], bool], label: str = "") -> Parser[str]:
    """One character that passes `test`."""
    expected: tuple[Message, ...] = ((Kind.EXPECTED, label),) if label else ()

    def run(text: str, position: int) -> Reply:
        if position < len(text) and test(text[position]):
            return Reply(True, True, text[position], position + 1, Fault(position + 1))
        return Reply(False, False, None, position, Fault(position, (*expected, stands(text, position))))

    return Parser(run)


def character(one: str) -> Parser[str]:
    return satisfying(one.__eq__, quoted(one))


def run_of(test: Callable[[str], bool], *labels: str, least: int = 0, easy: Pattern[str] | None = None) -> Parser[str]:
    """As many characters as pass `test`, at least `least` (0 or 1); the labels say what else could have followed.

    `easy` finds a stretch of characters that would all pass, faster.
    """
    expected: tuple[Message, ...] = tuple((Kind.EXPECTED, label) for label in labels)

    def run(text: str, position: int) -> Reply:
        end, length = position, len(text)
        if easy is not None and (stretch := easy.match(text, position)):
            end = stretch.end()
        while end < length and test(text[end]):
            end += 1
        ok = end - position >= least
        return Reply(ok, end > position, text[position:end], end, Fault(end, (*expected, stands(text, end))))

    return Parser(run)


def literal(word: str) -> Parser[str]:
    """The characters of `word`; a failure inside is reported where the word began."""
    expected = (Kind.EXPECTED, quoted(word))

    def run(text: str, position: int) -> Reply:
        if text.startswith(word, position):
            end = position + len(word)
            return Reply(True, True, word, end, Fault(end))
        at = 0
        while position + at < len(text) and text[position + at] == word[at]:
            at += 1
        return Reply(False, at > 0, None, position, Fault(position, (expected, stands(text, position + at))))

    return Parser(run)


def quick(pattern: Pattern[str], build: Callable[[Match[str]], T], otherwise: Parser[T]) -> Parser[T]:
    """What `otherwise` would find, in one step where `pattern` fits.

    The pattern must end where the grammar cannot fail without moving on, since no expectation is kept.
    """

    def run(text: str, position: int) -> Reply:
        found = pattern.match(text, position)
        if found is None:
            return otherwise.run(text, position)
        return Reply(True, True, build(found), found.end(), Fault(found.end()))

    return Parser(run)


def not_followed_by(test: Callable[[str], bool], *, behind: int = 1) -> Parser[None]:
    """Nothing consumed; fails where the next character passes `test`, and says so `behind` characters further on."""

    def run(text: str, position: int) -> Reply:
        if position < len(text) and test(text[position]):
            found = "'" + ("\\'" if text[position] == "'" else shown(text[position])) + "'"
            return Reply(False, False, None, position, Fault(position + behind, ((Kind.UNEXPECTED, found),)))
        return Reply(True, False, None, position, Fault(position))

    return Parser(run)


END = labelled(not_followed_by(lambda _: True, behind=0), "end of input")


class SyntaxFault(Exception):
    """A text that does not parse: `place` is Parsec's line and column, `details` what stood and what could have."""

    def __init__(self, place: str, details: str) -> None:
        super().__init__(details)
        self.place = place
        self.details = details


def parse(parser: Parser[T], text: str) -> T:
    """The value of `text`; a SyntaxFault where there is none. What follows a complete value is not looked at."""
    reply = parser.run(text, 0)
    if reply.ok:
        return reply.value
    raise SyntaxFault(place(text, reply.fault.position), explain(reply.fault))


def place(text: str, position: int) -> str:
    """Line and column, a tab reaching to the next multiple of eight."""
    line = text.count("\n", 0, position) + 1
    column = 1
    for passed in text[text.rfind("\n", 0, position) + 1 : position]:
        column += 8 - (column - 1) % 8 if passed == "\t" else 1
    return f"(line {line}, column {column})"


def explain(fault: Fault) -> str:
    """The messages in one line: what was found (or is unexpected), then what was expected."""
    if not fault.messages:
        return "unknown parse error"
    by_kind = {kind: [text for found, text in fault.messages if found is kind] for kind in Kind}
    parts: list[str] = []
    if by_kind[Kind.UNEXPECTED]:
        parts.append("unexpected " + enumerated(by_kind[Kind.UNEXPECTED]))
    elif by_kind[Kind.FOUND]:
        parts.append("unexpected " + (by_kind[Kind.FOUND][0] or "end of input"))
    expected = enumerated(by_kind[Kind.EXPECTED])
    return " ".join([*parts, "expecting " + expected] if expected else parts)


def enumerated(words: list[str]) -> str:
    distinct = [word for word in dict.fromkeys(words) if word]
    return " or ".join([", ".join(distinct[:-1]), distinct[-1]] if len(distinct) > 1 else distinct)
