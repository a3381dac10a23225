"""The file that an access matrix is compared with.

In: its path, Cells. Out: nothing, a file, or a failure that names each change. Never: a file written unasked.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from .changes import changes
from .probes import Cell
from .text import parsed, rendered

HINT = "If this is meant: pytest --gatepost-update"


def compare(path: Path, cells: Sequence[Cell], *, update: bool) -> None:
    """Fails where the file says something else; with `update`, makes it say what is."""
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rendered(cells), "utf-8")
    elif not path.is_file():
        raise pytest.fail.Exception(f"{path} is not there yet: pytest --gatepost-update writes it", pytrace=False)
    else:
        _check(path, cells)


def _check(path: Path, cells: Sequence[Cell]) -> None:
    try:
        before = parsed(path.read_text("utf-8"))
    except ValueError as error:
        raise pytest.fail.Exception(f"{path}: {error}", pytrace=False) from None
    found = changes(before, {(cell.object, cell.person, cell.operation): cell.value for cell in cells})
    if found:
        lines = "\n".join(f"  {sentence}" for sentence in found)
        message = f"Who may do what is not as {path} says:\n{lines}\n{HINT}"
        raise pytest.fail.Exception(message, pytrace=False)
