"""The cookies of one request and its response, for frameworks whose own are not enough.

In: what the request brought, what is set meanwhile. Out: what the browser will hold; headers for the response. Never:
two headers for one cookie, or a cookie without the headers that keep caches away.
"""

from collections.abc import Iterable, Mapping

from ..cookies import PRIVATE, SetCookie
from .visit import ResponseBegun


class Jar:
    """`get_all` and `set_all` for a client. `begun` is to be set once the response's headers are on their way."""

    __slots__ = ("_held", "_set", "begun")

    def __init__(self, cookies: Iterable[tuple[str, str]]) -> None:
        self._held = dict(cookies)
        self._set: dict[tuple[str, str | None], SetCookie] = {}
        self.begun = False

    @property
    def held(self) -> Mapping[str, str]:
        """Names and values as the browser will have them."""
        return self._held

    def get_all(self) -> Iterable[tuple[str, str]]:
        return self._held.items()

    def set_all(self, cookies: list[SetCookie], headers: Mapping[str, str]) -> None:
        """The headers are those that `headers` gives: they do not differ."""
        if self.begun:
            raise ResponseBegun("The response has begun: no cookie can be set any more")
        for each in cookies:
            place = (each.name, each.options.domain)
            self._set.pop(place, None)
            self._set[place] = each
            self._held.pop(each.name, None)
            if each.options.max_age:
                self._held[each.name] = each.value

    def headers(self) -> list[tuple[str, str]]:
        """What goes along with the response; nothing where no cookie is set."""
        found = [("Set-Cookie", each.header) for each in self._set.values()]
        return [*found, *PRIVATE.items()] if found else []
