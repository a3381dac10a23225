"""The standard library: what each attribute and function takes, and where it stands."""

import pytest

from gatepost.zmodel.link import stdlib
from gatepost.zmodel.nodes import Attribute, Function
from gatepost.zmodel.schema import Default, Index, IndexField
from tests.unit.zmodel.helpers import error, errors, load, post, rule, sound

DECLARED = {each.name: each for each in stdlib().declarations}


def field(text: str, more: str = ""):
    """The field `x` of a model that declares it so."""
    return load(f"{more}\nmodel A {{ id Int @id\n x {text} }}").models["A"].fields["x"]


def default(text: str, more: str = "") -> Default:
    found = field(text, more).default
    assert found is not None
    return found


def test_the_library_declares_all_that_the_language_has():
    attributes = {name for name, each in DECLARED.items() if isinstance(each, Attribute)}
    assert {
        "@id", "@@id", "@default", "@unique", "@@unique", "@@index", "@@fulltext", "@relation", "@map", "@@map",
        "@@schema", "@ignore", "@@ignore", "@omit", "@updatedAt", "@fuzzy", "@fullText", "@json", "@computed",
        "@@delegate", "@@delegateMap", "@@auth", "@meta", "@@meta", "@prisma.passthrough", "@@prisma.passthrough",
        "@@allow", "@@deny", "@allow", "@deny", "@@validate",
    } <= attributes  # fmt: skip
    assert {
        "Text", "Char", "VarChar", "Bit", "VarBit", "Uuid", "Xml", "Inet", "Citext", "Boolean", "Int", "Integer",
        "SmallInt", "Oid", "BigInt", "DoublePrecision", "Real", "Decimal", "Money", "Timestamp", "Timestamptz", "Date",
        "Time", "Timetz", "Json", "JsonB", "ByteA",
    } <= {name.removeprefix("@db.") for name in attributes if name.startswith("@db.")}  # fmt: skip
    functions = {name for name, each in DECLARED.items() if isinstance(each, Function)}
    assert functions == {
        "env", "raw", "now", "uuid", "cuid", "nanoid", "ulid", "autoincrement", "dbgenerated", "auth", "before",
        "check", "currentModel", "currentOperation", "contains", "startsWith", "endsWith", "has", "hasSome", "hasEvery",
        "isEmpty", "length", "regex", "isEmail", "isUrl", "isPhone", "isDate", "isTime", "isDateTime",
    }  # fmt: skip


# Keys and indexes


def test_id_and_unique_take_map_length_sort_clustered():
    options = "map: 'm', length: 5, sort: Desc, clustered: false"
    model = load(f"model A {{ id Int @id({options})\n x Int @unique({options}) }}").models["A"]
    assert [(key.map, key.columns) for key in model.keys] == [
        ("m", (IndexField("id", "Desc", 5),)), ("m", (IndexField("x", "Desc", 5),)),
    ]  # fmt: skip


def test_index_takes_a_type_and_options_by_field():
    model = load(
        "model A { id Int @id\n a String\n b String\n"
        " @@index([a(sort: Desc, length: 3), b(ops: raw('gin_trgm_ops'))], type: Gin, map: 'ix', name: 'n')\n"
        " @@index([b(ops: TextOps)], type: SpGist)\n @@index([a])\n @@fulltext([a, b]) }"
    ).models["A"]
    first, second, third, text = model.indexes
    assert first == Index((IndexField("a", "Desc", 3), IndexField("b", ops="gin_trgm_ops", raw=True)), "Gin", "ix", "n")
    assert second.fields == (IndexField("b", ops="TextOps"),)
    assert third.method == "BTree"
    assert text.full_text


@pytest.mark.parametrize("method", ["BTree", "Hash", "Gist", "Gin", "SpGist", "Brin"])
def test_all_methods_of_indexes(method: str):
    assert load(f"model A {{ id Int @id\n @@index([id], type: {method}) }}").models["A"].indexes[0].method == method


def test_keys_and_indexes_name_fields_that_hold_values():
    assert "expects at least one field reference" in error("model A { id Int @id\n @@index([]) }")
    assert "expected an array of field references" in error("model A { id Int @id\n @@index(['id']) }")
    assert error("model A { id Int @id\n @@unique([nope]) }") == 'field "nope" does not exist in "A"'
    assert "cannot use a relation field" in error(post("@@index([author])"))
    assert error(post("@@index([title], type: Btree)")) == 'field or enum member "Btree" does not exist'


# Names, visibility


def test_names_in_the_database():
    model = load("model A { id Int @id @map('a_id')\n @@map('as') }").models["A"]
    assert (model.table, model.fields["id"].column) == ("as", "a_id")


def test_ignore_omit_and_meta():
    model = load(
        "model A { id Int @id\n x Int @ignore\n y Int @omit @meta('claim', 'a.b')\n @@ignore\n @@meta('k', {a: [1]}) }"
    ).models["A"]
    assert (model.ignored, model.fields["x"].ignored, model.fields["y"].omit) == (True, True, True)
    assert [(note.name, note.value) for note in model.fields["y"].notes] == [("claim", "a.b")]
    assert model.notes[0].value == {"a": [1]}


def test_updated_at_may_ignore_fields():
    model = load("model A { id Int @id\n seen Int\n a DateTime @updatedAt\n b DateTime @updatedAt(ignore: [seen]) }")
    fields = model.models["A"].fields
    assert (fields["id"].updated_at, fields["a"].updated_at, fields["b"].updated_at) == (None, (), ("seen",))
    assert "cannot be used on this type of field" in error("model A { id Int @id\n x Int @updatedAt }")


@pytest.mark.parametrize("attribute", ["@fuzzy", "@fullText"])
def test_searchable_fields_are_strings_of_postgresql(attribute: str):
    found = field(f"String {attribute}")
    assert (found.fuzzy, found.full_text) == (attribute == "@fuzzy", attribute == "@fullText")
    assert "cannot be used on this type of field" in error(f"model A {{ id Int @id\n x Int {attribute} }}")
    text = f"model A {{ id Int @id\n x String {attribute} }}"
    assert "only supported for the `postgresql` provider" in error(text, "datasource db { provider = 'mysql' }")


@pytest.mark.parametrize(
    ("written", "name", "arguments"),
    [
        ("String @db.VarChar(20)", "VarChar", (20,)),
        ("String @db.Uuid", "Uuid", ()),
        ("Decimal @db.Decimal(10, 2)", "Decimal", (10, 2)),
        ("DateTime @db.Timestamptz(6)", "Timestamptz", (6,)),
        ("Json @db.JsonB", "JsonB", ()),
        ("Bytes @db.ByteA", "ByteA", ()),
        ("Boolean @db.Bit(1)", "Bit", (1,)),
    ],
)
def test_native_types(written: str, name: str, arguments: tuple[int, ...]):
    native = field(written).native
    assert native is not None
    assert (native.name, native.arguments) == (name, arguments)


def test_a_native_type_stands_on_fields_of_its_type():
    assert "cannot be used on this type of field" in error("model A { id Int @id\n x Int @db.VarChar(20) }")


def test_passthrough_is_kept_off_the_schema():
    assert field("Int @prisma.passthrough('@x')").attributes == ()


# Defaults


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("Int @default(5)", 5),
        ("Int @default(-5)", -5),
        ("BigInt @default(9007199254740993)", 9007199254740993),
        ("Float @default(1.5)", 1.5),
        ("Decimal @default(1.10)", "1.10"),
        ("Decimal @default(123456789012345678901234567890)", "123456789012345678901234567890"),
        ("String @default('x')", "x"),
        ("Boolean @default(true)", True),
        ("E @default(B)", "B"),
        ("E[] @default([A, B])", ["A", "B"]),
        ("Int[] @default([1, 2])", [1, 2]),
        ("Int[] @default([])", []),
        ("DateTime @default('2024-01-31')", "2024-01-31"),
        ("Json @default('{\"a\": [1]}')", {"a": [1]}),
        ("Json[] @default(['1', '[2]'])", [1, [2]]),
        ("T @json @default('{\"a\": 1}')", {"a": 1}),
    ],
)
def test_default_values(written: str, value: object):
    assert default(written, "enum E { A B }\ntype T { a Int }").value == value


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("Int @default('x')", "invalid argument type: expected Int, not String"),
        ("Int @default(1.5)", "expected a whole number"),
        ("Int @default([1])", "expected non-array"),
        ("Int[] @default(1)", "expected array"),
        ("String @default(1)", "invalid argument type"),
        ("E @default('A')", "invalid argument type"),
        ("E @default(Other)", 'field or enum member "Other" does not exist'),
        ("DateTime @default('soon')", "invalid argument type"),
        ("Json @default('{')", "expected a JSON string literal"),
        ("Json @default(1)", "expected a JSON string literal"),
        ("Json[] @default('[]')", "expected an array of JSON string literals"),
    ],
)
def test_defaults_are_of_the_fields_type(written: str, message: str):
    assert message in error(f"enum E {{ A }}\nmodel A_ {{ id Int @id\n x {written} }}")


@pytest.mark.parametrize(
    ("written", "function", "arguments"),
    [
        ("DateTime @default(now())", "now", ()),
        ("String @default(uuid())", "uuid", ()),
        ("String @default(uuid(7))", "uuid", (7,)),
        ("String @default(uuid(4, 'u_%s'))", "uuid", (4, "u_%s")),
        ("String @default(cuid(2))", "cuid", (2,)),
        ("String @default(nanoid(8, '%s'))", "nanoid", (8, "%s")),
        ("String @default(ulid('x_%s'))", "ulid", ("x_%s",)),
        ("Int @default(autoincrement())", "autoincrement", ()),
        ("String @default(dbgenerated('gen_random_uuid()'))", "dbgenerated", ("gen_random_uuid()",)),
        ("String @default(dbgenerated())", "dbgenerated", ()),
    ],
)
def test_generated_defaults(written: str, function: str, arguments: tuple[object, ...]):
    found = default(written)
    assert (found.function, found.arguments) == (function, arguments)


def test_a_default_may_come_from_auth():
    found = default("Int @default(auth().org.id)", "type Org { id Int }\ntype Who { org Org\n @@auth }")
    assert (found.function, found.path) == ("auth", ("org", "id"))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("uuid(1)", "first argument must be 4 or 7"),
        ("cuid(3)", "first argument must be 1 or 2"),
        ("nanoid(0)", "first argument must be a positive number"),
        ("nanoid(-1)", "first argument must be a positive number"),
        ("uuid(4, 'x')", 'argument must include "%s"'),
        ("cuid(2, '')", 'argument must include "%s"'),
        ("nanoid(8, 'user_%')", 'argument must include "%s"'),
        ("ulid('x')", 'argument must include "%s"'),
        (r"uuid(4, '\\%s')", 'argument must include "%s"'),
        ("uuid('x')", "argument is not assignable"),
        ("contains('a', 'b')", "not allowed in the current context: DefaultValue"),
        ("currentModel()", "not allowed in the current context: DefaultValue"),
    ],
)
def test_arguments_of_generators(written: str, message: str):
    assert message in error(f"model A {{ id Int @id\n x String @default({written}) }}")


def test_an_escaped_placeholder_may_stand_beside_a_real_one():
    assert sound(r"model A { id Int @id" "\n" r" x String @default(uuid(7, '\\%s_%s')) }")


# Functions by context


@pytest.mark.parametrize(
    "call",
    [
        "contains(title, 'x')", "startsWith(title, 'x')", "endsWith(title, 'x', true)", "has(keywords, 'x')",
        "hasSome(keywords, ['x'])", "hasEvery(keywords, ['x'])", "isEmpty(keywords)", "createdAt < now()",
    ],
)  # fmt: skip
def test_functions_of_policies_and_validations(call: str):
    assert sound(rule(call))
    assert sound(post(f"@@validate({call})"))


@pytest.mark.parametrize(
    "call", ["check(author)", "currentModel() == 'Post'", "currentOperation('upper') == 'READ'", "auth() != null"]
)
def test_functions_of_policies_alone(call: str):
    assert sound(rule(call))
    assert "not allowed in the current context: ValidationRule" in error(post(f"@@validate({call})"))


@pytest.mark.parametrize(
    "call",
    [
        "length(title) > 1", "length(keywords) < 5", "regex(title, '^x')", "isEmail(title)", "isUrl(title)",
        "isPhone(title)", "isDate(title)", "isTime(title, 3)", "isDateTime(title)",
    ],
)  # fmt: skip
def test_functions_of_validations_alone(call: str):
    assert sound(post(f"@@validate({call})"))
    assert "not allowed in the current context: AccessPolicy" in error(rule(call))


def test_functions_of_configuration_and_indexes_stand_there_alone():
    assert "not allowed in the current context: AccessPolicy" in error(rule("env('X') == 'x'"))
    assert "not allowed in the current context: AccessPolicy" in error(rule("raw('x') == 'x'"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("contains(title)", 'missing argument for parameter "search"'),
        ("contains(views, 'x')", 'argument is not assignable to parameter "field": it takes String, this is Int'),
        ("contains(title, 'x', true, 1)", 'function "contains" takes 3 arguments'),
        ("has(title, 'x')", "argument is not assignable"),
        ("hasSome(keywords, 'x')", "argument is not assignable"),
        ("contians(title, 'x')", 'function "contians" does not exist'),
        (
            "currentModel('loud') == 'x'",
            'argument must be one of: "original", "upper", "lower", "capitalize", "uncapitalize"',
        ),
        ("check(title)", "argument must be a relation field"),
        ("check(author.posts)", "argument must be a relation field"),
        ("check(reviews)", "argument cannot be an array field"),
        ("check(author, 'all')", 'argument must be one of: "create", "read", "update", "delete"'),
        ("check(author, 'post-update')", 'argument must be one of: "create", "read", "update", "delete"'),
    ],
)
def test_arguments_of_functions(call: str, message: str):
    assert message in error(rule(call))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("length('x') > 1", "argument must be a string or list field"),
        ("length(views) > 1", "argument must be a string or list field"),
        ("regex(title, subtitle)", "second argument must be a string literal"),
        ("regex(title, '(')", "invalid regular expression"),
    ],
)
def test_arguments_of_validating_functions(call: str, message: str):
    assert message in error(post(f"@@validate({call})"))


@pytest.mark.parametrize("pattern", [r"^(?<year>\\d{4})$", r"\\p{L}+", r"[^\\/]+", r"\\u{1F600}", "a{2,}"])
def test_patterns_are_javascripts(pattern: str):
    assert sound(post(f"@@validate(regex(title, '{pattern}'))"))


# Validation


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        ("String @length(1, 5)", {"min": 1, "max": 5}),
        ("Int[] @length(max: 5)", {"max": 5}),
        ("String @startsWith('x')", {"text": "x"}),
        ("String @endsWith('x')", {"text": "x"}),
        ("String @contains('x')", {"text": "x"}),
        ("String @regex('^x$')", {"regex": "^x$"}),
        ("String @email", {}),
        ("String @url", {}),
        ("String @phone", {}),
        ("String @datetime", {}),
        ("String @date", {}),
        ("String @time(3)", {"precision": 3}),
        ("String @trim", {}),
        ("String @lower", {}),
        ("String @upper", {}),
        ("Int @gt(1)", {"value": 1}),
        ("Float @gte(1.5)", {"value": 1.5}),
        ("Decimal @lt(9)", {"value": 9}),
        ("BigInt @lte(9)", {"value": 9}),
    ],
)
def test_validation_attributes(written: str, arguments: dict[str, object]):
    found = field(written).constraints[0]
    name = written.partition("@")[2].partition("(")[0]
    assert (found.name, found.arguments, found.message) == (name, arguments, None)


def test_validation_attributes_keep_their_order_and_message():
    found = field("String @trim @lower @length(1, 5, 'too long')").constraints
    assert [each.name for each in found] == ["trim", "lower", "length"]
    assert found[2].message == "too long"


@pytest.mark.parametrize("written", ["Int @email", "String @gt(1)", "Int @length(1)", "DateTime @trim"])
def test_validation_attributes_stand_on_fields_of_their_kind(written: str):
    assert "cannot be used on this type of field" in error(f"model A {{ id Int @id\n x {written} }}")


def test_a_pattern_that_is_none_is_told():
    assert "invalid regular expression" in error("model A { id Int @id\n x String @regex('[') }")


def test_validate_has_a_condition_a_message_and_a_path():
    found = load(post("@@validate(views > 0 || title == '', 'bad', ['views', 'title'])")).models["Post"].validations[0]
    assert (found.message, found.path) == ("bad", ("views", "title"))


def test_validate_uses_no_relations_and_no_bindings():
    assert error(post("@@validate(author != null)")) == "`@@validate` condition cannot use relation fields"
    assert any("cannot use bindings" in each for each in errors(post("@@validate(reviews?[r, r.stars > 1])")))
