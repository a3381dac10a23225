"""Behaviours: the last rule that speaks of one counts."""

import pytest

from gatepost.graphql.registry.behaviours.rules import Behaviours, Rules, parse, said
from gatepost.graphql.registry.model import Entity, Unique
from gatepost.problem import Problem


@pytest.mark.parametrize(
    ("rules", "behaviour", "answer"),
    [
        ("list", "list", True),
        ("+list", "query:resource:list", True),
        ("-list", "query:resource:list", False),
        ("query:resource:list", "manyRelation:resource:list", None),
        ("resource:list -query:resource:list", "query:resource:list", False),
        ("-query:resource:list resource:list", "query:resource:list", True),
        ("-*", "query:resource:list", False),
        ("-* single", "query:resource:single", True),
        ("query:*:list", "query:resource:list", True),
        ("-query:*:list", "list", None),
        ("-query:interface:list", "query:resource:list", None),
        ("", "list", None),
    ],
)
def test_a_rule_speaks_of_what_ends_in_its_scope(rules: str, behaviour: str, answer: bool | None) -> None:
    assert said(parse(rules), tuple(behaviour.split(":"))) is answer


@pytest.mark.parametrize("text", ["list!", "a::b", "+", "-create"])
def test_what_is_no_behaviour_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="is no behaviour"):
        parse(text)


def ask(behaviour: str, *, wanted: str = "", assumed: str = "", asked: str = "") -> bool:
    def rules(_: Entity) -> Rules:
        return Rules(parse(asked), parse(assumed))

    return Behaviours(wanted, rules)(Unique(("id",)), behaviour)


def test_what_nobody_speaks_of_is_not_there() -> None:
    assert not ask("list")


def test_what_is_assumed_must_also_be_wanted() -> None:
    assert ask("query:resource:list", assumed="list")
    assert not ask("query:resource:list", assumed="list", wanted="-list")
    assert not ask("query:resource:list", assumed="-list", wanted="list")


def test_what_is_asked_for_by_name_counts_most() -> None:
    assert ask("query:resource:list", asked="+list", assumed="-*", wanted="-list")
    assert not ask("query:resource:list", asked="-list", assumed="list", wanted="list")


def test_an_answer_is_found_once() -> None:
    looked: list[Entity] = []

    def rules(entity: Entity) -> Rules:
        looked.append(entity)
        return Rules((), parse("list"))

    may, entity = Behaviours("", rules), Unique(("id",))
    assert [may(entity, "list"), may(entity, "list"), may(entity, "single")] == [True, True, False]
    assert looked == [entity]
