"""PostgreSQL → Anatomy.

In: one of our own logins (`system("catalog")`), the schemas whose functions are asked for, and a role, if its rights
are. Out: an Anatomy, read in one round trip from one snapshot. Never: what a surface makes of it.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from gatepost.catalog.anatomy import Anatomy
from gatepost.query.sql import Statement, array_literal

from .queries import load
from .scope import Scope

QUERIES = load(Path(__file__).with_name("anatomy.sql"))
PARAMETERS = {"procedures": 1, "rights": 2}


async def anatomy(scope: Scope, schemas: Sequence[str], role: str | None = None) -> Anatomy:
    """What the database is made of. DatabaseProblem where there is no such `role`."""
    params = (array_literal(schemas), None if role is None else role.encode())
    asked = [name for name in QUERIES if name != "rights" or role is not None]
    results = await scope.run(*(Statement(QUERIES[name], params[: PARAMETERS.get(name, 0)]) for name in asked))
    facts = {name: msgspec.Raw(result.rows[0][0] or b"null") for name, result in zip(asked, results, strict=True)}
    return msgspec.json.decode(msgspec.json.encode(facts), type=Anatomy)
