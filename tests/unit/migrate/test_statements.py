"""Where statements end, and what a migration cannot contain."""

from pathlib import Path

import pytest

from gatepost.migrate.texts import files
from gatepost.migrate.texts.statements import line_and_column, split
from gatepost.problem import Problem


def texts(text: str) -> list[str]:
    return [statement.text for statement in split(text)[0]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("-- nothing\n/* at /* all */ ; */", []),
        (";;;", []),
        ("select 1; select 2", ["select 1", "select 2"]),
        ("select ';' ; select 'it''s;'", ["select ';'", "select 'it''s;'"]),
        (r"select E'\';' ; select 1", [r"select E'\';'", "select 1"]),
        (r"select '\'; select 1", [r"select '\'", "select 1"]),
        ('select ";" from "a;b"; select 1', ['select ";" from "a;b"', "select 1"]),
        ("do $$ begin; end $$; select 1", ["do $$ begin; end $$", "select 1"]),
        ("do $a$ ; $$ ; $a$; select 1", ["do $a$ ; $$ ; $a$", "select 1"]),
        ("select $1, a$b$c; select 1", ["select $1, a$b$c", "select 1"]),
        ("select 1 -- ;\n, 2; select 3", ["select 1 -- ;\n, 2", "select 3"]),
        ("-- first\nselect 1;", ["select 1"]),
        ("select 1 /* ; /* ; */ ; */; select 2", ["select 1 /* ; /* ; */ ; */", "select 2"]),
        (
            "create function f() returns int begin atomic select 1; select case when true then 2 end; end; select 3",
            [
                "create function f() returns int begin atomic select 1; select case when true then 2 end; end",
                "select 3",
            ],
        ),
    ],
)
def test_split(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_a_statement_knows_where_it_starts() -> None:
    text = "-- one\nselect 1;\n\n  select\n 2;"
    assert [line_and_column(text, statement.start) for statement in split(text)[0]] == [(2, 1), (4, 3)]


@pytest.mark.parametrize("text", ["begin; select 1", "BEGIN", "commit;", "start transaction", "rollback", "end;"])
def test_transaction_control_is_seen(text: str) -> None:
    assert any(statement.controls_transaction for statement in split(text)[0])


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("create index concurrently on notes (id)", True),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a ON notes (id)", True),
        ("drop index concurrently a", True),
        ("reindex table concurrently notes", True),
        ("vacuum (analyze) notes", True),
        ("create index concurrently_made on notes (id)", False),
        ("refresh materialized view concurrently totals", False),
        ("alter type colour add value 'red'", False),
        ("select 'create index concurrently'", False),
    ],
)
def test_what_runs_outside_of_transactions_only_is_seen(text: str, alone: bool) -> None:
    [statement] = split(text)[0]
    assert statement.refuses_transaction is alone


@pytest.mark.parametrize(
    "text",
    [
        "do $$ begin commit; end $$",
        "create function f() returns int begin atomic select 1; end",
        "select 'commit;'",
    ],
)
def test_the_same_words_elsewhere_are_not(text: str) -> None:
    assert not any(statement.controls_transaction for statement in split(text)[0])


@pytest.mark.parametrize("text", ["select 1;\n\\i other.sql\n", "\\set x 1\nselect 1"])
def test_a_psql_command_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    path = tmp_path / "0001_a.sql"
    path.write_text(text)
    line = text[: text.index("\\")].count("\n") + 1
    with pytest.raises(Problem, match=rf"0001_a\.sql:{line}:1: \\\w+ is a psql command"):
        files.SqlFile(path).refuse_meta_commands()


def test_a_backslash_in_a_string_is_no_command(tmp_path: Path) -> None:
    path = tmp_path / "0001_a.sql"
    path.write_text("select 'a\n\\i b';")
    files.SqlFile(path).refuse_meta_commands()
