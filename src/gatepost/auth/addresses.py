"""Where a person can be reached: e-mail addresses and phone numbers.

In: text as a client sent it. Out: the address as it is stored. Never: a look-up, or more than one address at a time.
Messages are the ones official clients compare.
"""

import re

from ..problem import Problem

LONGEST = 255
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{LABEL}(?:\.{LABEL})*")
"""GoTrue's rule (the HTML standard's): ASCII, no comment, no quotes, no address literal; `me@localhost` is an address.

Look-alike letters of other scripts cannot be another person's address, since there are none.
"""

PHONE = re.compile(r"[1-9][0-9]{1,14}")


def email_address(text: str) -> str:
    """One e-mail address in lower case, at most 255 characters; else 400 `validation_failed`."""
    if not text:
        raise Problem("validation_failed", 400, "An email address is required")
    if len(text) > LONGEST:
        raise Problem("validation_failed", 400, "An email address is too long")
    if not EMAIL.fullmatch(text):
        raise Problem("validation_failed", 400, "Unable to validate email address: invalid format")
    return text.lower()


def phone_number(text: str) -> str:
    """A phone number (E.164) as it is stored: digits only, without "+" and spaces; else 400 `validation_failed`."""
    digits = plain_phone(text)
    if not PHONE.fullmatch(digits):
        raise Problem("validation_failed", 400, "Invalid phone number format (E.164 required)")
    return digits


def plain_phone(text: str) -> str:
    """`text` without its leading "+" and without spaces, unchecked: how a number is looked up at sign-in."""
    return text.replace(" ", "").removeprefix("+")
