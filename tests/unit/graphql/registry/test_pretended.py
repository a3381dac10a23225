"""Constraints that only tags speak of."""

from dataclasses import replace

import pytest

from gatepost.graphql.registry.model import Registry
from gatepost.problem import Problem

from .world import AMBER, V4, World

STRICT = replace(V4, autofix_foreign_keys=False)


def views(post: str, person: str = "@primaryKey id") -> World:
    world = World()
    world.table("person_view", "id:int4 name:text about:text", kind="v", comment=person)
    world.table("post_view", "id:int4 author_id:int4 author:text", kind="v", comment=post)
    return world


def keys(registry: Registry, table: str) -> list[tuple[tuple[str, ...], bool]]:
    return [(unique.attributes, unique.primary) for unique in registry.resources[table].uniques]


def test_a_view_gets_keys() -> None:
    registry = views("@primaryKey id\n@unique author_id,author\n@unique author|@name by_author\n@x").build()
    assert keys(registry, "post_view") == [(("id",), True), (("author_id", "author"), False), (("author",), False)]
    post = registry.resources["post_view"]
    assert post.uniques[2].tags == {"name": "by_author"}
    assert [name for name, one in post.codec.attributes.items() if one.not_null] == ["id"]


def test_a_unique_key_has_no_fields() -> None:
    registry = views("@uniqueKey author").build()
    [unique] = registry.resources["post_view"].uniques
    assert unique.attributes == ("author",)
    assert not registry.may(unique, "query:resource:single")
    assert not registry.may(unique, "constraint:resource:update")


def test_a_view_refers_to_a_view() -> None:
    registry = views("@foreignKey (author_id) references person_view (id)|@fieldName writer\\n").build()
    [way] = registry.resources["post_view"].relations.values()
    assert (way.target.name, way.pairs, way.tags["fieldName"]) == ("person_view", (("author_id", "id"),), "writer\\n")
    [back] = registry.resources["person_view"].relations.values()
    assert (back.backward, back.unique) == (True, False)


@pytest.mark.parametrize(
    "reference",
    [
        "(author_id) references person_view",
        "(author_id) references app.person_view",
        '("author_id") references "app"."person_view" ("id")',
        "(AUTHOR_ID) REFERENCES Person_View(ID)",
    ],
)
def test_a_reference_is_written_as_in_sql(reference: str) -> None:
    registry = views(f"@foreignKey {reference}").build(STRICT)
    assert len(registry.resources["post_view"].relations) == 1


def test_what_is_referred_to_is_made_unique_where_that_is_asked_for() -> None:
    registry = views("@foreignKey (author) references person_view (name)").build(V4)
    person = registry.resources["person_view"]
    assert keys(registry, "person_view") == [(("id",), True), (("name",), False)]
    assert not registry.may(person.uniques[1], "query:resource:single")


def test_what_is_referred_to_must_be_unique() -> None:
    with pytest.raises(Problem) as caught:
        views("@foreignKey (author) references person_view (name, about)").build(STRICT)
    assert caught.value.message == (
        "Invalid @foreignKey on 'app.post_view'; referenced non-unique combination of attributes 'app.person_view' "
        "(name, about)"
    )
    assert 'ALTER TABLE "app"."person_view" ADD UNIQUE ("name", "about")' in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("post", "message"),
    [
        ("@foreignKey (author_id) references people", "referenced non-existent table/view 'app.people'"),
        ("@foreignKey (author_id) references person_view (key)", "non-existent attribute 'key'; known attributes: id"),
        ("@foreignKey (writer) references person_view", "app.post_view local attributes referenced non-existent"),
        ("@foreignKey author_id -> person_view", "Invalid @foreignKey syntax on 'app.post_view'"),
        ("@foreignKey", "Invalid '@foreignKey' smart tag on app.post_view; expected a string"),
        ("@primaryKey key", "'@primaryKey' smart tag on app.post_view referenced non-existent attribute 'key'"),
        ("@unique", "Invalid '@unique' smart tag"),
    ],
)
def test_a_tag_that_asks_for_what_cannot_be_is_a_problem(post: str, message: str) -> None:
    with pytest.raises(Problem) as caught:
        views(post).build()
    assert message in caught.value.message


def test_without_a_primary_key_a_reference_must_name_columns() -> None:
    with pytest.raises(Problem, match=r"No attributes specified for 'app\.person_view' \(oid: \d+\) and no PK found"):
        views("@foreignKey (author_id) references person_view", person="").build()


def test_what_is_pretended_counts_as_indexed() -> None:
    world = World()
    world.table("person")
    world.table("post", "id:int4!= author_id:int4", comment="@foreignKey (author_id) references person")
    registry = world.build(AMBER)
    [back] = registry.resources["person"].relations.values()
    assert registry.may(back, "manyRelation:resource:connection")


def test_a_column_is_not_null_because_a_tag_says_so() -> None:
    world = World()
    world.table("seen", "id:int4 name:text", kind="v", comments={"id": "@notNull", "name": "@hasDefault"})
    columns = world.build().resources["seen"].codec.attributes
    assert (columns["id"].not_null, columns["name"].not_null, columns["name"].has_default) == (True, False, True)
