"""What a mail template can compute: Go's own functions, on values as JSON has them.

In: values. Out: a value. Never: an exception for a value of an unexpected kind; what makes no sense is nothing.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec


def shown(value: object) -> str:
    """A value as text: nothing for nothing, `true`, numbers without a needless fraction, JSON for what has members."""
    match value:
        case None:
            return ""
        case str():
            return value
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case _:
            return msgspec.json.encode(value).decode()


def index(value: Any, *keys: Any) -> object:
    """`index .Data "a" 0`: the member of the member; None where there is none."""
    for key in keys:
        if isinstance(value, dict | list):
            try:
                value = value[key]  # pyright: ignore[reportUnknownVariableType]
            except (KeyError, IndexError, TypeError):
                return None
        else:
            return None
    return value  # pyright: ignore[reportUnknownVariableType]


def equal(first: object, *others: object) -> bool:
    """`eq a b c`: a equals b or c. true is not 1."""
    return any(first == other and isinstance(first, bool) == isinstance(other, bool) for other in others)


def ordered(test: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    """A comparison of two texts or of two numbers; of anything else it is false."""

    def compare(first: object, second: object) -> bool:
        texts = isinstance(first, str) and isinstance(second, str)
        numbers = isinstance(first, int | float) and isinstance(second, int | float)
        return (texts or numbers) and test(first, second)

    return compare


def first_false(*values: object) -> object:
    """`and`: the first value that is false, else the last."""
    return next((value for value in values if not value), values[-1])


def first_true(*values: object) -> object:
    """`or`: the first value that is true, else the last."""
    return next((value for value in values if value), values[-1])


def different(first: object, second: object) -> bool:
    """`ne`."""
    return not equal(first, second)


def length(value: Any) -> int:
    """`len` of a text, a list or an object; of anything else 0."""
    return len(value) if isinstance(value, str | list | dict) else 0  # pyright: ignore[reportUnknownArgumentType]


def escaped(*values: object) -> str:
    """`urlquery`: for a query string that the template writes itself."""
    return quote(text_of(*values), safe="")


def text_of(*values: object) -> str:
    """`print`: the values as one text."""
    return "".join(map(shown, values))


FUNCTIONS: Mapping[str, tuple[int, int, Callable[..., object]]] = {
    "eq": (2, 9, equal),
    "ne": (2, 2, different),
    "lt": (2, 2, ordered(operator.lt)),
    "le": (2, 2, ordered(operator.le)),
    "gt": (2, 2, ordered(operator.gt)),
    "ge": (2, 2, ordered(operator.ge)),
    "and": (1, 9, first_false),
    "or": (1, 9, first_true),
    "not": (1, 1, operator.not_),
    "index": (2, 9, index),
    "len": (1, 1, length),
    "print": (1, 9, text_of),
    "urlquery": (1, 9, escaped),
}
"""Each with the fewest and the most arguments it takes."""
