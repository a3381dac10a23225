"""Identifiers that the client makes: uuid 4 and 7, cuid 1 and 2, nanoid, ulid.

In: a function's name with its arguments, as `@default` has them. Out: text.
Never: randomness that can be guessed, except where the format itself counts (cuid 1).
"""

import hashlib
import os
import re
import secrets
import time
import uuid
from collections.abc import Callable, Sequence
from itertools import count

BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
URL_SAFE = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict"
CUID2_LENGTH = 24
PLACE = re.compile(r"(?<!\\)%s")

_counter = count(secrets.randbelow(36**4))


def base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = BASE36[digit] + digits
    return digits or "0"


def _padded(number: int, width: int) -> str:
    return base36(number).rjust(width, "0")[-width:]


def uuid4() -> str:
    return str(uuid.uuid4())


def uuid7() -> str:
    """RFC 9562: 48 bits of milliseconds, then randomness."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return str(uuid.UUID(int=value))


def cuid() -> str:
    """A letter, milliseconds, a counter, the process and randomness, in base 36: 25 characters."""
    fingerprint = _padded(os.getpid(), 2) + _padded(uuid.getnode(), 2)
    random = _padded(secrets.randbelow(36**8), 8)
    return f"c{_padded(time.time_ns() // 1_000_000, 8)}{_padded(next(_counter), 4)}{fingerprint}{random}"


def cuid2() -> str:
    """A letter and a hash, 24 characters of base 36."""
    entropy = secrets.token_bytes(32) + str(time.time_ns()).encode() + str(next(_counter)).encode()
    digest = base36(int.from_bytes(hashlib.sha3_512(entropy).digest()))
    return secrets.choice(BASE36[10:]) + digest[1:CUID2_LENGTH]


def nanoid(length: int = 21) -> str:
    return "".join(URL_SAFE[byte & 63] for byte in secrets.token_bytes(length))


def ulid() -> str:
    """48 bits of milliseconds and 80 of randomness, in Crockford's base 32: 26 characters."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))


def _uuid(version: object = 4, *_: object) -> str:
    return uuid7() if version == 7 else uuid4()


def _cuid(version: object = 1, *_: object) -> str:
    return cuid2() if version == 2 else cuid()


def _nanoid(length: object = None, *_: object) -> str:
    return nanoid(length) if isinstance(length, int) else nanoid()


def _ulid(*_: object) -> str:
    return ulid()


MAKERS: dict[str, Callable[..., str]] = {"uuid": _uuid, "cuid": _cuid, "nanoid": _nanoid, "ulid": _ulid}


def make(function: str, arguments: Sequence[object]) -> str:
    """An identifier in its format: the last argument, where it is text, holds %s (`\\%s` is a literal one)."""
    made = MAKERS[function](*arguments)
    form = arguments[-1] if arguments and isinstance(arguments[-1], str) else None
    return made if form is None else PLACE.sub(made, form).replace("\\%s", "%s")
