"""A schema as Python types: one module, which pyright and editors read.

In: a schema. Out: the module's text: rows as TypedDicts, a Client whose models check their arguments and results.
Never: anything that changes what runs; the client does without it.
"""

import keyword
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from gatepost.orm.calling.operations import SNAKE, snake
from gatepost.orm.client import BaseClient
from gatepost.orm.generate.models import (
    arguments,
    lists_of,
    operations_of,
    relations_of,
    result_of,
    scalars_of,
    shapes,
    value_of,
    visible,
)
from gatepost.orm.generate.shapes import Many, Member, Null, OneOf, Ref, Scalar, Shape, TypeOf, Words
from gatepost.zmodel.schema import Field, Model, Procedure, Schema
from gatepost.zmodel.terms import Type

HEAD = '''"""Types of {name}, written by `gatepost generate`: change the schema, not this file."""

# ruff: noqa
# pyright: reportOverlappingOverload=false, reportIncompatibleMethodOverride=false
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol, Required, TypedDict, overload

if TYPE_CHECKING:
    from gatepost.orm.calling.calls import Call as _Call
    from gatepost.orm.client import BaseClient as _Client
    from gatepost.orm.values import Null as _Null
else:
    from gatepost.orm import Client as _Client
'''
OUT = {
    "String": "str",
    "Boolean": "bool",
    "Int": "int",
    "BigInt": "int",
    "Float": "float",
    "Decimal": "Decimal",
    "DateTime": "datetime",
    "Bytes": "bytes",
}
IN = {**OUT, "Float": "float", "Decimal": "Decimal | int | float | str", "DateTime": "datetime | date | str"}
PAIRS_UP_TO = 3
TAKEN = {name for name in dir(BaseClient) if not name.startswith("_")}


def module(schema: Schema, name: str = "the schema") -> str:
    """The module's text."""
    every = shapes(schema)
    public = {*schema.types, "Count", *(f"{model.name}Counted" for model in visible(schema))}
    rows = {model.name: _row(model) for model in visible(schema)}
    parts = [HEAD.format(name=name)]
    parts += [_words(each.name, [member.name for member in each.members]) for each in schema.enums.values()]
    parts += [_typed(shape, OUT) for key, shape in every.items() if key in public]
    parts += [text for model in visible(schema) for text in (rows[model.name], *_with_relations(model))]
    inner = [_typed(shape, IN) for key, shape in every.items() if key not in public and key not in rows and _used(key)]
    inner += [text for model in visible(schema) for text in _operations(model)]
    inner += [_procedures(schema)] if schema.procedures else []
    parts.append("if TYPE_CHECKING:\n" + "\n".join(_indented(each) for each in inner))
    return "\n\n".join([*parts, _client(schema)]).rstrip() + "\n"


def _used(name: str) -> bool:
    """Arguments of operations are written out in the methods."""
    return not name.endswith("Args") or name.endswith(("OneArgs", "ManyArgs", "RelationCountArgs"))


# ------------------------------------------------------------------ shapes


def _words(name: str, members: Iterable[str]) -> str:
    return f"{name} = Literal[{', '.join(map(repr, members))}]"


def _typed(shape: Shape, scalars: Mapping[str, str]) -> str:
    """A TypedDict; by a call, since a member may be called `in` or `class`."""
    return _called(shape.name, {spelled(each): _required(each, scalars) for each in shape.members})


def _called(name: str, members: Mapping[str, str]) -> str:
    told = ", ".join(f"{key!r}: {text!r}" for key, text in members.items())
    return f"{name} = TypedDict({name!r}, {{{told}}}, total=False)"


def _required(member: Member, scalars: Mapping[str, str]) -> str:
    text = python_type(member.type, scalars)
    return f"Required[{text}]" if member.required else text


def spelled(member: Member) -> str:
    """The member as Python calls spell it: `order_by`; fields, `_count` and `AND` stay."""
    plain = not member.option or member.name.startswith("_") or member.name.isupper()
    return member.name if plain else snake(member.name)


def python_type(type: TypeOf, scalars: Mapping[str, str] = OUT) -> str:
    """A type as Python writes it; what comes in may be any sequence."""
    match type:
        case Ref(name):
            return name
        case Scalar(name):
            return scalars.get(name, "Any")
        case Many(of):
            inner = python_type(of, scalars)
            return f"list[{inner}]" if scalars is OUT else f"Sequence[{inner}]"
        case Words(values):
            return f"Literal[{', '.join(map(repr, values))}]" if values else "str"
        case Null(json):
            return "None | _Null" if json else "None"
        case OneOf(options):
            return " | ".join(dict.fromkeys(python_type(each, scalars) for each in options))


# ------------------------------------------------------------------ rows


def _row(model: Model) -> str:
    """A row without relations; fields that results leave out by default may be missing."""
    held = {each.name: python_type(value_of(each)) for each in scalars_of(model)}
    left_out = {each.name for each in scalars_of(model) if each.omit}
    return _called(model.name, {key: text if key in left_out else f"Required[{text}]" for key, text in held.items()})


def _with_relations(model: Model) -> Iterator[str]:
    """Rows with relations: each set that has a type of its own, and all of them, however deep."""
    for chosen in _included(model):
        held = {each.name: python_type(value_of(each)) for each in chosen}
        yield _extended(f"{model.name}With{_names(chosen)}", model.name, held)
    full = {each.name: python_type(_full(value_of(each))) for each in _sayable(model)}
    if lists_of(model):
        full["_count"] = f"{model.name}Counted"
    yield _extended(f"{model.name}Full", model.name, full)


def _extended(name: str, base: str, members: Mapping[str, str]) -> str:
    body = "\n".join(f"    {key}: {text}" for key, text in members.items()) or "    pass"
    return f"class {name}({base}):\n{body}"


def _full(type: TypeOf) -> TypeOf:
    match type:
        case Ref(name):
            return Ref(f"{name}Full")
        case Many(of):
            return Many(_full(of))
        case OneOf(options):
            return OneOf(tuple(_full(each) for each in options))
        case _:
            return type


def _included(model: Model) -> list[tuple[Field, ...]]:
    """Sets of relations whose rows have a type of their own: each, and pairs where they are few."""
    related = _sayable(model)
    sizes = (1, 2) if len(related) <= PAIRS_UP_TO else (1,)
    return [chosen for size in sizes for chosen in combinations(related, size)]


def _sayable(model: Model) -> list[Field]:
    """Relations that a class can name."""
    return [each for each in relations_of(model) if not keyword.iskeyword(each.name)]


def _names(chosen: tuple[Field, ...]) -> str:
    return "And".join(each.name[0].upper() + each.name[1:] for each in chosen)


# ------------------------------------------------------------------ operations


def _operations(model: Model) -> Iterator[str]:
    for chosen in _included(model):
        asked = {each.name: "Required[Literal[True]]" for each in chosen}
        yield _called(f"{model.name}Include{_names(chosen)}", asked)
    lines = [line for operation in operations_of(model) for line in _methods(model, operation)]
    yield f"class {model.name}Access(Protocol):\n" + "\n".join(_indented(line) for line in lines)


def _methods(model: Model, operation: str) -> Iterator[str]:
    """An operation's signatures: by include, by select; the ones without have one."""
    members = [each for each in arguments(model, operation) if each.name not in ("select", "include")]
    asked = {each.name for each in arguments(model, operation)}
    plain = ", ".join(_parameter(each) for each in members)
    name, own = SNAKE[operation], model.name
    if operation == "count":
        yield "@overload\n" + _method(name, plain, "int")
        yield "@overload\n" + _method(name, f"{plain}, select: {own}CountFields", "dict[str, int]")
        return
    if not asked & {"select", "include"}:
        yield _method(name, plain, _result(model, operation, own))
        return
    variants = [("", own)]
    if "include" in asked:
        variants += [
            (f"include: {own}Include{_names(chosen)}", f"{own}With{_names(chosen)}") for chosen in _included(model)
        ]
        variants.append((f"include: {own}Include", f"{own}Full"))
    variants.append((f"select: {own}Select", f"{own}Full"))
    for further, row in variants:
        yield "@overload\n" + _method(name, ", ".join(filter(None, (plain, further))), _result(model, operation, row))


def _parameter(member: Member) -> str:
    return f"{spelled(member)}: {python_type(member.type, IN)}{'' if member.required else ' = ...'}"


def _method(name: str, parameters: str, result: str) -> str:
    return f"def {name}(self{', *, ' + parameters if parameters else ''}) -> _Call[{result}]: ..."


def _result(model: Model, operation: str, row: str) -> str:
    told = result_of(model, operation)
    return python_type(_renamed(told, model.name, row))


def _renamed(type: TypeOf, name: str, row: str) -> TypeOf:
    match type:
        case Ref(known) if known == name:
            return Ref(row)
        case Many(of):
            return Many(_renamed(of, name, row))
        case OneOf(options):
            return OneOf(tuple(_renamed(each, name, row) for each in options))
        case _:
            return type


# ------------------------------------------------------------------ the client


def _procedures(schema: Schema) -> str:
    lines = [_procedure(each) for each in schema.procedures.values()]
    return "class Procedures(Protocol):\n" + "\n".join(_indented(line) for line in lines)


def _procedure(procedure: Procedure) -> str:
    parameters = "".join(
        f", {each.name}: {_declared(each.type, IN)}{' = None' if each.type.optional else ''}"
        for each in sorted(procedure.parameters, key=lambda each: each.type.optional)
    )
    star = ", *" if parameters else ""
    return f"async def {procedure.name}(self{star}{parameters}) -> {_declared(procedure.returns, OUT)}: ..."


def _declared(type: Type, scalars: Mapping[str, str]) -> str:
    one = type.name if type.kind in ("enum", "type", "model") else scalars.get(type.name, "Any")
    many = f"list[{one}]" if type.array else one
    return f"{many} | None" if type.optional else many


def _client(schema: Schema) -> str:
    """The client, with a member for each model in the spellings that it answers to."""
    lines = list[str]()
    for model in visible(schema):
        spellings = dict.fromkeys((snake(model.name), model.name[0].lower() + model.name[1:], model.name))
        taken = TAKEN
        lines += [
            f"@property\ndef {each}(self) -> {model.name}Access: ..."
            for each in spellings
            if each not in taken and not keyword.iskeyword(each)
        ]
    if schema.procedures:
        lines.append("@property\ndef procs(self) -> Procedures: ...")
    body = "\n".join(_indented(_indented(line)) for line in lines)
    told = '    """A client of this schema: `Client.connect(schema, dsn)`."""\n'
    return f"class Client(_Client):\n{told}" + (f"\n    if TYPE_CHECKING:\n{body}" if lines else "")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else line for line in text.split("\n"))
