"""What test files print is read as a TAP reader would, and files are found where people keep them."""

from pathlib import Path

import pytest

from gatepost.pgtap import Failure, FileReport, find
from gatepost.pgtap.run import report
from gatepost.pgtap.tap import read
from gatepost.problem import Problem


def reported(output: str, complaints: str = "", code: int = 0) -> FileReport:
    return report(Path("a.sql"), output, complaints, code)


def test_assertions_are_counted_and_failures_keep_what_was_said_of_them() -> None:
    found = read(
        '1..3\nok 1 - first\nnot ok 2 - second\n# Failed test 2: "second"\n#         have: 1\nok 3\n# looks so\n'
    )
    assert (found.passed, found.planned, found.ran) == (2, 3, 3)
    assert found.failures == (Failure("2", "second", (' Failed test 2: "second"', "         have: 1")),)


@pytest.mark.parametrize(
    ("output", "passed", "failed"),
    [
        ("1..2\nok 1\nok 2\n", 2, 0),
        ("ok 1\nok 2\n1..2\n", 2, 0),
        ("1..1\nnot ok 1 - later # TODO not written yet\n", 1, 0),
        ("1..1\nok 1 # SKIP no network\n", 1, 0),
        ("1..0 # SKIP nothing to do here\n", 0, 0),
        ("1..1\nnot ok 1 - a \\# todo list is no directive\n", 0, 1),
        ("1..1\n    ok 1 - within\n    not ok 2 - within\n    1..2\nok 1 - a group\n", 1, 0),
        ("1..2\nok 1\n1..2\nok 1\nok 2\nok 2\n", 4, 0),
        ("1..5\nok 1\nok 2\n", 2, 3),
        ("1..1\nok 1\nok 2\n", 2, 1),
        ("ok 1\n", 1, 1),
        ("1..3\nok 1\nBail out! no database\n", 1, 2),
        ("okay 1\nnothing\n", 0, 0),
    ],
)
def test_plans_and_directives_count(output: str, passed: int, failed: int) -> None:
    found = reported(output)
    assert (found.passed, found.failed) == (passed, failed)


def test_a_file_that_dies_has_failed_and_says_why() -> None:
    found = reported("ok 1\n", "NOTICE: a\npsql:a.sql:7: ERROR:  no such thing\nLINE 1: x\n", 3)
    assert (found.passed, found.failed) == (1, 1)
    assert found.errors == ("psql:a.sql:7: ERROR:  no such thing\nLINE 1: x",)
    unreached = reported("1..4\nok 1\n", "psql:a.sql:9: ERROR:  gone", 3)
    assert (unreached.passed, unreached.failed) == (1, 3)
    assert reported("", "", 2).errors == ("psql ended with code 2",)


def test_a_file_without_assertions_is_no_failure() -> None:
    assert reported("CREATE TABLE\n\n").silent
    assert reported("").failed == 0
    assert not reported("1..0\n").silent


def test_files_are_found_in_folders_by_either_suffix_in_order(tmp_path: Path) -> None:
    for name in (
        "20-b.sql",
        "10-a.pg",
        "sub/30-c.sql",
        "sub/part.psql",
        "notes.md",
        ".hidden/x.sql",
        "node_modules/y.sql",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = [str(path.relative_to(tmp_path)) for path in find(tmp_path)]
    assert names == ["10-a.pg", "20-b.sql", "sub/30-c.sql"]
    assert [path.name for path in find(tmp_path, [Path("sub"), Path("10-a.pg")])] == ["30-c.sql", "10-a.pg"]
    from_the_root = find(tmp_path / "sub", [Path("sub/30-c.sql"), Path("20-b.sql")], tmp_path)
    assert [path.name for path in from_the_root] == ["30-c.sql", "20-b.sql"]
    assert find(tmp_path / "none") == []
    with pytest.raises(Problem, match="there is no such file or folder"):
        find(tmp_path, [Path("no.sql")])
