"""`select=`: what a client asks to see."""

import pytest

from gatepost.rest.ast import EVERYTHING, Field, JsonStep, Select, SelectField, SelectRelation
from gatepost.rest.params import parse_params

STAR = SelectField(Field("*"))


def selected(text: str) -> Select:
    return parse_params(f"select={text}".encode()).select


def test_without_select_everything_is_meant() -> None:
    assert parse_params(b"").select == EVERYTHING
    assert parse_params(b"id=eq.1").select == EVERYTHING


def test_an_empty_select_asks_for_no_column() -> None:
    assert selected("") == ()


def test_columns_are_separated_by_commas_with_blanks_around() -> None:
    assert selected("id,%20title%20,%09done") == tuple(SelectField(Field(name)) for name in ("id", "title", "done"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("first name", "first name"),
        ("with-dash", "with-dash"),
        ("$money_1", "$money_1"),
        ("größe", "größe"),
        ("列", "列"),
        ('"a.b, (c)"', "a.b, (c)"),
        (r'"say \"hi\" \\"', 'say "hi" \\'),
    ],
)
def test_names_may_hold_letters_digits_and_anything_in_quotes(text: str, name: str) -> None:
    assert selected(text) == (SelectField(Field(name)),)
    assert selected(f"id,{text},done")[1] == SelectField(Field(name))


def test_alias_and_cast() -> None:
    assert selected("key:id::text") == (SelectField(Field("id"), alias="key", cast="text"),)
    assert selected("key:id::text,a::int")[0] == SelectField(Field("id"), alias="key", cast="text")


def test_paths_into_json() -> None:
    path = (JsonStep("a"), JsonStep("0", index=True), JsonStep("-1", index=True), JsonStep("b", as_text=True))
    assert selected("data->a->0->-1->>b") == (SelectField(Field("data", path)),)


def test_keys_of_json_may_hold_what_names_may_not() -> None:
    assert selected("data->!@#$^*_a::text") == (SelectField(Field("data", (JsonStep("!@#$^*_a"),)), cast="text"),)


def test_aggregates() -> None:
    assert selected("amount::int.sum()::text") == (
        SelectField(Field("amount"), cast="int", aggregate="sum", aggregate_cast="text"),
    )
    assert selected("total:count()") == (SelectField(Field("*"), alias="total", aggregate="count"),)
    several = selected("a.max(),a.min(),a.avg(),a.count()")
    found = [item.aggregate for item in several if isinstance(item, SelectField)]
    assert found == ["max", "min", "avg", "count"]


def test_count_without_parentheses_is_a_column() -> None:
    assert selected("count") == (SelectField(Field("count")),)


def test_embeds_nest() -> None:
    assert selected("id,client(*,projects(name))") == (
        SelectField(Field("id")),
        SelectRelation("client", select=(STAR, SelectRelation("projects", select=(SelectField(Field("name")),)))),
    )


@pytest.mark.parametrize(
    ("text", "alias", "hint", "join"),
    [
        ("a:rel!hint!inner(*)", "a", "hint", "inner"),
        ("a:rel!inner!hint(*)", "a", "hint", "inner"),
        ("rel!left(*)", None, None, "left"),
        ("rel!fk_name(*)", None, "fk_name", None),
        ('rel!"odd hint"(*)', None, "odd hint", None),
    ],
)
def test_an_embed_has_alias_hint_and_join(text: str, alias: str | None, hint: str | None, join: str | None) -> None:
    (item,) = selected(text)
    assert isinstance(item, SelectRelation)
    assert (item.relation, item.alias, item.hint, item.join, item.select) == ("rel", alias, hint, join, (STAR,))


def test_an_embed_may_be_empty() -> None:
    assert selected("id,client()")[1] == SelectRelation("client")


def test_a_spread_has_no_alias() -> None:
    assert selected("...client!inner(name)") == (
        SelectRelation("client", join="inner", spread=True, select=(SelectField(Field("name")),)),
    )


def test_the_first_select_counts_and_rubbish_behind_a_whole_list_is_ignored() -> None:
    assert parse_params(b"select=id&select=title").select == (SelectField(Field("id")),)
    assert selected("name,projects(count)'")[0] == SelectField(Field("name"))


def test_the_quick_way_and_the_grammar_agree() -> None:
    """A following comma lets an item be read at once, the end does not: both ways must say the same."""
    for item in ("id", "a:id", "a:id::text", " id ", "*", "r(*)", "a:r!h(*)", "r!inner(*)", "r!h!left(*)", "count"):
        assert selected(f"{item},x")[0] == selected(item)[0]
