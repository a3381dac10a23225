"""Random schemas, rules, rows and people: rules in the query and rules in the database come to the same; GraphQL shows
what they say.

`GATEPOST_EXAMPLES=5000 GATEPOST_SEED=1 pytest tests/agreement/test_guards.py` tries more, or others.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, seed, settings

from gatepost import zmodel

from .comparison import compare_change, compare_mutation, compare_reads, compare_shown
from .generated import Case, cases
from .graphql import GraphQL
from .world import World

EXAMPLES = int(os.environ.get("GATEPOST_EXAMPLES", "300"))
TOO_MUCH = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
SEED = int(os.environ.get("GATEPOST_SEED", "20261122"))


@dataclass
class Bench:
    """A database, and what came of the cases tried on it."""

    runner: asyncio.Runner
    world: World
    graphql: GraphQL
    outcomes: Counter[str] = field(default_factory=Counter[str])

    async def compare(self, case: Case) -> None:
        schema = zmodel.load(case.text)
        self.world.become(schema, case.rows, case.links)
        for user in case.users:
            for model in schema.models.values():
                self.outcomes["rows read"] += await compare_reads(self.world, schema, user, model)
        for who, model, operation, args in case.changes:
            came = await compare_change(self.world, schema, case.users[who], model, operation, args)
            self.outcomes[came] += 1

    async def compare_graphql(self, case: Case) -> None:
        self.world.become(zmodel.load(case.text), case.rows, case.links)
        await self.graphql.load()
        for user in case.users:
            self.outcomes["rows shown"] += await compare_shown(self.world, self.graphql, user)
        for who, *change in case.changes:
            self.outcomes[await compare_mutation(self.world, self.graphql, case.users[who], *change)] += 1


@pytest.fixture
def bench(admin: "psycopg.Connection[Any]", dsn: str) -> Iterator[Bench]:
    with asyncio.Runner() as runner:

        async def opened() -> Bench:
            world = World(admin, dsn)
            return Bench(runner, world, GraphQL(world))

        made = runner.run(opened())
        yield made
        runner.run(made.graphql.close())
        runner.run(made.world.close())


def test_the_two_guards_agree(bench: Bench) -> None:
    tried(EXAMPLES, lambda case: bench.runner.run(bench.compare(case)))
    print(f"seed {SEED}, {EXAMPLES} examples: {dict(bench.outcomes)}")
    # Not all is refused and not all is empty, else nothing was compared.
    assert bench.outcomes["rows read"] > EXAMPLES
    assert bench.outcomes["done"] > EXAMPLES / 10
    assert bench.outcomes["refused"] > EXAMPLES / 10


def test_graphql_agrees(bench: Bench) -> None:
    examples = max(1, EXAMPLES // 3)
    tried(examples, lambda case: bench.runner.run(bench.compare_graphql(case)))
    print(f"seed {SEED}, {examples} examples: {dict(bench.outcomes)}")
    assert bench.outcomes["rows shown"] > examples
    assert bench.outcomes["done"] > examples / 20
    assert bench.outcomes["not done"] > examples / 20


def tried(examples: int, compare: Callable[[Case], None]) -> None:
    """So many cases compared."""

    @seed(SEED)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=TOO_MUCH)
    @given(cases())
    def agree(case: Case) -> None:
        compare(case)

    agree()
