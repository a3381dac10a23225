"""Passwords are checked in threads, in bounded numbers, whatever made the stored hash."""

import asyncio
import base64
import hashlib
import subprocess
import sys
import time

import argon2
import bcrypt
import pytest
from argon2.low_level import Type
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from gatepost.auth.hashing import Hasher, Verdict
from gatepost.problem import Problem


@pytest.fixture
def hasher():
    hasher = Hasher(workers=1, queue=4, cost=4)
    yield hasher
    hasher.close()


async def test_a_new_hash_is_bcrypt_in_the_form_pgcrypto_reads(hasher: Hasher):
    stored = await hasher.hash("correct horse")
    assert stored.startswith("$2a$04$")
    assert len(stored) == 60
    assert await hasher.verify("correct horse", stored) == Verdict(matches=True)
    assert not (await hasher.verify("correct horsf", stored)).matches


async def test_the_default_cost_is_gotrues():
    hasher = Hasher(workers=1)
    assert (await hasher.hash("x")).startswith("$2a$10$")
    hasher.close()


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
async def test_every_spelling_of_bcrypt_is_accepted(hasher: Hasher, prefix: str):
    stored = prefix + bcrypt.hashpw(b"secret", bcrypt.gensalt(5)).decode()[4:]
    assert await hasher.verify("secret", stored) == Verdict(matches=True)


async def test_a_cheaper_bcrypt_hash_is_outdated():
    hasher = Hasher(workers=1, cost=5)
    assert await hasher.verify("secret", bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()) == Verdict(True, True)
    hasher.close()


@pytest.mark.parametrize("kind", [Type.I, Type.ID])
async def test_argon2_hashes_of_other_systems_are_accepted_and_outdated(hasher: Hasher, kind: Type):
    stored = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1, type=kind).hash("secret")
    assert await hasher.verify("secret", stored) == Verdict(matches=True, outdated=True)
    assert not (await hasher.verify("Secret", stored)).matches


def firebase_hash(password: str, n: int = 10) -> str:
    signer, salt, separator = b"signer key of a project", b"some salt", b"\x0a"
    key = hashlib.scrypt(password.encode(), salt=salt + separator, n=2**n, r=8, p=1, dklen=32)
    encryptor = Cipher(AES(key), CTR(bytes(16))).encryptor()
    result = encryptor.update(signer) + encryptor.finalize()
    parts = [base64.b64encode(part).decode() for part in (separator, signer, salt, result)]
    return f"$fbscrypt$v=1,n={n},r=8,p=1,ss={parts[0]},sk={parts[1]}${parts[2]}${parts[3]}"


async def test_firebase_hashes_are_accepted_and_outdated(hasher: Hasher):
    stored = firebase_hash("secret")
    assert await hasher.verify("secret", stored) == Verdict(matches=True, outdated=True)
    assert not (await hasher.verify("Secret", stored)).matches


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "secret",
        "$2a$04$short",
        "$2x$04$" + "a" * 53,
        "$2a$31$" + "a" * 53,
        "$argon2d$v=19$m=1024,t=1,p=1$c29tZXNhbHQ$aGFzaA",
        "$argon2id$v=19$m=99999999,t=1,p=1$c29tZXNhbHQ$aGFzaGhhc2g",
        "$argon2id$v=19$m=8,t=999,p=1$c29tZXNhbHQ$aGFzaGhhc2g",
        "$argon2id$v=19$m=1024,t=1,p=1$!$!",
        "$fbscrypt$v=1,n=30,r=8,p=1,ss=,sk=$c2FsdA==$aGFzaA==",
        "$fbscrypt$v=1,n=4,r=8,p=1$not base64$%%%",
    ],
)
async def test_a_hash_that_is_malformed_or_too_expensive_matches_nothing_at_once(hasher: Hasher, stored: str):
    begun = time.process_time()
    assert not (await hasher.verify("secret", stored)).matches
    assert time.process_time() - begun < 1


async def test_a_password_longer_than_bcrypt_reads_is_refused_and_never_cut(hasher: Hasher):
    with pytest.raises(Problem) as raised:
        await hasher.hash("a" * 73)
    assert (raised.value.code, raised.value.status) == ("validation_failed", 400)
    stored = await hasher.hash("a" * 72)
    assert (await hasher.verify("a" * 72, stored)).matches
    assert not (await hasher.verify("a" * 73, stored)).matches


async def test_a_password_is_bytes_whatever_its_letters(hasher: Hasher):
    for password in ("pässwörd", "パスワード", "nul\0inside", "\ud800"):
        stored = await hasher.hash(password)
        assert (await hasher.verify(password, stored)).matches
        assert not (await hasher.verify(password[:-1], stored)).matches


async def test_an_unknown_user_takes_as_long_as_a_wrong_password():
    hasher = Hasher(workers=1, cost=8)
    stored = await hasher.hash("secret")

    async def least(work: str) -> float:
        durations: list[float] = []
        for _ in range(5):
            begun = time.process_time()
            await (hasher.verify("wrong", stored) if work == "verify" else hasher.waste("wrong"))
            durations.append(time.process_time() - begun)
        return min(durations)

    known, unknown = await least("verify"), await least("waste")
    hasher.close()
    assert 0.6 < known / unknown < 1.6


async def test_past_the_queue_the_answer_is_429_at_once():
    hasher = Hasher(workers=1, queue=2, cost=8)
    stored = await hasher.hash("secret")
    results = await asyncio.gather(*(hasher.verify("secret", stored) for _ in range(10)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, Problem)]
    assert results.count(Verdict(matches=True)) == 3
    assert len(refused) == 7
    assert (refused[0].code, refused[0].status) == ("over_request_rate_limit", 429)
    assert int(refused[0].headers["Retry-After"]) > 0
    assert (await hasher.verify("secret", stored)).matches
    hasher.close()


async def test_a_client_that_leaves_gives_its_place_back():
    hasher = Hasher(workers=1, queue=0, cost=8)
    stored = await hasher.hash("secret")
    task = asyncio.create_task(hasher.verify("secret", stored))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0.5)
    assert (await hasher.verify("secret", stored)).matches
    hasher.close()


async def test_the_event_loop_goes_on_while_passwords_are_hashed():
    hasher = Hasher(workers=1, cost=12)
    work = asyncio.create_task(hasher.hash("secret"))
    ticks = 0
    while not work.done():
        await asyncio.sleep(0.001)
        ticks += 1
    hasher.close()
    assert ticks > 20


@pytest.mark.skipif(sys.platform != "linux", reason="not run: needs Linux's priorities per thread")
def test_threads_step_back_from_whatever_priority_the_process_has() -> None:
    program = """
import asyncio, os, threading
from gatepost.auth.hashing import Hasher

os.nice(3)
hasher = Hasher(workers=1, cost=4)
asyncio.run(hasher.hash("a password"))
worker = next(thread for thread in threading.enumerate() if thread.name.startswith("hashing"))
print(os.getpriority(os.PRIO_PROCESS, worker.native_id) - os.getpriority(os.PRIO_PROCESS, 0))
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert int(result.stdout) in range(1, 6)
