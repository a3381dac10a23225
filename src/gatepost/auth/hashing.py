"""Passwords: slow work, off the event loop and bounded.

In: a password, and for a check the hash as stored. Out: a hash, or a Verdict.
Never: a password in a log or a message, a hash computed on the event loop, or a queue that grows without end.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import math
import os
import re
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import bcrypt
from argon2.exceptions import Argon2Error
from argon2.low_level import Type, verify_secret
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from ..problem import Problem

COST = 10
LONGEST = 72
"""bcrypt reads no more than 72 bytes of a password: a longer one is refused, not cut."""

T = TypeVar("T")

BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
COSTLIEST = 16
"""A check at bcrypt cost 16 takes about four seconds; a stored hash may not ask for more."""

ARGON2 = re.compile(r"\$argon2(id?)\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+")
ARGON2_LIMITS = (1024 * 1024, 20, 16)
"""Most memory (KiB), passes and threads that a stored argon2 hash may ask for."""

FIREBASE = re.compile(r"\$fbscrypt\$v=1,n=(\d+),r=(\d+),p=(\d+)(?:,ss=([^,$]+))?(?:,sk=([^$]+))?\$([^$]+)\$(.+)")
FIREBASE_LIMITS = (17, 16, 4)
"""Largest n (as a power of two), r and p that a stored fbscrypt hash may ask for: at most 256 MiB."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`outdated`: the stored hash is of another kind, or cheaper, than new ones are."""

    matches: bool
    outdated: bool = False


@cache
def _decoy(cost: int) -> str:
    """The hash of a password that nobody has."""
    return bcrypt.hashpw(b"nobody's password", bcrypt.gensalt(cost, b"2a")).decode()


class Hasher:
    """Hashes and checks passwords in threads of its own.

    `workers` threads (by default one less than there are cores) serve at most `queue` waiting passwords (by default
    about four seconds of work). Past that a call raises 429 `over_request_rate_limit` with Retry-After, so that a
    flood of sign-ins slows down itself and not everybody.
    """

    def __init__(self, workers: int | None = None, queue: int | None = None, cost: int = COST) -> None:
        self._workers = workers or max(1, (os.cpu_count() or 1) - 1)
        self._places = threading.Semaphore(self._workers + (64 * self._workers if queue is None else queue))
        self._threads = ThreadPoolExecutor(self._workers, "hashing", _step_back)
        self._cost = cost
        self._decoy = _decoy(cost)

    async def hash(self, password: str) -> str:
        """A new bcrypt hash. It begins with `$2a$`, which pgcrypto's `crypt()` understands as well."""
        secret = password.encode("utf-8", "surrogatepass")
        if len(secret) > LONGEST:
            raise Problem("validation_failed", 400, f"Password cannot be longer than {LONGEST} characters")
        return (await self._run(lambda: bcrypt.hashpw(secret, bcrypt.gensalt(self._cost, b"2a")))).decode()

    async def verify(self, password: str, stored: str) -> Verdict:
        """Whether `password` is the one `stored` was made of: bcrypt, argon2i, argon2id or Firebase's scrypt.

        A hash that is malformed, of another kind or unreasonably expensive matches nothing, after the usual time.
        """
        secret = password.encode("utf-8", "surrogatepass")
        return await self._run(lambda: self._check(secret, stored))

    async def waste(self, password: str) -> None:
        """Takes as long as a check does: for users that do not exist, so that time does not tell."""
        await self.verify(password, self._decoy)

    def close(self) -> None:
        """Drops what waits and ends the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise Problem("over_request_rate_limit", 429, "Request rate limit reached", headers={"Retry-After": "2"})
        future: Future[T] = self._threads.submit(work)
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)

    def _check(self, secret: bytes, stored: str) -> Verdict:
        if found := BCRYPT.fullmatch(stored):
            cost = int(found[1])
            if 4 <= cost <= COSTLIEST and len(secret) <= LONGEST:
                return Verdict(bcrypt.checkpw(secret, stored.encode()), outdated=cost < self._cost)
        elif found := ARGON2.fullmatch(stored):
            if all(int(asked) <= most for asked, most in zip(found.groups()[1:], ARGON2_LIMITS, strict=True)):
                return Verdict(_argon2(secret, stored, Type.ID if found[1] == "id" else Type.I), outdated=True)
        elif found := FIREBASE.fullmatch(stored):
            return Verdict(_firebase(secret, found), outdated=True)
        bcrypt.checkpw(secret[:LONGEST], self._decoy.encode())
        return Verdict(matches=False)


def _step_back() -> None:
    """Lets the event loop's thread go first when cores are short; only Linux knows priorities per thread.

    Relative to what the process has: whoever was started with little priority may not take more.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        least = os.getpriority(os.PRIO_PROCESS, thread) + 5
        os.setpriority(os.PRIO_PROCESS, thread, min(least, 19))


def _argon2(secret: bytes, stored: str, kind: Type) -> bool:
    try:
        return verify_secret(stored.encode(), secret, kind)
    except Argon2Error:
        return False


def _firebase(secret: bytes, found: re.Match[str]) -> bool:
    """Firebase's scrypt: the derived key encrypts the project's signer key; the result is what is stored."""
    numbers = tuple(int(group) for group in found.groups()[:3])
    if not all(1 <= asked <= most for asked, most in zip(numbers, FIREBASE_LIMITS, strict=True)):
        return False
    try:
        separator, signer, salt, expected = (base64.b64decode(part or "", validate=True) for part in found.groups()[3:])
    except binascii.Error:
        return False
    n, r, p = 2 ** numbers[0], numbers[1], numbers[2]
    key = hashlib.scrypt(
        secret, salt=salt + separator, n=n, r=r, p=p, dklen=32, maxmem=math.ceil(128 * r * (n + p + 2) * 1.1)
    )
    encryptor = Cipher(AES(key), CTR(bytes(16))).encryptor()
    return hmac.compare_digest(encryptor.update(signer) + encryptor.finalize(), expected)
