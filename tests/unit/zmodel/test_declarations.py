"""Imports, datasource, generators, plugins, enums, functions, attributes, procedures."""

from pathlib import Path

import pytest

from gatepost import zmodel
from gatepost.zmodel import SchemaProblem
from tests.unit.zmodel.helpers import DATASOURCE, error, errors, load, sound

SHOP = Path(__file__).parent / "fixtures" / "shop"
A = "model A { id Int @id }\n"


def texts(**files: str) -> dict[str, str]:
    """Files by name, the first with a datasource."""
    first, *_ = files
    return {f"{name}.zmodel": (DATASOURCE if name == first else "") + text for name, text in files.items()}


def imported(imports: str, **files: str) -> dict[str, str]:
    return {
        "main.zmodel": imports + "\n" + DATASOURCE + files.pop("main"),
        **{f"{k}.zmodel": v for k, v in files.items()},
    }


# Imports


def test_an_import_is_relative_to_its_file_and_needs_no_suffix():
    schema = zmodel.load(SHOP / "schema.zmodel")
    assert {Path(name).name for name in schema.files} == {
        "schema.zmodel",
        "base.zmodel",
        "customers.zmodel",
        "orders.zmodel",
        "roles.zmodel",
    }
    assert {"Customer", "Order", "Line", "Product"} <= set(schema.models)


def test_an_import_may_end_in_a_semicolon_and_in_the_suffix():
    assert zmodel.check(imported("import './b.zmodel';", main=A, b="enum E { X }")) == []


def test_imports_may_be_cyclic_and_each_file_is_read_once():
    files = {
        "a.zmodel": 'import "b"\n' + DATASOURCE + "model A { id Int @id\n b B? }",
        "b.zmodel": 'import "a"\nmodel B { id Int @id\n aId Int @unique\n'
        " a A @relation(fields: [aId], references: [id]) }",
    }
    schema = zmodel.load(files)
    assert set(schema.models) == {"A", "B"}
    assert schema.files == ("a.zmodel", "b.zmodel")


def test_a_file_that_is_not_there_is_told():
    found = zmodel.check(imported("import './gone'", main=A))
    assert [(each.message, each.line) for each in found] == [("cannot find the file gone.zmodel", 1)]


def test_a_name_is_seen_through_imports_near_and_far():
    files = imported("import 'b'", main="model A { id Int @id\n e E }", b="import 'c'", c="enum E { X }")
    assert zmodel.load(files).models["A"].fields["e"].type.kind == "enum"


def test_a_name_in_a_file_that_is_not_imported_is_not_seen():
    files = imported("import 'b'\nimport 'c'", main=A, b="type B { e E }", c="enum E { X }")
    found = zmodel.check(files)
    assert found[0].message == 'type "E" does not exist'
    assert found[0].hint == "it is declared in c.zmodel, which this file does not import"


def test_several_files_given_together_see_each_other(tmp_path: Path):
    (tmp_path / "a.zmodel").write_text(DATASOURCE + "model A { id Int @id\n e E }")
    (tmp_path / "b.zmodel").write_text("enum E { X }")
    assert set(zmodel.load([tmp_path / "a.zmodel", tmp_path / "b.zmodel"]).enums) == {"E"}


def test_duplicated_names_are_told_within_a_file_and_over_files():
    assert error("model A { id Int @id }\nenum A { X }") == 'duplicated declaration name "A"'
    found = zmodel.check(imported("import 'b'", main=A, b="type A { x Int }"))
    assert [each.message for each in found] == ['duplicated declaration name "A"']
    assert "main.zmodel" in (found[0].hint or "")


# Datasource


def test_there_is_exactly_one_datasource():
    assert error(A, "") == "schema must have a datasource declaration"
    assert (
        error("datasource other { provider = 'postgresql' }\n" + A)
        == "multiple datasource declarations are not allowed"
    )


def test_the_datasource_may_be_in_an_imported_file():
    assert zmodel.check({"a.zmodel": "import 'b'\n" + A, "b.zmodel": DATASOURCE}) == []


def test_the_datasource_has_a_provider_that_exists():
    assert error(A, "datasource db { }") == 'datasource must include a "provider" field'
    assert error(A, "datasource db { provider = [1] }") == '"provider" must be set to a string literal'
    assert "is not supported: choose from postgresql, sqlite, mysql" in error(
        A, "datasource db { provider = 'oracle' }"
    )


@pytest.mark.parametrize("provider", ["sqlite", "postgresql", "mysql"])
def test_three_providers_can_be_read(provider: str):
    assert load(A, f"datasource db {{ provider = '{provider}' }}").provider == provider


def test_the_url_is_a_string_a_variable_or_absent():
    assert load(A, "datasource db { provider = 'postgresql'\n url = 'postgres://x' }").datasource.url == "postgres://x"
    assert load(A, "datasource db { provider = 'postgresql'\n url = env('X') }").datasource.url_variable == "X"
    assert load(A).datasource.url is None
    assert "url" in error(A, "datasource db { provider = 'postgresql'\n url = 5 }")


def test_schemas_are_postgresqls_and_string_literals():
    good = "datasource db { provider = 'postgresql'\n schemas = ['public', 'shop'] }"
    assert load(A + "model B { id Int @id\n @@schema('shop') }", good).models["B"].schema == "shop"
    assert '"schemas" is only supported' in errors(A, "datasource db { provider = 'sqlite'\n schemas = ['public'] }")[0]
    assert (
        error(A, "datasource db { provider = 'postgresql'\n schemas = [a] }")
        == '"schemas" must be an array of string literals'
    )
    assert (
        error(A, "datasource db { provider = 'postgresql'\n defaultSchema = 1 }")
        == '"defaultSchema" must be a string literal'
    )


def test_the_default_schema_is_listed():
    assert '"x" must be included' in error(
        A, "datasource db { provider = 'postgresql'\n schemas = ['public']\n defaultSchema = 'x' }"
    )
    assert '"public" must be included' in error(A, "datasource db { provider = 'postgresql'\n schemas = ['x'] }")
    assert (
        load(
            A, "datasource db { provider = 'postgresql'\n schemas = ['x']\n defaultSchema = 'x' }"
        ).datasource.default_schema
        == "x"
    )


def test_a_schema_that_is_used_is_listed():
    assert error("model A { id Int @id\n @@schema('x') }") == 'Schema "x" is not defined in the datasource'


def test_extensions_are_names_or_have_options():
    source = "datasource db { provider = 'postgresql'\n extensions = [pg_trgm, postgis(version: \"3\"), 'uuid-ossp'] }"
    found = load(A, source).datasource.extensions
    assert [(each.name, each.options) for each in found] == [
        ("pg_trgm", {}),
        ("postgis", {"version": "3"}),
        ("uuid-ossp", {}),
    ]


def test_a_setting_stands_once():
    assert 'name "provider"' in error(A, "datasource db { provider = 'postgresql'\n provider = 'postgresql' }")


# Generators, plugins


def test_generators_and_plugins_are_kept_with_their_settings():
    schema = load(
        A + "generator client { provider = 'prisma-client-js'\n previewFeatures = ['x'] }\n"
        "plugin policy { provider = '@zenstackhq/plugin-policy'\n options = {a: 1, 'b': [true], c: {d: null},} }"
    )
    generator, plugin = schema.configurations
    assert generator.settings == {"provider": "prisma-client-js", "previewFeatures": ["x"]}
    assert plugin.settings["options"] == {"a": 1, "b": [True], "c": {"d": None}}


def test_policies_need_no_plugin():
    assert sound("model A { id Int @id\n @@allow('all', true) }")


def test_a_plugin_on_disk_brings_its_declarations():
    files = imported(
        "", main="plugin soft { provider = './soft' }\nmodel A { id Int @id\n gone DateTime? @softDelete('x') }"
    )
    files["soft/plugin.zmodel"] = (
        "attribute @softDelete(_ reason: String) @@@targetField([DateTimeField]) @@@onceInModel"
    )
    attribute = zmodel.load(files).models["A"].fields["gone"].attributes[0]
    assert (attribute.name, attribute.arguments) == ("@softDelete", {"reason": "x"})


def test_a_provider_may_be_a_zmodel_file():
    files = imported(
        "", main="plugin p { provider = './extra.zmodel' }\nmodel A { id Int @id @extra }", extra="attribute @extra()"
    )
    assert zmodel.check(files) == []


# Enums


def test_an_enum_has_at_least_one_member():
    assert error("enum E { }") == "an enum has at least one member"


def test_enums_and_their_members_have_names_in_the_database():
    source = "datasource db { provider = 'postgresql'\n schemas = ['public', 'x'] }"
    enum = load(
        "enum Role {\n ADMIN @map('admin')\n USER\n @@map('role_enum')\n @@schema('x')\n @@meta('k', 1) }\n" + A, source
    ).enums["Role"]
    assert (enum.database_name, enum.schema, enum.values) == ("role_enum", "x", {"ADMIN": "admin", "USER": "USER"})
    assert enum.notes[0].value == 1


def test_a_member_stands_once():
    assert 'name "X"' in error("enum E { X Y X }")


def test_members_are_referred_to_by_their_bare_name():
    assert load("enum E { X Y }\nmodel A { id Int @id\n e E @default(Y) }").models["A"].fields["e"].default.value == "Y"


def test_a_field_goes_before_a_member_of_the_same_name():
    schema = load("enum E { X Y }\nmodel A { id Int @id\n X Boolean\n @@allow('read', X) }")
    condition = schema.models["A"].rules[0].condition
    assert type(condition).__name__ == "Member"


def test_a_member_of_two_enums_is_that_of_the_fields_enum():
    schema = load(
        "enum One { A B }\nenum Two { A C }\nmodel M { id Int @id\n one One @default(A)\n"
        " two Two @default(A)\n @@allow('read', two == A) }"
    )
    assert schema.models["M"].rules[0].condition.right.enum == "Two"


# Functions, attributes, procedures


def test_positional_arguments_fill_positional_parameters_in_order():
    field = (
        load("attribute @x(_ a: Int, b: Int?, _ c: String)\nmodel A { id Int @id @x(1, 's', b: 2) }")
        .models["A"]
        .fields["id"]
    )
    assert field.attributes[0].arguments == {"a": 1, "c": "s", "b": 2}


@pytest.mark.parametrize(
    ("applied", "message"),
    [
        ("@x", "required parameter not provided: a"),
        ("@y", "required parameters not provided: a, b"),
        ("@x(1, 2)", "unexpected unnamed argument of @x"),
        ("@x(1, c: 2)", 'parameter of @x "c" does not exist'),
        ("@x(1, a: 2)", 'parameter "a" is already provided'),
        ("@x('s')", 'invalid argument type: expected Int, not String (parameter "a" of @x)'),
        ("@x([1])", 'expected non-array: Int, not Int[] (parameter "a" of @x)'),
        ("@nope", 'attribute "@nope" does not exist'),
    ],
)
def test_arguments_fit_their_parameters(applied: str, message: str):
    assert error(f"attribute @x(_ a: Int)\nattribute @y(a: Int, b: Int)\nmodel A {{ id Int @id {applied} }}") == message


def test_parameters_may_be_fields_of_the_model_or_of_the_one_referred_to():
    own = "attribute @@of(_ fields: FieldReference[])\nmodel A { id Int @id\n x Int\n @@of([x]) }"
    assert load(own).models["A"].attributes[0].arguments == {"fields": ["x"]}
    assert error(own.replace("[x]", "[y]")) == 'field "y" does not exist in "A"'
    assert "expected an array of field references" in error(own.replace("[x]", "x"))


def test_target_fields_bound_what_an_attribute_stands_on():
    text = "attribute @t() @@@targetField([StringField, ListField])\nmodel A {{ id Int @id\n f {} @t }}"
    assert sound(text.format("String"))
    assert sound(text.format("Int[]"))
    assert error(text.format("Int")) == 'attribute "@t" cannot be used on this type of field'


@pytest.mark.parametrize(
    ("target", "good", "bad"),
    [
        ("StringField", "String", "Int"),
        ("IntField", "Int", "BigInt"),
        ("BigIntField", "BigInt", "Int"),
        ("FloatField", "Float", "Decimal"),
        ("DecimalField", "Decimal", "Float"),
        ("BooleanField", "Boolean", "Int"),
        ("DateTimeField", "DateTime", "String"),
        ("JsonField", "Json", "String"),
        ("BytesField", "Bytes", "String"),
        ("TypeDefField", "T @json", "String"),
        ("ListField", "Int[]", "Int"),
    ],
)
def test_each_target_field(target: str, good: str, bad: str):
    text = f"attribute @t() @@@targetField([{target}])\ntype T {{ a Int }}\nmodel A {{ id Int @id\n f %s @t }}"
    assert sound(text % good)
    assert "cannot be used on this type of field" in error(text % bad)


def test_model_field_is_a_target_too():
    text = (
        "attribute @t() @@@targetField([ModelField])\nmodel A { id Int @id\n b B? @t }\n"
        "model B { id Int @id\n aId Int @unique %s\n a A @relation(fields: [aId], references: [id]) }"
    )
    assert sound(text % "")
    assert "cannot be used" in error(text % "@t")


def test_target_field_stands_on_attributes_only():
    assert "can only be used on attribute declarations" in error("procedure p(): Int @@@targetField([IntField])\n" + A)


def test_once_bounds_an_attribute_to_one_use():
    assert error("model A { id Int @id @id }") == 'attribute "@id" can only be applied once'
    assert (
        error("type T { x Int\n @@id([x]) }\nmodel A with T { y Int\n @@id([y]) }")
        == 'attribute "@@id" can only be applied once'
    )


def test_once_in_model_counts_inherited_fields():
    declared = "attribute @one() @@@onceInModel\ntype T { x Int @one }\n"
    message = 'attribute "@one" can only be applied to one field per model'
    assert error(declared + "model A { id Int @id @one\n y Int @one }") == message
    assert error(declared + "model A with T { id Int @id\n y Int @one }") == message
    assert error(declared + "type U { z Int @one }\nmodel A with T, U { id Int @id }") == message


def test_a_deprecated_attribute_is_a_warning():
    text = DATASOURCE + "attribute @old() @@@deprecated('use @new')\nmodel A { id Int @id @old }"
    assert [(each.severity, each.message) for each in zmodel.check(text)] == [("warning", "use @new")]
    assert zmodel.load(text).warnings[0].message == "use @new"


def test_a_function_may_be_called_where_its_context_says():
    declared = "function odd(a: Int): Boolean { a in [1, 3] } @@@expressionContext([AccessPolicy])\n"
    assert sound(declared + "model A { id Int @id\n @@allow('read', odd(id)) }")
    assert error(declared + "model A { id Int @id\n @@validate(odd(id)) }") == (
        'function "odd" is not allowed in the current context: ValidationRule'
    )


def test_procedures_take_and_return_scalars_enums_models_and_types():
    schema = load(
        "enum E { X }\ntype T { a Int }\n"
        + A
        + "mutation procedure p(a: Int, e: E[]?, t: T, m: A): A[]\nprocedure q(): Void"
    )
    p, q = schema.procedures["p"], schema.procedures["q"]
    assert (p.mutation, q.mutation) == (True, False)
    assert [(each.name, each.type.name, each.type.array, each.type.optional) for each in p.parameters] == [
        ("a", "Int", False, False),
        ("e", "E", True, True),
        ("t", "T", False, False),
        ("m", "A", False, False),
    ]
    assert (p.returns.name, p.returns.kind, p.returns.array) == ("A", "model", True)


def test_procedures_have_types_that_exist_and_names_that_are_free():
    assert error(A + "procedure p(a: Nope): Int") == 'type "Nope" does not exist'
    assert error(A + "procedure p(): Nope") == 'type "Nope" does not exist'
    assert error(A + "procedure __proto__(): Int") == 'procedure name "__proto__" is reserved'
    assert 'name "a"' in error(A + "procedure p(a: Int, a: Int): Int")


def test_a_syntax_error_in_an_imported_file_is_told_there():
    with pytest.raises(SchemaProblem) as caught:
        zmodel.load(imported("import 'b'", main=A, b="modle B { }"))
    assert [(each.file, each.line, each.hint) for each in caught.value.diagnostics] == [
        ("b.zmodel", 1, 'did you mean "model"?')
    ]
