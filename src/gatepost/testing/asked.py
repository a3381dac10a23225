"""What a run of pytest asks for. Plain data."""

from pathlib import Path
from typing import NamedTuple

PREFIX = "gatepost-"
"""How runs' folders are called."""

RUNNING = "running"
"""A file in such a folder that is locked while the run goes on."""


class Asked(NamedTuple):
    """Whose project is tested, on whose server ('' is our own), with which settings; `update` writes golden files.
    `folder` is the run's, shared by its workers.
    """

    project: Path
    database_url: str
    settings: tuple[str, ...]
    update: bool
    folder: Path
