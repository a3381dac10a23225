"""Each field of a mutation is a transaction of its own, one after the other."""

import pytest

from tests.surfaces.graphql.operations.asking import ANN, Museum

FIELDS = """mutation {
  a: createTour(input: {tour: {id: 11, name: "a"}}) { tour { id } }
  b: createTour(input: {tour: {id: 11, name: "b"}}) { tour { id } }
  c: createTour(input: {tour: {id: 12, name: "c"}}) { tour { id } query { tourById(id: 11) { name } } }
}"""


async def test_one_that_fails_undoes_nothing_of_the_others(changing: Museum):
    told = await changing.tell(FIELDS)
    assert told.status == 200
    assert told.body["data"] == {
        "a": {"tour": {"id": 11}},
        "b": None,
        "c": {"tour": {"id": 12}, "query": {"tourById": {"name": "a"}}},
    }
    [error] = told.errors
    assert error["path"] == ["b"]
    assert changing.sql("select id, name from museum.tour where id in (11, 12) order by id") == [(11, "a"), (12, "c")]


async def test_what_a_failing_one_had_done_is_undone(changing: Museum):
    told = await changing.tell('mutation { explodeLater(input: {message: "after all"}) { integer } }')
    assert told.messages == ["after all"]
    assert changing.sql("select count(*) from museum.counter where name = 'lost'") == [(0,)]


async def test_they_see_what_those_before_them_did(changing: Museum):
    changing.sql("update museum.counter set value = 0")
    data = await changing.ask(
        "mutation { a: countVisit(input: {}) { integer } b: countVisit(input: {amount: 2}) { integer } "
        'c: resetVisits(input: {}) { query { counterByName(name: "visits") { value } } } '
        "d: countVisit(input: {}) { integer } }"
    )
    assert data == {
        "a": {"integer": 1},
        "b": {"integer": 3},
        "c": {"query": {"counterByName": {"value": 0}}},
        "d": {"integer": 1},
    }


async def test_a_row_made_by_one_is_changed_by_the_next(changing: Museum):
    data = await changing.ask(
        """mutation {
          createTour(input: {tour: {id: 21, name: "made"}}) { tour { name } }
          updateTourById(input: {id: 21, tourPatch: {name: "changed"}}) { tour { name } }
          deleteTourById(input: {id: 21}) { tour { name } query { tourById(id: 21) { name } } }
        }"""
    )
    assert data == {
        "createTour": {"tour": {"name": "made"}},
        "updateTourById": {"tour": {"name": "changed"}},
        "deleteTourById": {"tour": {"name": "changed"}, "query": {"tourById": None}},
    }


async def test_constraints_that_wait_for_the_end_fail_their_own_field(changing: Museum):
    told = await changing.tell(
        """mutation {
          a: createStop(input: {stop: {tourId: 2, place: 1, workId: 12345}}) { stop { place } }
          b: createStop(input: {stop: {tourId: 2, place: 2, workId: 1}}) { stop { place } }
        }"""
    )
    assert told.body["data"] == {"a": None, "b": {"stop": {"place": 2}}}
    assert "violates foreign key constraint" in told.messages[0]
    assert changing.sql("select place from museum.stop where tour_id = 2") == [(2,)]
    assert changing.sql("select place from museum.stop_log where tour_id = 2") == [(2,)]


async def test_a_payload_that_fails_undoes_its_write(changing: Museum):
    """The client is told that the field failed, so nothing of it may stay."""
    told = await changing.tell(
        'mutation { createTour(input: {tour: {id: 31, name: "x"}}) { tour { id } query { explode(message: "boom") } } }'
    )
    assert told.body["data"] == {"createTour": None}
    assert told.messages == ["boom"]
    assert changing.sql("select count(*) from museum.tour where id = 31") == [(0,)]


@pytest.mark.parametrize(
    "wrong", ['nodeId: "junk", tourPatch: {name: "x"}', 'nodeId: "WyJ0b3VycyIsMV0=", tourPatch: {}']
)
async def test_a_field_with_wrong_arguments_does_not_stop_the_others(changing: Museum, wrong: str):
    changing.sql("delete from museum.tour where id = 41")
    told = await changing.tell(
        f"""mutation {{
          a: updateTour(input: {{{wrong}}}) {{ tour {{ id }} }}
          b: createTour(input: {{tour: {{id: 41, name: "b"}}}}) {{ tour {{ id }} }}
        }}"""
    )
    assert told.body["data"] == {"a": None, "b": {"tour": {"id": 41}}}
    assert [error["path"] for error in told.errors] == [["a"]]
    assert changing.sql("select name from museum.tour where id = 1") == [("Short",)]


async def test_a_query_changes_nothing(changing: Museum):
    """Functions that queries show are stable; PostgreSQL does not let them write."""
    changing.sql(
        "create function museum.sly() returns int language plpgsql stable as "
        "$$ begin insert into museum.counter values ('sly', 1); return 1; end $$"
    )
    await changing.mounted.load()
    told = await changing.tell("{ sly motto }", claims=ANN)
    assert told.body["data"] == {"sly": None, "motto": 'Look "twice".'}
    assert changing.sql("select count(*) from museum.counter where name = 'sly'") == [(0,)]
