"""The shapes words take in a GraphQL schema: camelCase, CONSTANT_CASE, and what is allowed in a name at all.

In: names as PostgreSQL has them, any characters. Out: names in another shape, letter by letter as lodash's `camelCase`
and npm's `transliteration` shape them, since clients know the results. Never: a plural, and never what a name is for.
"""

import re
import unicodedata
from collections.abc import Callable

from .letters import transliterate

# What lodash takes for a word. The classes are its own: letters beyond Latin-1 have no case for it ("other").
LOWER = "a-z\xdf-\xf6\xf8-\xff"
UPPER = "A-Z\xc0-\xd6\xd8-\xde"
PUNCTUATION = "\u2000-\u206f\u1680\u180e\u3000\ufeff"
BREAK = rf"\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\xbf\xd7\xf7{PUNCTUATION}"
PICTURE = "\u2700-\u27bf\U00010000-\U0010ffff"
OTHER = rf"[^{PICTURE}{BREAK}\d{LOWER}{UPPER}]"
WORD = re.compile(
    "|".join(
        (
            rf"[{UPPER}]?[{LOWER}]+(?=[{BREAK}]|[{UPPER}]|\Z)",
            rf"(?:[{UPPER}]|{OTHER})+(?=[{BREAK}]|[{UPPER}](?:[{LOWER}]|{OTHER})|\Z)",
            rf"[{UPPER}]?(?:[{LOWER}]|{OTHER})+",
            rf"[{UPPER}]+",
            r"\d*(?:1ST|2ND|3RD|(?![123])\dTH)(?=\b|[a-z_])",
            r"\d*(?:1st|2nd|3rd|(?![123])\dth)(?=\b|[A-Z_])",
            r"\d+",
            rf"[{PICTURE}]",
        )
    ),
    re.ASCII,
)
PLAIN_WORD = re.compile(r"[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+")
NOT_PLAIN = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]|[0-9][a-zA-Z]|[a-zA-Z][0-9]|[^a-zA-Z0-9 ]")

ACCENTED = re.compile("[\xc0-\xd6\xd8-\xf6\xf8-\u017f]")
MARK = re.compile("[\u0300-\u036f\ufe20-\ufe2f\u20d0-\u20ff]")
APOSTROPHE = re.compile("['\u2019]")
UNACCENTED = dict(
    zip(
        "ÐðØøĐđĦħıĸĿŀŁłŊŋŦŧſÆæÞþßĲĳŒœŉ",
        [*"DdOoDdHhikLlLlNnTts", "Ae", "ae", "Th", "th", "ss", "IJ", "ij", "Oe", "oe", "'n"],
        strict=True,
    )
)

LAST_WORD = re.compile(r"(?:[A-Z]|_[a-z0-9])[a-z0-9]*_*\Z")
RESERVED_ENDING = re.compile(r".(?:(?:[_-]i|I)nput|(?:[_-]p|P)atch)\Z")


def camel_case(text: str) -> str:
    return _inside_underscores(_camel, text)


def upper_camel_case(text: str) -> str:
    return _inside_underscores(_capitalized, camel_case(text))


def constant_case(text: str) -> str:
    return _inside_underscores(_constant, text)


def coerce_to_graphql_name(text: str) -> str:
    """In ASCII, beginning neither with a digit nor with two underscores; what else is forbidden stays."""
    spaced = f"_{text}" if re.match("[0-9]", text) else text
    return transliterate(re.sub("^__+", "_", spaced))


def never_input_or_patch(text: str) -> str:
    """Names that end in these words are those of inputs."""
    return f"{text}_record" if RESERVED_ENDING.search(text) else text


def in_last_word(change: Callable[[str], str], text: str) -> str:
    """`change` of the last word alone; underscores at the end stay there."""
    found = LAST_WORD.search(text)
    start = found.start() + (text[found.start()] == "_") if found else 0
    end = len(text.rstrip("_"))
    return f"{text[:start]}{change(text[start:end])}{text[end:]}"


def small_plural_after_digit(text: str) -> str:
    """`table1S` → `table1s`: a digit ends a word, so the plural's letter was taken for the beginning of one."""
    return re.sub(r"[0-9]S(?=[A-Z]|\Z)", lambda found: found[0].lower(), text)


def split(text: str) -> list[str]:
    """The words of `text`."""
    plain = MARK.sub("", ACCENTED.sub(lambda found: _unaccented(found[0]), text))
    bare = APOSTROPHE.sub("", plain)
    pattern = WORD if NOT_PLAIN.search(bare) else PLAIN_WORD
    return [found[0] for found in pattern.finditer(bare)]


def _unaccented(letter: str) -> str:
    return UNACCENTED.get(letter) or unicodedata.normalize("NFD", letter)[0]


def _camel(text: str) -> str:
    first, *others = split(text) or [""]
    return first.lower() + "".join(_capitalized(word.lower()) for word in others)


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _constant(text: str) -> str:
    joined = re.sub("[^a-zA-Z0-9_]+", "_", text)
    parted = re.sub("__+", "_", re.sub("[A-Z]+", lambda found: f"_{found[0]}", joined))
    bare = re.sub("^[^a-zA-Z0-9]+", "", parted)
    return (f"_{bare}" if re.match("[0-9]", bare) else bare).upper()


def _inside_underscores(change: Callable[[str], str], text: str) -> str:
    """`change` of what stands between underscores at the beginning and at the end."""
    start = len(text) - len(text.lstrip("_"))
    end = max(len(text.rstrip("_")), start)
    return f"{text[:start]}{change(text[start:end])}{text[end:]}"
