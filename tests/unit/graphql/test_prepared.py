"""What one request asked makes the next alike cheaper, and tells it nothing."""

import base64
import json
import time
from typing import Any

import pytest

from gatepost.catalog import Catalog
from gatepost.graphql.documents import Limits
from gatepost.graphql.documents.limits import MOST_ERRORS, VALUES
from gatepost.graphql.documents.reading import Invalid
from gatepost.graphql.known import know
from gatepost.graphql.options import Options
from gatepost.graphql.plan import Plan
from gatepost.graphql.prepared import Prepared
from tests.unit.graphql.schema.world import blog

ONE_PERSON = "query ($id: ID!) { person(nodeId: $id) { name } }"
DELETE = "mutation ($id: ID!) { deletePerson(input: { nodeId: $id }) { clientMutationId } }"


SORTED = "query ($by: [PeopleOrderBy!]) { allPeople(orderBy: $by) { totalCount } }"


def prepared(limits: Limits | None = None, **options: Any) -> Prepared:
    world = blog()
    return Prepared(know(world.anatomy, Catalog(), Options((world.schema,), **options)), limits or Limits())


def plan(known: Prepared, text: str, **variables: Any) -> Plan:
    operation = known.operation(text, None)
    return operation.plan(operation.values(variables), variables)


def node_id(*parts: object) -> str:
    return base64.b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode()


def test_ids_of_rows_of_one_table_share_a_plan():
    known = prepared()
    first, second = (plan(known, ONE_PERSON, id=node_id("people", number)) for number in (1, 2))
    assert first is second


def test_an_id_of_another_table_has_a_plan_of_its_own():
    known = prepared()
    first, second = (plan(known, ONE_PERSON, id=node_id(name, 1)) for name in ("people", "posts"))
    assert first is not second


@pytest.mark.parametrize("codec", ["base64JSON", "pipeString"])
@pytest.mark.parametrize("ids", [("posts|of-ann", "posts|of-bob"), (node_id("posts", "of-ann"), node_id("posts", 2))])
def test_an_error_tells_nobody_what_somebody_else_sent(codec: str, ids: tuple[str, str]):
    known = prepared(node_id_codec=codec)
    errors = [str(plan(known, DELETE, id=id).steps[0].error) for id in ids]
    assert all(id in error for id, error in zip(ids, errors, strict=True))


def refusal(known: Prepared, text: str, **variables: Any) -> list[str]:
    with pytest.raises(Invalid) as invalid:
        plan(known, text, **variables)
    return [error.message for error in invalid.value.errors]


def test_variables_that_are_wrong_many_times_are_told_a_few_times_and_soon():
    began = time.process_time()
    errors = refusal(prepared(), SORTED, by=[f"NAMES{number}" for number in range(VALUES - 1)])
    assert len(errors) <= MOST_ERRORS + 1
    assert time.process_time() - began < 5


def test_variables_of_too_many_values_are_refused_before_they_are_read():
    errors = refusal(prepared(), SORTED, by=["NAME_ASC"] * VALUES)
    assert errors == [f"The variables hold {VALUES + 1} values; at most {VALUES} are allowed"]


def test_errors_of_variables_suggest_nothing_where_the_schema_may_not_be_asked():
    assert "Did you mean" in refusal(prepared(), SORTED, by=["NAME_AC"])[0]
    assert "Did you mean" not in refusal(prepared(Limits(introspection=False)), SORTED, by=["NAME_AC"])[0]
