"""Searching mails, in Mailpit's notation.

In: a query (`to:ada@example.org is:unread "sign in" -subject:invite`) and mails. Out: those that match every term.
Never: an error for a query that makes no sense; it finds nothing.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from .store import Address, Mail

TERM = re.compile(r'([-!]?)(?:([a-z-]+):)?(?:"([^"]*)"|(\S+))')


def _names(addresses: tuple[Address, ...]) -> str:
    return " ".join(f"{address.name} <{address.address}>" for address in addresses)


FIELDS: Mapping[str, Callable[[Mail], str]] = {
    "to": lambda mail: _names(mail.to),
    "from": lambda mail: _names(mail.senders),
    "cc": lambda mail: _names(mail.cc),
    "bcc": lambda mail: _names(mail.bcc),
    "reply-to": lambda mail: _names(mail.reply_to),
    "addressed": lambda mail: _names(mail.everybody),
    "subject": lambda mail: mail.subject,
    "message-id": lambda mail: mail.message_id,
    "is": lambda mail: "read" if mail.read else "unread",
    "has": lambda mail: "attachment attachments" if mail.attachments else "",
    "": lambda mail: f"{_names(mail.everybody)} {mail.subject} {mail.text}",
}
EXACT = frozenset({"is"})


def search(mails: Iterable[Mail], query: str) -> list[Mail]:
    """The mails that every term of `query` fits; case does not count."""
    terms = [_test(*term.groups(default="")) for term in TERM.finditer(query)]
    return [mail for mail in mails if all(test(mail) for test in terms)]


def _test(negation: str, field: str, quoted: str, bare: str) -> Callable[[Mail], bool]:
    read = FIELDS.get(field)
    wanted = (quoted or bare).casefold()
    if read is None:  # not a field: a colon that belongs to the word, as in a time or an address
        read, wanted = FIELDS[""], f"{field}:{wanted}"
    if field in EXACT:
        return lambda mail: (read(mail) == wanted) != bool(negation)
    return lambda mail: (wanted in read(mail).casefold()) != bool(negation)
