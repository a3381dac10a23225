"""Attributes as applied: which argument fills which parameter, and whether it fits.

In: an application and what it stands on. Out: its arguments by the names of the parameters, resolved.
Never: the same application resolved twice for the same model.
"""

import json
from dataclasses import dataclass, field
from typing import NamedTuple

from gatepost.zmodel import nodes
from gatepost.zmodel.diagnostics import Reporter
from gatepost.zmodel.expressions.resolve import Resolver, Scope
from gatepost.zmodel.expressions.types import Types, declared, fits, is_time, shape, words
from gatepost.zmodel.link import Program, applied
from gatepost.zmodel.terms import Expression, Type, Value, type_of

CONTEXTS = {
    "@default": "DefaultValue",
    "@@allow": "AccessPolicy",
    "@@deny": "AccessPolicy",
    "@allow": "AccessPolicy",
    "@deny": "AccessPolicy",
    "@@index": "Index",
}
REFERENCES = {"FieldReference", "TransitiveFieldReference"}


class Subject(NamedTuple):
    """What an attribute stands on: `container` is the model or type it is read for, `field` the field it is on."""

    container: nodes.Container | None = None
    field: nodes.Field | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """An application with its arguments by parameter: as written, and as resolved (references to fields are not)."""

    application: nodes.Application
    declaration: nodes.Attribute
    subject: Subject
    written: dict[str, nodes.Expression] = field(default_factory=dict[str, nodes.Expression])
    values: dict[str, Expression] = field(default_factory=dict[str, Expression])

    def literal(self, name: str) -> str | int | float | bool | None:
        """The argument, where it is a literal."""
        found = self.values.get(name)
        return found.value if isinstance(found, Value) else None

    def text(self, name: str) -> str | None:
        """The argument, where it is a string literal."""
        found = self.literal(name)
        return found if isinstance(found, str) else None

    def references(self, name: str) -> tuple[nodes.Reference, ...]:
        """The fields that the argument refers to, one or several."""
        found = self.written.get(name)
        items = found.items if isinstance(found, nodes.Items) else (found,)
        return tuple(item for item in items if isinstance(item, nodes.Reference))

    def names(self, name: str) -> tuple[str, ...]:
        """Names of the fields that the argument refers to."""
        return tuple(each.name for each in self.references(name))


class Applications:
    """Binds the applications of one program."""

    def __init__(self, program: Program, types: Types, resolver: Resolver, reporter: Reporter) -> None:
        self._program = program
        self._types = types
        self._resolver = resolver
        self._reporter = reporter
        self._known: dict[tuple[int, int], Bound | None] = {}

    def bind(self, application: nodes.Application, subject: Subject) -> Bound | None:
        """The arguments by parameter; None where something about them is wrong (and reported)."""
        key = (id(application), id(subject.container))
        if key not in self._known:
            self._known[key] = self._bind(application, subject)
        return self._known[key]

    def _bind(self, application: nodes.Application, subject: Subject) -> Bound | None:
        declaration = self._declaration(application)
        if declaration is None:
            return None
        bound = Bound(application, declaration, subject)
        for argument in application.arguments:
            parameter = self._parameter(argument, declaration, bound)
            if parameter is None or not self._fill(argument, parameter, bound):
                return None
        missing = [
            each.name for each in declaration.parameters if not each.type.optional and each.name not in bound.written
        ]
        if missing:
            plural = "s" if len(missing) > 1 else ""
            self._reporter.error(application.at, f"required parameter{plural} not provided: {', '.join(missing)}")
            return None
        return bound

    def _declaration(self, application: nodes.Application) -> nodes.Attribute | None:
        found = self._program.attributes.get(application.name)
        if found is not None and self._program.sees(application.at.source.name, found.at.source.name):
            return found
        signs = application.name.count("@", 0, 3)
        names = (name for name in self._program.attributes if name.count("@", 0, 3) == signs)
        hint = "declared by a plugin? Then name its plugin.zmodel as the plugin's provider"
        self._reporter.unknown(application.at, "attribute", application.name, names, hint)
        return None

    def _parameter(
        self, argument: nodes.Argument, declaration: nodes.Attribute, bound: Bound
    ) -> nodes.Parameter | None:
        if argument.name is None:
            free = (each for each in declaration.parameters if each.positional and each.name not in bound.written)
            found = next(free, None)
            if found is None:
                self._reporter.error(argument.at, f"unexpected unnamed argument of {declaration.name}")
            return found
        found = next((each for each in declaration.parameters if each.name == argument.name), None)
        if found is None:
            names = [each.name for each in declaration.parameters]
            self._reporter.unknown(argument.at, f"parameter of {declaration.name}", argument.name, names)
        elif found.name in bound.written:
            self._reporter.error(argument.at, f'parameter "{found.name}" is already provided')
            return None
        return found

    def _fill(self, argument: nodes.Argument, parameter: nodes.Parameter, bound: Bound) -> bool:
        bound.written[parameter.name] = argument.value
        if parameter.type.name in REFERENCES:
            return self._fields(argument.value, parameter, bound.subject)
        value = self._resolver.resolve(argument.value, self._scope(parameter, bound))
        bound.values[parameter.name] = value
        if type_of(value).kind == "unknown":
            return False
        wrong = self._misfit(argument.value, value, parameter, bound)
        if wrong:
            self._reporter.error(argument.at, f'{wrong} (parameter "{parameter.name}" of {bound.declaration.name})')
        return wrong is None

    def _scope(self, parameter: nodes.Parameter, bound: Bound) -> Scope:
        name, subject = bound.declaration.name, bound.subject
        validating = applied(bound.declaration, "@@@validation") is not None
        context = "ValidationRule" if validating else CONTEXTS.get(name)
        wanted = declared(self._program, parameter.type)
        if wanted.kind == "enum":
            enum = self._program.type_named(wanted.name, parameter.at.source.name)
            return Scope(None, context, enum if isinstance(enum, nodes.Enum) else None)
        own = self._enum(subject.field)
        if parameter.type.name == "ContextType":
            return Scope(None, context, own)
        return Scope(subject.container, context, own, validating=name == "@@validate")

    def _enum(self, of: nodes.Field | None) -> nodes.Enum | None:
        found = self._program.type_named(of.type.name, of.at.source.name) if of else None
        return found if isinstance(found, nodes.Enum) else None

    def _fields(self, value: nodes.Expression, parameter: nodes.Parameter, subject: Subject) -> bool:
        """References to fields: of the model itself, or of the one that its field refers to."""
        wanted = "an array of field references" if parameter.type.array else "a field reference"
        listed = isinstance(value, nodes.Items)
        items = value.items if isinstance(value, nodes.Items) else (value,)
        if listed != parameter.type.array or not all(isinstance(item, nodes.Reference) for item in items):
            self._reporter.error(value.at, f"expected {wanted}")
            return False
        if parameter.type.name == "FieldReference":
            container = subject.container
        else:
            container = self._types.target(subject.field) if subject.field else None
        missing = [item for item in items if container is None or not self._exists(item, container)]
        return not missing

    def _exists(self, item: nodes.Expression, container: nodes.Container) -> bool:
        if not isinstance(item, nodes.Reference):
            return False
        if self._program.field(container, item.name) is None:
            names = [each.field.name for each in self._program.fields(container)]
            self._reporter.unknown(item.at, "field", item.name, names, None, f' in "{container.name}"')
            return False
        scope = Scope(None, "Index", self._operator_classes())
        for option in item.options:
            self._resolver.resolve(option.value, scope if option.key == "ops" else Scope(None, "Index", self._sorts()))
        return True

    def _operator_classes(self) -> nodes.Enum | None:
        return self._library_enum("IndexOperatorClass")

    def _sorts(self) -> nodes.Enum | None:
        return self._library_enum("SortOrder")

    def _library_enum(self, name: str) -> nodes.Enum | None:
        found = self._program.types.get(name, [])[-1:]
        return found[0] if found and isinstance(found[0], nodes.Enum) else None

    def _misfit(
        self, node: nodes.Expression, value: Expression, parameter: nodes.Parameter, bound: Bound
    ) -> str | None:
        """Why an argument does not fit its parameter."""
        if parameter.type.name == "ContextType" and bound.subject.field is not None:
            return self._misfit_of_default(node, value, bound.subject.field)
        wanted = declared(self._program, parameter.type)
        return misfit(node, type_of(value), wanted)

    def _misfit_of_default(self, node: nodes.Expression, value: Expression, own: nodes.Field) -> str | None:
        """The value of @default is of the field's type; JSON stands in strings."""
        wanted = self._types.of(own)
        if wanted.name == "Json" or applied(own, "@json"):
            if wanted.array and wanted.name == "Json":
                listed = isinstance(node, nodes.Items) and all(is_json(item) for item in node.items)
                return None if listed else "expected an array of JSON string literals"
            return None if is_json(node) else "expected a JSON string literal"
        if wanted.name in ("Int", "BigInt") and isinstance(node, nodes.Number) and "." in node.text:
            return f"expected a whole number, as the field is {words(wanted)}"
        return misfit(node, type_of(value), wanted)


def misfit(node: nodes.Expression, given: Type, wanted: Type) -> str | None:
    """Why an expression cannot stand where a type is wanted; None where it can."""
    if wanted.kind in ("any", "unknown") and not wanted.array:
        return None
    if given.kind == "any" and not given.array:
        return None
    generic = f"invalid argument type: expected {words(wanted)}, not {words(given)}"
    if wanted.array != given.array:
        return f"expected {'array' if wanted.array else 'non-array'}: {words(wanted)}, not {words(given)}"
    if "any" in (wanted.kind, given.kind):
        return None
    source = "DateTime" if shape(wanted) == "DateTime" and is_time(node) else shape(given)
    if source is None or shape(wanted) is None:
        return None if (wanted.kind, wanted.name) == (given.kind, given.name) else generic
    return None if fits(shape(wanted) or "", source) else generic


def is_json(node: nodes.Expression) -> bool:
    """Whether a literal is a string that holds JSON."""
    if not isinstance(node, nodes.Text):
        return False
    try:
        json.loads(node.value)
    except (ValueError, RecursionError):
        return False
    return True
