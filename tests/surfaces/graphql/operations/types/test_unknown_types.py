"""Columns whose types are not shown, and columns that are gone, leave the others where they are."""

from tests.surfaces.graphql.operations.asking import Museum


async def test_they_are_not_there(changing: Museum):
    for field in ("place", "snapshot", "gone"):
        assert (await changing.tell(f"{{ allStranges {{ nodes {{ {field} }} }} }}")).status == 400


async def test_a_row_with_them_goes_through_functions_whole(changing: Museum):
    changing.sql("insert into museum.strange (id, place, name, note) values (1, '0/16B3748', 'x', 'n')")
    data = await changing.ask("{ strangeById(id: 1) { name note label } }")
    assert data["strangeById"] == {"name": "x", "note": "n", "label": "x/n/0/16B3748"}


async def test_a_row_that_was_written_has_null_in_their_place(changing: Museum):
    query = (
        'mutation { createStrange(input: {strange: {id: 2, name: "y", note: "m"}}) { strange { name note label } } }'
    )
    assert (await changing.ask(query))["createStrange"]["strange"] == {"name": "y", "note": "m", "label": "y/m/-"}


async def test_so_has_a_composite_that_comes_in(changing: Museum):
    assert await changing.ask("{ strangeSize(pair: {size: 7}) }") == {"strangeSize": 7}
    query = (
        'mutation { makeStrange(input: {strange: {id: 3, name: "z", note: "o"}}) { strange { id name note label } } }'
    )
    made = (await changing.ask(query))["makeStrange"]["strange"]
    assert made == {"id": 3, "name": "z", "note": "o", "label": "z/o/-"}
