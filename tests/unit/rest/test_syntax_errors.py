"""PGRST100: the wording that clients compare, with the place where reading stopped."""

import pytest

from .asking import ask, refused

CASES = [
    # query, what of, line and column, details
    ("id=0", "filter (0)", 1, 'unexpected "0" expecting "not" or operator (eq, gt, ...)'),
    ("id=val", "filter (val)", 1, 'unexpected "v" expecting "not" or operator (eq, gt, ...)'),
    ("a.b=noop.0", "filter (noop.0)", 1, 'unexpected "o" expecting "not" or operator (eq, gt, ...)'),
    ("a=eq().x", "filter (eq().x)", 4, 'unexpected ")" expecting operator (eq, gt, ...)'),
    ("a=is().x", "filter (is().x)", 3, 'unexpected "(" expecting operator (eq, gt, ...)'),
    ("a=in().x", "filter (in().x)", 3, 'unexpected "(" expecting operator (eq, gt, ...)'),
    ("a=fts().x", "filter (fts().x)", 5, 'unexpected ")" expecting operator (eq, gt, ...)'),
    ("and=()", "logic tree (())", 5, None),
    ("or=()", "logic tree (())", 4, None),
    ("or=(id.in.1,2,id.eq.3)", "logic tree ((id.in.1,2,id.eq.3))", 10, 'unexpected "1" expecting "("'),
    ("or=)(", "logic tree ()()", 3, 'unexpected ")" expecting "("'),
    (
        "and=(ord(id.eq.1,id.eq.1),id.eq.2)",
        "logic tree ((ord(id.eq.1,id.eq.1),id.eq.2))",
        7,
        'unexpected "d" expecting "("',
    ),
    (
        "or=(id.eq.1,not.xor(id.eq.2,id.eq.3))",
        "logic tree ((id.eq.1,not.xor(id.eq.2,id.eq.3)))",
        16,
        'unexpected "x" expecting logic operator (and, or)',
    ),
    ("order=id.asc.nullslasttt", "order (id.asc.nullslasttt)", 17, "unexpected 't' expecting \",\" or end of input"),
    ("order=id.descc", "order (id.descc)", 8, "unexpected 'c' expecting delimiter (.), \",\" or end of input"),
    (
        "order=id.ac",
        "order (id.ac)",
        4,
        'unexpected "c" expecting "asc", "desc", "nullsfirst" or "nullslast"',
    ),
    (
        "order=clients(name,id)",
        "order (clients(name,id))",
        8,
        'unexpected \'(\' expecting letter, digit, "-", "->>", "->", delimiter (.), "," or end of input',
    ),
    (
        "select=id,clients(name[])",
        "select parameter (id,clients(name[]))",
        16,
        'unexpected \'[\' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input',
    ),
    (
        "select=name!hint",
        "select parameter (name!hint)",
        5,
        'unexpected \'!\' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input',
    ),
    ("select=name::", "select parameter (name::)", 7, "unexpected end of input expecting letter or digit"),
    (
        "select=data->>-78xy",
        "select parameter (data->>-78xy)",
        11,
        'unexpected \'x\' expecting digit, "->", "::", ".", "," or end of input',
    ),
    ("select=data->>--34", "select parameter (data->>--34)", 9, 'unexpected "-" expecting digit'),
    (
        "select=data->(x",
        "select parameter (data->(x)",
        7,
        'unexpected "(" expecting "-", digit or any non reserved character different from: .,>()',
    ),
]
EMPTY_TREE = (
    'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)'
)


@pytest.mark.parametrize(("query", "what", "column", "details"), CASES)
def test_the_wording(query: str, what: str, column: int, details: str | None) -> None:
    problem = refused("GET", f"/items?{query}")
    assert (problem.status, problem.code, problem.hint) == (400, "PGRST100", None)
    assert problem.message == f'"failed to parse {what}" (line 1, column {column})'
    assert problem.details == (details or EMPTY_TREE)


def test_empty_columns() -> None:
    problem = refused("POST", "/items?columns=", "{}")
    assert problem.message == '"failed to parse columns parameter ()" (line 1, column 1)'
    assert problem.details == "unexpected end of input expecting field name (* or [a..z0..9_$])"


def test_lines_and_tabs_count_as_an_editor_counts() -> None:
    assert refused("GET", "/items?order=a,%0A%09!").message.endswith("(line 1, column 3)")
    assert refused("GET", "/items?order=a,%09!").message.endswith("(line 1, column 9)")


def test_characters_beyond_ascii_are_shown_by_number() -> None:
    assert refused("GET", "/items?a=ü").details == 'unexpected "\\252" expecting "not" or operator (eq, gt, ...)'
    assert str(refused("GET", "/items?a=%01").details).startswith('unexpected "\\SOH"')


def test_an_operator_of_a_function_argument_must_be_complete() -> None:
    assert refused("GET", "/rpc/f?a=is.foo").code == "PGRST100"
    assert refused("GET", "/rpc/f?a=in.1").code == "PGRST100"
    assert refused("GET", "/rpc/f?a=not.x").code == "PGRST100"


@pytest.mark.parametrize("query", ["select=" + "a(" * 51 + "*" + ")" * 51, "and=" + "(or" * 60 + "(a.eq.1)" + ")" * 60])
def test_nesting_has_an_end(query: str) -> None:
    problem = refused("GET", f"/items?{query}")
    assert (problem.status, problem.code) == (400, "PGRST100")
    assert problem.details == "more than 50 levels of parentheses"


def test_nesting_up_to_that_end() -> None:
    assert ask("GET", "/items?select=" + "a(" * 50 + "*" + ")" * 50).params.select
    assert ask("GET", "/items?and=(" + "or(" * 49 + "a.eq.1" + ")" * 50).params.logic


def test_a_nul_is_refused_before_postgresql_would() -> None:
    problem = refused("GET", "/items?a=eq.%00")
    assert (problem.status, problem.code) == (400, "22021")
    assert refused("GET", "/it%00ems").code == "PGRST125"


def test_bytes_that_are_no_text_are_told_as_postgresql_would() -> None:
    problem = refused("GET", "/items?a=eq.%FF%FE")
    assert (problem.status, problem.code) == (400, "22021")
    assert problem.message == 'invalid byte sequence for encoding "UTF8": 0xff'
