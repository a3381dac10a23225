"""What a view's columns are made of.

In: views' rules as PostgreSQL stores them (`pg_node_tree` text). Out: for each view column the table column it shows.
Never: a guess: a column that is an expression shows nothing.
"""

import re
from collections.abc import Iterable, Mapping

Origin = tuple[int, int]
"""Relation's oid and column number."""

# An escaped character belongs to a name and may look like anything.
TOKEN = re.compile(r"\\.|([{}])|(?<= ):(?:(targetList) |(resno|resorigtbl|resorigcol) (\d+)|(\w+))")


def origins(rule: str) -> dict[int, Origin]:
    """The columns of one view by number: which column of which relation each one shows.

    The rule holds `({QUERY … :targetList ({TARGETENTRY … :resno 1 … :resorigtbl 16386 :resorigcol 2 …} …) …})`, with
    queries nested anywhere; only entries of the outermost target list count.
    """
    depth, in_targets = 0, False
    entry: dict[str, int] = {}
    found: dict[int, Origin] = {}
    for match in TOKEN.finditer(rule):
        brace, targets, key, number, other = match.groups()
        if brace == "{":
            depth += 1
            entry = {} if depth == 2 and in_targets else entry
        elif brace == "}":
            if depth == 2 and in_targets and entry.get("resorigtbl"):
                found[entry["resno"]] = (entry["resorigtbl"], entry["resorigcol"])
            depth -= 1
        elif depth == 1 and (targets or other):
            in_targets = bool(targets)
        elif depth == 2 and key:
            entry[key] = int(number)
    return found


def base_columns(rules: Iterable[tuple[int, str]]) -> dict[int, dict[Origin, list[int]]]:
    """For each view: the columns of relations below it, however deep, and the view's columns that show each."""
    direct = {view: origins(rule) for view, rule in rules}
    return {view: _reached(view, direct) for view in direct}


def _reached(view: int, direct: Mapping[int, Mapping[int, Origin]]) -> dict[Origin, list[int]]:
    reached: dict[Origin, list[int]] = {}
    for column, origin in direct[view].items():
        path: set[Origin] = set()
        current: Origin | None = origin
        while current is not None and current not in path:
            path.add(current)
            reached.setdefault(current, []).append(column)
            current = direct.get(current[0], {}).get(current[1])
    return reached
