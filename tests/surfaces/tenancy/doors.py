"""Four doors to one site: SQL in the role, REST, GraphQL, the client. Each is tried in the same words.

In: the claims of somebody's token (None: no token), a table or function. Out: the rows seen; whether it went through,
or the SQLSTATE that it was refused with. Never: a rule of the test's own.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import psycopg
from graphql import GraphQLEnumType, GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type
from joserfc import jwt
from joserfc.jwk import OctKey

from gatepost.database.scope import Database
from gatepost.exchange import Request, Response
from gatepost.graphql.configuration import read
from gatepost.graphql.meaning import MEANING, AllRows, AttributeField, Create, Delete, Many, Update
from gatepost.graphql.mounted import mounted
from gatepost.identity import Identity, Proof
from gatepost.orm.client import Client
from gatepost.orm.errors import DatabaseError, RejectedByPolicy
from gatepost.query.sql import identifier
from gatepost.rest.mounted import alone
from gatepost.settings import DatabaseSettings, GraphQLSettings, RestSettings

SECRET = "a secret of at least thirty-two characters"
SCHEMAS = ("app", "app_api")
JSON = (b"content-type", b"application/json")
Claims = Mapping[str, Any] | None

UNDONE = "UNDID"
"""Every change is undone when it commits, by a deferred trigger that fails with this: it went through until then."""


class Refused(Exception):
    """The database said no: its SQLSTATE."""


@dataclass(frozen=True)
class Function:
    """A function of `app_api` and what it is given, by parameter: a value and its type."""

    name: str
    given: Mapping[str, tuple[Any, str]]


@dataclass(frozen=True)
class Table:
    """A table by its key's columns; `writes` is the column that writes are tried with."""

    name: str
    key: tuple[str, ...]
    writes: str
    schema: str = "app"


Row = tuple[str, ...]


class Door(Protocol):
    async def open(self) -> None: ...

    async def read(self, who: Claims, table: Table) -> set[Row]:
        """The keys of the rows that somebody sees."""
        ...

    async def write(self, who: Claims, table: Table, operation: str, row: Row) -> None:
        """Insert a row, update one (by the first column of its key), or delete it."""
        ...

    async def call(self, who: Claims, function: Function) -> None: ...

    async def close(self) -> None: ...


class Sql:
    """The login that API requests come by, with the role and claims they set."""

    def __init__(self, dsn: str) -> None:
        self.session = psycopg.connect(dsn)

    async def open(self) -> None:
        pass

    async def read(self, who: Claims, table: Table) -> set[Row]:
        return keys(self.run(who, f"select {columns(table)} from {table.schema}.{table.name}"))

    async def write(self, who: Claims, table: Table, operation: str, row: Row) -> None:
        name, column = f"{table.schema}.{table.name}", identifier(table.writes)
        only = f"where {identifier(table.key[0])}::text = %s"
        match operation:
            case "insert":
                self.run(who, f"insert into {name} ({column}) values (null)")
            case "update":
                self.run(who, f"update {name} set {column} = {column} {only}", row[0])
            case _:
                self.run(who, f"delete from {name} {only}", row[0])

    async def call(self, who: Claims, function: Function) -> None:
        given = ", ".join(f"{name} => %s::{kind}" for name, (_, kind) in function.given.items())
        values = (value for value, _ in function.given.values())
        self.run(who, f"select * from app_api.{function.name}({given})", *values)

    def run(self, who: Claims, text: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            with self.session.transaction():
                self.session.execute("select set_config('request.jwt.claims', %s, true)", (json.dumps(who or {}),))
                self.session.execute("select set_config('role', %s, true)", (role(who),))
                done = self.session.execute(text, values)  # pyright: ignore
                return done.fetchall() if done.description else []
        except psycopg.Error as error:
            raise Refused(error.sqlstate) from error

    async def close(self) -> None:
        self.session.close()


class Rest:
    """PostgREST's dialect."""

    def __init__(self, dsn: str, schemas: tuple[str, ...] = SCHEMAS) -> None:
        self.database = Database({"authenticator": dsn}, DatabaseSettings(pool_size=2, prepared_statements=False))
        self.surface = alone(self.database, RestSettings(schemas=schemas, anon_role="anon", jwt_secret=SECRET))

    async def open(self) -> None:
        await self.surface.load()

    async def read(self, who: Claims, table: Table) -> set[Row]:
        rows = await self.ask(who, "GET", table.schema, f"/{table.name}", "select=" + ",".join(table.key))
        return {tuple(str(row[name]) for name in table.key) for row in rows}

    async def write(self, who: Claims, table: Table, operation: str, row: Row) -> None:
        only = f"{table.key[0]}=eq.{row[0]}"
        body = {table.writes: row[0]}
        match operation:
            case "insert":
                await self.ask(who, "POST", table.schema, f"/{table.name}", "", body)
            case "update":
                await self.ask(who, "PATCH", table.schema, f"/{table.name}", only, body)
            case _:
                await self.ask(who, "DELETE", table.schema, f"/{table.name}", only)

    async def call(self, who: Claims, function: Function) -> None:
        body = {name: value for name, (value, _) in function.given.items()}
        await self.ask(who, "POST", "app_api", f"/rpc/{function.name}", "", body)

    async def ask(self, who: Claims, method: str, schema: str, path: str, query: str, body: object = None) -> Any:
        profile = (b"accept-profile" if method == "GET" else b"content-profile", schema.encode())
        sent = b"" if body is None else json.dumps(body).encode()
        request = Request(method, path, query.encode(), [JSON, profile], sent, proof(who), raw_path=path.encode())
        answer: Response = await self.surface(request)
        said = json.loads(answer.body or b"null")
        if answer.status >= 400:
            raise Refused(said["code"])
        return said

    async def close(self) -> None:
        await self.database.close()


class GraphQL:
    """PostGraphile's dialect. What it does not show cannot be asked for, which is a refusal too."""

    def __init__(self, dsn: str, schemas: tuple[str, ...] = SCHEMAS) -> None:
        self.database = Database({"authenticator": dsn}, DatabaseSettings(pool_size=2, prepared_statements=False))
        options = {"simpleCollections": "both", "ignoreRBAC": False}
        keys = {"anonRole": "anon", "jwtSecret": SECRET, "schemas": list(schemas), "options": options}
        self.surface = mounted(self.database, read(keys), GraphQLSettings())
        self.tables: dict[str, tuple[str, dict[str, str]]] = {}
        self.writes: set[tuple[str, str]] = set()
        self.functions: dict[str, tuple[str, GraphQLField]] = {}

    async def open(self) -> None:
        await self.surface.load()
        prepared = self.surface.executor.prepared
        assert prepared is not None
        schema = prepared.known.schema
        assert schema.query_type is not None
        assert schema.mutation_type is not None
        for name, each in schema.query_type.fields.items():
            meaning = each.extensions.get(MEANING)
            if isinstance(meaning, AllRows) and meaning.many is Many.LIST:
                self.tables[meaning.resource.id.name] = name, attributes(each)
            self.functions.setdefault(plain(name), ("query", each))
        for name, each in schema.mutation_type.fields.items():
            meaning = each.extensions.get(MEANING)
            if isinstance(meaning, Create | Update | Delete):
                self.writes.add((meaning.resource.id.name, type(meaning).__name__.lower()))
            self.functions[plain(name)] = "mutation", each
        self.names = {plain(name): name for name in (*schema.query_type.fields, *schema.mutation_type.fields)}

    async def read(self, who: Claims, table: Table) -> set[Row]:
        if table.name not in self.tables:
            raise Refused("not shown")
        name, fields = self.tables[table.name]
        selection = " ".join(f"{column}: {fields[column]}" for column in table.key)
        rows = (await self.ask(who, f"{{ rows: {name} {{ {selection} }} }}"))["rows"]
        return {tuple(str(row[column]) for column in table.key) for row in rows}

    async def write(self, who: Claims, table: Table, operation: str, row: Row) -> None:
        assert (table.name, operation.replace("insert", "create")) not in self.writes
        raise Refused("not shown")

    async def call(self, who: Claims, function: Function) -> None:
        kind, found = self.functions[plain(function.name)]
        values = {plain(name): value for name, (value, _) in function.given.items()}
        arguments = found.args
        if kind == "mutation":
            arguments = cast(Any, get_named_type(found.args["input"].type)).fields
        given = {
            name: values[plain(name)].upper()
            if isinstance(get_named_type(each.type), GraphQLEnumType)
            else values[plain(name)]
            for name, each in arguments.items()
            if plain(name) in values
        }
        text, variables = f"(input: {{ {written(given)} }})", {f"v{n}": v for n, v in enumerate(given.values())}
        if kind == "query":
            text = f"({written(given)})" if given else ""
        declared = ", ".join(f"${n}: {arguments[name].type}" for n, name in zip(variables, given, strict=True))
        head = f"({declared})" if declared else ""
        name = self.names[plain(function.name)]
        await self.ask(who, f"{kind} {head} {{ it: {name}{text} {selection(found)} }}", variables)

    async def ask(self, who: Claims, text: str, variables: Mapping[str, Any] | None = None) -> Any:
        sent = json.dumps({"query": text, "variables": variables or {}}).encode()
        request = Request("POST", "/", b"", [JSON], sent, proof(who), raw_path=b"/")
        answer = json.loads((await self.surface(request)).body)
        if "errors" in answer:
            error = answer["errors"][0]
            raise Refused(error.get("extensions", {}).get("code") or error["message"])
        return answer["data"]

    async def close(self) -> None:
        await self.database.close()


class Orm:
    """The client with its guard in the database: its schema allows everything, so that it tries everything."""

    def __init__(self, dsn: str, tables: list[Table]) -> None:
        schemas = ", ".join(sorted({f'"{table.schema}"' for table in tables}))
        source = f'datasource db {{ provider = "postgresql"\n schemas = [{schemas}] }}\n'
        self.client = Client.connect(source + "\n".join(map(model, tables)), dsn, guard="database", pool_size=2)

    async def open(self) -> None:
        pass

    async def read(self, who: Claims, table: Table) -> set[Row]:
        rows = await self.perform(who, table, "findMany", {"select": dict.fromkeys(table.key, True)})
        return {tuple(str(row[name]) for name in table.key) for row in rows}

    async def write(self, who: Claims, table: Table, operation: str, row: Row) -> None:
        where = {table.key[0]: number(table, row[0])}
        values = {} if table.name == "audit_event" else dict(zip(table.key, row, strict=True))
        values |= {table.writes: row[0]}
        match operation:
            case "insert":
                await self.perform(who, table, "createMany", {"data": [values]})
            case "update":
                await self.perform(who, table, "updateMany", {"where": where, "data": {table.writes: row[0]}})
            case _:
                await self.perform(who, table, "deleteMany", {"where": where})

    async def perform(self, who: Claims, table: Table, operation: str, args: Mapping[str, Any]) -> Any:
        try:
            return await self.bound(who).call(camel(table.name), operation, args)
        except RejectedByPolicy as error:
            raise Refused("42501") from error
        except DatabaseError as error:
            raise Refused(error.db_error_code) from error

    async def call(self, who: Claims, function: Function) -> None:
        given = ", ".join(f"{name} => ${n}::{kind}" for n, (name, (_, kind)) in enumerate(function.given.items(), 1))
        values = (value for value, _ in function.given.values())
        try:
            await self.bound(who).query_raw(f"select * from app_api.{function.name}({given})", *values)
        except DatabaseError as error:
            raise Refused(error.db_error_code) from error

    def bound(self, who: Claims) -> Client:
        return self.client.set_auth(None if who is None else Identity("authenticated", who))

    async def close(self) -> None:
        await self.client.close()


def role(who: Claims) -> str:
    return "anon" if who is None else "authenticated"


def proof(who: Claims) -> Proof:
    """A token with just these claims."""
    return Proof() if who is None else Proof(bearer=jwt.encode({"alg": "HS256"}, dict(who), OctKey.import_key(SECRET)))


def keys(rows: list[tuple[Any, ...]]) -> set[Row]:
    return {tuple(str(value) for value in row) for row in rows}


def columns(table: Table) -> str:
    return ", ".join(map(identifier, table.key))


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def plain(name: str) -> str:
    """A name without what dialects add to it."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def number(table: Table, value: str) -> str | int:
    return int(value) if table.name == "audit_event" else value


MODEL = """model {name} {{
{fields}
  @@id([{key}])
  @@map("{table}")
  @@schema("{schema}")
  @@allow("all", true)
}}"""


def model(table: Table) -> str:
    """What is asked of a table, as a model."""
    fields = {name: "String @db.Uuid" if name == "id" else "String" for name in (*table.key, table.writes)}
    if table.name == "audit_event":
        fields["id"] = "Int @default(autoincrement())"
    lines = "\n".join(f"  {name} {kind}" for name, kind in fields.items())
    return MODEL.format(
        name=camel(table.name), fields=lines, key=", ".join(table.key), table=table.name, schema=table.schema
    )


def attributes(each: GraphQLField) -> dict[str, str]:
    """The fields of a table's rows, by column."""
    fields = cast(GraphQLObjectType, get_named_type(cast(Any, each.type))).fields
    found = {name: field.extensions.get(MEANING) for name, field in fields.items()}
    return {meaning.attribute.name: name for name, meaning in found.items() if isinstance(meaning, AttributeField)}


def written(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: $v{n}" for n, name in enumerate(given))


def selection(each: GraphQLField, depth: int = 3) -> str:
    """Something of what a field gives, down to a value."""
    kind = get_named_type(cast(Any, each.type))
    if is_leaf_type(kind):
        return ""
    fields = cast(GraphQLObjectType, kind).fields
    name = next((name for name, field in fields.items() if is_leaf_type(get_named_type(cast(Any, field.type)))), None)
    for rows in ("nodes", "edges", "node"):
        if rows in fields and depth:
            return f"{{ {rows} {selection(fields[rows], depth - 1)} }}"
    return f"{{ {name} }}"
