"""What a document may be made of: aliases, fragments, directives, several operations, questions about the schema."""

from typing import Any

import pytest
from graphql import build_client_schema, get_introspection_query

from tests.surfaces.graphql.operations.asking import Museum

# ------------------------------------------------------------------ names


async def test_answers_come_in_the_order_in_which_they_are_asked(museum: Museum):
    query = "{ b: motto a: nothing allWorks(first: 1) { totalCount nodes { title id } } motto }"
    told = await museum.tell(query)
    assert told.response.body == (
        b'{"data":{"b":"Look \\"twice\\".","a":null,"allWorks":{"totalCount":6,"nodes":[{"title":"Harbour","id":1}]},'
        b'"motto":"Look \\"twice\\"."}}'
    )


@pytest.mark.parametrize("alias", ["a" * 200, "_", "__proto__", "constructor", "select", "a1", "data", "A"])
async def test_an_alias_is_a_name_of_any_length(museum: Museum, alias: str):
    below = f"{alias}: name {alias}2: worksByArtistId {{ {alias}: totalCount }}"
    query = f"{{ {alias}: motto x: artistById(id: 1) {{ {below} }} }}"
    assert await museum.ask(query) == {
        alias: 'Look "twice".',
        "x": {alias: "Ada", f"{alias}2": {alias: 2}},
    }


async def test_aliases_that_begin_alike_for_long_stay_apart(museum: Museum):
    names = ["n" * 100 + letter for letter in "abc"]
    labels = [f'{name}: label(after: "{name[-1]}")' for name in names]
    query = f"{{ artistById(id: 1) {{ {' '.join(labels)} }} }}"
    assert await museum.ask(query) == {"artistById": {name: f"by Ada{name[-1]}" for name in names}}


async def test_the_same_field_may_be_asked_twice(museum: Museum):
    query = "{ artistById(id: 1) { name ...F name } artistById(id: 1) { worksByArtistId { nodes { id } } } } "
    query += "fragment F on Artist { id worksByArtistId { totalCount nodes { title } } }"
    assert await museum.ask(query) == {
        "artistById": {
            "name": "Ada",
            "id": 1,
            "worksByArtistId": {"totalCount": 2, "nodes": [{"title": "Harbour", "id": 1}, {"title": "Head", "id": 2}]},
        }
    }


@pytest.mark.parametrize("count", [51, 101, 150])
async def test_a_row_may_have_more_fields_than_a_function_has_arguments(museum: Museum, count: int):
    names = [f"columnNumber{number}" for number in range(1, count + 1)]
    data = await museum.ask(f"{{ broadById(id: 1) {{ {' '.join(names)} }} allBroadsList {{ {' '.join(names)} }} }}")
    row = {name: number for number, name in enumerate(names, 1)}
    assert data == {"broadById": row, "allBroadsList": [row]}


async def test_an_operation_may_have_very_many_root_fields(museum: Museum):
    query = "{ " + " ".join(f'f{n}: echo(words: "{n}")' for n in range(400)) + " }"
    assert await museum.ask(query) == {f"f{n}": str(n) for n in range(400)}


# ------------------------------------------------------------------ __typename


async def test_everything_has_a_type(museum: Museum):
    data = await museum.ask(
        """{
          __typename query { __typename }
          allWorks(first: 1) {
            __typename
            nodes { __typename size { __typename } shown { __typename start { __typename } } }
            edges { __typename node { t: __typename artistByArtistId { __typename } } }
            pageInfo { __typename }
          }
          initials(first: 1) { __typename nodes { __typename } }
          standardFrames { __typename outerSize { __typename } }
          node(nodeId: "query") { __typename }
          allToursList(first: 1) { length { __typename } }
        }"""
    )
    assert data == {
        "__typename": "Query",
        "query": {"__typename": "Query"},
        "allWorks": {
            "__typename": "WorksConnection",
            "nodes": [
                {
                    "__typename": "Work",
                    "size": {"__typename": "Dimension"},
                    "shown": {"__typename": "DateRange", "start": {"__typename": "DateRangeBound"}},
                }
            ],
            "edges": [{"__typename": "WorksEdge", "node": {"t": "Work", "artistByArtistId": {"__typename": "Artist"}}}],
            "pageInfo": {"__typename": "PageInfo"},
        },
        "initials": {"__typename": "InitialsConnection", "nodes": [{"__typename": "InitialsRecord"}]},
        "standardFrames": [{"__typename": "Frame", "outerSize": {"__typename": "Dimension"}}, None, None],
        "node": {"__typename": "Query"},
        "allToursList": [{"length": {"__typename": "Interval"}}],
    }


async def test_the_root_may_be_asked_for_below_itself(museum: Museum):
    data = await museum.ask(
        '{ query { query { motto } nodeId } nodeId n: node(nodeId: "query") { ... on Query { motto } } }'
    )
    motto = {"motto": 'Look "twice".'}
    assert data == {"query": {"query": motto, "nodeId": "query"}, "nodeId": "query", "n": motto}


# ------------------------------------------------------------------ fragments and directives


async def test_fragments_within_fragments(museum: Museum):
    query = """
      query { allArtists(first: 2, orderBy: ID_ASC) { ...Page } }
      fragment Page on ArtistsConnection { nodes { ...Row ... on Node { nodeId } ... { country } } }
      fragment Row on Artist { name artistByMentorId { ...Short } worksByArtistId { nodes { ...Work } } }
      fragment Work on Work { artistByArtistId { ...Short } }
      fragment Short on Artist { id }
    """
    assert (await museum.ask(query))["allArtists"]["nodes"][1] == {
        "name": "Bo",
        "artistByMentorId": {"id": 1},
        "worksByArtistId": {"nodes": [{"artistByArtistId": {"id": 2}}, {"artistByArtistId": {"id": 2}}]},
        "nodeId": "WyJhcnRpc3RzIiwyXQ==",
        "country": None,
    }


DIRECTED = """
query ($yes: Boolean!, $no: Boolean = false) {
  motto @include(if: $yes)
  nothing @skip(if: $yes)
  ... @include(if: $no) { years }
  ...Works @skip(if: $no)
  artistById(id: 1) {
    name @include(if: $yes) @skip(if: $no)
    id
    worksByArtistId @include(if: $yes) { totalCount }
    broken: worksByArtistId @include(if: $no) { nodes { broken } }
  }
}
fragment Works on Query { allWorksList(first: 1) { id } }
"""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (
            {"yes": True},
            {
                "motto": 'Look "twice".',
                "allWorksList": [{"id": 1}],
                "artistById": {"name": "Ada", "id": 1, "worksByArtistId": {"totalCount": 2}},
            },
        ),
        ({"yes": False}, {"nothing": None, "allWorksList": [{"id": 1}], "artistById": {"id": 1}}),
        (
            {"yes": False, "no": True},
            {
                "nothing": None,
                "years": [1899, 1899, None, 1950, None, 2001],
                "artistById": {
                    "id": 1,
                    "broken": None,
                },
            },
        ),
    ],
)
async def test_what_is_left_out_is_not_even_read(museum: Museum, variables: dict[str, Any], expected: dict[str, Any]):
    told = await museum.tell(DIRECTED, variables)
    if "broken" in expected["artistById"]:
        assert told.messages == ["work 1 is broken"]
        assert told.body["data"] == expected | {"artistById": None}
    else:
        assert told.data == expected


async def test_an_operation_may_ask_for_nothing_in_the_end(museum: Museum):
    assert await museum.ask("{ motto @skip(if: true) }") == {}
    assert await museum.ask("{ artistById(id: 1) { name @skip(if: true) } }") == {"artistById": {}}


# ------------------------------------------------------------------ several operations

SEVERAL = "query A { motto } query B { a: nothing } mutation C { __typename }"


async def test_one_of_several_operations_is_named(museum: Museum):
    assert (await museum.tell(SEVERAL, operation="A")).data == {"motto": 'Look "twice".'}
    assert (await museum.tell(SEVERAL, operation="B")).data == {"a": None}
    assert (await museum.tell(SEVERAL, operation="C")).data == {"__typename": "Mutation"}


@pytest.mark.parametrize(
    ("query", "operation", "message"),
    [
        (SEVERAL, None, "Must provide operation name if query contains multiple operations."),
        (SEVERAL, "D", 'Unknown operation named "D".'),
        ("{ motto }", "A", 'Unknown operation named "A".'),
        ("query A { motto }", "", 'Unknown operation named "".'),
    ],
)
async def test_or_none_is_executed(museum: Museum, query: str, operation: str | None, message: str):
    told = await museum.tell(query, operation=operation)
    assert (told.status, told.messages) == (400, [message])
    assert "data" not in told.body


# ------------------------------------------------------------------ the schema itself


async def test_the_schema_may_be_asked_for_beside_data(museum: Museum):
    data = await museum.ask(
        '{ motto __type(name: "Artist") { name kind fields { name } } __schema { queryType { name } }'
        " artistById(id: 1) { name __typename } }"
    )
    assert data["motto"] == 'Look "twice".'
    assert data["__type"]["name"] == "Artist"
    assert {"nodeId", "name", "worksByArtistId", "label"} <= {field["name"] for field in data["__type"]["fields"]}
    assert data["__schema"] == {"queryType": {"name": "Query"}}
    assert data["artistById"] == {"name": "Ada", "__typename": "Artist"}


async def test_questions_about_the_schema_take_variables(museum: Museum):
    query = "query ($n: String!, $d: Boolean!) { __type(name: $n) { name description @include(if: $d) } }"
    for name, described in (("Artist", True), ("Work", False), ("Nope", True)):
        data = await museum.ask(query, {"n": name, "d": described})
        if name == "Nope":
            assert data == {"__type": None}
        else:
            assert data["__type"]["name"] == name
            assert ("description" in data["__type"]) is described


async def test_tools_can_read_the_whole_schema(museum: Museum):
    schema = build_client_schema(await museum.ask(get_introspection_query()))
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    assert "Artist" in schema.type_map
    assert "Treasure" not in schema.type_map


@pytest.mark.parametrize(
    "query",
    [
        "{ nope }",
        "{ artistById(id: 1) { nope } }",
        "{ artistById { name } }",
        "{ artistById(id: 1) }",
        "{ motto { x } }",
        "{ ...F }",
        "{ ...F } fragment F on Query { ...F }",
        "{ ...F } fragment F on Artist { name }",
        "query ($x: Nope) { motto }",
        "query ($x: Int) { motto }",
        "{ motto @nope }",
        "{ a: motto a: nothing }",
        "{",
        "",
        "subscription { x }",
        "type X { y: Int }",
    ],
)
async def test_what_is_not_valid_is_not_executed(museum: Museum, query: str):
    told = await museum.tell(query)
    assert told.status == 400
    assert "data" not in told.body
