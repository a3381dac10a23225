"""Expressions: names → what they mean here, with types.

In: an expression's nodes and the scope they stand in. Out: an expression of the schema; what is wrong, reported.
Never: two findings for one mistake: what cannot be resolved has an unknown type, and nothing more is said about it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, cast

from gatepost.zmodel import nodes
from gatepost.zmodel.diagnostics import Reporter
from gatepost.zmodel.expressions.calls import SPECIAL
from gatepost.zmodel.expressions.compare import check_binary
from gatepost.zmodel.expressions.types import ANY, NULL, UNKNOWN, Types, declared, fits, is_time, shape, words
from gatepost.zmodel.link import Owned, Program, applied
from gatepost.zmodel.terms import (
    Auth,
    Before,
    Binary,
    Call,
    Element,
    EnumValue,
    Expression,
    ListValue,
    Member,
    Not,
    ObjectValue,
    Predicate,
    This,
    Type,
    Value,
    type_of,
)

Quantifier = Literal["some", "every", "none"]
QUANTIFIERS: dict[str, Quantifier] = {"?": "some", "!": "every", "^": "none"}
BOOLEAN, STRING, INT = Type("Boolean"), Type("String"), Type("Int")
BROKEN = Value(None, UNKNOWN)
LARGEST = 2**63 - 1
NO_AUTH = 'auth() has no type: mark a model or type with @@auth, or name one "User"'


class Frame(NamedTuple):
    """An enclosing predicate: whose rows, under which name."""

    container: nodes.Container | None
    binding: str | None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands.

    `container` is the model that a rule is for (or the type it is written in), `enum` that of the field it stands on,
    `context` what functions are asked about: AccessPolicy, ValidationRule, DefaultValue, Index.
    """

    container: nodes.Container | None = None
    context: str | None = None
    enum: nodes.Enum | None = None
    prefer: str | None = None
    frames: tuple[Frame, ...] = ()
    validating: bool = False


class Resolver:
    """Resolves expressions of one program."""

    def __init__(self, program: Program, types: Types, reporter: Reporter) -> None:
        self.program = program
        self.types = types
        self.reporter = reporter
        self._ways: dict[type, Callable[[Any, Scope], Expression]] = {
            nodes.Text: lambda node, _: Value(node.value, STRING),
            nodes.Number: self._number,
            nodes.Boolean: lambda node, _: Value(node.value, BOOLEAN),
            nodes.Null: lambda _node, _: Value(None, NULL),
            nodes.This: self._this,
            nodes.Items: self._items,
            nodes.Mapping: self._mapping,
            nodes.Reference: self._reference,
            nodes.Call: self._call,
            nodes.Access: self._access,
            nodes.Not: self._not,
            nodes.Binary: self._binary,
            nodes.Predicate: self._predicate,
        }

    def resolve(self, node: nodes.Expression, scope: Scope) -> Expression:
        """The meaning of an expression in a scope."""
        return self._ways[type(node)](node, scope)

    def _number(self, node: nodes.Number, scope: Scope) -> Expression:
        value = float(node.text) if "." in node.text else int(node.text)
        if abs(value) > LARGEST and scope.context != "DefaultValue":
            self.reporter.error(node.at, "the number does not fit 64 bits")
            return BROKEN
        return Value(float(value) if abs(value) > LARGEST else value, INT, node.text)

    def _this(self, node: nodes.This, scope: Scope) -> Expression:
        if scope.container is None:
            self.reporter.error(node.at, "`this` means nothing here")
            return BROKEN
        return This(scope.container.name)

    def _items(self, node: nodes.Items, scope: Scope) -> Expression:
        items = tuple(self.resolve(item, scope) for item in node.items)
        first = type_of(items[0]) if items else ANY
        return ListValue(items, first if first.kind == "unknown" else Type(first.name, first.kind, True))

    def _mapping(self, node: nodes.Mapping, scope: Scope) -> Expression:
        return ObjectValue({entry.key: self.resolve(entry.value, scope) for entry in node.entries})

    # Names

    def _reference(self, node: nodes.Reference, scope: Scope) -> Expression:
        found = self._named(node, scope)
        if isinstance(found, Element):
            hint = f"write {node.name}.field"
            self.reporter.error(node.at, f'the binding "{node.name}" cannot be used without a member access', hint)
            return BROKEN
        for option in node.options:
            self.resolve(option.value, scope)
        return found

    def _named(self, node: nodes.Reference, scope: Scope) -> Expression:
        """Enum of the field first, then fields of the row, then bindings, then members of enums."""
        name = node.name
        if scope.enum is not None and any(member.name == name for member in scope.enum.members):
            return EnumValue(scope.enum.name, name)
        row, container = self._row(scope)
        owned = self.program.field(container, name) if container is not None else None
        if owned is not None and row is not None:
            return self._member(row, owned)
        for level in reversed(range(len(scope.frames))):
            frame = scope.frames[level]
            if frame.binding == name:
                return element(frame, level)
        enums = [enum.name for enum in self.program.enum_members(name, node.at.source.name)]
        if enums:
            return EnumValue(scope.prefer if scope.prefer in enums else enums[0], name)
        self._no_name(node, scope, container)
        return BROKEN

    def _row(self, scope: Scope) -> tuple[Expression | None, nodes.Container | None]:
        if not scope.frames:
            return (This(scope.container.name), scope.container) if scope.container else (None, None)
        frame = scope.frames[-1]
        if frame.container is None:
            return None, None
        return element(frame, len(scope.frames) - 1), frame.container

    def _no_name(self, node: nodes.Reference, scope: Scope, container: nodes.Container | None) -> None:
        if scope.frames and scope.frames[-1].container is None:
            return  # what the predicate looks at is unknown: said already
        known = [each.field.name for each in self.program.fields(container)] if container else []
        bindings = [frame.binding for frame in scope.frames if frame.binding]
        here, hint = (f' in "{container.name}"' if container else ""), None
        if scope.frames and scope.container and self.program.field(scope.container, node.name):
            hint = f'inside of a predicate a field of "{scope.container.name}" is this.{node.name}'
        names = [*known, *bindings, *self.program.members]
        self.reporter.unknown(node.at, "field or enum member", node.name, [] if hint else names, hint, here)

    def _member(self, of: Expression, owned: Owned) -> Member:
        own, parent = self.types.of(owned.field), type_of(of)
        if parent.optional and not own.optional:
            own = Type(own.name, own.kind, own.array, True)
        return Member(of, owned.field.name, own)

    def _access(self, node: nodes.Access, scope: Scope) -> Expression:
        operand = self._operand(node.operand, scope)
        container = self._container(node, operand)
        if container is None:
            return BROKEN
        owned = self.program.field(container, node.member.text)
        if owned is None:
            names = [each.field.name for each in self.program.fields(container)]
            where = f' in "{container.name}"'
            self.reporter.unknown(node.member.at, "field", node.member.text, names, None, where)
            return BROKEN
        found = self._member(operand, owned)
        if isinstance(operand, Before) and found.type.kind == "model":
            hint = "before() holds the row's own values only"
            self.reporter.error(node.at, "relation fields cannot be accessed from `before()`", hint)
        return found

    def _operand(self, node: nodes.Expression, scope: Scope) -> Expression:
        """What stands before a dot: there a binding may stand."""
        return self._named(node, scope) if isinstance(node, nodes.Reference) else self.resolve(node, scope)

    def _container(self, node: nodes.Access, operand: Expression) -> nodes.Container | None:
        """The model or type whose member is asked for."""
        of, member = type_of(operand), node.member
        if of.kind == "unknown" or of.name == "?":
            return None
        if of.array:
            hint = "ask for some, every or none of them: ?[…], ![…], ^[…]"
            self.reporter.error(member.at, f'a list ({words(of)}) has no member "{member.text}"', hint)
            return None
        if of.kind == "type" and isinstance(operand, Member) and not from_auth(operand):
            self.reporter.error(member.at, "members of a `type` can be reached from auth() only")
            return None
        if of.kind not in ("model", "type"):
            self.reporter.error(member.at, f'{words(of)} has no member "{member.text}"')
            return None
        return self.program.containers.get(of.name)

    # Operators

    def _not(self, node: nodes.Not, scope: Scope) -> Expression:
        operand = self.resolve(node.operand, scope)
        of = type_of(operand)
        if of.kind != "unknown" and (of.array or shape(of) not in ("Boolean", "Any")):
            self.reporter.error(node.operand.at, f'the operand of "!" must be of Boolean type, not {words(of)}')
        return Not(operand)

    def _binary(self, node: nodes.Binary, scope: Scope) -> Expression:
        left, right = self._sides(node, scope)
        if not (isinstance(scope.container, nodes.TypeDefinition) and isinstance(left, This) | isinstance(right, This)):
            check_binary(node, left, right, self.reporter, kin=self._kin, validating=scope.validating)
        if node.operator == "&&" and isinstance(node.left, nodes.Binary):
            mixed = node.left.operator == "||" and not node.left.grouped
            if mixed:
                self.reporter.warning(
                    node.at,
                    "&& and || have the same precedence: `a || b && c` is `(a || b) && c`",
                    "put parentheses around what belongs together",
                )
        return Binary(node.operator, left, right)

    def _kin(self, one: str, two: str) -> bool:
        """Whether two models are one, or one extends the other: a base's rules hold for its sub-models."""
        found = (self.program.containers.get(name) for name in (one, two))
        chains = [{each.name, *(base.name for base in self.program.bases(each))} for each in found if each]
        return one == two or any({one, two} <= chain for chain in chains)

    def _sides(self, node: nodes.Binary, scope: Scope) -> tuple[Expression, Expression]:
        """Both sides; a member that several enums have is that of the enum on the other side."""
        if node.operator not in ("==", "!=", "in"):
            return self.resolve(node.left, scope), self.resolve(node.right, scope)
        if isinstance(node.left, nodes.Reference) and len(self.program.members.get(node.left.name, ())) > 1:
            right = self.resolve(node.right, scope)
            return self.resolve(node.left, self._preferring(scope, right)), right
        left = self.resolve(node.left, scope)
        return left, self.resolve(node.right, self._preferring(scope, left))

    def _preferring(self, scope: Scope, other: Expression) -> Scope:
        of = type_of(other)
        return replace(scope, prefer=of.name) if of.kind == "enum" and of.name != scope.prefer else scope

    def _predicate(self, node: nodes.Predicate, scope: Scope) -> Expression:
        collection = self.resolve(node.collection, scope)
        of, container = type_of(collection), None
        if of.array and of.kind in ("model", "type"):
            container = self.program.containers.get(of.name)
        elif of.kind != "unknown":
            hint = "write !(items?[…])" if isinstance(node.collection, nodes.Not) else None
            self.reporter.error(
                node.collection.at, f"a collection predicate needs a list of rows, not {words(of)}", hint
            )
        binding = node.binding.text if node.binding else None
        if container is not None and of.kind == "type" and not from_auth(collection):
            self.reporter.error(node.collection.at, "members of a `type` can be reached from auth() only")
            container = None
        inner = replace(scope, frames=(*scope.frames, Frame(container, binding)))
        condition = self.resolve(node.condition, inner)
        self._boolean(node.condition, condition)
        return Predicate(QUANTIFIERS[node.quantifier], collection, len(scope.frames), condition, binding)

    def _boolean(self, node: nodes.Expression, found: Expression) -> None:
        of = type_of(found)
        if of.kind != "unknown" and (of.array or shape(of) not in ("Boolean", "Any")):
            self.reporter.error(node.at, f"a condition must be Boolean, not {words(of)}")

    # Calls

    def _call(self, node: nodes.Call, scope: Scope) -> Expression:
        function = self.program.functions.get(node.function)
        if function is None or not self.program.sees(node.at.source.name, function.at.source.name):
            self.reporter.unknown(node.at, "function", node.function, self.program.functions)
            return BROKEN
        arguments = tuple(self.resolve(argument, scope) for argument in node.arguments)
        if not self._arguments(node, function, arguments):
            return BROKEN
        contexts = contexts_of(function)
        if scope.context and scope.context not in contexts:
            self.reporter.error(
                node.at, f'function "{function.name}" is not allowed in the current context: {scope.context}'
            )
            return BROKEN
        if function.name == "auth":
            return self._auth(node)
        if function.name == "before":
            return Before(scope.container.name) if scope.container else BROKEN
        special = SPECIAL.get(function.name)
        if special is not None:
            special(node, arguments, self.reporter)
        return Call(function.name, arguments, declared(self.program, function.returns))

    def _auth(self, node: nodes.Call) -> Expression:
        found = self.program.auth
        if found is None:
            self.reporter.error(node.at, NO_AUTH)
            return BROKEN
        return Auth(found.name, "model" if isinstance(found, nodes.Model) else "type")

    def _arguments(self, node: nodes.Call, function: nodes.Function, arguments: tuple[Expression, ...]) -> bool:
        good = True
        for index, parameter in enumerate(function.parameters):
            if index < len(arguments):
                good = self._argument(node.arguments[index], parameter, arguments[index]) and good
            elif not parameter.type.optional:
                self.reporter.error(node.at, f'missing argument for parameter "{parameter.name}"')
                good = False
        if len(arguments) > len(function.parameters) and node.function != "before":
            extra = node.arguments[len(function.parameters)]
            self.reporter.error(extra.at, f'function "{function.name}" takes {len(function.parameters)} arguments')
            return False
        return good

    def _argument(self, node: nodes.Expression, parameter: nodes.Parameter, found: Expression) -> bool:
        wanted, given = declared(self.program, parameter.type), type_of(found)
        if given.kind == "unknown":
            return False
        if wanted.kind == "any" and not wanted.array:
            return True
        source = "DateTime" if shape(wanted) == "DateTime" and is_time(node) else shape(given)
        if source is not None:
            good = wanted.array == given.array and fits(shape(wanted) or "", source)
        else:
            good = wanted.array == given.array and (wanted.kind == "any" or wanted.name == given.name)
        if not good:
            self.reporter.error(
                node.at,
                f'argument is not assignable to parameter "{parameter.name}": '
                f"it takes {words(wanted)}, this is {words(given)}",
            )
        return good


def from_auth(expression: Expression) -> bool:
    """Whether an expression is auth() or what it holds, near or far; objects have no other origin."""
    while isinstance(expression, Member):
        expression = expression.of
    return isinstance(expression, Auth) or (isinstance(expression, Element) and expression.kind == "type")


def element(frame: Frame, level: int) -> Element:
    """The row that a predicate looks at."""
    if frame.container is None:
        return Element("?", level, frame.binding)
    kind = "model" if isinstance(frame.container, nodes.Model) else "type"
    return Element(frame.container.name, level, frame.binding, kind)


def contexts_of(function: nodes.Function) -> set[str]:
    """Where a function may be called."""
    found = applied(function, "@@@expressionContext")
    items = cast(nodes.Items, found.arguments[0].value).items if found and found.arguments else ()
    return {item.name for item in items if isinstance(item, nodes.Reference)}
