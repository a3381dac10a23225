"""Where an expression stands: which rows and values its names mean.

In: the rows of a rule, and what predicates look at. Out: paths from them.
Never: SQL text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from gatepost.query.tree import Condition, Expression
from gatepost.zmodel.schema import Operation, Schema
from gatepost.zmodel.terms import Auth, Before, Binary, Call, Element, Member, Predicate, This, parts
from gatepost.zmodel.terms import Expression as Term
from gatepost.zmodel.terms import Not as Negation

from .logic import Matter
from .operands import Operand
from .problems import RuleProblem
from .rows import Row, Rows


@dataclass(frozen=True, slots=True)
class Held:
    """An object that `auth()` holds, as jsonb; without a value `auth()` itself. `name` is its model or type."""

    name: str
    value: Expression | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """`this` is the row that the rule is about, `elements` what the enclosing predicates look at, from outside.

    `model` is the one that currentModel() names. `before` is what the query calls the row before the update.
    `in_memory`: as ZenStack does where nothing but what `auth()` holds is looked at: there is no null in truth.
    """

    this: Row
    model: str
    operation: Operation
    elements: tuple[Row | Held, ...] = ()
    before: str | None = None
    in_memory: bool = False

    def inside(self, level: int, element: Row | Held, *, in_memory: bool = False) -> "Scope":
        """In a predicate at that level."""
        model = element.model.name if isinstance(element, Row) else self.model
        return replace(self, elements=(*self.elements[:level], element), model=model, in_memory=in_memory)


@dataclass(frozen=True, slots=True)
class Path:
    """Members, from a row or an object, or from the row before the update."""

    root: Row | Held
    fields: tuple[str, ...]


class Permit(Protocol):
    """What check() asks: the rules of another model, for a row of it called `alias`."""

    def __call__(self, model: str, operation: Operation, alias: str, matter: Matter) -> Condition: ...


class Language(Protocol):
    """What the parts of a translator ask of the whole."""

    schema: Schema
    compat: bool
    rows: Rows
    permit: Permit

    def condition(self, term: Term, scope: Scope, matter: Matter) -> Condition: ...

    def operand(self, term: Term, scope: Scope) -> Operand: ...

    def over(
        self, values: Sequence[Term], scope: Scope, matter: Matter, build: Callable[[Sequence[Operand]], Condition]
    ) -> Condition: ...

    def compared(self, operator: str, left: Operand, right: Operand) -> Condition: ...

    def null_check(self, operator: str, term: Term, scope: Scope, matter: Matter) -> Condition: ...

    def path(self, term: Term, scope: Scope) -> Path | None: ...

    def problem(self, message: str, ways_out: str) -> RuleProblem: ...


def path(term: Term, scope: Scope) -> Path | None:
    """The path that a term is, or None where it is none."""
    fields: list[str] = []
    while isinstance(term, Member):
        fields.append(term.field)
        term = term.of
    ways = tuple(reversed(fields))
    match term:
        case This():
            return Path(scope.this, ways)
        case Element():
            return Path(scope.elements[term.level], ways)
        case Auth():
            return Path(Held(term.name), ways)
        case Before():
            return Path(Row(scope.this.model, scope.before or "", flat=True), ways)
        case _:
            return None


def mentions_this(term: Term) -> bool:
    """Whether an expression looks at the row that the rule is about."""
    return isinstance(term, This) or any(mentions_this(each) for each in parts(term))


def is_condition(term: Term) -> bool:
    """Whether an expression is true, false or null by itself, not by what a column holds."""
    boolean_call = isinstance(term, Call) and term.type.name == "Boolean"
    return isinstance(term, Negation | Binary | Predicate) or boolean_call


def before_fields(term: Term) -> frozenset[str]:
    """The fields that before() is asked for in an expression."""
    if isinstance(term, Member) and isinstance(term.of, Before):
        return frozenset((term.field,))
    return frozenset(name for each in parts(term) for name in before_fields(each))
