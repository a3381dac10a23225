"""Errors: ZenStack's reasons, each a class."""

import pytest

from gatepost.orm import errors
from gatepost.orm.calling.operations import NAMES, SNAKE, operation_named, snake
from gatepost.orm.http.rpc import failure
from gatepost.orm.session import database_error
from gatepost.problem import DatabaseProblem, Problem, Unavailable
from gatepost.zmodel.terms import Place

PROBLEM = DatabaseProblem("23505", "duplicate key", "Key (id)=(secret)", constraint="User_pkey", table="User")


@pytest.mark.parametrize(
    ("error", "reason", "status"),
    [
        (errors.NotFound(model="User"), "not-found", 404),
        (errors.InvalidInput("wrong", ("where",)), "invalid-input", 422),
        (errors.RejectedByPolicy(model="User"), "rejected-by-policy", 403),
        (errors.DatabaseError(PROBLEM), "db-query-error", 400),
        (errors.Unreachable(Unavailable()), "db-query-error", 503),
        (errors.NotSupported("no"), "not-supported", 400),
        (errors.ConfigError("no"), "config-error", 400),
        (errors.OrmError("no"), "internal-error", 400),
    ],
)
def test_each_reason_is_a_class_and_an_answer(error: errors.OrmError, reason: str, status: int) -> None:
    assert (error.reason, failure(error)[0]) == (reason, status)
    assert isinstance(error, errors.OrmError)


def test_invalid_input_names_every_finding_and_its_path() -> None:
    one = errors.InvalidInput("expected int", ("where", "id", "in", 3))
    assert str(one) == 'Validation error: expected int at "where.id.in[3]"'
    two = errors.InvalidInput("", findings=[(("a",), "is required"), (("b", 0), "is unknown"), ((), "is odd")])
    assert str(two) == 'Validation error: is required at "a"; is unknown at "b[0]"; is odd'


def test_a_rejection_says_why_and_where() -> None:
    place = Place("schema.zmodel", 3, 5)
    error = errors.RejectedByPolicy("no", "Post", "cannot-read-back", [place])
    assert (error.rejected_by_policy_reason, error.reject_reason) == ("cannot-read-back", "cannot-read-back")
    assert error.places == (place,)


def test_a_database_error_has_the_databases_words_but_no_values() -> None:
    error = errors.DatabaseError(PROBLEM, "User")
    assert (error.db_error_code, error.db_error_message) == ("23505", "duplicate key")
    assert (error.constraint, error.table, error.column) == ("User_pkey", "User", None)
    assert "secret" not in str(error)


def test_a_lost_connection_is_unreachable() -> None:
    assert isinstance(database_error(Unavailable()), errors.Unreachable)
    assert isinstance(database_error(Problem("pool_timeout", 504, "late")), errors.Unreachable)
    assert type(database_error(PROBLEM)) is errors.DatabaseError


def test_operations_have_two_spellings() -> None:
    assert SNAKE["findUniqueOrThrow"] == "find_unique_or_throw"
    assert SNAKE["createManyAndReturn"] == "create_many_and_return"
    assert SNAKE["groupBy"] == "group_by"
    for name in NAMES:
        assert operation_named(name) in SNAKE
    with pytest.raises(errors.InvalidInput, match='no operation "findAll"'):
        operation_named("findAll")


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("Post", "post"),
        ("BlogPost", "blog_post"),
        ("HTMLPage", "html_page"),
        ("userID", "user_id"),
        ("a1B", "a1_b"),
        ("already_snake", "already_snake"),
        ("Blog_Post", "blog_post"),
    ],
)
def test_snake_case(name: str, spelled: str) -> None:
    assert snake(name) == spelled
