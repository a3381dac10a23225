"""Enum values that are no words, in words.

In: a value as PostgreSQL has it. Out: the same in letters where it is a sign we know. Never: another word for a word.
"""

import re

SIGNS = {
    ">": "GREATER_THAN",
    ">=": "GREATER_THAN_OR_EQUAL",
    "=": "EQUAL",
    "!=": "NOT_EQUAL",
    "<>": "DIFFERENT",
    "<=": "LESS_THAN_OR_EQUAL",
    "<": "LESS_THAN",
    "~~": "LIKE",
    "!~~": "NOT_LIKE",
    "~": "TILDE",
    "!~": "NOT_TILDE",
    "%": "PERCENT",
    "+": "PLUS",
    "-": "MINUS",
    "/": "SLASH",
    "\\": "BACKSLASH",
    "_": "UNDERSCORE",
    "#": "POUND",
    "£": "STERLING",
    "$": "DOLLAR",
    "&": "AMPERSAND",
    "@": "AT",
    "'": "APOSTROPHE",
    '"': "QUOTE",
    "`": "BACKTICK",
    ":": "COLON",
    ";": "SEMICOLON",
    "!": "EXCLAMATION_POINT",
    "?": "QUESTION_MARK",
    ",": "COMMA",
    ".": "DOT",
    "^": "CARET",
    "|": "BAR",
    "[": "OPEN_BRACKET",
    "]": "CLOSE_BRACKET",
    "(": "OPEN_PARENTHESIS",
    ")": "CLOSE_PARENTHESIS",
    "{": "OPEN_BRACE",
    "}": "CLOSE_BRACE",
}


def spelled_out(value: str) -> str:
    if not value:
        return "_EMPTY_"
    starred = _with_asterisks(value)
    return SIGNS.get(starred, starred)


def _with_asterisks(value: str) -> str:
    """Asterisks are a word wherever they stand, parted by one underscore at most."""
    parted = value.replace("*", "_ASTERISK_")
    begun = re.sub("^(_?)_+ASTERISK", r"\1ASTERISK", parted)
    return re.sub(r"ASTERISK_(_?)_*\Z", r"ASTERISK\1", begun)
