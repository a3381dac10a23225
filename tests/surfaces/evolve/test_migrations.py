"""Migrations written from the schema: applied to an empty database they make what a push makes. And drift."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from gatepost import evolve, migrate
from gatepost.evolve.compare.facts import Facts, read_facts
from gatepost.evolve.rules import guards
from gatepost.evolve.session import Undone, session
from gatepost.zmodel import SchemaProblem
from tests.surfaces.evolve.conftest import Database, schema

FIRST = """
    enum Role { ADMIN USER }
    model User { id String @id @db.Uuid
        email String @unique
        role Role @default(USER)
        posts Post[]
        @@auth
        @@meta("sync", "auth.users")
        @@allow('read', true) }
    model Post { id Int @id @default(autoincrement())
        title String
        author User @relation(fields: [authorId], references: [id])
        authorId String @db.Uuid
        tags Tag[]
        @@index([authorId])
        @@allow('all', auth().id == authorId)
        @@allow('read', tags?[name == 'public']) }
    model Tag { id Int @id
        name String
        posts Post[]
        @@allow('read', true) }
    model Asset { id Int @id @default(autoincrement())
        kind String
        @@delegate(kind)
        @@allow('read', true) }
    model Video extends Asset { length Int }
"""
SECOND = (
    FIRST.replace("ADMIN USER", "ADMIN EDITOR USER")
    .replace("@default(USER)", "@default(EDITOR)")
    .replace("title String", "title String @db.VarChar(200)\n at DateTime @default(now())")
    .replace("name == 'public'", "name == 'open'")
    .replace("length Int", "length BigInt @unique")
    .replace("model Tag { id Int @id", "model Tag { id BigInt @id")
)
THIRD = SECOND.replace("model Video extends Asset { length BigInt @unique }", "").replace(
    '@@meta("sync", "auth.users")', ""
)


def state(dsn: str, text: str) -> tuple[Facts, list[object]]:
    """Everything that a schema can say of a database."""
    found: list[tuple[Facts, list[object]]] = []
    with session(dsn) as opened:
        rules = guards(opened, schema(text), policies=True)
        found.append((read_facts(opened, ["public", "other"]), list(rules.facts(opened))))
        raise Undone
    return found[0]


def write(database: Database, folder: Path, name: str, text: str) -> evolve.Written | None:
    """A migration; versions are seconds, so that names say which comes first."""
    written = evolve.new_migration(schema(text), folder, name, database.shadows, ask=lambda _: False)
    if written is None:
        return None
    path = written.path.with_name(f"{len(list((folder / 'migrations').iterdir())):014}_{name}.sql")
    return evolve.Written(written.path.rename(path), written.report)


def test_migrations_make_what_a_push_makes(make: Callable[..., Database], tmp_path: Path):
    migrated, pushed = make(), make()
    for number, text in enumerate((FIRST, SECOND, THIRD)):
        written = write(migrated, tmp_path, f"step_{number}", text)
        assert written is not None
        migrate.apply_project(migrated.dsn, tmp_path)
        pushed.push(text, policies=True)
        assert migrated.settled(text, policies=True)
        assert pushed.settled(text, policies=True)
        assert write(migrated, tmp_path, "nothing", text) is None
    straight, replayed = make(), make()
    straight.push(THIRD, policies=True)
    migrate.apply_project(replayed.dsn, tmp_path)
    facts, rules = state(straight.dsn, THIRD)
    replayed_facts, replayed_rules = state(replayed.dsn, THIRD)
    assert replayed_rules == rules
    assert replayed_facts == _in_their_order(facts, replayed_facts)


def _in_their_order(facts: Facts, like: Facts) -> Facts:
    """Columns that came later stand further back: their order is no difference."""
    columns = {table: {name: facts.columns[table][name] for name in like.columns[table]} for table in facts.columns}
    return Facts(columns, facts.enums, facts.indexes, facts.primary_keys, facts.foreign_keys, facts.strangers)


def test_the_file_is_plain_sql_in_one_transaction(make: Callable[..., Database], tmp_path: Path):
    written = write(make(), tmp_path, "begin", FIRST)
    assert written is not None
    text = written.path.read_text()
    assert text.startswith("-- begin\n\nCREATE TYPE")
    for word in (
        'CREATE TABLE public."User"',
        "CREATE INDEX",
        "FOREIGN KEY",
        '"_PostToTag"',
        "create policy",
        "create or replace function",
        "grant select",
        "create or replace trigger",
        "enable row level security",
        "insert into",
    ):
        assert word in text
    assert "drop policy" not in text
    assert "commit" not in text.lower().replace("on commit", "")


def test_what_may_destroy_data_is_said_at_the_head(make: Callable[..., Database], tmp_path: Path):
    database = make()
    write(database, tmp_path, "first", "model M { id Int @id\n a Int\n b String }")
    written = write(database, tmp_path, "second", "model M { id Int @id\n b Int\n c DateTime }")
    assert written is not None
    assert written.report.notes == (
        "M.b becomes integer from text: a value that does not fit stops everything (rows)",
        "column M.a goes, with the values of rows",
        "M.c is required and has no default in the database, while M has rows: give it one (@default with a value, "
        "now() or dbgenerated()), or add it as optional and fill it first",
    )
    head = written.path.read_text().splitlines()[:3]
    assert head[:2] == ["-- second", "-- Look at this before it runs:"]
    assert head[2].startswith("--   M.b becomes integer")


def test_shadows_are_gone_afterwards(make: Callable[..., Database], tmp_path: Path):
    database = make()
    write(database, tmp_path, "first", "model M { id Int @id }")
    (tmp_path / "migrations" / "00000000000009_broken.sql").write_text("select nothing from nowhere;")
    with pytest.raises(Exception, match=r"00000000000009_broken\.sql:1"):
        write(database, tmp_path, "second", "model N { id Int @id }")
    assert database.rows("select count(*) from pg_database where datname like 'gatepost_shadow%'") == [0]
    assert database.rows("select count(*) from pg_tables where schemaname = 'public'") == [0]


def test_an_invalid_schema_writes_nothing(make: Callable[..., Database], tmp_path: Path):
    with pytest.raises(SchemaProblem):
        write(make(), tmp_path, "first", "model M { id Nothing @id }")
    assert not (tmp_path / "migrations").exists()


def test_a_migration_in_a_supabase_project(make: Callable[..., Database], tmp_path: Path):
    database = make("supabase")
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "00000000000000_own.sql").write_text('create table "M" (id int primary key, x int);')
    written = write(database, tmp_path, "rules", "model M { id Int @id\n x Int?\n y Int?\n @@allow('read', true) }")
    assert written is not None
    assert "add column M.y" in written.report.changes
    migrate.apply_project(database.dsn, tmp_path)
    assert database.settled("model M { id Int @id\n x Int?\n y Int?\n @@allow('read', true) }", policies=True)


# Drift


@pytest.fixture
def drifting(database: Database) -> Database:
    database.run("drop schema if exists gatepost_policy cascade", "drop schema if exists gatepost_sync cascade")
    database.push(FIRST, policies=True)
    return database


def drifts(database: Database, *, shadow: bool = True) -> list[tuple[str, str, str]]:
    found = evolve.drift(schema(FIRST), database.dsn, database.shadows if shadow else None)
    return [(each.kind, each.name, each.where) for each in found]


def test_no_drift_after_a_push(drifting: Database):
    assert drifts(drifting) == []
    assert drifts(drifting, shadow=False) == []


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ('alter table "Post" add column note text', ("table", "drop column Post.note", "both")),
        ('alter table "Post" alter title drop not null', ("table", "require Post.title", "both")),
        ("create table extra (id int)", ("table", "drop table extra", "both")),
        ('drop index "Post_authorId_idx"', ("table", "create index Post_authorId_idx on Post", "both")),
        ('create policy mine on "Post" for select using (true)', ("policy", "public.Post mine", "database")),
        ('drop policy gatepost_read on "Post"', ("policy", "public.Post gatepost_read", "schema")),
        (
            'alter policy gatepost_read on "Post" using (true)',
            ("policy", "public.Post gatepost_read", "both"),
        ),
        ('alter table "Post" disable row level security', ("row security", "public.Post", "both")),
        ('grant select on "Post" to public', ("grants", "public.Post", "both")),
        ('revoke insert on "Post" from authenticated', ("grants", "public.Post", "both")),
        ('grant update (name) on "Tag" to anon', ("grants", "public.Tag", "both")),
        (
            "create function gatepost_policy.extra() returns int language sql return 1",
            ("function", "gatepost_policy.extra", "database"),
        ),
        (
            'drop trigger "gatepost_sync_public_User" on auth.users',
            ("trigger", "auth.users gatepost_sync_public_User", "schema"),
        ),
    ],
)
def test_what_somebody_changed_is_found(drifting: Database, statement: str, expected: tuple[str, str, str]):
    drifting.run(statement)
    assert expected in drifts(drifting)
    assert expected in drifts(drifting, shadow=False)
    if "policy mine" not in statement:
        drifting.push(FIRST, policies=True, accept_data_loss=True)
        assert drifts(drifting) == []


def test_looking_with_a_shadow_takes_no_lock_and_changes_nothing(drifting: Database):
    with psycopg.connect(drifting.dsn) as reader:
        reader.execute('select * from "Post"')
        reader.execute('lock table "Post" in row exclusive mode')
        assert drifts(drifting) == []


def test_without_a_shadow_a_locked_table_is_said_so(drifting: Database):
    with psycopg.connect(drifting.dsn) as reader:
        reader.execute('select * from "Post"')
        dsn = f"{drifting.dsn} options='-c statement_timeout=300'"
        found = evolve.drift(schema(FIRST), dsn)
    assert [each.kind for each in found] == ["rules"]
    assert "timeout" in found[0].text
