"""The SQL of representative trees: its shape, its parameters, and that no name or value gets out of its place."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gatepost.catalog import Name
from gatepost.query.answer import answer, plain
from gatepost.query.read import condition, expression, no_presence, output, select
from gatepost.query.sql import Parameters, Slot, array_literal, identifier
from gatepost.query.tree import (
    Aggregate,
    Both,
    Cast,
    Column,
    Compare,
    Conflict,
    Delete,
    Either,
    Embed,
    Given,
    Insert,
    JsonPath,
    JsonStep,
    Link,
    Literal,
    NewColumn,
    Not,
    Order,
    Output,
    Payload,
    Present,
    Read,
    Shape,
    Star,
    State,
    Update,
)
from gatepost.query.whole import Answer, Body, Guard
from gatepost.query.write import delete, insert, update

TODOS = Name("public", "todos")
USERS = Name("public", "users")
ID = Column("id", "todos")
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
WHOLE = Read(TODOS, "todos", (Output(Star("todos")),))


def text(read: Read) -> tuple[str, list[bytes | None]]:
    params = Parameters()
    return select(read, params), params.values


def test_a_read_of_a_relation() -> None:
    read = Read(
        TODOS,
        "todos",
        (Output(ID), Output(Cast(Column("done", "todos"), "text"), "finished")),
        where=(Compare(ID, "greater", Literal("5")), Not(State(Column("title", "todos"), "null"))),
        order=(Order(ID, descending=True, nulls="last"),),
        limit=20,
        offset=40,
    )
    assert text(read) == (
        'SELECT "todos"."id", CAST("todos"."done" AS text) AS "finished" FROM "public"."todos" '
        'WHERE "todos"."id" > $1 AND NOT ("todos"."title" IS NULL) '
        'ORDER BY "todos"."id" DESC NULLS LAST LIMIT $2 OFFSET $3',
        [b"5", b"20", b"40"],
    )


def test_a_statement_that_is_kept_says_how_many_rows_it_reads() -> None:
    read = Read(TODOS, "todos", (Output(ID),), where=(Compare(ID, "greater", Literal("5")),), limit=20, offset=Slot(0))
    made = plain(read).filled({Slot(0): b"40"}.get)
    text = 'SELECT "todos"."id" FROM "public"."todos" WHERE "todos"."id" > $1 LIMIT %s OFFSET $2'
    assert (made.text, made.params) == (text % "20", (b"5", b"40"))
    later = plain(replace(read, limit=Slot(1)))
    for most in (b"3", b"100"):
        filled = later.filled({Slot(0): b"40", Slot(1): most}.get)
        assert (filled.text, filled.params) == (text % most.decode(), (b"5", b"40"))
    with pytest.raises(ValueError, match="invalid literal"):
        later.filled({Slot(0): b"40", Slot(1): b"1; drop table todos"}.get)


def test_the_same_shape_has_the_same_text_whatever_its_values() -> None:
    texts = {
        text(Read(TODOS, "todos", (Output(ID),), where=(Compare(ID, "equal", Literal(value)),), limit=limit))[0]
        for value, limit in (("1", 1), ("2", 50), ("x'; drop table todos; --", 7))
    }
    assert len(texts) == 1


def test_an_embed_is_a_lateral_join() -> None:
    author = Read(USERS, "users_1", (Output(Star("users_1")),), link=Link("todos", (("user_id", "id"),)))
    embed = Embed("author", "todos_author_1", author, Shape.OBJECT)
    assert text(Read(TODOS, "todos", (Output(ID),), (embed,)))[0] == (
        'SELECT "todos"."id", row_to_json("todos_author_1".*) AS "author" FROM "public"."todos" '
        'LEFT JOIN LATERAL (SELECT "users_1".* FROM "public"."users" AS "users_1" '
        'WHERE "users_1"."id" = "todos"."user_id") AS "todos_author_1" ON TRUE'
    )


def test_a_required_embed_becomes_exists_where_rows_are_counted() -> None:
    notes = Read(Name("public", "notes"), "notes_1", (Output(Star("notes_1")),), link=Link("todos", (("id", "todo"),)))
    embed = Embed("notes", "todos_notes_1", notes, Shape.ARRAY, required=True)
    read = Read(TODOS, "todos", (Output(ID),), (embed,), where=(Present("todos_notes_1"),), limit=1)
    counted = answer(Answer(read, total=True)).statement.text
    assert counted.count('EXISTS (SELECT 1 FROM "public"."notes" AS "notes_1"') == 2
    assert 'ON "todos_notes_1".gatepost_rows IS NOT NULL' in counted


def test_an_aggregate_groups_by_the_other_outputs() -> None:
    read = Read(TODOS, "todos", (Output(Column("done", "todos")), Output(Aggregate("count"), "how_many")))
    assert text(read)[0].endswith('count(*) AS "how_many" FROM "public"."todos" GROUP BY 1')


def test_conditions_nest_and_empty_ones_have_a_meaning() -> None:
    node = Either((Both(()), Not(Either(())), Compare(ID, "equal", Literal("1"), "any")))
    assert condition(node, Parameters(), no_presence) == '(TRUE OR NOT (FALSE) OR "todos"."id" = ANY ($1))'


def test_json_paths_are_parameters_too() -> None:
    params = Parameters()
    path = JsonPath(Column("data", "todos"), (JsonStep("a"), JsonStep("-1", index=True, as_text=True)), convert=True)
    assert expression(path, params) == '(to_jsonb("todos"."data")->$1::text->>$2::int)'
    assert params.values == [b"a", b"-1"]


def test_an_insert_takes_its_payload_apart_in_postgresql() -> None:
    params = Parameters()
    node = Insert(
        TODOS,
        Payload(b'[{"id":1}]', (NewColumn("id", "int"), NewColumn("title", "text")), many=True),
        ("id",),
        Conflict(("id",), merge=True),
    )
    assert insert(node, params) == (
        'INSERT INTO "public"."todos" ("id", "title") SELECT "gatepost_new"."id", "gatepost_new"."title" '
        'FROM json_to_recordset($1::json) AS "gatepost_new"("id" int, "title" text) '
        'ON CONFLICT ("id") DO UPDATE SET "id" = EXCLUDED."id", "title" = EXCLUDED."title" RETURNING "todos"."id"'
    )
    assert params.values == [b'[{"id":1}]']


def test_defaults_fill_what_an_object_leaves_out() -> None:
    columns = (NewColumn("id", "int", default="nextval('todos_id_seq')"), NewColumn("title", "text"))
    written = insert(Insert(TODOS, Payload(b"{}", columns, many=False, defaults=True)), Parameters())
    assert "jsonb_to_record(jsonb_build_object($2::text, nextval('todos_id_seq')) || e.element)" in written


def test_an_update_of_nothing_writes_nothing() -> None:
    node = Update(TODOS, Payload(b"{}", (), many=False), ("id",))
    assert update(node, Parameters()) == 'SELECT "todos"."id" FROM "public"."todos" WHERE false'


def test_a_delete_gives_back_a_constant_where_no_column_is_asked_for() -> None:
    node = Delete(TODOS, where=(Compare(ID, "equal", Literal("1")),))
    assert delete(node, Parameters()).endswith('WHERE "todos"."id" = $1 RETURNING 1 AS gatepost_one')


def test_an_answer_is_one_row_of_known_columns() -> None:
    compiled = answer(Answer(WHOLE, settings=("response.headers",)), inert=True)
    assert compiled.columns == ("page", "body", "setting_0")
    assert compiled.statement.inert
    assert compiled.place("body") == 1
    assert compiled.place("total") is None


def test_a_write_comes_before_what_is_read_of_it() -> None:
    read = Read(Given(), "todos", (Output(ID),))
    compiled = answer(Answer(read, write=Delete(TODOS, ("id",)), body=Body.NONE))
    assert compiled.statement.text.startswith('WITH gatepost_source AS (DELETE FROM "public"."todos"')
    assert 'FROM gatepost_source AS "todos"' in compiled.statement.text


def test_a_guard_is_a_cast_that_cannot_succeed() -> None:
    compiled = answer(Answer(WHOLE, guards=(Guard("E1", 1, 1),)))
    assert "CASE WHEN count(*) >= 1 AND count(*) <= $1::bigint THEN NULL" in compiled.statement.text
    assert compiled.statement.params == (b"1", b"E1")


# ------------------------------------------------------------------ hostile names and values


def unquoted(quoted: str) -> str:
    """An identifier read back as PostgreSQL reads it; fails where the quotes do not enclose all of it."""
    inner = quoted[1:-1]
    assert quoted[0] == quoted[-1] == '"'
    assert '"' not in inner.replace('""', "")
    return inner.replace('""', '"')


@given(NAMES)
def test_a_name_is_one_identifier_whatever_it_contains(name: str) -> None:
    assert unquoted(identifier(name)) == name


@given(NAMES, NAMES, st.text(st.characters(exclude_categories=["Cs"])))
def test_names_and_values_stay_in_their_places(column: str, alias: str, value: str) -> None:
    params = Parameters()
    named = output(Output(Column(column, alias), alias), params)
    compared = condition(Compare(Column(column, alias), "equal", Literal(value)), params, no_presence)
    assert named == f"{identifier(alias)}.{identifier(column)} AS {identifier(alias)}"
    assert compared == f"{identifier(alias)}.{identifier(column)} = $1"
    assert params.values == [value.replace("\0", "").encode()]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_an_array_literal_holds_its_elements(values: list[str]) -> None:
    literal = array_literal(values).decode()
    assert (literal[0], literal[-1]) == ("{", "}")
    elements, current, escaped, inside = [], "", False, False
    for char in literal[1:-1]:
        if escaped:
            current, escaped = current + char, False
        elif char == "\\":
            escaped = True
        elif char == '"':
            inside = not inside
            if not inside:
                elements.append(current)
                current = ""
        elif inside:
            current += char
        else:
            assert char == ","
    assert elements == [value.replace("\0", "") for value in values]


def test_parameters_are_numbered_in_the_order_of_the_text() -> None:
    params = Parameters()
    node = Both(tuple(Compare(ID, "equal", Literal(str(n))) for n in range(12)))
    found = condition(node, params, no_presence)
    positions = [found.index(f"= ${n}{' ' if n < 12 else ')'}") for n in range(1, 13)]
    assert all(a < b for a, b in pairwise(positions))
