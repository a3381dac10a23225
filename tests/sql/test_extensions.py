"""Extensions that an owner may create: the SQL-only ones give the originals' results, or say that they cannot."""

import hashlib
import hmac
import uuid

import bcrypt
import psycopg
import pytest

from tests.conftest import Connect, FreshDatabase, Needs

Session = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(scope="module")
def session(connect: Connect, fresh_database: FreshDatabase) -> Session:
    found = connect("postgres", fresh_database())
    found.execute('create extension "uuid-ossp" schema extensions; create extension pgcrypto schema extensions')
    return found


def one(session: Session, query: str, *parameters: object) -> object:
    row = session.execute(query, parameters).fetchone()  # pyright: ignore
    return row[0] if row else None


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 65, 119, 1000])
@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"])
def test_digest_and_hmac(session: Session, algorithm: str, length: int) -> None:
    data, key = (bytes(range(256)) * 4)[:length], b"k" * (length + 1)
    assert one(session, "select digest(%b::bytea, %s)", data, algorithm) == hashlib.new(algorithm, data).digest()
    signed = hmac.new(key, data, algorithm).digest()
    assert one(session, "select hmac(%b::bytea, %b::bytea, %s)", data, key, algorithm) == signed


@pytest.mark.parametrize("password", ["poiuytre", "", "ä €", "x" * 100])
def test_crypt_is_bcrypt(session: Session, password: str) -> None:
    hashed = one(session, "select crypt(%s, gen_salt('bf', 4))", password)
    assert isinstance(hashed, str)
    assert bcrypt.checkpw(password.encode()[:72], hashed.encode())
    assert one(session, "select crypt(%s, %s)", password, hashed) == hashed
    same_beyond_72_bytes = one(session, "select crypt(%s, %s)", password + "!", hashed) == hashed
    assert same_beyond_72_bytes is (len(password.encode()) > 72)


def test_crypt_verifies_what_others_hashed(session: Session) -> None:
    hashed = bcrypt.hashpw(b"poiuytre", bcrypt.gensalt(5, prefix=b"2a")).decode()
    assert one(session, "select crypt('poiuytre', %s) = %s", hashed, hashed) is True


def test_salts_name_their_cost_and_differ(session: Session) -> None:
    first, second = (one(session, "select gen_salt('bf')") for _ in range(2))
    assert isinstance(first, str)
    assert first.startswith("$2a$06$")
    assert first != second


def test_random_bytes(session: Session) -> None:
    assert one(session, "select length(gen_random_bytes(1024))") == 1024
    assert one(session, "select gen_random_bytes(16)") != one(session, "select gen_random_bytes(16)")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("uuid_generate_v5(uuid_ns_dns(), 'www.example.com')", uuid.uuid5(uuid.NAMESPACE_DNS, "www.example.com")),
        ("uuid_generate_v3(uuid_ns_url(), 'http://a/')", uuid.uuid3(uuid.NAMESPACE_URL, "http://a/")),
        ("uuid_nil()", uuid.UUID(int=0)),
    ],
)
def test_uuids_by_name(session: Session, query: str, expected: uuid.UUID) -> None:
    assert one(session, f"select {query}") == expected


@pytest.mark.parametrize("version", [1, 4])
def test_uuids_by_chance_are_of_their_version(session: Session, version: int) -> None:
    made = [one(session, f"select uuid_generate_v{version}()") for _ in range(20)]
    assert {value.version for value in made if isinstance(value, uuid.UUID)} == {version}
    assert len(set(made)) == 20


def test_what_cannot_be_done_says_so_and_what_to_do(session: Session) -> None:
    if not has_control_path(session):
        assert one(session, "select pgp_sym_decrypt(pgp_sym_encrypt('a', 'b'), 'b')") == "a"
        return
    for call in ("pgp_sym_encrypt('a', 'b')", "encrypt('a', 'b', 'aes')", "crypt('a', gen_salt('md5'))"):
        with pytest.raises(psycopg.errors.FeatureNotSupported) as caught:
            session.execute(f"select {call}")  # pyright: ignore
        assert "a PostgreSQL that has the real pgcrypto" in str(caught.value.diag.message_hint)


STANDINS = ("http", "pg_jsonschema", "hypopg", "index_advisor", "plpgsql_check", "pgjwt", "pgaudit", "wrappers")
OTHERS = (
    "vector",
    "moddatetime",
    "pg_stat_statements",
    "pg_buffercache",
    "earthdistance",
    "citext",
    "pg_trgm",
    "unaccent",
    "btree_gist",
)


def has_control_path(session: Session) -> bool:
    """From PostgreSQL 18 on; before, only what is installed can be created."""
    return session.info.server_version >= 180000


@pytest.mark.parametrize("name", [*STANDINS, *OTHERS])
def test_an_owner_may_create_and_drop(session: Session, name: str) -> None:
    if not has_control_path(session):
        trusted = one(session, "select count(*) from pg_available_extension_versions where name = %s and trusted", name)
        if not trusted:
            with pytest.raises((psycopg.errors.FeatureNotSupported, psycopg.errors.InsufficientPrivilege)):
                session.execute(f"create extension {name} cascade")  # pyright: ignore
            return
    session.execute(f"create extension {name} schema extensions cascade")  # pyright: ignore
    session.execute(f"drop extension {name}")  # pyright: ignore


@pytest.mark.parametrize("name", ["pg_graphql", "pgsodium", "pgmq", "pg_tle"])
def test_some_have_a_schema_of_their_own_whatever_the_search_path(session: Session, name: str) -> None:
    if not has_control_path(session):
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            session.execute(f"create extension {name}")  # pyright: ignore
        return
    with session.transaction(force_rollback=True):
        session.execute(f"set local search_path = ''; create extension {name}")  # pyright: ignore


@pytest.mark.parametrize("name", ["dblink", "postgres_fdw", "file_fdw", "pageinspect", "adminpack"])
def test_what_reaches_beyond_the_database_stays_closed(session: Session, name: str) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)):
        session.execute(f"create extension {name}")  # pyright: ignore


def test_a_stand_in_without_its_schema_refuses(session: Session) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        session.execute("create extension pg_net")


def test_a_queue_hands_each_message_to_one_reader_until_it_is_done(
    connect: Connect, fresh_database: FreshDatabase
) -> None:
    owner = connect("postgres", fresh_database())
    if not has_control_path(owner):
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            owner.execute("create extension pgmq")
        return
    owner.execute("create extension pgmq; select pgmq.create('jobs')")
    assert one(owner, """select pgmq.send('jobs', '{"n": 1}')""") == 1
    sent = owner.execute("""select pgmq.send_batch('jobs', array['{"n": 2}', '{"n": 3}']::jsonb[])""").fetchall()
    assert sent == [(2,), (3,)]
    owner.execute("""select pgmq.send('jobs', '{"n": 4}', 60)""")
    read = "select msg_id, read_ct, message ->> 'n' from pgmq.read('jobs', 30, 2)"
    assert owner.execute(read).fetchall() == [(1, 1, "1"), (2, 1, "2")]
    assert owner.execute(read).fetchall() == [(3, 1, "3")]
    owner.execute("select pgmq.set_vt('jobs', 3, 0)")
    assert owner.execute(read).fetchall() == [(3, 2, "3")]
    assert one(owner, "select pgmq.archive('jobs', 1)") is True
    assert one(owner, "select pgmq.delete('jobs', 2::bigint)") is True
    assert one(owner, "select pgmq.delete('jobs', 2::bigint)") is False
    row = owner.execute(
        "select queue_length, queue_visible_length, total_messages from pgmq.metrics('jobs')"
    ).fetchone()
    assert row == (2, 0, 4)
    assert one(owner, "select message ->> 'n' from pgmq.a_jobs") == "1"
    assert one(owner, "select pgmq.purge_queue('jobs')") == 2
    assert one(owner, "select pgmq.drop_queue('jobs')") is True
    assert owner.execute("select * from pgmq.list_queues()").fetchall() == []


SIGNATURES = (
    "read(text, integer, integer)", "read(text, integer, integer, jsonb)", "pop(text)", "archive(text, bigint)",
    "send(text, jsonb)", "send(text, jsonb, integer)", "send(text, jsonb, jsonb, timestamptz)", "delete(text, bigint)",
    "send_batch(text, jsonb[], integer)", "send_batch(text, jsonb[], jsonb[], integer)", "create(text)",
    "set_vt(text, bigint, integer)", "set_vt(text, bigint, timestamptz)", "list_queues()", "metrics_all()",
)  # fmt: skip


def test_who_may_use_queues_is_the_owners_affair(connect: Connect, fresh_database: FreshDatabase, needs: Needs) -> None:
    needs("the embedded PostgreSQL")
    name = fresh_database("supabase")
    owner, api = connect("postgres", name), connect("authenticator", name)
    owner.execute("create extension pgmq; select pgmq.create('jobs'); grant usage on schema pgmq to authenticated")
    owner.execute("revoke execute on all functions in schema pgmq from public")
    owner.execute("grant all privileges on all tables in schema pgmq to authenticated")
    api.execute("set role authenticated")
    for signature in SIGNATURES:
        function = f"pgmq.{signature}"
        assert one(api, "select has_function_privilege(%s, 'execute')", function) is False
        owner.execute(f"grant execute on function {function} to authenticated")  # pyright: ignore
        assert one(api, "select has_function_privilege(%s, 'execute')", function) is True
    owner.execute("grant execute on function pgmq.format_table_name(text, text) to authenticated")
    owner.execute("select pgmq.send('jobs', '{}')")
    assert one(api, "select msg_id from pgmq.read('jobs', 30, 1)") == 1
    assert one(api, "select msg_id from pgmq.set_vt('jobs', 1, now() + interval '1 hour')") == 1


@pytest.mark.parametrize("name", ["a;b", "a--b", "a'b", "a$b"])
def test_a_queue_name_cannot_carry_sql(connect: Connect, fresh_database: FreshDatabase, name: str) -> None:
    owner = connect("postgres", fresh_database())
    if has_control_path(owner):
        owner.execute("create extension pgmq")
        with pytest.raises(psycopg.errors.RaiseException, match="invalid characters"):
            owner.execute("select pgmq.create(%s)", (name,))


TREE = """{"$ref": "#/definitions/node", "definitions": {"node": {"type": "object", "required": ["name"],
    "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/definitions/node"}}
}, "additionalProperties": false}}}"""


@pytest.fixture(scope="module")
def json_schema(connect: Connect, fresh_database: FreshDatabase) -> Session:
    owner = connect("postgres", fresh_database())
    if has_control_path(owner):
        owner.execute("create extension pg_jsonschema schema extensions")
    return owner


@pytest.mark.parametrize(
    ("schema", "fits", "does_not"),
    [
        ("true", ["1"], []),
        ("false", [], ["1"]),
        ('{"type": "integer"}', ["1", "1.0"], ["1.5", '"1"', "null"]),
        ('{"type": ["string", "null"]}', ['"a"', "null"], ["1"]),
        ('{"minimum": 1, "exclusiveMaximum": 3}', ["1", "2.9", '"any"'], ["0", "3"]),
        ('{"maximum": 3, "exclusiveMaximum": true, "multipleOf": 0.5}', ["2.5"], ["3", "2.6"]),
        ('{"minLength": 2, "maxLength": 3, "pattern": "^a"}', ['"ab"', "5"], ['"a"', '"abcd"', '"ba"']),
        ('{"enum": ["a", 1, {"b": 2}]}', ['"a"', "1", '{"b": 2}'], ['"b"', "null"]),
        ('{"const": {"a": 1}}', ['{"a": 1.0}'], ["{}"]),
        ('{"items": {"type": "number"}, "minItems": 1, "maxItems": 2, "uniqueItems": true}', ["[1]"], ["[]", "[1, 1]"]),
        ('{"prefixItems": [{"type": "string"}], "items": false}', ['["a"]', "[]"], ['["a", 1]', "[1]"]),
        ('{"items": [{"type": "string"}], "additionalItems": {"type": "null"}}', ['["a", null]'], ['["a", 1]']),
        ('{"contains": {"const": 1}, "maxContains": 1}', ["[1, 2]"], ["[2]", "[1, 1]"]),
        (
            '{"properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false}',
            ['{"a": "b"}', '"any"'],
            ["{}", '{"a": 1}', '{"a": "b", "c": 1}'],
        ),
        (
            '{"patternProperties": {"^x": {"type": "null"}}, "additionalProperties": false}',
            ['{"xa": null}'],
            ['{"a": 1}'],
        ),
        ('{"propertyNames": {"maxLength": 1}, "maxProperties": 1}', ['{"a": 1}'], ['{"ab": 1}', '{"a": 1, "b": 2}']),
        ('{"dependentRequired": {"a": ["b"]}}', ['{"a": 1, "b": 1}', "{}"], ['{"a": 1}']),
        ('{"anyOf": [{"type": "null"}, {"minimum": 5}]}', ["null", "5"], ["4"]),
        ('{"oneOf": [{"minimum": 1}, {"maximum": 3}]}', ["5", "0"], ["2"]),
        ('{"allOf": [{"minimum": 1}, {"maximum": 3}], "not": {"const": 2}}', ["1"], ["2", "5"]),
        ('{"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 2}}', ['"ab"', "2"], ['"a"', "1"]),
        (TREE, ['{"name": "a", "children": [{"name": "b", "children": []}]}'], ['{"name": "a", "children": [{}]}']),
    ],
)
def test_values_fit_a_json_schema_or_do_not(
    json_schema: Session, schema: str, fits: list[str], does_not: list[str]
) -> None:
    if not has_control_path(json_schema):
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            json_schema.execute("create extension pg_jsonschema")
        return
    for value in [*fits, *does_not]:
        for call in ("jsonb_matches_schema(%s::json, %s::jsonb)", "json_matches_schema(%s::json, %s::json)"):
            assert one(json_schema, f"select {call}", schema, value) is (value in fits), value


def test_a_table_may_demand_a_schema(json_schema: Session) -> None:
    if not has_control_path(json_schema):
        return
    json_schema.execute(
        "create table public.things (value json check"
        """ (extensions.json_matches_schema('{"type": "object"}', value)))"""
    )
    json_schema.execute("insert into public.things values ('{}')")
    with pytest.raises(psycopg.errors.CheckViolation):
        json_schema.execute("insert into public.things values ('[]')")
    errors = 'select jsonschema_validation_errors(\'{"type": "object"}\', %s)'
    assert (one(json_schema, errors, "{}"), one(json_schema, errors, "1")) == ([], ["1 does not match the schema"])


def test_older_versions_of_the_tests_helpers_are_these(session: Session, needs: Needs) -> None:
    needs("the embedded PostgreSQL")
    with session.transaction(force_rollback=True):
        session.execute("create extension \"basejump-supabase_test_helpers\" version '0.0.1'")
        assert one(session, "select tests.create_supabase_user('someone') is not null") is True


def test_what_dumps_give_rights_on_is_there(session: Session, needs: Needs) -> None:
    needs("the embedded PostgreSQL")
    with session.transaction(force_rollback=True):
        for name in ("http", "pgaudit", "index_advisor"):
            session.execute(f"create extension {name} schema public")  # pyright: ignore
        session.execute(
            "grant all on function public.urlencode(bytea), public.urlencode(jsonb), public.text_to_bytea(text),"
            " public.http_post(varchar, jsonb), public.http_delete(varchar, varchar, varchar),"
            " public.pgaudit_ddl_command_end(), public.pgaudit_sql_drop(), public.index_advisor(text),"
            " pgp_pub_decrypt_bytea(bytea, bytea, text, text), pgp_armor_headers(text) to anon"
        )
        assert one(session, "select urlencode('a b/ä~1')") == "a%20b%2F%C3%A4~1"
        assert one(session, """select urlencode('{"a": "b c", "d": 1}'::jsonb)""") == "a=b%20c&d=1"
        assert one(session, "select errors[1] from index_advisor('select 1')") is not None
