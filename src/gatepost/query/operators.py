"""Operators by name, for every dialect.

In: a name of ours. Out: PostgreSQL's operator. Never: an operator that comes from a request.
"""

SYMBOLS = {
    "equal": "=",
    "not_equal": "<>",
    "greater": ">",
    "greater_or_equal": ">=",
    "less": "<",
    "less_or_equal": "<=",
    "like": "LIKE",
    "like_ignoring_case": "ILIKE",
    "match": "~",
    "match_ignoring_case": "~*",
    "contains": "@>",
    "contained": "<@",
    "overlaps": "&&",
    "left_of": "<<",
    "right_of": ">>",
    "not_right_of": "&<",
    "not_left_of": "&>",
    "adjacent": "-|-",
    "distinct": "IS DISTINCT FROM",
    "text_search": "@@",
    "similar": "%",
    "word_similar": "<%",
    "strict_word_similar": "<<%",
}

# How PostgreSQL names what LIKE and IS DISTINCT FROM resolve to.
OPERATOR_NAMES = SYMBOLS | {"like": "~~", "like_ignoring_case": "~~*", "distinct": "="}
