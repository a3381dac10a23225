"""Filters and logic trees: which rows a client asks for."""

import pytest

from gatepost.rest.ast import Compare, Field, Filter, FullText, In, Is, JsonStep, Logic, LogicTree, Operation
from gatepost.rest.params import parse_params

SIMPLE = ("neq", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj")
QUANTIFIABLE = ("eq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch")


def filtered(query: str) -> Filter:
    ((path, found),) = parse_params(query.encode()).filters
    assert path == ()
    return found


def tree(query: str) -> tuple[tuple[str, ...], LogicTree]:
    (found,) = parse_params(query.encode()).logic
    return found


@pytest.mark.parametrize(
    "operator",
    [
        "eq",
        "neq",
        "gt",
        "gte",
        "lt",
        "lte",
        "like",
        "ilike",
        "match",
        "imatch",
        "cs",
        "cd",
        "ov",
        "sl",
        "sr",
        "nxr",
        "nxl",
        "adj",
        "isdistinct",
    ],
)
def test_operators_take_everything_behind_the_dot(operator: str) -> None:
    assert filtered(f"name={operator}.a.b,(c)") == Filter(Field("name"), Compare(operator, "a.b,(c)"))
    assert filtered(f"name=not.{operator}.x") == Filter(Field("name"), Compare(operator, "x"), negated=True)
    assert filtered(f"name={operator}.") == Filter(Field("name"), Compare(operator, ""))


def test_quotes_mean_nothing_in_a_plain_value() -> None:
    assert filtered('name=eq."x"').operation == Compare("eq", '"x"')


@pytest.mark.parametrize("operator", QUANTIFIABLE)
@pytest.mark.parametrize("quantifier", ["any", "all"])
def test_some_operators_have_a_quantifier(operator: str, quantifier: str) -> None:
    found = filtered(f"a={operator}({quantifier}).{{1,2}}").operation
    assert isinstance(found, Compare)
    assert (found.operator, found.quantifier, found.value) == (operator, quantifier, "{1,2}")


@pytest.mark.parametrize("word", ["null", "NULL", "Not_Null", "true", "FALSE", "unknown"])
def test_is_in_any_case(word: str) -> None:
    assert filtered(f"a=is.{word}") == Filter(Field("a"), Is(word.lower()))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("in.(1,2,3)", ("1", "2", "3")),
        ("in.()", ("",)),
        ('in.("")', ("",)),
        ("in.(   )", ("",)),
        ("in.( ,3)", ("", "3")),
        ('in.("a,b",c)', ("a,b", "c")),
        (r'in.("\"x\"","\\")', ('"x"', "\\")),
        ('in.(a"b,c)', ('a"b', "c")),
        ("in.(a b,c )", ("a b", "c ")),
    ],
)
def test_lists(text: str, values: tuple[str, ...]) -> None:
    assert filtered(f"a={text}") == Filter(Field("a"), In(values))
    assert filtered(f"a=not.{text}") == Filter(Field("a"), In(values), negated=True)


def test_full_text() -> None:
    assert filtered("a=fts.x y").operation == FullText("fts", "x y")
    assert filtered("a=wfts(german).x").operation == FullText("wfts", "x", "german")
    assert filtered("a=not.plfts.x").negated


def test_the_key_may_lead_to_an_embed_and_into_json() -> None:
    ((path, found),) = parse_params(b"clients.projects.data->a->>0=eq.1").filters
    assert path == ("clients", "projects")
    assert found.field == Field("data", (JsonStep("a"), JsonStep("0", index=True, as_text=True)))


def test_plus_is_a_space_and_percent_is_decoded_after_splitting() -> None:
    assert filtered("a=eq.b+c%26d%3De%2B").operation == Compare("eq", "b c&d=e+")


def test_both_separators_of_a_query_string() -> None:
    assert len(parse_params(b"a=eq.1&b=eq.2;c=eq.3").filters) == 3


def test_a_key_without_equals_is_ignored() -> None:
    assert parse_params(b"a&&b=eq.1&").filters == (((), Filter(Field("b"), Compare("eq", "1"))),)


def test_repeated_filters_all_count() -> None:
    assert len(parse_params(b"a=gt.1&a=lt.9").filters) == 2


# ------------------------------------------------------------------ trees


def test_a_tree() -> None:
    path, found = tree("or=(a.eq.1,not.and(b.gt.2,c.is.null),d.in.(1,2))")
    assert path == ()
    assert found == Logic(
        "or",
        (
            Filter(Field("a"), Compare("eq", "1")),
            Logic("and", (Filter(Field("b"), Compare("gt", "2")), Filter(Field("c"), Is("null"))), negated=True),
            Filter(Field("d"), In(("1", "2"))),
        ),
    )


def test_a_tree_of_an_embed_may_be_negated() -> None:
    path, found = tree("clients.not.or=(a.eq.1,b.eq.2)")
    assert path == ("clients",)
    assert isinstance(found, Logic)
    assert (found.operator, found.negated) == ("or", True)


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("a.eq.x y ", Compare("eq", "x y ")),
        ('a.eq."x,(y)"', Compare("eq", "x,(y)")),
        ("a.cs.{1,2}", Compare("cs", "{1,2}")),
        ("a.like(any).{a*,b*}", Compare("like", "{a*,b*}", "any")),
        ("a.eq.", Compare("eq", "")),
        ("a.fts(english).x", FullText("fts", "x", "english")),
        ('a.eq."b"c', Compare("eq", '"b"c')),
    ],
)
def test_leaves(text: str, operation: Operation) -> None:
    _, found = tree(f"and=({text},z.eq.1)")
    assert isinstance(found, Logic)
    assert found.members == (Filter(Field("a"), operation), Filter(Field("z"), Compare("eq", "1")))


def test_blanks_around_commas_and_parentheses() -> None:
    _, found = tree("and=( a.eq.1 , or( b.eq.2,c.eq.3 ) )")
    assert isinstance(found, Logic)
    assert len(found.members) == 2


# ------------------------------------------------------------------ arguments of functions


def test_a_function_takes_what_is_no_filter_as_argument() -> None:
    found = parse_params(b"a=1&b=eq.2&d=", arguments=True)
    assert found.arguments == (("a", "1"), ("d", ""))
    assert found.filters == (((), Filter(Field("b"), Compare("eq", "2"))),)


def test_an_argument_with_dots_stays_an_argument() -> None:
    assert parse_params(b"v=1.5&host=a.b.c", arguments=True).arguments == (("v", "1.5"), ("host", "a.b.c"))
