"""Values that a write gives to fields.

In: a value's tree, the call's values. Out: the value as it is stored, where the statement itself says it; else nothing,
and PostgreSQL has to work it out. Never: an enum's member under its name in the schema, once it is to be stored.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lark import Token

from gatepost.orm.builder.parse import Node
from gatepost.orm.calling.raw import parameter
from gatepost.orm.values import DbNull, json
from gatepost.query.sql import Parameter, array_literal
from gatepost.zmodel.schema import Field, Schema

INDIRECT = object()
"""What stands for a value that only PostgreSQL knows."""


class Cells:
    """The values of one call."""

    def __init__(self, schema: Schema, given: Sequence[object]) -> None:
        self._schema, self._given = schema, given

    def direct(self, field: Field, node: Node) -> Any:
        """The value as a Parameter, or INDIRECT."""
        match node.children:
            case [Token(type="STRING") as text]:
                return self.stored(field, text[1:-1].replace("''", "'").encode())
            case [Token(type="NUMBER" | "TRUE" | "FALSE") as word]:
                return word.encode()
            case [Token(type="SIGN") as sign, Token(type="NUMBER") as number]:
                return f"{sign}{number}".encode()
            case [Token(type="NULL")]:
                return None
            case [child] if not isinstance(child, Token) and child.data == "parameter":
                number = int(str(child.children[0])[1:])
                return self._of_python(field, self._given[number - 1], number - 1)
            case _:
                return INDIRECT

    def _of_python(self, field: Field, value: object, index: int) -> Parameter:
        if value is not None and value is not DbNull and not isinstance(value, str) and is_json(field):
            return json(value)
        return self.stored(field, parameter(value, index))

    def stored(self, field: Field, value: Parameter) -> Parameter:
        """A value in PostgreSQL's text form; an enum's members by their names in the database."""
        if value is None or field.type.kind != "enum":
            return value
        text = value.decode()
        if not field.type.array:
            return self._member(field, text).encode()
        names = [each.strip('"') for each in text[1:-1].split(",")] if len(text) > 2 else []
        return array_literal(self._member(field, name) for name in names)

    def _member(self, field: Field, name: str) -> str:
        names: Mapping[str, str] = self._schema.enums[field.type.name].values
        return names.get(name, name)


def is_json(field: Field) -> bool:
    return field.type.kind == "type" or (field.type.name == "Json" and not field.type.array)
