"""Behaviours: what may be done with something, in PostGraphile's notation.

In: words like `-list +query:resource:connection`. Out: rules, and what they say about one behaviour. Never: what a
behaviour means; whoever asks for it knows.

A rule speaks of every behaviour that ends in its scope, and `*` stands for any one part. Of several that do, the last
counts. What is asked for by name (a tag) counts most; what is assumed of an entity must also be what is generally
wanted: a schema without lists gives none to a table that could have one.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from gatepost.problem import Problem

from ..model import Entity


class Rule(NamedTuple):
    allowed: bool
    scope: tuple[str, ...]

    def covers(self, behaviour: tuple[str, ...]) -> bool:
        """Whether the behaviour ends in this scope."""
        tail = behaviour[-len(self.scope) :]
        return len(tail) == len(self.scope) and all(
            mine in ("*", theirs) for mine, theirs in zip(self.scope, tail, strict=True)
        )


class Rules(NamedTuple):
    """What is said of one entity: `asked` by name, `assumed` of its kind."""

    asked: Sequence[Rule] = ()
    assumed: Sequence[Rule] = ()


class Behaviours:
    """`behaviours(entity, "query:resource:list")`. What was answered once is kept: entities do not change."""

    def __init__(self, wanted: str, rules: Callable[[Entity], Rules]) -> None:
        self._wanted = parse(wanted)
        self._rules_of = rules
        self._rules: dict[Entity, Rules] = {}
        self._answers: dict[tuple[Entity, str], bool] = {}

    def __call__(self, entity: Entity, behaviour: str) -> bool:
        answer = self._answers.get((entity, behaviour))
        if answer is None:
            answer = self._answers[entity, behaviour] = self._answer(entity, tuple(behaviour.split(":")))
        return answer

    def _answer(self, entity: Entity, behaviour: tuple[str, ...]) -> bool:
        rules = self._rules.get(entity) or self._rules.setdefault(entity, self._rules_of(entity))
        asked = said(rules.asked, behaviour)
        if asked is not None:
            return asked
        return said(rules.assumed, behaviour) is True and said(self._wanted, behaviour) is not False


def said(rules: Sequence[Rule], behaviour: tuple[str, ...]) -> bool | None:
    """What the last rule that speaks of `behaviour` says."""
    return next((rule.allowed for rule in reversed(rules) if rule.covers(behaviour)), None)


def parse_all(texts: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of several texts, in their order."""
    return tuple(rule for text in texts for rule in parse(text))


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[Rule, ...]:
    """Rules, separated by blanks; one without a sign allows."""
    return tuple(_rule(word) for word in text.split())


def _rule(word: str) -> Rule:
    scope = tuple(word.removeprefix("+").removeprefix("-").split(":"))
    if not all(part == "*" or part.isidentifier() for part in scope):
        raise Problem("graphql_behaviour", 500, f"'{word}' is no behaviour", None, "An example is -query:resource:list")
    if scope[-1] == "create":
        raise Problem("graphql_behaviour", 500, f"'{word}' is no behaviour", None, "It is 'insert'")
    return Rule(not word.startswith("-"), scope)
