"""Refs: ways of several steps."""

import pytest

from gatepost.graphql.registry.model import Ref, Registry
from gatepost.problem import Problem

from .world import World, app


def library(comment: str) -> Registry:
    """Books have authors by pen names, and editors."""
    world = World()
    world.table("person")
    world.table("pen_name", "id:int4!= person_id:int4")
    world.table("book", comment=comment)
    world.table("author", "book_id:int4! pen_name_id:int4!", key="book_id pen_name_id")
    world.table("editor", "book_id:int4! person_id:int4!", key="book_id person_id")
    world.refer("pen_name", "person_id", "person")
    for table, column, target in (
        ("author", "book_id", "book"),
        ("author", "pen_name_id", "pen_name"),
        ("editor", "book_id", "book"),
        ("editor", "person_id", "person"),
    ):
        world.refer(table, column, target)
    return world.build()


def refs(registry: Registry, table: str = "book") -> list[Ref]:
    return list(registry.refs.get(app(table), ()))


def steps(ref: Ref) -> list[list[str]]:
    return [[step.target.name for step in path] for path in ref.paths]


def test_a_way_goes_step_by_step() -> None:
    registry = library("@ref editors to:Person plural via:(id)->editor(book_id);(person_id)->person(id)")
    [ref] = refs(registry)
    assert (ref.name, ref.singular, ref.target.name) == ("editors", False, "person")
    assert steps(ref) == [["editor", "person"]]
    assert registry.may(ref, "manyRelation:resource:connection")
    assert not registry.may(ref, "singularRelation:resource:single")


def test_several_ways_lead_to_the_same_rows() -> None:
    [ref] = refs(
        library(
            "@ref people to:Person plural\n"
            '@refVia people via:(id)->app.author(book_id);(pen_name_id)->"pen_name";person\n'
            "@refVia people via:editor;person\n"
            "@refVia others via:editor"
        )
    )
    assert steps(ref) == [["author", "pen_name", "person"], ["editor", "person"]]


def test_a_way_to_one_row_is_singular() -> None:
    world = World()
    world.table("person")
    tag = "@ref writer via:(author_id)->person(id) singular behavior:-single"
    world.table("post", "id:int4!= author_id:int4", comment=tag)
    world.refer("post", "author_id", "person")
    registry = world.build()
    [ref] = refs(registry, "post")
    assert (ref.singular, steps(ref)) == (True, [["person"]])
    assert not registry.may(ref, "singularRelation:resource:single")


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("@ref people via:nowhere", "leads nowhere"),
        ("@ref people via:(name)->editor(book_id)", "leads nowhere"),
        ("@ref people plural", "leads nowhere"),
        ("@ref all plural\n@refVia all via:author\n@refVia all via:editor", "leads to several kinds of rows"),
    ],
)
def test_a_way_that_cannot_be_gone_is_left_out_with_a_warning(comment: str, reason: str) -> None:
    registry = library(comment)
    assert refs(registry) == []
    assert any("is left out" in warning and reason in warning for warning in registry.warnings)


def test_a_way_to_one_row_must_say_so() -> None:
    world = World()
    world.table("person")
    world.table("post", "id:int4!= author_id:int4", comment="@ref writer via:person")
    world.refer("post", "author_id", "person")
    registry = world.build()
    assert refs(registry, "post") == []
    assert any("needs the word singular" in warning for warning in registry.warnings)


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("@refVia people via:editor", "@refVia without @ref on app.book"),
        ("@ref people singular plural via:editor", "both singular and plural"),
    ],
)
def test_what_contradicts_itself_is_a_problem(comment: str, message: str) -> None:
    with pytest.raises(Problem, match=message):
        library(comment)


def test_what_is_not_understood_yet_is_told() -> None:
    world = World()
    world.table("person", comment="@interface mode:single\n@unionMember Being")
    warnings = world.build().warnings
    assert "@interface on app.person is not understood yet" in warnings
    assert "@unionMember on app.person is not understood yet" in warnings
