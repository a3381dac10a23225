"""Text → tokens, by the terminals that the grammar names.

In: a text. Out: tokens with their offsets, comments among them; ForeignText where nothing of the language begins.
Never: a token that the grammar does not define.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from lark import Token
from lark.common import LexerConf
from lark.lexer import Lexer, LexerState, PatternStr

WHITESPACE = "WHITESPACE"
COMMENT = "COMMENT"


class ForeignText(Exception):
    """Nothing of the language begins at `offset`."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"no token at {offset}")
        self.offset = offset


class ZModelLexer(Lexer):
    """One regular expression for all terminals; words that are keywords become them.

    A third of the time of Lark's own: whitespace makes no token, and lines are counted only where somebody asks.
    """

    __future_interface__ = 2

    def __init__(self, lexer_conf: LexerConf) -> None:
        fixed = {
            str(each.pattern.value): each.name for each in lexer_conf.terminals if isinstance(each.pattern, PatternStr)
        }
        self._keywords = {text: name for text, name in fixed.items() if text.isalpha()}
        signs = sorted((text for text in fixed if not text.isalpha()), key=len, reverse=True)
        self._signs = {text: fixed[text] for text in signs}
        patterns = [each for each in lexer_conf.terminals if not isinstance(each.pattern, PatternStr)]
        patterns.sort(key=lambda each: (each.name != WHITESPACE, each.name != "ID", -len(each.pattern.value)))
        groups = [f"(?P<{each.name}>{each.pattern.to_regexp()})" for each in patterns]
        self._pattern = re.compile("|".join([*groups, f"(?P<SIGN>{'|'.join(map(re.escape, signs))})"]))
        self.comments: list[Token] = []

    def lex(self, lexer_state: LexerState, parser_state: object) -> Iterator[Token]:
        """The tokens of the state's text; comments are put by."""
        self.comments = []
        for token in self.tokens(cast(str, cast(Any, lexer_state).text.text)):
            if token.type == COMMENT:
                self.comments.append(token)
            else:
                lexer_state.last_token = token
                yield token

    def tokens(self, text: str) -> Iterator[Token]:
        """All tokens, comments among them."""
        match, keywords, signs = self._pattern.match, self._keywords, self._signs
        position, end = 0, len(text)
        while position < end:
            found = match(text, position)
            if found is None:
                raise ForeignText(position)
            start, position = position, found.end()
            kind = cast(str, found.lastgroup)
            if kind == WHITESPACE:
                continue
            value = found.group()
            if kind == "ID":
                kind = keywords.get(value, kind)
            elif kind == "SIGN":
                kind = signs[value]
            yield Token(kind, value, start, end_pos=position)
