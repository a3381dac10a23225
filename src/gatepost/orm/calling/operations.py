"""The operations of a model: their names in both spellings, what each does.

In: a name as somebody wrote it. Out: ZenStack's spelling, which planners use. Never: a guess at another operation.
"""

from collections.abc import Mapping

from gatepost.orm.errors import InvalidInput
from gatepost.zmodel.diagnostics import near

READS = (
    "findMany",
    "findFirst",
    "findFirstOrThrow",
    "findUnique",
    "findUniqueOrThrow",
    "count",
    "aggregate",
    "groupBy",
    "exists",
)
ACTIONS: Mapping[str, str] = {
    "create": "create",
    "createMany": "create",
    "createManyAndReturn": "create",
    "update": "update",
    "updateMany": "update",
    "updateManyAndReturn": "update",
    "upsert": "update",
    "delete": "delete",
    "deleteMany": "delete",
}
"""Operations that change rows, and what they do."""


def snake(name: str) -> str:
    """`findMany` → `find_many`, `BlogPost` → `blog_post`, `HTMLPage` → `html_page`."""
    text = ""
    for index, letter in enumerate(name):
        before, after = name[index - 1 : index], name[index + 1 : index + 2]
        starts = letter.isupper() and before not in ("", "_") and (not before.isupper() or after.islower())
        text += f"_{letter.lower()}" if starts else letter.lower()
    return text


NAMES: Mapping[str, str] = {spelling: name for name in (*READS, *ACTIONS) for spelling in (name, snake(name))}
SNAKE: Mapping[str, str] = {name: snake(name) for name in (*READS, *ACTIONS)}


def operation_named(name: str) -> str:
    """The operation in ZenStack's spelling; InvalidInput where there is none."""
    found = NAMES.get(name) if isinstance(name, str) else None  # pyright: ignore[reportUnnecessaryIsInstance]
    if found is None:
        raise InvalidInput(unknown("operation", name, NAMES))
    return found


def lacks(model: str, operation: str) -> str:
    """The message about an operation that the client was opened without."""
    return f'there is no operation "{operation}" on model "{model}" for this client'


def unknown(what: str, name: str, known: Mapping[str, object]) -> str:
    """The message about a name that nothing has, with the one that is nearest."""
    told = str(name)[:80]
    close = near(told, known)
    return f'there is no {what} "{told}"' + (f'; did you mean "{close}"?' if close else "")
