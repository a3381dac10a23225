"""What rules may call: functions of texts and lists, check(), now(), currentModel(), currentOperation(), and `in`.

In: a call and where it stands. Out: its condition or its value.
Never: a function whose meaning is not known: that is a problem that names the rule.
"""

from collections.abc import Callable, Sequence
from typing import cast

from gatepost.query import tree
from gatepost.query.tree import FALSE, TRUE, Condition, Expression
from gatepost.zmodel import terms
from gatepost.zmodel.schema import Operation

from .held import Objects
from .logic import Matter, both, either, is_not_null, negate, unknown
from .operands import SQL, Operand, constant_array, is_constant, literal, member, rendered
from .rows import NeedsRow, Row
from .scope import Held, Language, Scope, path

AROUND = {"contains": ("%", "%"), "startsWith": ("", "%"), "endsWith": ("%", "")}
CASINGS: dict[str, Callable[[str], str]] = {
    "original": str,
    "upper": str.upper,
    "lower": str.lower,
    "capitalize": lambda name: name[:1].upper() + name[1:],
    "uncapitalize": lambda name: name[:1].lower() + name[1:],
}
LISTS = {"hasSome": "overlaps", "hasEvery": "contains"}


class Functions:
    """The side of a translator that knows functions."""

    def __init__(self, translator: Language, objects: Objects) -> None:
        self._translator, self._objects = translator, objects
        self._schema, self._compat = translator.schema, translator.compat

    def call(self, term: terms.Call, scope: Scope, matter: Matter) -> Condition:
        """A call that is true or false."""
        match term.function:
            case "contains" | "startsWith" | "endsWith":
                return self._text(term, scope, matter)
            case "has":
                return self.membership(term.arguments[1], term.arguments[0], scope, matter)
            case "hasSome" | "hasEvery":
                return self._lists(term, scope, matter)
            case "isEmpty":
                return self._translator.over(term.arguments[:1], scope, matter, self._is_empty)
            case "check":
                return self._check(term, scope, matter)
            case _:
                raise self._unknown(term.function)

    def value(self, term: terms.Call, scope: Scope) -> Operand:
        """A call that gives a value."""
        match term.function:
            case "now":
                return Operand("now", "timestamptz", tree.Apply("now", ()))
            case "currentModel":
                return literal(_cased(scope.model, term))
            case "currentOperation":
                return literal(_cased(scope.operation, term))
            case _:
                raise self._unknown(term.function)

    def _unknown(self, function: str) -> Exception:
        return self._translator.problem(
            f"the function {function}() has no meaning in SQL",
            "Write the rule without it, or as a computed field whose SQL is given when the client is opened",
        )

    # Texts

    def _text(self, term: terms.Call, scope: Scope, matter: Matter) -> Condition:
        """`field LIKE pattern`; what is searched for is taken literally, and null is the empty text."""
        search = self._translator.operand(term.arguments[1], scope)
        pattern = self._pattern(term.function, search)
        ignoring = term.arguments[2] if len(term.arguments) > 2 else terms.Value(False, terms.BOOLEAN)

        def like(operator: str) -> Condition:
            def build(found: Sequence[Operand]) -> Condition:
                return tree.Compare(rendered(self._schema, found[0], "text"), operator, pattern)

            return self._translator.over(term.arguments[:1], scope, matter, build)

        if isinstance(ignoring, terms.Value):
            return like("like_ignoring_case" if ignoring.value else "like")
        loose = self._translator.condition(ignoring, scope, "true")
        return either([both([loose, like("like_ignoring_case")]), both([negate(loose), like("like")])])

    def _pattern(self, function: str, search: Operand) -> Expression:
        before, after = AROUND[function]
        if search.origin == "literal":
            return tree.Literal(before + _escaped("" if search.value is None else str(search.value)) + after, "text")
        text: Expression = tree.Apply("coalesce", (rendered(self._schema, search, "text"), _literal("")))
        for each in ("\\", "%", "_"):
            text = tree.Apply("replace", (text, _literal(each), _literal("\\" + each)))
        if before:
            text = tree.Operation(_literal(before), "||", text)
        return tree.Operation(text, "||", _literal(after)) if after else text

    # Lists

    def membership(self, item: terms.Expression, items: terms.Expression, scope: Scope, matter: Matter) -> Condition:
        """Whether an item is in a list: null where the item is, and where the list is."""
        if isinstance(item, terms.Value) and item.value is None:
            return unknown(matter)
        if not isinstance(items, terms.ListValue):
            return self._in_list(item, items, scope, matter)
        if not items.items:
            return FALSE
        if is_constant(items):
            return self._translator.over([item], scope, matter, lambda sides: self._in_constants(sides[0], items))
        return either(self._translator.over([item, each], scope, matter, self._same) for each in items.items)

    def _same(self, sides: Sequence[Operand]) -> Condition:
        return self._translator.compared("==", sides[0], sides[1])

    def _in_list(self, item: terms.Expression, items: terms.Expression, scope: Scope, matter: Matter) -> Condition:
        """In an empty list there is nothing, not even null: so what is missing must be null here, not the whole."""
        if matter == "true":
            return self._translator.over([item, items], scope, matter, self._in_array)
        value = self._translator.operand(item, scope)
        return self._translator.over([items], scope, matter, lambda sides: self._in_array([value, sides[0]]))

    def within(self, item: terms.Expression, items: terms.Expression, scope: Scope, matter: Matter) -> Condition:
        """`item in items`. ZenStack's way: null, written or not said by `auth()`, is in no list, where others leave
        that unknown.
        """
        found = self.membership(item, items, scope, matter)
        if not self._compat:
            return found
        if isinstance(item, terms.Value) and item.value is None:
            return FALSE
        held = path(item, scope)
        if held is None or not isinstance(held.root, Held):
            return found
        return both([is_not_null(self._translator.operand(item, scope).node), found])

    def _in_constants(self, item: Operand, items: terms.ListValue) -> Condition:
        members = [self._constant(each) for each in items.items]
        if item.origin == "literal":
            return TRUE if any(each.value == item.value for each in members) else FALSE
        stored = item.origin == "column"
        kind = item.kind if stored or item.kind != "enum" else "text"
        kind = "text" if kind in ("uuid", "other") else _wide(kind, members)
        array = constant_array(self._schema, members, kind, stored=stored)
        return tree.Compare(rendered(self._schema, item, kind, stored=stored), "equal", array, "any")

    def _constant(self, term: terms.Expression) -> Operand:
        if isinstance(term, terms.EnumValue):
            return member(term)
        value = cast(terms.Value, term)
        return literal(value.value, value.text)

    def _in_array(self, sides: Sequence[Operand]) -> Condition:
        item, items = sides
        kind = self._kind(item, items)
        stored = "column" in (item.origin, items.origin)
        array = self._array(items, kind, stored)
        return tree.Compare(rendered(self._schema, item, kind, stored=stored), "equal", array, "any")

    def _kind(self, one: Operand, two: Operand) -> str:
        """In which family members of lists are compared: as text where `auth()` says an enum's members."""
        columns = [each.kind for each in (one, two) if each.origin == "column"] or [one.kind, two.kind]
        held = "auth" in (one.origin, two.origin)
        if "other" in columns or len({*columns} & {"uuid", "text", "enum"}) > 1 or (held and "enum" in columns):
            return "text"
        return columns[0]

    def _array(self, items: Operand, kind: str, stored: bool) -> Expression:
        if items.origin == "auth":
            return self._objects.array(items, kind, stored=stored)
        return rendered(self._schema, items, kind)

    def _lists(self, term: terms.Call, scope: Scope, matter: Matter) -> Condition:
        """`&&`, `@>` of arrays; of lists with values that are known later, member by member."""
        own, others = term.arguments
        if isinstance(others, terms.ListValue) and not is_constant(others):
            each = [self.membership(item, own, scope, matter) for item in others.items]
            return either(each) if term.function == "hasSome" else both(each)
        return self._of_arrays(LISTS[term.function], own, others, scope, matter)

    def equal_lists(
        self, operator: str, left: terms.Expression, right: terms.Expression, scope: Scope, matter: Matter
    ) -> Condition:
        """`==`, `!=` of two lists: the same members in the same order."""
        own, others = (right, left) if isinstance(left, terms.ListValue) else (left, right)
        if isinstance(own, terms.ListValue) or (isinstance(others, terms.ListValue) and not is_constant(others)):
            raise self._translator.problem(
                "a list of values that are known later cannot be compared as a whole",
                "Ask for its members: hasEvery(list, [a, b])",
            )
        return self._of_arrays("equal" if operator == "==" else "not_equal", own, others, scope, matter)

    def _of_arrays(
        self, operator: str, own: terms.Expression, others: terms.Expression, scope: Scope, matter: Matter
    ) -> Condition:
        if isinstance(others, terms.ListValue):
            members = [self._constant(each) for each in others.items]
            return self._translator.over(
                [own], scope, matter, lambda sides: self._with_constants(operator, sides[0], members)
            )
        return self._translator.over([own, others], scope, matter, lambda sides: self._with_array(operator, *sides))

    def _with_constants(self, operator: str, own: Operand, members: Sequence[Operand]) -> Condition:
        stored = own.origin == "column"
        kind = "text" if own.kind in ("uuid", "other") or (own.kind == "enum" and not stored) else own.kind
        kind = _wide(kind, members)
        right = constant_array(self._schema, members, kind, stored=stored)
        return tree.Compare(self._typed_array(own, kind, stored), operator, right)

    def _with_array(self, operator: str, own: Operand, other: Operand) -> Condition:
        kind, stored = self._kind(own, other), "column" in (own.origin, other.origin)
        left, right = (self._typed_array(each, kind, stored) for each in (own, other))
        return tree.Compare(left, operator, right)

    def _typed_array(self, of: Operand, kind: str, stored: bool) -> Expression:
        """Operators of arrays want the very same type on both sides."""
        array = self._array(of, kind, stored)
        return tree.Cast(array, f"{SQL[kind]}[]") if of.origin == "column" and kind in SQL else array

    def _is_empty(self, sides: Sequence[Operand]) -> Condition:
        own = sides[0]
        array = self._array(own, "text", stored=False) if own.origin == "auth" else own.node
        if self._compat:
            # ZenStack asks for the length of the first dimension, which an empty array does not have.
            length: Expression = tree.Apply("array_length", (array, tree.Literal("1", "integer")))
        else:
            length = tree.Apply("cardinality", (array,))
        return tree.Compare(length, "equal", tree.Literal("0", "integer"))

    # The rules of another model

    def _check(self, term: terms.Call, scope: Scope, matter: Matter) -> Condition:
        relation = cast(terms.Member, term.arguments[0])
        asked = term.arguments[1] if len(term.arguments) > 1 else None
        operation = cast(Operation, asked.value) if isinstance(asked, terms.Value) else scope.operation
        found = path(relation, scope)
        if found is None or not isinstance(found.root, Row):
            raise self._translator.problem("check() asks about a relation of the row", "Name a relation field")

        def permitted(row: Row) -> Condition:
            if not row.alias:
                raise NeedsRow(row)
            return self._translator.permit(row.model.name, operation, row.alias, matter)

        return self._translator.rows.through(found.root, found.fields, permitted, matter)


def _wide(kind: str, members: Sequence[Operand]) -> str:
    """Whole numbers beside others are compared as those."""
    return "numeric" if kind == "integer" and any(each.kind == "numeric" for each in members) else kind


def _cased(name: str, term: terms.Call) -> str:
    casing = term.arguments[0] if term.arguments else None
    return CASINGS[str(casing.value) if isinstance(casing, terms.Value) else "original"](name)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _literal(text: str) -> Expression:
    return tree.Literal(text, "text")
