"""Fields that not everybody may read, kept by a view beside a table that gives them to nobody."""

import pytest

from gatepost.policy import rls

from .conftest import MakeWorld
from .database import Refused, World
from .test_installed import facts

PEOPLE = """
model User { id Int @id  people Person[]  @@allow('all', true) }
model Person {
    id Int @id
    name String
    phone String? @allow('read', ownerId == auth().id) @allow('read', owner.people?[name == 'shared'])
    salary Int? @map("pay") @deny('read', true)
    ownerId Int
    owner User @relation(fields: [ownerId], references: [id])
    @@allow('read', name != 'hidden')
    @@allow('update', true)
}
"""
ROWS = """
insert into "User" values (1), (2), (3);
insert into "Person" values
    (1, 'a', '11', 1, 1), (2, 'b', '22', 2, 2), (3, 'shared', '33', 3, 3), (4, 'hidden', '4', 4, 1);
"""
VIEW = rls.Options(field_reads="view")


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world(PEOPLE, ROWS, VIEW)


def test_the_view_has_null_for_what_may_not_be_read(world: World) -> None:
    asked = 'select id, phone, pay from "Person_readable" order by id'
    assert world.run(None, asked) == [(1, None, None), (2, None, None), (3, "33", None)]
    assert world.run(1, asked) == [(1, "11", None), (2, None, None), (3, "33", None)]
    assert world.run(2, asked) == [(1, None, None), (2, "22", None), (3, "33", None)]


def test_the_table_gives_its_other_columns_alone(world: World) -> None:
    assert world.run(1, 'select id, name from "Person" order by id') == [(1, "a"), (2, "b"), (3, "shared")]
    for asked in ("phone", "pay", "*", "count(phone)"):
        with pytest.raises(Refused, match="permission denied for table Person"):
            world.run(1, f'select {asked} from "Person"')
    with pytest.raises(Refused):
        world.run(1, """select id from "Person" where phone = '22'""")
    with pytest.raises(Refused):
        world.run(1, """update "Person" set name = 'x' returning phone""")


def test_a_condition_does_not_see_what_is_masked(world: World) -> None:
    assert world.run(1, """select id from "Person_readable" where phone = '22'""") == []
    trap = """select id from "Person_readable" where 1 / (case phone when '22' then 0 else 1 end) = 1 order by 1"""
    assert world.run(1, trap) == [(1,), (2,), (3,)]
    trap = """select id from "Person_readable" where 1 / (case name when 'hidden' then 0 else 1 end) = 1 order by 1"""
    assert world.run(1, trap) == [(1,), (2,), (3,)]


def test_what_is_masked_can_still_be_written(world: World) -> None:
    assert world.count(1, """update "Person" set phone = '9', pay = 9 where id = 1""") == 1


def test_nothing_is_written_through_the_view(world: World) -> None:
    with pytest.raises(Refused, match="permission denied for view"):
        world.run(1, """update "Person_readable" set name = 'x'""")


def test_the_view_is_compared_and_taken_away(world: World) -> None:
    assert [fact.name for fact in facts(world) if fact.kind == "mask"] == ["public.Person_readable"]
    world.execute(rls.clear(world.schema, world.options))
    assert [fact.name for fact in facts(world) if fact.kind == "mask"] == []
