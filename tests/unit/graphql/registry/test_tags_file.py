"""A tags file: its words win over those of comments."""

import pytest

from gatepost.graphql.registry import read_tags_file
from gatepost.graphql.registry.model import Registry
from gatepost.problem import Problem

from .world import World, app


def tagged(config: str) -> Registry:
    world = World()
    world.table("person", "id:int4!= name:text", comment="@name human\n@omit create\nOf the database.")
    world.table("post", "id:int4!= author_id:int4")
    world.refer("post", "author_id", "person")
    world.enum("mood", "sad")
    world.table("state", "id:int4!= mood:mood")
    world.function("total")
    return world.build(tags=read_tags_file(f"{{version: 1, config: {{{config}}}}}"))


def test_a_class_its_columns_and_its_constraints() -> None:
    registry = tagged("""
      class: {
        // Comments may stand here.
        person: {
          tags: {omit: "update", unique: ["name"]},
          description: "Of the file.",
          attribute: {name: {tags: {deprecated: true}, description: "Its name."}},
        },
        "app.post": {constraint: {post_author_id_fkey: {tags: {fieldName: "writer"}}}},
      }""")
    person = registry.resources["human"]
    assert (person.tags["omit"], person.description) == ("update", "Of the file.")
    assert [unique.attributes for unique in person.uniques] == [("id",), ("name",)]
    assert (person.codec.attributes["name"].tags, person.codec.attributes["name"].description) == (
        {"deprecated": True},
        "Its name.",
    )
    [way] = registry.resources["post"].relations.values()
    assert way.tags["fieldName"] == "writer"


def test_other_kinds_of_objects() -> None:
    registry = tagged("""
      procedure: {total: {tags: {name: "sum"}}},
      type: {'"app"."mood"': {tags: {name: "feeling"}}},
      attribute: {"app.person.name": {tags: {name: "label"}}},
      constraint: {"person.person_pkey": {tags: {behavior: "-single"}}},
      namespace: {nowhere: {tags: {name: "x"}}}""")
    assert "sum" in registry.resources
    assert registry.codecs[app("mood")].tags == {"name": "feeling"}
    person = registry.resources["human"]
    assert person.codec.attributes["name"].tags == {"name": "label"}
    assert person.uniques[0].tags == {"behavior": "-single"}


def test_a_tag_is_taken_away() -> None:
    registry = tagged("class: {person: {tags: {omit: null}}}")
    assert registry.may(registry.resources["human"], "resource:insert")


def test_what_is_not_there_is_a_warning() -> None:
    registry = tagged('class: {"app.people": {tags: {omit: true}, attribute: {id: {}}}}')
    assert "The tags file speaks of the class app.people, which does not exist" in registry.warnings
    assert "The tags file speaks of the attribute app.people.id, which does not exist" in registry.warnings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON5"),
        ("[]", "needs `version: 1`"),
        ("{version: 2, config: {}}", "needs `version: 1`"),
        ("{version: 1, config: {table: {}}}", "speaks of 'table'; it can speak of class, attribute"),
    ],
)
def test_what_is_no_tags_file_is_a_problem(text: str, message: str) -> None:
    with pytest.raises(Problem, match="The tags file") as caught:
        read_tags_file(text)
    assert message in caught.value.message


def test_only_a_class_has_columns() -> None:
    with pytest.raises(Problem, match="only a class has these"):
        tagged("procedure: {total: {attribute: {a: {}}}}")


def test_the_template_of_an_application_loads() -> None:
    rules = read_tags_file("/* nothing yet */ {version: 1, config: {class: {post: {}}, procedure: {}}}")
    assert set(rules) == {"class", "procedure"}
