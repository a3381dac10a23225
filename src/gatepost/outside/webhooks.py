"""Standard Webhooks: what is sent proves who sent it, and when.

In: secrets as they are written (`v1,whsec_…`, several joined by `|`), a body. Out: the three headers of its signature.
Never: a secret in a message.
"""

import hmac
import time
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from uuid import uuid4

from ..problem import Problem

PREFIX = "whsec_"
LEAST_BYTES = 24


def read_secrets(text: str, setting: str) -> tuple[bytes, ...]:
    """The keys that sign; a Problem where one cannot be read or is too short."""
    return tuple(_read(part.strip(), setting) for part in text.split("|") if part.strip())


def _read(text: str, setting: str) -> bytes:
    encoded = text.removeprefix("v1,").removeprefix(PREFIX)
    try:
        key = b64decode(encoded, validate=True)
    except (Error, ValueError):
        key = b""
    if PREFIX not in text or len(key) < LEAST_BYTES:
        hint = f"Write v1,{PREFIX} and at least {LEAST_BYTES} random bytes in base64; several are joined by |"
        raise Problem("invalid_setting", 500, f"{setting}: a secret cannot be used", None, hint)
    return key


def signed(body: bytes, keys: Sequence[bytes], message_id: str = "", now: float | None = None) -> dict[str, str]:
    """The headers of a message: the same id for every try of one, a time and a signature by each key."""
    message_id, moment = message_id or f"msg_{uuid4().hex}", str(int(time.time() if now is None else now))
    text = f"{message_id}.{moment}.".encode() + body
    signatures = (b64encode(hmac.digest(key, text, "sha256")).decode() for key in keys)
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
