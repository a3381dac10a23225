"""Writes under row level security and column privileges: nothing is done, or told, that psql would not."""

import pytest

from tests.surfaces.graphql.operations.asking import ANN, ANON, BEA, Museum
from tests.surfaces.graphql.operations.conftest import Opener


async def test_a_row_is_written_as_who_asks(changing: Museum):
    data = await changing.ask(
        'mutation { createNote(input: {note: {body: "mine"}}) { note { body author } } }', claims=BEA
    )
    assert data["createNote"]["note"] == {"body": "mine", "author": "bea"}


async def test_nobody_writes_without_a_right_to(changing: Museum):
    told = await changing.tell('mutation { createNote(input: {note: {body: "x"}}) { note { body } } }', claims=ANON)
    assert told.body["data"] == {"createNote": None}
    assert told.messages == ["permission denied for table note"]


async def test_nobody_writes_for_somebody_else(changing: Museum):
    told = await changing.tell(
        'mutation { createNote(input: {note: {body: "x", author: "ann"}}) { note { body } } }', claims=BEA
    )
    assert told.messages == ['new row violates row-level security policy for table "note"']


async def test_only_columns_that_are_asked_for_are_read_back(changing: Museum):
    """A column without a right to be read may be written; PostgreSQL would refuse RETURNING *."""
    query = 'mutation {{ createNote(input: {{note: {{body: "s", secret: "hush"}}}}) {{ {} }} }}'
    data = await changing.ask(query.format("note { id body author } noteEdge { node { body } cursor }"))
    note = data["createNote"]["note"]
    assert note["body"] == "s"
    assert changing.sql("select secret from museum.note where id = %s", [note["id"]]) == [("hush",)]
    told = await changing.tell(query.format("note { secret }"))
    assert told.messages == ["permission denied for table note"]
    assert changing.sql("select count(*) from museum.note where secret = 'hush'") == [(1,)]
    told = await changing.tell("{ allNotesList { id secret } }")
    assert told.messages == ["permission denied for table note"]


async def test_what_no_policy_shows_is_not_there_to_be_changed(changing: Museum):
    update = 'mutation ($id: Int!) { updateNoteById(input: {id: $id, notePatch: {body: "taken"}}) { note { body } } }'
    delete = "mutation ($id: Int!) { deleteNoteById(input: {id: $id}) { note { body } } }"
    for id in (1, 3):  # ann's, and a draft
        assert await changing.ask(update, {"id": id}, BEA) == {"updateNoteById": {"note": None}}
        assert "No values were deleted" in await changing.refusal(delete, {"id": id}, BEA)
    assert changing.sql("select body from museum.note where id in (1, 3) order by id") == [
        ("of ann",),
        ("draft of ann",),
    ]
    assert (await changing.ask(update, {"id": 1}, ANN))["updateNoteById"] == {"note": {"body": "taken"}}


async def test_a_row_that_its_writer_may_not_read_is_refused_if_it_is_to_be_told(changing: Museum):
    """PostgreSQL checks rows that RETURNING shows against the policy for reading; without, it does not ask."""
    query = 'mutation {{ createNote(input: {{note: {{body: "d", draft: true}}}}) {{ {} }} }}'
    told = await changing.tell(query.format("note { body }"))
    assert told.messages == ['new row violates row-level security policy for table "note"']
    assert changing.sql("select count(*) from museum.note where body = 'd'") == [(0,)]
    assert await changing.ask(query.format("clientMutationId query { motto }"))
    assert changing.sql("select count(*) from museum.note where body = 'd'") == [(1,)]


async def test_a_row_that_vanishes_by_its_change(changing: Museum):
    changing.sql("insert into museum.note (id, author, body) values (50, 'ann', 'soon a draft')")
    query = "mutation {{ updateNoteById(input: {{id: 50, notePatch: {{draft: true}}}}) {{ {} }} }}"
    told = await changing.tell(query.format("note { body }"))
    assert told.messages == ['new row violates row-level security policy for table "note"']
    assert changing.sql("select draft from museum.note where id = 50") == [(False,)]


async def test_relations_of_a_payload_are_read_as_who_asks(changing: Museum):
    changing.sql("insert into museum.note (id, work_id, author, body) values (60, 4, 'bea', 'bea on 4')")
    query = """mutation { createNote(input: {note: {workId: 4, body: "ann on 4"}}) {
      workByWorkId { notesByWorkId { nodes { author body } totalCount } }
      query { node(nodeId: "WyJub3RlcyIsNjBd") { nodeId } allNotes(condition: {workId: 4}) { totalCount } } } }"""
    done = (await changing.ask(query, claims=ANN))["createNote"]
    assert done["workByWorkId"]["notesByWorkId"] == {"nodes": [{"author": "ann", "body": "ann on 4"}], "totalCount": 1}
    assert done["query"] == {"node": None, "allNotes": {"totalCount": 1}}


@pytest.mark.parametrize(
    "field",
    [
        'createPayroll(input: {payroll: {id: 9, name: "x"}})',
        "updatePayrollById(input: {id: 1, payrollPatch: {wage: 1}})",
        "deletePayrollById(input: {id: 1})",
        'deletePayroll(input: {nodeId: "WyJwYXlyb2xscyIsMV0="})',
        'createCounter(input: {counter: {name: "x", value: 1}})',
        'updateNoteById(input: {id: 1, notePatch: {author: "bea"}})',
    ],
)
async def test_without_a_right_nothing_is_written(changing: Museum, field: str):
    before = changing.sql("select count(*), sum(wage) from museum.payroll")
    told = await changing.tell(f"mutation {{ {field} {{ clientMutationId }} }}", claims=ANN)
    assert "permission denied" in told.messages[0]
    assert changing.sql("select count(*), sum(wage) from museum.payroll") == before


async def test_a_function_of_a_row_needs_every_right_to_it_unless_rights_are_known(
    own_opener: Opener, changing: Museum
):
    changing.sql(
        "create or replace function museum.note_summary(note museum.note) returns text language sql stable as "
        "$$ select note.body || '/' || coalesce(note.secret, 'hidden') $$"
    )
    query = 'mutation { createNote(input: {note: {body: "b"}}) { note { body summary } } }'
    await changing.mounted.load()
    assert (await changing.tell(query)).messages == ["permission denied for table note"]
    careful = await own_opener(options={"ignoreRBAC": False})
    assert (await careful.ask(query))["createNote"]["note"] == {"body": "b", "summary": "b/hidden"}
