"""Models and enums written down as ZModel.

In: Facts, the schemas that were read. Out: the text, in canonical form, and notes.
Never: something left out in silence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatepost import zmodel
from gatepost.evolve.compare.facts import Facts, IndexFact
from gatepost.evolve.introspect.models import PulledEnum, PulledModel, pulled_enums, pulled_models
from gatepost.evolve.introspect.names import pascal
from gatepost.evolve.introspect.relations import add_relations
from gatepost.evolve.introspect.values import written
from gatepost.evolve.layout import names

NO_RULES = "there are no rules yet: a push with policies lets nobody in until @@allow says who"


@dataclass(frozen=True, slots=True)
class Pulled:
    """The text; how many models and enums; what a person should know."""

    text: str
    models: int
    enums: int
    notes: tuple[str, ...]


def as_text(facts: Facts, views: Sequence[str], namespaces: Sequence[str]) -> Pulled:
    """The schema of what was read."""
    enums = pulled_enums(facts)
    models = pulled_models(facts, enums)
    notes = add_relations(models, facts)
    notes += [f"view {name} is left out: write it as a view of the schema" for name in views]
    several = namespaces if list(namespaces) != ["public"] else ()
    parts = [_datasource(several)]
    parts += [_enum(each, bool(several)) for each in enums.values()]
    for model in models.values():
        parts.append("\n".join(_model(model, facts, bool(several))))
        left = [each.name for each in facts.indexes.get(model.table, {}).values() if each.special]
        notes += [f"{model.name}: index {name} says more than a schema can; push leaves it alone" for name in left]
    if models:
        notes.append(NO_RULES)
    text = zmodel.format("\n\n".join(parts) + "\n")
    return Pulled(text, len(models), len(enums), tuple(notes))


def _datasource(namespaces: Sequence[str]) -> str:
    schemas = f"  schemas = [{', '.join(written(name) for name in namespaces)}]\n" if namespaces else ""
    return f'datasource db {{\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n{schemas}}}'


def _enum(enum: PulledEnum, placed: bool) -> str:
    lines = [name if name == value else f"{name} @map({written(value)})" for value, name in enum.members.items()]
    lines += _placed(enum.table, enum.name, placed)
    body = "\n".join(f"  {line}" for line in lines)
    return f"enum {enum.name} {{\n{body}\n}}"


def _placed(table: tuple[str, str], name: str, placed: bool) -> list[str]:
    mapped = [] if table[1] == name else [f"@@map({written(table[1])})"]
    return [*mapped, *([f"@@schema({written(table[0])})"] if placed else [])]


def _model(model: PulledModel, facts: Facts, placed: bool) -> Iterator[str]:
    primary = facts.primary_keys.get(model.table)
    indexes = [each for each in facts.indexes.get(model.table, {}).values() if not each.special]
    uniques = {each.columns[0]: each for each in indexes if each.unique and _simple(each) and len(each.columns) == 1}
    yield f"model {model.name} {{"
    for column, field in model.fields.items():
        parts = [field.name, f"{field.type.name}{'[]' * field.type.listed}"]
        if not field.column.required and not field.type.listed:
            parts[1] += "?"
        if primary is not None and primary.columns == (column,):
            parts.append("@id" + _mapped(primary.name, names.primary_key(model.table[1])))
        if column in uniques:
            parts.append("@unique" + _mapped(uniques[column].name, names.unique(model.table[1], (column,))))
        parts += [part for part in (field.default, field.type.native) if part]
        if column != field.name:
            parts.append(f"@map({written(column)})")
        yield "  " + " ".join(parts)
    for relation in model.relations:
        yield f"  {relation.name} {relation.model}{relation.suffix} {relation.attribute}"
    if primary is not None and len(primary.columns) > 1:
        mapped = _mapped(primary.name, names.primary_key(model.table[1]), ", ")
        yield f"  @@id([{', '.join(model.field_names(primary.columns))}]{mapped})"
    for each in indexes:
        if uniques.get(each.columns[0]) is not each:
            yield f"  {_index(model, each)}"
    if primary is None and not any(each.unique for each in indexes):
        yield "  @@ignore"
    yield from (f"  {line}" for line in _placed(model.table, model.name, placed))
    yield "}"


def _mapped(name: str, usual: str, before: str = "(") -> str:
    if name == usual:
        return ""
    return f"{before}map: {written(name)}{')' if before == '(' else ''}"


def _simple(index: IndexFact) -> bool:
    return not any(index.descending) and all(each[:1] == "=" for each in index.classes)


def _index(model: PulledModel, index: IndexFact) -> str:
    usual = names.unique if index.unique else names.index
    mapped = _mapped(index.name, usual(model.table[1], index.columns), ", ")
    method = "" if index.method == "btree" else f", type: {METHODS.get(index.method, pascal(index.method))}"
    parts: list[str] = []
    for column, down, ops in zip(index.columns, index.descending, index.classes, strict=True):
        options = [*(["sort: Desc"] if down else []), *([] if ops[:1] == "=" else [f"ops: raw({written(ops)})"])]
        name = model.fields[column].name
        parts.append(f"{name}({', '.join(options)})" if options else name)
    return f"@@{'unique' if index.unique else 'index'}([{', '.join(parts)}]{method}{mapped})"


METHODS = {"hash": "Hash", "gist": "Gist", "gin": "Gin", "spgist": "SpGist", "brin": "Brin"}
