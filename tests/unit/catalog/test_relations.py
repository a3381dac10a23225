"""How tables belong together, from keys alone."""

from gatepost.catalog import Cardinality, Name, Relation, Table
from gatepost.catalog.relations import ViewKey, complete, index

A, B, LINK, VIEW = (Name("s", name) for name in ("a", "b", "link", "view"))
TO_A = Relation(LINK, A, Cardinality.MANY_TO_ONE, "to_a", (("a_id", "id"),))
TO_B = Relation(LINK, B, Cardinality.MANY_TO_ONE, "to_b", (("b_id", "id"),))


def found(relations: list[Relation]) -> set[tuple[str, str, str]]:
    return {(r.table.name, r.target.name, r.cardinality.value) for r in relations}


def test_a_key_works_in_both_directions() -> None:
    relations = complete([TO_A], {}, {})
    assert found(relations) == {("link", "a", "many-to-one"), ("a", "link", "one-to-many")}
    assert relations[1].columns == (("id", "a_id"),)


def test_a_primary_key_of_two_keys_is_a_junction() -> None:
    link = Table(LINK, {}, primary_key=("a_id", "b_id"))
    assert {("a", "b", "many-to-many"), ("b", "a", "many-to-many")} <= found(complete([TO_A, TO_B], {}, {LINK: link}))
    plain = Table(LINK, {}, primary_key=("id",))
    assert "many-to-many" not in {kind for _, _, kind in found(complete([TO_A, TO_B], {}, {LINK: plain}))}


def test_views_stand_in_on_either_side() -> None:
    views = {("referencing", LINK, "to_a"): [ViewKey(VIEW, ("shown",))]}
    relations = complete([TO_A], views, {})
    through = next(r for r in relations if r.table == VIEW)
    assert (through.columns, through.table_is_view) == ((("shown", "id"),), True)
    assert ("a", "view", "one-to-many") in found(relations)


def test_a_one_to_one_knows_its_parent() -> None:
    key = Relation(B, A, Cardinality.ONE_TO_ONE, "same", (("id", "id"),))
    assert [(r.table, r.parent) for r in complete([key], {}, {})] == [(B, False), (A, True)]


def test_a_function_replaces_the_relation_of_its_name() -> None:
    computed = Relation(LINK, B, Cardinality.COMPUTED, function=A)
    assert index([TO_A, TO_B], [computed])[LINK] == (TO_B, computed)
