"""Rules.

In: an applied @@allow, @@deny, @allow or @deny. Out: its Rule.
Never: `all` left as a word.
"""

from typing import Literal, cast

from gatepost.zmodel.build.constants import place, written
from gatepost.zmodel.check.policies import kinds
from gatepost.zmodel.expressions.apply import Bound
from gatepost.zmodel.schema import Operation, Rule


def build_rule(bound: Bound, origin: str, inherited: str | None, every: tuple[Operation, ...]) -> Rule:
    """A rule; `every` is what `all` stands for."""
    effect: Literal["allow", "deny"] = "allow" if bound.application.name.endswith("allow") else "deny"
    named = kinds(bound.text("operation") or "")
    operations = dict.fromkeys(one for kind in named for one in (every if kind == "all" else (kind,)))
    return Rule(
        effect,
        cast(tuple[Operation, ...], tuple(operations)),
        bound.values["condition"],
        place(bound.application),
        written(bound.written["condition"]),
        origin,
        inherited,
    )
