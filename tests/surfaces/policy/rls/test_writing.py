"""Rows that may be made, changed and removed; what an update may make of them; fields that may be assigned."""

import json

import pytest

from .conftest import MakeWorld
from .database import Refused, World

NOTES = """
model User {
    id Int @id
    name String
    notes Note[]
    @@allow('read', true)
}
model Note {
    id Int @id @default(autoincrement())
    text String FIELD
    done Boolean @default(false)
    rank Int @default(0)
    ownerId Int?
    owner User? @relation(fields: [ownerId], references: [id])
    @@allow('read', true)
    RULES
}
"""
ROWS = """
insert into "User" values (1, 'ann'), (2, 'bob');
insert into "Note" (id, text, done, rank, "ownerId") values
    (1, 'a', false, 1, 1), (2, 'b', true, 2, 1), (3, 'c', false, 3, 2), (4, 'd', false, 4, null);
select setval('"Note_id_seq"', 10);
"""


@pytest.fixture(scope="module")
def notes(make_world: MakeWorld):
    def make(rules: str, field: str = "") -> World:
        return make_world(NOTES.replace("RULES", rules).replace("FIELD", field), ROWS)

    return make


def insert(owner: str = "1", text: str = "x", done: str = "false") -> str:
    return f"""insert into "Note" (text, done, "ownerId") values ('{text}', {done}, {owner})"""


def test_without_a_rule_nothing_may_be_written(notes: MakeWorld) -> None:
    here = notes("")
    for statement in (insert(), 'update "Note" set rank = 9', 'delete from "Note"', 'truncate "Note"'):
        with pytest.raises(Refused, match="permission denied for table Note"):
            here.run(1, statement)


def test_a_new_row_is_judged_as_it_is_given(notes: MakeWorld) -> None:
    here = notes("@@allow('create', auth().id == ownerId && !done)")
    assert here.count(1, insert()) == 1
    for who, statement in ((2, insert()), (None, insert()), (None, insert("null")), (1, insert(done="true"))):
        with pytest.raises(Refused, match="row-level security"):
            here.run(who, statement)


def test_a_new_row_is_judged_through_its_relations(notes: MakeWorld) -> None:
    here = notes("@@allow('create', owner.name == 'ann') @@deny('create', owner.notes?[done] && auth().id == 2)")
    assert here.count(1, insert()) == 1
    assert here.count(None, insert()) == 1
    for who, statement in ((1, insert("2")), (2, insert("1"))):
        with pytest.raises(Refused):
            here.run(who, statement)


def test_a_new_row_gets_its_number_from_the_sequence(notes: MakeWorld) -> None:
    here = notes("@@allow('create', true)")
    assert here.run(None, insert() + " returning id") == [(11,)]


def test_all_new_rows_or_none(notes: MakeWorld) -> None:
    here = notes("@@allow('create', ownerId == auth().id)")
    with pytest.raises(Refused):
        here.run(1, insert() + ", ('y', false, 2)", keep=True)
    assert here.execute('select count(*) from "Note"') == [(4,)]


def test_rows_that_may_not_be_changed_are_passed_over(notes: MakeWorld) -> None:
    here = notes("@@allow('update', auth().id == ownerId) @@deny('update', done)")
    assert [here.count(who, 'update "Note" set rank = 9') for who in (None, 1, 2)] == [0, 1, 1]


def test_an_update_may_leave_what_its_rule_is_about(notes: MakeWorld) -> None:
    """The rule is about the row as it was: without an own check PostgreSQL would ask it of the new one too."""
    here = notes("@@allow('update', auth().id == ownerId)")
    assert here.count(1, 'update "Note" set "ownerId" = 2') == 2


def test_rows_that_may_not_be_removed_are_passed_over(notes: MakeWorld) -> None:
    here = notes("@@allow('delete', auth().id == ownerId) @@deny('delete', rank > 1)")
    assert [here.count(who, 'delete from "Note"') for who in (None, 1, 2)] == [0, 1, 0]


def test_what_may_not_be_read_is_not_changed_either(make_world: MakeWorld) -> None:
    here = make_world(
        "model Note { id Int @id  rank Int  @@allow('update,delete', true) @@allow('read', rank > 1) }",
        'insert into "Note" values (1, 1), (2, 2)',
    )
    assert here.count(None, 'update "Note" set rank = 5 where rank > 0') == 1
    assert here.count(None, 'delete from "Note" where rank > 0') == 1


# ------------------------------------------------------------------ after an update


def test_a_rule_about_the_new_row(notes: MakeWorld) -> None:
    here = notes("@@allow('update', true) @@allow('post-update', rank < 10) @@deny('post-update', done && rank == 0)")
    assert here.count(1, 'update "Note" set rank = rank + 1') == 4
    for change in ("rank = 10", "rank = rank + 7", "done = true, rank = 0"):
        with pytest.raises(Refused, match="row-level security"):
            here.run(1, f'update "Note" set {change}')


def test_a_rule_about_the_new_row_through_its_relations(notes: MakeWorld) -> None:
    here = notes("@@allow('update', true) @@allow('post-update', owner.name == 'ann')")
    assert here.count(2, 'update "Note" set "ownerId" = 1') == 4
    with pytest.raises(Refused, match="row-level security"):
        here.run(1, 'update "Note" set "ownerId" = 2 where id = 1')


def test_a_rule_about_the_row_before(notes: MakeWorld) -> None:
    here = notes(
        "@@allow('update', true) @@allow('post-update', rank >= before().rank || auth().id == 2)"
        "@@deny('post-update', before().done && !done)"
    )
    assert here.count(1, 'update "Note" set rank = rank + 1') == 4
    assert here.count(2, 'update "Note" set rank = 0') == 4
    with pytest.raises(Refused) as caught:
        here.run(1, 'update "Note" set rank = 3')
    assert "rank >= before().rank || auth().id == 2" in str(caught.value)
    with pytest.raises(Refused):
        here.run(2, 'update "Note" set done = false')


def test_a_refusal_names_the_rule(notes: MakeWorld) -> None:
    here = notes("@@allow('update', true)\n    @@allow('post-update', before().rank == rank)")
    with pytest.raises(Refused) as caught:
        here.run(1, 'update "Note" set rank = 9', keep=True)
    said = json.loads(caught.value.diag.message_detail or "")
    assert said == {
        "model": "Note",
        "operation": "post-update",
        "field": None,
        "rules": [{"effect": "allow", "text": "before().rank == rank"}],
    }
    assert (caught.value.diag.schema_name, caught.value.diag.table_name) == ("public", "Note")
    assert here.execute('select count(*) from "Note" where rank = 9') == [(0,)]


def test_a_rule_about_other_rows_of_the_same_table_sees_what_the_update_made_of_them(notes: MakeWorld) -> None:
    here = notes("@@allow('update', true) @@allow('post-update', owner.notes^[rank > 5])")
    assert here.count(1, 'update "Note" set rank = 5 where id < 4') == 3
    with pytest.raises(Refused):
        here.run(1, 'update "Note" set rank = case id when 1 then 0 else 6 end where id < 3')
    with pytest.raises(Refused):
        here.run(1, 'update "Note" set rank = case id when 2 then 0 else 6 end where id < 3')


# ------------------------------------------------------------------ fields


def test_a_field_may_be_changed_where_its_rule_holds_of_the_old_row(notes: MakeWorld) -> None:
    here = notes("@@allow('update', true)", "@allow('update', ownerId == auth().id) @deny('update', done)")
    assert here.count(1, """update "Note" set text = 'z' where id = 1""") == 1
    assert here.count(1, 'update "Note" set rank = 9') == 4
    assert here.count(2, 'update "Note" set "ownerId" = 1') == 4
    for who, where in ((None, "id = 1"), (2, "id = 1"), (1, "id = 2"), (1, "id = 4"), (1, "true")):
        with pytest.raises(Refused) as caught:
            here.run(who, f"""update "Note" set text = 'z', "ownerId" = 1 where {where}""")
        assert str(caught.value).startswith("Note.text may not be changed")
        assert caught.value.diag.column_name == "text"


def test_to_give_a_field_the_value_that_it_has_is_to_assign_it(notes: MakeWorld) -> None:
    here = notes("@@allow('update', true)", "@allow('update', ownerId == auth().id)")
    with pytest.raises(Refused, match=r"Note\.text"):
        here.run(2, 'update "Note" set text = text where id = 1')


def test_a_fields_rule_through_relations(notes: MakeWorld) -> None:
    here = notes("@@allow('update', true)", "@allow('update', owner.name == 'bob')")
    assert here.count(1, """update "Note" set text = 'z' where id = 3""") == 1
    with pytest.raises(Refused):
        here.run(1, """update "Note" set text = 'z' where id = 1""")


def test_a_field_that_nobody_may_change(notes: MakeWorld) -> None:
    here = notes("@@allow('update', true)", "@deny('update', true)")
    with pytest.raises(Refused, match="deny true"):
        here.run(1, """update "Note" set text = 'z'""")


def test_rules_of_fields_do_not_hold_for_the_service_and_the_owner(notes: MakeWorld) -> None:
    here = notes("@@allow('update', true) @@allow('post-update', before().rank == rank)", "@deny('update', true)")
    change = """update "Note" set text = 'z', rank = 7"""
    assert here.run(1, change, role="service_role") == [(4,)]
    assert here.run(1, change, role="rules_owner") == [(4,)]


def test_what_follows_from_a_foreign_key_is_not_the_callers_change(make_world: MakeWorld) -> None:
    """A cascade runs as the table's owner: ON DELETE SET NULL changes a field that its user may not."""
    here = make_world(
        """
        model Boss { id Int @id  staff Staff[]  @@allow('all', true) }
        model Staff {
            id Int @id
            bossId Int? @deny('update', true)
            boss Boss? @relation(fields: [bossId], references: [id], onDelete: SetNull)
            @@allow('all', true)
            @@allow('post-update', before().bossId == bossId)
        }
        """,
        'insert into "Boss" values (1); insert into "Staff" values (1, 1)',
    )
    assert here.count(None, 'delete from "Boss"') == 1
    with pytest.raises(Refused):
        here.run(None, 'update "Staff" set "bossId" = null')
