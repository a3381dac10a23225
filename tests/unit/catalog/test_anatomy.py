"""Facts of a database: looking them up."""

from gatepost.catalog.anatomy import Anatomy, Relation, RelationRights, Rights, Type


def test_relations_and_types_are_found_by_what_others_call_them() -> None:
    person, int4 = Relation(1, "app", "person", "r", 2), Type(23, "pg_catalog", "int4", "b", "N")
    facts = Anatomy((person,), (int4,))
    assert facts.relation == {1: person}
    assert facts.type == {23: int4}


def test_a_right_to_some_columns_is_a_right_to_the_relation() -> None:
    rights = Rights(relations=(RelationRights(1, "a", {2: "rw"}),))
    assert set(rights.of_relation(1)) == {"a", "r", "w"}
    assert (rights.of_column(1, 1), set(rights.of_column(1, 2))) == ("a", {"a", "r", "w"})
    assert (rights.of_relation(9), rights.of_column(9, 1)) == ("", "")
