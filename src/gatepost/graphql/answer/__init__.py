"""What an operation gave: the bytes of a GraphQL response, and whether anything was executed at all.

In: JSON text, or GraphQL errors. Out: an Answer, which HTTP and sockets each carry in their own way. Never: the
executed data parsed again.
"""

import re
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec
from graphql import GraphQLError

from gatepost.problem import Problem

# Texts as Python writes them, but for the kinds of literals, which are written so in JavaScript too. One that is not
# closed goes to the end: a message may repeat what a stranger wrote, and each of his quotes would look that far.
QUOTED = re.compile(r"""(?<!\(kind=)'((?:[^'\\]|\\.)*)(?:(')|\\?\Z)|"(?:[^"\\]|\\.)*(?:"|\\?\Z)""", re.DOTALL)
WORDS = {"True": "true", "False": "false", "None": "null"}
VALUE = re.compile(r": (True|False|None)$")


class Answer(msgspec.Struct, frozen=True):
    """`body` is the response as JSON: `data` and `errors`. Of a request that was refused before it ran (`executed` is
    False) it holds errors alone, and `errors` has them for those who carry them otherwise.
    """

    body: bytes
    executed: bool = True
    errors: tuple[dict[str, Any], ...] = ()

    @property
    def status(self) -> int | None:
        """The HTTP status that its first error has, None where none has one."""
        return self.errors[0]["extensions"].get("statusCode") if self.errors else None


Told = Callable[[Answer | Coroutine[Any, Any, Answer]], None]
"""Takes an answer that comes without a task: the answer itself, or what still has to be waited for."""


def refused(errors: Sequence[GraphQLError]) -> Answer:
    """What is wrong with a document or its variables: nothing was executed."""
    return _refused(tuple({**formatted(error), "message": _worded(error.message)} for error in errors))


def _worded(message: str) -> str:
    """As the reference implementation in JavaScript words it, which clients may compare with: names in double quotes,
    values as JSON.
    """
    return VALUE.sub(lambda found: f": {WORDS[found[1]]}", QUOTED.sub(_in_double_quotes, message))


def _in_double_quotes(found: re.Match[str]) -> str:
    text, closed = found.groups()
    return '"' + text.replace("\\'", "'").replace('"', '\\"') + '"' if closed else found[0]


def refused_for(problem: Problem) -> Answer:
    """A Problem of a request that never became an operation."""
    extensions: dict[str, Any] = {"statusCode": problem.status}
    if problem.hint is not None:
        extensions["hint"] = problem.hint
    return _refused(({"message": problem.message, "extensions": extensions},))


def formatted(error: GraphQLError) -> dict[str, Any]:
    """An error as responses carry it: `extensions` is always there."""
    told: dict[str, Any] = {"message": error.message}
    if error.locations:
        told["locations"] = [{"line": each.line, "column": each.column} for each in error.locations]
    if error.path is not None:
        told["path"] = error.path
    return told | {"extensions": error.extensions or {}}


def _refused(errors: tuple[dict[str, Any], ...]) -> Answer:
    return Answer(msgspec.json.encode({"errors": errors}), executed=False, errors=errors)
