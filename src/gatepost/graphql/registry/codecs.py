"""Types → codecs.

In: a Source, and which columns have the values of an enum table. Out: codecs, made when they are first asked for; each
type has one. Never: a codec for a type that cannot be shown: what needs it is left out, with a warning.
"""

from collections.abc import Mapping

from gatepost.catalog import Name
from gatepost.catalog.anatomy import Attribute as Column
from gatepost.catalog.anatomy import Procedure, Relation, Type

from .model import Attribute, Codec, EnumLabel, Kind, Tag
from .scalars import EXTENSIONS, SHOWN
from .source import TABLE_KINDS, Source
from .tags.names import names

JWT = ("-table", "jwt")


class Codecs:
    """Codecs by what they are of. `enums` are codecs of columns, `domains` what domains are shown as instead."""

    def __init__(
        self,
        source: Source,
        enums: Mapping[tuple[int, int], Codec] | None = None,
        domains: Mapping[int, Codec] | None = None,
    ) -> None:
        self._source = source
        self._enums = enums or {}
        self._domains = domains or {}
        self._jwt = _jwt(source.options.jwt_type)
        self._made: dict[int, Codec | None] = {}

    @property
    def made(self) -> dict[Name, Codec]:
        """All that were asked for."""
        made = (codec for codec in self._made.values() if codec)
        return {codec.id: codec for codec in (*self._enums.values(), *made)}

    def of(self, oid: int) -> Codec | None:
        """The codec of a type; None, and a warning, where there is no way to show it."""
        if oid not in self._made:
            self._made[oid] = None
            type = self._source.anatomy.type.get(oid)
            codec = self._of_type(type) if type else None
            if not codec:
                self._source.warn(f"Values of the type {f'{type.schema}.{type.name}' if type else oid} are not shown")
        return self._made[oid]

    def _of_type(self, type: Type) -> Codec | None:
        if type.kind == "c":
            relation = self._source.anatomy.relation.get(type.relation)
            return self._of_rows(type, relation) if relation else None
        if type.extension in EXTENSIONS and type.name == type.extension:
            return self._make(type, Kind.SCALAR)
        if type.schema == "pg_catalog" and type.name in SHOWN:
            return self._make(type, Kind.SCALAR)
        if type.oid in self._domains:
            return self._make(type, Kind.DOMAIN, self._domains[type.oid], alias=True)
        if type.kind == "e":
            labels = tuple(EnumLabel(label) for label in type.labels)
            return self._make(type, Kind.ENUM, labels=labels)
        kind = {"r": Kind.RANGE, "d": Kind.DOMAIN}.get(type.kind) or (Kind.ARRAY if type.category == "A" else None)
        inner = self.of(type.of) if kind and type.of else None
        return self._make(type, kind, inner) if kind and inner else None

    def _make(
        self,
        type: Type,
        kind: Kind,
        of: Codec | None = None,
        labels: tuple[EnumLabel, ...] = (),
        alias: bool = False,
    ) -> Codec:
        said = self._source.notes.types[type.oid]
        codec = Codec(
            Name(type.schema, type.name),
            self._source.sql(type.schema, type.name),
            kind,
            of,
            # What holds a row of a domain holds a row.
            attributes=of.attributes if kind is Kind.DOMAIN and of else {},
            columns=of.columns if kind is Kind.DOMAIN and of else (),
            labels=labels,
            not_null=type.kind == "d" and type.not_null,
            alias=alias,
            tags=self._tags(Name(type.schema, type.name), said.tags),
            description=said.description,
        )
        self._made[type.oid] = codec
        return codec

    def _of_rows(self, type: Type, relation: Relation) -> Codec | None:
        of_type, of_relation = self._source.notes.types[type.oid], self._source.notes.relations[relation.oid]
        codec = Codec(
            Name(relation.schema, relation.name),
            self._source.sql(relation.schema, relation.name),
            Kind.COMPOSITE,
            columns=tuple(column.name for column in relation.attributes),
            table=relation.kind in TABLE_KINDS,
            persistent=relation.persistence == "p",
            tags=self._tags(Name(relation.schema, relation.name), of_relation.tags | of_type.tags),
            description=of_type.description or of_relation.description,
        )
        # It stands here before its columns, since they may hold rows of it.
        self._made[type.oid] = codec
        for column in relation.attributes:
            attribute = self._attribute(relation, column, codec)
            if attribute:
                codec.attributes[column.name] = attribute
        if not codec.attributes:
            self._made[type.oid] = None
        return self._made[type.oid]

    def _attribute(self, relation: Relation, column: Column, owner: Codec) -> Attribute | None:
        key = (relation.oid, column.number)
        codec = self._enums.get(key) or self.of(column.type)
        if not codec:
            return None
        type, said = self._source.anatomy.type[column.type], self._source.notes.attributes[key]
        return Attribute(
            column.name,
            codec,
            owner,
            column.number,
            not_null=column.not_null or type.not_null or key in self._source.required,
            has_default=bool(
                column.has_default
                or column.generated
                or column.identity
                or type.has_default
                or said.tags.get("hasDefault")
            ),
            generated=column.identity == "a" or bool(column.generated),
            indexed=self._is_indexed(relation, column.number),
            **self._column_rights(relation, column.number),
            tags=said.tags,
            description=said.description,
        )

    def _is_indexed(self, relation: Relation, number: int) -> bool:
        if self._source.options.ignore_indexes or not can_have_indexes(relation):
            return True
        return any(number in index.columns for index in self._source.indexes.get(relation.oid, ()))

    def _column_rights(self, relation: Relation, number: int) -> dict[str, bool]:
        if not self._source.rights or relation.kind not in TABLE_KINDS:
            return {}
        letters = self._source.rights.of_column(relation.oid, number)
        return {"can_select": "r" in letters, "can_insert": "a" in letters, "can_update": "w" in letters}

    def of_results(self, procedure: Procedure) -> Codec | None:
        """An anonymous record of a function's OUT parameters."""
        codec = Codec(Name(procedure.schema, procedure.name), "", Kind.COMPOSITE, anonymous=True)
        for position, argument in enumerate(procedure.arguments):
            if argument.mode in ("o", "b", "t"):
                inner = self.of(argument.type)
                if not inner:
                    return None
                name = argument.name or f"column{position + 1}"
                codec.attributes[name] = Attribute(name, inner, codec, position)
        return codec

    def _tags(self, name: Name, tags: dict[str, Tag]) -> dict[str, Tag]:
        return {**tags, "behavior": JWT} if name == self._jwt else tags


def _jwt(type: str | None) -> Name | None:
    """The type that is shown as a signed token; of schema public unless the option says another."""
    return Name(*("public", *names(type)[0])[-2:]) if type else None


def can_have_indexes(relation: Relation) -> bool:
    """Views have none, and a partitioned table's are its parts'."""
    return relation.kind in ("r", "m", "f")
