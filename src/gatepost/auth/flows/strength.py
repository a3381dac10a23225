"""What a password must be, and passwords nobody will ever type.

In: a password, the settings. Out: nothing, or 422 `weak_password` with its reasons. Never: the password in a message.
"""

import secrets
import string

from ...problem import Problem
from ...settings import AuthSettings
from ..errors import fault, invalid

LONGEST = 72


def check(password: str, settings: AuthSettings) -> None:
    """400 where it is too long to be hashed whole, 422 with reasons where it is too weak."""
    if len(password.encode("utf-8", "surrogatepass")) > LONGEST:
        raise invalid(f"Password cannot be longer than {LONGEST} characters")
    weakness = find_weakness(password, settings)
    if weakness is not None:
        raise weakness


def find_weakness(password: str, settings: AuthSettings) -> Problem | None:
    """The problem with a password, or None; reasons are `length` and `characters`."""
    found: dict[str, str] = {}
    if len(password) < settings.password_min_length:
        found["length"] = f"Password should be at least {settings.password_min_length} characters."
    sets = character_sets(settings.password_required_characters)
    if not all(any(character in password for character in each) for each in sets):
        found["characters"] = f"Password should contain at least one character of each: {', '.join(sets)}."
    return fault("weak_password", " ".join(found.values()), None, {"reasons": list(found)}) if found else None


def character_sets(text: str) -> list[str]:
    """The sets, separated by `:`; a colon within one is written `\\:`."""
    return [part.replace("\0", ":") for part in text.replace("\\:", "\0").split(":") if part]


def random_password(settings: AuthSettings) -> str:
    """A password for somebody who comes by mail: strong, and known to nobody."""
    letters = string.ascii_letters + string.digits
    needed = [secrets.choice(each) for each in character_sets(settings.password_required_characters)]
    filling = [secrets.choice(letters) for _ in range(max(33, settings.password_min_length) - len(needed))]
    return "".join(needed + filling)[:LONGEST]
