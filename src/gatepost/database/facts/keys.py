"""The keys of a database: signing keys and API keys, as the identity room wants them.

In: the auth surface's login. Out: SigningKeys and ApiKeys in force. Never: the text of an API key (it is not kept).
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from ...identity.api_keys import ApiKey
from ...identity.keys import SigningKey, from_jwk
from ...query.sql import Statement, array_literal
from ..queries import load
from ..scope import Scope

QUERIES = load(Path(__file__).with_name("keys.sql"))


async def read(scope: Scope) -> tuple[list[SigningKey], list[ApiKey]]:
    """What is in force now; of the signing keys the active one signs."""
    signing, api = await scope.run(Statement(QUERIES["signing_keys"]), Statement(QUERIES["api_keys"]))
    keys = [from_jwk(msgspec.json.decode(jwk or b""), signs=status == b"active") for jwk, status in signing.rows]
    facts = [_api_key(*(value.decode() if value is not None else None for value in row)) for row in api.rows]
    return keys, facts


def _api_key(id: str | None, digest: str | None, role: str | None, expires: str | None) -> ApiKey:
    return ApiKey(id or "", digest or "", role or "", float(expires) if expires else None)


async def record_uses(scope: Scope, uses: Mapping[str, float]) -> None:
    """Write down when keys were last used (epoch seconds by key id)."""
    if uses:
        times = array_literal([repr(at) for at in uses.values()])
        await scope.run(Statement(QUERIES["used"], (array_literal(list(uses)), times)))
