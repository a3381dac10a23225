"""What one request asked makes the next alike cheaper, and tells it nothing."""

import base64
import json
from typing import Any

import pytest

from gatepost.catalog import Catalog
from gatepost.graphql.documents import Limits
from gatepost.graphql.known import know
from gatepost.graphql.options import Options
from gatepost.graphql.plan import Plan
from gatepost.graphql.prepared import Prepared
from tests.unit.graphql.schema.world import blog

ONE_PERSON = "query ($id: ID!) { person(nodeId: $id) { name } }"
DELETE = "mutation ($id: ID!) { deletePerson(input: { nodeId: $id }) { clientMutationId } }"


def prepared(**options: Any) -> Prepared:
    world = blog()
    return Prepared(know(world.anatomy, Catalog(), Options((world.schema,), **options)), Limits())


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
