"""The values that were asked for last.

In: keys, values, how large they are. Out: a value that is still there. Never: more of them, or larger ones together,
than was allowed.
"""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """At most `most` values, of `room` together; for several threads."""

    def __init__(self, most: int, room: int) -> None:
        self._most, self._room, self._used = most, room, 0
        self._kept: OrderedDict[Hashable, tuple[int, Value]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def find(self, key: Hashable) -> Value | None:
        found = self._kept.get(key)
        if found is None:
            return None
        try:
            self._kept.move_to_end(key)
        except KeyError:
            return None  # another thread put something in its place; a lock would cost more than that does
        return found[1]

    def put(self, key: Hashable, value: Value, size: int) -> None:
        with self._lock:
            self._used += size - self._kept.pop(key, (0, None))[0]
            self._kept[key] = (size, value)
            while len(self._kept) > self._most or self._used > self._room:
                _, (freed, _) = self._kept.popitem(last=False)
                self._used -= freed
