"""Arguments: dictionaries in, checked shapes out.

In: what a call says, in either spelling. Out: frozen shapes in the schema's names, and values as parameters.
Never: SQL, a connection, or an argument that was not understood.
"""

from gatepost.orm.arguments.calls import CALLS
from gatepost.orm.arguments.conditions.where import unique_where, where
from gatepost.orm.arguments.lexicon import Lexicon, Visible
from gatepost.orm.arguments.walk import Walk

__all__ = ["CALLS", "Lexicon", "Visible", "Walk", "unique_where", "where"]
