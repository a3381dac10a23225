"""Codes of authenticator apps (TOTP, RFC 6238: SHA-1, six digits, thirty seconds), and how an app learns the secret.

In: a secret, a code, a time. Out: the time step a code belongs to; the address and picture an app reads.
Never: a code compared in a way that time tells, or a picture that needs anything from elsewhere.
"""

import hmac
from typing import Any
from urllib.parse import quote, urlencode

from pyotp import random_base32
from pyotp.totp import TOTP
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode

PERIOD = 30
SKEW = 1
"""Steps before and after now that are accepted, for clocks that differ."""


def new_secret() -> str:
    """160 random bits in Base32."""
    return random_base32(32)


def step_of(code: str, secret: str, now: float) -> int | None:
    """The time step whose code this is, or None; the newest where two steps have the same code."""
    generator = TOTP(secret, digits=6, interval=PERIOD)
    current = int(now) // PERIOD
    found = None
    for step in range(current - SKEW, current + SKEW + 1):
        if hmac.compare_digest(generator.at(step * PERIOD).encode(), code.encode("utf-8", "replace")):
            found = step
    return found


def address(secret: str, issuer: str, account: str) -> str:
    """The `otpauth:` address of a secret, as apps read it."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='@')}"
    parameters = {"algorithm": "SHA1", "digits": "6", "issuer": issuer, "period": str(PERIOD), "secret": secret}
    return f"otpauth://totp/{label}?{urlencode(parameters, quote_via=quote)}"


def picture(text: str) -> str:
    """A QR code as SVG; ValueError where the text is too long for one.

    It holds no `#`, since clients put it into a data URL as it is.
    """
    code: Any = QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    try:
        rows: list[list[bool]] = code.get_matrix()
    except DataOverflowError as error:
        raise ValueError("the text is too long for a QR code") from error
    path = "".join(f"M{x},{y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    size = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256" viewBox="0 0 {size} {size}" '
        f'shape-rendering="crispEdges"><rect width="{size}" height="{size}" fill="white"/>'
        f'<path fill="black" d="{path}"/></svg>'
    )
