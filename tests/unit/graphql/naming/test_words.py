"""camelCase as lodash writes it, CONSTANT_CASE, and what makes a text a GraphQL name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.graphql.naming import words
from gatepost.graphql.naming.enum_values import spelled_out
from gatepost.graphql.naming.letters import transliterate


@pytest.mark.parametrize(
    ("text", "camel"),
    [
        ("author_id", "authorId"),
        ("person_id_1", "personId1"),
        ("add_1_mutation", "add1Mutation"),
        ("add1mutation", "add1Mutation"),
        ("HTTPServer", "httpServer"),
        ("getURLNow", "getUrlNow"),
        ("a_b_c", "aBC"),
        ("aBC", "aBc"),
        ("issue756S", "issue756S"),
        ("all-compound keys", "allCompoundKeys"),
        ("the 1st, the 22nd and the 4TH", "the1stThe22ndAndThe4th"),
        ("don't stop", "dontStop"),
        ("straße_Ærø_naïve_ĳs", "strasseAeroNaiveIjs"),
        ("期间_ID", "期间Id"),
        ("", ""),
        ("...", ""),
    ],
)
def test_camel_case_parts_words_as_lodash_does(text: str, camel: str) -> None:
    assert words.camel_case(text) == camel


def test_underscores_around_a_name_stay() -> None:
    assert words.camel_case("_the_json") == "_theJson"
    assert words.upper_camel_case("__proto__") == "__Proto__"
    assert words.constant_case("_personId_") == "_PERSON_ID_"
    assert words.camel_case("___") == "___"


@pytest.mark.parametrize(
    ("text", "constant"),
    [
        ("personId1", "PERSON_ID1"),
        ("person_id_1", "PERSON_ID_1"),
        ("FOO BAR", "FOO_BAR"),
        ("fooBAR", "FOO_BAR"),
        ("id-asc", "ID_ASC"),
        ("1st", "_1ST"),
        ("née", "N_E"),
    ],
)
def test_constant_case_parts_words_at_capitals_alone(text: str, constant: str) -> None:
    assert words.constant_case(text) == constant


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("plain", "plain"),
        ("2fast", "_2fast"),
        ("__proto__", "_proto__"),
        ("_kept", "_kept"),
        ("期间", "Qi Jian"),
        ("用户_表", "Yong Hu_Biao"),
        ("a期b", "aQi b"),
        ("日本語 テーブル", "Ri Ben Yu teburu"),
        ("пользователь", "polzovatel"),
        ("χρήστης", "hristis"),
        ("한국어", "hangugeo"),
        ("Ünïcödé straße", "Unicode strasse"),
    ],
)
def test_a_name_is_written_in_ascii(text: str, name: str) -> None:
    assert words.coerce_to_graphql_name(text) == name


@given(st.text())
def test_whatever_comes_in_no_letter_beyond_ascii_comes_out(text: str) -> None:
    assert transliterate(text).isascii()


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_written_as_it_is(text: str) -> None:
    assert transliterate(text) == text


@pytest.mark.parametrize(
    ("name", "fit"),
    [
        ("reserved_input", "reserved_input_record"),
        ("reservedPatch", "reservedPatch_record"),
        ("my-patch", "my-patch_record"),
        ("patch", "patch"),
        ("input", "input"),
        ("output", "output"),
    ],
)
def test_row_types_do_not_end_as_inputs_do(name: str, fit: str) -> None:
    assert words.never_input_or_patch(name) == fit


def test_a_change_of_the_last_word_leaves_the_others_and_underscores_alone() -> None:
    assert words.in_last_word(str.upper, "left_arm") == "left_ARM"
    assert words.in_last_word(str.upper, "leftArm_") == "leftARM_"
    assert words.in_last_word(str.upper, "plain") == "PLAIN"
    assert words.in_last_word(str.upper, "_x_") == "_X_"


def test_the_plural_of_a_word_with_a_digit_is_no_new_word() -> None:
    assert words.small_plural_after_digit("table1S") == "table1s"
    assert words.small_plural_after_digit("table1SConnection") == "table1sConnection"
    assert words.small_plural_after_digit("table1Same") == "table1Same"


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("", "_EMPTY_"),
        ("*", "ASTERISK"),
        ("*_bar", "ASTERISK__bar"),
        ("foo*bar", "foo_ASTERISK_bar"),
        ("__*", "_ASTERISK"),
        (">=", "GREATER_THAN_OR_EQUAL"),
        ("£", "STERLING"),
        ("{", "OPEN_BRACE"),
        ("a-b", "a-b"),
    ],
)
def test_enum_values_of_signs_are_spelled_out(value: str, word: str) -> None:
    assert spelled_out(value) == word
