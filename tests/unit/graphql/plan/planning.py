"""Plans of a small database, without one."""

from typing import Any

from gatepost.catalog import Catalog
from gatepost.graphql.documents import Limits
from gatepost.graphql.known import know
from gatepost.graphql.options import Options
from gatepost.graphql.plan import Plan, Step
from gatepost.graphql.prepared import Prepared
from gatepost.query.sql import Statement
from tests.unit.graphql.schema.world import World


def library() -> World:
    """People who write books, and what can be computed of them."""
    world = World()
    world.composite("size", "width int4, height int4")
    world.table("person", "id int4!=, email text!, name text, born date, secret text", unique=("email",))
    world.table("book", "id int4!=, author_id int4, title text!=, tags text[], size size, extra jsonb")
    world.refers("book", "author_id", "person")
    world.function("person_label", "p person, before text", "text")
    world.function("search", "words text, n int4", "setof book", defaults=1)
    world.function("add", "a int4, b int4", "int4", defaults=2)
    world.function("publish", "title text, tags text[]", "book", volatility="v")
    return world


class Planner:
    """One server's plans."""

    def __init__(self, **options: Any) -> None:
        world = library()
        chosen = {"simple_collections": "both", **options}
        self.prepared = Prepared(know(world.anatomy, Catalog(), Options((world.schema,), **chosen)), Limits())

    def plan(self, text: str, **variables: Any) -> tuple[Plan, dict[str, Any]]:
        operation = self.prepared.operation(text, None)
        values = operation.values(variables)
        return operation.plan(values, variables), values

    def steps(self, text: str, **variables: Any) -> tuple[Step, ...]:
        return self.plan(text, **variables)[0].steps

    def statements(self, text: str, **variables: Any) -> list[Statement]:
        """All statements of an operation, in the order in which they run."""
        plan, values = self.plan(text, **variables)
        return [
            statement
            for step in plan.steps
            if step.constant is None and step.error is None
            for statement in plan.statements(step, values)
        ]

    def sql(self, text: str, **variables: Any) -> str:
        """The text of the only statement."""
        [statement] = self.statements(text, **variables)
        return statement.text
