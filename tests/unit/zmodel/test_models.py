"""Models, views, types, fields: what they are made of and what they inherit."""

import pytest

from tests.unit.zmodel.helpers import error, errors, load, sound

SQLITE = "datasource db { provider = 'sqlite' }\n"
ASSETS = """
enum Kind { VIDEO IMAGE }
model Asset {
    id    Int    @id
    kind  String
    owner String @unique
    @@delegate(kind)
    @@allow('read', owner == 'x')
    @@deny('delete', true)
    @@validate(owner != '')
    @@unique([id, owner])
    @@index([owner])
    @@map("assets")
}
model Video extends Asset {
    url    String
    format String
    @@delegate(format)
    @@allow('all', url == 'y')
}
model Film extends Video { length Int }
"""


# Mixins


def test_a_mixin_copies_its_fields_and_attributes():
    model = load(
        "type T { x Int\n @@allow('read', x > 0)\n @@validate(x != 1)\n @@index([x])\n @@unique([x]) }\n"
        "model A with T { id Int @id }"
    ).models["A"]
    assert list(model.fields) == ["x", "id"]
    assert [rule.origin for rule in model.rules] == ["T"]
    assert model.rules[0].inherited is None
    assert len(model.validations) == len(model.indexes) == 1
    assert [key.name for key in model.keys] == ["id", "x"]


def test_with_and_extends_stand_in_either_order_and_commas_are_optional():
    base = "model B { id Int @id\n k String\n @@delegate(k) }\ntype T { t Int }\ntype U { u Int }\n"
    for heading in ("with T, U extends B", "with T U extends B", "extends B with T U"):
        assert list(load(base + f"model A {heading} {{ own Int }}").models["A"].fields) == ["t", "u", "id", "k", "own"]


def test_fields_come_mixins_first_depth_first_then_the_bases_then_own():
    schema = load(
        "type A { a Int }\ntype B with A { b Int }\ntype C { c Int }\n"
        "model Base with C { id Int @id\n kind String\n @@delegate(kind) }\nmodel M with B extends Base { own Int }"
    )
    assert list(schema.models["M"].fields) == ["a", "b", "c", "id", "kind", "own"]


def test_a_type_that_comes_by_two_ways_counts_once():
    text = "type A { a Int }\ntype B with A { b Int }\ntype C with A { c Int }\nmodel M with B, C { id Int @id }"
    assert list(load(text).models["M"].fields) == ["a", "b", "c", "id"]


def test_no_field_twice_in_all_that_a_model_has():
    message = 'duplicated declaration name "x"'
    assert error("model A { id Int @id\n x Int\n x Int }") == message
    assert error("type T { x Int }\nmodel A with T { id Int @id\n x Int }") == message
    assert error("type T { x Int }\ntype U { x Int }\nmodel A with T U { id Int @id }") == message
    assert error("model B { id Int @id\n x String\n @@delegate(x) }\nmodel A extends B { x Int }") == message


def test_circles_of_mixins_and_of_bases_are_refused():
    found = errors("type A with B { x Int }\ntype B with A { y Int }\nmodel M with A { id Int @id }")
    assert "cyclic mixin detected: A -> B -> A" in found
    found = errors(
        "model A extends B { id Int @id\n x String\n @@delegate(x) }\nmodel B extends A { y String\n @@delegate(y) }"
    )
    assert "cyclic inheritance detected: A -> B -> A" in found


def test_only_types_can_be_mixed_in_and_only_what_exists():
    assert error("model B { id Int @id }\nmodel A with B { x Int @id }") == '"B" cannot be mixed in: it is not a type'
    assert error("model A with Nope { id Int @id }") == 'type "Nope" does not exist'


def test_a_mixin_may_have_relation_fields_and_each_model_has_its_own():
    schema = load(
        "type Commented { comments Comment[] }\nmodel Post with Commented { id Int @id }\n"
        "model Page with Commented { id Int @id }\n"
        "model Comment { id Int @id\n postId Int?\n pageId Int?\n"
        " post Post? @relation(fields: [postId], references: [id])\n"
        " page Page? @relation(fields: [pageId], references: [id]) }"
    )
    assert schema.models["Post"].fields["comments"].relation.opposite == "post"
    assert schema.models["Page"].fields["comments"].relation.opposite == "page"


# Types as JSON


def test_a_json_shape_is_a_field_with_json():
    schema = load("type T { a Int\n inner T? }\nmodel A { id Int @id\n meta T @json\n all T[] @json }")
    field = schema.models["A"].fields["meta"]
    assert (field.type.kind, field.json, field.column) == ("type", True, "meta")
    assert schema.models["A"].fields["all"].type.array
    assert schema.types["T"].fields["inner"].type.optional


def test_a_field_of_a_type_needs_json():
    assert error("type T { a Int }\nmodel A { id Int @id\n t T }") == "custom-typed field must have @json attribute"


def test_a_json_shape_has_no_relation_fields_near_or_far():
    message = "type used as JSON field type cannot have relation fields"
    inner = (
        "model U { id Int @id }\ntype Inner { u U }\ntype Outer { inner Inner }\nmodel A { id Int @id\n t %s @json }"
    )
    assert error(inner % "Inner") == message
    assert error(inner % "Outer") == message


def test_a_type_may_be_what_auth_is():
    schema = load(
        "type Session { id Int\n roles String[]\n @@auth }\n"
        "model A { id Int @id\n @@allow('read', 'x' in auth().roles) }"
    )
    assert schema.auth == ("Session", "type")


# Views


def test_a_view_is_read_and_needs_no_key():
    view = load("view A { x Int\n @@map('a_view') }").models["A"]
    assert (view.view, view.table, view.key, view.ids) == (True, "a_view", None, ())


def test_a_view_may_be_unique_but_has_no_id_and_no_index():
    assert load("view A { x Int\n @@unique([x]) }").models["A"].ids == ("x",)
    assert error("view A { id Int @id }") == "`@id` is not allowed for views"
    assert error("view A { id Int\n @@id([id]) }") == "`@@id` is not allowed for views"
    assert error("view A { id Int\n @@index([id]) }") == "`@@index` is not allowed for views"


# Delegates


def test_only_delegates_can_be_extended():
    assert error("model A { id Int @id }\nmodel B extends A { x Int }") == (
        "model A cannot be extended because it's not a delegate model"
    )
    assert error("model B extends Nope { id Int @id }") == 'model "Nope" does not exist'


def test_a_discriminator_is_a_string_or_an_enum():
    assert sound("enum K { X }\nmodel A { id Int @id\n k K\n @@delegate(k) }")
    assert error("model A { id Int @id\n k Int\n @@delegate(k) }") == "a discriminator must be a String or an enum"
    assert error("model A { id Int @id\n @@delegate(k) }") == 'field "k" does not exist in "A"'


def test_delegates_know_their_sub_models_at_every_level():
    models = load(ASSETS).models
    assert (models["Asset"].discriminator, models["Asset"].sub_models) == ("kind", ("Video",))
    assert (models["Video"].base, models["Video"].discriminator, models["Video"].sub_models) == (
        "Asset",
        "format",
        ("Film",),
    )
    assert (models["Film"].base, models["Film"].discriminator) == ("Video", None)
    assert [name for name, field in models["Film"].fields.items() if field.discriminator] == ["kind", "format"]


def test_inherited_fields_stay_in_the_bases_table_but_for_the_key():
    fields = load(ASSETS).models["Film"].fields
    assert {name: field.inherited for name, field in fields.items()} == {
        "id": None,
        "kind": "Asset",
        "owner": "Asset",
        "url": "Video",
        "format": "Video",
        "length": None,
    }


def test_names_keys_and_indexes_are_not_inherited_all_else_is():
    models = load(ASSETS).models
    film = models["Film"]
    assert (film.table, film.indexes) == ("Film", ())
    assert [key.name for key in models["Asset"].keys] == ["id", "owner", "id_owner"]
    assert [key.name for key in film.keys] == ["id", "owner"]
    assert [(rule.effect, rule.inherited) for rule in film.rules] == [
        ("allow", "Asset"),
        ("deny", "Asset"),
        ("allow", "Video"),
    ]
    assert film.rules[0].condition.left.of.model == "Film"
    assert len(film.validations) == 1


def test_the_discriminators_value_is_the_models_name_unless_mapped():
    text = ASSETS + "model Image extends Asset { x Int\n @@delegateMap('picture') }"
    models = load(text).models
    assert (models["Asset"].discriminator_value, models["Video"].discriminator_value) == (None, "Video")
    assert models["Image"].discriminator_value == "picture"


@pytest.mark.parametrize(
    ("discriminator", "mapped", "message"),
    [
        ("String", "'x'", None),
        ("Kind", "VIDEO", None),
        ("Kind", "'x'", "@@delegateMap string value must match a String discriminator field"),
        ("String", "VIDEO", "@@delegateMap enum value cannot be used when the discriminator field is String"),
        ("Kind", "OTHER", "@@delegateMap enum value must come from the discriminator enum type"),
        ("String", "5", "@@delegateMap expects a string literal or enum value"),
    ],
)
def test_a_mapped_value_is_of_the_discriminators_type(discriminator: str, mapped: str, message: str | None):
    text = f"""enum Kind {{ VIDEO }}\nenum Else {{ OTHER }}
        model A {{ id Int @id\n k {discriminator}\n @@delegate(k) }}
        model B extends A {{ x Int\n @@delegateMap({mapped}) }}"""
    assert errors(text) == ([message] if message else [])


def test_mapped_values_are_unique_and_stand_once_on_sub_models():
    assert 'duplicate @@delegateMap value "Video"' in error(
        ASSETS + "model I extends Asset { x Int\n @@delegateMap('Video') }"
    )
    assert "at most one @@delegateMap" in error(
        ASSETS + "model I extends Asset { x Int\n @@delegateMap('a')\n @@delegateMap('b') }"
    )
    assert "can only be used on models that extend" in error("model A { id Int @id\n @@delegateMap('a') }")


@pytest.mark.parametrize("attribute", ["@@id([owner])", "@@unique([owner])", "@@index([owner])"])
def test_keys_and_indexes_of_a_sub_model_cannot_use_inherited_fields(attribute: str):
    found = errors(ASSETS + f"model I extends Asset {{ x Int\n {attribute} }}")
    assert any("cannot use fields inherited from a polymorphic base model" in message for message in found)


# Keys


def test_a_model_needs_something_unique():
    message = "model must have at least one unique criteria"
    assert error("model A { x Int }") == message
    for sound_one in ("x Int @id", "x Int @unique", "x Int\n @@id([x])", "x Int\n @@unique([x])", "x Int\n @@ignore"):
        assert sound(f"model A {{ {sound_one} }}")


def test_not_both_kinds_of_id_and_at_most_one_field():
    assert "both field-level @id and model-level @@id" in error("model A { x Int @id\n y Int\n @@id([y]) }")
    assert error("model A { x Int @id\n y Int @id }") == "model can include at most one field with @id attribute"


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("id Int? @id", "must not be optional"),
        ("id Int[] @id", "must be of scalar or enum type"),
        ("id Json @id", "must be of scalar or enum type"),
        ("id Int?\n @@id([id])", "must not be optional"),
    ],
)
def test_id_fields_are_required_scalars_or_enums(field: str, message: str):
    assert message in error(f"model A {{ {field} }}")


def test_an_enum_may_be_an_id():
    assert load("enum E { X }\nmodel A { id E @id }").models["A"].ids == ("id",)


def test_a_compound_selector_is_named_or_joined_by_underscores():
    model = load(
        "model A { a Int\n b Int\n c Int @unique(map: 'u')\n @@id([a, b], name: 'both', map: 'pk')\n @@unique([b, c]) }"
    ).models["A"]
    assert [(key.name, key.fields, key.map) for key in model.keys] == [
        ("both", ("a", "b"), "pk"),
        ("c", ("c",), "u"),
        ("b_c", ("b", "c"), None),
    ]
    assert (model.key.name, model.ids) == ("both", ("a", "b"))


def test_without_an_id_the_first_unique_identifies():
    assert load("model A { a Int\n b Int @unique\n c Int @unique }").models["A"].ids == ("b",)
    assert load("model A { a Int\n b Int\n @@unique([a, b]) }").models["A"].ids == ("a", "b")


# Fields


@pytest.mark.parametrize(
    "name", ["String", "Boolean", "Int", "BigInt", "Float", "Decimal", "DateTime", "Json", "Bytes"]
)
def test_builtin_types_may_be_lists_or_optional(name: str):
    fields = load(f"model A {{ id Int @id\n one {name}\n many {name}[]\n maybe {name}? }}").models["A"].fields
    assert [(f.type.name, f.type.array, f.type.optional) for f in list(fields.values())[1:]] == [
        (name, False, False),
        (name, True, False),
        (name, False, True),
    ]


def test_optional_lists_are_refused_in_models():
    assert "optional lists are not supported" in error("model A { id Int @id\n x Int[]? }")
    assert load("type T { x Int[]? }").types["T"].fields["x"].type.array


def test_lists_of_values_are_postgresqls():
    assert 'not supported for the provider "sqlite"' in error("model A { id Int @id\n x Int[] }", SQLITE)


def test_unsupported_names_a_type_of_the_database():
    field = load('model A { id Int @id\n c Unsupported("circle")? }').models["A"].fields["c"]
    assert (field.unsupported, field.type.kind, field.type.optional) == ("circle", "unsupported", True)
    assert "as a string literal" in error("model A { id Int @id\n c Unsupported(5) }")
    assert "takes no argument" in error("model A { id Int @id\n c String('x') }")


@pytest.mark.parametrize("name", ["Null", "Object", "Any", "Void"])
def test_types_of_expressions_are_no_types_of_fields(name: str):
    assert error(f"model A {{ id Int @id\n x {name} }}") == f'a field cannot be of type "{name}"'


def test_a_type_that_is_not_there_is_told_with_the_nearest():
    assert error("model A { id Int @id\n x Strng }") == 'type "Strng" does not exist'


def test_a_computed_field_has_no_column():
    field = load("model A { id Int @id\n x Int @computed }").models["A"].fields["x"]
    assert (field.computed, field.column) == (True, None)
