"""Plurals and singulars of English words, by the rules of npm's `pluralize` 7: clients know its results, odd ones too.

In: a name, taken for one word. Out: its plural or singular, in its case. Never: a dictionary of our own.
"""

import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TypedDict


class Rules(TypedDict):
    """`plural` and `singular` are (ending, what stands for it), the later before the earlier."""

    irregular: dict[str, str]
    uncountable: list[str]
    plural: list[tuple[str, str]]
    singular: list[tuple[str, str]]


Endings = Sequence[tuple[re.Pattern[str], str]]


def _endings(rules: Sequence[tuple[str, str]]) -> Endings:
    return [(re.compile(rf"{ending}\Z", re.IGNORECASE | re.ASCII), to) for ending, to in reversed(rules)]


RULES: Rules = json.loads(files("gatepost.graphql.naming").joinpath("plurals.json").read_text())
PLURALS = RULES["irregular"]
SINGULARS = {plural: singular for singular, plural in PLURALS.items()}
UNCOUNTABLE = frozenset(RULES["uncountable"])
TO_PLURAL = _endings(RULES["plural"])
TO_SINGULAR = _endings(RULES["singular"])


def pluralize(word: str) -> str:
    return _changed(word, PLURALS, SINGULARS, TO_PLURAL)


def singularize(word: str) -> str:
    return _changed(word, SINGULARS, PLURALS, TO_SINGULAR)


def _changed(word: str, irregular: Mapping[str, str], done: Mapping[str, str], endings: Endings) -> str:
    """`done` are the irregular words that are already as they should be."""
    small = word.lower()
    if small in done:
        return _in_case_of(word, small)
    if small in irregular:
        return _in_case_of(word, irregular[small])
    if not word or small in UNCOUNTABLE:
        return word
    return next((_replaced(word, found, to) for ending, to in endings if (found := ending.search(word))), word)


def _replaced(word: str, found: re.Match[str], to: str) -> str:
    ending = to.format(found[0], *(group or "" for group in found.groups()))
    return word[: found.start()] + _in_case_of(found[0] or word[-1], ending)


def _in_case_of(model: str, word: str) -> str:
    if model == word:
        return word
    if model == model.upper():
        return word.upper()
    return word.capitalize() if model[0] == model[0].upper() else word.lower()
