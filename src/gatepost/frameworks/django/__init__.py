"""Django: who asks, verified; sessions in cookies; its ORM under row level security.

In: `GATEPOST` of the settings. Out: `middleware.GatepostMiddleware`, `backends.GatepostBackend`, the database engine
`gatepost.frameworks.django.postgresql`, `drf`; here what programs and views use. Never: a table of users or sessions of
its own.
"""

from .acting import as_identity, current_identity
from .required import GatepostRequest, require

__all__ = ["GatepostRequest", "as_identity", "current_identity", "require"]
