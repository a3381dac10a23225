"""Read → SELECT.

In: a Read, with its embeds. Out: SQL text. Never: a decision about what the result means to a surface.

Each embed is a lateral join: one row of the parent, one value or array of the embedded rows; so limits and orders of
an embed hold for each parent, and PostgreSQL writes the JSON.
"""

from collections.abc import Iterable

from .expressions import condition, expression, order_by, output
from .sql import Parameters, identifier, qualified
from .tree import Aggregate, Computed, Embed, Given, Name, Output, Present, Read, Shape, Star

SOURCE = "gatepost_source"
ROWS = "gatepost_rows"


def select(read: Read, params: Parameters, comparable: bool = False) -> str:
    """The whole SELECT of a read; `comparable` where somebody groups by its embeds: json has no equality."""
    grouped = is_grouped(read)
    comparable = comparable or grouped
    outputs = [output(item, params) for item in read.outputs]
    outputs += [text for embed in read.embeds for text in embed_outputs(embed, comparable, params)]
    text = "SELECT " + ", ".join(outputs) + source(read, params)
    text += "".join(join(embed, params, comparable) for embed in read.embeds)
    present = {embed.alias: embed for embed in read.embeds}
    text += where(read, [condition(c, params, lambda p: presence(p, present)) for c in read.where])
    if grouped:
        text += group_by(read, params)
    return text + order_by(read.order, params) + page(read, params)


def source(read: Read, params: Parameters) -> str:
    """FROM: a relation, the statement's first part, or a function of the parent's row; and the junction."""
    alias = identifier(read.alias)
    match read.source:
        case Given():
            text = f"{SOURCE} AS {alias}"
        case Computed(function, parent):
            text = f"{qualified(*function)}({expression(parent, params)}) AS {alias}"
        case Name(schema, name):
            text = qualified(schema, name) + ("" if name == read.alias else f" AS {alias}")
    if read.link and read.link.via:
        text += f", {qualified(*read.link.via)} AS {identifier(read.link.via_alias)}"
    return f" FROM {text}"


def where(read: Read, conditions: Iterable[str]) -> str:
    """WHERE: the read's own conditions, and that rows belong to the parent's."""
    texts = [*conditions, *links(read)]
    return f" WHERE {' AND '.join(texts)}" if texts else ""


def links(read: Read) -> list[str]:
    """Conditions that tie rows to the parent's row, or nothing for a root."""
    link = read.link
    if link is None:
        return []
    own = link.via_alias if link.via else read.alias
    texts = [equal(own, mine, link.parent, theirs) for theirs, mine in link.pairs]
    return texts + [equal(read.alias, mine, link.via_alias, between) for mine, between in link.far_pairs]


def equal(left: str, left_column: str, right: str, right_column: str) -> str:
    return f"{identifier(left)}.{identifier(left_column)} = {identifier(right)}.{identifier(right_column)}"


def presence(node: Present, embeds: dict[str, Embed]) -> str:
    """Whether an embed that is joined anyway has rows."""
    alias = identifier(node.embed)
    if embeds[node.embed].shape in (Shape.ARRAY, Shape.SPREAD_ARRAYS):
        return f"{alias}.{ROWS} IS NOT NULL"
    return f"({alias}.*) IS DISTINCT FROM NULL"


def page(read: Read, params: Parameters) -> str:
    """LIMIT and OFFSET, where they are asked for."""
    text = "" if read.limit is None else f" LIMIT {params.add(str(read.limit))}"
    return text + (f" OFFSET {params.add(str(read.offset))}" if read.offset else "")


# ------------------------------------------------------------------ embeds


def join(embed: Embed, params: Parameters, comparable: bool) -> str:
    """The lateral join that brings an embed's rows."""
    alias = identifier(embed.alias)
    inner = select(embed.read, params, comparable and embed.shape is Shape.SPREAD)
    many = embed.shape in (Shape.ARRAY, Shape.SPREAD_ARRAYS)
    if many:
        inner = f"SELECT {', '.join(gathered(embed, params))} FROM ({inner}) AS {alias}"
    kind = "INNER" if embed.required else "LEFT"
    on = f"{alias}.{ROWS} IS NOT NULL" if many and embed.required else "TRUE"
    return f" {kind} JOIN LATERAL ({inner}) AS {alias} ON {on}"


def gathered(embed: Embed, params: Parameters) -> list[str]:
    """The rows of a to-many embed as one array; of a spread each column as an array, all in the same order."""
    alias = identifier(embed.alias)
    texts = [f"json_agg({alias}) AS {ROWS}"]
    if embed.shape is Shape.SPREAD_ARRAYS:
        for item in embed.outputs:
            value = f"json_agg({expression(item.value, params)}{order_by(embed.order, params)})"
            texts.append(f"coalesce({value}, '[]')::jsonb AS {identifier(item.name or '')}")
    return texts


def embed_outputs(embed: Embed, comparable: bool, params: Parameters) -> list[str]:
    """What an embed adds to its parent's select list."""
    alias, cast = identifier(embed.alias), "::jsonb" if comparable else ""
    if embed.hidden:
        return []
    match embed.shape:
        case Shape.OBJECT:
            return [f"row_to_json({alias}.*){cast} AS {identifier(embed.name)}"]
        case Shape.ARRAY:
            return [f"coalesce({alias}.{ROWS}, '[]'){cast} AS {identifier(embed.name)}"]
        case Shape.SPREAD:
            return [output(item, params) for item in embed.outputs]
        case Shape.SPREAD_ARRAYS:
            return [f"{alias}.{identifier(item.name or '')}" for item in embed.outputs]


# ------------------------------------------------------------------ aggregates


def is_grouped(read: Read) -> bool:
    """Whether an aggregate stands beside other outputs, so that these make groups."""
    spread = [item for embed in read.embeds if embed.shape is Shape.SPREAD for item in embed.outputs]
    return any(is_aggregate(item) for item in (*read.outputs, *spread))


def is_aggregate(item: Output) -> bool:
    """Whether an output aggregates, a cast around it or not."""
    value = item.value
    while not isinstance(value, Aggregate):
        value = getattr(value, "value", None)
        if value is None or isinstance(value, str | bytes):
            return False
    return True


def group_by(read: Read, params: Parameters) -> str:
    """GROUP BY every output that is no aggregate, by its position: an output's name may also be a column's."""
    terms: list[str] = []
    position = 0
    for item in read.outputs:
        position += 1
        if not is_aggregate(item):
            terms.append(str(position) if not isinstance(item.value, Star) else expression(item.value, params))
    for embed in read.embeds:
        for item in shown(embed):
            position += 1
            if item is None or embed.shape is not Shape.SPREAD or not is_aggregate(item):
                terms.append(str(position))
    return f" GROUP BY {', '.join(terms)}" if terms else ""


def shown(embed: Embed) -> tuple[Output | None, ...]:
    """What an embed adds to the select list: a spread's outputs, one value (None) of any other."""
    if embed.hidden:
        return ()
    return embed.outputs if embed.shape in (Shape.SPREAD, Shape.SPREAD_ARRAYS) else (None,)


# ------------------------------------------------------------------ counting


def count_rows(read: Read, params: Parameters) -> str:
    """`SELECT 1` for each row that the read finds beyond its page: required embeds become EXISTS."""
    embeds = {embed.alias: embed for embed in read.embeds}

    def exists(node: Present) -> str:
        return f"EXISTS ({count_rows(embeds[node.embed].read, params)})"

    conditions = [condition(c, params, exists) for c in read.where]
    text = "SELECT 1" + source(read, params)
    conditions += [exists(Present(embed.alias)) for embed in read.embeds if embed.required]
    return text + where(read, conditions)
