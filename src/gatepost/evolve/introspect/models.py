"""Tables as models: what is known of each before it is written down.

In: Facts. Out: models with names, fields, keys and relations.
Never: a table without a key offered to clients: it is ignored, and stays in the database.
"""

from dataclasses import dataclass, field

from gatepost.evolve.compare.facts import ColumnFact, Facts, KeyFact, TableName
from gatepost.evolve.introspect.names import Names, camel, member, pascal
from gatepost.evolve.introspect.values import FieldType, default, field_type
from gatepost.evolve.layout.types import bare


@dataclass(slots=True)
class PulledEnum:
    """An enum: member by value."""

    table: TableName
    name: str
    members: dict[str, str]


@dataclass(slots=True)
class PulledField:
    """A column."""

    name: str
    column: ColumnFact
    type: FieldType
    default: str | None


@dataclass(slots=True)
class PulledRelation:
    """A relation field; `attribute` is its `@relation(…)`, or nothing. `order` sorts fields of one model."""

    name: str
    model: str
    suffix: str
    attribute: str = ""


@dataclass(slots=True)
class PulledModel:
    """A table under its name in ZModel."""

    table: TableName
    name: str
    fields: dict[str, PulledField]
    names: Names
    relations: list[PulledRelation] = field(default_factory=list[PulledRelation])

    def field_names(self, columns: tuple[str, ...]) -> list[str]:
        """Names of columns."""
        return [self.fields[column].name for column in columns]


def pulled_enums(facts: Facts) -> dict[TableName, PulledEnum]:
    """Every enum, values as members."""
    names = Names()
    found: dict[TableName, PulledEnum] = {}
    for table, values in facts.enums.items():
        given = Names()
        members = {value: given.give(member(value)) for value in values}
        found[table] = PulledEnum(table, names.give(pascal(table[1])), members)
    return found


def pulled_models(facts: Facts, enums: dict[TableName, PulledEnum]) -> dict[TableName, PulledModel]:
    """Every table that is no join table of an implicit relation."""
    names = Names(each.name for each in enums.values())
    joins = {each.table for each in join_tables(facts)}
    by_type = {f"{bare(table[0])}.{bare(table[1])}": each for table, each in enums.items()}
    found: dict[TableName, PulledModel] = {}
    for table, columns in facts.columns.items():
        if table in joins or table in facts.strangers:
            continue
        given = Names()
        fields = {name: _field(fact, given.give(camel(name)), by_type) for name, fact in columns.items()}
        found[table] = PulledModel(table, names.give(pascal(table[1])), fields, given)
    return found


def _field(fact: ColumnFact, name: str, enums: dict[str, PulledEnum]) -> PulledField:
    kind = field_type(fact.type, {each: enum.name for each, enum in enums.items()})
    enum = enums.get(fact.type.removesuffix("[]"))
    return PulledField(name, fact, kind, default(fact, kind, enum.members if enum else {}))


@dataclass(frozen=True, slots=True)
class JoinFact:
    """A join table with the foreign keys of its columns A and B."""

    table: TableName
    a: KeyFact
    b: KeyFact


def join_tables(facts: Facts) -> list[JoinFact]:
    """`_name` with columns A and B and nothing else, each a foreign key to a key of one column, A to the name that
    sorts first.
    """
    found: list[JoinFact] = []
    for table, columns in facts.columns.items():
        keys = {key.columns: key for key in facts.foreign_keys if key.table == table}
        a, b = keys.get(("A",)), keys.get(("B",))
        shaped = table[1].startswith("_") and set(columns) == {"A", "B"} and a is not None and b is not None
        if shaped and a is not None and b is not None and _sound(facts, a, b):
            found.append(JoinFact(table, a, b))
    return found


def _sound(facts: Facts, a: KeyFact, b: KeyFact) -> bool:
    ids = all(
        (primary := facts.primary_keys.get(key.target)) is not None and primary.columns == key.targets for key in (a, b)
    )
    ordered = pascal(a.target[1]) <= pascal(b.target[1])
    return ids and ordered and all(key.actions == ("CASCADE", "CASCADE") for key in (a, b))
