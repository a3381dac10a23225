"""What a run of pytest asks for. Plain data."""

from pathlib import Path
from typing import NamedTuple


class Asked(NamedTuple):
    """Whose project is tested, on whose server ('' is our own), with which settings; `update` writes golden files.
    `folder` is the run's, shared by its workers.
    """

    project: Path
    database_url: str
    settings: tuple[str, ...]
    update: bool
    folder: Path
