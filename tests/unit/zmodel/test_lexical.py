"""What the language is made of: words, strings, numbers, comments, keywords."""

import pytest

from gatepost.zmodel import SchemaProblem, nodes
from gatepost.zmodel.diagnostics import Source
from gatepost.zmodel.parse import parse
from tests.unit.zmodel.helpers import DATASOURCE, error, load, sound


def document(text: str) -> nodes.Document:
    return parse(Source("schema.zmodel", text))


def expression(text: str) -> nodes.Expression:
    """What `text` is as the value of a setting."""
    found = document(f"plugin p {{ value = {text} }}").declarations[0]
    assert isinstance(found, nodes.Configuration)
    return found.settings[0].value


def test_whitespace_means_nothing():
    packed = document("model A{id Int@id@@index([id])}")
    airy = document("model\n\tA {\r\n id   Int  @id\n\n@@index( [ id ] )\n}\n")
    assert packed == airy


def test_comments_of_all_kinds_may_stand_anywhere():
    plain = document("model A { id Int @id }")
    assert plain == document("/* a */ model // b\n A { /* c\n d */ id Int /*e*/ @id // f\n } // g")


def test_doc_comments_belong_to_what_follows():
    model = load("/// A post.\n/// Second line.\nmodel A {\n  /// Its key.\n  id Int @id\n}").models["A"]
    assert model.doc == "A post.\nSecond line."
    assert model.fields["id"].doc == "Its key."


def test_doc_comments_are_accepted_before_anything():
    assert sound(
        "/// a\nmodel A {\n/// b\nid Int @id\n/// c\n@@index([id])\n/// d\n}\n/// e\nenum E {\n/// f\nX\n/// g\n}",
        "/// h\ndatasource db {\n/// i\nprovider = 'postgresql'\n}\n",
    )


def test_a_doc_comment_at_the_end_of_a_line_is_not_of_the_next():
    model = load("model A {\n  id Int @id /// the key\n  x Int\n}").models["A"]
    assert model.fields["x"].doc == ""


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"double"', "double"),
        ("'single'", "single"),
        (r"'it\'s'", "it's"),
        (r'"a\nb\tc"', "a\nb\tc"),
        (r"'back\\slash'", "back\\slash"),
        (r"'\%s \q'", "%s q"),
        ("'two\nlines'", "two\nlines"),
        ("''", ""),
    ],
)
def test_strings_have_either_quote_and_backslash_escapes(written: str, meant: str):
    found = expression(written)
    assert isinstance(found, nodes.Text)
    assert found.value == meant


@pytest.mark.parametrize("written", ["0", "12", "-3", "+4", "1.50", "-0.5"])
def test_a_sign_is_part_of_its_number(written: str):
    assert expression(written) == nodes.Number(found_at(), written)


def found_at():
    return nodes.Span(Source("", ""), 0, 0)


def test_there_is_no_unary_minus():
    with pytest.raises(SchemaProblem, match="unexpected character '-'"):
        expression("-x")


@pytest.mark.parametrize("sign", ["+", "*", "/", "%"])
def test_there_is_no_arithmetic(sign: str):
    with pytest.raises(SchemaProblem):
        expression(f"1 {sign} x")


def test_a_number_with_a_point_counts_as_int_and_fits_float_and_decimal():
    assert sound(
        "model A { id Int @id\n f Float @default(1.5)\n d Decimal @default(2.50) @gt(0.1)\n b Float @default(1) }"
    )


def test_a_number_has_an_end():
    with pytest.raises(SchemaProblem, match="at most 100 characters"):
        expression("9" * 5000)


def test_true_and_false_are_booleans():
    assert expression("true") == nodes.Boolean(found_at(), True)
    assert expression("false") == nodes.Boolean(found_at(), False)


def test_attribute_names_are_one_token_with_dots():
    model = load("model A { id Int @id\n name String @db.VarChar(20)\n @@prisma.passthrough('@@x') }").models["A"]
    native = model.fields["name"].native
    assert native is not None
    assert (native.name, native.arguments) == ("VarChar", (20,))
    with pytest.raises(SchemaProblem):
        document("model A { id Int @ id }")


@pytest.mark.parametrize(
    "word", ["model", "enum", "attribute", "datasource", "plugin", "abstract", "in", "view", "import", "type"]
)
def test_these_keywords_may_name_things(word: str):
    schema = load(f"model {word} {{ id Int @id\n {word} Int\n @@allow('read', {word} > 0 && this.{word} < 9) }}")
    assert schema.models[word].fields[word].type.name == "Int"


@pytest.mark.parametrize(
    "word",
    ["generator", "function", "procedure", "mutation", "extends", "with", "this", "null", "true", "false"],
)
def test_these_keywords_are_reserved(word: str):
    with pytest.raises(SchemaProblem, match=f'unexpected "{word}"'):
        document(f"model {word} {{ id Int @id }}")


@pytest.mark.parametrize("name", ["String", "Int", "Json", "Null", "Object", "Any", "Void", "Unsupported"])
def test_fields_and_enum_members_may_be_called_like_builtin_types(name: str):
    schema = load(f"model A {{ id Int @id\n {name} Int }}\nenum E {{ {name} OTHER }}")
    assert name in schema.models["A"].fields
    assert name in schema.enums["E"].values


@pytest.mark.parametrize("kind", ["model", "type", "enum"])
def test_declarations_may_not_be_called_like_builtin_types(kind: str):
    body = "A" if kind == "enum" else "id Int @id"
    assert error(f"{kind} String {{ {body} }}") == '"String" is the name of a builtin type'


def test_imports_stand_first():
    with pytest.raises(SchemaProblem, match='unexpected "import"'):
        document(DATASOURCE + 'import "a"')


def test_declarations_stand_in_any_order():
    assert sound(
        "model A { id Int @id\n e E\n b B? }\nmodel B { id Int @id\n"
        " a A @relation(fields: [aId], references: [id])\n aId Int @unique }\nenum E { X }"
    )
