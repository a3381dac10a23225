"""Texts of a known form: addresses, times, patterns.

In: text. Out: whether it has the form, in the same words of the alphabet as the validators of ZenStack's runtime.
Never: a look at anything outside the text.
"""

import re
from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

LEAP_YEARS = r"\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00"
DAYS = r"(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8])"
DATE = rf"(?:(?:{LEAP_YEARS})-02-29|\d{{4}}-(?:{DAYS}))"
MINUTES = r"(?:[01]\d|2[0-3]):[0-5]\d"
EMAIL = re.compile(
    r"(?!\.)(?!.*\.\.)[A-Za-z0-9_'+\-.]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}", re.ASCII
)
PHONE = re.compile(r"\+[0-9]{6,14}[0-9]")
DATE_FORM = re.compile(DATE, re.ASCII)
DATE_TIME = re.compile(rf"{DATE}T{MINUTES}(?::[0-5]\d(?:\.\d+)?)?Z", re.ASCII)
SPECIAL_SCHEMES = frozenset(("http", "https", "ws", "wss", "ftp"))
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
LONGEST_ADDRESS = 1000


def is_email(text: str) -> bool:
    return len(text) <= LONGEST_ADDRESS and EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """E.164."""
    return PHONE.fullmatch(text) is not None


def is_date(text: str) -> bool:
    return DATE_FORM.fullmatch(text) is not None


def is_date_time(text: str) -> bool:
    """ISO 8601 in UTC, with Z."""
    return DATE_TIME.fullmatch(text) is not None


def is_time(text: str, precision: int | None = None) -> bool:
    """`precision`: digits of a second, 0 for none, -1 for no seconds; None: seconds and fractions as one likes."""
    return _time(precision).fullmatch(text) is not None


@cache
def _time(precision: int | None) -> re.Pattern[str]:
    if precision is None:
        seconds = r"(?::[0-5]\d(?:\.\d+)?)?"
    elif precision < 0:
        seconds = ""
    else:
        seconds = r":[0-5]\d" + (rf"\.\d{{{precision}}}" if precision else "")
    return re.compile(MINUTES + seconds, re.ASCII)


def is_url(text: str) -> bool:
    """An absolute URL; one of the web's schemes also needs a host."""
    text = text.strip()
    if not SCHEME.match(text):
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme in SPECIAL_SCHEMES:
        return bool(parts.hostname) and " " not in (parts.hostname or "") and (port is None or port >= 0)
    return True


FORMS: dict[str, Callable[[str], bool]] = {
    "isEmail": is_email,
    "isUrl": is_url,
    "isPhone": is_phone,
    "isDate": is_date,
    "isDateTime": is_date_time,
}


def matches(pattern: str, text: str) -> bool:
    """Whether a JavaScript pattern finds something in the text."""
    return _pattern(pattern).search(text) is not None


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """The pattern in Python's spelling: named groups, and an end that is the text's very end."""
    translated, index, in_class = "", 0, False
    while index < len(pattern):
        letter = pattern[index]
        if letter == "\\":
            translated += pattern[index : index + 2]
            index += 2
            continue
        in_class = (in_class or letter == "[") and letter != "]"
        if letter == "$" and not in_class:
            letter = r"\Z"
        elif pattern.startswith("(?<", index) and pattern[index + 3 : index + 4] not in ("=", "!") and not in_class:
            letter, index = "(?P<", index + 2
        translated += letter
        index += 1
    return re.compile(translated, re.ASCII)
