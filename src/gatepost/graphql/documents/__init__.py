"""What stands between a text and an operation that may be planned: grammar, limits, validity; texts known by name."""

from .cost import Priced, price
from .limits import Limits
from .persisted import Persisted
from .reading import Document, read

__all__ = ["Document", "Limits", "Persisted", "Priced", "price", "read"]
