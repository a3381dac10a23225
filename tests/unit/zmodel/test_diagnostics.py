"""Findings: a place, a caret, what was expected, what is near."""

import pytest

from gatepost import zmodel
from gatepost.zmodel import SchemaProblem
from tests.unit.zmodel.helpers import DATASOURCE, findings

TWO = DATASOURCE + "model A {\n    id   Int @id\n    name Strng\n    kind Intt\n}\n"


def test_a_finding_has_file_line_column_and_a_caret_under_what_is_meant():
    found = zmodel.check({"shop.zmodel": TWO})[0]
    assert (found.file, found.line, found.column) == ("shop.zmodel", 4, 10)
    assert found.render() == (
        'shop.zmodel:4:10: error: type "Strng" does not exist\n'
        "4 |     name Strng\n"
        "  |          ^^^^^\n"
        '  hint: did you mean "String"?'
    )


def test_all_findings_are_told_at_once():
    assert [each.line for each in zmodel.check(TWO)] == [4, 5]
    with pytest.raises(SchemaProblem) as caught:
        zmodel.load(TWO)
    assert len(caught.value.diagnostics) == 2
    assert "(and 1 more)" in str(caught.value)
    assert caught.value.code == "schema_invalid"


def test_there_are_never_more_than_a_person_reads():
    assert len(findings("\n".join(f"model M{n} {{ x Nope{n} }}" for n in range(300)))) == 100


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("modle A { }", 'unexpected "modle"', 'did you mean "model"?'),
        ("abstract model A { }", 'unexpected "abstract"', "there are no abstract models"),
        ("model A { x Int @default(1 + 2) }", "unexpected character '+'", "there is no arithmetic"),
        ("model A { @@allow('read', a = b) }", 'unexpected "="', "comparison is =="),
        ("model A { @@allow('read', a and b) }", 'unexpected "and"', "the operator is &&"),
        ("model A { x String @map('y) }", "unexpected character", "the string does not end"),
        ("/* model", "the comment does not end", "ends with */"),
        ("model A { # x", "unexpected character '#'", "comments begin with //"),
        ("model A { x Int; }", 'unexpected ";"', "semicolon"),
        ("model A { x", "unexpected end of the file, expected a name", None),
        ("model", "unexpected end of the file, expected a name", None),
        ("model A { x Int @id(", "unexpected end of the file", None),
        ("enum E { A, B }", 'unexpected ","', None),
        ("model A { x Int ? }", None, None),
    ],
)
def test_mistakes_of_grammar(text: str, message: str | None, hint: str | None):
    found = zmodel.check(text)
    if message is None:
        assert all("unexpected" not in each.message for each in found)
        return
    assert found[0].message.startswith(message)
    assert hint is None or hint in (found[0].hint or "")


def test_what_is_expected_is_listed_in_words():
    assert zmodel.check("model A { x Int @ }")[0].message == "unexpected character '@'"
    found = zmodel.check("model { }")[0].message
    assert found == 'unexpected "{", expected a name'
    assert zmodel.check("model A with { }")[0].message.endswith("expected a name")


def test_a_long_line_is_cut_around_the_caret():
    text = DATASOURCE + "model A { id Int @id " + " ".join(f"f{n} Int" for n in range(100)) + " bad Nope }"
    excerpt = zmodel.check(text)[0].excerpt
    line, caret = excerpt.splitlines()
    assert len(line) < 180
    assert line[caret.index("^") :].startswith("Nope")


def test_tabs_do_not_shift_the_caret():
    excerpt = zmodel.check(DATASOURCE + "model A {\n\tid Int @id\n\tx\tNope\n}")[0].excerpt
    line, caret = excerpt.splitlines()
    assert line[caret.index("^") :].startswith("Nope")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("model A { id Int @id\n x Int @defualt(1) }", 'did you mean "@default"?'),
        ("model A { id Int @id\n @@indx([id]) }", 'did you mean "@@index"?'),
        ("model A { id Int @id\n x DateTime @default(noww()) }", 'did you mean "now"?'),
        ("model A { id Int @id\n @@index([idd]) }", 'did you mean "id"?'),
        ("model A { id Int @id\n @@index([id], typ: Hash) }", 'did you mean "type"?'),
        ("type Base { x Int }\nmodel A with Bas { id Int @id }", 'did you mean "Base"?'),
    ],
)
def test_near_names(text: str, hint: str):
    assert findings(text)[0].hint == hint


def test_a_relation_without_another_side_says_what_to_add():
    user = "u User @relation(fields: [uId], references: [id])\n uId Int"
    text = f"model User {{ id Int @id }}\nmodel Post {{ id Int @id\n {user} }}"
    assert findings(text)[0].hint == "add to User: posts Post[]"


def test_a_provider_that_is_nearly_one():
    assert zmodel.check("datasource db { provider = 'postgres' }")[0].hint == 'did you mean "postgresql"?'
