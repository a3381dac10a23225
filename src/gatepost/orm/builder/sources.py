"""Where a statement's rows come from: a model's readable rows under the schema's names.

In: a name as a statement has it. Out: a model; a Read of its rows, one column for each field.
Never: a row that may not be read, or a field's value that may not; a table's or a column's own name.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from gatepost.orm.arguments.lexicon import is_visible
from gatepost.orm.opening import model_named, models_of
from gatepost.orm.read.present import of_enum
from gatepost.orm.read.tables import NULL, Table, Tables, columns
from gatepost.orm.session import Session
from gatepost.orm.write.rows.tables import Row
from gatepost.policy.names import table
from gatepost.query.sql import array_literal
from gatepost.query.tree import (
    Both,
    Case,
    Column,
    Compare,
    Condition,
    Either,
    Expression,
    Literal,
    Not,
    Output,
    Read,
    Select,
    State,
    Unnest,
)
from gatepost.zmodel.schema import Field, Model

KEY = "gatepost.orm.builder.names"


class Sources:
    """The models of a session, as statements see them."""

    def __init__(self, session: Session) -> None:
        self.session, self.schema = session, session.schema
        self._tables = Tables(session)
        names = session.plans.get(KEY)
        self._names: Mapping[str, str] = names or session.plans.setdefault(KEY, models_of(session.schema))

    def named(self, name: str) -> Model | None:
        """A model by its name or a spelling of it; None for what the client does not have."""
        found, slicing = model_named(self._names, name), self.session.options.slicing
        if found is None or (slicing is not None and found in slicing.models):
            return None
        return self.schema.models[found]

    def readable(self, model: Model, keys: Sequence[Row] | None = None) -> Read:
        """The rows that may be read; with `keys` those of them."""
        return self._fields(self._tables.table(model.name), keys)

    def changeable(self, model: Model, but: Sequence[Row] = ()) -> Read:
        """The rows that a write may look for, but for some: the readable ones. In ZenStack's way whoever may change a
        row can find it, readable or not.
        """
        if not self.session.compat or model.base is not None or any(field.computed for field in model.fields.values()):
            return self._fields(self._tables.table(model.name), but=but)
        alias = self._tables.alias()
        return self._fields(Table(model, table(self.schema, model), alias, columns(model), ()), but=but)

    def _fields(self, rows: Table, keys: Sequence[Row] | None = None, but: Sequence[Row] = ()) -> Read:
        shown = (field for field in rows.model.fields.values() if field.name in rows.names and is_visible(field))
        outputs = tuple(Output(self._value(field, rows.column(field.name)), field.name) for field in shown)
        where = rows.where if keys is None else (*rows.where, self._among(rows, keys))
        return Read(rows.source, rows.alias, outputs, where=(*where, Not(self._among(rows, but))) if but else where)

    def _among(self, rows: Table, keys: Sequence[Row]) -> Condition:
        """Rows of those keys."""
        ids: Sequence[str] = rows.model.ids
        if len(ids) == 1:
            texts = array_literal((row[ids[0]] or b"").decode() for row in keys)
            return Compare(rows.column(ids[0]), "equal", Literal(texts), "any")
        same = (Both(tuple(Compare(rows.column(name), "equal", Literal(row[name])) for name in ids)) for row in keys)
        return Either(tuple(same))

    def _value(self, field: Field, value: Expression) -> Expression:
        """A field's value; enum members have their names in the schema."""
        if field.type.kind != "enum":
            return value
        enum, one = self.schema.enums[field.type.name], replace(field.type, array=False)
        if not field.type.array or all(member.name == member.value for member in enum.members):
            return of_enum(enum, one, value).value
        alias = self._tables.alias()
        named = Output(of_enum(enum, one, Column("value", alias)).value)
        return Case(((State(value, "not_null"), Select(Read(Unnest(value), alias, (named,)), array=True)),), NULL)
