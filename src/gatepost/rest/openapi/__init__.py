"""The OpenAPI document at the root (Swagger 2.0).

In: the Catalog, and the names that the current role may use. Out: the document's bytes.
Never: a relation that is not exposed, or the database's own words beyond comments, types and defaults.
"""

from .answer import Documents, questions
from .document import document, shown
from .types import Shown

__all__ = ["Documents", "Shown", "document", "questions", "shown"]
