"""A model that mirrors `auth.users`: asked for by `@@meta("sync", "auth.users")`, kept by triggers.

In: a checked schema. Out: definitions of functions and triggers; SQL that copies the users who are there already.
Never: what a user may write about himself where a rule reads it.

A field takes the column of its own name (`createdAt` or `created_at` → created_at) where that is one of COLUMNS, or
what `@meta("sync", "raw_app_meta_data.plan")` names. A user has a row as soon as all that the model requires is known
(somebody who signs up by phone has no address yet), and none once deleted, softly or for good.
"""

import re
from collections.abc import Iterator

from gatepost.catalog import Name
from gatepost.evolve.layout.defaults import quoted
from gatepost.evolve.layout.types import bare, column_type
from gatepost.policy.names import table
from gatepost.policy.rls import Definition
from gatepost.problem import Problem
from gatepost.query.sql import qualified
from gatepost.zmodel.schema import Field, Model, Schema
from gatepost.zmodel.terms import Expression, Member, parts, type_of

SOURCE = "auth.users"
PRIVATE = "gatepost_sync"
COLUMNS = (
    "id",
    "email",
    "phone",
    "created_at",
    "updated_at",
    "last_sign_in_at",
    "invited_at",
    "email_confirmed_at",
    "phone_confirmed_at",
    "confirmed_at",
    "banned_until",
    "is_sso_user",
    "is_anonymous",
)
ALWAYS = ("created_at", "updated_at")  # empty only in rows that somebody inserted by hand
WRITABLE = "raw_user_meta_data"
OBJECTS = ("raw_app_meta_data", WRITABLE)

# What the database has of it: `Fact`s of RLS's kind. To be read with a search path of pg_catalog.
INSTALLED = f"""
select 'trigger', n.nspname || '.' || c.relname || ' ' || t.tgname, pg_get_triggerdef(t.oid)
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_proc p on p.oid = t.tgfoid
join pg_namespace f on f.oid = p.pronamespace
where f.nspname = '{PRIVATE}' and not t.tgisinternal
union all
select 'function', '{PRIVATE}.' || p.proname, pg_get_functiondef(p.oid)
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname = '{PRIVATE}'
order by 1, 2
"""
CLEAR = f"drop schema if exists {PRIVATE} cascade"


def synced(schema: Schema) -> list[Model]:
    """The models that ask for it."""
    asking = [model for model in schema.models.values() if any(note.name == "sync" for note in model.notes)]
    for model in asking:
        named = next(note.value for note in model.notes if note.name == "sync")
        if named != SOURCE:
            raise _problem(model, f'@@meta("sync", …) knows "{SOURCE}" only, not {named!r}')
        if model.base is not None or model.discriminator is not None or model.view:
            raise _problem(model, "only a model with a table of its own can mirror auth.users")
    return asking


def definitions(schema: Schema) -> Iterator[Definition]:
    """The functions and triggers, in order."""
    models = synced(schema)
    if models:
        made = f"create schema if not exists {PRIVATE};\nrevoke all on schema {PRIVATE} from public;"
        yield Definition("schema", PRIVATE, made, f"{CLEAR};")
    for model in models:
        yield from _of_model(schema, model)


def copies(schema: Schema) -> Iterator[str]:
    """SQL that makes the rows of users who are there already."""
    for model in synced(schema):
        values = sources(schema, model)
        where = " and ".join(["users.deleted_at is null", *_known(schema, model, values, "users")])
        columns = ", ".join(bare(name) for name in values)
        taken = ", ".join(value.format(row="users") for value in values.values())
        yield (
            f"insert into {_table(schema, model)} ({columns})\n"
            f"select {taken}\nfrom {SOURCE} as users where {where}\non conflict do nothing"
        )


def _of_model(schema: Schema, model: Model) -> Iterator[Definition]:
    name = "_".join(table(schema, model))
    call = qualified(PRIVATE, name)
    body = (
        f"create or replace function {call}() returns trigger\n"
        "language plpgsql security definer set search_path = pg_catalog, pg_temp as $gatepost$\n"
        f"{_body(schema, model)}\n$gatepost$;\nrevoke all on function {call} from public;"
    )
    yield Definition("function", f"{PRIVATE}.{name}", body, f"drop function if exists {call} cascade;")
    trigger = bare(f"gatepost_sync_{name}")
    drop = f"drop trigger if exists {trigger} on {SOURCE};"
    made = (
        f"create or replace trigger {trigger} after insert or update or delete on {SOURCE}\n"
        f"    for each row execute function {call}();"
    )
    yield Definition("trigger", f"{SOURCE} gatepost_sync_{name}", made, drop, Name("auth", "users"))


def _body(schema: Schema, model: Model) -> str:
    values = sources(schema, model)
    key = bare(str(model.fields[model.ids[0]].column))
    table, identity = _table(schema, model), values[str(model.fields[model.ids[0]].column)]
    unknown = " or ".join(_unknown(schema, model, values, "new")) or "false"
    columns = ", ".join(bare(name) for name in values)
    changed = ", ".join(
        f"{bare(name)} = excluded.{bare(name)}" for name in values if name not in _on_insert(schema, model)
    )
    conflict = f"do update set {changed}" if changed else "do nothing"
    return (
        "begin\n"
        "    if tg_op = 'DELETE' then\n"
        f"        delete from {table} where {key} = {identity.format(row='old')};\n"
        "    elsif new.deleted_at is not null then\n"
        f"        delete from {table} where {key} = {identity.format(row='new')};\n"
        f"    elsif {unknown} then\n"
        "        null; -- not all that the model requires is known\n"
        "    else\n"
        f"        insert into {table} ({columns})\n"
        f"        values ({', '.join(value.format(row='new') for value in values.values())})\n"
        f"        on conflict ({key}) {conflict};\n"
        "    end if;\n"
        "    return null;\n"
        "end"
    )


def sources(schema: Schema, model: Model) -> dict[str, str]:
    """Column → SQL about {row}, a row of auth.users. A Problem for a required column that nothing fills."""
    if len(model.ids) != 1:
        raise _problem(model, "a model that mirrors auth.users is known by one field, the user's id")
    if _source(schema, model, model.fields[model.ids[0]]) is None:
        raise _problem(model, f"{model.ids[0]} must take the user's id", 'call it id, or write @meta("sync", "id")')
    found: dict[str, str] = {}
    for field in model.fields.values():
        if field.column is None:
            continue
        value = _source(schema, model, field)
        if value is not None:
            found[field.column] = value
        elif not field.type.optional and not field.type.array and not _filled(field):
            message = f"{field.name} is required, and nothing in auth.users fills it"
            raise _problem(model, message, "make it optional, give it a default, or name a column: @meta('sync', '…')")
    return found


def _source(schema: Schema, model: Model, field: Field) -> str | None:
    named = next((str(note.value) for note in field.notes if note.name == "sync"), None)
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", field.name).lower()
    path = (named or snake).split(".")
    kind = column_type(schema, field)
    cast = "" if kind.foreign else f"::{kind.name}"  # a type of an extension is not found by its bare name in there
    if len(path) == 1 and path[0] in COLUMNS:
        known = "coalesce({{row}}.{0}, now())" if path[0] in ALWAYS else "{{row}}.{0}"
        value = known.format(path[0])
        if path[0].endswith(("_at", "_until")) and kind.name.endswith("without time zone"):
            return f"({value} at time zone 'UTC'){cast}"
        return f"{value}{cast}"
    if named is None:
        return f"now(){cast}" if field.updated_at is not None else None
    if path[0] not in OBJECTS or len(path) == 1:
        hint = f"Take one of {', '.join(COLUMNS)}, or a path below raw_app_meta_data"
        raise _problem(model, f'{field.name}: auth.users has nothing to sync called "{named}"', hint)
    if path[0] == WRITABLE and _decides(schema, model, field):
        message = f"{field.name} comes from {WRITABLE}, which its user may write, and a rule reads it"
        raise _problem(model, message, "take it from raw_app_meta_data, which only the server writes")
    members = ", ".join(quoted(each) for each in path[1:])
    return f"jsonb_extract_path_text({{row}}.{path[0]}, {members}){cast}"


def _filled(field: Field) -> bool:
    """Whether the database fills it by itself."""
    default = field.default
    return default is not None and default.function in (None, "now", "autoincrement", "dbgenerated")


def _unknown(schema: Schema, model: Model, values: dict[str, str], row: str) -> list[str]:
    required = {field.column for field in model.fields.values() if field.column and not field.type.optional}
    wanted = [name for name in values if name in required and not values[name].startswith("now()")]
    return [f"{values[name].format(row=row)} is null" for name in wanted]


def _known(schema: Schema, model: Model, values: dict[str, str], row: str) -> list[str]:
    return [f"not ({each})" for each in _unknown(schema, model, values, row)]


def _on_insert(schema: Schema, model: Model) -> set[str]:
    """What never changes: the key."""
    return {str(model.fields[name].column) for name in model.ids}


def _table(schema: Schema, model: Model) -> str:
    return qualified(*table(schema, model))


def _decides(schema: Schema, model: Model, field: Field) -> bool:
    """Whether any rule reads the field."""
    rules = [rule for each in schema.models.values() for rule in each.rules]
    rules += [rule for each in schema.models.values() for one in each.fields.values() for rule in one.rules]
    return any(_reads(rule.condition, model.name, field.name) for rule in rules)


def _reads(expression: Expression, model: str, field: str) -> bool:
    if isinstance(expression, Member) and expression.field == field and type_of(expression.of).name == model:
        return True
    return any(_reads(each, model, field) for each in parts(expression))


def _problem(model: Model, message: str, hint: str | None = None) -> Problem:
    return Problem("sync_invalid", 400, f"{model.place}: {model.name}: {message}", None, hint)
