"""Read → SELECT, with all that stands in it.

In: a Read, with its embeds; expressions and conditions. Out: SQL text whose values stand in Parameters.
Never: a value in the text, an unquoted name, or a decision about what the result means to a surface.

Each embed is a lateral join: one row of the parent, one value or array of the embedded rows; so limits and orders of
an embed hold for each parent, and PostgreSQL writes the JSON.
"""

from collections.abc import Callable, Iterable
from json import dumps

from .operators import SYMBOLS
from .payload import rows
from .sql import Parameters, identifier, literal, qualified
from .tree import (
    Aggregate,
    Apply,
    Both,
    Case,
    Cast,
    Claim,
    Column,
    Compare,
    Condition,
    Constant,
    Either,
    Elements,
    Embed,
    Exists,
    Expression,
    Fragment,
    Given,
    Holds,
    Invoke,
    Json,
    JsonPath,
    JsonStep,
    Listed,
    Literal,
    Lookup,
    Member,
    Name,
    Not,
    Nothing,
    Object,
    Operation,
    Order,
    Output,
    Payload,
    Present,
    Read,
    Row,
    RowNumber,
    Select,
    Shape,
    Star,
    State,
    Stored,
    Subscript,
    Truth,
    Tuple,
    Unnest,
)

SOURCE = "gatepost_source"
ROWS = "gatepost_rows"
STATES = {"null": "NULL", "not_null": "NOT NULL", "true": "TRUE", "false": "FALSE", "unknown": "UNKNOWN"}
NULLS = {"first": " NULLS FIRST", "last": " NULLS LAST", None: ""}
FORMS = {
    "bare": "({})::text",
    "quoted": """'"' || ({})::text || '"'""",
    "any": "pg_catalog.to_json({})::text",
}
DIRECTIONS = {True: " DESC", False: " ASC", None: ""}
Presence = Callable[[Present], str]


# ------------------------------------------------------------------ reads


def select(read: Read, params: Parameters, comparable: bool = False) -> str:
    """The whole SELECT of a read; `comparable` where somebody groups by its embeds: json has no equality."""
    grouped = is_grouped(read)
    comparable = comparable or grouped
    outputs = [output(item, params) for item in read.outputs]
    outputs += [text for embed in read.embeds for text in embed_outputs(embed, comparable, params)]
    text = "SELECT " + distinct(read, params) + ", ".join(outputs) + source(read, params)
    text += "".join(join(embed, params, comparable) for embed in read.embeds)
    present = {embed.alias: embed for embed in read.embeds}
    text += where(read, [condition(c, params, lambda p: presence(p, present)) for c in read.where])
    if grouped:
        text += group_by(read, params)
    if read.having:
        text += f" HAVING {' AND '.join(condition(c, params) for c in read.having)}"
    return text + order_by(read.order, params) + page(read, params) + (" FOR UPDATE" if read.lock else "")


def source(read: Read, params: Parameters) -> str:
    """FROM: a relation, the statement's first part, or a function of the parent's row; and the junction."""
    alias = identifier(read.alias)
    match read.source:
        case Given():
            text = f"{SOURCE} AS {alias}"
        case Nothing():
            return ""
        case Elements(value, as_text):
            function = "jsonb_array_elements_text" if as_text else "jsonb_array_elements"
            text = f"{function}({expression(value, params)}) AS {alias}(value)"
        case Payload():
            text = rows(read.source, params, read.alias)
        case Read():
            text = f"({select(read.source, params)}) AS {alias}"
        case Invoke():
            text = f"{invoke(read.source, params)} AS {alias}"
        case Stored():
            text = stored(read.source, alias)
        case Unnest(value):
            text = f"(SELECT pg_catalog.unnest({expression(value, params)}) AS value) AS {alias}"
        case Name(schema, name):
            text = qualified(schema, name) + ("" if name == read.alias else f" AS {alias}")
    if read.link and read.link.via:
        text += f", {qualified(*read.link.via)} AS {identifier(read.link.via_alias)}"
    return f" FROM {text}"


def stored(node: Stored, alias: str) -> str:
    """What `answer.store` left, as rows."""
    value = f"pg_catalog.current_setting({literal(node.setting)})::json"
    columns = ", ".join(f"{identifier(name)} {type_}" for name, type_ in node.columns)
    return f"pg_catalog.json_to_recordset({value}) AS {alias}({columns})"


def distinct(read: Read, params: Parameters) -> str:
    """DISTINCT ON, or nothing."""
    texts = [expression(value, params) for value in read.distinct]
    return f"DISTINCT ON ({', '.join(texts)}) " if texts else ""


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
    text = "" if read.limit is None else f" LIMIT {params.most(read.limit)}"
    return text + (f" OFFSET {params.number(read.offset)}" if read.offset else "")


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


# ------------------------------------------------------------------ expressions and conditions


def no_presence(node: Present) -> str:
    """Where there are no embeds."""
    raise ValueError(f"nothing is embedded as {node.embed} here")


def expression(node: Expression, params: Parameters) -> str:  # noqa: PLR0912 - one line a kind
    """One expression."""
    match node:
        case Column(name, of):
            return f"{identifier(of)}.{identifier(name)}"
        case Star(of):
            return f"{identifier(of)}.*"
        case Row(of, type_):
            return f"({identifier(of)}.*)::{qualified(*type_)}" if type_ else f"ROW({identifier(of)}.*)"
        case Literal(value, type_):
            return params.add(value) + (f"::{type_}" if type_ else "")
        case Constant(value):
            return literal(value)
        case Claim(path, type_):
            return params.claim(path, type_)
        case JsonPath(value, steps, convert):
            return json_path(expression(value, params), steps, convert, params)
        case Cast(value, type_):
            return f"CAST({expression(value, params)} AS {type_})"
        case Apply():
            return apply(node, params)
        case Invoke():
            return invoke(node, params)
        case Aggregate():
            return aggregate(node, params)
        case RowNumber():
            return "row_number() OVER ()"
        case Object() | Listed() | Json():
            return json(node, params)
        case Member(value, name):
            return f"({expression(value, params)}).{identifier(name)}"
        case Subscript(value, index):
            place = str(index) if isinstance(index, int) else expression(index, params)
            return f"({expression(value, params)})[{place}]"
        case Lookup(value, pairs):
            branches = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in pairs)
            return f"CASE {expression(value, params)}::text {branches} END"
        case Tuple(values):
            return f"({', '.join(expression(value, params) for value in values)})"
        case Case():
            return json(node, params) if is_json(node) else case(node, params)
        case Truth(tested):
            return f"({condition(tested, params)})"
        case Select(read, array):
            return f"{'ARRAY' if array else ''}({select(read, params)})"
        case Operation(left, operator, right):
            return f"({expression(left, params)} {operator} {expression(right, params)})"
        case Fragment(text):
            return f"({text})"


def json_path(value: str, steps: Iterable[JsonStep], convert: bool, params: Parameters) -> str:
    """Steps into JSON; a column that is JSON already stays bare, so that an index on it applies."""
    text = f"to_jsonb({value})" if convert else value
    for step in steps:
        arrow = "->>" if step.as_text else "->"
        text += arrow + params.add(step.key) + ("::int" if step.index else "::text")
    return f"({text})"


def case(node: Case, params: Parameters) -> str:
    """The first branch whose condition holds."""
    branches = (f"WHEN {condition(when, params)} THEN {expression(then, params)}" for when, then in node.branches)
    return f"CASE {' '.join(branches)} ELSE {expression(node.otherwise, params)} END"


def apply(node: Apply, params: Parameters) -> str:
    """A function call; for each element of an array: a sub-select that gives the results."""
    arguments = ", ".join(expression(argument, params) for argument in node.arguments)
    if node.each:
        return f"SELECT {node.function}(unnest({arguments}::text[]))"
    return f"{node.function}({arguments})"


def invoke(node: Invoke, params: Parameters) -> str:
    """A call of a function of the database."""
    values = ((name, expression(value, params)) for name, value in node.arguments)
    arguments = ", ".join(f"{identifier(name)} := {value}" if name else value for name, value in values)
    return f"{qualified(*node.function)}({arguments})"


def aggregate(node: Aggregate, params: Parameters) -> str:
    """An aggregate over rows, or over some of them."""
    value = "*" if node.value is None else expression(node.value, params)
    own = "pg_catalog." if node.function == "array_agg" else ""
    text = f"{own}{node.function}({value}{order_by(node.order, params)})"
    return text if node.where is None else f"{text} FILTER (WHERE {condition(node.where, params)})"


# ------------------------------------------------------------------ JSON as text


def json(node: Expression, params: Parameters) -> str:
    """An expression as JSON text, never NULL. Texts put together cost PostgreSQL half of what its JSON functions do."""
    match node:
        case Object(members):
            return json_object(members, params)
        case Listed():
            return json_list(node, params)
        case Json(value, form):
            return f"coalesce({FORMS[form].format(expression(value, params))}, 'null')"
        case Constant(value):
            return literal(dumps(value, ensure_ascii=False))
        case Case(branches, otherwise):
            texts = (f"WHEN {condition(when, params)} THEN {json(then, params)}" for when, then in branches)
            return f"CASE {' '.join(texts)} ELSE {json(otherwise, params)} END"
        case Select() if is_json(node):
            return f"coalesce({expression(node, params)}, 'null')"
        case _:
            return json(Json(node), params)


def is_json(node: Expression) -> bool:
    """Whether an expression gives JSON text."""
    match node:
        case Object() | Listed() | Json():
            return True
        case Case(branches, otherwise):
            return is_json(otherwise) or any(is_json(then) for _, then in branches)
        case Select(read):
            return len(read.outputs) == 1 and is_json(read.outputs[0].value)
        case _:
            return False


def json_object(members: Iterable[tuple[str, Expression]], params: Parameters) -> str:
    """`{"a":…,"b":…}`; what is constant of it stands together."""
    parts, constant, comma = list[str](), "{", ""
    for name, value in members:
        constant += f"{comma}{dumps(name, ensure_ascii=False)}:"
        comma = ","
        if isinstance(value, Constant):
            constant += dumps(value.value, ensure_ascii=False)
        else:
            parts += [literal(constant), json(value, params)]
            constant = ""
    return f"({' || '.join([*parts, literal(constant + '}')])})"


def json_list(node: Listed, params: Parameters) -> str:
    text = f"pg_catalog.string_agg({json(node.value, params)}, ','{order_by(node.order, params)})"
    if node.where is not None:
        text += f" FILTER (WHERE {condition(node.where, params)})"
    return f"('[' || coalesce({text}, '') || ']')"


def condition(node: Condition, params: Parameters, present: Presence = no_presence) -> str:
    """One condition; `present` prints what an embed's presence means in this query."""
    match node:
        case Compare():
            return compare(node, params)
        case State(value, state):
            return f"{expression(value, params)} IS {STATES[state]}"
        case Both(parts):
            return joined(parts, " AND ", "TRUE", params, present)
        case Either(parts):
            return joined(parts, " OR ", "FALSE", params, present)
        case Not(part):
            return f"NOT ({condition(part, params, present)})"
        case Present():
            return present(node)
        case Exists(read):
            return f"EXISTS ({count_rows(read, params)})"
        case Holds(value):
            return expression(value, params)


def compare(node: Compare, params: Parameters) -> str:
    """A comparison, with ANY or ALL elements of an array where it is quantified."""
    left = expression(node.left, params)
    right = expression(node.right, params)
    if node.quantifier:
        right = f"{node.quantifier.upper()} ({right})"
    return f"{left} {SYMBOLS[node.operator]} {right}"


def joined(parts: Iterable[Condition], word: str, empty: str, params: Parameters, present: Presence) -> str:
    """Conditions under one connective."""
    texts = [condition(part, params, present) for part in parts]
    return f"({word.join(texts)})" if texts else empty


def output(node: Output, params: Parameters) -> str:
    """One item of a select list."""
    value = expression(node.value, params)
    return value if node.name is None else f"{value} AS {identifier(node.name)}"


def order_by(terms: Iterable[Order], params: Parameters) -> str:
    """An ORDER BY clause, or nothing."""
    texts = [expression(t.value, params) + DIRECTIONS[t.descending] + NULLS[t.nulls] for t in terms]
    return f" ORDER BY {', '.join(texts)}" if texts else ""
