"""Rules as row level security: what PostgreSQL is given so that it keeps them, whoever asks.

In: a schema. Out: policies, the functions and triggers that they need, grants: SQL text; what differs from a
database's; what is worth an index. Never: a connection.
"""

from gatepost.policy.problems import RuleProblem
from gatepost.policy.rls.advice import Advice, advice
from gatepost.policy.rls.definitions import Definition, Options
from gatepost.policy.rls.installed import Difference, Fact, clear, compare, installed, mending
from gatepost.policy.rls.objects import Unenforced, objects, unenforced
from gatepost.policy.rls.rejection import Rejection, rejection

__all__ = [
    "Advice",
    "Definition",
    "Difference",
    "Fact",
    "Options",
    "Rejection",
    "RuleProblem",
    "Unenforced",
    "advice",
    "clear",
    "compare",
    "installed",
    "mending",
    "objects",
    "rejection",
    "unenforced",
]
