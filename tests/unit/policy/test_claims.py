"""What `set_auth` is given, as the claims of a token."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest

from gatepost import zmodel
from gatepost.policy import claims
from gatepost.policy.claims import claimed
from gatepost.problem import Problem

SCHEMA = zmodel.load(
    "datasource db { provider = 'postgresql' }"
    " type Auth { id Int  email String?  role String?  tenant Int? @meta('claim', 'org.id')"
    " admin Boolean? @meta('claim', 'role')  @@auth }"
)


def test_nobody_has_no_claims() -> None:
    assert claims(SCHEMA, None) is None


def test_id_email_and_all_others() -> None:
    assert claims(SCHEMA, {"id": 7, "email": "a@b.c", "role": "admin", "more": [1]}) == {
        "role": "authenticated",
        "sub": "7",
        "email": "a@b.c",
        "app_metadata": {"role": "admin", "more": [1]},
    }


def test_a_member_goes_where_meta_says() -> None:
    found = claims(SCHEMA, {"id": 7, "tenant": 3})
    assert found == {"role": "authenticated", "sub": "7", "org": {"id": 3}}


def test_the_role_is_never_the_users_to_say() -> None:
    assert claims(SCHEMA, {"id": 7, "admin": "service_role"}) == {"role": "authenticated", "sub": "7"}


def test_an_absent_id_stays_absent() -> None:
    assert claims(SCHEMA, {"id": None}) == {"role": "authenticated", "sub": None}
    assert claims(SCHEMA, {}) == {"role": "authenticated"}


def test_values_become_json() -> None:
    user = {
        "at": datetime(2024, 1, 1, tzinfo=UTC),
        "price": Decimal("1.50"),
        "key": b"\x01\x02",
        "team": UUID(int=1),
        "held": {"list": ({"x": Decimal(2)},)},
    }
    found = claims(SCHEMA, user)
    assert found is not None
    assert found["app_metadata"] == {
        "at": "2024-01-01T00:00:00+00:00",
        "price": "1.50",
        "key": "AQI=",
        "team": "00000000-0000-0000-0000-000000000001",
        "held": {"list": [{"x": "2"}]},
    }


@pytest.mark.parametrize("wrong", [[], "user", 7, True])
def test_anything_else_is_no_user(wrong: object) -> None:
    with pytest.raises(Problem, match="Invalid auth object"):
        claims(SCHEMA, cast(Any, wrong))


@pytest.mark.parametrize(
    ("type", "value", "found"),
    [
        ("uuid", "d7b0c2f4-6d1f-4f1e-9d5a-0a1b2c3d4e5f", b"d7b0c2f4-6d1f-4f1e-9d5a-0a1b2c3d4e5f"),
        ("uuid", "nobody", None),
        ("uuid", 7, None),
        ("bigint", 7, b"7"),
        ("bigint", "-7", b"-7"),
        ("bigint", "seven", None),
        ("bigint", 7.5, None),
        ("bigint", "9" * 19, None),
        ("numeric", "1.5e3", b"1.5e3"),
        ("numeric", "NaN", None),
        ("boolean", True, b"true"),
        ("boolean", "perhaps", None),
        ("timestamptz", "2026-02-28T10:00:00.5+01:00", b"2026-02-28T10:00:00.5+01:00"),
        ("timestamptz", "2026-02-29", None),
        ("date", "2024-02-29", b"2024-02-29"),
        ("date", "tomorrow", None),
        ("time", "23:59", b"23:59"),
        ("text", 7, b"7"),
        ("text", "anything", b"anything"),
        ("jsonb", "text", b'"text"'),
        ("jsonb", {"a": [1]}, b'{"a":[1]}'),
    ],
)
def test_a_claim_that_is_not_of_the_type_is_none(type: str, value: object, found: bytes | None) -> None:
    assert claimed({"a": {"b": value}}, ("a", "b"), type) == found
    assert claimed({"a": "no object"}, ("a", "b"), type) is None
    assert claimed(None, ("a", "b"), type) is None
