"""Text search and likeness → the query tree's.

In: a checked search, the text it is about. Out: a condition, or how well the text fits.
Never: a search in the SQL text; PostgreSQL reads it as a parameter.
"""

from collections.abc import Mapping

from gatepost.orm.arguments.shapes import Fuzzy, WordSearch
from gatepost.query.sql import Slot
from gatepost.query.tree import Apply, Compare, Condition, Expression, Fragment, Literal

SIMILARITY: Mapping[str, str] = {
    "simple": "similarity",
    "word": "word_similarity",
    "strictWord": "strict_word_similarity",
}
OPERATORS: Mapping[str, str] = {"simple": "similar", "word": "word_similar", "strictWord": "strict_word_similar"}
SPACE, NO_TEXT = Fragment("' '"), Fragment("''")


def fits(text: Expression, search: WordSearch | Fuzzy) -> Condition:
    """The text has the words, or is like them."""
    if isinstance(search, WordSearch):
        return Compare(document(text, search), "text_search", asked(search))
    mine, theirs = plain(text, search), wanted(search)
    if search.threshold is not None:
        return Compare(similarity(mine, theirs, search), "greater", Literal(Slot(search.threshold), "float8"))
    left, right = (mine, theirs) if search.mode == "simple" else (theirs, mine)
    return Compare(left, OPERATORS[search.mode], right)


def relevance(texts: tuple[Expression, ...], search: WordSearch | Fuzzy) -> Expression:
    """How well texts fit: the best of them by likeness, all as one document by words."""
    if isinstance(search, Fuzzy):
        found = tuple(similarity(plain(text, search), wanted(search), search) for text in texts)
        return found[0] if len(found) == 1 else Apply("greatest", found)
    whole = Apply("coalesce", (texts[0], NO_TEXT)) if len(texts) == 1 else Apply("concat_ws", (SPACE, *texts))
    return Apply("ts_rank", (document(whole, search), asked(search)))


def document(text: Expression, search: WordSearch) -> Expression:
    return Apply("to_tsvector", (*config(search), text))


def asked(search: WordSearch) -> Expression:
    return Apply("to_tsquery", (*config(search), Literal(Slot(search.search), "text")))


def config(search: WordSearch) -> tuple[Expression, ...]:
    return () if search.config is None else (Literal(Slot(search.config), "regconfig"),)


def similarity(mine: Expression, theirs: Expression, search: Fuzzy) -> Expression:
    """From 0 to 1: of the whole texts, or of the search in the text."""
    return Apply(SIMILARITY[search.mode], (mine, theirs) if search.mode == "simple" else (theirs, mine))


def wanted(search: Fuzzy) -> Expression:
    return plain(Literal(Slot(search.search), "text"), search)


def plain(text: Expression, search: Fuzzy) -> Expression:
    """Small letters, without accents where these shall not matter."""
    small = Apply("lower", (text,))
    return Apply("unaccent", (small,)) if search.unaccent else small
