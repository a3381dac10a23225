"""Where one SQL statement ends and the next begins.

In: the text of a file. Out: its statements with their places, and what a migration cannot contain.
Never: an opinion about what a statement means beyond its first words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* )
    | (?P<block> /\* )
    | (?P<escaped> \b[eE]'(?:[^'\\]|\\.|'')*' )
    | (?P<string> '(?:[^']|'')*' )
    | (?P<quoted> "(?:[^"]|"")*" )
    | (?P<dollar> (?<![\w$]) \$(?:[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*)?\$ )
    | (?P<end> ; )
    | (?P<word> [A-Za-z_][\w$]* )
    | (?P<meta> (?<=\n)\\\S+ | \A\\\S+ )
    | (?P<other> [^\s] )
    """,
    re.VERBOSE | re.DOTALL,
)
ROLES = re.compile(
    r"(create|alter|drop) (role|user|group)\b|alter (default privileges|database)\b|comment on role\b"
    r"|(grant|revoke|reassign|set|reset|select|do|begin|commit)\b"
)
BLOCK = re.compile(r"/\*|\*/")
TRANSACTION = {"begin", "commit", "end", "rollback", "abort"}
ALONE = re.compile(
    r"(create( unique)? index|drop index|reindex( verbose)? (table|index|schema|database)) concurrently\b"
    r"|vacuum\b|reindex( verbose)? (database|system)\b|(create|drop) (database|tablespace)\b|alter system\b"
)


@dataclass(frozen=True, slots=True)
class SqlStatement:
    """`text` without the final semicolon; `start` counts characters from the beginning of the file; `words` are its
    first words in lower case."""

    text: str
    start: int
    words: tuple[str, ...] = ()

    @property
    def controls_transaction(self) -> bool:
        """BEGIN, COMMIT and their kin."""
        first = self.words[0] if self.words else ""
        return first in TRANSACTION or self.words[:2] == ("start", "transaction")

    @property
    def refuses_transaction(self) -> bool:
        """CREATE INDEX CONCURRENTLY and others that PostgreSQL runs by themselves only."""
        return ALONE.match(" ".join(self.words)) is not None


@dataclass(frozen=True, slots=True)
class MetaCommand:
    """A psql command (`\\i`, `\\set`, …), which only psql understands."""

    text: str
    start: int


def concerns_roles(statement: SqlStatement) -> bool:
    """Whether it makes roles, or gives them rights and settings."""
    return ROLES.match(" ".join(statement.words)) is not None


def split(text: str) -> tuple[list[SqlStatement], MetaCommand | None]:
    """The statements of a file in order, and its first psql command if it has one."""
    found: list[SqlStatement] = []
    meta: MetaCommand | None = None
    start, words, depth = -1, [], 0
    words: list[str]
    for kind, token, at in _tokens(text):
        if kind == "meta":
            meta = meta or MetaCommand(token, at)
        elif kind == "end" and depth == 0:
            if start >= 0:
                found.append(SqlStatement(text[start:at].rstrip(), start, tuple(words[:4])))
            start, words = -1, []
        else:
            start = at if start < 0 else start
            if kind == "word":
                words.append(token.lower())
                depth = _depth(depth, words)
    if start >= 0:
        found.append(SqlStatement(text[start:].rstrip(), start, tuple(words[:4])))
    return found, meta


def _depth(depth: int, words: list[str]) -> int:
    """How deep in BEGIN ATOMIC … END we are: semicolons in there do not end the statement."""
    if words[-2:] == ["begin", "atomic"]:
        return 1
    if depth and words[-1] == "case" and words[-2] != "end":
        return depth + 1
    if depth and words[-1] == "end":
        return depth - 1
    return depth


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Everything but white space and comments: kind, text, place."""
    at = 0
    while match := TOKEN.search(text, at):
        kind = match.lastgroup or "other"
        at = match.end()
        if kind == "block":
            at = _after_block(text, at)
        elif kind == "dollar":
            closing = text.find(match[0], at)
            at = len(text) if closing < 0 else closing + len(match[0])
            yield kind, text[match.start() : at], match.start()
        elif kind != "comment":
            yield kind, match[0], match.start()


def _after_block(text: str, at: int) -> int:
    """The end of a block comment; they nest."""
    depth = 1
    while depth and (match := BLOCK.search(text, at)):
        depth += 1 if match[0] == "/*" else -1
        at = match.end()
    return len(text) if depth else at


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Both from 1, for people."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
