"""Which relations run no code but PostgreSQL's own when they are read.

In: the tokens of everything that runs on a read (rules, policies, what the planner looks into). Out: the relations
that may share a connection with other requests. Never: an assumption: what is not understood is not inert.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from . import Name

Facts = Mapping[str, Any]
BUILT_IN = 16384
"""Oids below are PostgreSQL's own objects."""

# Nodes that run nothing beside the functions and operators they name.
NODES = frozenset(
    "{" + name
    for name in [
        "AGGREF",
        "ALIAS",
        "ARRAYEXPR",
        "ARRAY",
        "BOOLEANTEST",
        "BOOLEXPR",
        "CASEEXPR",
        "CASE",
        "CASETESTEXPR",
        "CASEWHEN",
        "WHEN",
        "COALESCEEXPR",
        "COALESCE",
        "COERCEVIAIO",
        "COMMONTABLEEXPR",
        "CONST",
        "DISTINCTEXPR",
        "FROMEXPR",
        "FUNCEXPR",
        "JOINEXPR",
        "NULLIFEXPR",
        "NULLTEST",
        "OPEXPR",
        "PARAM",
        "QUERY",
        "RANGETBLENTRY",
        "RANGETBLFUNCTION",
        "RTE",
        "RANGETBLREF",
        "RELABELTYPE",
        "RTEPERMISSIONINFO",
        "SCALARARRAYOPEXPR",
        "SETOPERATIONSTMT",
        "SORTGROUPCLAUSE",
        "SQLVALUEFUNCTION",
        "SUBLINK",
        "TARGETENTRY",
        "VAR",
        "WINDOWCLAUSE",
        "WINDOWFUNC",
    ]
)
FUNCTIONS = (":funcid", ":opfuncid", ":aggfnoid", ":winfnoid")
OPERATORS = (":opno", ":eqop", ":sortop")


def hazards(facts: Facts) -> frozenset[str]:
    """Operators that a project defined on PostgreSQL's own types, and `::` where it did so with casts."""
    routines = facts["routines"]
    casts = {"::"} if routines["foreign_casts"] else set[str]()
    return frozenset(routines["foreign_operators"]) | casts


def inert_relations(facts: Facts, harmless: frozenset[Name]) -> frozenset[Name]:
    """Relations whose rows, and those of every relation read on their behalf, come without foreign code."""
    names = {row["oid"]: Name(row["schema"], row["name"]) for row in facts["tables"]}
    unsafe = _unsafe_routines(facts["routines"], harmless)
    suspects = {row["oid"] for row in facts["tables"] if not _plain(row)}
    suspects |= {relation for relation, words in facts["expressions"] if not _harmless(words, unsafe)}
    if facts["routines"]["partition_functions"]:
        suspects |= {row["oid"] for row in facts["tables"] if row["kind"] == "p"}
    tainted = _spread(suspects, _readers(facts))
    return frozenset(name for oid, name in names.items() if oid not in tainted)


def _plain(row: Mapping[str, Any]) -> bool:
    return row["kind"] != "f" and all(column["plain"] for column in row["columns"])


def _unsafe_routines(routines: Facts, harmless: frozenset[Name]) -> frozenset[int]:
    """Functions and operators, by oid, that are not known to be harmless."""
    functions = {oid for oid, schema, name, _ in routines["functions"] if Name(schema, name) not in harmless}
    operators = {oid for oid, function in routines["operators"] if function in functions or function >= BUILT_IN}
    return frozenset(functions | operators)


def _harmless(words: Iterable[str], unsafe: frozenset[int]) -> bool:
    return all(_word_is_harmless(word, unsafe) for word in words)


def _word_is_harmless(word: str, unsafe: frozenset[int]) -> bool:
    if word.startswith("{"):
        return word in NODES
    key, _, number = word.partition(" ")
    if key in FUNCTIONS or key in OPERATORS:
        return int(number) not in unsafe
    return key == ":relid" or int(number) < BUILT_IN


def _readers(facts: Facts) -> dict[int, set[int]]:
    """Who reads whom: by relation, those whose reading reads it too."""
    readers: dict[int, set[int]] = defaultdict(set)
    for relation, words in facts["expressions"]:
        for word in words:
            if word.startswith(":relid "):
                readers[int(word[7:])].add(relation)
    for parent, child in facts["kinships"]:
        readers[child].add(parent)
    return readers


def _spread(suspects: Iterable[int], readers: Mapping[int, set[int]]) -> set[int]:
    tainted: set[int] = set()
    waiting: list[int] = list(suspects)
    while waiting:
        relation = waiting.pop()
        if relation not in tainted:
            tainted.add(relation)
            waiting += readers.get(relation, ())
    return tainted
