"""Every type goes in, is what it should be in the database, and comes out; by create, by update, as a condition."""

from typing import Any

import pytest

from tests.surfaces.graphql.operations.asking import Museum
from tests.surfaces.graphql.operations.conftest import Opener

SELECTIONS = {
    "span": "{ years months days hours minutes seconds }",
    "spot": "{ x y }",
    "route": "{ points { x y } isOpen }",
    "area": "{ points { x y } }",
    "ring": "{ center { x y } radius }",
    **dict.fromkeys(("frameBox", "segment", "axis"), "{ a { x y } b { x y } }"),
    **dict.fromkeys(("size", "sizes"), "{ width height depth }"),
    "frame": "{ material outerSize { width height depth } marks }",
    **dict.fromkeys(("days", "numbers", "spans", "prices"), "{ start { value inclusive } end { value inclusive } }"),
}
NOTHING: dict[str, Any] = {}
UNCOMPARED = ("doc", "path", "spot", "area", "route", "ring", "axis", "bytes")
"""Types without equality, or that conditions leave out."""


def bound(value: object, inclusive: bool = True) -> dict[str, Any]:
    return {"value": value, "inclusive": inclusive}


def point(x: float, y: float) -> dict[str, float]:
    return {"x": x, "y": y}


SAME = Ellipsis
"""What is read is what was sent."""

# Field, what is sent, what is read, the text that PostgreSQL has.
CASES: list[tuple[str, Any, Any, str | None]] = [
    ("flag", True, SAME, "true"),
    ("flag", False, SAME, "false"),
    ("small", 32767, SAME, "32767"),
    ("small", -32768, SAME, "-32768"),
    ("whole", 2147483647, SAME, "2147483647"),
    ("whole", -2147483648, SAME, "-2147483648"),
    ("big", "9223372036854775807", SAME, "9223372036854775807"),
    ("big", "-9223372036854775808", SAME, "-9223372036854775808"),
    ("big", 5, "5", "5"),
    ("exact", "NaN", SAME, "NaN"),
    ("exact", "1.20", SAME, "1.20"),
    ("exact", "-0.00000000000000000001", SAME, "-0.00000000000000000001"),
    ("exact", "9" * 200 + "." + "9" * 50, SAME, "9" * 200 + "." + "9" * 50),
    ("exact", "1e3", "1000", "1000"),
    ("exact", 1.5, "1.5", "1.5"),
    ("cents", "1.005", "1.01", "1.01"),
    ("single", 0.1, SAME, "0.1"),
    ("single", 1e-7, SAME, "1e-07"),
    ("double", 0.1, SAME, "0.1"),
    ("double", 1e300, SAME, "1e+300"),
    ("double", -5e-324, SAME, "-5e-324"),
    ("double", 1, SAME, "1"),
    ("price", 12.5, SAME, "$12.50"),
    ("price", -0.01, SAME, "-$0.01"),
    ("price", 1e16, SAME, "$10,000,000,000,000,000.00"),
    ("words", "", SAME, ""),
    ("words", "null", SAME, "null"),
    ("words", "é💥 \t\n\r \x01\x7f\u2028\ufeff \\ / \" ' $1 %s {} \\u0041", SAME, None),
    ("words", "a\x00b", "ab", "ab"),
    ("words", "x" * 100_000, SAME, None),
    ("short", "é💥é💥é", SAME, "é💥é💥é"),
    ("padded", "é", "é   ", None),
    ("one", "x", SAME, "x"),
    ("label", "n" * 63, SAME, "n" * 63),
    ("stamp", "2024-02-29T23:59:59.999999", SAME, "2024-02-29 23:59:59.999999"),
    ("stamp", "infinity", SAME, "infinity"),
    ("moment", "2024-01-02T03:04:05.678901+02:30", "2024-01-02T00:34:05.678901+00:00", "2024-01-02 00:34:05.678901+00"),
    ("moment", "-infinity", SAME, "-infinity"),
    ("moment", "2024-01-02", "2024-01-02T00:00:00.000000+00:00", "2024-01-02 00:00:00+00"),
    ("day", "2024-02-29", SAME, "2024-02-29"),
    ("day", "9999-12-31", SAME, "9999-12-31"),
    ("day", "infinity", SAME, "infinity"),
    ("hour", "23:59:59.999999", SAME, "23:59:59.999999"),
    ("hour", "00:00:00.000000", SAME, "00:00:00"),
    ("hourThere", "12:00:00+00", "12:00:00.000000+00:00", "12:00:00+00"),
    (
        "span",
        {"years": -1, "months": 2, "days": 3, "hours": 4, "minutes": 5, "seconds": 6.5},
        # PostgreSQL knows months, days and microseconds, each with a sign of its own.
        {"years": 0, "months": -10, "days": 3, "hours": 4, "minutes": 5, "seconds": 6.5},
        "-10 mons +3 days 04:05:06.5",
    ),
    (
        "span",
        {"seconds": 0.000001},
        {**dict.fromkeys(("years", "months", "days", "hours", "minutes"), 0), "seconds": 1e-6},
        "00:00:00.000001",
    ),
    ("span", NOTHING, dict.fromkeys(("years", "months", "days", "hours", "minutes", "seconds"), 0), "00:00:00"),
    (
        "key",
        "A0EEBC99-9c0b-4ef8-BB6D-6bb9bd380a11",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    ),
    ("key", "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", None),
    ("bytes", "", SAME, "\\x"),
    ("bytes", "AP8Q", SAME, "\\x00ff10"),
    ("bytes", "-_8", "+/8=", "\\xfbff"),
    ("bytes", "A" * 4000, SAME, "\\x" + "00" * 3000),
    ("bits", "1010", SAME, "1010"),
    ("moreBits", "", SAME, ""),
    ("moreBits", "0" * 70 + "1", SAME, "0" * 70 + "1"),
    ("address", "1.2.3.4", SAME, "1.2.3.4/32"),
    ("address", "1.2.3.4/24", SAME, "1.2.3.4/24"),
    ("address", "::1", SAME, "::1/128"),
    ("network", "10.0.0.0/8", SAME, "10.0.0.0/8"),
    ("mac", "08:00:2b:01:02:03", SAME, "08:00:2b:01:02:03"),
    ("macLong", "08:00:2b:01:02:03:04:05", SAME, "08:00:2b:01:02:03:04:05"),
    ("path", '$."a"[*]', SAME, '$."a"[*]'),
    ("spot", point(1.5, -2), SAME, "(1.5,-2)"),
    ("spot", point(1e300, -1e-300), SAME, "(1e+300,-1e-300)"),
    ("route", {"points": [point(0, 0), point(1, 1)], "isOpen": True}, SAME, "[(0,0),(1,1)]"),
    ("route", {"points": [point(0, 0)]}, {"points": [point(0, 0)], "isOpen": False}, "((0,0))"),
    ("area", {"points": [point(0, 0), point(1, 1), point(1.5, 0)]}, SAME, "((0,0),(1,1),(1.5,0))"),
    ("ring", {"center": point(1, 2), "radius": 3}, SAME, "<(1,2),3>"),
    ("frameBox", {"a": point(2, 3), "b": point(0, 1)}, SAME, "(2,3),(0,1)"),
    ("segment", {"a": point(0, 1), "b": point(2, 3)}, SAME, "[(0,1),(2,3)]"),
    ("kind", "PAINTING", SAME, "painting"),
    ("kind", "WORK_ON_PAPER", SAME, "work on paper"),
    ("kind", "_EMPTY_", SAME, ""),
    ("kind", "GREATER_THAN_OR_EQUAL", SAME, ">="),
    ("size", {"width": 1, "height": -2, "depth": "3.50"}, SAME, "(1,-2,3.50)"),
    ("size", {"depth": "1"}, {"width": None, "height": None, "depth": "1"}, "(,,1)"),
    ("size", NOTHING, None, "(,,)"),
    (
        "frame",
        {
            "material": 'a"b\\c,(d)',
            "outerSize": {"width": 1, "height": None, "depth": None},
            "marks": ['"', "\\", None],
        },
        SAME,
        None,
    ),
    ("number", "A1", SAME, "A1"),
    ("share", 100, SAME, "100"),
    ("tags", [], SAME, "{}"),
    ("tags", ["", "NULL", "null", None, "a,b", 'c"d', "e\\f", "{g}", " h ", "é💥"], SAME, None),
    ("tags", "alone", ["alone"], "{alone}"),
    ("counts", [1, None, -2147483648], SAME, "{1,NULL,-2147483648}"),
    ("bigs", ["9223372036854775807", None], SAME, "{9223372036854775807,NULL}"),
    ("moments", ["2024-01-01T00:00:00.000000+00:00", None], SAME, '{"2024-01-01 00:00:00+00",NULL}'),
    ("kinds", ["_EMPTY_", "WORK_ON_PAPER", None], SAME, '{"","work on paper",NULL}'),
    ("sizes", [{"width": 1, "height": 2, "depth": None}, None], SAME, '{"(1,2,)",NULL}'),
    ("sizes", [], SAME, "{}"),
    ("phrase", ["a", 'b"'], SAME, '{a,"b\\""}'),
    ("days", {"start": bound("2024-01-01"), "end": bound("2024-02-01", False)}, SAME, "[2024-01-01,2024-02-01)"),
    (
        "days",
        {"start": bound("2024-01-01", False), "end": bound("2024-02-01")},
        {"start": bound("2024-01-02"), "end": bound("2024-02-02", False)},
        "[2024-01-02,2024-02-02)",
    ),
    ("days", {"start": bound("2024-01-01"), "end": None}, SAME, "[2024-01-01,)"),
    ("days", NOTHING, {"start": None, "end": None}, "(,)"),
    ("days", {"start": bound("2024-01-01"), "end": bound("2024-01-01", False)}, {"start": None, "end": None}, "empty"),
    ("numbers", {"start": bound(-1), "end": bound(5, False)}, SAME, "[-1,5)"),
    (
        "spans",
        {"start": bound("2024-01-01T00:00:00.000000+00:00", False), "end": bound("infinity")},
        SAME,
        '("2024-01-01 00:00:00+00",infinity]',
    ),
    ("prices", {"start": bound("1.50"), "end": bound("2.5")}, SAME, "[1.50,2.5]"),
    ("object", 2147483647, SAME, "2147483647"),
    ("relation", "museum.artist", SAME, "museum.artist"),
]

CREATE = "mutation ($row: SampleInput!) {{ createSample(input: {{sample: $row}}) {{ sample {{ id value: {} }} }} }}"
UPDATE = (
    "mutation ($id: Int!, $row: SamplePatch!) "
    "{{ updateSampleById(input: {{id: $id, samplePatch: $row}}) {{ sample {{ value: {} }} }} }}"
)
READ = "query ($id: Int!) {{ sampleById(id: $id) {{ value: {} }} }}"
FIND = "query ($row: SampleCondition!) { allSamplesList(condition: $row) { id } }"


def column(field: str) -> str:
    """What a field's column is called."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in field)


def none(field: str) -> Any:
    """What NULL is shown as: in the place of no list of objects there is an empty one."""
    return [] if field == "sizes" else None


def case_name(value: object) -> str:
    return ascii(value)[:40]


@pytest.mark.parametrize(("field", "sent", "read", "text"), CASES, ids=case_name)
async def test_a_value_is_kept(changing: Museum, field: str, sent: Any, read: Any, text: str | None):
    shown = f"{field} {SELECTIONS.get(field, '')}"
    expected = sent if read is SAME else read
    made = (await changing.ask(CREATE.format(shown), {"row": {field: sent}}))["createSample"]["sample"]
    assert made["value"] == expected
    if text is not None:
        assert changing.sql(f"select {column(field)}::text from museum.sample where id = %s", [made["id"]]) == [(text,)]
    assert (await changing.ask(READ.format(shown), {"id": made["id"]}))["sampleById"]["value"] == expected
    for value, then in ((None, none(field)), (sent, expected)):
        done = await changing.ask(UPDATE.format(shown), {"id": made["id"], "row": {field: value}})
        assert done["updateSampleById"]["sample"]["value"] == then
    if field not in UNCOMPARED:
        found = await changing.ask(FIND, {"row": {field: sent if isinstance(sent, dict) else expected}})
        assert made["id"] in [row["id"] for row in found["allSamplesList"]]


@pytest.mark.parametrize("field", sorted({case[0] for case in CASES} | {"doc", "tree", "trees"}))
async def test_null_is_kept(changing: Museum, field: str):
    shown = f"{field} {SELECTIONS.get(field, '')}"
    made = (await changing.ask(CREATE.format(shown), {"row": {field: None}}))["createSample"]["sample"]
    assert made["value"] == none(field)
    assert changing.sql(f"select {column(field)} is null from museum.sample where id = %s", [made["id"]]) == [(True,)]


@pytest.mark.parametrize(("field", "sent", "read", "text"), CASES, ids=case_name)
async def test_literals_say_the_same_as_variables(changing: Museum, field: str, sent: Any, read: Any, text: str | None):
    shown = f"{field} {SELECTIONS.get(field, '')}"
    row = f"{{{field}: {literal(sent)}}}"
    query = f"mutation {{ createSample(input: {{sample: {row}}}) {{ sample {{ value: {shown} }} }} }}"
    if field == "words" or literal(sent) in ("5", "1.5"):
        return  # strings of a hundred thousand characters; numbers in the place of strings
    assert (await changing.ask(query))["createSample"]["sample"]["value"] == (sent if read is SAME else read)


ENUMS = {"PAINTING", "WORK_ON_PAPER", "_EMPTY_", "GREATER_THAN_OR_EQUAL"}


def literal(value: Any) -> str:
    """A value as it stands in a document."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{key}: {literal(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"
        case str() if value not in ENUMS:
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case _:
            return str(value)


# ------------------------------------------------------------------ what a type does not take


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("flag", "true"),
        ("flag", 1),
        ("whole", 2147483648),
        ("whole", 1.5),
        ("whole", "1"),
        ("big", {}),
        ("double", "1"),
        ("words", 1),
        ("words", []),
        ("key", "x"),
        ("key", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1"),
        ("key", 1),
        ("span", {"weeks": 1}),
        ("span", "1 day"),
        ("spot", {"x": 1}),
        ("spot", [1, 2]),
        ("kind", "painting"),
        ("kind", ""),
        ("size", {"nope": 1}),
        ("tags", [1]),
        ("tags", {"a": "b"}),
        ("counts", ["1"]),
        ("days", {"start": "2024-01-01"}),
        ("days", {"start": {"value": "2024-01-01"}}),
        ("bytes", "A"),
        ("bytes", "AA A"),
        ("bytes", "é"),
        ("bytes", 1.5),
        ("object", "x"),
        ("object", 2**40),
    ],
    ids=case_name,
)
async def test_what_is_of_another_type_is_refused_before_anything_runs(changing: Museum, field: str, sent: Any):
    told = await changing.tell(CREATE.format("id"), {"row": {field: sent}})
    assert told.status == 400
    assert "data" not in told.body


@pytest.mark.parametrize(
    ("field", "sent", "code"),
    [
        ("small", 32768, "22003"),
        ("big", "9223372036854775808", "22003"),
        ("big", "1.5", "22P02"),
        ("big", "", "22P02"),
        ("exact", "x", "22P02"),
        ("cents", "123456789.00", "22003"),
        ("single", 1e300, "22003"),
        ("short", "123456", "22001"),
        ("stamp", "x", "22007"),
        ("moment", "2024-13-01", "22008"),
        ("day", "2024-02-30", "22008"),
        ("hour", "25:00", "22008"),
        ("bits", "101", "22026"),
        ("bits", "2", "22P02"),
        ("address", "x", "22P02"),
        ("network", "10.0.0.1/8", "22P02"),
        ("mac", "x", "22P02"),
        ("path", "$$", "42601"),
        ("number", "a1", "23514"),
        ("share", 101, "23514"),
        ("relation", "nope", "42P01"),
        ("days", {"start": bound("2024-02-01"), "end": bound("2024-01-01")}, "22000"),
    ],
    ids=case_name,
)
async def test_what_postgresql_does_not_take_is_the_field_s_own_error(
    changing: Museum, field: str, sent: Any, code: str
):
    told = await changing.tell(CREATE.format("id"), {"row": {field: sent}})
    assert told.status == 200
    assert told.body["data"] == {"createSample": None}
    [error] = told.errors
    assert error["extensions"]["code"] == code


# ------------------------------------------------------------------ time zones


async def test_moments_are_shown_in_the_zone_of_the_session(own_opener: Opener):
    museum = await own_opener(pgSettings={"TimeZone": "Asia/Kathmandu"})
    made = await museum.ask(CREATE.format("moment"), {"row": {"moment": "2024-01-02T00:00:00Z"}})
    assert made["createSample"]["sample"]["value"] == "2024-01-02T05:45:00.000000+05:45"
    museum = await own_opener(pgSettings={"TimeZone": "America/St_Johns"})
    made = await museum.ask(CREATE.format("moment"), {"row": {"moment": "2024-01-02T00:00:00Z"}})
    assert made["createSample"]["sample"]["value"] == "2024-01-01T20:30:00.000000-03:30"
