"""Text → the grammar's tree.

In: one statement. Out: its tree, whose tokens stand in the order of the text. InvalidInput at the first word that the
grammar does not have there. Never: a statement that was understood in part.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken

from gatepost.orm.errors import InvalidInput, legible

Node = Tree[Token]
# Made when the module is loaded, not when the first statement comes: it takes a third of a second.
PARSER = Lark(
    files("gatepost.orm.builder").joinpath("sql.lark").read_text("utf-8"), parser="lalr", keep_all_tokens=True
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A statement's tree, which nobody may change, and how many values it asks for."""

    tree: Node
    values: int


@lru_cache(maxsize=1000)
def parse(text: str) -> Parsed:
    """The tree of a statement. InvalidInput."""
    if "\0" in text:
        raise InvalidInput("SQL is a text without NUL characters")
    try:
        whole: Any = PARSER.parse(text)  # pyright: ignore[reportUnknownMemberType]
    except UnexpectedInput as error:
        raise InvalidInput(_told(error)) from None
    try:
        numbers = [int(each[1:]) for each in whole.scan_values(_is_parameter)]
    except RecursionError:
        raise InvalidInput("the SQL is nested too deeply") from None
    return Parsed(whole.children[0], max(numbers, default=0))


def _is_parameter(node: object) -> bool:
    return isinstance(node, Token) and node.type == "PARAMETER"


def _told(error: Any) -> str:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":  # pyright: ignore[reportUnknownMemberType]
        return "the SQL ends too early"
    word = getattr(error, "token", None) or getattr(error, "char", "")
    return f'the builder\'s SQL has no "{legible(word)}" here (line {error.line}, column {error.column})'


def trees(node: Node, *names: str) -> Iterator[Node]:
    """The children that are trees; with names those of that kind."""
    return (each for each in node.children if isinstance(each, Tree) and (not names or each.data in names))


def tree(node: Node, *names: str) -> Node | None:
    """The first of them."""
    return next(trees(node, *names), None)


def name_of(node: Node) -> str:
    """A name or label as it is meant: case is kept, with quotes and without."""
    text = str(node.children[0])
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def names_of(node: Node | None) -> tuple[str, ...]:
    """The names among the children; of nothing: none."""
    return tuple(map(name_of, trees(node, "name"))) if node is not None else ()


def has(node: Node, word: str) -> bool:
    """Whether a keyword is among the children."""
    return any(isinstance(each, Token) and each.type == word for each in node.children)
