"""Plurals as npm's `pluralize` makes them, with what it gets wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.graphql.naming.plurals import pluralize, singularize


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("post", "posts"),
        ("person", "people"),
        ("child", "children"),
        ("woman", "women"),
        ("category", "categories"),
        ("monkey", "monkeys"),
        ("city", "cities"),
        ("box", "boxes"),
        ("quiz", "quizzes"),
        ("leaf", "leaves"),
        ("knife", "knives"),
        ("status", "statuses"),
        ("analysis", "analyses"),
        ("matrix", "matrices"),
        ("vertex", "vertices"),
        ("datum", "data"),
        ("criterion", "criteria"),
        ("alumnus", "alumni"),
        ("hero", "heroes"),
        ("mouse", "mice"),
        ("schema", "schemata"),
        ("movie", "movies"),
        ("license", "licenses"),
    ],
)
def test_singular_and_plural(one: str, many: str) -> None:
    assert pluralize(one) == many
    assert pluralize(many) == many
    assert singularize(one) == one


@pytest.mark.parametrize("word", ["fish", "sheep", "series", "staff", "news", "reindeer", "chinese", "information"])
def test_what_cannot_be_counted_has_no_plural(word: str) -> None:
    assert pluralize(word) == word
    assert singularize(word) == word


@pytest.mark.parametrize(
    ("many", "one"),
    [("people", "person"), ("ties", "tie"), ("lives", "life"), ("wolves", "wolf"), ("menus", "menu"), ("buses", "bus")],
)
def test_plurals_go_back(many: str, one: str) -> None:
    assert singularize(many) == one


@pytest.mark.parametrize(
    ("word", "many"),
    [
        ("Person", "People"),
        ("PERSON", "PEOPLE"),
        ("LeftArm", "LeftArms"),
        ("MyPerson", "MyPeople"),
        ("ID", "IDS"),
        ("issue756", "issue756S"),
        ("this", "these"),
        ("THIS", "THESE"),
    ],
)
def test_the_case_is_that_of_the_word_where_it_changes(word: str, many: str) -> None:
    assert pluralize(word) == many


def test_irregular_words_are_whole_words() -> None:
    assert pluralize("echo") == "echoes"
    assert pluralize("my_echo") == "my_echos"


def test_a_word_that_ends_beyond_ascii_stays() -> None:
    assert pluralize("café") == "café"
    assert pluralize("期间") == "期间"


@given(st.text())
def test_every_text_has_a_singular_and_a_plural(text: str) -> None:
    assert isinstance(pluralize(text), str)
    assert isinstance(singularize(text), str)
