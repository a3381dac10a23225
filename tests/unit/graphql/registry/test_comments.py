"""Comments: tags first, then a description."""

import pytest

from gatepost.graphql.registry.tags.comments import behaviours, note
from gatepost.graphql.registry.tags.names import names, words
from gatepost.problem import Problem


def test_lines_with_an_at_sign_are_tags_until_one_is_not() -> None:
    said = note("@name person\n@omit create,update\nSomebody.\n@not a tag any more")
    assert said.tags == {"name": "person", "omit": "create,update"}
    assert said.description == "Somebody.\n@not a tag any more"


@pytest.mark.parametrize(
    ("comment", "tags"),
    [
        ("@sortable", {"sortable": True}),
        ("@sortable ", {"sortable": ""}),
        ("  @name x", {"name": "x"}),
        ("@unique a\n@unique b|@name c\n@unique d", {"unique": ("a", "b|@name c", "d")}),
        ("@omit\r\n@name y", {"omit": True, "name": "y"}),
        ("@1st no tag", {}),
        ("", {}),
    ],
)
def test_a_tag_has_a_text_or_is_just_there_and_may_come_again(comment: str, tags: dict[str, object]) -> None:
    assert note(comment).tags == tags


@pytest.mark.parametrize(
    ("comment", "description"),
    [
        (None, None),
        ("   ", None),
        ("@name x", None),
        ("\n@name x\nAfter an empty line.", "After an empty line."),
        ("\nAfter an empty line.", "\nAfter an empty line."),
        ("One.\n\nTwo.", "One.\n\nTwo."),
    ],
)
def test_what_is_no_tag_is_the_description(comment: str | None, description: str | None) -> None:
    assert note(comment).description == description


def test_behaviours_are_asked_for_under_either_spelling_and_the_usual_one_counts_most() -> None:
    said = note("@behavior -list\n@behaviour +list\n@behavior single")
    assert list(behaviours(said.tags)) == ["+list", "-list", "single"]


def test_what_is_added_to_a_note_gives_way_to_what_it_says() -> None:
    said = note("@behavior +update")
    said.add_behaviour("-update")
    assert list(behaviours(said.tags)) == ["-update", "+update"]


def test_names_may_be_quoted_and_qualified() -> None:
    assert names('a.B, "Some thing"."x""y"') == [("a", "b"), ("Some thing", 'x"y')]
    assert names("My.Table", fold=False) == [("My", "Table")]
    with pytest.raises(Problem, match="is no name"):
        names("a..b")


def test_words_are_named_and_keep_what_is_in_brackets_or_quotes() -> None:
    said = words('author to:Person singular via:(user_id, x)->people(id) note:"a \\"b\\" c"')
    assert said.name == "author"
    assert said.said == {"to": "Person", "singular": "", "via": "(user_id, x)->people(id)", "note": 'a "b" c'}
