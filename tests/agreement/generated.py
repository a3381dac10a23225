"""Random schemas with rules, rows for them, and people who ask.

In: hypothesis's choices. Out: a Case. Never: a schema that the language refuses.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from .world import Rows, User

Draw = Callable[..., Any]
HEAD = "datasource db { provider = 'postgresql' }\nenum Color { RED GREEN BLUE }\n"
AUTH_TYPE = """
type Role { name String  level Int? }
type Auth { id Int  n Int?  role String?  vip Boolean?  names String[]  roles Role[]  @@auth }
"""
NUMBERS = (-1, 0, 1, 2, 3)
TEXTS = ("a", "b", "ab", "", "%", "A_b")
COLORS = ("RED", "GREEN", "BLUE")
SCALARS = {
    "n": "Int?",
    "k": "Int",
    "b": "Boolean?",
    "t": "Boolean",
    "s": "String?",
    "w": "String",
    "c": "Color",
    "d": "Color?",
    "l": "String[]",
}
IDS = (1, 2, 3, 4)
SUB = "E"


MAKING = ("create", "createMany", "upsert")
OPERATIONS = ["updateMany", "updateMany", "deleteMany", "update", "delete", "link", *MAKING]


@dataclass
class Tie:
    """A relation between two models: `owner` holds the foreign key, unless there are `many` on both sides."""

    number: int
    owner: str
    target: str
    required: bool = False
    single: bool = False
    many: bool = False
    on_delete: str = "Cascade"

    @property
    def name(self) -> str:
        return f"r{self.number}"

    @property
    def key(self) -> str:
        return f"r{self.number}Id"

    @property
    def back(self) -> str:
        return f"o{self.number}"


@dataclass
class Shape:
    """A model to be written: its scalars, and its rules as they will stand there."""

    name: str
    scalars: list[str]
    base: "Shape | None" = None
    rules: list[str] = field(default_factory=list[str])
    field_rules: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    @property
    def all_scalars(self) -> list[str]:
        """Its own and its base's."""
        return [*(self.base.all_scalars if self.base else ()), *self.scalars]


@dataclass
class Case:
    """A schema's text, rows by model, rows of link tables, who asks, and what they try to do."""

    text: str
    rows: Rows
    links: Rows
    users: list[User]
    changes: list[tuple[int, str, str, dict[str, Any]]]
    shapes: dict[str, Shape]
    ties: list[Tie]

    def __repr__(self) -> str:
        lines = [self.text, f"rows = {self.rows}", f"links = {self.links}", f"users = {self.users}"]
        return "\n".join([*lines, f"changes = {self.changes}"])


@dataclass
class Scope:
    """Where an expression stands: of which model its bare names are, and what else may be said there."""

    draw: Draw
    shapes: dict[str, Shape]
    ties: list[Tie]
    model: str
    rule: str
    auth: str
    prefix: str = ""
    owned_only: bool = False
    before: bool = False
    nested: bool = False
    flat: bool = False

    def within(self, model: str, prefix: str = "") -> "Scope":
        return Scope(self.draw, self.shapes, self.ties, model, self.rule, self.auth, prefix, False, False, True)

    def pick(self, options: Any) -> Any:
        return self.draw(st.sampled_from(list(options)))

    @property
    def family(self) -> list[str]:
        """The model and its base."""
        base = self.shapes[self.model].base
        return [self.model, *([base.name] if base else [])]

    def to_one(self) -> list[tuple[str, str]]:
        found = [(t.name, t.target) for t in self.ties if t.owner in self.family and not t.many]
        if not self.owned_only:
            found += [(t.back, t.owner) for t in self.ties if t.target in self.family and t.single]
        return found

    def to_many(self) -> list[tuple[str, str]]:
        if self.owned_only:
            return []
        found = [(t.back, t.owner) for t in self.ties if t.target in self.family and not t.single]
        return found + [(t.name, t.target) for t in self.ties if t.owner in self.family and t.many]


# ------------------------------------------------------------------ expressions


def expression(scope: Scope, depth: int) -> str:
    """A condition of the language, in parentheses where they matter."""
    kinds = ["leaf", "leaf", "leaf"]
    if depth > 0:
        kinds += ["not", "and", "or", "one", "many", "many", "check"]
    kind = scope.pick(kinds)
    match kind:
        case "not":
            return f"!({expression(scope, depth - 1)})"
        case "and" | "or":
            sign = "&&" if kind == "and" else "||"
            return f"({expression(scope, depth - 1)} {sign} {expression(scope, depth - 1)})"
        case "one" if scope.to_one():
            name, model = scope.pick(scope.to_one())
            return expression(chained(scope, name, model), depth - 1)
        case "many" if scope.to_many():
            name, model = scope.pick(scope.to_many())
            sign = scope.pick("?!^")
            inner = scope.within(model)
            return f"({scope.prefix}{name}{sign}[{expression(inner, depth - 1)}])"
        case "check" if owned(scope) and not scope.prefix and not scope.nested:
            name = scope.pick(owned(scope))
            operation = scope.pick(["read", "update", "delete"])
            return f"check({name}, '{operation}')"
        case _:
            return leaf(scope)


def owned(scope: Scope) -> list[str]:
    """Relations that lead to models whose names come before: checks of checks do not go in circles."""
    return [t.name for t in scope.ties if t.owner == scope.model and not t.many and t.target < scope.model]


def chained(scope: Scope, name: str, model: str) -> Scope:
    found = scope.within(model, f"{scope.prefix}{name}.")
    found.nested = scope.nested
    return found


def leaf(scope: Scope) -> str:
    shape = scope.shapes[scope.model]
    kinds = [*(shape.scalars if scope.flat else shape.all_scalars), "id", "auth", "auth"]
    kinds += ["relation"] if scope.to_one() else []
    kinds += ["key"] if any(t.owner == scope.model and not t.many for t in scope.ties) else []
    kinds += ["this"] if scope.nested else []
    name = scope.pick(kinds)
    if name == "auth":
        return of_auth(scope)
    if name == "relation":
        return f"({scope.prefix}{scope.pick(scope.to_one())[0]} {scope.pick(['==', '!='])} null)"
    if name == "this":
        rule = scope.shapes[scope.rule]
        own = scope.pick(["id", *[each for each in rule.all_scalars if each in "nk"]])
        return f"({scope.prefix}id {order(scope)} this.{own})"
    if name == "key":
        keys = [t for t in scope.ties if t.owner == scope.model and not t.many]
        return number(scope, scope.pick(keys).key, False)
    if name == "id":
        return number(scope, "id", False)
    text = scalar(scope, name)
    if scope.before and scope.draw(st.booleans()) and name != "l":
        return f"({scope.prefix}{name} {scope.pick(['==', '!='])} before().{name})"
    return text


def scalar(scope: Scope, name: str) -> str:
    at = f"{scope.prefix}{name}"
    match name:
        case "b" | "t":
            return scope.pick([at, f"!{at}", f"({at} == true)", f"({at} != auth().vip)"])
        case "n" | "k":
            return number(scope, name, name == "n")
        case "s" | "w":
            return text_test(scope, at, name == "s")
        case "c" | "d":
            options = [f"({at} == {scope.pick(COLORS)})", f"({at} != {scope.pick(COLORS)})", f"({at} in [RED, BLUE])"]
            return scope.pick([*options, f"({at} == null)"] if name == "d" else options)
        case _:
            value = f"'{scope.pick(TEXTS)}'"
            options = [f"has({at}, {value})", f"hasSome({at}, [{value}, 'b'])", f"hasEvery({at}, [{value}])"]
            return scope.pick([*options, f"isEmpty({at})", f"has({at}, auth().role)"])


def order(scope: Scope) -> str:
    return scope.pick(["==", "!=", "<", ">", "<=", ">="])


def number(scope: Scope, name: str, nullable: bool) -> str:
    at = f"{scope.prefix}{name}"
    options = [f"({at} {order(scope)} {scope.pick(NUMBERS)})", f"({at} {scope.pick(['==', '!='])} auth().id)"]
    options += [f"({at} {order(scope)} auth().n)", f"({at} in [1, 2])"]
    options += [f"({at} {scope.pick(['==', '!='])} null)"] if nullable else []
    return scope.pick(options)


def text_test(scope: Scope, at: str, nullable: bool) -> str:
    value = f"'{scope.pick(TEXTS)}'"
    called = scope.pick(["contains", "startsWith", "endsWith"])
    options = [f"({at} == {value})", f"({at} != {value})", f"{called}({at}, {value})", f"({at} == auth().role)"]
    options += [f"({at} in auth().names)", f"{called}({at}, auth().role)", f"contains({at}, {value}, true)"]
    options += [f"({at} in ['a', 'ab'])"]
    options += [f"({at} {scope.pick(['==', '!='])} null)"] if nullable else []
    return scope.pick(options)


def of_auth(scope: Scope) -> str:
    options = ["(auth() == null)", "(auth() != null)", "(auth().role == 'a')", "(auth().n > 0)", "auth().vip"]
    options += ["!auth().vip", "(auth().id == 1)", "('a' in auth().names)", "has(auth().names, 'b')", "true", "false"]
    if scope.auth == "type":
        sign = scope.pick("?!^")
        options += [f"(auth().roles{sign}[name == 'a'])", f"(auth().roles{sign}[level > 1 && name != 'b'])"]
    elif scope.model == "A" and not scope.nested and not scope.prefix:
        options += ["(auth() == this)", "(auth() == this)"]
    elif scope.auth == "model":
        options += [
            f"(auth() == {scope.prefix}{t.name})"
            for t in scope.ties
            if t.owner == scope.model and t.target == "A" and not t.many
        ]
    return scope.pick(options)


# ------------------------------------------------------------------ schemas


@st.composite
def cases(draw: Draw) -> Case:
    """A case: at most four models."""
    names = ["A", "B", "C", "D"][: draw(st.integers(1, 4))]
    auth = draw(st.sampled_from(["type", "model"]))
    shapes = {name: Shape(name, draw_scalars(draw, name == "A" and auth == "model")) for name in names}
    ties = [draw_tie(draw, number, names) for number in range(draw(st.integers(0, 4)))]
    bases = [name for name in names if name != "A" or auth == "type"]
    if bases and draw(st.integers(0, 3)) == 0:
        extend(draw, shapes, ties, draw(st.sampled_from(bases)))
    for name in shapes:
        add_rules(draw, shapes, ties, name, auth)
    rows = {name: draw_rows(draw, shapes[name], ties) for name in names}
    fill_keys(draw, rows, [tie for tie in ties if tie.owner != SUB])
    if SUB in shapes:
        rows[SUB] = draw_sub_rows(draw, shapes[SUB], ties, rows)
    links = draw_links(draw, rows, ties)
    users = [draw_user(draw) for _ in range(2)]
    changes = [draw_change(draw, shapes, ties, rows, users) for _ in range(3)]
    return Case(written(shapes, ties, auth), rows, links, users, changes, shapes, ties)


def draw_scalars(draw: Draw, is_auth: bool) -> list[str]:
    found = draw(st.lists(st.sampled_from(list(SCALARS)), unique=True, min_size=1, max_size=4))
    return [each for each in SCALARS if each in found and not (is_auth and each == "n")] or ["k"]


def extend(draw: Draw, shapes: dict[str, Shape], ties: list[Tie], base: str) -> None:
    """A sub-model, to which all rows of its base belong; it may hold a tie of its own."""
    left = [each for each in SCALARS if each not in shapes[base].scalars]
    shapes[SUB] = Shape(SUB, draw(st.lists(st.sampled_from(left), unique=True, min_size=1, max_size=2)), shapes[base])
    if draw(st.booleans()):
        ties.append(Tie(len(ties), SUB, draw(st.sampled_from(list(shapes)[:-1]))))


def draw_sub_rows(
    draw: Draw, shape: Shape, ties: list[Tie], rows: dict[str, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    assert shape.base is not None
    found: list[dict[str, Any]] = []
    for row in rows[shape.base.name]:
        own = {name: value(draw, name) for name in shape.scalars}
        for tie in ties:
            if tie.owner == SUB:
                own[tie.key] = draw(st.sampled_from([None, *(each["id"] for each in rows[tie.target])]))
        row["kind"] = SUB
        found.append({"id": row["id"], **own})
    return found


def draw_tie(draw: Draw, number: int, names: list[str]) -> Tie:
    owner, target = draw(st.sampled_from(names)), draw(st.sampled_from(names))
    if draw(st.integers(0, 4)) == 0:
        return Tie(number, owner, target, many=True)
    required = target < owner and draw(st.booleans())
    single = draw(st.integers(0, 4)) == 0
    on_delete = draw(st.sampled_from(["Cascade", "Restrict"] if required else ["Cascade", "SetNull"]))
    return Tie(number, owner, target, required, single, on_delete=on_delete)


def add_rules(draw: Draw, shapes: dict[str, Shape], ties: list[Tie], name: str, auth: str) -> None:
    shape = shapes[name]
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(
            st.sampled_from(["read", "read", "create", "update", "delete", "all", "read,update", "post-update"])
        )
        effect = draw(st.sampled_from(["allow", "allow", "allow", "deny"]))
        making = kind in ("create", "all")
        scope = Scope(draw, shapes, ties, name, name, auth, owned_only=making, before=kind == "post-update")
        shape.rules.append(f"@@{effect}('{kind}', {expression(scope, draw(st.integers(0, 3)))})")
    if draw(st.integers(0, 3)) == 0:
        kind, effect = draw(st.sampled_from(["update", "update", "read"])), draw(st.sampled_from(["allow", "deny"]))
        # The database cannot mask a field: the client does, of whom rules about reading one may not ask other tables.
        scope = Scope(draw, shapes, [] if kind == "read" else ties, name, name, auth, flat=kind == "read")
        rule = f"@{effect}('{kind}', {expression(scope, 1)})"
        shape.field_rules.setdefault(draw(st.sampled_from(shape.scalars)), []).append(rule)


def written(shapes: dict[str, Shape], ties: list[Tie], auth: str) -> str:
    """The schema's text."""
    text = HEAD + (AUTH_TYPE if auth == "type" else "")
    for shape in shapes.values():
        lines = [] if shape.base else ["id Int @id"]
        if any(each.base is shape for each in shapes.values()):
            lines += ["kind String", "@@delegate(kind)"]
        for name in shape.scalars:
            lines.append(" ".join([name, SCALARS[name], *shape.field_rules.get(name, [])]))
        if shape.name == "A" and auth == "model":
            lines += ["n Int?", "role String?", "vip Boolean?", "names String[]"]
        for tie in ties:
            lines += tied(tie, shape.name)
        lines += shape.rules + (["@@auth"] if shape.name == "A" and auth == "model" else [])
        extends = f" extends {shape.base.name}" if shape.base else ""
        text += f"model {shape.name}{extends} {{\n  " + "\n  ".join(lines) + "\n}\n"
    return text


def tied(tie: Tie, name: str) -> list[str]:
    lines: list[str] = []
    if tie.owner == name and tie.many:
        lines.append(f'{tie.name} {tie.target}[] @relation("R{tie.number}")')
    elif tie.owner == name:
        mark = "" if tie.required else "?"
        unique = " @unique" if tie.single else ""
        lines.append(f"{tie.key} Int{mark}{unique}")
        how = f'"R{tie.number}", fields: [{tie.key}], references: [id], onDelete: {tie.on_delete}'
        lines.append(f"{tie.name} {tie.target}{mark} @relation({how})")
    if tie.target == name:
        lines.append(f'{tie.back} {tie.owner}{"?" if tie.single else "[]"} @relation("R{tie.number}")')
    return lines


# ------------------------------------------------------------------ rows, people, changes


def value(draw: Draw, name: str) -> Any:
    match name:
        case "n":
            return draw(st.sampled_from([None, *NUMBERS]))
        case "k":
            return draw(st.sampled_from(NUMBERS))
        case "b":
            return draw(st.sampled_from([None, True, False]))
        case "t":
            return draw(st.booleans())
        case "s":
            return draw(st.sampled_from([None, *TEXTS]))
        case "w":
            return draw(st.sampled_from(TEXTS))
        case "c":
            return draw(st.sampled_from(COLORS))
        case "d":
            return draw(st.sampled_from([None, *COLORS]))
        case _:
            return draw(st.lists(st.sampled_from(TEXTS), max_size=2))


def draw_rows(draw: Draw, shape: Shape, ties: list[Tie]) -> list[dict[str, Any]]:
    ids = IDS[: draw(st.integers(1, 4))]
    return [{"id": each, **{name: value(draw, name) for name in shape.scalars}} for each in ids]


def fill_keys(draw: Draw, rows: dict[str, list[dict[str, Any]]], ties: list[Tie]) -> None:
    for tie in ties:
        if tie.many:
            continue
        taken: set[int] = set()
        kept: list[dict[str, Any]] = []
        for row in rows[tie.owner]:
            free = [each["id"] for each in rows[tie.target] if not tie.single or each["id"] not in taken]
            options = free if tie.required else [None, *free]
            if not options:
                continue
            row[tie.key] = draw(st.sampled_from(options))
            taken.add(row[tie.key])
            kept.append(row)
        if tie.required:
            rows[tie.owner] = kept
    drop_dangling(rows, ties)


def drop_dangling(rows: dict[str, list[dict[str, Any]]], ties: list[Tie]) -> None:
    """Rows whose partner was left out are left out too, or lose the tie."""
    again = True
    while again:
        again = False
        for tie in ties:
            if tie.many:
                continue
            there = {row["id"] for row in rows[tie.target]}
            for row in list(rows[tie.owner]):
                if row.get(tie.key) in there or (row.get(tie.key) is None and not tie.required):
                    continue
                again = True
                if tie.required:
                    rows[tie.owner].remove(row)
                else:
                    row[tie.key] = None


def draw_links(draw: Draw, rows: dict[str, list[dict[str, Any]]], ties: list[Tie]) -> Rows:
    links: dict[str, list[dict[str, Any]]] = {}
    for tie in ties:
        if tie.many:
            sides = sorted([(tie.owner, tie.name), (tie.target, tie.back)])
            pairs = [(a["id"], b["id"]) for a in rows[sides[0][0]] for b in rows[sides[1][0]]]
            chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=4)) if pairs else []
            links[f"_R{tie.number}"] = [{"A": a, "B": b} for a, b in chosen]
    return links


def draw_user(draw: Draw) -> User:
    if draw(st.integers(0, 4)) == 0:
        return None
    user: dict[str, Any] = {"id": draw(st.sampled_from((1, 1, 2, 3)))}
    options: dict[str, Any] = {
        "n": st.sampled_from([None, *NUMBERS]),
        "role": st.sampled_from([None, "a", "b", ""]),
        "vip": st.sampled_from([None, True, False]),
        "names": st.lists(st.sampled_from(TEXTS), max_size=2),
        "roles": st.lists(
            st.fixed_dictionaries(
                {"name": st.sampled_from(["a", "b"])}, optional={"level": st.sampled_from([None, 1, 2])}
            ),
            max_size=2,
        ),
    }
    for name, strategy in options.items():
        if draw(st.booleans()):
            user[name] = draw(strategy)
    return user


def draw_change(
    draw: Draw, shapes: dict[str, Shape], ties: list[Tie], rows: Rows, users: list[User]
) -> tuple[int, str, str, dict[str, Any]]:
    """Who changes what, how."""
    who, name = draw(st.integers(0, len(users) - 1)), draw(st.sampled_from(list(shapes)))
    operation = draw(st.sampled_from(OPERATIONS))
    if any(each.base is shapes[name] for each in shapes.values()) and operation in MAKING:
        name = SUB  # of a base alone nothing is made
    target = {"id": draw(st.sampled_from(IDS))}
    several = draw(st.sampled_from([{}, {"id": {"in": [1, 2]}}, target]))
    match operation:
        case "updateMany":
            return who, name, operation, {"where": several, "data": changed(draw, shapes[name], ties)}
        case "update":
            return who, name, operation, {"where": target, "data": changed(draw, shapes[name], ties)}
        case "link":
            return who, name, "update", {"where": target, "data": linked(draw, shapes[name], ties)}
        case "upsert":
            creating = {**made(draw, shapes[name], ties, rows), "id": target["id"]}
            given = {"create": creating, "update": changed(draw, shapes[name], ties)}
            return who, name, operation, {"where": target, **given}
        case "deleteMany":
            return who, name, operation, {"where": several}
        case "delete":
            return who, name, operation, {"where": target}
        case _:
            data = made(draw, shapes[name], ties, rows)
            return who, name, operation, {"data": [data] if operation == "createMany" else data}


def changed(draw: Draw, shape: Shape, ties: list[Tie]) -> dict[str, Any]:
    keys = [tie.key for tie in ties if tie.owner in family(shape) and not tie.many]
    names = draw(st.lists(st.sampled_from([*shape.all_scalars, *keys]), unique=True, min_size=1, max_size=2))
    return {name: key_value(draw, name, ties) if name in keys else value(draw, name) for name in names}


def family(shape: Shape) -> list[str]:
    return [shape.name, *([shape.base.name] if shape.base else [])]


def linked(draw: Draw, shape: Shape, ties: list[Tie]) -> dict[str, Any]:
    """A connection to, or a parting from, what a foreign key of the row's own or a link table leads to."""
    own = [tie for tie in ties if tie.owner in family(shape)]
    if not own:
        return changed(draw, shape, ties)
    tie = draw(st.sampled_from(own))
    other = {"id": draw(st.sampled_from(IDS))}
    if tie.many:
        return {tie.name: {draw(st.sampled_from(["connect", "connect", "disconnect"])): other}}
    parting = not tie.required and draw(st.integers(0, 2)) == 0
    return {tie.name: {"disconnect": True} if parting else {"connect": other}}


def key_value(draw: Draw, key: str, ties: list[Tie]) -> Any:
    required = any(tie.key == key and tie.required for tie in ties)
    return draw(st.sampled_from(IDS[:2] if required else [None, *IDS[:2]]))


def made(draw: Draw, shape: Shape, ties: list[Tie], rows: Rows) -> dict[str, Any]:
    keys = {tie.key: key_value(draw, tie.key, ties) for tie in ties if tie.owner in family(shape) and not tie.many}
    return {"id": 9, **{name: value(draw, name) for name in shape.all_scalars}, **keys}
