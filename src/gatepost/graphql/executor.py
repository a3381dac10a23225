"""Executes operations.

In: an Identity, a GraphQLRequest, the transaction's Context. Out: an Answer. Never: a decision about who may see a row;
never a row's JSON taken apart, but for what its dialect marks.

A query is one transaction in one round trip; where a field fails it is run again field by field, so that only failing
fields are null. Each field of a mutation commits by itself, one after the other.
"""

import asyncio
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from graphql import GraphQLError

from gatepost import observe
from gatepost.database.connection import Batch
from gatepost.database.scope import Database, is_worth_another_try
from gatepost.database.values import Context, Result
from gatepost.identity import Identity
from gatepost.problem import DatabaseProblem, Problem
from gatepost.query.sql import Statement

from .answer import Answer, Told, formatted, refused, refused_for
from .answer.finish import finished
from .callers import Acting
from .documents import Limits
from .documents.reading import Invalid
from .plan import Known, Plan, Step
from .prepared import Operation, Prepared, from_event
from .request import GraphQLRequest

LOADING = Problem("not_ready", 503, "The server does not know the database yet", None, "Try again in a moment")

LONG = 5000
"""Characters of a document that is long: to read it takes a tenth of a second or more."""
SCHEMA = re.compile(r"__(?:schema|type)\b")

Read = TypeVar("Read")


@dataclass
class Executed:
    """What came of the steps so far."""

    data: dict[str, bytes] = field(default_factory=dict[str, bytes])
    errors: list[GraphQLError] = field(default_factory=list[GraphQLError])

    def answer(self, steps: Sequence[Step]) -> Answer:
        """The response, its fields in the order in which they were asked for."""
        members = b",".join(b'"%s":%s' % (step.key.encode(), self.data.get(step.key, b"null")) for step in steps)
        body = b'{"data":{%s}' % members
        if self.errors:
            body += b',"errors":' + msgspec.json.encode([formatted(error) for error in self.errors])
        return Answer(body + b"}")


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation that may be executed, and the values it is for."""

    plan: Plan
    values: dict[str, Any]


class Executor:
    """Operations over one database. `secret` signs tokens; with `mask` clients are not told what the database said."""

    def __init__(self, database: Database, limits: Limits, *, secret: str = "", mask: bool = False) -> None:
        self.database, self.limits, self.secret, self.mask = database, limits, secret, mask
        self.prepared: Prepared | None = None
        self._turn = asyncio.Semaphore(1)

    def use(self, known: Known) -> None:
        """A new schema: what was prepared with the old one is forgotten, requests under way finish with it."""
        self.prepared = Prepared(known, self.limits)

    async def execute(self, identity: Identity, request: GraphQLRequest, context: Context) -> Answer:
        """The answer to a query or a mutation, or to what is selected of a subscription's event (`request.root`)."""
        asked = await self.aside(request, lambda: self.read(request))
        return asked if isinstance(asked, Answer) else await self.run(identity, asked, context)

    def begin(self, acting: Acting, request: GraphQLRequest, told: Told) -> None:
        """Execute a query of one field that shares a connection, without a task; all else as `execute` does."""
        if self.takes_long(request):
            told(self.execute(acting.identity, request, acting.context))
            return
        asked = self.read(request)
        if isinstance(asked, Answer):
            told(asked)
        elif not self._begin(acting, asked, told):
            told(self.run(acting.identity, asked, acting.context))

    async def aside(self, request: GraphQLRequest, read: Callable[[], Read]) -> Read:
        """What `read` makes of a request, in a thread where that takes long."""
        if not self.takes_long(request):
            return read()
        async with self._turn:
            return await asyncio.to_thread(read)

    def takes_long(self, request: GraphQLRequest) -> bool:
        """Whether to read it would keep everybody waiting: then it is read in a thread, one after the other. What asks
        for the schema is answered by reading it.
        """
        text = request.document
        if SCHEMA.search(text):
            return True
        return len(text) > LONG and not (self.prepared and self.prepared.knows(text, request.operation_name))

    def read(self, request: GraphQLRequest) -> Asked | Answer:
        """What a request asks; the Answer where that cannot be executed."""
        if self.prepared is None:
            return refused_for(LOADING)
        try:
            operation = self.prepared.operation(request.document, request.operation_name)
            if operation.kind == "subscription" and request.root is None:
                return refused([GraphQLError("Subscriptions go over a websocket")])
            return self.plan(operation, request)
        except Invalid as invalid:
            return refused(invalid.errors)

    def plan(self, operation: Operation, request: GraphQLRequest) -> Asked:
        """The values and the plan of a request; Invalid where its variables are not right, or it asks for too much."""
        sent = request.variables or {}
        values = operation.values(sent)
        exceeded = operation.priced.check(values)
        if exceeded:
            raise Invalid(exceeded)
        if request.root is not None:
            values = from_event(values, request.root, operation.known.options.node_id_codec)
        return Asked(operation.plan(values, sent), values)

    async def run(self, identity: Identity, asked: Asked, context: Context) -> Answer:
        """The answer to what is asked."""
        run = self.mutate if asked.plan.mutates else self.query
        try:
            done = await run(identity, asked.plan, asked.values, context)
        except Problem as problem:
            return refused_for(problem)
        return done.answer(asked.plan.steps)

    # ---------------------------------------------------------------- without a task

    def _begin(self, acting: Acting, asked: Asked, told: Told) -> bool:
        plan = asked.plan
        read = plan.steps[0].read if len(plan.steps) == 1 and not plan.mutates else None
        if read is None or not read.inert:
            return False
        [statement] = plan.statements(plan.steps[0], asked.values)
        reading = acting.reading(self.database, statement)

        def done(batch: Batch) -> None:
            if batch.error is not None and is_worth_another_try(batch.error):
                told(self._alone(acting, plan, statement))
                return
            try:
                told(self._answer(plan, batch.error or batch.results[0]))
            except Exception as error:  # nobody else would answer
                told(_failed(error))

        return reading is not None and self.database.read(reading, done)

    async def _alone(self, acting: Acting, plan: Plan, statement: Statement) -> Answer:
        """The answer to a query of one field that could not be had in company."""
        try:
            [result] = await self.database.run_alone(acting.identity, [statement], acting.context)
        except Problem as problem:
            return self._answer(plan, problem)
        return self._answer(plan, result)

    def _answer(self, plan: Plan, found: Result | Problem) -> Answer:
        """The answer to a query of one field."""
        done, [step] = Executed(), plan.steps
        if isinstance(found, Result):
            self.give(done, step, found)
        elif isinstance(found, DatabaseProblem):
            self.fail(done, step, found)
        else:
            return refused_for(found)
        return done.answer(plan.steps)

    # ---------------------------------------------------------------- queries

    async def query(self, identity: Identity, plan: Plan, values: dict[str, Any], context: Context) -> Executed:
        """All fields in one round trip; where that fails, each in one of its own."""
        done = Executed()
        asked = [step for step in plan.steps if not self.known(done, step)]
        if not asked:
            return done
        statements = [statement for step in asked for statement in plan.statements(step, values)]
        try:
            results = await self.database.run(identity, statements, context)
        except DatabaseProblem as problem:
            if len(asked) == 1:
                self.fail(done, asked[0], problem)
                return done
        else:
            for step, result in zip(asked, results, strict=True):
                self.give(done, step, result)
            return done
        for step in asked:
            await self.one(done, identity, plan, step, values, context)
        return done

    def known(self, done: Executed, step: Step) -> bool:
        """Whether a step has its answer, or its error, without the database."""
        if step.constant is not None:
            done.data[step.key] = step.constant
        elif step.error is not None:
            done.errors.append(_located(step.error, step))
        else:
            return False
        return True

    async def one(
        self, done: Executed, identity: Identity, plan: Plan, step: Step, values: dict[str, Any], context: Context
    ) -> None:
        """One step, in a transaction of its own."""
        try:
            results = await self.database.run(identity, plan.statements(step, values), context)
        except DatabaseProblem as problem:
            self.fail(done, step, problem)
            return
        if step.unless_any is not None and results[0].rows[0][0] == b"0":
            done.errors.append(_located(GraphQLError(step.unless_any), step))
        else:
            self.give(done, step, results[-1])

    # ---------------------------------------------------------------- mutations

    async def mutate(self, identity: Identity, plan: Plan, values: dict[str, Any], context: Context) -> Executed:
        """One field after the other, each committed before the next begins: what was done is told, whatever follows."""
        done = Executed()
        for step in plan.steps:
            if not self.known(done, step):
                try:
                    await self.one(done, identity, plan, step, values, context)
                except Problem as problem:
                    if not done.data and not done.errors:
                        raise
                    self.fail(done, step, problem)
        return done

    # ---------------------------------------------------------------- what comes back

    def give(self, done: Executed, step: Step, result: Result) -> None:
        body = result.rows[0][0] or b"null"
        done.data[step.key] = finished(body, step.marks, self.secret) if step.marks else body

    def fail(self, done: Executed, step: Step, problem: Problem) -> None:
        """The field is null, and the client is told why, or where that is told."""
        if not self.mask:
            details = {"code": problem.code, "details": problem.details, "hint": problem.hint}
            extensions = {name: value for name, value in details.items() if value is not None}
            error = GraphQLError(problem.message, extensions=extensions)
        else:
            number = uuid.uuid4().hex
            observe.emit("graphql.failed", id=number, code=problem.code, error=problem.message)
            error = GraphQLError(f"An error occurred (logged with id: '{number}')", extensions={"errorId": number})
        done.errors.append(_located(error, step))


async def _failed(error: Exception) -> Answer:
    raise error


def _located(error: GraphQLError, step: Step) -> GraphQLError:
    """The error as one of that field."""
    return GraphQLError(error.message, step.nodes, path=[step.key], extensions=error.extensions)
