"""Shorter names: relations by what their columns say, the primary key unsaid, plurals of the last word."""

import pytest

from gatepost.graphql.registry.model import Parameter, Tags, Unique
from gatepost.problem import Problem

from .world import NO_TAGS, SIMPLIFIED, function, names, refers, table

PERSON = table("person", "id email")
POST = table("post", "id author_id reviewer_uuid person_id parent_post_id owner")
INFLECTION = names(SIMPLIFIED)
EMAIL = Unique(("email",))


def test_rows_at_the_root() -> None:
    assert INFLECTION.all_rows_connection(PERSON) == "people"
    assert INFLECTION.all_rows_list(PERSON) == "peopleList"
    assert INFLECTION.row_by_unique(PERSON, PERSON.uniques[0]) == "person"
    assert INFLECTION.row_by_unique(PERSON, EMAIL) == "personByEmail"
    assert INFLECTION.row_by_unique(PERSON, Unique(("id",), primary=True, tags={"fieldName": "who"})) == "who"
    assert INFLECTION.table_node(PERSON) == "personByNodeId"


def test_mutations() -> None:
    key = PERSON.uniques[0]
    assert INFLECTION.update_by_keys_field(PERSON, key) == "updatePerson"
    assert INFLECTION.update_by_keys_input_type(PERSON, key) == "UpdatePersonInput"
    assert INFLECTION.update_by_keys_field(PERSON, EMAIL) == "updatePersonByEmail"
    assert INFLECTION.update_by_keys_input_type(PERSON, EMAIL) == "UpdatePersonByEmailInput"
    assert INFLECTION.update_by_node_id_field(PERSON) == "updatePersonByNodeId"
    assert INFLECTION.update_by_node_id_input_type(PERSON) == "UpdatePersonByNodeIdInput"
    assert INFLECTION.delete_by_keys_field(PERSON, key) == "deletePerson"
    assert INFLECTION.delete_by_node_id_field(PERSON) == "deletePersonByNodeId"
    assert INFLECTION.deleted_node_id(PERSON) == "deletedPersonNodeId"
    assert INFLECTION.patch_field(PERSON) == "patch"


def test_tags_rename_updates_and_deletes() -> None:
    key = Unique(("id",), primary=True, tags={"updateFieldName": "change", "deleteFieldName": "drop"})
    assert INFLECTION.update_by_keys_field(PERSON, key) == "change"
    assert INFLECTION.update_by_keys_input_type(PERSON, key) == "ChangeInput"
    assert INFLECTION.delete_by_keys_field(PERSON, key) == "drop"
    assert INFLECTION.delete_by_keys_input_type(PERSON, key) == "DropInput"


@pytest.mark.parametrize(
    ("column", "forward", "backward"),
    [
        ("author_id", "author", "authoredPosts"),
        ("reviewer_uuid", "reviewer", "reviewedPosts"),
        ("person_id", "person", "posts"),
        ("owner", "person", "postsByOwner"),
    ],
)
def test_relations_are_called_by_what_their_column_says(column: str, forward: str, backward: str) -> None:
    there, back = refers(POST, PERSON, (column, "id"))
    assert INFLECTION.single_relation(there) == forward
    assert INFLECTION.many_relation_connection(back) == backward
    assert INFLECTION.many_relation_list(back) == f"{backward}List"


def test_a_key_of_no_primary_key_is_said_in_full() -> None:
    there, back = refers(POST, PERSON, ("owner", "email"))
    assert INFLECTION.single_relation(there) == "personByOwner"
    assert INFLECTION.many_relation_connection(back) == "postsByOwner"


def test_parents_have_children() -> None:
    node = table("node", "id parent_id")
    there, back = refers(node, node, ("parent_id", "id"))
    assert INFLECTION.single_relation(there) == "parent"
    assert INFLECTION.many_relation_connection(back) == "childNodes"
    there, back = refers(POST, POST, ("parent_post_id", "id"))
    assert INFLECTION.single_relation(there) == "parentPost"
    assert INFLECTION.many_relation_connection(back) == "postsByParentPostId"


def test_a_row_that_shares_its_key_with_another_is_called_by_its_type() -> None:
    secret = table("person_secret", "sid", key=("sid",))
    _, back = refers(secret, PERSON, ("sid", "id"))
    assert INFLECTION.single_relation_backwards(back) == "personSecret"
    assert INFLECTION.many_relation_connection(back) == "personSecrets"


def test_several_columns_count_if_each_ends_as_a_key_does() -> None:
    forum = table("forum", "tenant_id topic_id", key=("tenant_id", "topic_id"))
    post = table("post", "tenant_id topic_id place")
    there, _ = refers(post, forum, ("tenant_id", "tenant_id"), ("topic_id", "topic_id"))
    assert INFLECTION.single_relation(there) == "tenantTopic"
    there, _ = refers(post, forum, ("tenant_id", "topic_id"), ("place", "tenant_id"))
    assert INFLECTION.single_relation(there) == "forumByTenantIdAndPlace"


def test_tags_rename_relations_letter_by_letter() -> None:
    tags = {"fieldName": "the_author", "foreignFieldName": "written_ones"}
    there, back = refers(POST, PERSON, ("author_id", "id"), tags=tags)
    assert INFLECTION.single_relation(there) == "the_author"
    assert INFLECTION.single_relation_backwards(back) == "written_ones"
    assert INFLECTION.many_relation_connection(back) == "written_ones"
    assert INFLECTION.many_relation_list(back) == "written_onesList"


@pytest.mark.parametrize(
    ("tags", "connection", "listed"),
    [
        (NO_TAGS, "posts", "postsList"),
        ({"listSuffix": "include"}, "posts", "postsList"),
        ({"listSuffix": "omit"}, "postsConnection", "posts"),
    ],
)
def test_a_tag_says_which_of_list_and_connection_has_the_suffix(tags: Tags, connection: str, listed: str) -> None:
    posts = table("post", "id person_id", tags=tags)
    _, back = refers(posts, PERSON, ("person_id", "id"))
    assert INFLECTION.all_rows_connection(posts) == connection
    assert INFLECTION.all_rows_list(posts) == listed
    assert INFLECTION.many_relation_connection(back) == connection
    assert INFLECTION.many_relation_list(back) == listed
    computed = function("person_posts", Parameter(None, PERSON.codec), tags=tags)
    assert INFLECTION.computed_connection(computed) == connection
    assert INFLECTION.computed_list(computed) == listed
    query = function("posts", tags=tags)
    assert INFLECTION.custom_query_connection(query) == connection
    assert INFLECTION.custom_query_list(query) == listed


def test_the_constraint_decides_the_suffix_before_the_table() -> None:
    posts = table("post", "id person_id", tags={"listSuffix": "omit"})
    _, back = refers(posts, PERSON, ("person_id", "id"), tags={"listSuffix": "include"})
    assert INFLECTION.many_relation_list(back) == "postsList"


def test_another_suffix_is_refused() -> None:
    with pytest.raises(Problem, match="listSuffix"):
        INFLECTION.all_rows_list(table("post", tags={"listSuffix": "no"}))


@pytest.mark.parametrize(
    ("name", "rows"),
    [("fish", "fishes"), ("data", "data"), ("news", "newses"), ("left_arm", "leftArms"), ("issue756", "issue756s")],
)
def test_all_rows_are_told_from_one(name: str, rows: str) -> None:
    assert INFLECTION.all_rows_connection(table(name)) == rows


def test_the_plural_is_that_of_the_last_word() -> None:
    people = table("staff_person")
    assert INFLECTION.table_connection_type(people.codec) == "StaffPeopleConnection"
    assert INFLECTION.table_type(table("my_echo").codec) == "MyEcho"
    assert INFLECTION.all_rows_connection(table("my_echo")) == "myEchoes"
