"""Access matrices as text and as sentences, without a database."""

from pathlib import Path

import pytest

from gatepost.testing.matrix import golden
from gatepost.testing.matrix.changes import changes
from gatepost.testing.matrix.probes import Cell
from gatepost.testing.matrix.text import parsed, rendered

CELLS = [
    Cell("public.todos", "nobody", "select", "-"),
    Cell("public.todos", "ada lovelace", "select", "2/3 (id, task)"),
    Cell("public.todos", "ada lovelace", "delete", "0/3"),
    Cell("public.a_table_of_a_long_name", "nobody", "select", "1/1"),
    Cell("public.greet(name text)", "nobody", "execute", "yes"),
]


def test_a_line_says_whom_and_what_it_is_about():
    lines = [line for line in rendered(CELLS).splitlines() if line and not line.startswith("#")]
    assert lines == [
        "public.todos  nobody        select -",
        "public.todos  ada lovelace  select 2/3 (id, task)  delete 0/3",
        "public.a_table_of_a_long_name  nobody        select 1/1",
        "public.greet(name text)  nobody        execute yes",
    ]


def test_what_was_written_is_read():
    said = {(cell.object, cell.person, cell.operation): cell.value for cell in CELLS}
    assert parsed(rendered(CELLS)) == said
    with pytest.raises(ValueError, match="line 2 is no line of an access matrix"):
        parsed("# fine\n<<<<<<< HEAD\n")


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        ("-", "1/3", "ada may newly read rows of t: - → 1/3"),
        ("0/3", "1/3", "ada may newly read rows of t: 0/3 → 1/3"),
        ("3/3", "-", "ada may no longer read rows of t: 3/3 → -"),
        ("1/3", "2/3", "ada may now more: read rows of t: 1/3 → 2/3"),
        ("2/3", "1/3", "ada may now less: read rows of t: 2/3 → 1/3"),
        ("3/3 (id)", "3/3", "ada may now more: read rows of t: 3/3 (id) → 3/3"),
        ("1/3", "1/4", "ada may still read rows of t: 1/3 → 1/4"),
        ("-", "0/3", "ada may not read rows of t: - → 0/3"),
        (None, "1/1", "ada may now read rows of t: not in the file → 1/1"),
        ("1/1", None, "ada may not read rows of t: 1/1 → gone"),
        ("1/1", "error 42P17", "ada may no longer read rows of t: 1/1 → error 42P17"),
    ],
)
def test_a_change_is_a_sentence(before: str | None, now: str | None, sentence: str):
    key = ("t", "ada", "select")
    assert changes({key: before} if before else {}, {key: now} if now else {}) == [sentence]


def test_gains_come_first_then_losses():
    before = {("t", "cy", "select"): "-", ("t", "ada", "select"): "1/1", ("t", "bob", "select"): "-"}
    now = {("t", "cy", "select"): "0/1", ("t", "ada", "select"): "-", ("t", "bob", "select"): "1/1"}
    assert [sentence.split()[0] for sentence in changes(before, now)] == ["bob", "ada", "cy"]
    assert changes(now, now) == []


def test_a_file_is_written_only_where_that_was_asked_for(tmp_path: Path):
    path = tmp_path / "who.txt"
    with pytest.raises(pytest.fail.Exception, match="is not there yet"):
        golden.compare(path, CELLS, update=False)
    golden.compare(path, CELLS, update=True)
    golden.compare(path, CELLS, update=False)
    with pytest.raises(pytest.fail.Exception, match=r"nobody may not call public\.greet"):
        golden.compare(path, CELLS[:-1], update=False)
    path.write_text("nonsense")
    with pytest.raises(pytest.fail.Exception, match="line 1 is no line"):
        golden.compare(path, CELLS, update=False)
