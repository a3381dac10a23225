"""Text → the same text in canonical form.

In: a text that parses. Out: it with one indentation, one spacing, fields in columns; every word and comment kept.
Never: another meaning, a line break taken from within brackets, or a second form of what is in this form already.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from lark import Token

from gatepost.zmodel import nodes
from gatepost.zmodel.diagnostics import Source
from gatepost.zmodel.lexer import COMMENT
from gatepost.zmodel.parse import lexer, parse

INDENT = "    "
OPENING, CLOSING = set("([{"), set(")]}")
TIGHT_AFTER = {"(", "[", ".", "!", "^"}
TIGHT_BEFORE = {")", "]", ",", ".", ":", ";", "?", "^"}
ATTRIBUTES = {"FIELD_ATTRIBUTE", "MODEL_ATTRIBUTE", "INTERNAL_ATTRIBUTE"}
BLOCKS = nodes.Model | nodes.TypeDefinition | nodes.Enum | nodes.Configuration


def format(text: str, name: str = "schema.zmodel") -> str:
    """The canonical form; raises SchemaProblem, which calls the text `name`, where it does not parse."""
    document = parse(Source(name, text))
    tokens = [word for word in lexer().tokens(text) if word != ";"]
    return _Layout(text, tokens, document).print()


@dataclass(slots=True)
class Item:
    """A declaration, or a line of a body: tokens that belong together, comments inside of them included."""

    tokens: list[Token]
    node: nodes.Node
    body: "list[Item | Token] | None" = None
    after: list[Token] = field(default_factory=list[Token])

    @property
    def start(self) -> int:
        """The offset it begins at."""
        return _start(self.tokens[0])


class _Layout:
    def __init__(self, text: str, tokens: list[Token], document: nodes.Document) -> None:
        self._text = text
        self._tokens = tokens
        self._lines: list[str] = []
        heads = {each.at.start: each for each in (*document.imports, *document.declarations)}
        self._starts = self._before_names(heads)
        self._inner = {each.at.start: each for one in document.declarations for each in _body(one)}

    def _before_names(self, heads: Mapping[int, nodes.Node]) -> dict[int, nodes.Node]:
        """Declarations begin at the keyword before their name, or at `mutation` before that."""
        found: dict[int, nodes.Node] = {}
        plain = [word for word in self._tokens if word.type != COMMENT]
        for index, word in enumerate(plain):
            node = heads.get(_start(word))
            if node is not None:
                back = 2 if isinstance(node, nodes.Procedure) and node.mutation else 1
                found[_start(plain[index - back])] = node
        return found

    def print(self) -> str:
        """All of it."""
        pieces = self._split(self._tokens, self._starts)
        for piece in pieces:
            if isinstance(piece, Item) and isinstance(piece.node, BLOCKS):
                self._open(piece)
        previous: Item | Token | None = None
        for piece in pieces:
            if previous is not None and self._apart(previous, piece):
                self._lines.append("")
            self._print(piece, "")
            previous = piece
        return "\n".join(self._lines) + "\n" if self._lines else ""

    def _split(self, tokens: list[Token], starts: dict[int, nodes.Node]) -> list[Item | Token]:
        """Items, and comments between them; a comment that follows an item on its line is the item's."""
        pieces: list[Item | Token] = []
        loose: list[Token] = []
        for word in tokens:
            node = starts.get(_start(word))
            if word.type == COMMENT:
                loose.append(word)
            elif node is not None:
                self._settle(pieces, loose)
                pieces.append(Item([word], node))
                loose = []
            else:
                cast(Item, pieces[-1]).tokens += [*loose, word]
                loose = []
        self._settle(pieces, loose)
        return pieces

    def _settle(self, pieces: list[Item | Token], loose: list[Token]) -> None:
        """Comments before an item, or before the end: those on the line of what went before are its own."""
        last = pieces[-1] if pieces else None
        while loose and isinstance(last, Item) and self._same_line(_last(last), loose[0]):
            last.after.append(loose.pop(0))
        pieces.extend(loose)

    def _open(self, item: Item) -> None:
        """Part a block into its head, which ends with `{`, and its body."""
        index = next(at for at, word in enumerate(item.tokens) if word == "{")
        inside = item.tokens[index + 1 : -1]
        item.tokens, closing = [*item.tokens[: index + 1]], item.tokens[-1]
        behind = item.after
        item.after = []
        while inside and inside[0].type == COMMENT and self._same_line(item.tokens[-1], inside[0]):
            item.after.append(inside.pop(0))
        item.body = [*self._split(inside, self._inner), Item([closing], item.node, after=behind)]

    def _same_line(self, one: Token, two: Token) -> bool:
        return "\n" not in self._text[_end(one) : _start(two)] and not (one.type == COMMENT and one.startswith("//"))

    def _blank_between(self, one: Item | Token, two: Item | Token) -> bool:
        first = _last(one)
        return self._text[_end(first) : _first(two)].count("\n") > 1

    def _apart(self, one: Item | Token, two: Item | Token) -> bool:
        """Whether an empty line stands between two things at the top: around blocks always, else where one was."""
        if isinstance(one, Item) and one.body is not None:
            return True
        if isinstance(one, Item) and isinstance(two, Item) and (two.body is not None):
            return True
        if isinstance(one, Item) and isinstance(one.node, nodes.Import):
            return not (isinstance(two, Item) and isinstance(two.node, nodes.Import)) or self._blank_between(one, two)
        return self._blank_between(one, two)

    def _print(self, piece: Item | Token, indent: str) -> None:
        if isinstance(piece, Token):
            self._lines.append(indent + _comment(piece))
        elif piece.body is None:
            self._lines += self._rendered(piece, indent)
        else:
            self._lines += self._rendered(piece, indent)
            self._print_body(piece.body)

    def _print_body(self, body: "list[Item | Token]") -> None:
        *inside, closing = body
        columns = self._columns([each for each in inside if isinstance(each, Item)])
        previous: Item | Token | None = None
        for piece in inside:
            if previous is not None and self._blank_between(previous, piece):
                self._lines.append("")
            if isinstance(piece, Token):
                self._print(piece, INDENT)
            else:
                self._lines += self._rendered(piece, INDENT, columns.get(type(piece.node), ()))
            previous = piece
        self._lines += self._rendered(cast(Item, closing), "")

    def _columns(self, items: list[Item]) -> dict[type, tuple[int, ...]]:
        """How wide the columns are: name and type of fields, name of settings."""
        fields = [self._cells(each) for each in items if isinstance(each.node, nodes.Field)]
        settings = [len(each.tokens[0]) for each in items if isinstance(each.node, nodes.Setting)]
        widths = tuple(max(len(cells[column]) for cells in fields) for column in (0, 1)) if fields else ()
        return {nodes.Field: widths, nodes.Setting: (max(settings, default=0),)}

    def _cells(self, item: Item) -> tuple[str, str]:
        """Name and type of a field."""
        return str(item.tokens[0]), self._joined(self._type(item))

    def _type(self, item: Item) -> list[Token]:
        """The tokens after a field's name, up to its first attribute or comment."""
        rest = item.tokens[1:]
        end = next((at for at, each in enumerate(rest) if each.type in ATTRIBUTES or each.type == COMMENT), len(rest))
        return rest[:end]

    def _rendered(self, item: Item, indent: str, widths: tuple[int, ...] = ()) -> list[str]:
        tokens, head = item.tokens, ""
        if isinstance(item.node, nodes.Field) and widths and tokens[0] != "}":
            name, of = self._cells(item)
            tokens = tokens[1 + len(self._type(item)) :]
            head = f"{name.ljust(widths[0])} {of.ljust(widths[1])} " if tokens else f"{name.ljust(widths[0])} {of}"
            if tokens and not self._kept_together(item, tokens[0]):
                head = f"{name.ljust(widths[0])} {of}\n"
        elif isinstance(item.node, nodes.Setting) and widths:
            head, tokens = f"{tokens[0].ljust(widths[0])} ", tokens[1:]
        lines = self._wrapped(tokens, head, indent)
        for comment in item.after:
            lines[-1] += f" {_comment(comment)}"
        return lines

    def _kept_together(self, item: Item, following: Token) -> bool:
        before = item.tokens[item.tokens.index(following) - 1]
        return "\n" not in self._text[_end(before) : _start(following)]

    def _wrapped(self, tokens: list[Token], head: str, indent: str) -> list[str]:
        """The tokens on lines: breaks stay where they were within brackets, before attributes and around comments."""
        lines, depth = [indent + head], 0
        if head.endswith("\n"):
            lines = [indent + head[:-1], indent + INDENT]
        for index, word in enumerate(tokens):
            before = tokens[index - 1] if index else None
            if word in CLOSING:
                depth -= 1
            if before is not None and self._breaks(before, word, depth + (word in CLOSING)):
                level = depth or (0 if word in CLOSING else 1)
                lines.append(indent + INDENT * level)
            elif before is not None and spaced(tokens, index):
                lines[-1] += " "
            lines[-1] += _comment(word) if word.type == COMMENT else str(word)
            if word in OPENING:
                depth += 1
        return [line.rstrip() for line in lines]

    def _breaks(self, before: Token, word: Token, depth: int) -> bool:
        if before.type == COMMENT and before.startswith("//"):
            return True
        broken = "\n" in self._text[_end(before) : _start(word)]
        comment = COMMENT in (before.type, word.type)
        return broken and (depth > 0 or comment or word.type in ATTRIBUTES)

    def _joined(self, tokens: list[Token]) -> str:
        return "".join(
            (" " if index and spaced(tokens, index) else "") + str(each) for index, each in enumerate(tokens)
        )


def spaced(tokens: list[Token], index: int) -> bool:
    """Whether a space stands before a word, on one line with the one before it."""
    before, word = tokens[index - 1], tokens[index]
    if COMMENT in (before.type, word.type):
        return True
    if before in TIGHT_AFTER or word in TIGHT_BEFORE:
        return False
    if before == "?":
        return word != "["
    if word == "!":
        return not _operand(before)
    if word in ("(", "["):
        return not _operand(before) or before.type == "IN"
    if "{" in (before, word) or word == "}":
        return _spaced_brace(tokens, index)
    return True


def _spaced_brace(tokens: list[Token], index: int) -> bool:
    """Braces of a block or a function's body stand apart; those of an object embrace."""
    before, word = tokens[index - 1], tokens[index]
    if before == "{" and word == "}":
        return False
    depth = sum((each in OPENING) - (each in CLOSING) for each in tokens[:index])
    return word == "{" or (depth == 1 and tokens[0].type in ("FUNCTION", "MODEL", "VIEW", "TYPE", "ENUM"))


def _operand(word: Token) -> bool:
    """Whether something can be asked of a word: a name, an attribute, a closed bracket."""
    return word.type in ATTRIBUTES or word in (")", "]") or word[:1].isalpha() or word[:1] == "_"


def _body(declaration: nodes.Declaration) -> Iterable[nodes.Node]:
    match declaration:
        case nodes.Model() | nodes.TypeDefinition():
            return (*declaration.fields, *declaration.attributes)
        case nodes.Enum():
            return (*declaration.members, *declaration.attributes)
        case nodes.Configuration():
            return declaration.settings
        case _:
            return ()


def _comment(word: Token) -> str:
    """A comment without what trails on its lines."""
    return "\n".join(line.rstrip() for line in word.splitlines())


def _first(piece: Item | Token) -> int:
    return _start(piece) if isinstance(piece, Token) else piece.start


def _last(piece: Item | Token) -> Token:
    """The last word of a piece, with its body and what stands after it."""
    if isinstance(piece, Token):
        return piece
    end = piece.body[-1] if piece.body else None
    own = piece.after[-1] if piece.after else piece.tokens[-1]
    return _last(end) if end is not None else own


def _start(word: Token) -> int:
    return cast(int, word.start_pos)


def _end(word: Token) -> int:
    return cast(int, word.end_pos)
