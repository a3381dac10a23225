"""Types and defaults of a database as ZModel writes them.

In: what the catalog says of a column. Out: a type with its @db attribute, @default.
Never: a type changed on the way there and back: what ZModel has no word for is Unsupported.
"""

import re
from dataclasses import dataclass

from gatepost.evolve.compare.facts import ColumnFact

# canonical type → ZModel's type and @db attribute; {} is where sizes go
TYPES = {
    "text": ("String", ""),
    "character varying": ("String", "VarChar"),
    "character": ("String", "Char"),
    "uuid": ("String", "Uuid"),
    "xml": ("String", "Xml"),
    "inet": ("String", "Inet"),
    "citext": ("String", "Citext"),
    "extensions.citext": ("String", "Citext"),
    "public.citext": ("String", "Citext"),
    "bit": ("String", "Bit"),
    "bit varying": ("String", "VarBit"),
    "boolean": ("Boolean", ""),
    "integer": ("Int", ""),
    "smallint": ("Int", "SmallInt"),
    "oid": ("Int", "Oid"),
    "bigint": ("BigInt", ""),
    "double precision": ("Float", ""),
    "real": ("Float", "Real"),
    "numeric": ("Decimal", "Decimal"),
    "money": ("Decimal", "Money"),
    "timestamp without time zone": ("DateTime", "Timestamp"),
    "timestamp with time zone": ("DateTime", "Timestamptz"),
    "date": ("DateTime", "Date"),
    "time without time zone": ("DateTime", "Time"),
    "time with time zone": ("DateTime", "Timetz"),
    "jsonb": ("Json", ""),
    "json": ("Json", "Json"),
    "bytea": ("Bytes", ""),
}
PLAIN = {"numeric(65,30)": "Decimal", "timestamp(3) without time zone": "DateTime"}
STRING = re.compile(r"'((?:[^']|'')*)'(?:::[\w .\"()\[\],]+)?")
NUMBER = re.compile(r"\(?'?(-?\d+(?:\.\d+)?)'?\)?(?:::[\w .()]+)?")
ITEM = re.compile(r"'((?:[^']|'')*)'(?:::[\w .\"()]+)?|(-?\d+(?:\.\d+)?)|(true|false)")


@dataclass(frozen=True, slots=True)
class FieldType:
    """`String @db.VarChar(20)`, a list of it, an enum, or Unsupported."""

    name: str
    native: str = ""
    listed: bool = False
    enum: bool = False


def field_type(canonical: str, enums: dict[str, str]) -> FieldType:
    """The type of a column; `enums` are the names of enums by their canonical type."""
    listed = canonical.endswith("[]")
    element = canonical.removesuffix("[]")
    if element in enums:
        return FieldType(enums[element], "", listed, enum=True)
    if element in PLAIN:
        return FieldType(PLAIN[element], "", listed)
    base = re.sub(r"\(([\d,-]+)\)", "", element)
    sizes = re.search(r"\(([\d,-]+)\)", element)
    if base not in TYPES or "[]" in base:
        return FieldType(f"Unsupported({written(canonical)})")
    name, native = TYPES[base]
    arguments = f"({sizes[1].replace(',', ', ')})" if sizes else ""
    if base in ("character", "bit") and arguments == "(1)":
        arguments = ""
    return FieldType(name, f"@db.{native}{arguments}" if native else "", listed)


def default(fact: ColumnFact, kind: FieldType, members: dict[str, str]) -> str | None:
    """`@default(…)`; `members` are those of the column's enum by value."""
    if fact.counts:
        return "@default(autoincrement())"
    if fact.default is None or fact.generated:
        return None
    if fact.default in ("CURRENT_TIMESTAMP", "now()") and kind.name == "DateTime":
        return "@default(now())"
    value = _list(fact.default, kind, members) if kind.listed else _scalar(fact.default, kind, members)
    return f"@default({value if value is not None else f'dbgenerated({written(fact.default)})'})"


def _scalar(expression: str, kind: FieldType, members: dict[str, str]) -> str | None:
    text, number = STRING.fullmatch(expression), NUMBER.fullmatch(expression)
    if kind.enum:
        return members.get(_unquoted(text[1])) if text else None
    if kind.name == "Boolean" and expression in ("true", "false"):
        return expression
    if kind.name in ("Int", "BigInt", "Float", "Decimal") and number and "money" not in expression:
        return number[1]
    if kind.name in ("String", "Json") and text and kind.native not in ("@db.Bit", "@db.VarBit"):
        return written(_unquoted(text[1]))
    return None


def _list(expression: str, kind: FieldType, members: dict[str, str]) -> str | None:
    """`ARRAY['a'::text, …]`, also cast as a whole; `'{}'` too."""
    if re.fullmatch(r"'\{\}'::.+|ARRAY\[\]::.+", expression):
        return "[]"
    inner = re.fullmatch(r"\(?ARRAY\[(.*)\]\)?(?:::[\w .\"()]+\[\])?", expression)
    if inner is None or (kind.name not in ("String", "Json", "Int", "BigInt", "Boolean") and not kind.enum):
        return None
    found: list[str] = []
    rest = inner[1]
    while rest:
        item = ITEM.match(rest)
        if item is None:
            return None
        found.append(_item(item, kind, members))
        rest = rest[item.end() :].removeprefix(", ")
    return None if "" in found else f"[{', '.join(found)}]"


def _item(item: re.Match[str], kind: FieldType, members: dict[str, str]) -> str:
    """'' where it cannot be said."""
    if item[1] is None:
        return item[2] or item[3]
    value = _unquoted(item[1])
    if kind.enum:
        return members.get(value, "")
    return written(value) if kind.name in ("String", "Json") else value


def _unquoted(text: str) -> str:
    return text.replace("''", "'")


def written(text: str) -> str:
    """A string literal of ZModel."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'
