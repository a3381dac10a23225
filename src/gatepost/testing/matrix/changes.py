"""What has changed between two access matrices, in words: who may do more, who less.

In: what the file says, what is. Out: sentences, gains first, then losses. Never: a change without a sentence.
"""

import re
from collections.abc import Mapping

from .probes import NONE, YES
from .text import Key

COUNT = re.compile(r"(\d+)/(\d+)(?: \((.*)\))?")
GAIN, LOSS, NEITHER = 1, -1, 0
ORDER = {GAIN: 0, LOSS: 1, NEITHER: 2}
WORDS = {"select": "read", "insert": "write", "update": "change", "delete": "delete", "execute": "call"}


def changes(before: Mapping[Key, str], now: Mapping[Key, str]) -> list[str]:
    """A sentence for each cell that is not what it was."""
    keys = [*now, *(key for key in before if key not in now)]
    different = [key for key in keys if before.get(key) != now.get(key)]
    found = [_change(key, before, now) for key in different]
    return [sentence for _, sentence in sorted(found, key=lambda change: ORDER[change[0]])]


def _change(key: Key, before: Mapping[Key, str], now: Mapping[Key, str]) -> tuple[int, str]:
    """A gain, a loss or neither; and the sentence."""
    object, person, operation = key
    old, new = before.get(key), now.get(key)
    kind, words = _kind(_amount(old), _amount(new), known=old is not None and new is not None)
    what = object if operation == "execute" else f"rows of {object}"
    return kind, f"{person} {words} {WORDS[operation]} {what}: {old or 'not in the file'} → {new or 'gone'}"


def _kind(had: float, has: float, *, known: bool) -> tuple[int, str]:
    if not known:
        return (GAIN, "may now") if has else (NEITHER, "may not")
    if had == has:
        return NEITHER, "may still" if has else "may not"
    if not had or not has:
        return (GAIN, "may newly") if has else (LOSS, "may no longer")
    return (GAIN, "may now more:") if has > had else (LOSS, "may now less:")


def _amount(value: str | None) -> float:
    """How much a cell allows, for comparing: rows, then columns."""
    if value is None or value == NONE:
        return 0
    if value == YES:
        return 1
    match = COUNT.fullmatch(value)
    if match is None:
        return 0
    columns = len(match[3].split(", ")) if match[3] else 999
    return int(match[1]) + columns / 1000 if int(match[1]) else 0
