"""What a push makes of a schema: Prisma's physical layout, asked of PostgreSQL's own catalogs."""

import pytest

from tests.surfaces.evolve.conftest import Database

COLUMN = """
select format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = '"M"'::regclass and a.attname = 'f'
"""


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("String", "text"),
        ("Boolean", "boolean"),
        ("Int", "integer"),
        ("BigInt", "bigint"),
        ("Float", "double precision"),
        ("Decimal", "numeric(65,30)"),
        ("DateTime", "timestamp(3) without time zone"),
        ("Json", "jsonb"),
        ("Bytes", "bytea"),
        ("Role", '"Role"'),
        ("Shape @json", "jsonb"),
        ("Shape[] @json", "jsonb"),
        ('Unsupported("point")', "point"),
        ("String @db.Text", "text"),
        ("String @db.Char(4)", "character(4)"),
        ("String @db.VarChar(20)", "character varying(20)"),
        ("String @db.Bit(3)", "bit(3)"),
        ("String @db.VarBit(3)", "bit varying(3)"),
        ("String @db.Uuid", "uuid"),
        ("String @db.Inet", "inet"),
        ("Int @db.SmallInt", "smallint"),
        ("Int @db.Oid", "oid"),
        ("Float @db.Real", "real"),
        ("Decimal @db.Decimal(10, 2)", "numeric(10,2)"),
        ("Decimal @db.Money", "money"),
        ("DateTime @db.Timestamp(6)", "timestamp(6) without time zone"),
        ("DateTime @db.Timestamptz(3)", "timestamp(3) with time zone"),
        ("DateTime @db.Timestamptz", "timestamp with time zone"),
        ("DateTime @db.Date", "date"),
        ("DateTime @db.Time(0)", "time(0) without time zone"),
        ("DateTime @db.Timetz", "time with time zone"),
        ("Json @db.Json", "json"),
    ],
)
def test_types(database: Database, field: str, expected: str):
    text = f"enum Role {{ A B }}\ntype Shape {{ x Int }}\nmodel M {{ id Int @id\n f {field} }}"
    database.push(text)
    assert database.rows(COLUMN) == [(expected, True, None)]
    assert database.settled(text)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("String[]", "text[]"),
        ("Role[]", '"Role"[]'),
        ("String[] @db.VarChar(5)", "character varying(5)[]"),
        ("Json[]", "jsonb[]"),
    ],
)
def test_lists_are_arrays_that_may_be_null(database: Database, field: str, expected: str):
    text = f"enum Role {{ A B }}\nmodel M {{ id Int @id\n f {field} }}"
    database.push(text)
    assert database.rows(COLUMN) == [(expected, False, None)]
    assert database.settled(text)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ('String @default("it\'s :x %")', "'it''s :x %'::text"),
        ("Int @default(-3)", "'-3'::integer"),
        ("Float @default(1.5)", "1.5"),
        ("Decimal @default(1.50)", "1.50"),
        ("Boolean @default(true)", "true"),
        ("Role @default(B)", "'b'::\"Role\""),
        ("DateTime @default(now())", "CURRENT_TIMESTAMP"),
        (
            'DateTime @default("2020-01-02T03:04:05+02:00")',
            "'2020-01-02 01:04:05'::timestamp without time zone",
        ),
        ('Json @default("{\\"a\\": 1}")', "'{\"a\": 1}'::jsonb"),
        ('Bytes @default("aGk=")', "'\\x6869'::bytea"),
        ('String[] @default(["a", "b"])', "ARRAY['a'::text, 'b'::text]"),
        ("Int[] @default([])", "ARRAY[]::integer[]"),
        ("Role[] @default([A, B])", "ARRAY['A'::\"Role\", 'b'::\"Role\"]"),
        ('String @default(dbgenerated("gen_random_uuid()")) @db.Uuid', "gen_random_uuid()"),
        ("String @default(dbgenerated(\"lower('A')\"))", "lower('A'::text)"),
        ("String @default(uuid())", None),
        ("String @default(cuid())", None),
        ("String @default(nanoid())", None),
        ("String @default(ulid())", None),
        ("DateTime @updatedAt", None),
    ],
)
def test_defaults(database: Database, field: str, expected: str | None):
    text = f'enum Role {{ A B @map("b") }}\nmodel M {{ id Int @id\n f {field} }}'
    database.push(text)
    assert database.rows(COLUMN)[0][2] == expected
    assert database.settled(text)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("Int @default(autoincrement())", "integer"),
        ("BigInt @default(autoincrement())", "bigint"),
        ("Int @db.SmallInt @default(autoincrement())", "smallint"),
    ],
)
def test_autoincrement_is_serial(database: Database, field: str, kind: str):
    text = f"model M {{ id Int @id\n f {field} }}"
    database.push(text)
    assert database.rows(COLUMN) == [(kind, True, "nextval('\"M_f_seq\"'::regclass)")]
    assert database.rows("select pg_get_serial_sequence('\"M\"', 'f')") == ['public."M_f_seq"']
    assert database.settled(text)


NAMES = """
select conname::text from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f')
union
select indexname from pg_indexes where schemaname = 'public'
"""


def test_names_of_keys_and_indexes_are_prismas(database: Database):
    text = """
        model User {
            id Int @id
            email String @unique
            handle String @unique(map: "the_handle")
            posts Post[]
            @@map("users")
        }
        model Post {
            tenant Int
            number Int
            title String
            author User @relation(fields: [authorId], references: [id])
            authorId Int @map("author_id")
            @@id([tenant, number])
            @@unique([title, authorId])
            @@index([title(sort: Desc), authorId])
            @@index([title], type: Hash, map: "by_title")
        }
    """
    database.push(text)
    assert set(database.rows(NAMES)) == {
        "Post_author_id_fkey",
        "Post_pkey",
        "Post_title_author_id_idx",
        "Post_title_author_id_key",
        "by_title",
        "the_handle",
        "users_email_key",
        "users_pkey",
    }
    assert database.rows("select indexdef from pg_indexes where indexname = 'Post_title_author_id_idx'") == [
        'CREATE INDEX "Post_title_author_id_idx" ON public."Post" USING btree (title DESC, author_id)'
    ]
    assert database.rows("select count(*) from pg_constraint where contype = 'u' and conrelid = 'users'::regclass") == [
        0
    ]
    assert database.settled(text)


def test_a_name_too_long_is_cut_before_its_ending(database: Database):
    long = "AverageDailyTemperatureOfTheAtmosphere"
    text = f"model {long} {{ id Int @id\n measuredByTheStationCalled String @unique }}"
    database.push(text)
    found = database.rows(f"select indexname::text from pg_indexes where tablename = '{long}' order by 1")
    assert found == [f"{long}_measuredByTheStationC"[:59] + "_key", f"{long}_pkey"]
    assert all(len(each) <= 63 for each in found)
    assert database.settled(text)


def test_operator_classes_and_methods(database: Database):
    text = """
        model M {
            id Int @id
            data Json
            tags String[]
            name String
            @@index([data(ops: JsonbPathOps)], type: Gin, map: "a")
            @@index([tags(ops: ArrayOps)], type: Gin, map: "b")
            @@index([name(ops: raw("text_pattern_ops"))], map: "c")
            @@index([id(ops: Int4MinMaxOps)], type: Brin, map: "d")
        }
    """
    database.push(text)
    query = "select substring(indexdef from 'USING .*') from pg_indexes where length(indexname) = 1 order by indexname"
    assert database.rows(query) == [
        "USING gin (data jsonb_path_ops)",
        "USING gin (tags)",
        "USING btree (name text_pattern_ops)",
        "USING brin (id)",
    ]
    assert database.settled(text)


ACTIONS = """
select conname::text, confdeltype::text || confupdtype::text from pg_constraint
where contype = 'f' and conrelid = '"Post"'::regclass order by conname
"""


def test_actions_of_foreign_keys(database: Database):
    text = """
        model User {
            id Int @id
            a Post[] @relation("a")
            b Post[] @relation("b")
            c Post[] @relation("c")
            d Post[] @relation("d")
        }
        model Post {
            id Int @id
            a User @relation("a", fields: [aId], references: [id])
            aId Int
            b User? @relation("b", fields: [bId], references: [id])
            bId Int?
            c User @relation("c", fields: [cId], references: [id], onDelete: Cascade, onUpdate: NoAction)
            cId Int
            d User @relation("d", fields: [dId], references: [id], onDelete: SetDefault, onUpdate: Restrict, map: "d")
            dId Int @default(1)
        }
    """
    database.push(text)
    found = dict(database.rows(ACTIONS))
    assert found == {"Post_aId_fkey": "rc", "Post_bId_fkey": "nc", "Post_cId_fkey": "ca", "d": "dr"}
    assert database.settled(text)


def test_the_join_table_of_an_implicit_relation(database: Database):
    text = """
        model Tag { id String @id @db.Uuid
            posts Post[]
            liked Post[] @relation("likes") }
        model Post { id Int @id
            tags Tag[]
            likes Tag[] @relation("likes") }
    """
    database.push(text)
    columns = """
        select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relname in ('_PostToTag', '_likes') and a.attnum > 0 and c.relkind = 'r' order by 1, 2
    """
    assert database.rows(columns) == [
        ("_PostToTag", "A", "integer"),
        ("_PostToTag", "B", "uuid"),
        ("_likes", "A", "integer"),
        ("_likes", "B", "uuid"),
    ]
    keys = """
        select conname::text, pg_get_constraintdef(oid) from pg_constraint
        where conrelid = '"_PostToTag"'::regclass and contype <> 'n' order by conname::text
    """
    assert database.rows(keys) == [
        ("_PostToTag_AB_pkey", 'PRIMARY KEY ("A", "B")'),
        ("_PostToTag_A_fkey", 'FOREIGN KEY ("A") REFERENCES "Post"(id) ON UPDATE CASCADE ON DELETE CASCADE'),
        ("_PostToTag_B_fkey", 'FOREIGN KEY ("B") REFERENCES "Tag"(id) ON UPDATE CASCADE ON DELETE CASCADE'),
    ]
    assert "_PostToTag_B_index" in database.rows("select indexname::text from pg_indexes")
    assert database.settled(text)


def test_a_join_table_with_the_unique_index_of_older_versions_is_left_as_it_is(database: Database):
    text = "model Tag { id Int @id\n posts Post[] }\nmodel Post { id Int @id\n tags Tag[] }"
    database.push(text)
    database.run(
        'alter table "_PostToTag" drop constraint "_PostToTag_AB_pkey"',
        'create unique index "_PostToTag_AB_unique" on "_PostToTag" ("A", "B")',
    )
    assert database.settled(text)


def test_sub_models_of_a_delegate_have_tables_of_their_own(database: Database):
    text = """
        model Asset { id Int @id @default(autoincrement())
            kind String
            name String @unique
            @@delegate(kind) }
        model Video extends Asset { length Int
            kind2 String
            @@delegate(kind2) }
        model Clip extends Video { best Boolean }
    """
    database.push(text)
    columns = """
        select c.relname::text, string_agg(a.attname, ' ' order by a.attnum)
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 group by 1 order by 1
    """
    found = dict(database.rows(columns))
    assert found == {"Asset": "id kind name", "Clip": "id best", "Video": "id length kind2"}
    keys = """
        select pg_get_constraintdef(oid) from pg_constraint
        where contype = 'f' and connamespace = 'public'::regnamespace order by conname
    """
    assert database.rows(keys) == [
        'FOREIGN KEY (id) REFERENCES "Video"(id) ON UPDATE CASCADE ON DELETE CASCADE',
        'FOREIGN KEY (id) REFERENCES "Asset"(id) ON UPDATE CASCADE ON DELETE CASCADE',
    ]
    counting = """
        select table_name::text from information_schema.columns
        where column_default like 'nextval%' and table_schema = 'public'
    """
    assert database.rows(counting) == ["Asset"]
    assert database.settled(text)


def test_schemas_of_postgresql(database: Database):
    text = """
        datasource db { provider = "postgresql"
            schemas = ["public", "other"] }
        enum Role { A
            @@schema("other") }
        model User { id Int @id
            role Role
            posts Post[]
            @@schema("other") }
        model Post { id Int @id
            user User @relation(fields: [userId], references: [id])
            userId Int
            tags Tag[]
            @@schema("public") }
        model Tag { id Int @id
            posts Post[]
            @@schema("other") }
    """
    database.push(text)
    query = "select schemaname || '.' || tablename from pg_tables where schemaname in ('public', 'other') order by 1"
    assert set(database.rows(query)) == {"other.User", "public.Post", "other.Tag", "public._PostToTag"}
    assert database.rows("select typnamespace::regnamespace::text from pg_type where typname = 'Role'") == ["other"]
    assert database.settled(text)


def test_ignored_fields_and_models_have_columns_and_tables(database: Database):
    text = "model M { id Int @id\n hidden String? @ignore }\nmodel Secret { id Int @id\n @@ignore }"
    database.push(text)
    assert database.rows("select count(*) from information_schema.columns where column_name = 'hidden'") == [1]
    assert database.rows("select to_regclass('\"Secret\"') is not null") == [True]
    assert database.settled(text)


def test_views_and_computed_fields_are_not_made(database: Database):
    text = "model M { id Int @id\n sum Int @computed }\nview V { id Int @unique }"
    database.push(text)
    assert database.rows("select to_regclass('\"V\"') is null") == [True]
    assert database.rows("select count(*) from information_schema.columns where table_name = 'M'") == [1]
    assert database.settled(text)


def test_mapped_names_everywhere(database: Database):
    text = """
        enum Role { ADMIN @map("admin")
            USER @map("user")
            @@map("roles") }
        model User { id Int @id @map("user_id")
            role Role @default(USER) @map("the role")
            @@map("all users") }
    """
    database.push(text)
    database.run('insert into "all users" (user_id) values (1)')
    assert database.rows('select "the role"::text from "all users"') == ["user"]
    assert database.rows("select enum_range(null::roles)::text[]") == [["admin", "user"]]
    assert database.settled(text)


def test_a_type_of_another_database_is_refused_with_its_place(database: Database):
    with pytest.raises(Exception, match=r"schema\.zmodel:\d+:\d+: PostgreSQL has no type for @db\.TinyText"):
        database.push("model M { id Int @id\n f String @db.TinyText }")
