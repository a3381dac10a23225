"""A schema's rules as the objects of a database.

In: a schema, and its rules as conditions of the query tree. Out: definitions, in the order in which they can be made;
what the database cannot keep is refused, naming the rule, its place and the ways out, or listed where that was asked.
Never: a rule left out in silence.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from msgspec import Struct

from gatepost.catalog import Name
from gatepost.query.tree import FALSE, TRUE, Column, Compare, Condition, Exists, Output, Read, Select
from gatepost.zmodel.schema import Field, JoinTable, Model, Operation, Rule, Schema

from ..names import link_table, table
from ..problems import RuleProblem
from ..rules import Rules
from . import definitions, triggers
from .definitions import Definition, Options
from .helpers import ROW, Helpers, fitted, hashed
from .hoist import Hoist
from .walk import both, columns_of, conjuncts, normal, renamed, rewritten, tables_read

BEFORE = "gatepost_before"
COMMANDS: dict[Operation, definitions.Command] = {
    "read": "select",
    "create": "insert",
    "update": "update",
    "delete": "delete",
}
POLICIES = {operation: f"gatepost_{operation}" for operation in COMMANDS}
SERVICE_POLICY = "service_role sees everything"
FIELD_TRIGGER, AFTER_TRIGGER = "gatepost_field_", "gatepost_post_update"


class RuleSet(Protocol):
    """What is asked of `policy.rules.Rules` (of guard "query")."""

    def permit(self, model: str, operation: Operation, alias: str) -> Condition: ...
    def assign(self, model: str, field: str, alias: str) -> Condition | None: ...
    def mask(self, model: str, field: str, alias: str) -> Condition | None: ...
    def post(self, model: str, alias: str, before: str | None) -> Condition: ...


def objects(schema: Schema, options: Options | None = None, rules: RuleSet | None = None) -> tuple[Definition, ...]:
    """What the owner of the tables runs, in this order, so that the database keeps the rules.

    Raises RuleProblem where it cannot, unless the options leave that to the client: see `unenforced`. `rules` are made
    of the schema where none are given.
    """
    options = options or Options()
    rules = rules or Rules(schema, compat=options.compat)
    _refuse(schema, options, rules)
    return Compiler(schema, rules, options).definitions()


def _refuse(schema: Schema, options: Options, rules: RuleSet) -> None:
    for found in unenforced(schema):
        if found.field is not None and options.field_reads == "refuse":
            raise RuleProblem(
                f"{found.model}.{found.field}: not enforceable by row level security, which hides rows, never columns",
                "Move the field to a model of its own, with a rule for its rows; or leave it to the client, who masks "
                "it (field_reads='client'), knowing that whoever else may read the row sees the field; or have a view "
                "that masks it (field_reads='view'), beside a table that gives the field to nobody",
                found.rule,
            )
        mask = rules.mask(found.model, found.field, ROW) if found.field is not None else None
        if options.field_reads == "client" and mask is not None and not _open_to_all(schema, rules, tables_read(mask)):
            raise RuleProblem(
                f"{found.model}.{found.field}: the client masks it with the rights of whoever asks, from whom row "
                "level security may hide the rows that this rule looks at",
                "Say it of the row's own fields and of auth(); or have a view that masks the field "
                "(field_reads='view'), which looks with its owner's rights",
                found.rule,
            )


def _open_to_all(schema: Schema, rules: RuleSet, names: Iterable[Name]) -> bool:
    """Whether everybody may read every row of these tables."""
    models = {table(schema, model): (name,) for name, model in schema.models.items()}
    joins = {link_table(schema, join): (join.a[0], join.b[0]) for join in schema.join_tables}
    asked = {model for name in names for model in {**models, **joins}[name]}
    return all(normal(rules.permit(model, "read", ROW)) == TRUE for model in asked)


class Compiler:
    """One schema's definitions; `helpers` fills while policies are made."""

    def __init__(self, schema: Schema, rules: RuleSet, options: Options) -> None:
        self._schema = schema
        self._rules = rules
        self._options = options
        self._helpers = Helpers(options.private)
        self._asked: list[tuple[Name, Struct]] = []

    def definitions(self) -> tuple[Definition, ...]:
        """Everything, in order: policies and triggers are made first, since they say which functions they need."""
        about: list[Definition] = []
        schemas: set[str] = set()
        for model in self._schema.models.values():
            about += self._model(model)
            schemas.add(table(self._schema, model).schema)
        for join in self._schema.join_tables:
            about += self._join_table(join)
            schemas.add(link_table(self._schema, join).schema)
        options = self._options
        functions = [definitions.function(helper, options) for helper in self._helpers.made.values()]
        usage = [definitions.schema_usage(sorted(schemas), options)] if schemas else []
        return (definitions.schema(options), *functions, *about, *usage)

    def asked(self) -> list[tuple[Name, Struct]]:
        """After `definitions`: what is asked of rows of which table, in policies, functions and triggers."""
        return [*self._asked, *((helper.table, helper.asked) for helper in self._helpers.made.values())]

    # ------------------------------------------------------------------ models

    def _model(self, model: Model) -> Iterator[Definition]:
        name = table(self._schema, model)
        if model.view:
            yield definitions.view(name)
            yield definitions.grants(name, self._view_commands(model), (), self._options)
            return
        yield definitions.row_security(name)
        if model.ignored:
            yield definitions.grants(name, (), (), self._options)
            return
        hoist = Hoist(name, self._helpers)
        permits: dict[Operation, Condition] = {
            each: hoist.condition(self._rules.permit(model.name, each, ROW)) for each in COMMANDS
        }
        yield from self._policies(model, name, hoist, permits)
        yield from self._triggers(model, name)
        masks = self._masks(model, hoist)
        yield self._grants(model, name, permits, masks)
        if masks:
            shown = [(column, masks.get(column)) for column in _columns(model)]
            yield definitions.mask(name, shown, permits["read"], self._options)

    def _masks(self, model: Model, hoist: Hoist) -> dict[str, Condition]:
        """Where columns may be read that not everybody may, if a view is to keep that."""
        found: dict[str, Condition] = {}
        for field in model.fields.values() if self._options.field_reads == "view" else ():
            mask = None if field.inherited else self._rules.mask(model.name, field.name, ROW)
            if field.column and mask is not None:
                found[field.column] = hoist.condition(mask)
        return found

    def _policies(
        self, model: Model, name: Name, hoist: Hoist, permits: dict[Operation, Condition]
    ) -> Iterator[Definition]:
        after = self._after(model)
        check = TRUE if self._needs_trigger(model, after) else hoist.condition(after)
        for operation, permit in permits.items():
            if permit != FALSE:
                yield self._policy(name, operation, permit, check)
        yield from self._service_policy(name)

    def _policy(self, name: Name, operation: Operation, permit: Condition, check: Condition) -> Definition:
        """WITH CHECK always stands for itself: without it an update's USING would judge the new row too."""
        using = None if operation == "create" else permit
        checked = {"create": permit, "update": check}.get(operation)
        self._asked.append((name, permit))
        command, to = COMMANDS[operation], self._options.audience
        return definitions.policy(name, POLICIES[operation], command, to, using, checked)

    def _service_policy(self, name: Name) -> Iterator[Definition]:
        service = self._options.service
        if service and not self._options.bypass:
            to = definitions.identifier(service)
            yield definitions.policy(name, SERVICE_POLICY, "all", to, TRUE, TRUE)

    def _grants(
        self, model: Model, name: Name, permits: dict[Operation, Condition], masks: dict[str, Condition]
    ) -> Definition:
        """Writing is granted where a rule may allow it; reading always, else a query that meets such a table on its
        way would fail where it should find no rows.
        """
        commands: list[str] = [COMMANDS[each] for each, permit in permits.items() if permit != FALSE or each == "read"]
        if masks:
            open_to_all = ", ".join(definitions.identifier(each) for each in _columns(model) if each not in masks)
            commands[:] = [each for each in commands if each != "select"]
            commands += [f"select ({open_to_all})"] if open_to_all else []
        fields = [each for each in model.fields.values() if each.default and each.column and not each.inherited]
        counted = [each.column or "" for each in fields if each.default and each.default.function == "autoincrement"]
        return definitions.grants(name, commands, counted, self._options)

    def _view_commands(self, model: Model) -> tuple[str, ...]:
        """A view carries no policies: its rules must say yes or no once for all."""
        permit = normal(self._rules.permit(model.name, "read", ROW))
        if permit not in (TRUE, FALSE) and self._options.views == "refuse":
            rule = next(each for each in model.rules if "read" in each.operations)
            raise RuleProblem(
                f"View {model.name}: row level security cannot guard a view",
                "Allow 'read' with true and let the tables under the view decide (it reads with its caller's rights); "
                "or put the rule into the view's definition; or leave it to the client (views='client'), knowing that "
                "everybody else who reads the view sees all that its tables let through",
                rule,
            )
        return () if permit == FALSE else ("select",)

    # ------------------------------------------------------------------ triggers

    def _after(self, model: Model) -> Condition:
        """What must be true of a row after its update. What a delegate base holds of it is in another table, which
        this update leaves as it is: before() reads it there; the base's own rules stand on the base's table.
        """
        inherited = {each.column: each.inherited for each in model.fields.values() if each.column and each.inherited}

        def change(node: Struct) -> Struct:
            match node:
                case Column(name, of) if of == BEFORE and (base := inherited.get(name)) is not None:
                    return self._held_by(self._schema.models[base], name)
                case _:
                    return node

        return rewritten(normal(self._rules.post(model.name, ROW, BEFORE)), change)

    def _held_by(self, base: Model, column: str) -> Select:
        alias = "gatepost_base"
        keys = [base.fields[name].column or name for name in base.ids]
        ties = tuple(Compare(Column(key, alias), "equal", Column(key, BEFORE)) for key in keys)
        return Select(Read(table(self._schema, base), alias, (Output(Column(column, alias)),), where=ties))

    def _needs_trigger(self, model: Model, after: Condition) -> bool:
        """A check of the new row knows neither the old one nor what the statement makes of its table's other rows."""
        family = [model, *(self._schema.models[each] for each in _family(self._schema, model))]
        own = {table(self._schema, each) for each in family}
        return bool(columns_of(after, BEFORE)) or bool(own & tables_read(after))

    def _triggers(self, model: Model, name: Name) -> Iterator[Definition]:
        checks = [check for field in model.fields.values() if (check := self._field_check(model, field))]
        for check in checks:
            self._asked.append((name, check.condition))
            called = fitted(f"{FIELD_TRIGGER}{check.column}", check.column)
            when = f"before update of {definitions.identifier(check.column)}"
            yield self._trigger(name, called, when, triggers.field_body(name, model.name, check))
        after = self._after(model)
        if self._needs_trigger(model, after):
            self._asked.append((name, renamed(after, ROW, triggers.NEW)))
            condition = renamed(renamed(after, ROW, triggers.NEW), BEFORE, triggers.OLD)
            body = triggers.after_body(name, model.name, condition, _rules_for(model, "post-update"))
            yield self._trigger(name, AFTER_TRIGGER, "after update", body)

    def _trigger(self, name: Name, called: str, when: str, body: str) -> Definition:
        function = hashed(f"{name.name}_{called.removeprefix('gatepost_')}", (*name, body))
        return definitions.trigger(name, called, when, body, function, self._options)

    def _field_check(self, model: Model, field: Field) -> triggers.FieldCheck | None:
        """A field's own rules about updates; an inherited field's stand on the table that holds it."""
        if field.inherited or field.column is None or not any("update" in each.operations for each in field.rules):
            return None
        condition = self._rules.assign(model.name, field.name, triggers.OLD)
        if condition is None or normal(condition) == TRUE:
            return None
        rules = tuple(each for each in field.rules if "update" in each.operations)
        return triggers.FieldCheck(field.name, field.column, normal(condition), rules)

    # ------------------------------------------------------------------ join tables

    def _join_table(self, join: JoinTable) -> Iterator[Definition]:
        """Seen by who may read both sides, written by who may update both."""
        name = link_table(self._schema, join)
        yield definitions.row_security(name)
        hoist = Hoist(name, self._helpers)
        read, update = (hoist.condition(self._both_sides(join, each)) for each in ("read", "update"))
        permits: dict[Operation, Condition] = {"read": read, "create": update, "delete": update}
        for operation, permit in permits.items():
            if permit != FALSE:
                yield self._policy(name, operation, permit, TRUE)
        yield from self._service_policy(name)
        commands = [COMMANDS[each] for each, permit in permits.items() if permit != FALSE or each == "read"]
        yield definitions.grants(name, commands, (), self._options)

    def _both_sides(self, join: JoinTable, operation: Operation) -> Condition:
        return both(*(self._side(*side, operation) for side in (("A", *join.a), ("B", *join.b))))

    def _side(self, column: str, model_name: str, field: str, operation: Operation) -> Condition:
        """That the row on one side is there is what the foreign key says: what is not about it needs no look at it."""
        model, alias = self._schema.models[model_name], f"gatepost_{column.lower()}"
        parts = conjuncts((normal(self._rules.permit(model_name, operation, alias)),))
        about = tuple(each for each in parts if columns_of(each, alias))
        others = [each for each in parts if each not in about]
        if not about:
            return both(*others)
        tie = Compare(Column(model.fields[field].column or field, alias), "equal", Column(column, ROW))
        return both(*others, Exists(Read(table(self._schema, model), alias, (), where=(tie, *about))))


def _family(schema: Schema, model: Model) -> Iterator[str]:
    """The delegate bases and sub-models of a model, near and far."""
    base = model.base
    while base is not None:
        yield base
        base = schema.models[base].base
    waiting = list(model.sub_models)
    while waiting:
        name = waiting.pop()
        yield name
        waiting += schema.models[name].sub_models


def _columns(model: Model) -> list[str]:
    """The columns of a model's own table that clients know of."""
    fields = (each for each in model.fields.values() if not each.inherited and not each.ignored)
    return [each.column for each in fields if each.column]


def _rules_for(model: Model, operation: Operation) -> tuple[Rule, ...]:
    return tuple(each for each in model.rules if operation in each.operations)


class Unenforced(Struct, frozen=True):
    """A rule that the database does not keep: `field` of `model`, or the model, which is a view."""

    model: str
    field: str | None
    rule: Rule

    def __str__(self) -> str:
        named = f"{self.model}.{self.field}" if self.field else self.model
        return f"{self.rule.place}: {named}: {self.rule.effect} {self.rule.text}: not enforceable by row level security"


def unenforced(schema: Schema) -> tuple[Unenforced, ...]:
    """Rules about reading a field, and about the rows of views: row level security hides rows of tables."""
    found: list[Unenforced] = []
    for model in schema.models.values():
        if model.view:
            found += [Unenforced(model.name, None, rule) for rule in _rules_for(model, "read")]
        for field in model.fields.values():
            rules = [rule for rule in field.rules if "read" in rule.operations]
            found += [Unenforced(model.name, field.name, rule) for rule in rules if not field.inherited]
    return tuple(found)
