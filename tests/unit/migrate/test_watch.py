"""Files that appear, change, and are not written yet."""

import asyncio
from pathlib import Path

from gatepost.migrate.texts.watch import watch


async def test_a_file_counts_once_it_holds_something_and_holds_still(tmp_path: Path):
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_old.sql").write_text("select 1;")
    seen = watch(tmp_path, 0.01)
    told = asyncio.ensure_future(anext(seen))
    await asyncio.sleep(0.02)
    (folder / "0002_new.sql").touch()
    (folder / "notes.txt").write_text("none of ours")
    await asyncio.sleep(0.1)
    assert not told.done()
    (folder / "0002_new.sql").write_text("select 2;")
    assert await asyncio.wait_for(told, 10) == ("0002_new.sql",)
    (folder / "0001_old.sql").write_text("select 100;")
    assert await asyncio.wait_for(anext(seen), 10) == ("0001_old.sql",)
    await seen.aclose()  # pyright: ignore
