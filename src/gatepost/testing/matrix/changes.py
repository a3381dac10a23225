"""What has changed between two access matrices, in words: who may do more, who less.

In: what the file says, what is. Out: sentences, gains first. Never: a change without a sentence.
"""

import re
from collections.abc import Mapping

from .probes import NONE, YES
from .text import Key

COUNT = re.compile(r"(\d+)/(\d+)(?: \((.*)\))?")
WORDS = {"select": "read", "insert": "write", "update": "change", "delete": "delete", "execute": "call"}


def changes(before: Mapping[Key, str], now: Mapping[Key, str]) -> list[str]:
    """A sentence for each cell that is not what it was."""
    keys = [*now, *(key for key in before if key not in now)]
    different = [key for key in keys if before.get(key) != now.get(key)]
    found = [_change(key, before, now) for key in different]
    return [sentence for _, sentence in sorted(found, key=lambda change: -change[0])]


def _change(key: Key, before: Mapping[Key, str], now: Mapping[Key, str]) -> tuple[int, str]:
    """1 for a gain, -1 for a loss, 0 for what is neither; and the sentence."""
    object, person, operation = key
    old, new = before.get(key), now.get(key)
    had, has = _amount(old), _amount(new)
    what = (
        f"{person} {{}} {WORDS[operation]} {_things(object, operation)}: {old or 'not in the file'} → {new or 'gone'}"
    )
    if old is None or new is None:
        return (1 if has else 0), what.format("may now" if has else "may not")
    if not had and has:
        return 1, what.format("may newly")
    if had and not has:
        return -1, what.format("may no longer")
    if had == has:
        return 0, what.format("may still" if has else "may not")
    return (1, what.format("may now more:")) if has > had else (-1, what.format("may now less:"))


def _things(object: str, operation: str) -> str:
    return object if operation == "execute" else f"rows of {object}"


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
