"""What a database has and the schema does not say, and the other way round.

In: a checked schema, the owner's connection string, where a shadow can be made. Out: Drifts.
Never: a change; with a shadow, not even a lock: what the schema wants is made there and read.
"""

from dataclasses import dataclass
from typing import Literal

from gatepost.evolve.apply import Push
from gatepost.evolve.compare import compare
from gatepost.evolve.compare.rows import Rows
from gatepost.evolve.layout import layout
from gatepost.evolve.rules import Guards, guards
from gatepost.evolve.session import Session, Undone, session
from gatepost.evolve.shadow import Shadows
from gatepost.policy import rls
from gatepost.policy.rls import Difference, Fact
from gatepost.problem import DatabaseProblem
from gatepost.zmodel.schema import Schema

Where = Literal["database", "schema", "both"]


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference. `where` says who has it: the database alone, the schema alone, or both, differently."""

    kind: str
    name: str
    where: Where
    text: str

    def __str__(self) -> str:
        return self.text


def drift(
    schema: Schema,
    dsn: str,
    shadows: Shadows | None = None,
    *,
    policies: bool = True,
    options: rls.Options | None = None,
) -> list[Drift]:
    """All differences: tables, columns, keys, enums; policies, row level security, helpers, triggers, grants.

    Without `shadows` the rules are tried on the database itself, in a transaction that is rolled back: its tables are
    locked while that lasts.
    """
    wanted: list[Fact] | None = None
    if shadows is not None:
        with shadows.database() as shadow:
            Push(schema, shadow, policies, options=options).run()
            wanted = _read(shadow, schema, policies, options)
    found: list[Drift] = []
    with session(dsn) as opened:
        difference = compare(opened, layout(schema), Rows(None), lambda _: False)
        found += [Drift("table", change.text, "both", f"push would {change.text}") for change in difference.ordered]
        rules = guards(opened, schema, policies, options)
        found += _rules(opened, rules, wanted)
        raise Undone
    return found


def _read(dsn: str, schema: Schema, policies: bool, options: rls.Options | None) -> list[Fact]:
    facts: list[Fact] = []
    with session(dsn) as opened:
        facts += guards(opened, schema, policies, options).facts(opened)
    return facts


def _rules(opened: Session, rules: Guards, wanted: list[Fact] | None) -> list[Drift]:
    try:
        differences = rules.differences(opened) if wanted is None else rls.compare(rules.facts(opened), wanted)
    except DatabaseProblem as problem:
        text = f"the rules cannot be compared before the tables agree: {problem.message}"
        return [Drift("rules", "all", "both", text)]
    return [Drift(each.kind, each.name, _where(each), str(each)) for each in differences]


def _where(difference: Difference) -> Where:
    if difference.wanted is None:
        return "database"
    return "schema" if difference.installed is None else "both"
