"""The rules of a schema as conditions on the query tree.

In: a schema; a model, an operation, and what the query calls the row. Out: one condition, for WHERE.
Never: a rule dropped; what cannot be said is a RuleProblem that names it.

A row is permitted where one allow is true and no deny is true: null allows nothing and denies nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple

from gatepost.query.tree import FALSE, TRUE, Condition
from gatepost.zmodel.schema import Model, Operation, Rule, Schema

from .expression import condition
from .logic import Matter, both, either, negate, surely
from .problems import RuleProblem
from .rows import ComputedField
from .scope import before_fields

Guard = Literal["query", "database", "none"]


class Reason(NamedTuple):
    """A rule as it is written, and where."""

    effect: Literal["allow", "deny"]
    text: str
    place: str


class Rules:
    """The rules of a schema. Conditions are made once for each model, operation and alias.

    `guard` says who enforces: "query": what is made here; "database": row level security, so that only field masks
    are left; "none": nobody. `compat`: with ZenStack's own quirks. `computed`: the SQL of computed fields by (model,
    field).
    """

    def __init__(
        self,
        schema: Schema,
        *,
        compat: bool = False,
        guard: Guard = "query",
        computed: Mapping[tuple[str, str], ComputedField] | None = None,
    ) -> None:
        self.schema, self.compat, self.guard = schema, compat, guard
        self._computed = computed or {}
        self._kept: dict[tuple[str, ...], Condition] = {}

    def permit(self, model: str, operation: Operation, alias: str) -> Condition:
        """Which rows of `model`, called `alias`, may be read, created, updated or deleted; TRUE or FALSE where no row
        makes a difference. For post-update see `post`.
        """
        return self._permit(model, operation, alias, "true") if self.guard == "query" else TRUE

    def post(self, model: str, alias: str, before: str | None) -> Condition:
        """What must be true of a row after its update; `before` is what the query calls the row as it was."""
        if self.guard != "query":
            return TRUE
        rules = self._rules(model, "post-update")
        return self._made(("post", model, alias, before or ""), rules, model, "post-update", alias, "true", before)

    def mask(self, model: str, field: str, alias: str) -> Condition | None:
        """Where a field may be read; None where it always may."""
        return None if self.guard == "none" else self._field(model, field, "read", alias)

    def assign(self, model: str, field: str, alias: str) -> Condition | None:
        """Where a field of a row, as it is before the update, may be given a value; None where it always may."""
        return self._field(model, field, "update", alias) if self.guard == "query" else None

    def reasons(self, model: str, operation: Operation, field: str | None = None) -> tuple[Reason, ...]:
        """The rules that decide, for messages; with `field` the field's own."""
        own = self.schema.models[model]
        rules = own.rules if field is None else own.fields[field].rules
        return tuple(Reason(each.effect, each.text, str(each.place)) for each in _about(rules, operation))

    def reads_before(self, model: str) -> tuple[str, ...]:
        """The fields that before() is asked for in the post-update rules of a model, in their order."""
        asked = {name for rule in self._rules(model, "post-update") for name in before_fields(rule.condition)}
        return tuple(name for name in self.schema.models[model].fields if name in asked)

    def check(self) -> list[RuleProblem]:
        """Every rule that cannot be compiled."""
        found: list[RuleProblem] = []
        for name, model in self.schema.models.items():
            found += [problem for make in self._everything(name, model) if (problem := _problem(make)) is not None]
        return found

    def _everything(self, name: str, model: Model) -> Iterable[Callable[[], object]]:
        operations: tuple[Operation, ...] = ("create", "read", "update", "delete")
        for operation in operations:
            yield lambda operation=operation: self._permit(name, operation, model.table, "true")
        yield lambda: self._made_post(name, model)
        for field in model.fields:
            for operation in ("read", "update"):
                yield lambda field=field, operation=operation: self._field(name, field, operation, model.table)

    def _made_post(self, name: str, model: Model) -> Condition:
        rules = self._rules(name, "post-update")
        return self._made(
            ("post", name, model.table, "before"), rules, name, "post-update", model.table, "true", "before"
        )

    # How they are made

    def _rules(self, model: str, operation: Operation) -> tuple[Rule, ...]:
        return _about(self.schema.models[model].rules, operation)

    def _permit(self, model: str, operation: Operation, alias: str, matter: Matter) -> Condition:
        rules = self._rules(model, operation)
        return self._made(("permit", model, operation, alias, matter), rules, model, operation, alias, matter)

    def _field(self, model: str, field: str, operation: Operation, alias: str) -> Condition | None:
        rules = _about(self.schema.models[model].fields[field].rules, operation)
        if not rules:
            return None
        found = self._made(
            ("field", model, field, operation, alias), rules, model, operation, alias, "true", field=True
        )
        return None if found == TRUE else found

    def _made(
        self,
        key: tuple[str, ...],
        rules: tuple[Rule, ...],
        model: str,
        operation: Operation,
        alias: str,
        matter: Matter,
        before: str | None = None,
        field: bool = False,
    ) -> Condition:
        found = self._kept.get(key)
        if found is None:

            def one(rule: Rule, matter: Matter) -> Condition:
                return self._condition(rule, model, operation, alias, matter, before)

            found = self._kept[key] = combined(rules, one, matter, by_default=field or operation == "post-update")
        return found

    def _condition(
        self, rule: Rule, model: str, operation: Operation, alias: str, matter: Matter, before: str | None
    ) -> Condition:
        if self.schema.provider != "postgresql":
            raise RuleProblem(
                f"rules are compiled for PostgreSQL, and this schema's provider is {self.schema.provider}",
                "Set the datasource's provider to 'postgresql'",
                rule,
            )
        return condition(
            self.schema,
            rule.condition,
            model=model,
            alias=alias,
            operation=operation,
            permit=self._permit,
            before=before,
            compat=self.compat,
            computed=self._computed,
            rule=rule,
            matter=matter,
        )


def combined(
    rules: Iterable[Rule], make: Callable[[Rule, Matter], Condition], matter: Matter, *, by_default: bool
) -> Condition:
    """One allow is true, no deny is; `by_default` is what holds where no rule allows anything."""
    rules = tuple(rules)
    allows = [make(rule, matter) for rule in rules if rule.effect == "allow"]
    allowed = either(allows) if allows else (TRUE if by_default else FALSE)
    if allowed == FALSE:
        return FALSE
    denied = (surely(make(rule, "true")) for rule in rules if rule.effect == "deny")
    return both([allowed, *map(negate, denied)])


def _about(rules: Iterable[Rule], operation: Operation) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if operation in rule.operations)


def _problem(make: Callable[[], object]) -> RuleProblem | None:
    try:
        make()
    except RuleProblem as problem:
        return problem
    return None
