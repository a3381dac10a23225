"""`@@validate`: what must hold of the values that a call brings.

In: the rules and the checked values of one object. Out: nothing, or InvalidInput with each rule's message and path.
Never: a value from the database: a field that the call leaves out is absent, which is null to `==`, passes `<` and
`>`, and makes text and list functions false.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from gatepost.orm.arguments.data import formats
from gatepost.orm.arguments.data.changes import Change
from gatepost.orm.arguments.data.constraints import units
from gatepost.orm.errors import InvalidInput, Path
from gatepost.orm.values import Null
from gatepost.zmodel.schema import Validation
from gatepost.zmodel.terms import Binary, Call, EnumValue, Expression, ListValue, Member, Not, Value

ABSENT = object()
ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def validate(rules: Iterable[Validation], values: Mapping[str, Any], path: Path, model: str) -> None:
    """Every rule must hold."""
    findings = [
        ((*path, *rule.path), rule.message or f"Invalid input (rule at {rule.place})")
        for rule in rules
        if not truth(evaluate(rule.condition, values))
    ]
    if findings:
        raise InvalidInput(findings[0][1], findings[0][0], model, findings)


def truth(value: Any) -> bool:
    return value is not ABSENT and value is not None and bool(value)


def evaluate(node: Expression, values: Mapping[str, Any]) -> Any:
    """The value of an expression; ABSENT where a field was left out."""
    match node:
        case Value(value):
            return value
        case EnumValue(_, name):
            return name
        case ListValue(items):
            return [evaluate(item, values) for item in items]
        case Member():
            return member(node, values)
        case Not(operand):
            return not truth(evaluate(operand, values))
        case Binary():
            return binary(node, values)
        case Call(name, arguments):
            return call(name, [evaluate(argument, values) for argument in arguments])
        case _:
            return None


def member(node: Member, values: Mapping[str, Any]) -> Any:
    """A field, or a member of the JSON that one holds."""
    if not isinstance(node.of, Member):
        value = values.get(node.field, ABSENT)
        return ABSENT if isinstance(value, Change) else None if isinstance(value, Null) else value
    inner = evaluate(node.of, values)
    return cast("Mapping[str, Any]", inner).get(node.field) if isinstance(inner, Mapping) else None


def binary(node: Binary, values: Mapping[str, Any]) -> bool:
    left = evaluate(node.left, values)
    if node.operator == "&&":
        return truth(left) and truth(evaluate(node.right, values))
    if node.operator == "||":
        return truth(left) or truth(evaluate(node.right, values))
    right = evaluate(node.right, values)
    if node.operator in ("==", "!="):
        return equal(left, right) is (node.operator == "==")
    if node.operator == "in":
        return isinstance(right, list) and any(equal(left, item) for item in cast("list[Any]", right))
    return ordered(node.operator, left, right)


def equal(left: Any, right: Any) -> bool:
    """Absent is null; a number of any kind equals the same number."""
    left, right = (None if each is ABSENT else each for each in (left, right))
    if isinstance(left, datetime) != isinstance(right, datetime):
        left, right = moment(left), moment(right)
    return left == right


def ordered(operator: str, left: Any, right: Any) -> bool:
    if left is ABSENT or right is ABSENT:
        return True
    if isinstance(left, datetime) or isinstance(right, datetime):
        left, right = moment(left), moment(right)
    left, right = (number(each) for each in (left, right))
    try:
        return ORDERINGS[operator](left, right)
    except TypeError:
        return False


def number(value: Any) -> Any:
    """Null and booleans count as numbers, floats as the decimals that they are written as."""
    if value is None:
        return 0
    return Decimal(repr(value)) if isinstance(value, float) else value


def moment(value: Any) -> Any:
    """A literal compared with a DateTime."""
    if not isinstance(value, str):
        return value
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


# ------------------------------------------------------------------ functions


def call(name: str, arguments: Sequence[Any]) -> Any:
    """A function of the standard library; of an absent or null first argument: false."""
    if name == "now":
        return datetime.now(UTC)
    first, rest = arguments[0], list(arguments[1:])
    if first is ABSENT or first is None:
        return False
    if name == "length":
        return units(first) if isinstance(first, str) else len(first)
    if name in LISTS:
        return LISTS[name](first, rest[0] if rest else None)
    if not isinstance(first, str):
        return False
    if name in TEXTS:
        return text(TEXTS[name], first, rest)
    if name == "regex":
        return formats.matches(str(rest[0]), first)
    if name == "isTime":
        return formats.is_time(first, rest[0] if rest else None)
    return formats.FORMS[name](first)


def text(holds: Callable[[str, str], bool], value: str, rest: Sequence[Any]) -> bool:
    """contains, startsWith, endsWith; the third argument ignores case."""
    search = str(rest[0]) if rest and rest[0] is not None else ""
    return holds(value.lower(), search.lower()) if len(rest) > 1 and rest[1] else holds(value, search)


TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": str.__contains__,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
}
LISTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "has": lambda items, one: one in items,
    "hasSome": lambda items, wanted: any(one in items for one in wanted or ()),
    "hasEvery": lambda items, wanted: all(one in items for one in wanted or ()),
    "isEmpty": lambda items, _: not items,
}
