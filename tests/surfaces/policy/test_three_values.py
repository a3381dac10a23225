"""Null in rules: it allows nothing, denies nothing, and stays null under a negation."""

from .conftest import Make

NUMBERS = 'insert into "M" values (1, 5), (2, -5), (3, null)'


def model(rules: str) -> str:
    return f"model M {{ id Int @id  x Int?  {rules} }}"


def test_an_allow_that_is_null_allows_nothing(world: Make) -> None:
    here = world(model("@@allow('read', x > 0)"))
    here.run(NUMBERS)
    assert here.admits("M") == [1]


def test_a_negation_of_null_is_null(world: Make) -> None:
    here = world(model("@@allow('read', !(x > 0))"))
    here.run(NUMBERS)
    assert here.admits("M") == [2]


def test_a_deny_that_is_null_denies_nothing(world: Make) -> None:
    here = world(model("@@allow('read', true) @@deny('read', x > 0)"))
    here.run(NUMBERS)
    assert here.admits("M") == [2, 3]


def test_a_deny_wins_over_every_allow(world: Make) -> None:
    here = world(model("@@allow('read', true) @@allow('all', x > 0) @@deny('all', x == 5)"))
    here.run(NUMBERS)
    assert here.admits("M") == [2, 3]


def test_without_an_allow_nothing_is_allowed(world: Make) -> None:
    here = world(model("@@deny('read', x > 0)"))
    here.run(NUMBERS)
    assert here.admits("M") == []


def test_and_and_or_have_one_precedence(world: Make) -> None:
    here = world("model M { id Int @id  a Boolean  b Boolean  c Boolean  @@allow('read', a || b && c) }")
    here.run('insert into "M" values (1, true, false, false), (2, true, false, true)')
    assert here.admits("M") == [2]


def test_a_null_among_and_and_or_is_as_in_sql(world: Make) -> None:
    here = world(model("@@allow('read', x > 0 || id == 3) @@allow('update', !(x > 0 && id == 1))"))
    here.run(NUMBERS)
    assert here.admits("M") == [1, 3]
    assert here.admits("M", operation="update") == [2, 3]


def test_a_comparison_of_conditions_keeps_its_nulls(world: Make) -> None:
    here = world(model("@@allow('read', (x > 0) != (id == 1))"))
    here.run(NUMBERS)
    assert here.admits("M") == []


GROUPS = """
model G { id Int @id  name String?  ms M[]  ps P[] }
model M { id Int @id  x Int?  g G? @relation(fields: [gid], references: [id])  gid Int? }
model P { id Int @id  g G? @relation(fields: [gid], references: [id])  gid Int?  RULES }
"""
# Group 1: members 5, null; 2: none; 3: -5, null; the row 4 has no group.
ROWS = """
insert into "G" values (1, 'a'), (2, 'b'), (3, null);
insert into "M" values (1, 5, 1), (2, null, 1), (3, -5, 3), (4, null, 3);
insert into "P" values (1, 1), (2, 2), (3, 3), (4, null);
"""


def groups(rules: str) -> str:
    return GROUPS.replace("RULES", rules)


def check(world: Make, expression: str, expected: list[int], negated: list[int]) -> None:
    """The rows for which an expression is true, and those for which its negation is; in both modes, allow and deny."""
    here = world(
        groups(
            f"@@allow('read', {expression}) @@allow('update', !({expression}))"
            f"@@allow('delete', true) @@deny('delete', {expression})"
            f"@@allow('create', true) @@deny('create', !({expression}))"
            f"@@allow('post-update', ({expression}) == (1 == 1))"
        )
    )
    here.run(ROWS)
    everything = {1, 2, 3, 4}
    for compat in (False, True):
        assert here.admits("P", compat=compat) == expected
        assert here.admits("P", operation="update", compat=compat) == negated
        assert here.admits("P", operation="delete", compat=compat) == sorted(everything - {*expected})
        assert here.admits("P", operation="create", compat=compat) == sorted(everything - {*negated})
        assert here.where("P", here.rules(compat).post("P", "P", None)) == expected


def test_some_of_the_rows(world: Make) -> None:
    """A missing group makes it null; a member for which the condition is null counts for nothing."""
    check(world, "g.ms?[x > 0]", [1], [2, 3])


def test_every_row(world: Make) -> None:
    check(world, "g.ms![x > 0]", [1, 2], [3])


def test_none_of_the_rows(world: Make) -> None:
    check(world, "g.ms^[x > 0]", [2, 3], [1])


def test_a_value_of_a_row_that_is_missing_is_null(world: Make) -> None:
    check(world, "g.name == 'a'", [1], [2])
    check(world, "g.name != 'a'", [2], [1])


def test_a_row_that_is_missing_is_null(world: Make) -> None:
    check(world, "g == null", [4], [1, 2, 3])
    check(world, "g != null", [1, 2, 3], [4])
    check(world, "g.name == null", [3, 4], [1, 2])


def test_some_of_the_rows_themselves_is_never_null(world: Make) -> None:
    here = world(
        "model G { id Int @id  ms M[]  @@allow('read', ms?[x > 0]) @@allow('update', !(ms?[x > 0]))"
        " @@allow('delete', ms![x > 0]) @@allow('post-update', ms^[x > 0]) }"
        "model M { id Int @id  x Int?  g G? @relation(fields: [gid], references: [id])  gid Int? }"
    )
    here.run('insert into "G" values (1), (2), (3)')
    here.run('insert into "M" values (1, 5, 1), (2, null, 1), (3, -5, 3), (4, null, 3)')
    assert here.admits("G") == [1]
    assert here.admits("G", operation="update") == [2, 3]
    assert here.admits("G", operation="delete") == [1, 2]
    assert here.where("G", here.rules().post("G", "G", None)) == [2, 3]
