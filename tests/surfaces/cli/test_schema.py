"""push, pull, migrate new, policy diff: a project whose tables and rules are a schema."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Command, free_port

FIRST = """datasource db {
    provider = "postgresql"
}

model Note {
    id    Int    @id @default(autoincrement())
    owner String @db.Uuid
    text  String
    @@allow('all', auth().id == owner)
}

model User {
    id String @id @db.Uuid
    @@allow('read', auth() == this)
}
"""
SECOND = FIRST.replace("text  String", "text  String @default('')\n    done  Boolean @default(false)")


@pytest.fixture(scope="module")
def project(place: Path) -> Iterator[Command]:
    folder = place / "notes"
    folder.mkdir()
    (folder / "gatepost.toml").write_text("[database]\nport = 0\n")
    command = Command(folder, free_port())
    yield command
    command.end()


@pytest.fixture
def notes(project: Command) -> Command:
    """The project with the first schema and no migrations."""
    (project.folder / "schema.zmodel").write_text(FIRST)
    for path in (project.folder / "migrations").glob("*.sql"):
        path.unlink()
    return project


def test_a_push_makes_the_database_and_says_what_it_does(notes: Command):
    done = notes.run("push", "--force-reset", "--accept-data-loss")
    assert done.returncode == 0, done.stderr
    assert "✓ create 2 tables" in done.stderr
    again = notes.run("push")
    assert (again.returncode, "nothing to do" in again.stderr) == (0, True)
    assert notes.run("policy", "diff").returncode == 0


def test_the_difference_between_schema_and_database_is_told_and_is_no_success(notes: Command):
    notes.run("push", "--force-reset", "--accept-data-loss")
    (notes.folder / "schema.zmodel").write_text(SECOND.replace("'all'", "'read'"))
    done = notes.run("policy", "diff")
    assert done.returncode == 1
    assert "push would add column Note.done" in done.stdout
    assert "policy public.Note gatepost_create: in the database, not in the schema" in done.stdout


def test_nobody_to_ask_means_no(notes: Command):
    assert notes.run("push", "--force-reset").returncode == 1
    notes.run("push", "--force-reset", "--accept-data-loss")
    seed = notes.folder / "migrations" / "20260101000000_seed.sql"
    seed.parent.mkdir(exist_ok=True)
    seed.write_text("insert into \"Note\" (owner, text) values (gen_random_uuid(), 'keep');")
    assert notes.run("migrate", "apply").returncode == 0
    seed.unlink()
    (notes.folder / "schema.zmodel").write_text(FIRST.replace("    text  String\n", ""))
    refused = notes.run("push")
    assert refused.returncode == 1
    assert "The change would destroy data" in refused.stderr
    assert "column Note.text goes, with the values of 1 row" in refused.stderr
    assert "--accept-data-loss" in refused.stderr
    assert notes.run("push", "--accept-data-loss").returncode == 0


def test_an_invalid_schema_is_shown_with_its_place(notes: Command):
    (notes.folder / "schema.zmodel").write_text(FIRST.replace("text  String", "text  Strin"))
    for command in (("push",), ("policy", "diff"), ("migrate", "new", "x")):
        done = notes.run(*command)
        assert done.returncode == 3
        assert "schema.zmodel:8:11" in done.stderr
        assert 'type "Strin" does not exist' in done.stderr


def test_migrations_from_the_schema(notes: Command):
    first = notes.run("migrate", "new", "first")
    assert first.returncode == 0, first.stderr
    path = Path(first.stdout.strip())
    assert re.fullmatch(r"\d{14}_first\.sql", path.name)
    assert 'CREATE TABLE public."Note"' in path.read_text()
    assert "✓ create 2 tables" in first.stderr
    again = notes.run("migrate", "new", "again")
    assert (again.returncode, again.stdout, "nothing to do" in again.stderr) == (0, "", True)
    (notes.folder / "schema.zmodel").write_text(SECOND)
    path.rename(path.with_name("20260101000001_first.sql"))
    second = notes.run("migrate", "new", "second")
    assert "✓ add column Note.done" in second.stderr
    assert Path(second.stdout.strip()).read_text().startswith("-- second\n")


def test_an_empty_migration_when_asked_for(notes: Command):
    done = notes.run("migrate", "new", "--empty", "by hand")
    assert Path(done.stdout.strip()).read_text() == "-- by hand\n"


def test_pull_writes_a_schema_and_overwrites_none(notes: Command):
    notes.run("push", "--force-reset", "--accept-data-loss")
    refused = notes.run("pull")
    assert refused.returncode == 3
    assert "schema.zmodel is there already" in refused.stderr
    printed = notes.run("pull", "-o", "-")
    assert "model Note {" in printed.stdout
    assert "there are no rules yet" in printed.stderr
    assert notes.run("pull", "--force").returncode == 0
    assert (notes.folder / "schema.zmodel").read_text() == printed.stdout
    assert "nothing to do" in notes.run("push", "--no-policies").stderr


def test_a_project_without_a_schema(notes: Command):
    (notes.folder / "schema.zmodel").unlink()
    done = notes.run("push")
    assert done.returncode == 3
    assert "has no schema.zmodel" in done.stderr
    assert notes.run("migrate", "new", "plain").stdout.strip().endswith("_plain.sql")


def test_another_file_may_be_named(notes: Command):
    (notes.folder / "schema.zmodel").rename(notes.folder / "other.zmodel")
    assert notes.run("push", "--schema", "other.zmodel", "--force-reset", "--accept-data-loss").returncode == 0
    (notes.folder / "other.zmodel").unlink()
