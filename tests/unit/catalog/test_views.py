"""What views show, read from the trees that PostgreSQL stores."""

from gatepost.catalog.views import base_columns, origins

ENTRY = "{{TARGETENTRY :expr {{VAR :varno 1}} :resno {0} :resname {3} :resorigtbl {1} :resorigcol {2} :resjunk false}}"


def query(*entries: str, before: str = "<>") -> str:
    return f"({{QUERY :commandType 1 :rtable {before} :targetList ({' '.join(entries)}) :override 0}})"


def test_the_outermost_columns_count() -> None:
    inner = query(ENTRY.format(1, 999, 9, "hidden")).strip("()")
    rule = query(ENTRY.format(1, 10, 2, "id"), ENTRY.format(2, 10, 3, "name"), before=f"({inner})")
    assert origins(rule) == {1: (10, 2), 2: (10, 3)}


def test_an_expression_shows_nothing() -> None:
    assert origins(query(ENTRY.format(1, 0, 0, "sum"))) == {}


def test_names_may_look_like_anything() -> None:
    hostile = r"\{:resno\ 7\ :resorigtbl\ 1\}"
    assert origins(query(ENTRY.format(1, 10, 2, hostile))) == {1: (10, 2)}


def test_columns_are_followed_through_views_and_cycles_end() -> None:
    rules = [
        (20, query(ENTRY.format(1, 10, 2, "a"), ENTRY.format(2, 10, 2, "b"))),
        (30, query(ENTRY.format(1, 20, 2, "c"))),
    ]
    assert base_columns(rules) == {20: {(10, 2): [1, 2]}, 30: {(20, 2): [1], (10, 2): [1]}}
    circle = [(1, query(ENTRY.format(1, 2, 1, "a"))), (2, query(ENTRY.format(1, 1, 1, "a")))]
    assert base_columns(circle)[1] == {(2, 1): [1], (1, 1): [1]}
