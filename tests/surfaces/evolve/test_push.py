"""A push: the difference worked out, asked about, done in one transaction."""

import psycopg
import pytest

from gatepost import evolve
from gatepost.embedded import Server
from gatepost.policy import rls
from gatepost.problem import DatabaseProblem, Problem
from gatepost.zmodel import SchemaProblem
from tests.surfaces.evolve.conftest import Database, schema

LOCKS = """
select count(*) from pg_locks
where locktype = 'advisory' and granted
    and database = (select oid from pg_database where datname = current_database())
"""
USER = "model User { id Int @id\n name String }"


def test_a_second_push_has_nothing_to_do(database: Database):
    assert database.push(USER).changes == ("create 1 table",)
    assert database.push(USER) == evolve.Report()


async def test_beside_the_event_loop(database: Database):
    report = await evolve.push(schema(USER), database.dsn, policies=False)
    assert report.changes == ("create 1 table",)


def test_it_tells_what_it_does(database: Database):
    told: list[str] = []
    database.push(USER)
    database.push("model User { id Int @id\n name String?\n age Int? @unique }", tell=told.append)
    assert told == ["add column User.age", "make User.name optional", "create unique index User_age_key on User"]


def test_an_invalid_schema_reaches_no_database(database: Database):
    with pytest.raises(SchemaProblem):
        database.push("model User { id Int @id\n posts Post[] }")
    assert database.rows("select count(*) from pg_tables where schemaname = 'public'") == [0]


def test_new_tables_and_columns_keep_the_rows(database: Database):
    database.push(USER)
    database.run("insert into \"User\" values (1, 'Ada')")
    text = """
        model User { id Int @id
            name String
            born DateTime?
            active Boolean @default(true)
            tags String[]
            posts Post[] }
        model Post { id Int @id @default(autoincrement())
            user User @relation(fields: [userId], references: [id])
            userId Int }
    """
    database.push(text)
    assert database.rows('select * from "User"') == [(1, "Ada", None, True, None)]
    assert database.settled(text)


# What would destroy data


def test_a_column_with_values_is_dropped_only_with_consent(database: Database):
    database.push(USER)
    database.run("insert into \"User\" values (1, 'Ada'), (2, 'Eve')")
    database.answer = False
    with pytest.raises(Problem) as refused:
        database.push("model User { id Int @id }")
    assert refused.value.code == "data_loss"
    assert refused.value.details == "column User.name goes, with the values of 2 rows"
    assert database.asked == ["This destroys data:\n  column User.name goes, with the values of 2 rows\nGo on?"]
    assert database.rows('select name from "User" order by id') == ["Ada", "Eve"]
    database.answer = True
    assert database.push("model User { id Int @id }").changes == ("drop column User.name",)


def test_a_column_without_values_is_dropped_unasked(database: Database):
    database.push("model User { id Int @id\n name String? }")
    database.run('insert into "User" values (1)')
    database.push("model User { id Int @id }")
    assert database.asked == []


def test_a_table_with_rows_is_dropped_only_with_consent(database: Database):
    database.push(USER + "\nmodel Log { id Int @id }")
    database.run('insert into "Log" values (1)')
    with pytest.raises(Problem) as refused:
        database.push(USER, ask=None)
    assert refused.value.details == "table Log goes, with 1 row"
    assert database.push(USER, ask=None, accept_data_loss=True).changes == ("drop table Log",)


def test_tables_that_refer_to_each_other_are_dropped_together(database: Database):
    database.push("""
        model A { id Int @id
            b B? @relation("ab", fields: [bId], references: [id])
            bId Int?
            of B[] @relation("ba") }
        model B { id Int @id
            a A? @relation("ba", fields: [aId], references: [id])
            aId Int?
            of A[] @relation("ab") }
    """)
    database.push("model C { id Int @id }")
    assert database.rows("select tablename::text from pg_tables where schemaname = 'public'") == ["C"]


def test_rows_hidden_from_their_owner_are_not_called_absent(database: Database):
    database.push(USER)
    database.run("insert into \"User\" values (1, 'Ada')", 'alter table "User" force row level security')
    with pytest.raises(Problem) as refused:
        database.push("model Other { id Int @id }", ask=None)
    assert refused.value.details == "table User goes, with rows that cannot be counted"


def test_force_reset_drops_everything_first(database: Database):
    database.push(USER)
    database.run("insert into \"User\" values (1, 'Ada')")
    database.push(USER, force_reset=True)
    assert database.rows('select count(*) from "User"') == [0]


def test_views_policies_and_functions_of_others_are_left_alone(database: Database):
    database.push(USER)
    database.run(
        'create view names as select name from "User"',
        'create policy mine on "User" for select using (true)',
        'create index lower_name on "User" (lower(name))',
        'create index some_names on "User" (name) where id > 3',
        'alter table "User" add constraint short check (length(name) < 100)',
    )
    assert database.settled(USER)
    database.run("drop view names")


def test_what_stands_on_a_column_is_named_when_it_is_in_the_way(database: Database):
    database.push(USER)
    database.run('create view names as select name from "User"')
    with pytest.raises(DatabaseProblem, match="cannot drop column name"):
        database.push("model User { id Int @id }")
    assert database.rows('select count(*) from "User"') == [0]
    database.run("drop view names")


# What rows do not allow


def test_a_required_column_without_default_needs_a_table_without_rows(database: Database):
    database.push("model User { id Int @id }")
    wanted = "model User { id Int @id\n name String }"
    database.run('insert into "User" values (1)')
    with pytest.raises(Problem) as refused:
        database.push(wanted)
    assert refused.value.code == "push_stopped"
    assert "User.name is required and has no default in the database, while User has 1 row" in refused.value.message
    database.run('delete from "User"')
    assert database.push(wanted).changes == ("add column User.name",)


def test_a_column_that_is_empty_somewhere_cannot_become_required(database: Database):
    database.push("model User { id Int @id\n name String? }")
    database.run("insert into \"User\" values (1, 'Ada'), (2, null)")
    with pytest.raises(Problem, match=r"User\.name is required now, but empty in 1 row: fill them first"):
        database.push(USER)
    database.run("update \"User\" set name = 'Eve' where id = 2")
    assert database.push(USER).changes == ("require User.name",)


def test_a_failure_in_the_middle_leaves_nothing_behind(database: Database):
    database.push("model User { id Int @id\n name String }")
    database.run("insert into \"User\" values (1, 'Ada'), (2, 'Ada')")
    with pytest.raises(DatabaseProblem, match="could not create unique index"):
        database.push("model User { id Int @id\n name String @unique\n age Int? }\nmodel Other { id Int @id }")
    assert database.settled("model User { id Int @id\n name String }")


# Types


@pytest.mark.parametrize(
    ("before", "after", "value", "read"),
    [
        ("Int", "BigInt", "7", 7),
        ("Int", "String", "7", "7"),
        ("String @db.VarChar(5)", "String @db.VarChar(9)", "'abc'", "abc"),
        ("String @db.VarChar(5)", "String", "'abc'", "abc"),
        ("Role", "String", "'A'", "A"),
        ("Float @db.Real", "Float", "1.5", 1.5),
        ("Json @db.Json", "Json", "'[1]'", [1]),
        ("String?", "String[]", "'x'", ["x"]),
        ("DateTime", "DateTime @db.Timestamp(6)", "'2020-01-02'", None),
    ],
)
def test_types_that_hold_every_value_change_unasked(
    database: Database, before: str, after: str, value: str, read: object
):
    head = "enum Role { A B }\n"
    database.push(f"{head}model M {{ id Int @id\n f {before} }}")
    database.run(f'insert into "M" values (1, {value})')
    wanted = f"{head}model M {{ id Int @id\n f {after} }}"
    database.push(wanted, ask=None)
    assert read is None or database.rows('select f from "M"') == [read]
    assert database.settled(wanted)


def test_a_moment_stays_the_same_moment(database: Database):
    database.push("model M { id Int @id\n f DateTime }")
    database.run("insert into \"M\" values (1, '2020-01-02 03:04:05')")
    database.push("model M { id Int @id\n f DateTime @db.Timestamptz(3) }", ask=None)
    assert database.rows('select extract(epoch from f)::int from "M"') == [1577934245]
    database.run("set timezone to 'Asia/Tokyo'")
    database.push("model M { id Int @id\n f DateTime }", ask=None)
    assert database.rows('select f::text from "M"') == ["2020-01-02 03:04:05"]


@pytest.mark.parametrize(
    ("before", "after", "value", "told"),
    [
        ("String", "Int", "'7'", "M.f becomes integer from text: a value that does not fit stops everything (1 row)"),
        ("BigInt", "Int", "7", "M.f becomes integer from bigint: a value that does not fit stops everything (1 row)"),
        ("String[]", "String?", "'{a,b}'", "M.f becomes text from text[]: only the first of each list stays (1 row)"),
        ("String", "Role", "'A'", "a value that does not fit stops everything (1 row)"),
        ("String", "String @db.VarChar(2)", "'ab'", "a value that does not fit stops everything (1 row)"),
    ],
)
def test_types_that_may_not_hold_every_value_are_asked_about(
    database: Database, before: str, after: str, value: str, told: str
):
    head = "enum Role { A B }\n"
    database.push(f"{head}model M {{ id Int @id\n f {before} }}")
    database.run(f'insert into "M" values (1, {value})')
    wanted = f"{head}model M {{ id Int @id\n f {after} }}"
    database.push(wanted)
    assert told in database.asked[0]
    assert database.settled(wanted)


def test_a_value_that_does_not_fit_stops_everything(database: Database):
    database.push(USER)
    database.run("insert into \"User\" values (1, 'Ada')")
    with pytest.raises(DatabaseProblem, match="invalid input syntax for type integer"):
        database.push("model User { id Int @id\n name Int }")
    assert database.rows('select name from "User"') == ["Ada"]


def test_the_type_of_a_key_changes_with_what_refers_to_it(database: Database):
    text = """
        model User {{ id {0} @id
            posts Post[] }}
        model Post {{ id Int @id
            user User @relation(fields: [userId], references: [id])
            userId {0}
            tags Tag[] }}
        model Tag {{ id {0} @id
            posts Post[] }}
    """
    database.push(text.format("Int"))
    database.run('insert into "User" values (1)', 'insert into "Post" values (1, 1)')
    database.push(text.format("String"), ask=None)
    assert database.rows('select "userId" from "Post"') == ["1"]
    assert database.settled(text.format("String"))
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        database.run("insert into \"Post\" values (2, 'x')")


def test_a_sequence_comes_and_goes(database: Database):
    plain, counting = "model M { id Int @id }", "model M { id Int @id @default(autoincrement()) }"
    database.push(plain)
    database.run('insert into "M" values (41)')
    assert database.push(counting).changes == ("count M.id",)
    database.run('insert into "M" default values')
    assert database.rows('select max(id) from "M"') == [42]
    assert database.settled(counting)
    assert database.push(plain).changes == ("stop counting M.id",)
    assert database.rows("select count(*) from pg_sequences where schemaname = 'public'") == [0]


def test_a_column_that_counts_by_identity_counts(database: Database):
    database.run('create table "M" (id integer generated by default as identity constraint "M_pkey" primary key)')
    assert database.settled("model M { id Int @id @default(autoincrement()) }")


def test_defaults_change(database: Database):
    database.push('model M { id Int @id\n a Int @default(1)\n b String\n c String @default("x") }')
    wanted = 'model M { id Int @id\n a Int @default(2)\n b String @default("it\'s")\n c String }'
    changes = ("set the default of M.a", "set the default of M.b", "drop the default of M.c")
    assert database.push(wanted).changes == changes
    assert database.settled(wanted)


# Enums


def test_a_value_is_added_where_it_belongs(database: Database):
    text = "enum Role {{ {0} }}\nmodel M {{ id Int @id\n role Role @default(B) }}"
    database.push(text.format("B D"))
    report = database.push(text.format("A B C D E"))
    assert report.changes == ("add A to enum Role", "add C to enum Role", "add E to enum Role")
    assert database.rows('select enum_range(null::"Role")::text[]') == [["A", "B", "C", "D", "E"]]


def test_a_new_value_can_be_used_at_once(database: Database):
    text = "enum Role {{ {0} }}\nmodel M {{ id Int @id\n role Role @default({1})\n roles Role[] @default([{1}]) }}"
    database.push(text.format("A B", "A"))
    database.run('insert into "M" values (1)')
    database.push(text.format("A B C", "C"))
    database.run('insert into "M" values (2)')
    assert database.rows('select role::text from "M" order by id') == ["A", "C"]
    assert database.settled(text.format("A B C", "C"))


def test_a_value_that_rows_hold_stays(database: Database):
    text = "enum Role {{ {0} }}\nmodel M {{ id Int @id\n role Role\n roles Role[] }}"
    database.push(text.format("A B C"))
    database.run("insert into \"M\" values (1, 'B', '{A}'), (2, 'A', '{B,C}')")
    with pytest.raises(Problem) as refused:
        database.push(text.format("A"))
    assert refused.value.details == (
        "M.role holds B, C in 1 row, which Role no longer has: change them first\n"
        "M.roles holds B, C in 1 row, which Role no longer has: change them first"
    )
    database.run("update \"M\" set role = 'A', roles = '{A}'")
    database.push(text.format("A"))
    assert database.rows('select enum_range(null::"Role")::text[]') == [["A"]]
    assert database.settled(text.format("A"))


def test_an_enum_comes_and_goes_with_its_columns(database: Database):
    with_enum = "enum Role { A B }\nmodel M { id Int @id\n role Role? }"
    without = "model M { id Int @id }"
    database.push(without)
    database.push(with_enum)
    assert database.push(without).changes == ("drop column M.role", "drop enum Role")


def test_values_in_another_order(database: Database):
    database.push("enum Role { A B }\nmodel M { id Int @id\n role Role }")
    wanted = "enum Role { B A }\nmodel M { id Int @id\n role Role }"
    database.push(wanted)
    assert database.rows('select enum_range(null::"Role")::text[]') == [["B", "A"]]
    assert database.settled(wanted)


# Names


def test_a_rename_is_asked_about_and_keeps_the_values(database: Database):
    database.push(USER)
    database.run("insert into \"User\" values (1, 'Ada')")
    wanted = "model User { id Int @id\n fullName String }"
    report = database.push(wanted)
    assert database.asked == ["Is User.fullName the column name under a new name?"]
    assert report.changes == ("rename column User.name to fullName",)
    assert database.rows('select "fullName" from "User"') == ["Ada"]
    assert database.settled(wanted)


def test_a_column_is_renamed_and_given_another_type(database: Database):
    database.push("model M { id Int @id\n a Int @unique }")
    database.run('insert into "M" values (1, 5)')
    report = database.push("model M { id Int @id\n b BigInt @unique }")
    assert report.changes == (
        "rename column M.a to b",
        "rename index M_a_key of M to M_b_key",
        "change the type of M.b to bigint",
    )


def test_no_to_a_rename_means_one_goes_and_one_comes(database: Database):
    database.push("model User { id Int @id\n name String? }")
    database.answer = False
    report = database.push("model User { id Int @id\n title String? }")
    assert report.changes == ("add column User.title", "drop column User.name")


def test_a_table_is_renamed_with_its_rows(database: Database):
    text = "model {0} {{ id Int @id\n name String\n mail String @unique }}"
    database.push(text.format("User"))
    database.run("insert into \"User\" values (1, 'Ada', 'a@b.c')")
    report = database.push(text.format("Person"))
    assert database.asked == ["Is Person the table User under a new name?"]
    assert report.changes[0] == "rename table User to Person"
    assert database.rows('select name from "Person"') == ["Ada"]
    assert database.settled(text.format("Person"))


def test_mapping_a_name_changes_no_database(database: Database):
    database.push(USER)
    assert database.settled('model Person { key Int @id @map("id")\n called String @map("name")\n @@map("User") }')


# Keys


def test_primary_keys_change_with_what_refers_to_them(database: Database):
    database.push("""
        model User { id Int @id
            code String @unique
            posts Post[] }
        model Post { id Int @id
            user User @relation(fields: [userId], references: [id])
            userId Int }
    """)
    wanted = """
        model User { id Int @unique
            code String @id
            posts Post[] }
        model Post { id Int
            userId Int
            user User @relation(fields: [userId], references: [id], onDelete: Cascade)
            @@id([id, userId]) }
    """
    database.push(wanted)
    assert database.settled(wanted)


def test_a_unique_constraint_is_as_good_as_a_unique_index(database: Database):
    database.run('create table "M" (id integer constraint "M_pkey" primary key, f text not null unique)')
    assert database.settled("model M { id Int @id\n f String @unique }")
    assert database.push("model M { id Int @id\n f String }").changes == ("drop index M_f_key of M",)


def test_foreign_keys_to_other_schemas_stay(database: Database):
    text = "model Profile { id String @id @db.Uuid }"
    database.push(text)
    database.run('alter table "Profile" add foreign key (id) references auth.users (id) on delete cascade')
    assert database.settled(text)


# Names that change hands


def test_a_table_takes_the_name_of_one_that_is_renamed(database: Database):
    database.push("model User { id Int @id\n name String @unique\n mail String }")
    wanted = """
        model Person { id Int @id
            name String @unique
            mail String }
        model User { id Int @id @default(autoincrement())
            login String @unique }
    """
    database.push(wanted.replace("model User", "model Account"))
    database.push(wanted)
    assert database.settled(wanted)


def test_an_enum_takes_the_name_of_a_table_and_the_other_way_round(database: Database):
    one = "model Role { id Int @id }\nenum State { A }\nmodel M { id Int @id\n state State? }"
    other = "model State { id Int @id }\nenum Role { A }\nmodel M { id Int @id\n role Role? }"
    database.answer = False
    database.push(one)
    database.push(other)
    assert database.settled(other)


def test_a_new_schema_of_postgresql_in_a_database_that_has_tables(database: Database):
    database.push(USER, policies=True)
    wanted = """
        datasource db { provider = "postgresql"
            schemas = ["public", "other"] }
        model User { id Int @id
            name String
            @@schema("public") }
        model Log { id Int @id
            @@schema("other")
            @@allow('read', true) }
    """
    assert database.push(wanted, policies=True).changes[:2] == ("create schema other", "create table other.Log")
    assert database.settled(wanted, policies=True)


# The surroundings


def test_two_pushes_at_once_go_one_after_the_other(database: Database):
    with psycopg.connect(database.dsn) as other:
        other.execute("select pg_advisory_xact_lock(7310214402654)")
        with pytest.raises(DatabaseProblem, match="lock timeout"):
            _impatient(database)
    assert database.push(USER).changes == ("create 1 table",)


def test_a_push_that_compares_holds_the_lock_to_its_end(database: Database):
    database.push(USER)
    held: list[object] = []

    def look(_: str) -> None:
        held.extend(database.rows(LOCKS))

    database.push("model User { id Int @id\n name String\n age Int? }", tell=look)
    assert held == [1]


def _impatient(database: Database) -> None:
    dsn = f"{database.dsn} options='-c statement_timeout=300'"
    try:
        evolve.push_now(schema(USER), dsn, policies=False)
    except DatabaseProblem as problem:
        raise DatabaseProblem(problem.code, "lock timeout") from None


def test_a_database_that_is_not_there_is_said_so(cluster: Server):
    with pytest.raises(Problem, match="The database cannot be reached"):
        evolve.push_now(schema(USER), cluster.dsn("postgres", "nowhere"))


def test_policies_need_the_roles_that_they_are_for(database: Database):
    with pytest.raises(Problem, match="There is no role nobody_here here"):
        database.push(USER, policies=True, options=rls.Options(roles=("nobody_here",)))


def test_names_that_try_to_be_sql(database: Database):
    evil = "x\\\"; drop table users; --'%s"
    text = f'model M {{ id Int @id\n f String @default("{evil}") @map("{evil}")\n @@map("{evil}") }}'
    database.push(text)
    assert database.settled(text)
    database.push(f'model M {{ id Int @id\n @@map("{evil}") }}')
    assert database.rows("select count(*) from pg_tables where schemaname = 'public'") == [1]
