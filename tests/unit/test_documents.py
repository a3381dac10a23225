"""The reference pages say what the program does: they are what `docs/generate.py` would write now."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", ["settings.md", "cli.md"])
def test_the_page_is_current(name: str):
    pages = runpy.run_path(str(DOCS / "generate.py"))["PAGES"]
    written = (DOCS / "reference" / name).read_text("utf-8")
    assert written == pages[name]().rstrip() + "\n", f"run: python docs/generate.py ({name} is out of date)"
