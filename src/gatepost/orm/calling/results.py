"""Members of results that plugins compute from other members.

In: arguments that may name such members. Out: arguments that ask for what they need; rows with them.
Never: a member that was needed alone left in a row that did not ask for it.
"""

from collections.abc import Mapping
from typing import Any, cast

from gatepost.orm.calling.operations import snake
from gatepost.orm.calling.plugins import Plugin, ResultField
from gatepost.orm.errors import ConfigError
from gatepost.zmodel.schema import Model, Schema

Args = Mapping[str, Any]
Row = dict[str, Any]
OPERATIONS = frozenset(
    (
        "findMany",
        "findFirst",
        "findFirstOrThrow",
        "findUnique",
        "findUniqueOrThrow",
        "create",
        "createManyAndReturn",
        "update",
        "updateManyAndReturn",
        "upsert",
        "delete",
    )
)


class Results:
    """What the plugins of a client compute, by model."""

    def __init__(self, schema: Schema, plugins: tuple[Plugin, ...]) -> None:
        self._schema = schema
        self._fields: dict[str, dict[str, ResultField]] = {}
        spelled = {spelling: name for name in schema.models for spelling in (snake(name), _lower(name), name)}
        for plugin in plugins:
            for key, fields in plugin.results.items():
                if key in spelled:
                    model = schema.models[spelled[key]]
                    _check(plugin, model, fields)
                    self._fields.setdefault(model.name, {}).update(fields)

    def __bool__(self) -> bool:
        return bool(self._fields)

    def asked(self, args: Args, model: str) -> Args:
        """Arguments that name no computed member, and ask for what the wanted ones need."""
        changed = {**args}
        for key in ("select", "omit"):
            if isinstance(args.get(key), Mapping):
                changed[key] = self._without(args[key], model, key)
        for key in ("select", "include"):
            if isinstance(changed.get(key), Mapping):
                changed[key] = self._below(changed[key], model)
        return changed

    def _without(self, chosen: Args, model: str, key: str) -> Row:
        """`select` or `omit` without computed members, and with (or not without) their needs."""
        fields = self._fields.get(model, {})
        kept = {name: value for name, value in chosen.items() if name not in fields}
        for name, field in fields.items():
            if key == "select" and chosen.get(name):
                kept |= dict.fromkeys(field.needs, True)
            elif key == "omit" and not chosen.get(name):
                kept = {each: value for each, value in kept.items() if each not in field.needs}
        return kept

    def _below(self, chosen: Args, model: str) -> Row:
        return {
            name: self.asked(cast(Args, value), target)
            if isinstance(value, Mapping) and (target := self._target(model, name))
            else value
            for name, value in chosen.items()
        }

    def _target(self, model: str, name: str) -> str | None:
        field = self._schema.models[model].fields.get(name)
        return field.relation.model if field is not None and field.relation is not None else None

    def given(self, result: Any, model: str, args: object) -> Any:
        """A result with its computed members."""
        if isinstance(result, list):
            return [self.given(each, model, args) for each in cast("list[Any]", result)]
        if not isinstance(result, dict):
            return result
        return self._row(cast(Row, result), model, cast(Args, args) if isinstance(args, Mapping) else {})

    def _row(self, row: Row, model: str, args: Args) -> Row:
        select, omit = _chosen(args, "select"), _chosen(args, "omit") or {}
        fields = self._fields.get(model, {})
        for name, field in fields.items():
            wanted = select.get(name) if select is not None else not omit.get(name)
            if wanted and all(need in row for need in field.needs):
                row[name] = field.compute(row)
        if select is not None:
            row = {name: value for name, value in row.items() if select.get(name)}
        else:
            row = {name: value for name, value in row.items() if not omit.get(name)}
        for name, below in (_chosen(args, "include") or select or {}).items():
            target = self._target(model, name)
            if target is not None and row.get(name) is not None:
                row[name] = self.given(row[name], target, below)
        return row


def _chosen(args: Args, key: str) -> Args | None:
    held = args.get(key)
    return cast(Args, held) if isinstance(held, Mapping) else None


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _check(plugin: Plugin, model: Model, fields: Mapping[str, ResultField]) -> None:
    """ConfigError for a computed member that hides a field, or needs what is none."""
    for name, field in fields.items():
        told = f'Plugin "{plugin.id}" computes "{name}" on model "{model.name}"'
        if name in model.fields:
            raise ConfigError(f"{told}, which conflicts with an existing model field")
        for need in field.needs:
            known = model.fields.get(need)
            if known is None or known.relation is not None:
                raise ConfigError(f'{told} with invalid need "{need}"')
