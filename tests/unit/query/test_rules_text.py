"""What rules and the ORM say with the tree: EXISTS, sub-selects, cases, claims, values that come later."""

import pytest

from gatepost.catalog import Name
from gatepost.query.answer import plain, template
from gatepost.query.read import condition, expression, select
from gatepost.query.sql import Inline, Parameters, Slot, Statement, literal
from gatepost.query.tree import (
    FALSE,
    TRUE,
    Aggregate,
    Case,
    Claim,
    Column,
    Compare,
    Conflict,
    Elements,
    Exists,
    Holds,
    Insert,
    Literal,
    NewColumn,
    Not,
    Nothing,
    Operation,
    Output,
    Payload,
    Read,
    Select,
    Truth,
    Update,
)
from gatepost.query.whole import Answer
from gatepost.query.write import insert, update

POST, MEMBER = Name("public", "post"), Name("public", "member")
MINE = Compare(Column("user", "m"), "equal", Claim(("sub",), "uuid"))


def text(node: object) -> str:
    return condition(node, Parameters())  # pyright: ignore[reportArgumentType]


def test_constants() -> None:
    assert (text(TRUE), text(FALSE)) == ("TRUE", "FALSE")


def test_exists_reads_another_relation() -> None:
    members = Read(MEMBER, "m", (Output(Column("id", "m")),), where=(MINE,), limit=3)
    assert text(Exists(members)) == 'EXISTS (SELECT 1 FROM "public"."member" AS "m" WHERE "m"."user" = $1::uuid)'


def test_a_boolean_value_is_a_condition_and_a_condition_a_value() -> None:
    assert text(Not(Holds(Column("published", "p")))) == 'NOT ("p"."published")'
    assert expression(Truth(MINE), Parameters()) == '("m"."user" = $1::uuid)'


def test_a_sub_select_gives_one_value_or_an_array() -> None:
    names = Read(MEMBER, "m", (Output(Column("name", "m")),))
    assert expression(Select(names), Parameters()) == '(SELECT "m"."name" FROM "public"."member" AS "m")'
    assert expression(Select(names, array=True), Parameters()).startswith("ARRAY(SELECT ")


def test_a_case_takes_the_first_branch_that_holds() -> None:
    node = Case(((Holds(Column("open", "p")), Column("title", "p")),), Literal(None))
    assert expression(node, Parameters()) == 'CASE WHEN "p"."open" THEN "p"."title" ELSE $1 END'


def test_other_sources() -> None:
    elements = Read(Elements(Claim(("roles",), "jsonb")), "r", (Output(Column("value", "r")),))
    assert select(elements, Parameters()).endswith('FROM jsonb_array_elements($1::jsonb) AS "r"(value)')
    assert (
        select(Read(Nothing(), "n", (Output(Literal("1", "int"), "one"),)), Parameters()) == 'SELECT $1::int AS "one"'
    )
    inner = Read(POST, "post", (Output(Column("id", "post"), "id"),), limit=2)
    outer = Read(inner, "page", (Output(Aggregate("count"), "n"),), having=(Holds(Literal("t", "boolean")),))
    assert select(outer, Parameters()) == (
        'SELECT count(*) AS "n" FROM (SELECT "post"."id" AS "id" FROM "public"."post" LIMIT $1) AS "page"'
        " HAVING $2::boolean"
    )
    given = Payload(b"[]", (NewColumn("id", "int"),), many=True)
    assert select(Read(given, "row", (Output(Column("id", "row")),)), Parameters()) == (
        'SELECT "row"."id" FROM json_to_recordset($1::json) AS "row"("id" int)'
    )


def test_distinct_keeps_one_row_of_a_kind() -> None:
    read = Read(POST, "p", (Output(Column("id", "p")),), distinct=(Column("author", "p"),))
    assert select(read, Parameters()).startswith('SELECT DISTINCT ON ("p"."author") "p"."id"')


def test_an_update_takes_computed_values() -> None:
    more = Operation(Column("views", "post"), "+", Literal("1", "int"))
    assert update(Update(POST, values=(("views", more),), returning=("id",)), Parameters()) == (
        'UPDATE "public"."post" SET "views" = ("post"."views" + $1::int) RETURNING "post"."id"'
    )


def test_an_insert_takes_rows_of_values() -> None:
    rows = ((Literal("1"), None), (Literal("2"), Literal(b"t")))
    node = Insert(POST, columns=("id", "shown"), rows=rows, conflict=Conflict(), returning=("id",))
    assert plain(node).text == (
        'INSERT INTO "public"."post" ("id", "shown") VALUES ($1, DEFAULT), ($2, $3)'
        ' ON CONFLICT DO NOTHING RETURNING "post"."id"'
    )
    assert plain(node).params == (b"1", b"2", b"t")
    assert insert(Insert(POST), Parameters()) == (
        'INSERT INTO "public"."post" DEFAULT VALUES RETURNING 1 AS gatepost_one'
    )


def test_a_read_stands_alone_where_its_rows_are_wanted_as_they_are() -> None:
    assert plain(Read(POST, "post", (Output(Column("id", "post")),))).text == 'SELECT "post"."id" FROM "public"."post"'


def test_a_read_may_keep_its_rows_from_changing() -> None:
    read = Read(POST, "post", (Output(Column("id", "post")),), limit=1, lock=True)
    assert select(read, Parameters()).endswith(" LIMIT $1 FOR UPDATE")


def test_slots_are_filled_when_the_statement_is_sent() -> None:
    where = (Compare(Column("id", "post"), "equal", Literal(Slot(0))), MINE)
    made = template(Answer(Read(POST, "post", (Output(Column("id", "post")),), where=where)))
    assert made.params == (Slot(0), Slot(("sub",), "uuid"))
    filled = made.filled({Slot(0): b"7", Slot(("sub",), "uuid"): None}.__getitem__)
    assert filled == Statement(made.text, (b"7", None))


def test_definitions_hold_their_values_as_quoted_literals() -> None:
    inline = Inline(lambda path, type: f"(select claim('{path[0]}'))::{type}")
    node = Compare(Column("name", "p"), "equal", Literal("O'Brien\\\0"))
    assert condition(node, inline) == "\"p\".\"name\" = 'O''Brien\\'"
    assert condition(MINE, inline) == '"m"."user" = (select claim(\'sub\'))::uuid'
    assert literal(None) == "NULL"
    with pytest.raises(TypeError, match="known later"):
        condition(Compare(Column("id", "p"), "equal", Literal(Slot(0))), inline)
