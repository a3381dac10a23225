"""What expressions of rules mean, said a second time: random ones, as text and as their value for rows in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Record = Mapping[str, Any]
Truth = bool | None


@dataclass(frozen=True)
class Place:
    """Where an expression is looked at: the row of the rule, who asks, members of the lists around (by binding)."""

    this: Record
    auth: Record | None
    bound: Mapping[str, Any]
    compat: bool
    in_memory: bool = False


@dataclass(frozen=True)
class Piece:
    """An expression: its text, its value at a place, and what it is made of."""

    text: str
    value: Callable[[Place], Any]
    held: bool = False
    constant: bool = False
    this: bool = False


def row(path: str, nullable: bool = True) -> Piece:
    """A member of `this`, maybe through other rows."""
    return Piece(f"this.{path}", lambda at: walk(at.this, path), this=True)


def walk(start: Any, path: str) -> Any:
    for step in path.split("."):
        start = None if start is None else start.get(step)
    return start


def bound(name: str, path: str, held: bool) -> Piece:
    return Piece(f"{name}.{path}", lambda at: walk(at.bound[name], path), held=held)


def auth(path: str) -> Piece:
    return Piece(f"auth().{path}", lambda at: walk(at.auth, path), held=True)


def constant(text: str, value: Any) -> Piece:
    return Piece(text, lambda _: value, constant=True)


# Conditions


def compare(operator: str, left: Piece, right: Piece) -> Piece:
    def value(at: Place) -> Truth:
        one, two = left.value(at), right.value(at)
        if at.compat and operator in ("==", "!=") and (left.held or right.held):
            sure = at.in_memory or all(each.held or each.constant for each in (left, right))
            missing = (one if left.held else two) is None
            if sure or missing:
                return (one == two) == (operator == "==")
        if one is None or two is None:
            return None
        return {"==": one == two, "!=": one != two, "<": one < two, "<=": one <= two}[operator]

    return Piece(f"({left.text} {operator} {right.text})", value, this=left.this or right.this)


def null_check(operator: str, side: Piece) -> Piece:
    return Piece(
        f"({side.text} {operator} null)", lambda at: (side.value(at) is None) == (operator == "=="), this=side.this
    )


def negation(part: Piece) -> Piece:
    def value(at: Place) -> Truth:
        found = part.value(at)
        return (not found) if found is not None or at.in_memory else None

    return Piece(f"(!{part.text})", value, this=part.this)


def joined(word: str, left: Piece, right: Piece) -> Piece:
    def value(at: Place) -> Truth:
        sides = [left.value(at), right.value(at)]
        return either(sides) if word == "||" else opposite(either([opposite(each) for each in sides]))

    return Piece(f"({left.text} {word} {right.text})", value, this=left.this or right.this)


def either(values: list[Truth]) -> Truth:
    return True if True in values else (None if None in values else False)


def opposite(value: Truth) -> Truth:
    return None if value is None else not value


def predicate(mark: str, of: Piece, name: str, body: Piece, held: bool) -> Piece:
    def value(at: Place) -> Truth:
        members = of.value(at)
        if members is None:
            return None
        in_memory = at.compat and held and not body.this
        found = [
            body.value(Place(at.this, at.auth, {**at.bound, name: each}, at.compat, in_memory)) for each in members
        ]
        if in_memory:
            return {"?": any(found), "!": all(found), "^": not any(found)}[mark]
        if at.compat and held:
            every = opposite(either([opposite(each) for each in found]))
            return {"?": either(found), "!": every, "^": opposite(either(found))}[mark]
        return {"?": True in found, "!": False not in found, "^": True not in found}[mark]

    return Piece(f"({of.text}{mark}[{name}, {body.text}])", value, this=of.this or body.this)


def member(item: Piece, items: Piece) -> Piece:
    def value(at: Place) -> Truth:
        if at.compat and item.held and item.value(at) is None:
            return False
        return among(item, items, at)

    return Piece(f"({item.text} in {items.text})", value, this=item.this or items.this)


def search(function: str, field: Piece, text: Piece) -> Piece:
    """In the empty text where what is searched for is null."""

    def value(at: Place) -> Truth:
        one, two = field.value(at), text.value(at) or ""
        found = {"contains": lambda: two in one, "startsWith": lambda: one.startswith(two)}
        return None if one is None else found[function]()

    return Piece(f"{function}({field.text}, {text.text})", value, this=field.this or text.this)


def among(item: Piece, items: Piece, at: Place) -> Truth:
    one, many = item.value(at), items.value(at)
    if many == []:
        return False
    return None if one is None or many is None else one in many


def has(item: Piece, items: Piece) -> Piece:
    return Piece(f"has({items.text}, {item.text})", lambda at: among(item, items, at), this=item.this or items.this)


def has_some(items: Piece, others: Piece) -> Piece:
    def value(at: Place) -> Truth:
        one, two = items.value(at), others.value(at)
        return None if one is None or two is None else bool({*one} & {*two})

    return Piece(f"hasSome({items.text}, {others.text})", value, this=items.this or others.this)


def is_empty(items: Piece) -> Piece:
    """Never told in ZenStack's way."""

    def value(at: Place) -> Truth:
        found = items.value(at)
        return None if found is None or (at.compat and not found) else not found

    return Piece(f"isEmpty({items.text})", value, this=items.this)


def same(operator: str, left: Piece, right: Piece) -> Piece:
    """Two conditions compared."""

    def value(at: Place) -> Truth:
        one, two = left.value(at), right.value(at)
        return None if one is None or two is None else (one == two) == (operator == "==")

    return Piece(f"({left.text} {operator} {right.text})", value, this=left.this or right.this)


# Random ones: what kind of thing stands where

NUMBERS = {"P": ["x", "g.level", "g.up.level"], "M": ["x", "g.level"], "R": ["y", "m.x"], "Grant": ["level"]}
TEXTS = {"P": ["s", "g.name", "g.up.name"], "M": ["role", "g.name"], "R": ["m.role"], "Grant": ["s"]}
MANY = {
    "P": [("kids", "M"), ("g.ms", "M"), ("g.up.ms", "M"), ("tags", "T")],
    "M": [("roles", "R"), ("g.ms", "M")],
    "R": [("m.roles", "R")],
}
NUMBERS["T"], TEXTS["T"] = ["id"], ["name"]
GRANTS = auth("grants")


def values(kind: str, around: tuple[tuple[str, str], ...]) -> st.SearchStrategy[Piece]:
    """A number or a text: of the row, of what is bound, of auth(), a literal."""
    paths = NUMBERS if kind == "number" else TEXTS
    found = [row(path) for path in paths["P"]]
    found += [bound(name, path, of == "Grant") for name, of in around for path in paths[of]]
    found += [auth("level"), auth("id")] if kind == "number" else [auth("s")]
    return st.sampled_from(found)


LITERALS = {
    "number": [constant(str(each), each) for each in (0, 1, 2)],
    "text": [constant(f"'{each}'", each) for each in "ab"],
}
SEVERAL = [constant("['a', 'q']", ["a", "q"]), auth("tags"), row("labels")]
LISTS = {"number": constant("[1, 2]", [1, 2]), "text": constant("['a', 'q']", ["a", "q"])}


@st.composite
def simple(draw: st.DrawFn, around: tuple[tuple[str, str], ...]) -> Piece:
    kind = draw(st.sampled_from(["number", "text"]))
    left = draw(values(kind, around))
    ways = ["compare", "compare", "literal", "null", "list", "held", "flag"]
    # What is called with lists and texts, ZenStack cannot look at in memory.
    way = draw(st.sampled_from(ways if "Grant" in [of for _, of in around] else [*ways, "search", "has", "lists"]))
    operators = ["==", "!=", "<", "<="] if kind == "number" else ["==", "!="]
    match way:
        case "compare" | "literal":
            other = draw(values(kind, around) if way == "compare" else st.sampled_from(LITERALS[kind]))
            return compare(draw(st.sampled_from(operators)), left, other)
        case "null":
            nullable = left if left.text not in ("auth().id", *(f"{name}.id" for name, _ in around)) else row("x")
            return null_check(draw(st.sampled_from(["==", "!="])), nullable)
        case "list":
            return member(left, LISTS[kind])
        case "held":
            return member(draw(values("text", around)), auth("tags"))
        case "search":
            texts = values("text", around)
            text = draw(st.one_of(texts, st.sampled_from(LITERALS["text"])))
            return search(draw(st.sampled_from(["contains", "startsWith"])), draw(texts), text)
        case "has":
            items = draw(st.sampled_from([row("labels"), row("g.labels"), auth("tags")]))
            return has(draw(values("text", around)), items)
        case "lists":
            items, others = row(draw(st.sampled_from(["labels", "g.labels"]))), draw(st.sampled_from(SEVERAL))
            return draw(st.sampled_from([has_some(items, others), is_empty(items)]))
        case _:
            return row("flag")


def conditions(depth: int, around: tuple[tuple[str, str], ...] = ()) -> st.SearchStrategy[Piece]:
    """A condition of at most that depth."""
    if depth == 0:
        return simple(around)
    inner = st.deferred(lambda: conditions(depth - 1, around))
    ways = [simple(around), st.builds(negation, inner), st.builds(joined, st.sampled_from(["&&", "||"]), inner, inner)]
    if "Grant" not in [of for _, of in around]:
        ways.append(st.builds(same, st.sampled_from(["==", "!="]), inner, inner))
    return st.one_of(*ways, of_rows(depth, around), of_grants(depth, around))


@st.composite
def of_rows(draw: st.DrawFn, depth: int, around: tuple[tuple[str, str], ...]) -> Piece:
    name = f"e{depth}"
    collections = [(row(path), of) for path, of in MANY["P"]]
    collections += [(bound(each, path, False), to) for each, of in around for path, to in MANY.get(of, [])]
    of, to = draw(st.sampled_from(collections))
    body = draw(conditions(depth - 1, (*around, (name, to))))
    return predicate(draw(st.sampled_from("?!^")), of, name, body, held=False)


@st.composite
def of_grants(draw: st.DrawFn, depth: int, around: tuple[tuple[str, str], ...]) -> Piece:
    """Over what auth() holds. Rows around are not looked at: ZenStack can't, unless `this` is looked at too."""
    name = f"e{depth}"
    body = draw(conditions(depth - 1, ((name, "Grant"),)))
    return predicate(draw(st.sampled_from("?!^")), GRANTS, name, body, held=True)
