"""Operators: what may stand on their sides.

In: an operator with its two resolved sides. Out: what is wrong, reported.
Never: a word about a side whose type is unknown.
"""

from collections.abc import Callable

from gatepost.zmodel import nodes
from gatepost.zmodel.diagnostics import Reporter
from gatepost.zmodel.expressions.types import fits, is_time, shape, words
from gatepost.zmodel.terms import Element, Expression, Member, This, Type, type_of

Kin = Callable[[str, str], bool]

ORDERED = ("Int", "Float", "DateTime", "Any")
LOGICAL = ("Boolean", "Any")


def check_binary(
    node: nodes.Binary, left: Expression, right: Expression, reporter: Reporter, *, kin: Kin, validating: bool
) -> None:
    """Reports sides that do not go with the operator, or with each other.

    `kin` tells whether two models are one, or one extends the other; where one is `validating`, all may be null.
    """
    one, two = type_of(left), type_of(right)
    if "unknown" in (one.kind, two.kind):
        return
    one, two = _as_time(node.left, one, two), _as_time(node.right, two, one)
    if node.operator == "in":
        _membership(node, one, two, reporter)
    elif node.operator not in ("==", "!="):
        _ordering(node, one, two, reporter)
    elif not (validating and "null" in (one.kind, two.kind) and (is_field(left) or is_field(right))):
        _equality(node, one, two, kin, reporter)


def _as_time(node: nodes.Expression, own: Type, other: Type) -> Type:
    """An ISO string beside a DateTime is one."""
    return Type("DateTime") if other.name == "DateTime" and is_time(node) else own


def _membership(node: nodes.Binary, left: Type, right: Type, reporter: Reporter) -> None:
    if left.array or (shape(left) is None and left.kind != "enum"):
        reporter.error(node.left.at, f'left operand of "in" must be a single value, not {words(left)}')
    if not right.array:
        reporter.error(node.right.at, f'right operand of "in" must be a list, not {words(right)}')


def _ordering(node: nodes.Binary, left: Type, right: Type, reporter: Reporter) -> None:
    supported = LOGICAL if node.operator in ("&&", "||") else ORDERED
    for side, of in ((node.left, left), (node.right, right)):
        if of.array:
            reporter.error(side.at, f'an operand of "{node.operator}" cannot be a list')
            return
        if shape(of) not in supported:
            reporter.error(side.at, f'invalid operand type for "{node.operator}" operator: {words(of)}')
            return
    if (left.name == "DateTime") != (right.name == "DateTime"):
        _incompatible(node, left, right, reporter)


def _equality(node: nodes.Binary, one: Type, two: Type, kin: Kin, reporter: Reporter) -> None:
    nothing = "null" in (one.kind, two.kind)
    if one.array != two.array:
        _incompatible(node, one, two, reporter)
    elif nothing and (one.optional or two.optional):
        return
    elif "model" in (one.kind, two.kind):
        _rows(node, one, two, kin, reporter)
    else:
        _values(node, one, two, reporter)


def _values(node: nodes.Binary, one: Type, two: Type, reporter: Reporter) -> None:
    left, right = shape(one), shape(two)
    if left is not None and right is not None:
        if not fits(left, right) and not fits(right, left):
            _incompatible(node, one, two, reporter)
    elif one.kind == two.kind and one.name != two.name:
        _incompatible(node, one, two, reporter)


def _rows(node: nodes.Binary, one: Type, two: Type, kin: Kin, reporter: Reporter) -> None:
    """Rows compare with auth() of the same model, with rows at the end of a path, and with null."""
    if "null" in (one.kind, two.kind):
        return
    if one.kind != two.kind or not kin(one.name, two.name):
        _incompatible(node, one, two, reporter)
    elif _named(node.left, node.right) or _named(node.right, node.left):
        reporter.error(node.at, "comparison between models is not supported", "compare their keys: a.id == b.id")


def is_field(expression: Expression) -> bool:
    """A member of the row at hand, without a path."""
    return isinstance(expression, Member) and isinstance(expression.of, This | Element)


def _named(one: nodes.Expression, two: nodes.Expression) -> bool:
    """Whether a relation stands by its bare name beside another one, or beside `this`."""
    return isinstance(one, nodes.Reference) and isinstance(two, nodes.Reference | nodes.This)


def _incompatible(node: nodes.Binary, one: Type, two: Type, reporter: Reporter) -> None:
    hint = None
    if "null" in (one.kind, two.kind):
        hint = "it is never null"
    reporter.error(node.at, f'incompatible operand types for "{node.operator}": {words(one)} and {words(two)}', hint)
