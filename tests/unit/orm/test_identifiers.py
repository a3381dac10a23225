"""Identifiers that the client makes."""

import re
import time
import uuid

import pytest

from gatepost.orm.write.rows.identifiers import base36, cuid, cuid2, make, nanoid, ulid, uuid4, uuid7


def test_uuids_are_of_their_version() -> None:
    assert uuid.UUID(uuid4()).version == 4
    made = uuid.UUID(uuid7())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_uuid7_and_ulid_begin_with_the_time() -> None:
    before = time.time_ns() // 1_000_000
    stamp = uuid.UUID(uuid7()).int >> 80
    assert before <= stamp <= time.time_ns() // 1_000_000
    first = ulid()
    time.sleep(0.002)
    assert ulid() > first


@pytest.mark.parametrize(
    ("function", "form"),
    [
        (cuid, r"c[0-9a-z]{24}"),
        (cuid2, r"[a-z][0-9a-z]{23}"),
        (nanoid, r"[A-Za-z0-9_-]{21}"),
        (ulid, r"[0-7][0-9A-HJKMNP-TV-Z]{25}"),
    ],
)
def test_each_has_its_form_and_no_two_are_the_same(function: object, form: str) -> None:
    assert callable(function)
    made = [str(function()) for _ in range(2000)]
    assert all(re.fullmatch(form, each) for each in made)
    assert len(set(made)) == len(made)


def test_base36() -> None:
    assert [base36(number) for number in (0, 35, 36, 36**4)] == ["0", "z", "10", "10000"]


def test_arguments_choose_version_and_length() -> None:
    assert uuid.UUID(make("uuid", (7,))).version == 7
    assert len(make("cuid", (2,))) == 24
    assert len(make("nanoid", (5,))) == 5


def test_a_format_holds_the_identifier_wherever_it_says_so() -> None:
    text = make("nanoid", (4, r"a%s-\%s-%s"))
    assert re.fullmatch(r"a(.{4})-%s-\1", text)
    assert make("ulid", ("u_%s",)).startswith("u_")
