"""A rule's expression → one condition of the query tree.

In: an expression of ZModel, and where it stands. Out: a condition with SQL's three values: what is true of it where the
row, or a row on the way, is missing, is what `null` makes of it.
Never: a count, a rule of a model that is only passed through, or a part left out because it is hard to say.

What reads a condition tells what matters: only whether it is true (null is as good as false), only whether it is false,
or all three. So a path through rows becomes EXISTS, which PostgreSQL can hash, and still means null where it must.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gatepost.query import tree
from gatepost.query.tree import FALSE, TRUE, Condition
from gatepost.zmodel import terms
from gatepost.zmodel.schema import Operation, Rule, Schema
from gatepost.zmodel.terms import Expression

from .functions import Functions
from .held import Objects
from .logic import OTHER, Matter, both, either, exists, is_not_null, negate, surely, unknown
from .operands import Operand, kind_of, literal, member, pair
from .problems import RuleProblem
from .rows import ComputedField, NoComputedField, Row, Rows, relation_of
from .scope import Held, Path, Permit, Scope, is_condition, path

OPERATORS = {
    "==": "equal",
    "!=": "not_equal",
    "<": "less",
    "<=": "less_or_equal",
    ">": "greater",
    ">=": "greater_or_equal",
}


class Translator:
    """Translates the expressions of one condition."""

    def __init__(
        self,
        schema: Schema,
        rows: Rows,
        *,
        permit: Permit,
        compat: bool = False,
        rule: Rule | None = None,
    ) -> None:
        self.schema, self.rows, self.permit, self.compat, self.rule = schema, rows, permit, compat, rule
        self.objects = Objects(self)
        self.functions = Functions(self, self.objects)

    def condition(self, term: Expression, scope: Scope, matter: Matter) -> Condition:
        """The condition of an expression, for a reader who tells apart what matters."""
        match term:
            case terms.Value(value):
                return unknown(matter) if value is None else (TRUE if value else FALSE)
            case terms.Not(operand):
                return self._not(operand, scope, matter)
            case terms.Binary("&&", left, right):
                return both(self.condition(each, scope, matter) for each in (left, right))
            case terms.Binary("||", left, right):
                return either(self.condition(each, scope, matter) for each in (left, right))
            case terms.Binary("in", left, right):
                return self.functions.within(left, right, scope, matter)
            case terms.Binary(operator, left, right):
                return self._comparison(operator, left, right, scope, matter)
            case terms.Predicate():
                return self._predicate(term, scope, matter)
            case terms.Call():
                return self.functions.call(term, scope, matter)
            case _:
                return self.over([term], scope, matter, self._truth)

    def problem(self, message: str, ways_out: str) -> RuleProblem:
        return RuleProblem(message, ways_out, self.rule)

    def _not(self, operand: Expression, scope: Scope, matter: Matter) -> Condition:
        if scope.in_memory:
            return negate(surely(self.condition(operand, scope, "true")))
        return negate(self.condition(operand, scope, OTHER[matter]))

    def _truth(self, operands: Sequence[Operand]) -> Condition:
        """A boolean value as a condition."""
        value, _ = pair(self.schema, operands[0], literal(True))
        return tree.Holds(value)

    # Comparisons

    def _comparison(
        self, operator: str, left: Expression, right: Expression, scope: Scope, matter: Matter
    ) -> Condition:
        for auth, other in ((left, right), (right, left)):
            if isinstance(auth, terms.Auth):
                return self._whole_auth(operator, auth, other, scope, matter)
        for one, other in ((left, right), (right, left)):
            if isinstance(other, terms.Value) and other.value is None:
                return self.null_check(operator, one, scope, matter)
            if isinstance(other, terms.Value) and isinstance(other.value, bool) and is_condition(one):
                same = (operator == "==") == other.value
                return self.condition(one if same else terms.Not(one), scope, matter)
        if any(terms.type_of(side).array or isinstance(side, terms.ListValue) for side in (left, right)):
            return self.functions.equal_lists(operator, left, right, scope, matter)
        return self.compare(operator, left, right, scope, matter)

    def compare(self, operator: str, left: Expression, right: Expression, scope: Scope, matter: Matter) -> Condition:
        """A comparison of two values."""
        if self.compat and operator in ("==", "!="):
            found = self.objects.null_safe(operator, left, right, scope, matter)
            if found is not None:
                return found
        return self.over([left, right], scope, matter, lambda sides: self.compared(operator, sides[0], sides[1]))

    def compared(self, operator: str, left: Operand, right: Operand) -> Condition:
        if left.origin == right.origin == "literal" and operator in ("==", "!="):
            return TRUE if (left.value == right.value) == (operator == "==") else FALSE
        one, two = pair(self.schema, left, right)
        return tree.Compare(one, OPERATORS[operator], two)

    def null_check(self, operator: str, term: Expression, scope: Scope, matter: Matter) -> Condition:
        """`== null`, `!= null`; nothing else can be said of null."""
        if operator not in ("==", "!="):
            return unknown(matter)
        if is_condition(term):
            there: Condition = is_not_null(tree.Truth(self.condition(term, scope, "exact")))
        elif isinstance(term, terms.Value):
            there = FALSE if term.value is None else TRUE
        elif (held := path(term, scope)) is not None and isinstance(held.root, Held):
            there = self.objects.there(held.root, held.fields)
        else:
            there = self.over([term], scope, "true", lambda found: is_not_null(found[0].node))
        return there if operator == "!=" else negate(there)

    def _whole_auth(
        self, operator: str, auth: terms.Auth, other: Expression, scope: Scope, matter: Matter
    ) -> Condition:
        """`auth()` compared with null, or with a row: by all the fields that identify it."""
        if isinstance(other, terms.Value) and other.value is None:
            there = self.objects.signed_in()
            return there if operator == "!=" else negate(there)
        if auth.kind != "model" or operator not in ("==", "!="):
            raise self.problem(
                "auth() can be compared with a row only where its type is a model, with == and !=",
                "Compare the fields that identify it, as in auth().id == ownerId",
            )
        same = [self._same_id(auth, other, name) for name in self.schema.models[auth.name].ids]
        found = same[0]
        for each in same[1:]:
            found = terms.Binary("&&", found, each)
        return self.condition(found if operator == "==" else terms.Not(found), scope, matter)

    def _same_id(self, auth: terms.Auth, other: Expression, name: str) -> Expression:
        of = self.schema.models[auth.name].fields[name].type
        return terms.Binary("==", terms.Member(auth, name, of), terms.Member(other, name, of))

    # Values

    def over(
        self,
        values: Sequence[Expression],
        scope: Scope,
        matter: Matter,
        build: Callable[[Sequence[Operand]], Condition],
        done: tuple[Operand, ...] = (),
    ) -> Condition:
        """A condition on values; null where a row on the way to one of them is missing."""
        if not values:
            return build(done)
        found = self.path(values[0], scope)
        if found is not None and isinstance(found.root, Row):
            *hops, name = found.fields

            def known(row: Row) -> Condition:
                return self.over(values[1:], scope, matter, build, (*done, self._field(row, name)))

            def reached(row: Row) -> Condition:
                return self.rows.holding(row, name, known, matter)

            return self.rows.through(found.root, tuple(hops), reached, matter)
        return self.over(values[1:], scope, matter, build, (*done, self.operand(values[0], scope)))

    def operand(self, term: Expression, scope: Scope) -> Operand:
        """A value as an operand, wherever it comes from; null where a row on the way is missing."""
        match term:
            case terms.Value(value, _, text):
                return literal(value, text)
            case terms.EnumValue():
                return member(term)
            case terms.Call() if not is_condition(term):
                return self.functions.value(term, scope)
            case _ if is_condition(term):
                return Operand("column", "boolean", tree.Truth(self.condition(term, scope, "exact")))
            case _:
                found = self.path(term, scope)
                if found is None:
                    raise self.problem("a list or an object cannot stand here", "Ask for its members with `in`")
                return self._at(found)

    def _at(self, found: Path) -> Operand:
        if isinstance(found.root, Held):
            return self.objects.operand(found.root, found.fields)
        if len(found.fields) == 1:
            return self._field(found.root, found.fields[0])
        return self._scalar(found.root, found.fields)

    def _field(self, row: Row, name: str) -> Operand:
        found = row.model.fields[name]
        enum = found.type.name if found.type.kind == "enum" else None
        try:
            node = self.rows.column(row, name)
        except NoComputedField as missing:
            raise self.problem(
                f"the computed field {missing} has no SQL",
                "Give its SQL when the client is opened (computed_fields), or write the rule without it",
            ) from None
        if found.type.array and isinstance(node, tree.Select):
            node = one_array(node)
        return Operand("column", kind_of(found.type, found.native), node, enum, array=found.type.array)

    def _scalar(self, row: Row, fields: tuple[str, ...]) -> Operand:
        """The value at the end of a path, as a sub-select; null where a row on the way is missing."""
        model = row.model
        alias = self.rows.alias()
        relation = relation_of(model, fields[0])
        target = Row(self.schema.models[relation.model], alias)
        inner = self._at(Path(target, fields[1:]))
        node = tree.Select(self.rows.related(row, fields[0], alias, TRUE, (tree.Output(inner.node),)))
        return replace(inner, node=one_array(node) if inner.array else node)

    def path(self, term: Expression, scope: Scope) -> Path | None:
        """A path; a related row at its end stands for the first field that identifies it."""
        if isinstance(term, terms.Before) or (isinstance(term, terms.Member) and isinstance(term.of, terms.Before)):
            self._needs_before(scope)
        found = path(term, scope)
        if found is None or not found.fields:
            return found
        if isinstance(found.root, Held):
            return Path(found.root, (*found.fields, *self.objects.identified_by(found.root, found.fields)))
        model = found.root.model
        for name in found.fields:
            relation = model.fields[name].relation
            if relation is None:
                return found
            model = self.schema.models[relation.model]
        return Path(found.root, (*found.fields, model.ids[0]))

    def _needs_before(self, scope: Scope) -> None:
        if scope.before is None:
            raise self.problem("before() has no meaning here", "Use it in rules of 'post-update' only")

    # Predicates

    def _predicate(self, term: terms.Predicate, scope: Scope, matter: Matter) -> Condition:
        found = path(term.collection, scope)
        if found is None:
            raise self.problem("only a relation or what auth() holds can be asked for its members", "Name a relation")
        if isinstance(found.root, Held):
            return self.objects.predicate(term, found.root, found.fields, scope, matter)
        *hops, last = found.fields
        return self.rows.through(found.root, tuple(hops), lambda row: self._of_rows(term, row, last, scope), matter)

    def _of_rows(self, term: terms.Predicate, row: Row, name: str, scope: Scope) -> Condition:
        """Some, every or none of the related rows; one for which the condition is null counts for neither."""
        relation = relation_of(row.model, name)
        element = Row(self.schema.models[relation.model], self.rows.alias())
        inside = scope.inside(term.level, element)
        if term.quantifier == "every":
            asked = negate(self.condition(term.condition, inside, "false"))
        else:
            asked = self.condition(term.condition, inside, "true")
        found = exists(self.rows.related(row, name, element.alias, asked))
        return found if term.quantifier == "some" else negate(found)


def one_array(found: tree.Select) -> tree.Expression:
    """A sub-select's one array: of the bare sub-select ANY would ask the rows."""
    return tree.Apply("coalesce", (found, tree.Literal(None)))


def condition(
    schema: Schema,
    expression: Expression,
    *,
    model: str,
    alias: str,
    operation: Operation = "read",
    permit: Permit,
    before: str | None = None,
    compat: bool = False,
    computed: Mapping[tuple[str, str], ComputedField] | None = None,
    rule: Rule | None = None,
    matter: Matter = "true",
) -> Condition:
    """The condition of an expression about a row of `model` that the query calls `alias`.

    `before` is what it calls the row as it was before the update. `computed` gives the SQL of computed fields.
    """
    rows = Rows(schema, {alias, before or alias}, computed)
    translator = Translator(schema, rows, permit=permit, compat=compat, rule=rule)
    row = Row(schema.models[model], alias, new=compat and operation == "create")
    scope = Scope(row, model, operation, before=before)
    return translator.condition(expression, scope, matter)
