"""The names of PostGraphile 5, on which the other dialects stand."""

import pytest

from gatepost.catalog import Name
from gatepost.graphql.registry.model import Codec, EnumLabel, Kind, Parameter, Ref, Unique

from .world import AMBER, INT, function, names, record, refers, table

PERSON = table("person", "id first_name")
POST = table("posts", "id author_id")
LOG = table("log", "id", schema="audit")
KEYS = table("compound_keys", "person_id_1 person_id_2", key=("person_id_1", "person_id_2"))
INFLECTION = names(AMBER)


def test_types_are_in_the_singular() -> None:
    assert INFLECTION.table_type(POST.codec) == "Post"
    assert INFLECTION.table_connection_type(POST.codec) == "PostConnection"
    assert INFLECTION.table_edge_type(POST.codec) == "PostEdge"
    assert INFLECTION.order_by_type("Post") == "PostOrderBy"
    assert INFLECTION.condition_type("Post") == "PostCondition"
    assert INFLECTION.input_type("Post") == "PostInput"
    assert INFLECTION.patch_type("Post") == "PostPatch"
    assert INFLECTION.base_input_type("Post") == "PostBaseInput"
    assert INFLECTION.range_type("BigInt") == "BigIntRange"
    assert INFLECTION.range_bound_type("BigInt") == "BigIntRangeBound"


def test_all_but_the_first_schema_stand_in_front_of_names() -> None:
    assert INFLECTION.table_type(LOG.codec) == "AuditLog"
    assert INFLECTION.all_rows_connection(LOG) == "allAuditLogs"
    assert INFLECTION.update_by_node_id_field(LOG) == "updateAuditLog"
    assert INFLECTION.custom_query(function("total", schema="audit")) == "auditTotal"


def test_a_row_type_does_not_end_as_an_input_does() -> None:
    assert INFLECTION.table_type(table("reserved_input").codec) == "ReservedInputRecord"
    assert INFLECTION.table_type(table("patches").codec) == "Patch"


def test_rows_at_the_root() -> None:
    assert INFLECTION.all_rows_connection(PERSON) == "allPeople"
    assert INFLECTION.all_rows_list(PERSON) == "allPeopleList"
    assert INFLECTION.row_by_unique(PERSON, PERSON.uniques[0]) == "personByRowId"
    assert INFLECTION.row_by_unique(KEYS, KEYS.uniques[0]) == "compoundKeyByPersonId1AndPersonId2"
    assert INFLECTION.row_by_unique(PERSON, Unique(("id",), tags={"fieldName": "who"})) == "who"
    assert INFLECTION.table_node(PERSON) == "person"


def test_a_column_id_gives_way_to_the_node_id() -> None:
    assert INFLECTION.node_id_field() == "id"
    assert INFLECTION.attribute(PERSON.codec.attributes["id"]) == "rowId"
    assert INFLECTION.order_by_attribute_enum(PERSON.codec.attributes["id"]) == "ROW_ID_ASC"
    assert INFLECTION.attribute(PERSON.codec.attributes["first_name"]) == "firstName"
    assert INFLECTION.type_identifier_in_node_ids(POST) == "Post"


def test_tags_rename_tables_and_columns() -> None:
    renamed = table("person", "id mail", tags={"name": "human"}, column_tags={"mail": {"name": "e_mail"}})
    assert INFLECTION.table_type(renamed.codec) == "Human"
    assert INFLECTION.all_rows_connection(renamed) == "allHumans"
    assert INFLECTION.attribute(renamed.codec.attributes["mail"]) == "eMail"
    assert INFLECTION.order_by_attribute_enum(renamed.codec.attributes["mail"], descending=True) == "E_MAIL_DESC"


def test_relations_say_their_columns() -> None:
    forward, backward = refers(POST, PERSON, ("author_id", "id"))
    assert INFLECTION.single_relation(forward) == "personByAuthorId"
    assert INFLECTION.single_relation_backwards(backward) == "postByAuthorId"
    assert INFLECTION.many_relation_connection(backward) == "postsByAuthorId"
    assert INFLECTION.many_relation_list(backward) == "postsByAuthorIdList"
    assert INFLECTION.node_id_attribute(forward) == "personByAuthorId"


def test_tags_rename_relations() -> None:
    both = {"fieldName": "the_author", "foreignFieldName": "written"}
    forward, backward = refers(POST, PERSON, ("author_id", "id"), tags=both)
    assert INFLECTION.single_relation(forward) == "theAuthor"
    assert INFLECTION.single_relation_backwards(backward) == "written"
    assert INFLECTION.many_relation_list(backward) == "writtenList"
    each = {"foreignSingleFieldName": "one", "foreignSimpleFieldName": "many_", "foreignConnectionFieldName": "paged_"}
    _, backward = refers(POST, PERSON, ("author_id", "id"), tags=both | each)
    assert INFLECTION.single_relation_backwards(backward) == "one"
    assert INFLECTION.many_relation_list(backward) == "many_"
    assert INFLECTION.many_relation_connection(backward) == "paged_"


def test_refs_are_called_as_they_call_themselves() -> None:
    ref = Ref("authors", PERSON, singular=False, paths=())
    assert INFLECTION.ref_single(ref) == "authors"
    assert INFLECTION.ref_connection(ref) == "authors"
    assert INFLECTION.ref_list(ref) == "authorsList"


def test_functions() -> None:
    search = function("search_posts", Parameter("query_", INT), Parameter(None, INT))
    assert INFLECTION.custom_query(search) == "searchPosts"
    assert INFLECTION.custom_query_connection(search) == "searchPosts"
    assert INFLECTION.custom_query_list(search) == "searchPostsList"
    assert INFLECTION.custom_mutation(search) == "searchPosts"
    assert INFLECTION.function_input_type(search) == "SearchPostsInput"
    assert INFLECTION.function_payload_type(search) == "SearchPostsPayload"
    assert INFLECTION.function_connection_type(search) == "SearchPostsConnection"
    assert INFLECTION.function_edge_type(search) == "SearchPostsEdge"
    assert INFLECTION.function_result_field(search, "Int") == "result"
    assert INFLECTION.function_result_field(function("f", tags={"resultFieldName": "found"}), "Int") == "found"
    assert [INFLECTION.argument(each, index) for index, each in enumerate(search.parameters or ())] == [
        "query_",
        "arg1",
    ]


def test_a_list_of_what_a_function_gives_parts_its_words_twice() -> None:
    assert INFLECTION.custom_query(function("a_b_c")) == "aBC"
    assert INFLECTION.custom_query_list(function("a_b_c")) == "aBcList"


@pytest.mark.parametrize(("name", "field"), [("person_full_name", "fullName"), ("full_name", "fullName")])
def test_a_computed_field_is_called_without_its_table(name: str, field: str) -> None:
    computed = function(name, Parameter("p", PERSON.codec))
    assert INFLECTION.computed(computed) == field
    assert INFLECTION.computed_connection(computed) == field
    assert INFLECTION.computed_list(computed) == f"{field}List"
    assert INFLECTION.order_by_computed_enum(computed, descending=True) == "FULL_NAME_DESC"


def test_records_are_called_by_their_function() -> None:
    split = function("split_name", codec=record("split_name", "first", None))
    inflection = names(AMBER, split)
    assert inflection.record_type(split) == "SplitNameRecord"
    assert [inflection.attribute(each) for each in split.codec.attributes.values()] == ["first", "column2"]
    renamed = function("split_name", codec=record("split_name", "first"), tags={"name": "parts"})
    assert names(AMBER, renamed).record_type(renamed) == "PartsRecord"


def test_mutations_of_a_table() -> None:
    key = POST.uniques[0]
    assert INFLECTION.create_field(POST) == "createPost"
    assert INFLECTION.create_input_type(POST) == "CreatePostInput"
    assert INFLECTION.create_payload_type(POST) == "CreatePostPayload"
    assert INFLECTION.update_by_keys_field(POST, key) == "updatePostByRowId"
    assert INFLECTION.update_by_keys_input_type(POST, key) == "UpdatePostByRowIdInput"
    assert INFLECTION.update_by_node_id_field(POST) == "updatePost"
    assert INFLECTION.update_by_node_id_input_type(POST) == "UpdatePostInput"
    assert INFLECTION.update_payload_type(POST) == "UpdatePostPayload"
    assert INFLECTION.delete_by_keys_field(POST, key) == "deletePostByRowId"
    assert INFLECTION.delete_by_keys_input_type(POST, key) == "DeletePostByRowIdInput"
    assert INFLECTION.delete_by_node_id_field(POST) == "deletePost"
    assert INFLECTION.delete_by_node_id_input_type(POST) == "DeletePostInput"
    assert INFLECTION.delete_payload_type(POST) == "DeletePostPayload"
    assert INFLECTION.deleted_node_id(POST) == "deletedPostId"
    assert INFLECTION.table_field_name(POST) == "post"
    assert INFLECTION.patch_field(POST) == "postPatch"
    assert INFLECTION.table_edge_field(POST.codec) == "postEdge"


def test_enums_keep_their_values() -> None:
    colour = Codec(Name("app", "colour_name"), "", Kind.ENUM)
    assert INFLECTION.type_name(colour) == "ColourName"
    assert [INFLECTION.enum_value(colour, EnumLabel(each)) for each in ("darkRed", "1st", "*")] == [
        "darkRed",
        "_1st",
        "ASTERISK",
    ]


def test_enums_made_of_rows_are_called_by_the_relation_and_its_column() -> None:
    kind = Codec(Name("app", "kinds"), "", Kind.ENUM, values_of=("animal_kinds", None))
    by_column = Codec(Name("app", "kinds"), "", Kind.ENUM, values_of=("animal_kinds", "label"))
    named = Codec(Name("app", "kinds"), "", Kind.ENUM, values_of=("kinds", None), tags={"name": "Species"})
    assert [INFLECTION.type_name(each) for each in (kind, by_column, named)] == [
        "AnimalKind",
        "AnimalKindLabel",
        "Species",
    ]


def test_names_in_other_scripts_are_written_in_latin() -> None:
    period = table("期间", "id 期间")
    assert INFLECTION.table_type(period.codec) == "QiJian"
    assert INFLECTION.attribute(period.codec.attributes["期间"]) == "qiJian"
