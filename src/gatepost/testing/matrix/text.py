"""An access matrix as text: a line for each table and person, so that a line of a diff says whom it is about.

In: Cells. Out: text that is the same for the same rights, and what such a text says. Never: an id, a time, or a width
that another table decides.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby

from .probes import OPERATIONS, Cell

HEAD = """\
# Who may do what. `2/3` is two of the three rows that are there: each was read, written again, changed to what it is,
# and deleted, as that person, and nothing of it was kept. `-` is no right at all. Columns are named where some are left
# out. Written by pytest --gatepost-update.
"""
GAP = "  "
CELL = re.compile(rf"({'|'.join((*OPERATIONS, 'execute'))}) (.+)")

Key = tuple[str, str, str]
"""Object, person, operation."""


def rendered(cells: Iterable[Cell]) -> str:
    """The file."""
    found = list(cells)
    width = max((len(cell.person) for cell in found), default=0)
    blocks = [_block(list(group), width) for _, group in groupby(found, lambda cell: cell.object)]
    return "\n".join([HEAD, *blocks])


def _block(cells: list[Cell], width: int) -> str:
    lines = [_line(list(group), width) for _, group in groupby(cells, lambda cell: cell.person)]
    return "".join(line + "\n" for line in lines)


def _line(cells: list[Cell], width: int) -> str:
    first = cells[0]
    shown = GAP.join(f"{cell.operation} {cell.value}".ljust(12) for cell in cells)
    return f"{first.object}{GAP}{first.person.ljust(width)}{GAP}{shown}".rstrip()


def parsed(text: str) -> Mapping[Key, str]:
    """What a file says; ValueError names a line that is none of ours."""
    found: dict[Key, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        object, person, *cells = [*re.split(r" {2,}", line.strip()), ""]
        read = [CELL.fullmatch(cell) for cell in cells if cell]
        if not read or None in read:
            raise ValueError(f"line {number} is no line of an access matrix: {line}")
        found |= {(object, person, match[1]): match[2] for match in read if match}
    return found
