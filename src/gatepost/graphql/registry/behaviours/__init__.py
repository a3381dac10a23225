"""What may be done with each entity.

In: entities of the registry, the options. Out: `Behaviours`, which answers. Never: how a field looks that may be there.
"""

from .inferred import Inferred, wanted
from .rules import Behaviours

__all__ = ["Behaviours", "Inferred", "wanted"]
