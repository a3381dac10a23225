"""In what the names of PostGraphile 4 differ, and what Relay and classic ids make of them."""

from dataclasses import replace

import pytest

from gatepost.catalog import Name
from gatepost.graphql.options import Options
from gatepost.graphql.registry.model import Codec, EnumLabel, Kind

from .world import AMBER, INT, V4, function, names, record, table

PERSON = table("person", "id first_name")
LOG = table("log", "id", schema="audit")
INFLECTION = names(V4)


def test_connections_edges_and_orders_are_in_the_plural() -> None:
    assert INFLECTION.table_type(PERSON.codec) == "Person"
    assert INFLECTION.table_connection_type(PERSON.codec) == "PeopleConnection"
    assert INFLECTION.table_edge_type(PERSON.codec) == "PeopleEdge"
    assert INFLECTION.table_edge_field(PERSON.codec) == "personEdge"
    assert INFLECTION.order_by_type("Person") == "PeopleOrderBy"


def test_no_schema_stands_in_front_of_a_name() -> None:
    assert INFLECTION.table_type(LOG.codec) == "Log"
    assert INFLECTION.custom_query(function("total", schema="audit")) == "total"


def test_a_column_id_keeps_its_name_beside_the_node_id() -> None:
    column = PERSON.codec.attributes["id"]
    assert INFLECTION.node_id_field() == "nodeId"
    assert INFLECTION.attribute(column) == "id"
    assert INFLECTION.order_by_attribute_enum(column) == "ID_ASC"
    assert INFLECTION.row_by_unique(PERSON, PERSON.uniques[0]) == "personById"


def test_classic_ids_rename_the_column_but_not_its_order() -> None:
    classic = names(replace(V4, classic_ids=True))
    column = PERSON.codec.attributes["id"]
    assert classic.node_id_field() == "id"
    assert classic.attribute(column) == "rowId"
    assert classic.order_by_attribute_enum(column) == "ID_ASC"


@pytest.mark.parametrize("options", [V4, AMBER, replace(V4, classic_ids=True)])
def test_under_relay_the_node_id_is_always_id(options: Options) -> None:
    relay = names(replace(options, relay=True))
    assert relay.node_id_field() == "id"
    assert relay.attribute(PERSON.codec.attributes["id"]) == "rowId"
    assert relay.update_by_keys_field(PERSON, PERSON.uniques[0]) == "updatePersonByRowId"


def test_node_ids_begin_with_the_plural_of_the_table_whatever_it_is_renamed_to() -> None:
    renamed = table("left_arm", tags={"name": "limb"})
    assert INFLECTION.type_identifier_in_node_ids(renamed) == "left_arms"
    assert INFLECTION.deleted_node_id(renamed) == "deletedLeftArmId"


def test_the_plural_of_a_name_with_a_digit_has_a_capital() -> None:
    assert INFLECTION.all_rows_connection(table("issue756")) == "allIssue756S"


@pytest.mark.parametrize(
    ("type_name", "one", "several"),
    [
        ("Int", "integer", "integers"),
        ("Float", "float", "floats"),
        ("Boolean", "boolean", "booleans"),
        ("String", "string", "strings"),
        ("Person", "person", "people"),
        ("BigInt", "bigInt", "bigInts"),
    ],
)
def test_what_a_mutation_gives_is_called_by_its_type(type_name: str, one: str, several: str) -> None:
    array = Codec(Name("pg_catalog", "_int4"), "", Kind.ARRAY, of=INT)
    assert INFLECTION.function_result_field(function("f"), type_name) == one
    assert INFLECTION.function_result_field(function("f", returns_set=True), type_name) == several
    assert INFLECTION.function_result_field(function("f", codec=array), type_name) == several


def test_records_and_single_out_parameters_have_names_of_their_own() -> None:
    split = function("split", codec=record("split", None, "last"))
    assert INFLECTION.function_result_field(split, "SplitRecord") == "result"
    assert [INFLECTION.attribute(each) for each in split.codec.attributes.values()] == ["arg1", "last"]
    single = function("f", returns_set=True)
    single.single_out = "a_sum"
    assert INFLECTION.function_result_field(single, "Int") == "aSums"
    assert INFLECTION.function_result_field(function("f", tags={"resultFieldName": "total"}), "Int") == "total"


def test_connections_of_records_are_in_the_singular() -> None:
    rows = function("rows", codec=record("rows", "a", "b"))
    inflection = names(V4, rows)
    assert inflection.table_type(rows.codec) == "RowsRecord"
    assert inflection.table_connection_type(rows.codec) == "RowsRecordConnection"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("FOO BAR", "FOO_BAR"),
        ("darkRed", "DARK_RED"),
        ("", "_EMPTY_"),
        ("*_bar", "ASTERISK_BAR"),
        ("foo*", "FOO_ASTERISK"),
        ("1st", "_1ST"),
        ("-", "MINUS"),
    ],
)
def test_enum_values_are_constants(value: str, name: str) -> None:
    colour = Codec(Name("app", "colour"), "", Kind.ENUM)
    assert INFLECTION.enum_value(colour, EnumLabel(value)) == name


def test_enums_made_of_rows_keep_the_number_of_their_relation() -> None:
    assert (
        INFLECTION.type_name(Codec(Name("app", "k"), "", Kind.ENUM, values_of=("animal_kinds", None))) == "AnimalKinds"
    )
