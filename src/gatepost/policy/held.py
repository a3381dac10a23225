"""What `auth()` holds: values, objects and lists in the claims.

In: paths that start at `auth()`, and predicates over its lists. Out: expressions over JSON, and conditions.
Never: a row of the database in place of what `auth()` said.

`compat` is ZenStack's way: what `auth()` does not say is equal to null, as in JavaScript.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from gatepost.query import tree
from gatepost.query.tree import TRUE, Claim, Condition, Expression, JsonPath, JsonStep
from gatepost.zmodel import terms
from gatepost.zmodel.schema import Field

from .claims import ROLE, auth_fields, claim_path
from .logic import Matter, both, either, exact, exists, is_not_null, is_null, negate, surely
from .operands import Operand, held_text, kind_of, null_array, rendered
from .operands import pair as paired
from .scope import Held, Language, Scope, mentions_this

Wanted = Literal["true", "false", "not true", "not false"]
# As with rows: a member for which the condition is null counts for neither.
PLAIN: dict[str, Wanted] = {"some": "true", "every": "false", "none": "true"}
# In JavaScript null is as good as false.
IN_MEMORY: dict[str, Wanted] = {"some": "true", "every": "not true", "none": "true"}
# The members' conditions joined with OR or AND: one that is null may leave the whole unknown.
JOINED: dict[tuple[str, Matter], Wanted] = {
    ("some", "true"): "true",
    ("some", "false"): "not false",
    ("every", "true"): "not true",
    ("every", "false"): "false",
    ("none", "true"): "not false",
    ("none", "false"): "true",
}
NOBODY = "anon"
LIST, NOTHING = (tree.Literal(kind, "text") for kind in ("array", "null"))
WRITABLE = "user_metadata"


class Objects:
    """The side of a translator that reads claims."""

    def __init__(self, translator: Language) -> None:
        self._translator = translator
        self._schema, self._compat = translator.schema, translator.compat

    def signed_in(self) -> Condition:
        """`auth() != null`: an id is there; in ZenStack's way, or where the type has none, somebody is bound."""
        fields = auth_fields(self._schema)
        ids = [name for name, each in fields.items() if each.id] or [name for name in ("id",) if name in fields]
        if ids and not self._compat:
            return both(is_not_null(Claim(claim_path(fields[name], name), "text")) for name in ids)
        return tree.Compare(tree.Apply("coalesce", (Claim(ROLE, "text"), _text(NOBODY))), "not_equal", _text(NOBODY))

    # Values

    def operand(self, held: Held, fields: tuple[str, ...]) -> Operand:
        """A value that `auth()` holds."""
        of = self._type(held, fields)
        node, claim = self._value(held, fields, of)
        enum = of.type.name if of.type.kind == "enum" else None
        return Operand("auth", kind_of(of.type, of.native), node, enum, claim, array=of.type.array)

    def identified_by(self, held: Held, fields: tuple[str, ...]) -> tuple[str, ...]:
        """What stands for an object at the end of a path: the first field that identifies it; nothing for a value."""
        of = self._type(held, fields).type
        model = None if of.array else self._schema.models.get(of.name)
        return model.ids[:1] if model is not None else ()

    def there(self, held: Held, fields: tuple[str, ...]) -> Condition:
        """Whether `auth()` holds a value, an object or a list under that path."""
        of = self._type(held, fields)
        if of.type.kind in ("scalar", "enum") and not of.type.array:
            return is_not_null(self.operand(held, fields).node)
        return tree.Compare(_kind(self._value(held, fields, of)[0]), "not_equal", NOTHING)

    def _type(self, held: Held, fields: tuple[str, ...]) -> Field:
        members = self._members(held.name)
        for name in fields[:-1]:
            members = self._members(members[name].type.name)
        return members[fields[-1]]

    def _members(self, name: str) -> Mapping[str, Field]:
        if self._schema.auth is not None and name == self._schema.auth[0]:
            return auth_fields(self._schema)
        found = self._schema.models.get(name) or self._schema.types.get(name)
        return found.fields if found is not None else {}

    def _value(self, held: Held, fields: tuple[str, ...], of: Field) -> tuple[Expression, tuple[str, ...] | None]:
        """Text, and the path of a claim that is the value itself; of objects, lists and Json its JSON."""
        as_text = of.type.kind in ("scalar", "enum") and of.type.name != "Json" and not of.type.array
        if held.value is not None:
            return _steps(held.value, fields, as_text), None
        start = claim_path(auth_fields(self._schema)[fields[0]], fields[0])
        if start[0] == WRITABLE:
            raise self._translator.problem(
                f"auth().{fields[0]} is read from {WRITABLE}, which its user can write himself",
                'Put it into app_metadata, and name its path there: @meta("claim", "app_metadata.…")',
            )
        if as_text and len(fields) == 1:
            return Claim(start, "text"), start
        # Out of the object around it, which is JSON for certain: of a text alone nobody knows whether it is meant so.
        around = start[:-1] or start
        return _steps(Claim(around, "jsonb"), (*start[len(around) :], *fields[1:]), as_text), None

    def array(self, operand: Operand, kind: str, *, stored: bool) -> Expression:
        """A list that `auth()` holds as an array of that family; null where it holds none."""
        alias = self._translator.rows.alias()
        each = replace(operand, node=tree.Column("value", alias), claim=None, array=False)
        value = rendered(self._schema, each, kind, stored=stored)
        read = tree.Read(tree.Elements(operand.node, text=True), alias, (tree.Output(value),))
        return tree.Case(((_is_list(operand.node), tree.Select(read, array=True)),), null_array(kind))

    # Comparisons in ZenStack's way

    def null_safe(
        self, operator: str, left: terms.Expression, right: terms.Expression, scope: Scope, matter: Matter
    ) -> Condition | None:
        """`==` and `!=` where a side is what `auth()` holds: a missing value is null, and null equals null."""
        held = [side for side in (left, right) if self._is_held(side, scope)]
        if not held:
            return None
        if (
            len(held) == 2
            or isinstance(left, terms.Value | terms.EnumValue | terms.Call)
            or isinstance(right, terms.Value | terms.EnumValue | terms.Call)
        ):
            one, two = (self._translator.operand(side, scope) for side in (left, right))
            here, there = paired(self._schema, one, two)
            distinct = tree.Compare(here, "distinct", there)
            return distinct if operator == "!=" else negate(distinct)
        return self._or_null(operator, left, right, held[0], scope, matter)

    def _or_null(
        self,
        operator: str,
        left: terms.Expression,
        right: terms.Expression,
        held: terms.Expression,
        scope: Scope,
        matter: Matter,
    ) -> Condition:
        """With a column: where `auth()` says nothing it is asked whether the column is null."""
        value = self._translator.operand(held, scope)
        missing = is_null(held_text(value))
        column = right if held is left else left
        null = self._translator.null_check(operator, column, scope, "exact")
        found = self._translator.over(
            [left, right], scope, matter, lambda sides: self._translator.compared(operator, sides[0], sides[1])
        )
        return tree.Holds(tree.Case(((missing, tree.Truth(null)),), tree.Truth(found)))

    def _is_held(self, term: terms.Expression, scope: Scope) -> bool:
        found = self._translator.path(term, scope)
        return found is not None and isinstance(found.root, Held)

    # Predicates

    def predicate(
        self, term: terms.Predicate, held: Held, fields: tuple[str, ...], scope: Scope, matter: Matter
    ) -> Condition:
        """Some, every or none of a list's members; null where `auth()` holds no list."""
        if matter == "exact":
            return exact(lambda one: self.predicate(term, held, fields, scope, one))
        of = self.operand(held, fields)
        found = self._of_members(term, of, self._type(held, fields).type.name, scope, matter)
        if matter == "true":
            return found if term.quantifier == "some" else both([_is_list(of.node), found])
        return either([negate(_is_list(of.node)), found]) if term.quantifier == "some" else found

    def _of_members(self, term: terms.Predicate, of: Operand, name: str, scope: Scope, matter: Matter) -> Condition:
        alias = self._translator.rows.alias()
        in_memory = self._compat and not mentions_this(term.condition)
        inside = scope.inside(term.level, Held(name, tree.Column("value", alias)), in_memory=in_memory)
        asked = self._asked(term, inside, matter)
        found = exists(tree.Read(tree.Elements(_list(of.node)), alias, ONE, where=_parts(asked)))
        return found if term.quantifier == "some" else negate(found)

    def _asked(self, term: terms.Predicate, inside: Scope, matter: Matter) -> Condition:
        """What is looked for among the members, so that finding one decides."""
        condition = self._translator.condition
        wanted = PLAIN[term.quantifier]
        if self._compat:
            wanted = IN_MEMORY[term.quantifier] if inside.in_memory else JOINED[term.quantifier, matter]
        match wanted:
            case "true":
                return condition(term.condition, inside, "true")
            case "false":
                return negate(condition(term.condition, inside, "false"))
            case "not true":
                return negate(surely(condition(term.condition, inside, "true")))
            case "not false":
                return negate(surely(negate(condition(term.condition, inside, "false"))))


ONE = (tree.Output(tree.Literal("1", "integer")),)


def _text(value: str) -> Expression:
    return tree.Literal(value, "text")


def _steps(value: Expression, fields: tuple[str, ...], as_text: bool) -> Expression:
    if not fields:
        return value
    last = len(fields) - 1
    steps = tuple(JsonStep(name, as_text=as_text and number == last) for number, name in enumerate(fields))
    return JsonPath(value, steps)


def _kind(value: Expression) -> Expression:
    """What kind of JSON a value is; "null" where there is none."""
    return tree.Apply("coalesce", (tree.Apply("jsonb_typeof", (value,)), NOTHING))


def _is_list(value: Expression) -> Condition:
    return tree.Compare(_kind(value), "equal", LIST)


def _list(value: Expression) -> Expression:
    """The value, where it is a list: what somebody else wrote may be anything."""
    return tree.Case(((_is_list(value), value),), tree.Literal(None, "jsonb"))


def _parts(asked: Condition) -> tuple[Condition, ...]:
    return () if asked == TRUE else (asked,)
