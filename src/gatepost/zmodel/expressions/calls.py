"""Functions whose arguments have rules of their own.

In: a call with its resolved arguments. Out: what is wrong, reported.
Never: a rule that a declaration in the standard library can state.
"""

import re
from collections.abc import Callable, Iterable

from gatepost.zmodel import nodes
from gatepost.zmodel.diagnostics import Reporter
from gatepost.zmodel.terms import Expression, Member, Value, type_of

Arguments = tuple[Expression, ...]
CASINGS = ("original", "upper", "lower", "capitalize", "uncapitalize")
CHECKED = ("create", "read", "update", "delete")
PLACEHOLDER = re.compile(r"(?<!\\)%s")
# What JavaScript's regular expressions say in other words than Python's.
OTHER_WORDS = (
    (r"\(\?<([A-Za-z_])", r"(?P<\1"),
    (r"\\k<", r"(?P="),
    (r"\\[pP]\{[^}]*\}", r"\\w"),
    (r"\\u\{[^}]*\}", "x"),
)


def _literal(arguments: Arguments, index: int) -> str | int | float | bool | None:
    found = arguments[index] if index < len(arguments) else None
    return found.value if isinstance(found, Value) else None


def _one_of(allowed: tuple[object, ...], words: str) -> Callable[[nodes.Call, Arguments, Reporter], None]:
    """The first argument, where it is a literal, is one of these; the last one, where it is a format, has a place."""

    def check(node: nodes.Call, arguments: Arguments, reporter: Reporter) -> None:
        given = _literal(arguments, 0)
        if given is not None and given not in allowed:
            reporter.error(node.arguments[0].at, f"first argument must be {words}")
        _format(node, arguments, 1, reporter)

    return check


def _format(node: nodes.Call, arguments: Arguments, index: int, reporter: Reporter) -> None:
    given = _literal(arguments, index)
    if isinstance(given, str) and not PLACEHOLDER.search(given):
        reporter.error(node.arguments[index].at, 'argument must include "%s", which stands for the generated value')


def _nanoid(node: nodes.Call, arguments: Arguments, reporter: Reporter) -> None:
    given = _literal(arguments, 0)
    if isinstance(given, int | float) and given <= 0:
        reporter.error(node.arguments[0].at, "first argument must be a positive number")
    _format(node, arguments, 1, reporter)


def _ulid(node: nodes.Call, arguments: Arguments, reporter: Reporter) -> None:
    _format(node, arguments, 0, reporter)


def _casing(node: nodes.Call, arguments: Arguments, reporter: Reporter) -> None:
    given = _literal(arguments, 0)
    if given is not None and given not in CASINGS:
        reporter.error(node.arguments[0].at, f"argument must be one of: {quoted(CASINGS)}")


def _length(node: nodes.Call, arguments: Arguments, reporter: Reporter) -> None:
    of = type_of(arguments[0])
    is_field = isinstance(node.arguments[0], nodes.Reference) and isinstance(arguments[0], Member)
    if not is_field or of.kind == "model" or not (of.array or of.name == "String"):
        reporter.error(node.arguments[0].at, "argument must be a string or list field")


def _regex(node: nodes.Call, arguments: Arguments, reporter: Reporter) -> None:
    pattern = node.arguments[1]
    if not isinstance(pattern, nodes.Text):
        reporter.error(pattern.at, "second argument must be a string literal")
        return
    reason = wrong_pattern(pattern.value)
    if reason:
        reporter.error(pattern.at, f"invalid regular expression: {reason}")


def wrong_pattern(pattern: str) -> str | None:
    """Why a pattern is none, or None. Patterns are JavaScript's; escapes that Python lacks are left alone."""
    for theirs, ours in OTHER_WORDS:
        pattern = re.sub(theirs, ours, pattern)
    try:
        re.compile(pattern)
    except (re.error, OverflowError) as error:
        return None if str(error).startswith(("bad escape", "look-behind")) else str(error)
    return None


def _check(node: nodes.Call, arguments: Arguments, reporter: Reporter) -> None:
    of = type_of(arguments[0])
    is_field = isinstance(node.arguments[0], nodes.Reference) and isinstance(arguments[0], Member)
    if not is_field or of.kind != "model":
        reporter.error(node.arguments[0].at, "argument must be a relation field")
    elif of.array:
        reporter.error(node.arguments[0].at, "argument cannot be an array field: check() asks about one row")
    if len(arguments) > 1 and _literal(arguments, 1) not in CHECKED:
        reporter.error(node.arguments[1].at, f"argument must be one of: {quoted(CHECKED)}")


def quoted(words: Iterable[str]) -> str:
    """Words in double quotes, as one writes them."""
    return ", ".join(f'"{word}"' for word in words)


SPECIAL: dict[str, Callable[[nodes.Call, Arguments, Reporter], None]] = {
    "uuid": _one_of((4, 7), "4 or 7"),
    "cuid": _one_of((1, 2), "1 or 2"),
    "nanoid": _nanoid,
    "ulid": _ulid,
    "currentModel": _casing,
    "currentOperation": _casing,
    "length": _length,
    "regex": _regex,
    "check": _check,
}
