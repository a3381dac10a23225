"""What the two guards must agree on, and how far by nature they cannot; and what GraphQL shows.

In: a World with a schema and rows. Out: nothing, or a Disagreement that shows both. Never: a deviation that is not in
deviations.yaml, by whose names the code below says which one it allows for.
"""

from collections.abc import Mapping
from typing import Any

from gatepost.policy import Rules
from gatepost.policy.names import table
from gatepost.policy.rls.walk import tables_read
from gatepost.zmodel.schema import Model, Schema

from .graphql import GraphQL
from .ways import ids, relations
from .world import Outcome, Tables, User, World


class Disagreement(AssertionError):
    """The guards differ."""


async def compare_reads(world: World, schema: Schema, user: User, model: Model) -> int:
    """All rows with everything related, and rows by their relations; how many there were."""
    count = 0
    for args in reads(schema, model):
        query = await world.read("query", user, model.name, "findMany", args)
        database = await world.read("database", user, model.name, "findMany", args)
        if query != database:
            raise Disagreement(f"{user} reads {model.name} {args}\nquery    {query}\ndatabase {database}")
        count += len(query)
    return count


async def compare_shown(world: World, graphql: GraphQL, user: User) -> int:
    """All rows that GraphQL shows, and all that their relations lead to; how many rows there were."""
    count = 0
    for model, rows in (await graphql.everything(user)).items():
        names = [name for at, name in relations(world.schema) if at == model]
        select = {"id": True, **{name: {"select": {"id": True}} for name in names}}
        seen = await world.read("query", user, model, "findMany", {"select": select})
        expected = {row["id"]: {name: ids(row[name]) for name in names} for row in seen}
        if rows != expected:
            raise Disagreement(f"{user} reads {model}\nquery   {expected}\ngraphql {rows}")
        count += len(rows)
    return count


async def compare_mutation(
    world: World, graphql: GraphQL, user: User, name: str, operation: str, args: Mapping[str, Any]
) -> str:
    """What a change of one row does to the tables, as a mutation and as the client's call; in a word."""
    model = world.schema.models[name]
    inputs = None if model.base or model.sub_models else graphql.mutation(name, operation, args)
    if inputs is None:
        return "no mutation"
    database = await world.change("database", user, name, operation, args)
    try:
        errors = await graphql.mutate(user, [inputs], graphql.row(inputs[0]) if operation == "create" else "")
        tables = world.now()
    finally:
        world.restore()
    if contents(tables) != contents(database.tables or world.tables):
        told = f"{user} {name}.{operation} {args}"
        raise Disagreement(f"{told}\nbefore   {world.tables}\ndatabase {database}\ngraphql  {errors} {tables}")
    return "not done" if contents(tables) == contents(world.tables) else "done"


def reads(schema: Schema, model: Model) -> list[dict[str, Any]]:
    related = {field.name: field.relation for field in model.fields.values() if field.relation}
    ordered = {"orderBy": {"id": "asc"}}
    include: dict[str, Any] = {
        name: dict(ordered) if relation.kind.endswith("many") else True for name, relation in related.items()
    }
    many = [name for name, relation in related.items() if relation.kind.endswith("many")]
    if many:
        include["_count"] = {"select": dict.fromkeys(many, True)}
    found: list[dict[str, Any]] = [ordered | ({"include": include} if include else {})]
    for name, relation in related.items():
        if relation.kind.endswith("many"):
            found += [ordered | {"where": {name: {how: {"id": {"gt": 1}}}}} for how in ("some", "every", "none")]
        else:
            found += [ordered | {"where": {name: {how: {"id": {"gt": 1}}}}} for how in ("is", "isNot")]
    return found


async def compare_change(
    world: World, schema: Schema, user: User, name: str, operation: str, args: Mapping[str, Any]
) -> str:
    """What a change does to the tables; in a word."""
    model = schema.models[name]
    database = await world.change("database", user, name, operation, args)
    expected = await expected_change(world, schema, user, model, operation, args)
    if not any(same(each, database) for each in expected):
        told = f"{user} {name}.{operation} {args}"
        raise Disagreement(f"{told}\nbefore   {world.tables}\nexpected {expected}\ndatabase {database}")
    if database.tables is None:
        return "refused" if database.refused else "failed"
    return "nothing" if database.tables == world.tables else "done"


async def expected_change(
    world: World, schema: Schema, user: User, model: Model, operation: str, args: Mapping[str, Any]
) -> list[Outcome]:
    """What the rules in the query come to, as far as row level security can say it; several where that depends."""

    levels = [schema.models[name] for name in chain(schema, model, operation, args)]

    async def ids(client: Any) -> list[set[Any]]:
        select = {"select": {"id": True}}
        return [{row["id"] for row in await client.call(level.name, "findMany", select)} for level in levels]

    if operation.startswith("create"):
        return [await world.change("query", user, model.name, operation, args)]
    # Deviation: unreadable-rows-are-skipped
    readable = set[Any].intersection(*await ids(world.client("query", user)))
    where = {"AND": [args.get("where", {}), {"id": {"in": sorted(readable)}}]}
    if "id" in args.get("where", {}) and not operation.endswith("Many"):
        where["id"] = args["where"]["id"]
    found = await world.change("query", user, model.name, operation, {**args, "where": where}, ids)
    if operation.startswith("delete") or found.tables is None:
        return [found]
    # Deviation: a-row-cannot-be-made-unreadable
    hidden = set[Any]()
    for level, shown in zip(levels, found.answer[1], strict=True):
        hidden |= written(level, world.tables, found.tables) - shown
    refused = Outcome(refused=True, words=f"{hidden} would become unreadable")
    if any(reads_itself(schema, level) for level in levels):
        return [found, refused]  # PostgreSQL judges a new row among the table's rows as they were
    return [refused] if hidden else [found]


def reads_itself(schema: Schema, model: Model) -> bool:
    """Whether it depends on other rows of the same table, or of its base's, who may read a row."""
    read = Rules(schema).permit(model.name, "read", "row")
    own = {table(schema, schema.models[name]) for name in (model.name, model.base, *model.sub_models) if name}
    return bool(own & tables_read(read))


def chain(schema: Schema, model: Model, operation: str, args: Mapping[str, Any]) -> list[str]:
    """The models whose tables a change of a row touches: its own, and its bases', as far as it is about them."""
    if model.base is None or operation.startswith("create"):
        return [model.name]
    base, data = schema.models[model.base], {**args.get("data", {}), **args.get("update", {})}
    about_base = operation.startswith("delete") or any(name in base.fields for name in data)
    about_base |= any(
        (relation := model.fields[name].relation) and {*relation.fields} & {*base.fields} for name in data
    )
    return [model.name, base.name] if about_base else [model.name]


def written(model: Model, before: Tables, after: Tables) -> set[Any]:
    """The ids of the rows that were written."""
    places = {row["row"]["id"]: row["at"] for row in before[model.table]}
    return {row["row"]["id"] for row in after[model.table] if places.get(row["row"]["id"]) != row["at"]}


def same(expected: Outcome, database: Outcome) -> bool:
    """Deviation: one-word-for-refusals. What is not done is not done, whatever the database calls it."""
    if expected.tables is None or database.tables is None:
        return expected.tables is database.tables
    return contents(expected.tables) == contents(database.tables)


def contents(tables: Tables) -> dict[str, list[Any]]:
    return {name: [row["row"] for row in rows] for name, rows in tables.items()}
