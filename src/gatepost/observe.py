"""Every reportable event once.

In: an event, when it has happened. Out: a call of each subscriber (logs by default; metrics and traces as they come).
Never: a token, a password, a key, a parameter of a statement; never a failure that reaches the request.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LOGGER = logging.getLogger("gatepost")


@dataclass(frozen=True, slots=True)
class Event:
    """`name` is one of NAMES; `fields` are plain values, safe to print."""

    name: str
    fields: dict[str, Any]


NAMES = {
    "server.started": logging.INFO,
    "server.stopping": logging.INFO,
    "request.failed": logging.ERROR,
    "catalog.loaded": logging.INFO,
    "catalog.failed": logging.WARNING,
    "database.lost": logging.WARNING,
    "database.notice": logging.DEBUG,
    "database.wash_failed": logging.WARNING,
    "changes.listening": logging.INFO,
    "changes.polling": logging.WARNING,
    "topics.listening": logging.INFO,
    "graphql.loaded": logging.INFO,
    "graphql.refused": logging.ERROR,
    "graphql.warning": logging.WARNING,
    "migrations.applied": logging.INFO,
    "migrations.failed": logging.ERROR,
    "graphql.failed": logging.ERROR,
    "issuer.keys": logging.INFO,
    "issuer.failed": logging.WARNING,
    "push.delivered": logging.DEBUG,
    "push.failed": logging.WARNING,
    "push.parked": logging.ERROR,
    "push.waiting": logging.WARNING,
    "mail.sent": logging.INFO,
    "mail.failed": logging.ERROR,
    "mail.dropped": logging.WARNING,
}

Subscriber = Callable[[Event], None]
SUBSCRIBERS: list[Subscriber] = []


def emit(name: str, **fields: Any) -> None:
    """Report an event; `name` must be in NAMES."""
    level = NAMES[name]
    if LOGGER.isEnabledFor(level):
        LOGGER.log(level, "%s %s", name, " ".join(f"{key}={value}" for key, value in fields.items()))
    for subscriber in SUBSCRIBERS:
        subscriber(Event(name, fields))
