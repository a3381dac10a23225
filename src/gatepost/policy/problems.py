"""What a rule says that cannot be said in SQL.

In: a rule and why not. Out: a Problem that names the rule, its place and the ways out.
Never: a rule left out in silence.
"""

from gatepost.problem import Problem
from gatepost.zmodel.schema import Rule

CODE = "policy_unsupported"


class RuleProblem(Problem):
    """A rule that cannot be compiled. `place` is where it is written, `rule` its text."""

    def __init__(self, message: str, ways_out: str, rule: Rule | None = None) -> None:
        self.place = None if rule is None else str(rule.place)
        self.rule = None if rule is None else rule.text
        where = None if rule is None else f"{rule.place}: {rule.effect} {', '.join(rule.operations)}: {rule.text}"
        super().__init__(CODE, 500, message, where, ways_out)
