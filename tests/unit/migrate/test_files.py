"""Which files of a folder are migrations and seeds, and in what order."""

import asyncio
from pathlib import Path

import pytest

from gatepost.migrate import watch
from gatepost.migrate.texts import files
from gatepost.problem import Problem


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "migrations").mkdir()
    return tmp_path


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("select 1;")


def test_versions_are_text_in_order(folder: Path) -> None:
    write(folder, "migrations/20240102030405_b.sql", "migrations/0019_a.sql", "migrations/0000_z.sql")
    assert [migration.version for migration in files.listing(folder).migrations] == ["0000", "0019", "20240102030405"]


def test_foreign_files_and_folders_are_passed_over(folder: Path) -> None:
    write(folder, "migrations/0001_a.sql", "migrations/atlas.sum", "migrations/meta/0001_x.sql", "migrations/notes.sql")
    found = files.listing(folder)
    assert [migration.path.name for migration in found.migrations] == ["0001_a.sql"]
    assert [path.name for path in found.ignored] == ["atlas.sum", "meta", "notes.sql"]


def test_a_project_without_migrations_has_none(tmp_path: Path) -> None:
    assert files.listing(tmp_path).migrations == ()


def test_two_files_of_one_version_are_refused(folder: Path) -> None:
    write(folder, "migrations/0001_a.sql", "migrations/0001_b.sql")
    with pytest.raises(Problem, match=r"0001_a\.sql and 0001_b\.sql have the same version 0001"):
        files.listing(folder)


def test_in_a_supabase_project_the_second_has_its_name_as_well(folder: Path) -> None:
    write(folder, "config.toml", "migrations/0001_a.sql", "migrations/0001_b.sql", "migrations/0002_.sql")
    found = files.listing(folder)
    assert [(each.version, each.name) for each in found.migrations] == [("0001", "a"), ("0001_b", "b"), ("0002", "")]
    assert [path.name for path in found.twins] == ["0001_b.sql"]


def test_files_come_in_the_order_of_their_names(folder: Path) -> None:
    write(folder, "migrations/20240101_day.sql", "migrations/20240101120000_noon.sql")
    assert [each.name for each in files.listing(folder).migrations] == ["noon", "day"]


@pytest.mark.parametrize(("name", "given"), [("20211001000000_init.sql", True), ("20211209000000_init.sql", False)])
def test_what_supabase_began_with_in_2021_is_there_by_itself(folder: Path, name: str, given: bool) -> None:
    write(folder, f"migrations/{name}", "migrations/20220101000000_own.sql")
    found = files.listing(folder)
    assert (len(found.migrations), found.given is not None) == ((1, True) if given else (2, False))


def test_seeds_by_pattern_in_the_order_given_and_once(folder: Path) -> None:
    write(folder, "seed.sql", "seeds/b.sql", "seeds/a.sql")
    found = files.seeds(folder, ["./seeds/*.sql", "seed.sql", "seeds/a.sql", "./missing.sql"])
    assert [str(seed.path.relative_to(folder)) for seed in found] == ["seeds/a.sql", "seeds/b.sql", "seed.sql"]


def test_a_file_that_is_not_text_is_named(folder: Path) -> None:
    (folder / "migrations/0001_a.sql").write_bytes(b"select '\xff';")
    with pytest.raises(Problem, match=r"0001_a\.sql is not UTF-8"):
        _ = files.listing(folder).migrations[0].statements


def test_a_new_migration_sorts_last_and_says_what_it_is(folder: Path) -> None:
    write(folder, "migrations/20240102030405_b.sql")
    path = files.create(folder, "Add todo lists!")
    assert path.name.endswith("_add_todo_lists.sql")
    assert path.read_text() == "-- Add todo lists!\n"
    assert files.listing(folder).migrations[-1].path == path


def test_a_name_without_letters_is_refused(folder: Path) -> None:
    with pytest.raises(Problem, match="is no name"):
        files.create(folder, "!?")


async def test_watch_tells_of_files_that_appear_or_change(folder: Path) -> None:
    write(folder, "migrations/0001_a.sql")
    changes = watch(folder, 0.01)
    waiting = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    write(folder, "migrations/0002_b.sql", "migrations/readme.md")
    assert await asyncio.wait_for(waiting, 5) == ("0002_b.sql",)
    waiting = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0.02)
    (folder / "migrations/0001_a.sql").write_text("select 2, 3;")
    assert await asyncio.wait_for(waiting, 5) == ("0001_a.sql",)
