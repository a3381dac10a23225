"""Foreign keys: a way from either side, between what is exposed."""

from gatepost.graphql.registry.model import Registry, Relation

from .world import World, app


def ways(registry: Registry, table: str) -> list[tuple[str, tuple[tuple[str, str], ...], bool, bool]]:
    relations = registry.resources[table].relations.values()
    return [(one.target.name, one.pairs, one.unique, one.backward) for one in relations]


def test_a_foreign_key_leads_to_one_row_and_back_to_many() -> None:
    world = World()
    world.table("person")
    world.table("post", "id:int4!= author_id:int4")
    world.refer("post", "author_id", "person", comment="@fieldName writer\nWho wrote it.")
    registry = world.build()
    assert ways(registry, "post") == [("person", (("author_id", "id"),), True, False)]
    assert ways(registry, "person") == [("post", (("id", "author_id"),), False, True)]
    [forward], [backward] = (registry.resources[name].relations.values() for name in ("post", "person"))
    assert (forward.description, backward.description) == ("Who wrote it.", None)
    assert forward.tags == backward.tags == {"fieldName": "writer"}


def test_who_refers_with_what_is_unique_is_one_row() -> None:
    world = World()
    world.table("pair", "a:int4! b:int4!", key="a b")
    world.table("extra", "x:int4! y:int4! z:text", key="x")
    world.refer("extra", "x y", "pair", "a b")
    assert ways(world.build(), "pair") == [("extra", (("a", "x"), ("b", "y")), True, True)]


def test_a_table_may_refer_to_itself() -> None:
    world = World()
    world.table("node", "id:int4!= parent_id:int4")
    world.refer("node", "parent_id", "node")
    assert ways(world.build(), "node") == [
        ("node", (("parent_id", "id"),), True, False),
        ("node", (("id", "parent_id"),), False, True),
    ]


def test_there_is_no_way_to_what_is_not_exposed() -> None:
    world = World()
    world.table("person")
    world.table("secret", "id:int4!= person_id:int4", schema="private")
    world.refer("secret", "person_id", "person")
    assert ways(world.build(), "person") == []


def test_two_keys_that_say_the_same_are_one_way() -> None:
    world = World()
    world.table("person")
    world.table("post", "id:int4!= author_id:int4")
    world.refer("post", "author_id", "person", name="first")
    world.refer("post", "author_id", "person", name="second")
    world.refer("post", "author_id", "person", name="third", comment="@fieldName author")
    registry = world.build()
    assert list(registry.resources["post"].relations) == ["app.post.first", "app.post.third"]
    assert "The constraint second of app.person says the same as another" in registry.warnings


def test_a_composite_type_may_lead_to_rows() -> None:
    world = World()
    world.table("person")
    world.table("seat", "person_id:int4", kind="c", comment="@foreignKey (person_id) references person (id)")
    registry = world.build()
    seat = registry.codecs[app("seat")]
    [way] = seat.relations.values()
    assert isinstance(way, Relation)
    assert (way.source, way.target.name, way.backward) == (seat, "person", False)
    assert ways(registry, "person") == []


def test_what_holds_each_other_is_printed_by_its_name() -> None:
    world = World()
    world.table("node", "id:int4!= parent_id:int4")
    world.refer("node", "parent_id", "node")
    registry = world.build()
    node = registry.resources["node"]
    way = next(iter(node.relations.values()))
    printed = [repr(one) for one in (registry, node, node.codec, node.codec.attributes["id"], way)]
    assert printed == [
        "Registry(app)",
        "Resource(app.node)",
        "Codec(app.node)",
        "Attribute(app.node.id)",
        "Relation(app.node.node_parent_id_fkey)",
    ]
