"""Prefer, Accept, Content-Type and profiles."""

import pytest

from gatepost.rest.ast import MediaKind, Preferences
from gatepost.rest.headers.media import accepted, media_type
from gatepost.rest.headers.prefer import applied, preferences
from gatepost.settings import RestSettings

from .asking import ask, refused

TWO_SCHEMAS = RestSettings(schemas=("v1", "v2"))

# ------------------------------------------------------------------ Prefer


def test_one_header_or_several_in_any_spacing() -> None:
    expected = Preferences(resolution="merge-duplicates", count="exact", returns="representation")
    assert preferences(["resolution=merge-duplicates,count=exact,   return=representation "]) == expected
    assert preferences(["return=representation", "count=exact", "resolution=merge-duplicates"]) == expected


def test_the_first_of_a_kind_counts() -> None:
    assert preferences(["count=exact, count=planned", "count=estimated"]).count == "exact"


def test_unknown_ones_are_listed() -> None:
    found = preferences(["handling=strict, anything, count=wrong", "x=y"])
    assert found.invalid == ("anything", "count=wrong", "x=y")
    assert found.handling == "strict"


def test_tx_counts_only_where_it_is_allowed_and_is_never_invalid() -> None:
    assert preferences(["tx=rollback"], transaction_allowed=True).transaction == "rollback"
    assert preferences(["tx=rollback"]) == Preferences()
    overridable = RestSettings(tx_end="commit-allow-override")
    assert ask("GET", "/a", settings=overridable, prefer="tx=rollback").preferences.transaction == "rollback"
    assert ask("GET", "/a", prefer="tx=rollback").preferences.transaction is None


def test_open_values() -> None:
    found = preferences(["timezone=America/Los_Angeles, max-affected=100"])
    assert (found.timezone, found.max_affected, found.invalid) == ("America/Los_Angeles", 100, ())
    assert preferences(["max-affected=many"]) == Preferences()
    assert preferences(["timezone=+05:30"]).timezone == "+05:30"


def test_what_was_applied_is_told_in_a_fixed_order() -> None:
    used = Preferences(
        resolution="ignore-duplicates",
        returns="minimal",
        count="exact",
        transaction="commit",
        missing="default",
        handling="strict",
        timezone="UTC",
        max_affected=3,
    )
    assert applied(used) == (
        "resolution=ignore-duplicates, missing=default, return=minimal, count=exact, tx=commit, handling=strict, "
        "timezone=UTC, max-affected=3"
    )
    assert applied(Preferences(max_affected=3)) == ""


# ------------------------------------------------------------------ media types


def test_accept_is_ordered_by_quality_then_by_precision() -> None:
    names = [media.name for media in accepted("*/*, text/csv;q=0.5, application/json;q=0.9, text/xml")]
    assert names == ["text/xml", "*/*", "application/json", "text/csv"]
    assert [media.kind for media in accepted(None)] == [MediaKind.ANY]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("application/json", MediaKind.JSON),
        ("APPLICATION/JSON; charset=utf-8", MediaKind.JSON),
        ("text/csv", MediaKind.CSV),
        ("application/geo+json", MediaKind.GEOJSON),
        ("application/vnd.pgrst.object", MediaKind.SINGULAR),
        ("ApplicatIon/vnd.PgRsT.object+json", MediaKind.SINGULAR),
        ("application/vnd.pgrst.object+json;nulls=stripped", MediaKind.SINGULAR_STRIPPED),
        ("application/vnd.pgrst.array+json", MediaKind.JSON),
        ("application/vnd.pgrst.array;nulls=stripped", MediaKind.ARRAY_STRIPPED),
        ("*/*", MediaKind.ANY),
        ("application/vnd.twkb", MediaKind.OTHER),
        ("undefined", MediaKind.OTHER),
        ("", MediaKind.OTHER),
    ],
)
def test_known_types(text: str, kind: MediaKind) -> None:
    assert media_type(text).kind is kind


def test_unknown_types_stay_as_written() -> None:
    assert media_type("application/vnd.TWKB;a=b").name == "application/vnd.TWKB;a=b"
    assert media_type("application/vnd.twkb").content_type == "application/vnd.twkb"
    assert media_type("application/json").content_type == "application/json; charset=utf-8"


def test_plans() -> None:
    found = media_type('application/vnd.pgrst.plan+json; for="text/csv"; options=wal|analyze|nothing')
    assert found.kind is MediaKind.PLAN
    assert found.plan_for == media_type("text/csv")
    assert found.plan_options == ("analyze", "wal")
    assert found.name == 'application/vnd.pgrst.plan+json; for="text/csv"; options=analyze|wal'
    assert media_type("application/vnd.pgrst.plan;").name == 'application/vnd.pgrst.plan+text; for="application/json"'


# ------------------------------------------------------------------ profiles


def test_the_first_schema_is_the_default() -> None:
    assert (ask("GET", "/a").schema, ask("GET", "/a").negotiated) == ("public", False)
    assert (ask("GET", "/a", settings=TWO_SCHEMAS).schema, ask("GET", "/a", settings=TWO_SCHEMAS).negotiated) == (
        "v1",
        True,
    )


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reads_name_their_schema_by_accept_profile(method: str) -> None:
    assert ask(method, "/a", settings=TWO_SCHEMAS, accept_profile="v2", content_profile="x").schema == "v2"


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_writes_name_theirs_by_content_profile(method: str) -> None:
    assert ask(method, "/a", "{}", TWO_SCHEMAS, content_profile="v2", accept_profile="x").schema == "v2"


def test_an_unknown_schema() -> None:
    problem = refused("GET", "/a", settings=TWO_SCHEMAS, accept_profile="unknown")
    assert (problem.status, problem.code, problem.message) == (406, "PGRST106", "Invalid schema: unknown")
    assert problem.hint == "Only the following schemas are exposed: v1, v2"
