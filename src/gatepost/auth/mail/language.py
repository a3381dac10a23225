"""The template language of mails: the part of Go's that projects write for Supabase.

In: a template's text once, variables many times. Out: text. Never: Python reachable from a template, or a construct
that is quietly not understood: it is refused, naming its line.

`{{ .Name }}`, `{{ .Data.member }}`, `{{ if }}…{{ else if }}…{{ else }}…{{ end }}`, `{{ with }}`, `{{ range }}`,
comments, trim marks (`{{-`), pipes, parentheses, and the functions of `functions.py`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from ...problem import Problem
from .escape import Html, Plain
from .functions import FUNCTIONS, index, shown

Variables = Mapping[str, object]

ACTION = re.compile(
    r"\{\{(?P<left>-\s)?(?P<body>(?:/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|`[^`]*`|[^\"`])*?)(?P<right>\s-)?\}\}", re.DOTALL
)
TOKEN = re.compile(
    r"\s*(?:(?P<path>\$?(?:\.[^\W\d]\w*)+|\.|\$)(?![\w.])|(?P<text>\"(?:\\.|[^\"\\])*\"|`[^`]*`)"
    r"|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|(?P<name>[A-Za-z]\w*)|(?P<mark>[()|]))"
)
CONSTANTS: Mapping[str, object] = {"true": True, "false": False, "nil": None}
OPENING = frozenset({"if", "with", "range"})


class Invalid(Problem):
    """A template that cannot be used; `line` counts from 1."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__("invalid_template", 500, f"{name}, line {line}: {reason}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Constant:
    value: object


@dataclass(frozen=True, slots=True)
class Path:
    """`.a.b` from the current value, `$.a.b` from the variables."""

    names: tuple[str, ...]
    rooted: bool


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple["Expression", ...]


Expression = Constant | Path | Call


@dataclass(frozen=True, slots=True)
class Put:
    expression: Expression


@dataclass(frozen=True, slots=True)
class Block:
    """`if`, `with` or `range`, and what is written otherwise."""

    kind: str
    expression: Expression
    body: "Nodes"
    otherwise: "Nodes"


Nodes = tuple["str | Put | Block", ...]


@dataclass(frozen=True, slots=True)
class Action:
    body: str
    line: int

    @property
    def keyword(self) -> str:
        return self.body.split(None, 1)[0] if self.body else ""

    @property
    def rest(self) -> str:
        return self.body.partition(self.keyword)[2].strip()


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read; `name` is how messages call it."""

    name: str
    nodes: Nodes

    def render(self, variables: Variables, writer: Plain) -> str:
        """The text with `variables` in their places; a variable that is not there is empty."""
        values = dict(variables)
        _write(self.nodes, values, values, writer)
        return writer.done()

    def html(self, variables: Variables) -> str:
        return self.render(variables, Html())

    def plain(self, variables: Variables) -> str:
        return self.render(variables, Plain())


def compile_template(name: str, text: str) -> Template:
    """`text` read; Invalid names the line of what is not understood."""
    pieces = _Pieces(name, text)
    nodes, end = _nodes(pieces)
    if end is not None:
        raise Invalid(name, end.line, f"{{{{ {end.keyword} }}}} without an opening {{{{ if }}}}")
    return Template(name, nodes)


class _Pieces(Iterator["str | Action"]):
    """Text and actions in turn, trim marks obeyed and comments dropped."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.line = 1
        self._pieces = self._split(text)

    def __next__(self) -> "str | Action":
        return next(self._pieces)

    def _split(self, text: str) -> Iterator["str | Action"]:
        position, trim = 0, False
        while found := ACTION.search(text, position):
            yield self._text(text[position : found.start()], trim, bool(found["left"]))
            self.line = text.count("\n", 0, found.start()) + 1
            body = found["body"].strip()
            if not body.startswith("/*"):
                yield Action(body, self.line)
            position, trim = found.end(), bool(found["right"])
        yield self._last(text, position, trim)

    def _last(self, text: str, position: int, trim: bool) -> str:
        if (opened := text.find("{{", position)) >= 0:
            raise Invalid(self.name, text.count("\n", 0, opened) + 1, "{{ without its }}")
        return self._text(text[position:], trim, False)

    def _text(self, text: str, trim_left: bool, trim_right: bool) -> str:
        text = text.lstrip() if trim_left else text
        return text.rstrip() if trim_right else text


def _nodes(pieces: _Pieces) -> tuple[Nodes, Action | None]:
    """Nodes up to an `else`, an `end` or the end of the text, and which action ended them."""
    nodes: list[str | Put | Block] = []
    for piece in pieces:
        if isinstance(piece, str):
            nodes.append(piece)
        elif piece.keyword in ("else", "end"):
            return tuple(nodes), piece
        elif piece.keyword in OPENING:
            nodes.append(_block(pieces, piece, piece.keyword, piece.rest))
        else:
            nodes.append(Put(_expression(pieces.name, piece.line, piece.body)))
    return tuple(nodes), None


def _block(pieces: _Pieces, opening: Action, kind: str, condition: str) -> Block:
    expression = _expression(pieces.name, opening.line, condition)
    body, end = _nodes(pieces)
    otherwise: Nodes = ()
    if end is not None and end.keyword == "else":
        if end.rest:
            nested, _, rest = end.rest.partition(" ")
            if nested not in OPENING:
                raise Invalid(pieces.name, end.line, f"{{{{ else {end.rest} }}}} is not understood")
            return Block(kind, expression, body, (_block(pieces, end, nested, rest),))
        otherwise, end = _nodes(pieces)
    if end is None or end.keyword != "end":
        raise Invalid(pieces.name, opening.line, f"{{{{ {kind} }}}} without its {{{{ end }}}}")
    return Block(kind, expression, body, otherwise)


def _expression(name: str, line: int, text: str) -> Expression:
    tokens = _tokens(name, line, text)
    expression = _pipeline(tokens, name, line)
    if tokens:
        raise Invalid(name, line, f"{{{{ {text} }}}} is not understood")
    return expression


def _tokens(name: str, line: int, text: str) -> list[re.Match[str]]:
    tokens: list[re.Match[str]] = []
    position = 0
    while position < len(text.rstrip()):
        token = TOKEN.match(text, position)
        if token is None:
            raise Invalid(name, line, f"{text[position:].strip()!r} is not understood")
        tokens.append(token)
        position = token.end()
    return tokens


def _pipeline(tokens: list[re.Match[str]], name: str, line: int) -> Expression:
    """Commands joined by `|`: the value of each is the last argument of the next."""
    expression = _command(tokens, name, line, ())
    while tokens and tokens[0]["mark"] == "|":
        tokens.pop(0)
        expression = _command(tokens, name, line, (expression,))
    return expression


def _command(tokens: list[re.Match[str]], name: str, line: int, piped: tuple[Expression, ...]) -> Expression:
    if not tokens:
        raise Invalid(name, line, "an expression is missing")
    word = tokens[0]["name"]
    if word is None or word in CONSTANTS:
        if piped:
            raise Invalid(name, line, "only a function can stand after |")
        return _operand(tokens, name, line)
    tokens.pop(0)
    arguments: list[Expression] = []
    while tokens and tokens[0]["mark"] not in (")", "|"):
        arguments.append(_operand(tokens, name, line))
    return _call(word, (*arguments, *piped), name, line)


def _call(word: str, arguments: tuple[Expression, ...], name: str, line: int) -> Call:
    if word not in FUNCTIONS:
        raise Invalid(name, line, f"there is no function {word} here; there are {', '.join(FUNCTIONS)}")
    fewest, most, _ = FUNCTIONS[word]
    if not fewest <= len(arguments) <= most:
        raise Invalid(name, line, f"{word} does not take {len(arguments)} arguments")
    return Call(word, arguments)


def _operand(tokens: list[re.Match[str]], name: str, line: int) -> Expression:
    token = tokens.pop(0)
    if path := token["path"]:
        return Path(tuple(part for part in path.lstrip("$").split(".") if part), path.startswith("$"))
    if text := token["text"]:
        return Constant(text[1:-1] if text[0] == "`" else re.sub(r"\\(.)", r"\1", text[1:-1]))
    if number := token["number"]:
        return Constant(float(number) if "." in number else int(number))
    if token["name"] in CONSTANTS:
        return Constant(CONSTANTS[token["name"]])
    if token["mark"] == "(":
        inner = _pipeline(tokens, name, line)
        if tokens and tokens.pop(0)["mark"] == ")":
            return inner
        raise Invalid(name, line, "( without its )")
    raise Invalid(name, line, f"{token[0].strip()} cannot stand here")


def _write(nodes: Nodes, here: object, variables: Variables, writer: Plain) -> None:
    for node in nodes:
        match node:
            case str():
                writer.text(node)
            case Put(expression):
                writer.value(shown(_value(expression, here, variables)))
            case Block():
                _write_block(node, here, variables, writer)


def _write_block(block: Block, here: object, variables: Variables, writer: Plain) -> None:
    value = _value(block.expression, here, variables)
    if not value:
        _write(block.otherwise, here, variables, writer)
    elif block.kind == "range":
        for item in _items(value):
            _write(block.body, item, variables, writer)
    else:
        _write(block.body, here if block.kind == "if" else value, variables, writer)


def _items(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(cast(dict[object, object], value).values())
    return cast(list[object], value) if isinstance(value, list) else []


def _value(expression: Expression, here: object, variables: Variables) -> object:
    match expression:
        case Constant(value):
            return value
        case Path(names, rooted):
            return index(variables if rooted else here, *names)
        case Call(name, arguments):
            return FUNCTIONS[name][2](*(_value(argument, here, variables) for argument in arguments))
