"""Small databases, said in few words, and what the GraphQL schema of one looks like."""

from dataclasses import replace
from itertools import count
from typing import Any

from graphql import GraphQLSchema

from gatepost.catalog.anatomy import Anatomy, Argument, Attribute, Constraint, Procedure, Relation, Type
from gatepost.graphql.naming import inflection
from gatepost.graphql.options import Options
from gatepost.graphql.registry import build
from gatepost.graphql.schema import WARNINGS, build_schema

PLAIN = """
    bool int4 int8 float8 numeric text varchar json jsonb uuid date timestamptz interval point inet cidr bytea tsvector
    oid void record
"""


class World:
    """A database. Columns are said as `id int4!=, tags text[]`: `!` is not null, `=` has a default."""

    def __init__(self, schema: str = "app") -> None:
        self.schema = schema
        self._oids = count(1000)
        self._types: dict[str, Type] = {}
        self._relations: dict[str, Relation] = {}
        self._constraints: list[Constraint] = []
        self._procedures: list[Procedure] = []
        for name in PLAIN.split():
            self._type(name, "p" if name in ("void", "record") else "b", schema="pg_catalog")

    # ------------------------------------------------------------------ what there is

    def extension(self, name: str) -> None:
        """A type that an extension of its name made."""
        self._type(name, "b", extension=name)

    def enum(self, name: str, *labels: str, **more: Any) -> None:
        self._type(name, "e", labels=labels, **more)

    def domain(self, name: str, of: str, **more: Any) -> None:
        self._type(name, "d", of=self._oid(of), **more)

    def range(self, name: str, of: str) -> None:
        self._type(name, "r", of=self._oid(of))

    def composite(self, name: str, columns: str, **more: Any) -> None:
        self._relation(name, columns, "c", {}, **more)

    def table(
        self,
        name: str,
        columns: str,
        key: str | None = "id",
        unique: tuple[str, ...] = (),
        kind: str = "r",
        comments: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        relation = self._relation(name, columns, kind, comments or {}, **more)
        for letter, text in (*(("p", one) for one in ([key] if key else [])), *(("u", one) for one in unique)):
            self._constraints.append(Constraint(f"{name}_{text}", letter, relation.oid, self._numbers(relation, text)))

    def refers(self, source: str, columns: str, target: str, comment: str | None = None) -> None:
        """A foreign key to the column `id` of the target."""
        relation, other = self._relations[source], self._relations[target]
        self._constraints.append(
            Constraint(
                f"{source}_{columns}_fkey",
                "f",
                relation.oid,
                self._numbers(relation, columns),
                other.oid,
                self._numbers(other, "id"),
                comment=comment,
            )
        )

    def function(self, name: str, takes: str, gives: str, volatility: str = "s", outs: str = "", **more: Any) -> None:
        """`gives` may be `setof …`; `outs` are OUT parameters."""
        arguments = [Argument(one, self._oid(kind.rstrip("!="))) for one, kind in _pairs(takes)]
        arguments += [Argument(one, self._oid(kind), "o") for one, kind in _pairs(outs)]
        self._procedures.append(
            Procedure(
                next(self._oids),
                self.schema,
                name,
                self._oid(gives.removeprefix("setof ")),
                tuple(arguments),
                returns_set=gives.startswith("setof "),
                volatility=volatility,
                **more,
            )
        )

    # ------------------------------------------------------------------ what comes of it

    @property
    def anatomy(self) -> Anatomy:
        """Its facts."""
        return Anatomy(
            tuple(self._relations.values()),
            tuple(self._types.values()),
            tuple(self._constraints),
            procedures=tuple(self._procedures),
        )

    def make(self, **options: Any) -> GraphQLSchema:
        """Its GraphQL schema under PostGraphile 4's options, but for those that are said."""
        chosen = replace(Options(schemas=(self.schema,)), **options)
        registry = build(self.anatomy, chosen)
        return build_schema(registry, inflection(chosen, registry), chosen)

    def _oid(self, text: str) -> int:
        return self._types[f"_{text[:-2]}" if text.endswith("[]") else text].oid

    def _type(self, name: str, kind: str, schema: str | None = None, **more: Any) -> Type:
        made = Type(next(self._oids), schema or self.schema, name, kind, "X", **more)
        self._types[name] = made
        array = Type(next(self._oids), schema or self.schema, f"_{name}", "b", "A", of=made.oid)
        self._types[array.name] = array
        return made

    def _relation(self, name: str, columns: str, kind: str, comments: dict[str, str], **more: Any) -> Relation:
        oid = next(self._oids)
        type = self._type(name, "c", relation=oid)
        attributes = tuple(
            Attribute(
                column,
                number,
                self._oid(said.rstrip("!=")),
                not_null="!" in said,
                has_default="=" in said,
                comment=comments.get(column),
            )
            for number, (column, said) in enumerate(_pairs(columns), 1)
        )
        self._relations[name] = Relation(oid, self.schema, name, kind, type.oid, attributes, **more)
        return self._relations[name]

    def _numbers(self, relation: Relation, columns: str) -> tuple[int, ...]:
        numbers = {attribute.name: attribute.number for attribute in relation.attributes}
        return tuple(numbers[column] for column in columns.split())


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(one.split()[0], one.split()[1]) for one in text.split(",") if one.strip()]


def shape(schema: GraphQLSchema, type_name: str) -> dict[str, str]:
    """The members of a type: name → type, with the names and types of a field's arguments before it."""
    kind: Any = schema.type_map[type_name]
    return {name: _arguments(field) + str(field.type) for name, field in kind.fields.items()}


def _arguments(field: Any) -> str:
    given = getattr(field, "args", {})
    return f"({', '.join(f'{name}: {one.type}' for name, one in given.items())}) " if given else ""


def values(schema: GraphQLSchema, type_name: str) -> list[str]:
    """The values of an enum, in their order."""
    kind: Any = schema.type_map[type_name]
    return list(kind.values)


def warnings(schema: GraphQLSchema) -> str:
    return "\n".join(schema.extensions[WARNINGS])


def meaning(schema: GraphQLSchema, path: str) -> Any:
    """What `Type.field` or `Type.field.argument` stands for."""
    type_name, name, *argument = path.split(".")
    kind: Any = schema.type_map[type_name]
    field = kind.fields[name]
    return (field.args[argument[0]] if argument else field).extensions["gatepost"]


def blog() -> World:
    """People who write posts."""
    world = World()
    world.table("person", "id int4!=, email text!, name text, born date", unique=("email",))
    world.table("post", "id int4!=, author_id int4!, title text!=, tags text[]", comment="What somebody wrote.")
    world.refers("post", "author_id", "person")
    return world
