"""The grammar's tree → SQL text, each model in it a sub-select of the rows that may be read.

In: a tree, the models, who is asked for. Out: text, the columns it gives; values stand in Parameters.
Never: a relation that was not asked for its rules, a function that is not known, an unquoted name, a token that the
grammar does not have.
"""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, replace

from lark import Token

from gatepost.orm.builder.parse import Node, has, name_of, names_of, tree, trees
from gatepost.orm.builder.sources import Sources
from gatepost.orm.builder.words import FUNCTIONS, TYPES
from gatepost.orm.calling.operations import unknown
from gatepost.orm.errors import InvalidInput, RejectedByPolicy, legible
from gatepost.query.read import select
from gatepost.query.sql import Parameter, Parameters, Slot, Statement, Template, identifier, literal
from gatepost.query.tree import Read

Columns = frozenset[str] | None
"""The names of what a source gives; None where nobody knows."""

Scope = dict[str, Columns]
"""Sources by what a statement calls them."""

NO_TABLE = "operation is rejected by access policies: the schema has no such model"


@dataclass(frozen=True, slots=True)
class Printed:
    """A text that waits for values. `foreign`: it names what only the program knows, so that nobody else knows what it
    leaves behind in a session.
    """

    template: Template
    foreign: bool

    def filled(self, value: Callable[[Slot], Parameter]) -> Statement:
        """The statement, once `value` says what each slot holds."""
        return replace(self.template.filled(value), foreign=self.foreign)


class Printer:
    """One statement. `functions` are the program's own that may be called; where rules do not stand in the SQL, all
    may be, and tables that the schema does not have may be read.
    """

    def __init__(self, sources: Sources, functions: frozenset[str]) -> None:
        self.sources, self.params = sources, Parameters()
        self._open = sources.session.guard != "query"
        self._functions, self._foreign = functions, False
        self._scopes: list[Scope] = []
        self._named: dict[str, Columns] = {}
        self._slots: dict[int, str] = {}
        self._special: dict[str, Callable[[Node], str]] = {
            "query": lambda node: self.query(node)[0],
            "with": self._with,
            "table": self._table,
            "derived": self._derived,
            "table_function": self._table_function,
            "column": self._column,
            "star": self._star,
            "parameter": self._parameter,
            "function": self._function,
            "typed": self._typed,
            "type": self._type,
        }

    def text(self, node: Node | Token) -> str:
        """The text of a tree or token."""
        if isinstance(node, Token):
            return token(node)
        special = self._special.get(str(node.data))
        return special(node) if special else self._joined(node)

    def printed(self, text: str) -> Printed:
        """A statement made of what was printed."""
        return Printed(Template(text, tuple(self.params.given)), self._foreign)

    @contextmanager
    def scope(self) -> Generator[Scope]:
        """What stands inside sees sources of its own, and those around it; names of its WITH end with it."""
        named = self._named
        self._named = dict(named)
        self._scopes.append({})
        try:
            yield self._scopes[-1]
        finally:
            self._scopes.pop()
            self._named = named

    # -------------------------------------------------------------- queries

    def query(self, node: Node) -> tuple[str, Columns]:
        """A query and its columns."""
        with self.scope():
            texts: list[str] = []
            columns: Columns = frozenset()
            for part in trees(node):
                if part.data in ("select", "values", "combined"):
                    text, columns = self._body(part)
                else:
                    text = self.text(part)
                texts.append(text)
        return " ".join(texts), columns

    def _body(self, node: Node) -> tuple[str, Columns]:
        match node.data:
            case "select":
                return self._select(node)
            case "values":
                row = next(trees(node, "row"))
                return self._joined(node), frozenset(f"column{number + 1}" for number, _ in enumerate(trees(row)))
            case "subquery":
                text, columns = self.query(next(trees(node)))
                return f"({text})", columns
            case _:
                return self._combined(node)

    def _combined(self, node: Node) -> tuple[str, Columns]:
        """Several queries as one, called as the first one's."""
        found: list[Columns] = []
        texts: list[str] = []
        for part in trees(node):
            if part.data == "operand":
                with self.scope():
                    text, columns = self._body(next(trees(part)))
                found.append(columns)
                texts.append(text)
            else:
                texts.append(self.text(part))
        return " ".join(texts), found[0]

    def _select(self, node: Node) -> tuple[str, Columns]:
        """FROM first: it says what all else may name."""
        came = {id(part): self.text(part) for part in trees(node, "from")}
        text = " ".join(came[id(part)] if id(part) in came else self.text(part) for part in node.children)
        return text, self._outputs(next(trees(node, "items")))

    def _outputs(self, items: Node) -> Columns:
        """The columns of a select list; one that PostgreSQL names by itself has to be named to be asked for."""
        names: set[str] = set()
        for item in trees(items):
            known = self._starred(item) if item.data == "star" else _label(item)
            if known is None:
                return None
            names |= known
        return frozenset(names)

    def _starred(self, node: Node) -> Columns:
        """The columns of one source, or of all."""
        named = names_of(node)
        sources = [self._source(name) for name in named] if named else list(self._scopes[-1].values())
        known = [columns for columns in sources if columns is not None]
        return frozenset[str]().union(*known) if len(known) == len(sources) else None

    def _with(self, node: Node) -> str:
        parts = [self._cte(part, has(node, "RECURSIVE")) for part in trees(node, "cte")]
        return f"WITH {'RECURSIVE ' if has(node, 'RECURSIVE') else ''}{', '.join(parts)}"

    def _cte(self, node: Node, recursive: bool) -> str:
        name, declared = name_of(next(trees(node, "label"))), names_of(tree(node, "columns"))
        if recursive:
            self._named[name] = frozenset(declared)
        text, columns = self._body(next(trees(node, "subquery")))
        self._named[name] = renamed(columns, declared)
        named = f" ({', '.join(map(identifier, declared))})" if declared else ""
        kept = "NOT MATERIALIZED " if has(node, "NOT") else "MATERIALIZED " if has(node, "MATERIALIZED") else ""
        return f"{identifier(name)}{named} AS {kept}{text}"

    # -------------------------------------------------------------- where rows come from

    def _table(self, node: Node) -> str:
        names, alias = names_of(node), tree(node, "alias")
        label = name_of(next(trees(alias, "label"))) if alias else names[-1]
        text, columns = self._relation(names)
        declared = names_of(tree(alias, "columns")) if alias else ()
        self._scopes[-1][label] = renamed(columns, declared)
        named = f" ({', '.join(map(identifier, declared))})" if declared else ""
        return f"{text} AS {identifier(label)}{named}"

    def _relation(self, names: tuple[str, ...]) -> tuple[str, Columns]:
        """What a name stands for: a query of a WITH, else a model. RejectedByPolicy for what the schema lacks."""
        if len(names) == 1 and names[0] in self._named:
            return identifier(names[0]), self._named[names[0]]
        model = self.sources.named(names[0]) if len(names) == 1 else None
        if model is not None:
            rows = self.sources.readable(model)
            return f"({select(rows, self.params)})", columns_of(rows)
        if not self._open:
            raise RejectedByPolicy(NO_TABLE, names[-1])
        self._foreign = True
        return ".".join(map(identifier, names)), None

    def _derived(self, node: Node) -> str:
        text, columns = self._body(next(trees(node, "subquery")))
        return self._aliased(node, text, columns)

    def _table_function(self, node: Node) -> str:
        """A function's rows: their columns are those that are declared, else one that is called as they are."""
        arguments = tree(node, "arguments")
        text = f"{self.text(next(trees(node, 'function')))}({self.text(arguments) if arguments else ''})"
        alias = next(trees(node, "alias"))
        declared = names_of(tree(alias, "columns"))
        return self._aliased(node, text, frozenset(declared or (name_of(next(trees(alias, "label"))),)))

    def _aliased(self, node: Node, text: str, columns: Columns) -> str:
        alias = next(trees(node, "alias"))
        self._scopes[-1][name_of(next(trees(alias, "label")))] = renamed(columns, names_of(tree(alias, "columns")))
        return f"{'LATERAL ' if has(node, 'LATERAL') else ''}{text} {self._joined(alias)}"

    # -------------------------------------------------------------- expressions

    def _column(self, node: Node) -> str:
        """A column; of a source only what the source has: PostgreSQL would look for a function of that name."""
        names = names_of(node)
        if len(names) == 2:
            columns = self._source(names[0])
            if columns is not None and names[1] not in columns:
                raise InvalidInput(unknown(f"column of {legible(names[0])}", names[1], dict.fromkeys(sorted(columns))))
        return ".".join(map(identifier, names))

    def _star(self, node: Node) -> str:
        names = names_of(node)
        for name in names:
            self._source(name)
        return ".".join([*map(identifier, names), "*"])

    def _source(self, name: str) -> Columns:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        known = dict.fromkeys(each for scope in self._scopes for each in scope)
        raise InvalidInput(unknown("table or alias", name, known))

    def _parameter(self, node: Node) -> str:
        number = int(str(node.children[0])[1:])
        if number not in self._slots:
            self._slots[number] = self.params.add(Slot(number - 1))
        return self._slots[number]

    def _function(self, node: Node) -> str:
        names = names_of(node)
        told = ".".join(names)
        if len(names) == 1 and told.lower() in FUNCTIONS:
            return told.lower()
        if not self._open and told not in self._functions:
            hint = f'if it reads nothing but its arguments, open the builder with functions=["{told}"]'
            raise InvalidInput(f'the builder does not know the function "{legible(told)}"; {hint}')
        self._foreign = True
        return ".".join(map(identifier, names))

    def _typed(self, node: Node) -> str:
        name, value = node.children
        return f"CAST({self.text(value)} AS {known_type(str(name))})"  # pyright: ignore[reportArgumentType]

    def _type(self, node: Node) -> str:
        words = [part for part in node.children if isinstance(part, Token) and part.type == "WORD"]
        rest = [self.text(part) for part in node.children if part not in words]
        return " ".join([known_type(" ".join(words)), *rest])

    def _joined(self, node: Node) -> str:
        return " ".join(map(self.text, node.children))


def columns_of(read: Read) -> frozenset[str]:
    """The columns of a Read."""
    return frozenset(output.name for output in read.outputs if output.name)


def token(node: Token) -> str:
    """A token as it is, a string or name quoted anew."""
    match node.type:
        case "STRING":
            return literal(node[1:-1].replace("''", "'"))
        case "WORD":
            return identifier(str(node))
        case "QUOTED":
            return identifier(node[1:-1].replace('""', '"'))
        case _:
            return node.upper()


def known_type(name: str) -> str:
    """A type of PostgreSQL's own."""
    if name.lower() not in TYPES:
        raise InvalidInput(unknown("type", name, dict.fromkeys(sorted(TYPES))))
    return name.lower()


def renamed(columns: Columns, declared: Iterable[str]) -> Columns:
    """Columns, where an alias or a WITH names them: at least the first ones."""
    names = frozenset(declared)
    return names or columns


def _label(item: Node) -> frozenset[str]:
    """What PostgreSQL calls an output: its label, its column's name, its function's."""
    label, expression = tree(item, "label"), next(trees(item, "expression"))
    if label is not None:
        return frozenset((name_of(label),))
    alone = expression.children[0] if len(expression.children) == 1 else None
    if isinstance(alone, Token) or alone is None:
        return frozenset()
    if alone.data == "column":
        return frozenset(names_of(alone)[-1:])
    return frozenset(names_of(tree(alone, "function"))[-1:]) if alone.data == "call" else frozenset()
