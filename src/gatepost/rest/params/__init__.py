"""The query string: bytes in, QueryParams out.

In: the raw query string of a request. Out: select tree, filters, order, pages. Never: a look at the catalog.
Errors are PGRST100 with Parsec's wording, in the order in which PostgREST meets them.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar
from urllib.parse import unquote_to_bytes

from gatepost.problem import Problem
from gatepost.rest.ast import EVERYTHING, Field, Filter, LogicTree, OrderTerm, Page, Path, QueryParams, Select
from gatepost.rest.headers.ranges import pages_of

from . import filters, names, select
from .parsing import Parser, SyntaxFault, parse

T = TypeVar("T")
Pairs = list[tuple[str, str | None]]

RESERVED = {"select", "columns", "on_conflict"}
DEEPEST = 50
"""Nesting of embeds or of logic trees."""

SEPARATOR = re.compile(b"[&;]")


def split_query(query: bytes) -> Pairs:
    """Decoded keys and values in order; None for a key without `=`. `&` and `;` separate, `+` is a space."""
    pairs: Pairs = []
    for part in SEPARATOR.split(query) if query else ():
        key, equals, value = part.partition(b"=")
        pairs.append((decoded(key), decoded(value) if equals else None))
    return pairs


def decoded(part: bytes) -> str:
    if b"+" in part:
        part = part.replace(b"+", b" ")
    if b"%" in part:
        part = unquote_to_bytes(part)
    if b"\0" in part:
        raise undecodable(b"\0")
    try:
        return part.decode()
    except UnicodeDecodeError as error:
        raise undecodable(part[error.start : error.end]) from None


def undecodable(part: bytes) -> Problem:
    """What PostgreSQL says of bytes that are no text."""
    shown = " ".join(f"0x{byte:02x}" for byte in part)
    return Problem("22021", 400, f'invalid byte sequence for encoding "UTF8": {shown}')


def parse_params(query: bytes, arguments: bool = False) -> QueryParams:
    """The whole query string. With `arguments` (a function's GET), what is no filter is an argument of the call."""
    if not query:
        return QueryParams()
    pairs = split_query(query)
    given = Sorted(pairs)
    order = tuple((tree_path(key)[0], order_terms(value)) for key, value in given.order)
    logic = tuple(logic_tree(key, value) for key, value in given.logic)
    columns = given.named("columns", column_names)
    selected = given.named("select", select_items)
    found, called = filters_of(given.filters, arguments)
    return QueryParams(
        select=EVERYTHING if selected is None else selected,
        filters=found,
        logic=logic,
        order=order,
        pages=pages(given),
        columns=columns,
        on_conflict=given.named("on_conflict", conflict_names),
        arguments=called,
        filter_keys=frozenset(key for key, _ in given.filters),
        pairs=tuple(pairs),
    )


class Sorted:
    """The pairs by what they are; a key without a value is none of them."""

    __slots__ = ("filters", "first", "limits", "logic", "offsets", "order")

    def __init__(self, pairs: Pairs) -> None:
        self.filters: list[tuple[str, str]] = []
        self.order: list[tuple[str, str]] = []
        self.logic: list[tuple[str, str]] = []
        self.limits: list[tuple[str, str]] = []
        self.offsets: list[tuple[str, str]] = []
        self.first: dict[str, str | None] = {}
        lists = {"order": self.order, "limit": self.limits, "offset": self.offsets, "and": self.logic, "or": self.logic}
        for key, value in pairs:
            if key in RESERVED:
                self.first.setdefault(key, value)
            elif value is not None:
                lists.get(key.rpartition(".")[2], self.filters).append((key, value))

    def named(self, key: str, read: Callable[[str], T]) -> T | None:
        """What `read` makes of a reserved parameter; None where it is absent."""
        value = self.first.get(key)
        return None if value is None else read(value)


def pages(given: Sorted) -> tuple[tuple[Path, Page], ...]:
    if not given.limits and not given.offsets:
        return ()
    return tuple((tree_path(key)[0], page) for key, page in pages_of(given.limits, given.offsets).items())


def filters_of(
    given: list[tuple[str, str]], arguments: bool
) -> tuple[tuple[tuple[Path, Filter], ...], tuple[tuple[str, str], ...]]:
    """Filters, and what is none (only where arguments are possible)."""
    found: list[tuple[Path, Filter]] = []
    called: list[tuple[str, str]] = []
    for key, value in given:
        path, field = tree_path(key)
        operation = filters.plain(value)
        if operation is None:
            operation = (argument_or_filter if arguments else filter_only)(value)
        if operation is None:
            called.append((field.name, value))
        else:
            found.append((path, Filter(field, operation[1], operation[0])))
    return tuple(found), tuple(called)


def argument_or_filter(value: str) -> filters.Negatable | None:
    """Without a dot no operator can begin, and with one it may; an operator that begins must be complete."""
    return read(filters.FILTER_OR_ARGUMENT, value, "filter") if "." in value else None


def filter_only(value: str) -> filters.Negatable:
    return read(filters.FILTER, value, "filter")


# ------------------------------------------------------------------ one parameter each


def read(parser: Parser[T], text: str, what: str, shown: str | None = None) -> T:
    """The value of `text`; PGRST100 names `what` it should have been."""
    try:
        return parse(parser, text)
    except SyntaxFault as fault:
        message = f'"failed to parse {what} ({text if shown is None else shown})" {fault.place}'
        raise Problem("PGRST100", 400, message, fault.details) from None


def remembered(longest: int, size: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Keeps the outcome for the last `size` texts that are not longer than `longest`: clients repeat themselves."""

    def wrap(function: Callable[[str], T]) -> Callable[[str], T]:
        cached: Callable[[str], T] = lru_cache(size)(function)

        def choose(text: str) -> T:
            return cached(text) if len(text) <= longest else function(text)

        return choose

    return wrap


@remembered(80, 1024)
def tree_path(key: str) -> tuple[Path, Field]:
    return read(names.tree_path, key, "tree path")


@remembered(400, 512)
def select_items(text: str) -> Select:
    limit_depth(text, "select parameter")
    return read(select.SELECT, text, "select parameter")


@remembered(200, 512)
def order_terms(text: str) -> tuple[OrderTerm, ...]:
    return read(select.ORDER, text, "order")


@remembered(200, 256)
def column_names(text: str) -> tuple[str, ...]:
    return tuple(sorted(set(read(names.NAMES, text, "columns parameter"))))


@remembered(200, 256)
def conflict_names(text: str) -> tuple[str, ...]:
    return read(names.NAMES, text, "on_conflict parameter")


def logic_tree(key: str, value: str) -> tuple[Path, LogicTree]:
    """`clients.not.or=(…)`: the tree is read with its operator in front, so columns count from there."""
    limit_depth(value, "logic tree")
    path, negated, operator = read(names.logic_path, key, "logic path")
    text = ("not." if negated else "") + operator + value
    return path, read(filters.TREE, text, "logic tree", value)


def limit_depth(text: str, what: str) -> None:
    """A Problem for more nesting than anybody means."""
    if text.count("(") <= DEEPEST:
        return
    depth = 0
    for bracket in re.findall("[()]", text):
        depth += 1 if bracket == "(" else -1
        if depth > DEEPEST:
            raise Problem(
                "PGRST100", 400, f"failed to parse {what}", f"more than {DEEPEST} levels of parentheses", "Nest less"
            )


__all__ = ["parse_params", "split_query", "undecodable"]
