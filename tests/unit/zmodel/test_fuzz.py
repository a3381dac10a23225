"""Any text gives a schema or findings with places, and soon."""

import random
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatepost import zmodel
from gatepost.zmodel import Schema, SchemaProblem
from gatepost.zmodel.diagnostics import Source
from gatepost.zmodel.parse import parse
from tests.unit.zmodel.helpers import DATASOURCE, post

WORDS = [
    "model", "view", "type", "enum", "datasource", "plugin", "generator", "function", "procedure", "mutation",
    "attribute", "import", "with", "extends", "this", "null", "true", "in", "A", "B", "id", "Int", "String", "String?",
    "A[]", "@id", "@@id", "@relation", "@@allow", "@default", "@@@once", "auth()", "before()", "check", "(", ")", "[",
    "]", "{", "}", ",", ".", ":", "=", "==", "!=", "<", ">", "&&", "||", "!", "?", "^", "'read'", '"x"', "1", "-1.5",
    "///", "// x\n", "/*", "*/", "\n", ";", "_", "fields:", "references:", "[id]", "'all', true", "@@delegate(id)",
]  # fmt: skip
SOUND = DATASOURCE + post(
    "@@allow('read', reviews?[r, r.stars > this.views] || auth().id == authorId && !published)",
    "@@allow('post-update', before().views < views)",
    "@@validate(length(title) > 1 || subtitle == null)",
    "@@index([title(sort: Desc), views], type: BTree)",
    more="type T { a Int }\nmodel D { id Int @id\n k String\n t T @json\n @@delegate(k) }\nmodel E extends D { x Int }",
)


def result(text: str) -> Schema | None:
    """The schema, or None where it is told what is wrong, and where."""
    began = time.thread_time()
    try:
        found = zmodel.load(text)
    except SchemaProblem as problem:
        lines = text.count("\n") + 1
        assert problem.diagnostics
        assert all(1 <= each.line <= lines and each.column >= 1 and each.message for each in problem.diagnostics)
        found = None
    assert time.thread_time() - began < 5
    return found


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text(text: str):
    result(text)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_any_words_of_the_language(words: list[str]):
    result(" ".join(words))
    result(DATASOURCE + "model A { id Int @id " + " ".join(words) + " }")


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_a_sound_schema_with_anything_changed(chance: random.Random):
    text = SOUND
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice(["", " " + chance.choice(WORDS) + " "]) + text[at + chance.randint(0, 12) :]
    result(text)


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_formatting_never_changes_what_is_said(chance: random.Random):
    text = SOUND
    for _ in range(chance.randint(0, 20)):
        at = chance.randrange(len(text))
        if text[at] == " ":
            text = text[:at] + chance.choice(["\n", "  ", " // c\n", " /* c */ ", "\n\n\n", "\t"]) + text[at:]
    try:
        document = parse(Source("a", text))
    except SchemaProblem:
        return
    formatted = zmodel.format(text)
    assert parse(Source("b", formatted)) == document
    assert zmodel.format(formatted) == formatted


def test_hostile_texts_are_refused_soon():
    for text in (
        "(" * 200_000, "model A { @@allow('read', " + "!" * 100_000, "@" * 100_000, '"' * 99_999, "/*" * 100_000,
        "model A { x Int " + "@a " * 50_000 + "}", "a." * 100_000,
        "model A { @@x(" + "[" * 50_000 + "]" * 50_000 + ") }",
    ):  # fmt: skip
        assert result(text) is None
    assert result("x" * 5_000_000) is None
