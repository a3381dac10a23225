"""Ways to the same rows: the client under either guard, REST, and SQL in the role; GraphQL stands in `graphql.py`.

In: a World, somebody, a model, a write. Out: ids; whether it was refused. Never: a rule of the test's own.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import psycopg
from joserfc import jwt
from joserfc.jwk import OctKey

from gatepost.database.scope import Database
from gatepost.exchange import Request, Response
from gatepost.identity import Proof
from gatepost.orm.errors import RejectedByPolicy
from gatepost.policy import claims
from gatepost.query.sql import identifier
from gatepost.rest.mounted import Mounted, alone
from gatepost.settings import DatabaseSettings, RestSettings
from gatepost.zmodel.schema import Relation, Schema

from .world import Guard, User, World, literal

SECRET = "a secret of at least thirty-two characters"


class Refused(Exception):
    """A rule said no, aloud."""


class Write(msgspec.Struct, forbid_unknown_fields=True):
    """A change of rows of a model, and what it comes to."""

    what: str
    who: str
    model: str
    create: dict[str, Any] | None = None
    update: dict[str, Any] | None = None
    delete: bool = False
    of: list[int] | None = None
    """The rows that are meant; None: all."""
    changes: list[int] = msgspec.field(default_factory=list[int])
    refused: bool = False
    instead: dict[str, list[int] | str] = msgspec.field(default_factory=dict[str, list[int] | str])
    """What it comes to by some ways instead: ids, or `refused`."""
    deviation: str | None = None


Related = dict[int, list[int]]
"""By the id of each row that is seen: the ids of what is seen of those related to it."""


class Way(Protocol):
    """One of them."""

    world: World

    async def read(self, user: User, model: str) -> list[int]:
        """The ids of all rows."""
        ...

    async def related(self, user: User, model: str, name: str) -> Related:
        """What a relation's field leads to."""
        ...

    async def write(self, user: User, write: Write) -> None:
        """A change of rows; Refused where a rule says so aloud."""
        ...


class Client:
    """The client under a guard."""

    def __init__(self, world: World, guard: Guard) -> None:
        self.world = world
        self.guard: Guard = guard

    async def read(self, user: User, model: str) -> list[int]:
        rows = await self.world.read(self.guard, user, model, "findMany", {"select": {"id": True}})
        return sorted(row["id"] for row in rows)

    async def related(self, user: User, model: str, name: str) -> Related:
        select = {"id": True, name: {"select": {"id": True}}}
        return by_id(await self.world.read(self.guard, user, model, "findMany", {"select": select}), name)

    async def write(self, user: User, write: Write) -> None:
        where = {} if write.of is None else {"id": {"in": write.of}}
        operation, args = "deleteMany", dict[str, Any](where=where)
        if write.create is not None:
            operation, args = "createMany", {"data": [write.create]}
        elif write.update is not None:
            operation, args = "updateMany", {"where": where, "data": write.update}
        try:
            await self.world.client(self.guard, user).call(write.model, operation, args)
        except RejectedByPolicy as error:
            raise Refused from error


class Rest:
    """PostgREST's dialect, with a token that holds the claims."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.database = Database({"authenticator": world.dsn}, DatabaseSettings(pool_size=2, prepared_statements=False))
        settings = RestSettings(schemas=("public",), extra_search_path="", anon_role="anon", jwt_secret=SECRET)
        self.surface: Mounted = alone(self.database, settings)

    async def load(self) -> None:
        """After a change of schema."""
        await self.surface.load()

    async def read(self, user: User, model: str) -> list[int]:
        answer = await self.ask(user, "GET", model, "select=id")
        assert answer.status == 200, answer.body
        return sorted(row["id"] for row in json.loads(answer.body))

    async def related(self, user: User, model: str, name: str) -> Related:
        relation = relation_of(self.world.schema, model, name)
        hint = (
            relation.through.table
            if relation.through
            else (relation.fields if relation.owner else relation.references)[0]
        )
        target = self.world.schema.models[relation.model].table
        embed = hint if relation.owner else f"{target}!{hint}"
        answer = await self.ask(user, "GET", model, f"select=id,them:{embed}(id)")
        assert answer.status == 200, answer.body
        return by_id(json.loads(answer.body), "them")

    async def write(self, user: User, write: Write) -> None:
        query = "" if write.of is None else f"id=in.({','.join(map(str, write.of))})"
        if write.create is not None:
            answer = await self.ask(user, "POST", write.model, "", write.create)
        elif write.update is not None:
            answer = await self.ask(user, "PATCH", write.model, query, write.update)
        else:
            answer = await self.ask(user, "DELETE", write.model, query)
        if json.loads(answer.body or b"{}").get("code") == "42501":
            raise Refused(answer.body)
        assert answer.status < 300, answer.body

    async def ask(self, user: User, method: str, model: str, query: str, body: object = None) -> Response:
        sent = b"" if body is None else json.dumps(body).encode()
        path = f"/{self.world.schema.models[model].table}"
        headers = [(b"content-type", b"application/json")] if sent else []
        proof = Proof(bearer=token(self.world.schema, user))
        return await self.surface(Request(method, path, query.encode(), headers, sent, proof, raw_path=path.encode()))

    async def close(self) -> None:
        await self.database.close()


def token(schema: Schema, user: User) -> str | None:
    """What a signed-in user sends."""
    held = claims(schema, user)
    return None if held is None else jwt.encode({"alg": "HS256"}, held, OctKey.import_key(SECRET))


class Sql:
    """SQL as the role, with the claims."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def read(self, user: User, model: str) -> list[int]:
        return sorted(row[0] for row in self.run(user, f"select id from {self.table(model)}"))

    async def related(self, user: User, model: str, name: str) -> Related:
        relation = relation_of(self.world.schema, model, name)
        them = f"{self.table(relation.model)} them"
        on = [
            f"them.{identifier(a)} = this.{identifier(b)}"
            for a, b in zip(relation.references, relation.fields, strict=True)
        ]
        if relation.through:
            own, other = identifier(relation.through.column), identifier(relation.through.other_column)
            them += f" join {identifier(relation.through.table)} link on link.{other} = them.id"
            on = [f"link.{own} = this.id"]
        related = f"array(select them.id from {them} where {' and '.join(on)} order by 1)"
        return dict(self.run(user, f"select this.id, {related} from {self.table(model)} this"))

    async def write(self, user: User, write: Write) -> None:
        table = self.table(write.model)
        where = "" if write.of is None else f" where id in ({', '.join(map(str, write.of))})"
        if write.create is not None:
            names, values = ", ".join(map(identifier, write.create)), ", ".join(map(literal, write.create.values()))
            text = f"insert into {table} ({names}) values ({values})"
        elif write.update is not None:
            pairs = ", ".join(f"{identifier(name)} = {literal(value)}" for name, value in write.update.items())
            text = f"update {table} set {pairs}{where}"
        else:
            text = f"delete from {table}{where}"
        try:
            self.run(user, text)
        except psycopg.errors.InsufficientPrivilege as error:
            raise Refused from error

    def table(self, model: str) -> str:
        return identifier(self.world.schema.models[model].table)

    def run(self, user: User, text: str) -> list[tuple[Any, ...]]:
        held: Mapping[str, Any] = claims(self.world.schema, user) or {"role": "anon"}
        with self.world.admin.transaction():
            self.world.admin.execute("select set_config('request.jwt.claims', %s, true)", (json.dumps(held),))
            self.world.admin.execute(f"set local role {identifier(held['role'])}".encode())
            done = self.world.admin.execute(text.encode())
            return done.fetchall() if done.description else []


def relations(schema: Schema) -> Iterator[tuple[str, str]]:
    """Fields that lead from a model's own table to others."""
    for model in schema.models.values():
        for field in model.fields.values():
            if field.relation and not field.inherited:
                yield model.name, field.name


def relation_of(schema: Schema, model: str, name: str) -> Relation:
    """The relation that a field of a model is."""
    relation = schema.models[model].fields[name].relation
    assert relation is not None
    return relation


def by_id(rows: Sequence[Mapping[str, Any]], name: str) -> Related:
    """Rows with what is related to them: a list, one, or none."""
    return {row["id"]: ids(row[name]) for row in rows}


def ids(related: Any) -> list[int]:
    rows = [] if related is None else related if isinstance(related, list) else [related]
    return sorted(row["id"] for row in rows)


async def outcome(world: World, way: Way, user: User, write: Write) -> list[int] | str:
    """The rows that a write made, changed or removed, or `refused` where it did nothing and said so; the tables are as
    before afterwards.
    """
    before = world.content(write.model)
    nothing: list[int] | str = []
    try:
        await way.write(user, write)
    except Refused:
        nothing = "refused"
    finally:
        after = world.content(write.model)
        world.restore()
    return sorted(id for id in {*before, *after} if before.get(id) != after.get(id)) or nothing
