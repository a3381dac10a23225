"""Texts within lists, composites and ranges, within each other: PostgreSQL reads them as they were meant."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.surfaces.graphql.operations.asking import Museum
from tests.surfaces.graphql.operations.paging import bounded

ODD = st.sampled_from([*list("\"'\\,(){}[]; \t\n\r\x01é💥/%$:"), "NULL", "null", '""', "\\\\", "empty", "infinity"])
TEXT = st.lists(ODD | st.text("abN", max_size=2), max_size=5).map("".join)
SIZE = st.fixed_dictionaries(
    {"width": st.none() | st.integers(-9, 9), "height": st.none(), "depth": st.none() | st.just("-1.50")}
)
FRAME = st.fixed_dictionaries(
    {
        "material": st.none() | TEXT,
        "outerSize": st.none() | SIZE,
        "marks": st.none() | st.lists(st.none() | TEXT, max_size=3),
    }
)
BOUND = st.fixed_dictionaries({"value": TEXT, "inclusive": st.booleans()})
FIELDS = "{ material outerSize { width height depth } marks }"
BOUNDS = "{ start { value inclusive } end { value inclusive } }"


def shown(frame: dict[str, Any] | None) -> dict[str, Any] | None:
    """A composite of NULLs is null."""
    if frame is None:
        return None
    size = frame["outerSize"]
    found = frame | {"outerSize": size if size and any(value is not None for value in size.values()) else None}
    # To PostgreSQL, what holds a composite of NULLs is not NULL itself.
    return found if any(value is not None for value in frame.values()) else None


@bounded
@given(words=st.none() | st.lists(st.none() | TEXT, max_size=4))
async def test_lists(museum: Museum, words: list[str | None] | None):
    assert await museum.ask("query ($w: [String]) { echoAll(words: $w) }", {"w": words}) == {"echoAll": words}


@bounded
@given(frame=FRAME)
async def test_composites(museum: Museum, frame: dict[str, Any]):
    data = await museum.ask(f"query ($f: FrameInput) {{ framed(frame: $f) {FIELDS} }}", {"f": frame})
    assert data == {"framed": shown(frame)}


@bounded
@given(frames=st.lists(st.none() | FRAME, max_size=3))
async def test_lists_of_composites(museum: Museum, frames: list[dict[str, Any] | None]):
    data = await museum.ask(f"query ($f: [FrameInput]) {{ framedAll(frames: $f) {FIELDS} }}", {"f": frames})
    assert data == {"framedAll": [shown(frame) for frame in frames]}


@bounded
@given(low=st.none() | BOUND, high=st.none() | BOUND)
async def test_ranges(museum: Museum, low: dict[str, Any] | None, high: dict[str, Any] | None):
    given = {"start": low, "end": high}
    head = "query ($r: StringRangeInput, $a: [StringRangeInput])"
    query = f"{head} {{ spell(words: $r) {BOUNDS} spellAll(words: $a) {BOUNDS} }}"
    told = await museum.tell(query, {"r": given, "a": [given, None]})
    if low and high and low["value"].encode() > high["value"].encode():
        assert told.messages == ["range lower bound must be less than or equal to range upper bound"] * 2
        return
    empty = low and high and low["value"] == high["value"] and not (low["inclusive"] and high["inclusive"])
    expected = {"start": None, "end": None} if empty else given
    assert told.data == {"spell": expected, "spellAll": [expected, None]}
