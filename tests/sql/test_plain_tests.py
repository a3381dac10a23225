"""Test files where there is no psql: what they use of it is understood, or the file fails and says so."""

from pathlib import Path

import pytest

from gatepost.embedded import Server
from gatepost.pgtap import FileReport, PlainRunner

USES = r"""-- \i nowhere.sql
\set ON_ERROR_STOP 1
\set name 'an''na'
\set both :name ' and ben'
\set table "Odd table"
\pset pager off
begin;
\i parts/table.psql
\echo 1..7
select 'ok 1 - ' || :'name';
select case when :'both' = 'an''na and ben' then 'ok 2' else 'not ok 2 - ' || :'both' end;
select case when (select count(*) from :table) = 1 then 'ok 3' else 'not ok 3' end;
select case when ('{1,2,3}'::int[])[1:2] = '{1,2}' and 'a;b' <> $$;$$ then 'ok 4' else 'not ok 4' end;
create function pg_temp.five() returns text begin atomic
    select case when true then 'ok 5' end;
end;
select pg_temp.five(); /* \q ; */ select 'ok 6';
select E'ok 7 - it\'s; fine'
"""
PART = 'create temporary table "Odd table" as select 1;\n\\ir deeper.psql\n'


def played(cluster: Server, name: str, folder: Path, text: str) -> FileReport:
    file = folder / "a.sql"
    file.write_text(text)
    return PlainRunner(cluster.dsn("postgres", name), folder).run(file)


def test_a_file_runs_as_with_psql(cluster: Server, database_name: str, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "table.psql").write_text(PART)
    (tmp_path / "parts" / "deeper.psql").write_text("select 'a row that is no test', null, 1;")
    report = played(cluster, database_name, tmp_path, USES)
    assert (report.errors, report.failures, report.passed) == ((), (), 7)


def test_an_error_ends_the_file_and_names_its_place(cluster: Server, database_name: str, tmp_path: Path) -> None:
    report = played(
        cluster, database_name, tmp_path, "select '1..3';\nselect 'ok 1';\nselect * from nowhere;\nselect 'ok 2';"
    )
    assert (report.passed, report.failed) == (1, 2)
    assert report.errors == ('a.sql:3: ERROR:  relation "nowhere" does not exist',)


@pytest.mark.parametrize("command", ["gset", "gexec", "copy t from f", "if true", "connect other"])
def test_what_only_psql_can_do_is_said(cluster: Server, database_name: str, tmp_path: Path, command: str) -> None:
    report = played(cluster, database_name, tmp_path, f"select 'ok 1';\n\\{command}\n")
    assert report.failed == 1
    assert report.errors == (f"a.sql:2: ERROR:  \\{command.split(maxsplit=1)[0]} needs psql, which was not found",)


def test_a_file_that_ends_itself_and_one_that_is_missing(cluster: Server, database_name: str, tmp_path: Path) -> None:
    ended = played(cluster, database_name, tmp_path, "select '1..1'; select 'ok 1';\n\\q\nselect * from nowhere;")
    assert (ended.passed, ended.errors) == (1, ())
    missing = played(cluster, database_name, tmp_path, "\\i no.sql")
    assert "No such file" in missing.errors[0]
