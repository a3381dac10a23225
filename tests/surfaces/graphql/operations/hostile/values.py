"""Values that somebody may send who means no good."""

import base64
import json
from typing import Any

from hypothesis import strategies as st

# What means something to SQL, JSON, arrays, composites, patterns, shells or terminals.
METACHARACTERS = (
    "'",
    "''",
    '"',
    '""',
    "\\",
    "\\'",
    "$1",
    "$$",
    "$x$",
    ";",
    "--",
    "/*",
    "*/",
    "%s",
    "%",
    "{}",
    "{0}",
    "(",
    ")",
    ",",
    "NULL",
    "null",
    "\x00",
    "\x01",
    "\x1b[31m",
    "\n",
    "\u2028",
    "\ufeff",
    "\u202e",
    "é",
    "💥",
    "E'\\\\x'",
    "'; drop table museum.payroll; --",
    "' or '1'='1",
    "1) or (1=1",
    "pg_sleep(10)",
    "../../etc/passwd",
)
TEXTS = (
    st.sampled_from(METACHARACTERS)
    | st.lists(st.sampled_from(METACHARACTERS), max_size=3).map("".join)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
TABLES = ("artists", "works", "notes", "payrolls", "pg_authid", "treasures", "inspections", "keyeds", "query")


def encoded(value: Any) -> str:
    return base64.b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()


PARTS = st.none() | st.booleans() | st.integers() | TEXTS | st.just([1]) | st.just({"a": 1}) | st.just(10**60)
FORGED = st.builds(
    lambda name, parts: encoded([name, *parts]), st.sampled_from(TABLES) | TEXTS, st.lists(PARTS, max_size=3)
)
GARBAGE = TEXTS | st.binary(max_size=20).map(lambda data: base64.b64encode(data).decode())
IDS = st.sampled_from(["query", *(encoded([name, 1]) for name in TABLES)]) | FORGED | GARBAGE
CURSORS = (
    st.sampled_from(
        [encoded(["natural", 1]), encoded(["natural", -1]), encoded(["natural", True]), encoded(["natural", 2**63])]
    )
    | st.lists(PARTS, max_size=3).map(lambda parts: encoded(["natural", *parts]))
    | FORGED
    | GARBAGE
)
INTS = st.sampled_from([0, 1, -1, 2, 2147483647, -2147483648]) | st.integers(-(2**31), 2**31 - 1)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "Int": INTS,
    "Float": INTS | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([1e308, -5e-324]),
    "Boolean": st.booleans(),
    "BigInt": INTS.map(str) | st.sampled_from(["9223372036854775807", "9" * 30, "", "NaN"]) | TEXTS,
    "BigFloat": INTS.map(str) | st.sampled_from(["NaN", "1e400", "1e-400", "Infinity", "9" * 300]) | TEXTS,
    "UUID": st.uuids().map(str),
    "Datetime": st.datetimes().map(lambda moment: moment.isoformat())
    | st.sampled_from(["infinity", "now", "epoch"])
    | TEXTS,
    "Date": st.dates().map(lambda day: day.isoformat()) | st.sampled_from(["infinity", "today"]) | TEXTS,
    "Time": st.times().map(lambda time: time.isoformat()) | TEXTS,
    "Base64EncodedBinary": st.binary(max_size=9).map(lambda data: base64.b64encode(data).decode()),
    "JSON": st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
        lambda inner: st.lists(inner, max_size=2),
        max_leaves=3,
    ).map(json.dumps),
    "Oid": INTS,
    "Percent": INTS,
    "BitString": st.text("01", max_size=6) | TEXTS,
    "RegClass": st.sampled_from(["museum.artist", "pg_authid", "nope"]) | TEXTS,
}
