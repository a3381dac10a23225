"""A statement's text, as PostgreSQL gets it: its own words again, and each model as the rows that may be read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.identity import ANON
from gatepost.orm import InvalidInput, RejectedByPolicy
from gatepost.orm.builder.parse import parse
from gatepost.orm.builder.printing import Printer
from gatepost.orm.builder.sources import Sources
from gatepost.orm.builder.words import FUNCTIONS
from gatepost.orm.session import Door, Session
from gatepost.policy import Rules
from gatepost.zmodel import load

SCHEMA = load(
    """
    datasource db { provider = "postgresql" url = env("X") }
    model User {
      id   Int    @id
      name String @map("the_name")
      @@map("people")
      @@allow('read', id > 0)
    }
    """
)
SESSION = Session(SCHEMA, Rules(SCHEMA), "query", Door.__new__(Door), identity=ANON)
FIELDS = '"gp1"."id" AS "id", "gp1"."the_name" AS "name"'
ROWS = f'(SELECT {FIELDS} FROM "public"."people" AS "gp1" WHERE "gp1"."id" > $1::bigint)'


def printed(sql: str, functions: frozenset[str] = frozenset()) -> str:
    text = Printer(Sources(SESSION), functions).query(parse(sql).tree)[0]
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("select 1", "SELECT 1"),
        ("select a+b*-c from User u", f'SELECT "a" + "b" * - "c" FROM {ROWS} AS "u"'),
        ('select "u"."name" FROM "User" AS "u"', f'SELECT "u"."name" FROM {ROWS} AS "u"'),
        ("select name from user", f'SELECT "name" FROM {ROWS} AS "user"'),
        ('select 1 as "a""b", $2 as c, $1, $2', 'SELECT 1 AS "a""b" , $1 AS "c" , $2 , $1'),
        ("select 'it''s' || E -- x", "SELECT 'it''s' || \"E\""),
        ("select a::varchar(3)[], date '2020-01-01'", "SELECT \"a\" :: varchar ( 3 ) [] , CAST('2020-01-01' AS date)"),
    ],
)
def test_what_postgresql_gets(sql: str, text: str) -> None:
    assert printed(sql) == text


def test_each_place_of_a_model_is_asked_for_its_rules() -> None:
    sql = """
        with x as (select id from User) select (select 1 from User) from User a, x
        join User b on exists (select 1 from User)
    """
    assert printed(sql).count('FROM "public"."people"') == printed(sql).count('."id" > $') == 5


@pytest.mark.parametrize(
    "sql",
    [
        "select * from people",
        "select * from public.people",
        'select * from "pg_catalog"."pg_class"',
        "select * from only User",
        "select * from User, secrets",
        "select 1 from (select 2 from secrets) as x",
        "select 1 where exists (select 1 from secrets)",
        "with x as (select 1 from secrets) select 1",
        "with x as (select 1) select 1 union select 2 from secrets",
        "with recursive x(a) as (select 1 from secrets) select * from x",
        "select (with x as (select 1) select 1 from x), (select 1 from x)",
    ],
)
def test_a_table_that_the_schema_does_not_have_is_refused(sql: str) -> None:
    with pytest.raises(RejectedByPolicy, match="no such model"):
        printed(sql)


@pytest.mark.parametrize(
    "function",
    [
        "pg_read_file", "query_to_xml", "table_to_xml", "ts_stat", "dblink", "lo_import", "set_config", "nextval",
        "pg_sleep", "current_setting", "pg_advisory_lock", "has_table_privilege", "pg_terminate_backend", "xmltable",
        "pg_get_viewdef", "to_regclass", "currval", "txid_current", "pg_notify", "pg_stat_file", "inet_server_addr",
    ],
)  # fmt: skip
def test_a_function_that_may_look_elsewhere_is_not_known(function: str) -> None:
    assert function not in FUNCTIONS
    for sql in (
        f"select {function}('x')",
        f"select 1 from {function.upper()}('x') as t(a)",
        f"select pg_catalog.{function}(1)",
    ):
        with pytest.raises(InvalidInput, match="does not know the function"):
            printed(sql)


def test_a_program_may_vouch_for_functions_of_its_own() -> None:
    known = frozenset(("tax", "shop.tax"))
    assert printed("select tax(1), shop.tax(2)", known) == 'SELECT "tax"(1) , "shop"."tax"(2)'.replace(
        "(", " ( "
    ).replace(")", " )")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("", "ends too early"),
        ("select", "ends too early"),
        ("select a b from User", 'no "b" here \\(line 1, column 10\\)'),
        ("select 1; select 2", 'no "select" here'),
        ("select 1 from User for update", 'no "update" here'),
        ("table User", 'no "table" here'),
        ("select * from User where a in (table secrets)", 'no "secrets" here'),
        ("with x as (delete from User) select 1", 'no "delete" here'),
        ("select 1 into x from User", 'no "x" here'),
        ("copy User to 'x'", 'no "copy" here'),
        ("explain select 1", 'no "explain" here'),
        ("truncate User", 'no "truncate" here'),
        ("select $$a$$", 'no "\\$" here'),
        ("select $0", 'no "\\$" here'),
        ("select x'00", 'no "\'" here'),
        ("select a.b.c from User", 'no "." here'),
        ("select (u).name from User u", 'no "." here'),
        ("select f(variadic a)", 'no "a" here'),
        ("select 'a' 'b'", "no \"'b'\" here"),
        ("select U&'x'", 'no "&" here'),
        ("select 1 \0", "NUL"),
    ],
)
def test_what_the_grammar_does_not_have_is_refused_where_it_stands(sql: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse(sql)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select u.nope from User u", 'no column of u "nope"'),
        ("select u.nam from User u", 'did you mean "name"'),
        ("select u.upper from User u", "no column of u"),
        ("select x.pg_read_file from unnest(array['/etc/passwd']) as x(a)", "no column of x"),
        ("select x.pg_read_file from (values ('/etc/passwd')) as x", "no column of x"),
        ("select y.id from User u", 'no table or alias "y"'),
        ("select y.* from User u", 'no table or alias "y"'),
        ("with t as (select 1 as a) select t.b from t", "no column of t"),
        ("select (select u.id) from (select 1 from User u) as x", 'no table or alias "u"'),
        ("select a::regclass from User", 'no type "regclass"'),
        ("select E'a\\nb'", 'no type "E"'),
        ("select cast(a as secrets)", 'no type "secrets"'),
    ],
)
def test_a_name_that_nothing_has_is_refused(sql: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        printed(sql)


def test_nesting_has_an_end() -> None:
    with pytest.raises(InvalidInput, match="nested too deeply"):
        printed(f"select {'(' * 5000}1{')' * 5000}")


# ------------------------------------------------------------------ whatever somebody writes

SAID = """
select from where group by order limit offset with recursive as union all ( ) ( ) , . * ; join left on using lateral
values insert into update set delete returning exists in any case when then end cast array [ ] [] :: = <> + - || -> and
or not is null distinct User User u u people public pg_class secrets id name x count(*) upper( unnest( $1 $2 'a' 'it''s'
1 2.5 "User" "people" "a""b" text int date conflict do nothing filter over partition for only table union except
"""
WORDS = SAID.split()


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join).map(lambda rest: f"select 1 {rest}")
    | st.text(max_size=30)
)
def test_whatever_is_written_names_no_table_of_its_own(sql: str) -> None:
    """Either it is refused, or each table in the text stands in a sub-select that carries the rule."""
    try:
        parsed = parse(sql).tree
        text = Printer(Sources(SESSION), frozenset()).query(parsed)[0]
    except (InvalidInput, RejectedByPolicy):
        return
    bare = text.replace(' FROM "public"."people" AS ', "")
    assert '"public"' not in bare
    for word in text.split(" FROM ")[1:]:
        assert word.startswith(('"public"."people"', "(", "LATERAL", "unnest", "upper", "count", '"x"', '"u"'))
