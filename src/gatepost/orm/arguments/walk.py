"""The walk through one call's arguments: collects the values, counts levels, knows both spellings.

In: a lexicon. Out: numbers for values, in the order in which they are met.
Never: a value in a shape.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gatepost.orm.arguments.lexicon import Lexicon, mapping, unknown
from gatepost.orm.errors import InvalidInput, Path
from gatepost.query.sql import Parameter

SPELLINGS: Mapping[str, str] = {
    "order_by": "orderBy",
    "not_in": "notIn",
    "starts_with": "startsWith",
    "ends_with": "endsWith",
    "has_every": "hasEvery",
    "has_some": "hasSome",
    "is_empty": "isEmpty",
    "is_not": "isNot",
    "stringContains": "string_contains",
    "stringStartsWith": "string_starts_with",
    "stringEndsWith": "string_ends_with",
    "arrayContains": "array_contains",
    "arrayStartsWith": "array_starts_with",
    "arrayEndsWith": "array_ends_with",
}
"""Other spellings of operators and options; the right side is ZenStack's."""


class Walk:
    """One call's walk. `values` are parameters in PostgreSQL's text form, by their numbers."""

    __slots__ = ("compat", "depth", "items", "lexicon", "values")

    def __init__(self, lexicon: Lexicon, compat: bool = False, values: Iterable[Parameter] = ()) -> None:
        self.lexicon, self.compat = lexicon, compat
        self.values: list[Parameter] = list(values)
        self.depth = 0
        self.items = lexicon.options.limits.items

    def take(self, parameter: bytes) -> int:
        """The number of a value."""
        self.values.append(parameter)
        if len(self.values) > self.items:
            raise InvalidInput(f"at most {self.items} values are allowed in one call")
        return len(self.values) - 1

    def deeper(self, path: Path) -> None:
        """One level down; `self.depth -= 1` ends it."""
        self.depth += 1
        if self.depth > self.lexicon.options.limits.depth:
            raise InvalidInput(f"nested deeper than {self.lexicon.options.limits.depth} levels", path)


def options(given: object, known: frozenset[str], path: Path) -> Mapping[str, Any]:
    """An object whose keys are options, in ZenStack's spelling; others are refused with what is near."""
    found = mapping(given, path)
    if known.issuperset(found):
        return found
    spelled: dict[str, Any] = {}
    for key, value in found.items():
        name = SPELLINGS.get(key, key)
        if name not in known:
            raise unknown(key, known, (*path, key), "option")
        if name in spelled:
            raise InvalidInput(f'"{name}" is given twice', (*path, key))
        spelled[name] = value
    return spelled
