"""Text → nodes.

In: a source. Out: its document, or a SchemaProblem that names line, column, what was expected and what is near.
Never: a resolved name, a file read, or a nesting so deep that a reader of the nodes would run out of stack.
"""

import re
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar, cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedToken

from gatepost.zmodel import nodes
from gatepost.zmodel.diagnostics import SchemaProblem, Source, Span, diagnostic, near
from gatepost.zmodel.lexer import ForeignText, ZModelLexer

DEEPEST = 128
LONGEST = 4_000_000
LONGEST_NUMBER = 100
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
WORDS = {
    "ID": "a name",
    "STRING": "a string",
    "NUMBER": "a number",
    "FIELD_ATTRIBUTE": "an attribute (@…)",
    "MODEL_ATTRIBUTE": "an attribute (@@…)",
    "INTERNAL_ATTRIBUTE": "an attribute (@@@…)",
    "LOGICAL": "&& or ||",
    "EQUALITY": "== or !=",
    "COMPARISON": "< > <= >=",
    "$END": "the end of the file",
}
OPERATORS = {"LOGICAL", "EQUALITY", "COMPARISON", "IN", "QUESTION", "BANG", "CARET", "DOT"}
NAMES = {"ID", "MODEL", "ENUM", "ATTRIBUTE", "DATASOURCE", "PLUGIN", "ABSTRACT", "IN", "VIEW", "IMPORT", "TYPE"}
HINTS = {
    "abstract": "there are no abstract models: declare a `type` and mix it in with `with`",
    "and": "the operator is &&",
    "or": "the operator is ||",
    "not": "the operator is !",
    "+": "there is no arithmetic",
    "-": "there is no arithmetic; a sign belongs to its number: -1",
    "*": "there is no arithmetic",
    "/": "there is no arithmetic; comments begin with // or /*",
    "=": "comparison is ==",
    "&": "the operator is &&",
    "|": "the operator is ||",
    "`": "strings stand in single or double quotes",
    '"': "the string does not end",
    "'": "the string does not end",
    "#": "comments begin with //",
    ";": "nothing but an import may end with a semicolon",
}

Kind = TypeVar("Kind")
Children = list[Any]


def parse(source: Source) -> nodes.Document:
    """The document of a text; raises SchemaProblem at its first mistake of grammar."""
    if len(source.text) > LONGEST:
        raise _problem(Span(source, 0, 0), f"the file is longer than {LONGEST:,} characters")
    with _turn:
        _builder.begin(source)
        try:
            return _parsed(source.text)
        except UnexpectedToken as error:
            raise _unexpected(source, error) from None
        except ForeignText as error:
            raise _foreign(source, error.offset) from None


@cache
def grammar() -> Lark:
    """The parser, made once."""
    text = files("gatepost.zmodel").joinpath("grammar.lark").read_text("utf-8")
    return Lark(text, parser="lalr", lexer=ZModelLexer, transformer=_builder)


def lexer() -> ZModelLexer:
    """The grammar's lexer."""
    return cast(Any, grammar()).parser.lexer


class Builder(Transformer[Token, Any]):
    """Makes nodes while the parser reduces: one method a rule of the grammar, named after it."""

    def begin(self, source: Source) -> None:
        """Before a text."""
        self._source = source
        self._lexer = lexer()

    # Expressions

    def text(self, children: Children) -> nodes.Text:
        return nodes.Text(self._at(children[0]), unquoted(children[0]))

    def number(self, children: Children) -> nodes.Number:
        if len(children[0]) > LONGEST_NUMBER:
            raise _problem(self._at(children[0]), f"a number has at most {LONGEST_NUMBER} characters")
        return nodes.Number(self._at(children[0]), str(children[0]))

    def boolean(self, children: Children) -> nodes.Boolean:
        return nodes.Boolean(self._at(children[0]), children[0] == "true")

    def null(self, children: Children) -> nodes.Null:
        return nodes.Null(self._at(children[0]))

    def this(self, children: Children) -> nodes.This:
        return nodes.This(self._at(children[0]))

    def group(self, children: Children) -> nodes.Expression:
        inner = children[0]
        if isinstance(inner, nodes.Binary) and not inner.grouped:
            return nodes.Binary(inner.at, inner.operator, inner.left, inner.right, True)
        return inner

    def binary(self, children: Children) -> nodes.Binary:
        left, operator, right = children
        return nodes.Binary(self._between(left.at, right.at), str(operator), left, right)

    def predicate(self, children: Children) -> nodes.Predicate:
        collection, quantifier, condition, end = children[0], children[1], children[-2], children[-1]
        binding = children[2] if len(children) == 5 else None
        return nodes.Predicate(self._upto(collection.at, end), str(quantifier), collection, binding, condition)

    def binding(self, children: Children) -> nodes.Name:
        return self._name(children[0])

    def access(self, children: Children) -> nodes.Access:
        operand, member = children
        return nodes.Access(self._upto(operand.at, member), operand, self._name(member))

    def negation(self, children: Children) -> nodes.Not:
        sign, operand = children
        return nodes.Not(self._between(self._at(sign), operand.at), operand)

    def call(self, children: Children) -> nodes.Call:
        return nodes.Call(self._upto(self._at(children[0]), children[-1]), str(children[0]), tuple(children[1:-1]))

    def reference(self, children: Children) -> nodes.Reference:
        return nodes.Reference(self._at(children[0]), str(children[0]), _kept(children, nodes.Entry))

    def items(self, children: Children) -> nodes.Items:
        return nodes.Items(self._upto(self._at(children[0]), children[-1]), tuple(children[1:-1]))

    def mapping(self, children: Children) -> nodes.Mapping:
        return nodes.Mapping(self._upto(self._at(children[0]), children[-1]), _kept(children, nodes.Entry))

    def option(self, children: Children) -> nodes.Entry:
        return nodes.Entry(self._at(children[0]), str(children[0]), children[1])

    def entry(self, children: Children) -> nodes.Entry:
        key = children[0]
        return nodes.Entry(self._at(key), unquoted(key) if key.type == "STRING" else str(key), children[1])

    # Attributes as applied

    def argument(self, children: Children) -> nodes.Argument:
        value = children[-1]
        self._shallow(value)
        name = str(children[0]) if len(children) == 2 else None
        return nodes.Argument(value.at, name, value)

    def _application(self, children: Children) -> nodes.Application:
        return nodes.Application(self._at(children[0]), str(children[0]), tuple(children[1:]))

    field_attribute = model_attribute = internal_attribute = _application

    # Declarations

    def start(self, children: Children) -> nodes.Document:
        imports = _kept(children, nodes.Import)
        return nodes.Document(Span(self._source, 0, 0), imports, tuple(children[len(imports) :]))

    def import_statement(self, children: Children) -> nodes.Import:
        return nodes.Import(self._at(children[0]), unquoted(children[0]))

    def setting(self, children: Children) -> nodes.Setting:
        self._shallow(children[1])
        return nodes.Setting(self._at(children[0]), str(children[0]), children[1])

    def datasource(self, children: Children) -> nodes.Configuration:
        return self._configuration("datasource", children)

    def generator(self, children: Children) -> nodes.Configuration:
        return self._configuration("generator", children)

    def plugin(self, children: Children) -> nodes.Configuration:
        return self._configuration("plugin", children)

    def _configuration(self, kind: str, children: Children) -> nodes.Configuration:
        name, *settings = children
        return nodes.Configuration(self._at(name), kind, str(name), tuple(settings))

    def mixins(self, children: Children) -> tuple[nodes.Name, ...]:
        return tuple(self._name(child) for child in children)

    def base(self, children: Children) -> nodes.Name:
        return self._name(children[0])

    def model(self, children: Children) -> nodes.Model:
        return self._model(children, view=False)

    def view(self, children: Children) -> nodes.Model:
        return self._model(children, view=True)

    def _model(self, children: Children, view: bool) -> nodes.Model:
        keyword, name, *rest = children
        base = next((child for child in rest[:2] if isinstance(child, nodes.Name)), None)
        fields, attributes = _kept(rest, nodes.Field), _kept(rest, nodes.Application)
        doc = self._doc(keyword)
        return nodes.Model(self._at(name), str(name), view, _mixins(rest), base, fields, attributes, doc)

    def type_definition(self, children: Children) -> nodes.TypeDefinition:
        keyword, name, *rest = children
        fields, attributes = _kept(rest, nodes.Field), _kept(rest, nodes.Application)
        doc = self._doc(keyword)
        return nodes.TypeDefinition(self._at(name), str(name), _mixins(rest), fields, attributes, doc)

    def field(self, children: Children) -> nodes.Field:
        name, use, *attributes = children
        return nodes.Field(self._at(name), str(name), use, tuple(attributes), self._doc(name))

    def type(self, children: Children) -> nodes.TypeUse:
        name, *rest = children
        signs = {child.type for child in rest if isinstance(child, Token)}
        unsupported = next((child for child in rest if not isinstance(child, Token)), None)
        return nodes.TypeUse(self._at(name), str(name), "LSQB" in signs, "QUESTION" in signs, unsupported)

    def unsupported(self, children: Children) -> nodes.Expression:
        return children[0]

    def enum(self, children: Children) -> nodes.Enum:
        keyword, name, *body, end = children
        if not body:
            raise _problem(self._at(end), "an enum has at least one member", "expected a name")
        members, attributes = _kept(body, nodes.Member), _kept(body, nodes.Application)
        return nodes.Enum(self._at(name), str(name), members, attributes, self._doc(keyword))

    def member(self, children: Children) -> nodes.Member:
        return nodes.Member(self._at(children[0]), str(children[0]), tuple(children[1:]), self._doc(children[0]))

    def parameter(self, children: Children) -> nodes.Parameter:
        return nodes.Parameter(self._at(children[0]), str(children[0]), children[1])

    def attribute_parameter(self, children: Children) -> nodes.Parameter:
        words = [child for child in children if isinstance(child, Token)]
        if len(words) == 2 and words[0] != "_":
            raise _problem(self._at(words[0]), f'unexpected name "{words[0]}"', "only `_` may stand before a parameter")
        use, *attributes = children[len(words) :]
        return nodes.Parameter(self._at(words[-1]), str(words[-1]), use, len(words) == 2, tuple(attributes))

    def function(self, children: Children) -> nodes.Function:
        name, parameters = children[0], _kept(children, nodes.Parameter)
        returns, *rest = children[1 + len(parameters) :]
        body = next((child for child in rest if not isinstance(child, nodes.Application)), None)
        return nodes.Function(self._at(name), str(name), parameters, returns, body, _kept(rest, nodes.Application))

    def procedure(self, children: Children) -> nodes.Procedure:
        name = children[1] if children[0].type == "MUTATION" else children[0]
        returns = next(child for child in children if isinstance(child, nodes.TypeUse))
        return nodes.Procedure(
            self._at(name),
            str(name),
            children[0] is not name,
            _kept(children, nodes.Parameter),
            returns,
            _kept(children, nodes.Application),
        )

    def attribute_declaration(self, children: Children) -> nodes.Attribute:
        name = children[0]
        parameters, attributes = _kept(children, nodes.Parameter), _kept(children, nodes.Application)
        return nodes.Attribute(self._at(name), str(name), parameters, attributes)

    # Places

    def _at(self, token: Token) -> Span:
        return Span(self._source, *_ends(token))

    def _upto(self, start: Span, end: Token) -> Span:
        return Span(self._source, start.start, _ends(end)[1])

    def _between(self, start: Span, end: Span) -> Span:
        return Span(self._source, start.start, end.end)

    def _name(self, token: Token) -> nodes.Name:
        return nodes.Name(self._at(token), str(token))

    def _doc(self, first: Token) -> str:
        """The `///` lines that stand, on lines of their own, straight before a token."""
        comments = self._lexer.comments
        if not comments:
            return ""
        lines: list[str] = []
        text, place = self._source.text, _ends(first)[0]
        for index in reversed(range(bisect_left(comments, place, key=_start))):
            start, end = _ends(comments[index])
            own_line = not text[text.rfind("\n", 0, start) + 1 : start].strip()
            if not own_line or text[end:place].strip() or not comments[index].startswith("///"):
                break
            lines.append(comments[index][3:].strip())
            place = start
        return "\n".join(reversed(lines))

    def _shallow(self, expression: nodes.Expression) -> None:
        if expression.at.end - expression.at.start > DEEPEST and depth(expression) > DEEPEST:
            raise _problem(expression.at, f"the expression is nested deeper than {DEEPEST} levels")


_builder = Builder()
_turn = threading.Lock()  # the builder knows one text at a time


def unquoted(token: str) -> str:
    """What a quoted string says: `\\n` and its kin as in JavaScript, any other escaped character is itself."""
    body = token[1:-1]
    return re.sub(r"\\([\s\S])", lambda found: ESCAPES.get(found[1], found[1]), body) if "\\" in body else body


def parts(expression: nodes.Expression) -> tuple[nodes.Expression, ...]:
    """The expressions straight inside an expression."""
    match expression:
        case nodes.Items(_, items):
            return items
        case nodes.Mapping(_, entries) | nodes.Reference(_, _, entries):
            return tuple(entry.value for entry in entries)
        case nodes.Call(_, _, arguments):
            return arguments
        case nodes.Access(_, operand) | nodes.Not(_, operand):
            return (operand,)
        case nodes.Binary(_, _, left, right) | nodes.Predicate(_, _, left, _, right):
            return (left, right)
        case _:
            return ()


def walk(expression: nodes.Expression) -> Iterable[nodes.Expression]:
    """An expression and everything inside it, without recursion."""
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(parts(current))


def depth(expression: nodes.Expression) -> int:
    """How many levels an expression has."""
    deepest, waiting = 0, [(expression, 1)]
    while waiting:
        current, level = waiting.pop()
        deepest = max(deepest, level)
        waiting.extend((part, level + 1) for part in parts(current))
    return deepest


def _start(token: Token) -> int:
    return cast(int, token.start_pos)


def _ends(token: Token) -> tuple[int, int]:
    return cast(int, token.start_pos), cast(int, token.end_pos)


def _kept(children: Children, kind: type[Kind]) -> tuple[Kind, ...]:
    return tuple(child for child in children if isinstance(child, kind))


def _mixins(children: Children) -> tuple[nodes.Name, ...]:
    found: list[Any] = [child for child in children[:2] if type(child) is tuple]
    return found[0] if found else ()


def _parsed(text: str) -> nodes.Document:
    run = cast(Callable[[str], object], grammar().parse)  # pyright: ignore[reportUnknownMemberType]
    return cast(nodes.Document, run(text))


def _problem(at: Span, message: str, hint: str | None = None) -> SchemaProblem:
    return SchemaProblem([diagnostic("error", at, message, hint)])


def _foreign(source: Source, offset: int) -> SchemaProblem:
    char = source.text[offset]
    span = Span(source, offset, offset + 1)
    if source.text.startswith("/*", offset):
        return _problem(span, "the comment does not end", "a comment that begins with /* ends with */")
    return _problem(span, f"unexpected character {char!r}", HINTS.get(char))


def _unexpected(source: Source, error: UnexpectedToken) -> SchemaProblem:
    token = cast(Token, error.token)
    start, end = (len(source.text), len(source.text)) if token.type == "$END" else _ends(token)
    found = "end of the file" if token.type == "$END" else f'"{token}"'
    expected = set(error.accepts or error.expected)
    close = near(str(token), _keywords(expected)) if token.type in NAMES else None
    hint = f'did you mean "{close}"?' if close else HINTS.get(str(token))
    wanted = _listing(expected)
    return _problem(Span(source, start, end), f"unexpected {found}, expected {wanted}", hint)


def _keywords(terminals: Iterable[str]) -> list[str]:
    return [pattern for name, pattern in _patterns().items() if name in terminals and pattern.isalpha()]


def _listing(terminals: set[str]) -> str:
    """What may stand here, in words: operators only where nothing else may."""
    if "ID" in terminals:
        terminals = terminals - (NAMES - {"ID"})
    if len(terminals) > 6:
        terminals = (terminals - OPERATORS) or terminals
    shown = sorted({WORDS.get(name) or f'"{_patterns().get(name, name)}"' for name in terminals})
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


@cache
def _patterns() -> dict[str, str]:
    return {terminal.name: terminal.pattern.value for terminal in grammar().terminals}
