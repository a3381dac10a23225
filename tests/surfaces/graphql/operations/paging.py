"""Rows to page through, and what a page of them is.

In: hypothesis's choices. Out: rows, orders, pages; what plain SQL, and a list cut by hand, say of them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.surfaces.graphql.operations.asking import Museum

bounded = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MOST_ROWS = 9

# Few values of each type, so that many are equal; NULL is one of them.
VALUES: dict[str, Sequence[Any]] = {
    "n": (0, 1),
    "a": (None, 1, 2, -1),
    "b": (None, "", "a", "B", 'q"', "é\\", "💥"),
    "c": (None, "1", "1.0", "NaN", "-0.1", "12345678901234567890.5"),
    "d": (None, "infinity", "-infinity", "0044-03-15 BC", "2024-01-01 00:00:00.000001+02", "12024-01-01"),
    "e": (None, True, False),
    "f": (None, "painting", "", ">="),
    "g": (None, "NaN", "-Infinity", 0, 0.1, 1e22, 1e-7),
    "u": (None,),
    "j": (None, "null", '"a"', "1", '{"a": [1]}', "[]"),
    "s": (None, "(,,)", "(1,,)", "(1,2,)", "(1,2,3.0)"),
    "h": (None, "00:00", "24:00", "23:59:59.999999"),
    "z": (None, "12:00+00", "13:00+01", "24:00-15:59"),
    "m": (None, "-0.01", "92233720368547758.07", "92233720368547758.06"),
    "p": (None, "1 day", "24 hours", "-1 year 2 days 0.000001 seconds"),
    "y": (None, "\\x", "\\x00", "\\xff00"),
}
COLUMNS = [name for name in VALUES if name != "y"]  # bytes have no order
ORDERS = [f"{name.upper()}_{way}" for name in (*COLUMNS, "id", "primary_key") for way in ("ASC", "DESC")]

Row = dict[str, Any]
ROW = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})


def _numbered(rows: list[Row]) -> list[Row]:
    """Rows with keys of their own; where `u` is not NULL it is unique."""
    return [row | {"id": place * 7 % 10, "u": place if place % 3 else None} for place, row in enumerate(rows)]


ROWS = st.lists(ROW, min_size=1, max_size=MOST_ROWS).map(_numbered)
ORDER = st.lists(st.sampled_from(ORDERS), min_size=1, max_size=3)


def fill(museum: Museum, rows: list[Row]) -> None:
    """Let the table hold these rows, and no others."""
    told = [row | {"j": None if row["j"] is None else json.loads(row["j"])} for row in rows]
    columns = ", ".join(rows[0])
    museum.sql("truncate museum.page")
    museum.sql(
        f"insert into museum.page ({columns}) select {columns} from json_populate_recordset(null::museum.page, %s)",
        [json.dumps(told)],
    )


def by_sql(museum: Museum, order: Sequence[str], nulls: str = "") -> list[int]:
    """The keys in an order, as plain SQL has it: the key follows, the way that the first term goes."""
    terms = [term.replace("PRIMARY_KEY", "ID").rpartition("_")[::2] for term in order]
    texts = [f"{name.lower()} {way} {nulls}" for name, way in [*terms, ("id", terms[0][1])]]
    return [row[0] for row in museum.sql(f"select id from museum.page order by {', '.join(texts)}")]


@dataclass(frozen=True)
class Asked:
    """A page: `after` and `before` are places in the whole set."""

    first: int | None = None
    last: int | None = None
    offset: int | None = None
    after: int | None = None
    before: int | None = None

    def cut(self, everything: list[int]) -> list[int]:
        """What the page holds of the whole set."""
        start = 0 if self.after is None else self.after + 1
        found = everything[start : self.before if self.before is None else max(self.before, start)]
        found = found[self.offset or 0 :]
        found = found[: self.first]
        return found[max(0, len(found) - self.last) :] if self.last is not None else found

    def arguments(self, cursors: list[str]) -> dict[str, Any]:
        given = {"first": self.first, "last": self.last, "offset": self.offset}
        given |= {name: cursors[place] for name in ("after", "before") if (place := getattr(self, name)) is not None}
        return {name: value for name, value in given.items() if value is not None}

    def flags(self, everything: list[int]) -> dict[str, bool]:
        """What is known of rows beyond the page: only in the direction that was gone."""
        within = Asked(offset=self.offset, after=self.after, before=self.before).cut(everything)
        if self.first == 0 or self.last == 0:
            return {"hasNextPage": False, "hasPreviousPage": False}
        if self.last is None:
            more = self.first is not None and len(within) > self.first
            return {"hasNextPage": more, "hasPreviousPage": bool(self.offset)}
        return {"hasNextPage": False, "hasPreviousPage": self.first is None and len(within) > self.last}


SIZES = st.none() | st.integers(0, MOST_ROWS + 1)


@st.composite
def pages(draw: Any, count: int) -> Asked:
    """A page of a set of so many rows."""
    places = st.none() | st.integers(0, count - 1)
    last = draw(SIZES)
    offset = None if last is not None else draw(SIZES)
    return Asked(draw(SIZES), last, offset, draw(places), draw(places))
