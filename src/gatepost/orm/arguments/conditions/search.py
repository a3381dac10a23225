"""Searches in text: `fts` (words, by PostgreSQL's text search) and `fuzzy` (likeness, by trigrams).

In: what a call says about fields that were made for it (`@fullText`, `@fuzzy`). Out: terms for conditions and order.
Never: a search in a field that was not made for it.
"""

from collections.abc import Mapping
from typing import Any, Literal

from gatepost.orm.arguments.lexicon import Scalar, Visible, boolean, list_of
from gatepost.orm.arguments.shapes import Fuzzy, Searched, Sorted, WordSearch
from gatepost.orm.arguments.walk import Walk, options
from gatepost.orm.errors import InvalidInput, Path
from gatepost.orm.values import check_float, check_string

Relevance = Literal["_fuzzyRelevance", "_ftsRelevance"]
RELEVANCE: Mapping[str, Relevance] = {
    "_fuzzyRelevance": "_fuzzyRelevance",
    "_ftsRelevance": "_ftsRelevance",
    "_fuzzy_relevance": "_fuzzyRelevance",
    "_fts_relevance": "_ftsRelevance",
}
FTS = frozenset(("search", "config"))
FUZZY = frozenset(("search", "mode", "threshold", "unaccent"))
FTS_ORDER = FTS | {"fields", "sort"}
FUZZY_ORDER = frozenset(("search", "mode", "unaccent", "fields", "sort"))
Mode = Literal["simple", "word", "strictWord"]
MODES: Mapping[str, Mode] = {
    "simple": "simple",
    "word": "word",
    "strictWord": "strictWord",
    "strict_word": "strictWord",
}


def search(walk: Walk, field: Scalar, name: str, given: object, path: Path) -> Searched:
    """The filter `fts` or `fuzzy`."""
    if name == "fts":
        return Searched(field.name, words(walk, options(given, FTS, path), path))
    return Searched(field.name, likeness(walk, options(given, FUZZY, path), path))


def words(walk: Walk, given: Mapping[str, Any], path: Path) -> WordSearch:
    """What to search for, in PostgreSQL's language for it; `config` names a language."""
    config = given.get("config")
    configured = None if config is None else walk.take(text(config, (*path, "config")).encode())
    return WordSearch(walk.take(needed(given, path).encode()), configured)


def likeness(walk: Walk, given: Mapping[str, Any], path: Path) -> Fuzzy:
    """What to be like, and how much: more than `threshold`, or than the database's own setting."""
    mode = given.get("mode", "simple")
    if not isinstance(mode, str) or mode not in MODES:
        raise InvalidInput('expected "simple", "word" or "strictWord"', (*path, "mode"))
    unaccent = boolean(given.get("unaccent", False), (*path, "unaccent"))
    threshold = given.get("threshold")
    least = None if threshold is None else walk.take(share(threshold, (*path, "threshold")))
    return Fuzzy(walk.take(needed(given, path).encode()), MODES[mode], least, unaccent)


def share(given: object, path: Path) -> bytes:
    number = check_float(given, path)
    if not 0 <= number <= 1:
        raise InvalidInput("expected a number from 0 to 1", path)
    return repr(number).encode()


def needed(given: Mapping[str, Any], path: Path) -> str:
    if "search" not in given:
        raise InvalidInput("is required", (*path, "search"))
    return text(given["search"], (*path, "search"))


def text(given: object, path: Path) -> str:
    """A text that is not empty."""
    found = check_string(given, path)
    if not found:
        raise InvalidInput("expected a text of at least one character", path)
    return found


# ------------------------------------------------------------------ order


def by_relevance(walk: Walk, visible: Visible, name: Relevance, given: object, path: Path) -> Sorted:
    """By how well fields fit a search, the best of them, or all together."""
    fuzzy = name == "_fuzzyRelevance"
    found = options(given, FUZZY_ORDER if fuzzy else FTS_ORDER, path)
    asked = likeness(walk, found, path) if fuzzy else words(walk, found, path)
    fields = searchable(visible, fuzzy, found.get("fields"), (*path, "fields"))
    direction = found.get("sort")
    if direction not in ("asc", "desc"):
        raise InvalidInput('expected "asc" or "desc"', (*path, "sort"))
    return Sorted(None, direction == "desc", search=asked, fields=fields)


def searchable(visible: Visible, fuzzy: bool, given: object, path: Path) -> tuple[str, ...]:
    """Fields that were made for the search."""
    known = [
        f.name
        for f in visible.model.fields.values()
        if f.name in visible.fields and (f.fuzzy if fuzzy else f.full_text)
    ]
    items = list_of(given, path, len(visible.fields))
    if not items:
        raise InvalidInput("expected at least one field", path)
    for number, item in enumerate(items):
        if item not in known:
            raise InvalidInput("expected one of " + "|".join(f'"{name}"' for name in known), (*path, number))
    return tuple(items)
