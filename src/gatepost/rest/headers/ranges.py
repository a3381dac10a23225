"""Limits, offsets and the Range header.

In: the texts of `limit`, `offset` and `Range`. Out: Pages, or PGRST103 where no row could ever be asked for.
Never: how many rows there are; what that means for status and Content-Range is the response's.
"""

import re
from collections.abc import Iterable

from gatepost.problem import Problem

from ..ast import ALL_ROWS, Page

NUMBER = re.compile(r"\s*(-?[0-9]{1,30})\s*")
RANGE = re.compile(r"([0-9]{1,30})-([0-9]{0,30})")

NOT_SATISFIABLE = "Requested range not satisfiable"


def number(text: str) -> int | None:
    """An integer, or None: what is no number counts as absent."""
    found = NUMBER.fullmatch(text)
    return int(found[1]) if found else None


def pages_of(limits: Iterable[tuple[str, str]], offsets: Iterable[tuple[str, str]]) -> dict[str, Page]:
    """Pages by key (`clients.limit`, `limit` for the root), an offset under the key of its level's limit.

    The last of several values of one key counts; a negative offset is 0; a negative limit stays for whoever refuses it.
    """
    pages: dict[str, Page] = {}
    for key, text in limits:
        pages[key] = Page(0, number(text))
    starts = {key[: -len("offset")] + "limit": max(number(text) or 0, 0) for key, text in offsets}
    for key, start in starts.items():
        pages[key] = Page(start, pages.get(key, ALL_ROWS).limit)
    return pages


def range_header(text: str | None) -> Page:
    """`a-b` or `a-`, both counted from 0 and included; anything else is no range. PGRST103 where b < a."""
    found = RANGE.fullmatch(text) if text else None
    if found is None:
        return ALL_ROWS
    first = int(found[1])
    if not found[2]:
        return Page(first)
    if int(found[2]) < first:
        raise Problem(
            "PGRST103",
            416,
            NOT_SATISFIABLE,
            "The lower boundary must be lower than or equal to the upper boundary in the Range header.",
        )
    return Page(first, int(found[2]) - first + 1)


def intersection(first: Page, second: Page) -> Page:
    """The rows of both. A limit of 0 stays 0; PGRST103 for a negative limit, or where the two have no row in common."""
    if first.limit == 0 or second.limit == 0:
        return Page(0, 0)
    offset = max(first.offset, second.offset)
    ends = [page.offset + page.limit for page in (first, second) if page.limit is not None]
    if not ends:
        return Page(offset)
    if min(ends) <= offset:
        raise Problem("PGRST103", 416, NOT_SATISFIABLE, "Limit should be greater than or equal to zero.")
    return Page(offset, min(ends) - offset)
