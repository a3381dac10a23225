"""Very much of everything: it is answered, or refused, in a time that does not grow beyond all bounds."""

import time
from typing import Any

import pytest

from tests.surfaces.graphql.operations.asking import Museum
from tests.surfaces.graphql.operations.hostile.values import METACHARACTERS, TABLES, encoded

SECONDS = 30.0


async def within(museum: Museum, query: str, variables: dict[str, Any] | None = None) -> Any:
    """An answer that comes soon."""
    started = time.monotonic()
    told = await museum.tell(query, variables)
    assert time.monotonic() - started < SECONDS
    assert told.status in (200, 400)
    return told


# ------------------------------------------------------------------ metacharacters everywhere


@pytest.mark.parametrize("text", METACHARACTERS, ids=ascii)
async def test_no_text_is_ever_sql(museum: Museum, text: str):
    """Wherever a client may write a text."""
    query = """query ($t: String!, $c: Cursor, $i: ID!, $w: [String], $n: BigInt, $d: Datetime) {
      echo(words: $t) echoAll(words: $w)
      a: allWorksList(condition: {title: $t}) { id } b: artistNamed(name: $t) { id } c: artistByName(name: $t) { id }
      label: artistById(id: 1) { label(before: $t, after: $t) }
      framed(frame: {material: $t, marks: [$t, null]}) { material marks }
      rows: allWorks(after: $c) { totalCount } node(nodeId: $i) { nodeId }
      big: allSamplesList(condition: {big: $n}) { id } moment: dayOf(moment: $d)
    }"""
    values = {"t": text, "c": text, "i": text, "w": [text, None], "n": text, "d": text}
    told = await within(museum, query, values)
    kept = text.replace("\x00", "")
    data = told.body["data"]
    assert data["echo"] == kept
    assert data["echoAll"] == [kept, None]
    assert data["framed"] == {"material": kept, "marks": [kept, None]}
    assert data["label"] == {"label": f"{kept}Ada{kept}"}
    assert (data["a"], data["b"], data["c"], data["rows"], data["node"]) == ([], None, None, None, None)
    assert {error["path"][0] for error in told.errors} <= {"rows", "big", "moment"}
    assert museum.sql("select count(*) from museum.payroll") == [(2,)]


@pytest.mark.parametrize("table", TABLES)
async def test_no_id_opens_a_table(museum: Museum, table: str):
    rows = [
        (
            await museum.tell(
                "query ($i: ID!) { node(nodeId: $i) { nodeId __typename } }", {"i": encoded([table, *key])}
            )
        ).body
        for key in ([1], ["1"], [None], [1, 1], ["1 or true"], [[1]], [])
    ]
    assert "wage" not in str(rows)
    if table in ("pg_authid", "treasures", "query"):
        assert rows == [{"data": {"node": None}}] * len(rows)


# ------------------------------------------------------------------ much


@pytest.mark.parametrize("depth", [10, 40, 95, 101, 1000, 20_000])
async def test_relations_within_relations(museum: Museum, depth: int):
    query = "{ artistById(id: 4) " + "{ artistByMentorId " * depth + "{ name }" + " }" * depth + " }"
    told = await within(museum, query)
    assert told.status == (200 if depth < 100 else 400)
    if depth == 10:
        assert told.body["data"]["artistById"]["artistByMentorId"]["artistByMentorId"]["artistByMentorId"] is None


@pytest.mark.parametrize("depth", [5, 15, 24])
async def test_connections_within_connections(museum: Museum, depth: int):
    inner = "{ name }"
    for _ in range(depth):
        inner = "{ name artistsByMentorId(first: 1) { nodes " + inner + " pageInfo { hasNextPage } totalCount } }"
    told = await within(museum, "{ artistById(id: 1) " + inner + " }")
    assert told.data["artistById"]["artistsByMentorId"]["totalCount"] == 2


@pytest.mark.parametrize("depth", [50, 200, 5000])
async def test_lists_and_objects_within_each_other(museum: Museum, depth: int):
    for query in (
        "{ echoAll(words: " + "[" * depth + "]" * depth + ") }",
        "{ framed(frame: " + "{outerSize: " * depth + "{}" + "}" * depth + ") { material } }",
        "query ($a: Int = " + "[" * depth + "]" * depth + ") { sumOf(a: $a) }",
    ):
        assert (await within(museum, query)).status == 400


@pytest.mark.parametrize("count", [100, 2000, 9000])
async def test_fields(museum: Museum, count: int):
    names = " ".join(f"a{number}: name" for number in range(count))
    told = await within(museum, f"{{ artistById(id: 1) {{ {names} }} }}")
    if told.status == 200 and told.body["data"]["artistById"] is not None:
        assert len(told.body["data"]["artistById"]) == count
    else:
        assert told.errors


async def test_parameters_beyond_what_one_statement_takes(museum: Museum):
    """PostgreSQL takes 65,535; a fragment makes many of a short text."""
    condition = 'id: 1, title: "x", year: 1, artistId: 2, kind: PAINTING, tags: ["a"], size: {width: 1}, isOld: true'
    works = " ".join(f"w{number}: worksByArtistId(condition: {{{condition}}}) {{ totalCount }}" for number in range(10))
    for count in (10, 945):
        mentors = " ".join(f"a{number}: artistByMentorId {{ ...F }}" for number in range(count))
        query = f"{{ artistById(id: 1) {{ {mentors} }} motto }} fragment F on Artist {{ {works} }}"
        told = await within(museum, query)
        assert told.body["data"]["motto"] == 'Look "twice".'
        assert [error["message"] for error in told.body.get("errors", [])] == (
            [] if count == 10 else ["The field holds 66151 values; at most 65535 can be sent at once"]
        )


async def test_fragments_that_multiply(museum: Museum):
    fragments = ["fragment F0 on Artist { name }"]
    for number in range(1, 30):
        below = f"{{ ...F{number - 1} }}"
        fragments.append(f"fragment F{number} on Artist {{ a: artistByMentorId {below} b: artistByMentorId {below} }}")
    told = await within(museum, "{ artistById(id: 1) { ...F29 } }" + "\n".join(fragments))
    assert told.status == 400


async def test_texts_of_a_megabyte(museum: Museum):
    text = "x" * 1_000_000
    assert (await within(museum, "query ($t: String) { echo(words: $t) }", {"t": text})).data == {"echo": text}
    for query in (
        "query ($t: Cursor) { allWorks(after: $t) { totalCount } }",
        "query ($t: ID!) { node(nodeId: $t) { nodeId } }",
    ):
        told = await within(museum, query, {"t": text})
        assert list(told.body["data"].values()) == [None]


async def test_lists_of_very_many_values(museum: Museum):
    words = [str(number) for number in range(40_000)]
    told = await within(museum, "query ($w: [String]) { echoAll(words: $w) }", {"w": words})
    assert told.data == {"echoAll": words}
    sizes = [{"width": 1, "height": number} for number in range(2000)]
    told = await within(museum, "query ($s: [DimensionInput]) { areas(sizes: $s) }", {"s": sizes})
    assert told.data == {"areas": list(range(2000))}


async def test_many_shapes_of_one_operation_take_no_more_room_than_a_few(museum: Museum):
    query = "query ($s: [DimensionInput]) { areas(sizes: $s) }"
    for count in range(210):
        assert len((await museum.ask(query, {"s": [{"width": 1, "height": 1}] * count}))["areas"]) == count
    prepared = museum.mounted.executor.prepared
    assert prepared is not None
    operation = prepared.operation(query, None)
    assert len(operation._plans._kept) <= 200  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("size", [2147483647, 100_000])
async def test_enormous_pages(museum: Museum, size: int):
    query = f"""{{
      a: allWorks(first: {size}, offset: 3) {{ nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage }} }}
      b: allWorks(last: {size}) {{ nodes {{ id }} pageInfo {{ hasPreviousPage }} }}
      c: allWorks(offset: {size}) {{ nodes {{ id }} }}
      d: titles(first: {size}, after: "{encoded(["natural", 2**61])}") {{ nodes }}
    }}"""
    assert (await within(museum, query)).data == {
        "a": {"nodes": [{"id": 4}, {"id": 5}, {"id": 6}], "pageInfo": {"hasNextPage": False, "hasPreviousPage": True}},
        "b": {"nodes": [{"id": id} for id in range(1, 7)], "pageInfo": {"hasPreviousPage": False}},
        "c": {"nodes": []},
        "d": {"nodes": []},
    }
