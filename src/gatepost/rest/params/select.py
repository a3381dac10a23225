"""The grammar of `select` and `order`.

In: the values of these parameters. Out: the select tree and order terms. Never: knowledge of tables.
"""

import re
from re import Match
from typing import Literal

from gatepost.rest.ast import Aggregate, Field, Join, OrderTerm, Select, SelectField, SelectItem, SelectRelation

from .names import ALIAS, COMMA, DELIMITER, FIELD, IDENTIFIER, NAME, spaced
from .parsing import (
    END,
    NEVER,
    Parser,
    Reply,
    Steps,
    after,
    ahead,
    always,
    attempt,
    before,
    between,
    character,
    choice,
    either,
    gives,
    literal,
    mapped,
    optional,
    quick,
    separated,
    sequence,
)

CAST: Parser[str | None] = optional(after(literal("::"), IDENTIFIER))
FUNCTION: Parser[Aggregate] = choice(
    literal("sum"), literal("avg"), literal("count"), attempt(literal("max")), attempt(literal("min"))
)
AGGREGATE: Parser[Aggregate | None] = optional(attempt(before(after(character("."), FUNCTION), literal("()"))))
ITEM_END = choice(attempt(ahead(literal(")"))), attempt(ahead(literal(","))), attempt(END))


@sequence
def star() -> Steps[SelectField]:
    yield literal("*")
    yield ITEM_END
    return SelectField(Field("*"))


@sequence
def count() -> Steps[SelectField]:
    """`count()` without a column."""
    alias: str | None = yield ALIAS
    yield literal("count()")
    cast: str | None = yield CAST
    yield ITEM_END
    return SelectField(Field("*"), alias, None, "count", cast)


@sequence
def column() -> Steps[SelectField]:
    alias: str | None = yield ALIAS
    field: Field = yield FIELD
    cast: str | None = yield CAST
    aggregate: Aggregate | None = yield AGGREGATE
    aggregate_cast: str | None = yield CAST
    yield ITEM_END
    return SelectField(field, alias, cast, aggregate, aggregate_cast)


SELECT_FIELD: Parser[SelectField] = spaced(choice(attempt(star), attempt(count), column))

# ------------------------------------------------------------------ embeds

JOINS: dict[str | None, Join] = {"inner": "inner", "left": "left"}
EmbedParam = tuple[Literal["hint", "join"], str]

HINT: Parser[EmbedParam] = mapped(NAME, lambda name: ("hint", name))
EMBED_PARAM: Parser[EmbedParam | None] = optional(
    after(
        character("!"),
        choice(
            attempt(gives(literal("left"), ("join", "left"))),
            attempt(gives(literal("inner"), ("join", "inner"))),
            attempt(HINT),
        ),
    )
)


@sequence
def embed_params() -> Steps[tuple[str | None, Join | None]]:
    """`!hint` and `!inner` or `!left`, in any order; the first of a kind counts."""
    given: list[EmbedParam | None] = [(yield EMBED_PARAM), (yield EMBED_PARAM)]
    found = dict(param for param in reversed(given) if param)
    return found.get("hint"), JOINS.get(found.get("join"))


OPENS = attempt(ahead(literal("(")))


@sequence
def relation_head() -> Steps[SelectRelation]:
    alias: str | None = yield ALIAS
    name: str = yield NAME
    yield NEVER if name == "count" else always(None)
    hint, join = yield embed_params
    yield OPENS
    return SelectRelation(name, alias, hint, join)


@sequence
def spread_head() -> Steps[SelectRelation]:
    name: str = yield after(literal("..."), NAME)
    hint, join = yield embed_params
    yield OPENS
    return SelectRelation(name, None, hint, join, spread=True)


def inside(text: str, position: int) -> Reply:
    """The items between an embed's parentheses: the grammar's one recursion."""
    return SELECT.run(text, position)


MEMBERS: Parser[Select] = between(character("("), character(")"), Parser(inside))


def embed(head: Parser[SelectRelation]) -> Parser[SelectRelation]:
    @sequence
    def whole() -> Steps[SelectRelation]:
        found: SelectRelation = yield attempt(spaced(head))
        members: Select = yield MEMBERS
        return SelectRelation(found.relation, found.alias, found.hint, found.join, found.spread, members)

    return whole


def easy_column(found: Match[str]) -> SelectItem:
    alias, name, cast = found.groups()
    return SelectField(Field(name), alias, cast)


EASY_COLUMN = re.compile(r"[ \t]*(?:(\w+):)?(\w+|\*(?=[,)]))(?:::(\w+))?[ \t]*(?=[,)])", re.ASCII)
EASY_HEAD = re.compile(
    r"[ \t]*(?:(\w+):)?(?!count[!(])(\w+)(?:!(?!left|inner)(\w+))?(?:!(inner|left))?(?=\()", re.ASCII
)

ANY_ITEM: Parser[SelectItem] = choice(embed(spread_head), embed(relation_head), SELECT_FIELD)


def easy_embed(text: str, position: int) -> Reply:
    """An embed whose head reads at once, or any item."""
    found = EASY_HEAD.match(text, position)
    if found is None:
        return ANY_ITEM.run(text, position)
    reply = MEMBERS.run(text, found.end())
    if not reply.ok:
        return reply
    alias, name, hint, join = found.groups()
    return reply._replace(value=SelectRelation(name, alias, hint, JOINS.get(join), False, reply.value))


ITEM: Parser[SelectItem] = quick(EASY_COLUMN, easy_column, Parser(easy_embed))
NO_ITEMS: list[SelectItem] = []
SELECT: Parser[Select] = mapped(either(separated(ITEM, spaced(COMMA)), always(NO_ITEMS)), tuple)


# ------------------------------------------------------------------ order

Direction = Literal["asc", "desc"]
Nulls = Literal["first", "last"]

DIRECTION: Parser[Direction | None] = optional(
    choice(attempt(after(DELIMITER, literal("asc"))), attempt(after(DELIMITER, literal("desc"))))
)
NULLS: Parser[Nulls | None] = optional(
    choice(
        attempt(gives(after(DELIMITER, literal("nullsfirst")), "first")),
        attempt(gives(after(DELIMITER, literal("nullslast")), "last")),
    )
)
TERM_END = either(attempt(ahead(COMMA)), attempt(END))
NULLS_THEN_END: Parser[Nulls | None] = either(before(NULLS, TERM_END), gives(TERM_END, None))


@sequence
def term() -> Steps[OrderTerm]:
    field: Field = yield FIELD
    direction: Direction | None = yield DIRECTION
    nulls: Nulls | None = yield NULLS_THEN_END
    return OrderTerm(field, None, direction, nulls)


@sequence
def related_term() -> Steps[OrderTerm]:
    relation: str = yield NAME
    field: Field = yield between(character("("), character(")"), FIELD)
    direction: Direction | None = yield DIRECTION
    nulls: Nulls | None = yield NULLS_THEN_END
    return OrderTerm(field, relation, direction, nulls)


def easy_term(found: Match[str]) -> OrderTerm:
    name, direction, nulls = found.groups()
    return OrderTerm(Field(name), None, DIRECTIONS.get(direction), NULLS_ORDERS.get(nulls))


DIRECTIONS: dict[str | None, Direction] = {"asc": "asc", "desc": "desc"}
NULLS_ORDERS: dict[str | None, Nulls] = {"first": "first", "last": "last"}
EASY_TERM = re.compile(r"(\w+)(?:\.(asc|desc))?(?:\.nulls(first|last))?(?=,)", re.ASCII)
TERM: Parser[OrderTerm] = quick(EASY_TERM, easy_term, spaced(either(attempt(related_term), term)))
ORDER: Parser[tuple[OrderTerm, ...]] = mapped(separated(TERM, COMMA), tuple)
