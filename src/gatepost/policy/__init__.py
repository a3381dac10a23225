"""Rules of a schema → conditions on the query tree; the same rules → row level security.

In: a checked schema. Out: conditions, claims, SQL definitions.
Never: a socket, a driver, or a rule left out because it is hard to say.
"""

from .claims import claims
from .problems import RuleProblem
from .rules import Reason, Rules

__all__ = ["Reason", "RuleProblem", "Rules", "claims"]
