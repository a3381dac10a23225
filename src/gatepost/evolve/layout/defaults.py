"""What a column holds where nobody says what: `@default` as an SQL expression.

In: a field of a checked schema. Out: SQL, or None where the client fills the value (uuid, cuid, auth(), …).
Never: a value outside of quotes.
"""

import base64
from datetime import UTC, datetime
from typing import cast

import msgspec

from gatepost.evolve.layout.types import bare, column_type, listed
from gatepost.zmodel.schema import Default, Field, Json, Schema

COUNTS = "autoincrement"


def counts(field: Field) -> bool:
    """Whether a sequence fills it."""
    return field.default is not None and field.default.function == COUNTS


def default_expression(schema: Schema, field: Field) -> str | None:
    """The DEFAULT of a field's column; that of a counting column belongs to its sequence and is not told here."""
    if field.default is None:
        return None
    if field.default.function is not None:
        return _of_function(field.default)
    value, name = field.default.value, column_type(schema, field).name
    if listed(field):
        items = cast(list[Json], value) if isinstance(value, list) else [value]
        return f"ARRAY[{', '.join(_literal(schema, field, each) for each in items)}]::{name}"
    if field.type.kind == "enum":
        return f"{_literal(schema, field, value)}::{name}"
    return _literal(schema, field, value)


def _of_function(default: Default) -> str | None:
    if default.function == "now":
        return "CURRENT_TIMESTAMP"
    if default.function == "dbgenerated" and default.arguments:
        return str(default.arguments[0])
    return None


def _literal(schema: Schema, field: Field, value: Json) -> str:
    if field.type.kind == "enum":
        return quoted(schema.enums[field.type.name].values[str(value)])
    if field.json:
        return quoted(_json(value))
    match field.type.name:
        case "Bytes":
            return quoted("\\x" + base64.b64decode(str(value)).hex())
        case "DateTime":
            return quoted(_moment(str(value)))
        case "Boolean":
            return str(bool(value)).lower()
        case "Int" | "BigInt" | "Float" | "Decimal":
            return str(value)
        case _:
            return quoted(str(value))


def _json(value: Json) -> str:
    return msgspec.json.encode(value).decode()


def _moment(text: str) -> str:
    """A moment in UTC without its zone, which PostgreSQL would drop from a timestamp unread; other text as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] if moment.tzinfo else text


def quoted(text: str) -> str:
    """A literal; a backslash means itself."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def sequence(table: tuple[str, str], column: str) -> str:
    """The sequence of a counting column, as PostgreSQL names it for serial."""
    room = 63 - len("_seq") - 1
    short_table, short_column = table[1].encode(), column.encode()
    while len(short_table) + len(short_column) > room:  # PostgreSQL cuts the longer of the two
        if len(short_table) > len(short_column):
            short_table = short_table[:-1]
        else:
            short_column = short_column[:-1]
    name = f"{short_table.decode(errors='ignore')}_{short_column.decode(errors='ignore')}_seq"
    return f"{bare(table[0])}.{bare(name)}"
