"""A way to the rows: PostGraphile's dialect.

In: a World, somebody, a model, a write. Out: ids; whether it was refused. Never: a rule of the test's own.

What a table is called in GraphQL is asked of the schema, so that any table will do.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import GraphQLField, GraphQLInputObjectType, GraphQLObjectType, get_named_type

from gatepost.database.scope import Database
from gatepost.exchange import Request
from gatepost.graphql.configuration import read
from gatepost.graphql.meaning import (
    MEANING,
    AllRows,
    Argument,
    AttributeField,
    Create,
    Delete,
    Many,
    Part,
    RelationField,
    Update,
)
from gatepost.graphql.mounted import Mounted, mounted
from gatepost.graphql.registry.model import Relation
from gatepost.identity import Proof
from gatepost.settings import DatabaseSettings, GraphQLSettings

from .ways import SECRET, Refused, Related, Write, relation_of, relations, token
from .world import User, World

OPTIONS = {"anonRole": "anon", "jwtSecret": SECRET, "options": {"simpleCollections": "both"}}
Named = tuple[str, GraphQLField]


@dataclass
class Table:
    """How a table is spoken of. `columns` are fields of its rows, by column."""

    list: str
    columns: dict[str, str] = field(default_factory=dict[str, str])
    relations: list[tuple[str, Relation]] = field(default_factory=list[tuple[str, Relation]])
    create: Named | None = None
    update: Named | None = None
    delete: Named | None = None

    def leads_to(self, target: str, pairs: Sequence[tuple[str, str]]) -> str:
        """The field of a relation."""
        return next(name for name, each in self.relations if (each.target.id.name, each.pairs) == (target, pairs))


class GraphQL:
    """The surface alone, with a token that holds the claims. A mutation has a field for each row."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.database = Database({"authenticator": world.dsn}, DatabaseSettings(pool_size=2, prepared_statements=False))
        self.surface: Mounted = mounted(self.database, read(OPTIONS), GraphQLSettings(max_root_fields=0))
        self.tables: dict[str, Table] = {}

    async def load(self) -> None:
        """After a change of schema."""
        await self.surface.load()
        prepared = self.surface.executor.prepared
        assert prepared is not None
        schema = prepared.known.schema
        assert schema.query_type is not None
        self.tables = dict(tables(schema.query_type))
        for mutation in schema.mutation_type.fields.items() if schema.mutation_type else ():
            match mutation[1].extensions.get(MEANING):
                case Create(resource):
                    self.tables[resource.id.name].create = mutation
                case Update(resource, unique) if unique and unique.primary:
                    self.tables[resource.id.name].update = mutation
                case Delete(resource, unique) if unique and unique.primary:
                    self.tables[resource.id.name].delete = mutation
                case _:
                    pass

    async def read(self, user: User, model: str) -> list[int]:
        table = self.table(model)
        answer = await self.ask(user, f"{{ rows: {table.list} {{ {table.columns['id']} }} }}")
        assert "errors" not in answer, answer
        return sorted(row[table.columns["id"]] for row in answer["data"]["rows"])

    async def related(self, user: User, model: str, name: str) -> Related:
        table = self.table(model)
        selection = f"{table.columns['id']} {self.selection(model, name)}"
        answer = await self.ask(user, f"{{ rows: {table.list} {{ {selection} }} }}")
        assert "errors" not in answer, answer
        return {row[table.columns["id"]]: sorted(found(row["them"])) for row in answer["data"]["rows"]}

    async def everything(self, user: User) -> dict[str, dict[int, dict[str, list[int]]]]:
        """All that somebody sees, in one operation: by model, id and relation, what that leads to."""
        schema = self.world.schema
        asked = {model: [name for at, name in relations(schema) if at == model] for model in schema.models}
        fields: list[str] = []
        for model, names in asked.items():
            selection = [f"id: {self.table(model).columns['id']}"]
            selection += [self.selection(model, name, name) for name in names]
            fields.append(f"{model}: {self.table(model).list} {{ {' '.join(selection)} }}")
        answer = await self.ask(user, f"{{ {' '.join(fields)} }}")
        assert "errors" not in answer, answer
        return {
            model: {row["id"]: {name: sorted(found(row[name])) for name in names} for row in answer["data"][model]}
            for model, names in asked.items()
        }

    def selection(self, model: str, name: str, called: str = "them") -> str:
        """The field of a relation, down to the ids."""
        relation = relation_of(self.world.schema, model, name)
        target = self.table(relation.model)
        shown = f"{{ id: {target.columns['id']} }}"
        if relation.through is None:
            pairs = tuple(zip(relation.fields, relation.references, strict=True))
            return f"{called}: {self.table(model).leads_to(self.name(relation.model), pairs)} {shown}"
        link = relation.through
        one = self.tables[link.table].leads_to(self.name(relation.model), ((link.other_column, "id"),))
        return f"{called}: {self.table(model).leads_to(link.table, (('id', link.column),))} {{ it: {one} {shown} }}"

    async def write(self, user: User, write: Write) -> None:
        ids = sorted(self.world.content(write.model)) if write.of is None else write.of
        if write.create is not None:
            inputs = [self.input(write.model, "create", write.create)]
        elif write.update is not None:
            inputs = [self.input(write.model, "update", write.update, id) for id in ids]
        else:
            inputs = [self.input(write.model, "delete", {}, id) for id in ids]
        refusals = [error for error in await self.mutate(user, inputs) if error["extensions"].get("code") == "42501"]
        if refusals:
            raise Refused(refusals)

    async def mutate(self, user: User, inputs: Sequence[tuple[Named, Mapping[str, Any]]], shown: str = "") -> Any:
        """What went wrong with fields of a mutation, but that there was nothing to delete."""
        selection = shown or "clientMutationId"
        names = [f"$i{n}: {field.args['input'].type}" for n, ((_, field), _) in enumerate(inputs)]
        fields = [f"f{n}: {name}(input: $i{n}) {{ {selection} }}" for n, ((name, _), _) in enumerate(inputs)]
        text = f"mutation ({', '.join(names)}) {{ {' '.join(fields)} }}"
        answer = await self.ask(user, text, {f"i{n}": given for n, (_, given) in enumerate(inputs)})
        assert "data" in answer, answer
        errors = answer.get("errors", ())
        return [error for error in errors if not error["message"].startswith("No values were deleted")]

    def mutation(self, model: str, operation: str, args: Mapping[str, Any]) -> tuple[Named, dict[str, Any]] | None:
        """The client's call as the field of a mutation; None where it is no change of one row of one table."""
        fields = self.world.schema.models[model].fields
        data, id = args.get("data", {}), args.get("where", {}).get("id")
        how = operation.removesuffix("Many")
        if how == "create":
            return self.input(model, how, data[0] if isinstance(data, list) else data)
        if how == "upsert" or not isinstance(id, int) or any(fields[name].relation for name in data):
            return None
        return self.input(model, how, data, id)

    def row(self, mutation: Named) -> str:
        """What shows the id of the row that was written."""
        payload = cast(GraphQLObjectType, get_named_type(cast(Any, mutation[1].type)))
        for name, each in payload.fields.items():
            if each.extensions.get(MEANING) is Part.PAYLOAD_ROW:
                row = table(name, cast(GraphQLObjectType, get_named_type(cast(Any, each.type))))
                return f"{name} {{ {row.columns['id']} }}"
        raise TypeError(mutation[0])

    def input(
        self, model: str, how: str, data: Mapping[str, Any], id: int | None = None
    ) -> tuple[Named, dict[str, Any]]:
        """The field of a mutation of one row, and its input."""
        mutation = cast(Named | None, getattr(self.table(model), how))
        assert mutation is not None, f"nothing is there to {how} a {model}"
        given: dict[str, Any] = {}
        for name, type_, means in members(mutation[1].args["input"].type):
            match means:
                case AttributeField(attribute) if attribute.name == "id" and id is not None:
                    given[name] = id
                case Argument.ROW | Argument.PATCH:
                    given[name] = {
                        inner: data[meaning.attribute.name]
                        for inner, _, meaning in members(type_)
                        if isinstance(meaning, AttributeField) and meaning.attribute.name in data
                    }
                case _:
                    pass
        return mutation, given

    def table(self, model: str) -> Table:
        return self.tables[self.name(model)]

    def name(self, model: str) -> str:
        return self.world.schema.models[model].table

    async def ask(self, user: User, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What an operation answers."""
        sent = json.dumps({"query": query, "variables": variables}).encode()
        proof = Proof(bearer=token(self.world.schema, user))
        request = Request("POST", "/", b"", [(b"content-type", b"application/json")], sent, proof, raw_path=b"/")
        return json.loads((await self.surface(request)).body)

    async def close(self) -> None:
        await self.database.close()


def tables(query: GraphQLObjectType) -> Iterator[tuple[str, Table]]:
    """Tables by name."""
    for name, root in query.fields.items():
        match root.extensions.get(MEANING):
            case AllRows(resource, Many.LIST):
                yield resource.id.name, table(name, cast(GraphQLObjectType, get_named_type(cast(Any, root.type))))
            case _:
                pass


def table(name: str, rows: GraphQLObjectType) -> Table:
    found = Table(name)
    for field_name, each in rows.fields.items():
        match each.extensions.get(MEANING):
            case AttributeField(attribute):
                found.columns[attribute.name] = field_name
            case RelationField(Relation() as relation, many) if many is not Many.CONNECTION:
                found.relations.append((field_name, relation))
            case _:
                pass
    return found


def found(related: Any) -> Iterator[int]:
    """The ids of what is related: a list, one, none, or what links lead to."""
    for each in related if isinstance(related, list) else [related]:
        if each is not None:
            yield from found(each["it"]) if "it" in each else (each["id"],)


def members(type_: Any) -> Iterator[tuple[str, Any, Any]]:
    """The members of an input: name, type, meaning."""
    for name, each in cast(GraphQLInputObjectType, get_named_type(type_)).fields.items():
        yield name, each.type, each.extensions.get(MEANING)
