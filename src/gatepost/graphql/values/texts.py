"""Values → PostgreSQL's texts.

In: a coerced value of a GraphQL input and the codec it is for. Out: the text that PostgreSQL reads as that type.
Never: SQL: texts travel as parameters.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from ..registry.model import Codec, Kind

Members = Mapping[str, Any]
Named = Callable[[Codec], Mapping[str, str]]
"""The GraphQL names of a composite type's attributes, by the attributes' own."""

STANDARD = str.maketrans("-_", "+/")
INTERVAL = ("years", "months", "days", "hours", "minutes", "seconds")


class Texts:
    """`names` says how the members of composite inputs are called."""

    def __init__(self, names: Named) -> None:
        self.names = names

    def text(self, codec: Codec, value: Any) -> str | None:
        """The text of a value; None is NULL."""
        if value is None:
            return None
        match codec.kind:
            case Kind.DOMAIN if codec.of:
                return self.text(codec.of, value)
            case Kind.ARRAY if codec.of:
                return self.array(codec.of, value)
            case Kind.RANGE if codec.of:
                return self.range(codec.of, value)
            case Kind.COMPOSITE:
                return self.composite(codec, value)
            case _:
                return self.scalar(codec, value)

    def array(self, element: Codec, values: Sequence[Any]) -> str:
        """`{"a",NULL}`; an array type's own delimiter is a comma, but for boxes."""
        texts = (self.text(element, value) for value in values)
        delimiter = ";" if element.base.id.name == "box" else ","
        return "{" + delimiter.join("NULL" if text is None else quoted(text) for text in texts) + "}"

    def composite(self, codec: Codec, value: Members) -> str:
        """`("a",,"c")`: what is not given is NULL."""
        names = self.names(codec)
        texts = [
            self.text(attribute.codec, value.get(names.get(name, ""))) if attribute else None
            for name, attribute in ((name, codec.attributes.get(name)) for name in codec.columns)
        ]
        return "(" + ",".join("" if text is None else quoted(text) for text in texts) + ")"

    def range(self, subtype: Codec, value: Members) -> str:
        """`["1","5")`; a bound that is not given, or null, does not bound."""
        start, end = value.get("start"), value.get("end")
        left = "[" if start and start.get("inclusive") else "("
        right = "]" if end and end.get("inclusive") else ")"
        bounds = (self.text(subtype, bound.get("value")) if bound else None for bound in (start, end))
        return left + ",".join("" if text is None else quoted(text) for text in bounds) + right

    def scalar(self, codec: Codec, value: Any) -> str:
        name = codec.id.name
        if name in ("json", "jsonb"):
            return json.dumps(value, ensure_ascii=False)
        if name == "hstore":
            return hstore(value)
        if name == "interval" and isinstance(value, dict):
            return interval(cast(Members, value))
        if name == "bytea":
            return bytea(value)
        if isinstance(value, dict):
            return geometric(name, cast(Members, value))
        if isinstance(value, bool):
            return "t" if value else "f"
        if name == "money":
            return written_out(value)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def interval(value: Members) -> str:
    """`1 years 2.5 seconds`; of no parts: nothing at all."""
    parts = [f"{written_out(value[unit])} {unit}" for unit in INTERVAL if value.get(unit) is not None]
    return " ".join(parts) or "0 seconds"


def written_out(number: float) -> str:
    """A number without an exponent, which some types do not read."""
    return format(Decimal(repr(number)), "f")


def hstore(value: Mapping[str, Any]) -> str:
    pairs = (f"{quoted(str(key))}=>{'NULL' if each is None else quoted(str(each))}" for key, each in value.items())
    return ", ".join(pairs)


def bytea(value: str) -> str:
    """Bytes of Base64, in either of its alphabets."""
    text = value.translate(STANDARD).rstrip("=")
    return "\\x" + base64.b64decode(text + "=" * (-len(text) % 4)).hex()


def point(value: Members) -> str:
    return f"({value['x']},{value['y']})"


def geometric(name: str, value: Members) -> str:
    """A geometric value of its members."""
    match name:
        case "point":
            return point(value)
        case "line" | "lseg" | "box":
            return f"{point(value['a'])},{point(value['b'])}"
        case "circle":
            return f"<{point(value['center'])},{value['radius']}>"
        case _:
            points = ",".join(map(point, value["points"]))
            return f"[{points}]" if value.get("isOpen") else f"({points})"
