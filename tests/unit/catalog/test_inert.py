"""Which relations run nothing but PostgreSQL's own code when they are read."""

from typing import Any

import pytest

from gatepost.catalog import Name
from gatepost.catalog.inert import hazards, inert_relations

PLAIN: list[str] = ["{OPEXPR", "{VAR", "{CONST", ":opno 96", ":opfuncid 65"]
OWN_FUNCTION, AUTH_UID, VOLATILE = 20001, 20002, 2626


def facts(expressions: list[Any] | None = None, **routines: Any) -> dict[str, Any]:
    def table(oid: int, name: str, **more: Any) -> dict[str, Any]:
        return {"oid": oid, "schema": "s", "name": name, "kind": "r", "columns": [{"plain": True}], **more}

    known = {
        "functions": [
            [OWN_FUNCTION, "s", "own", "s"],
            [AUTH_UID, "auth", "uid", "s"],
            [VOLATILE, "pg_catalog", "pg_sleep", "v"],
        ],
        "operators": [[30001, OWN_FUNCTION]],
        "foreign_operators": [],
        "foreign_casts": False,
        "partition_functions": False,
    }
    return {
        "tables": [table(16401, "a"), table(16402, "b"), table(16403, "foreign", kind="f")],
        "expressions": expressions or [],
        "kinships": [],
        "routines": known | routines,
    }


def inert(found: dict[str, Any]) -> set[str]:
    return {name.name for name in inert_relations(found, frozenset((Name("auth", "uid"),)))}


def test_a_plain_table_is_inert_a_foreign_one_is_not() -> None:
    assert inert(facts()) == {"a", "b"}


@pytest.mark.parametrize(
    "words",
    [
        [":funcid 20001"],
        [":funcid 2626"],
        [":opno 30001"],
        [":resulttype 16999"],
        ["{COERCETODOMAIN"],
        ["{SOMETHINGNEW"],
    ],
)
def test_what_is_not_known_to_be_harmless_is_not_inert(words: list[str]) -> None:
    assert inert(facts([[16401, PLAIN + words]])) == {"b"}


def test_the_allow_list_names_what_may_run() -> None:
    assert inert(facts([[16401, [*PLAIN, ":funcid 20002"]]])) == {"a", "b"}


def test_who_reads_a_suspect_is_a_suspect() -> None:
    reads_foreign = [[16402, [*PLAIN, ":relid 16401"]], [16401, [":relid 16403"]]]
    assert inert(facts(reads_foreign)) == set()
    with_child = facts() | {"kinships": [[16401, 16403]]}
    assert inert(with_child) == {"b"}


def test_a_column_that_runs_code_when_it_is_written_out() -> None:
    found = facts()
    found["tables"][0]["columns"].append({"plain": False})
    assert inert(found) == {"b"}


def test_hazards_name_the_projects_own_operators_and_casts() -> None:
    assert hazards(facts(foreign_operators=["="], foreign_casts=True)) == {"=", "::"}
