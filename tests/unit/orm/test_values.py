"""Values of fields: what may come in, and how PostgreSQL is told."""

import copy
import json
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.orm import AnyNull, DbNull, InvalidInput, JsonNull, values
from gatepost.zmodel import load
from gatepost.zmodel.terms import Type

SCHEMA = load(
    """
datasource db { provider = "postgresql" url = "x" }
enum Role { ADMIN USER }
type Address { street String  number Int?  tags String[]  home Place? }
type Place { lat Float }
model User { id Int @id  role Role  address Address @json }
"""
)
AT = ("data", "field")


def check(name: str, value: object, kind: Any = "scalar", *, array: bool = False) -> Any:
    return values.check(SCHEMA, Type(name, kind, array=array), value, AT)


class Colour(StrEnum):
    ADMIN = "ADMIN"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("String", "é", "é"),
        ("Boolean", True, True),
        ("Int", -(2**31), -(2**31)),
        ("BigInt", 2**63 - 1, 2**63 - 1),
        ("Float", 1, 1.0),
        ("Float", 1.5, 1.5),
        ("Decimal", "1.50", Decimal("1.50")),
        ("Decimal", 0.1, Decimal("0.1")),
        ("Decimal", 3, Decimal(3)),
        ("DateTime", datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)),
        ("DateTime", datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), datetime(2026, 1, 1, tzinfo=UTC)),
        ("DateTime", date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)),
        ("DateTime", "2026-01-01", datetime(2026, 1, 1, tzinfo=UTC)),
        ("DateTime", "2026-01-01T01:00:00.5+01:00", datetime(2026, 1, 1, microsecond=500000, tzinfo=UTC)),
        ("DateTime", "2026-01-01T00:00:00.123Z", datetime(2026, 1, 1, microsecond=123000, tzinfo=UTC)),
        ("Bytes", bytearray(b"a"), b"a"),
        ("Json", {"a": [1, None, True, "x", 1.5]}, {"a": [1, None, True, "x", 1.5]}),
        ("Json", JsonNull, JsonNull),
    ],
)
def test_values_that_fit(name: str, value: object, kept: object) -> None:
    found = check(name, value)
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("String", 1, "expected string, received int"),
        ("String", None, "expected string, received null"),
        ("String", "a\0b", "NUL"),
        ("String", "\ud800", "Unicode"),
        ("Boolean", 1, "expected boolean, received int"),
        ("Int", True, "expected int, received boolean"),
        ("Int", 1.0, "expected int, received number"),
        ("Int", "1", "expected int, received string"),
        ("Int", 2**31, "between -2147483648 and 2147483647"),
        ("BigInt", 2**63, "expected bigint between"),
        ("Float", "1", "expected number, received string"),
        ("Float", float("nan"), "finite"),
        ("Float", 10**400, "finite"),
        ("Decimal", "one", "expected decimal, received string"),
        ("Decimal", "Infinity", "finite"),
        ("Decimal", "1e999999999", "out of PostgreSQL's range"),
        ("Decimal", "0e999999999", "out of PostgreSQL's range"),
        ("Decimal", "0e-999999999", "out of PostgreSQL's range"),
        ("Decimal", "1e-999999999", "out of PostgreSQL's range"),
        ("Decimal", True, "expected decimal, received boolean"),
        ("DateTime", "yesterday", "expected a datetime or its ISO text"),
        ("DateTime", 1, "expected a datetime or its ISO text"),
        ("DateTime", datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))), "out of range"),
        ("Bytes", "abc", "expected bytes, received string"),
        ("Json", object(), "expected JSON, received object"),
        ("Json", {"a": {1: 2}}, "keys of JSON objects are strings"),
        ("Json", [float("inf")], "no infinite numbers"),
        ("Json", {"\ud800": 1}, "Unicode"),
        ("Json", [10**5000], "too large"),
        ("Json", {"a": datetime(2026, 1, 1)}, "expected JSON, received datetime"),
    ],
)
def test_values_that_do_not_fit(name: str, value: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as failure:
        check(name, value)
    assert failure.value.path[:2] == AT


def test_json_has_a_depth() -> None:
    value: Any = 1
    for _ in range(values.JSON_DEPTH + 5):
        value = [value]
    with pytest.raises(InvalidInput, match="nested deeper than"):
        check("Json", value)


def test_lists_are_checked_by_element() -> None:
    assert check("Int", (1, 2), array=True) == [1, 2]
    with pytest.raises(InvalidInput, match=r'received string at "data\.field\[1\]"') as failure:
        check("Int", [1, "2"], array=True)
    assert failure.value.path == (*AT, 1)
    with pytest.raises(InvalidInput, match="expected a list of Int, received int"):
        check("Int", 1, array=True)


def test_enums_are_their_members_names() -> None:
    assert check("Role", "ADMIN", "enum") == "ADMIN"
    assert type(check("Role", Colour.ADMIN, "enum")) is str
    for wrong in ("admin", 1, None):
        with pytest.raises(InvalidInput, match='expected one of "ADMIN", "USER"'):
            check("Role", wrong, "enum")


def test_typed_json_is_checked_by_shape_and_keeps_other_members() -> None:
    given = {"street": "s", "tags": ["a"], "home": {"lat": 1}, "more": {"x": [1]}}
    assert check("Address", given, "type") == {**given, "home": {"lat": 1.0}}
    for wrong, path in (
        ({"tags": []}, ("street",)),
        ({"street": 1, "tags": []}, ("street",)),
        ({"street": "s", "tags": [1]}, ("tags", 0)),
        ({"street": "s", "tags": [], "home": {}}, ("home", "lat")),
        ({"street": None, "tags": []}, ("street",)),
    ):
        with pytest.raises(InvalidInput) as failure:
            check("Address", wrong, "type")
        assert failure.value.path == (*AT, *path)
    with pytest.raises(InvalidInput, match="expected an object of type Address"):
        check("Address", "s", "type")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("String", "a", b"a"),
        ("Boolean", True, b"true"),
        ("Int", 5, b"5"),
        ("Float", 1e-7, b"1e-07"),
        ("Decimal", Decimal("1E+3"), b"1000"),
        ("DateTime", datetime(2026, 1, 1, tzinfo=UTC), b"2026-01-01T00:00:00+00:00"),
        ("Bytes", b"\x00\xff", b"\\x00ff"),
        ("Json", {"a": 1}, b'{"a":1}'),
        ("Json", JsonNull, b"null"),
        ("Json", DbNull, None),
        ("String", None, None),
    ],
)
def test_parameters_are_postgresqls_text(name: str, value: object, told: bytes | None) -> None:
    assert values.parameter(value, Type(name)) == told


def test_lists_are_array_literals() -> None:
    assert values.parameter(['a"b', "c\\", "null"], Type("String", array=True)) == b'{"a\\"b","c\\\\","null"}'
    assert values.parameter([], Type("Int", array=True)) == b"{}"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_lose_nothing(number: float) -> None:
    told = values.parameter(number, Type("Float"))
    assert told is not None
    assert float(told) == number


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5))
def test_decimals_lose_nothing(number: Decimal) -> None:
    told = values.parameter(number, Type("Decimal"))
    assert told is not None
    assert Decimal(told.decode()) == number


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text('aé"\\ ', max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    )
)
def test_json_loses_nothing(value: Any) -> None:
    assert json.loads(values.json(check("Json", value))) == value


def test_the_nulls_are_one_each() -> None:
    for null in (DbNull, JsonNull, AnyNull):
        assert copy.deepcopy(null) is null
        assert pickle.loads(pickle.dumps(null)) is null
    assert [repr(each) for each in (DbNull, JsonNull, AnyNull)] == ["DbNull", "JsonNull", "AnyNull"]
    assert len({DbNull, JsonNull, AnyNull}) == 3
