"""What tables, columns and values are called in ZModel.

In: names of a database. Out: identifiers, each once: `user_roles` → UserRoles, `author_id` → authorId.
Never: two things under one name.
"""

import re
from collections.abc import Iterable

# What the language, or its standard library, has taken.
TAKEN = frozenset(
    {
        *("String", "Boolean", "Int", "BigInt", "Float", "Decimal", "DateTime", "Json", "Bytes", "Any", "Null"),
        *("Object", "Void", "Unsupported", "generator", "function", "procedure", "mutation", "extends", "with"),
        *("this", "null", "true", "false", "model", "enum", "type", "view", "datasource", "plugin", "attribute"),
        *("abstract", "import", "in"),
    }
)


class Names:
    """Names given out; a second thing that would have the same gets a number."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._given = {*taken}

    def give(self, name: str) -> str:
        """The name, or the next that is free."""
        found, number = name, 2
        while found in self._given or found in TAKEN:
            found, number = f"{name}{number}", number + 1
        self._given.add(found)
        return found


def pascal(name: str) -> str:
    """`user_roles` → UserRoles; what is written so already stays."""
    joined = "".join(word[:1].upper() + word[1:] for word in _words(name))
    return joined if joined[:1].isalpha() else f"M{joined}"


def camel(name: str) -> str:
    """`author_id` → authorId; `URL` stays."""
    words = _words(name)
    first = words[0] if words else ""
    head = first if first.isupper() else first[:1].lower() + first[1:]
    joined = head + "".join(word[:1].upper() + word[1:] for word in words[1:])
    return joined if joined[:1].isalpha() else f"f{joined}"


def member(value: str) -> str:
    """A value of an enum as an identifier; case is kept."""
    joined = re.sub(r"\W+", "_", value, flags=re.ASCII).strip("_")
    return joined if joined[:1].isalpha() or joined[:1] == "_" else f"V_{joined}"


def many(name: str) -> str:
    """The field for rows of a model: `Post` → posts."""
    lower = name[:1].lower() + name[1:]
    if lower.endswith("s"):
        return lower
    if re.search(r"[^aeiou]y$", lower):
        return f"{lower[:-1]}ies"
    return f"{lower}s"


def one(name: str) -> str:
    """The field for one row of a model: `Post` → post."""
    return name[:1].lower() + name[1:]


def _words(name: str) -> list[str]:
    """Parts between what identifiers cannot hold; `userID` is one."""
    return [word for word in re.split(r"[^0-9A-Za-z]+", name) if word]
