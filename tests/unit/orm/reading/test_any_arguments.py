"""Whatever a call says: a plan or a clear refusal, and no word of it in the SQL."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatepost.identity import ANON
from gatepost.orm.errors import InvalidInput, NotSupported
from gatepost.orm.read import plan
from gatepost.orm.session import Door, Session
from gatepost.orm.values import AnyNull, DbNull, JsonNull
from gatepost.policy import Rules
from gatepost.zmodel import load

SCHEMA = load(
    """
    datasource db { provider = "postgresql" url = env("X") }
    enum Role { ADMIN USER }
    type Shape { a Int  b String[]  c Shape? }
    model User {
      id Int @id
      name String? @fuzzy @fullText
      role Role
      tags String[]
      data Json?
      shape Shape? @json
      at DateTime?
      posts Post[]
      @@allow('read', auth().id == id)
    }
    model Post {
      id Int @id
      authorId Int?
      author User? @relation(fields: [authorId], references: [id])
      secret String? @allow('read', author.id == auth().id)
      @@unique([authorId, secret])
      @@allow('all', true)
    }
    """
)
SESSION = Session(SCHEMA, Rules(SCHEMA), "query", Door.__new__(Door), identity=ANON, claims={"role": "anon"})
MARK = "hostile\"'; --"
SAID = (
    "where select include omit orderBy order_by take skip cursor distinct _count _sum _max by having AND OR NOT $expr "
    "id name role tags data shape at posts author authorId secret authorId_secret a b c equals not in notIn lt gte "
    "between contains startsWith mode insensitive has hasSome isEmpty some every none is isNot path string_contains "
    "array_contains fuzzy fts search config fields sort nulls asc desc first last ADMIN _all _fuzzyRelevance threshold"
)
WORDS = SAID.split()
OPERATIONS = ["findMany", "findFirst", "findUnique", "count", "aggregate", "groupBy", "exists"]

keys = st.sampled_from([*WORDS, MARK, ""]) | st.integers(0, 2) | st.none() | st.tuples(st.booleans())
leaves = (
    st.sampled_from(
        [*WORDS, MARK, True, False, None, 0, 1, -1, 2**70, 1.5, float("nan"), b"x", DbNull, JsonNull, AnyNull]
    )
    | st.text(max_size=5)
    | st.datetimes()
)
junk = st.recursive(
    leaves, lambda inner: st.dictionaries(keys, inner, max_size=3) | st.lists(inner, max_size=3), max_leaves=12
)
conditions = st.dictionaries(st.sampled_from(WORDS), junk, max_size=3)
arguments = st.dictionaries(
    st.sampled_from(
        ["where", "select", "include", "omit", "orderBy", "take", "skip", "cursor", "distinct", "by", "having"]
    ),
    junk | conditions,
    max_size=3,
)


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(model=st.sampled_from(["User", "Post"]), asked=arguments | junk)
def test_any_arguments(operation: str, model: str, asked: Any) -> None:
    try:
        found, values = plan(SESSION, model, operation, asked)
        statement = found.statement(SESSION, values)
    except (InvalidInput, NotSupported):
        return
    assert "hostile" not in statement.text
    assert ";" not in statement.text
    assert statement.text.count("$") >= len(statement.params)


@pytest.mark.parametrize("key", ["x" * 2**20, "a\nb\x1b[2Jc", None, 5, (1,), b"id", "\ud800"])
def test_a_refusal_is_short_and_legible(key: Any) -> None:
    for asked in ({key: 1}, {"where": {key: 1}}, {"where": {"name": {key: 1}}}, {"select": {key: True}}, {"by": [key]}):
        with pytest.raises(InvalidInput) as refused:
            plan(SESSION, "User", "groupBy" if "by" in asked else "findMany", asked)
        assert len(str(refused.value)) < 500
        assert str(refused.value).isprintable()
