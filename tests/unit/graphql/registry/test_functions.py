"""Functions: which can be called, what they take and what they give."""

from dataclasses import replace

from gatepost.graphql.registry.model import Kind, Resource

from .world import V4, World


def called(name: str, world: World, **options: object) -> Resource:
    return world.build(replace(V4, **options)).resources[name]  # pyright: ignore


def test_parameters_are_required_unless_they_have_a_default() -> None:
    world = World()
    world.function("add", "a:int4 :int4 c:int4=", comment="@arg0variant patch\nAdds.")
    add = called("add", world)
    assert [(one.name, one.required, one.not_null, one.variant) for one in add.parameters or ()] == [
        ("a", True, False, "patch"),
        (None, True, False, None),
        ("c", False, False, None),
    ]
    assert (add.description, add.volatile, add.strict) == ("Adds.", False, False)


def test_a_strict_function_takes_no_null() -> None:
    world = World()
    world.function("add", "a:int4 b:int4=", strict=True)
    world.function("sub", "a:int4 b:int4=")
    assert [one.not_null for one in called("add", world).parameters or ()] == [True, True]
    assert [one.not_null for one in called("sub", world).parameters or ()] == [False, False]
    strict = called("sub", world, strict_functions=True)
    assert [one.not_null for one in strict.parameters or ()] == [True, False]


def test_what_a_function_gives() -> None:
    world = World()
    world.table("person")
    world.array("person")
    world.function("one", returns="person")
    world.function("all", returns="person", returns_set=True)
    world.function("crowd", returns="_person")
    world.function("numbers", returns="_int4")
    world.function("nothing", returns="void", volatility="v")
    resources = world.build().resources
    person = resources["person"]
    for name, returns_set, returns_array in (("one", False, False), ("all", True, False), ("crowd", False, True)):
        function = resources[name]
        assert (function.codec, function.table) == (person.codec, person)
        assert (function.returns_set, function.returns_array) == (returns_set, returns_array)
    numbers, nothing = resources["numbers"], resources["nothing"]
    assert (numbers.codec.kind, numbers.returns_array, numbers.table) == (Kind.ARRAY, False, None)
    assert (nothing.returns_void, nothing.volatile) == (True, True)


def test_several_out_parameters_are_a_record() -> None:
    world = World()
    world.function("split", "whole:int4 o/low:int4 o/:text b/both:int4", "record")
    split = called("split", world)
    assert [one.name for one in split.parameters or ()] == ["whole", "both"]
    assert split.codec.anonymous
    assert [(one.name, one.position) for one in split.codec.attributes.values()] == [
        ("low", 1),
        ("column3", 2),
        ("both", 3),
    ]


def test_a_single_out_parameter_is_the_value_itself() -> None:
    world = World()
    world.function("half", "whole:int4 o/low:int4")
    world.function("listed", "t/low:int4", returns_set=True)
    world.function("unnamed", "o/:int4")
    assert (called("half", world).single_out, called("half", world).codec.id.name) == ("low", "int4")
    assert called("listed", world).single_out == "low"
    assert called("unnamed", world).single_out is None


def test_what_cannot_be_called_is_left_out() -> None:
    world = World()
    world.function("twice", "a:int4")
    world.function("twice", "a:text")
    world.function("many", "v/a:_int4")
    world.function("any", "a:anyelement")
    world.function("loose", returns="record", returns_set=True)
    world.function("__hidden")
    world.function("of_extension", extension="postgis")
    world.type("span", kind="r", of="int4")
    world.function("span", "a:int4 b:int4", "span")
    world.function("fine")
    registry = world.build()
    assert list(registry.resources) == ["fine"]
    reasons = "\n".join(registry.warnings)
    for name, reason in (("twice", "several"), ("many", "variadic"), ("any", "types"), ("loose", "types")):
        assert f"app.{name} is left out: " in reasons
        assert reason in next(line for line in registry.warnings if f"app.{name} " in line)
    assert "__hidden" not in reasons
