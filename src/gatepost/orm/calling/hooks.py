"""A call on its way: through the plugins, to the planners, and back.

In: a client, a model, an operation, arguments. Out: its result, with the members that plugins compute.
Never: a way to the database of its own.
"""

from collections.abc import Mapping
from typing import Any

from gatepost.orm.calling.calls import Arguments
from gatepost.orm.calling.mutations import hooked, mutate
from gatepost.orm.calling.operations import ACTIONS, SNAKE
from gatepost.orm.calling.plugins import Caller, Plugin, Proceed, Query
from gatepost.orm.calling.results import OPERATIONS
from gatepost.orm.errors import ConfigError, InvalidInput
from gatepost.orm.read import read
from gatepost.orm.write import write
from gatepost.policy import RuleProblem


async def perform(client: Caller, model: str, operation: str, args: Arguments) -> Any:
    """Run an operation; the plugin installed last is asked first."""
    if not client.plugins:
        return await execute(client, model, operation, args)

    async def run(final: Mapping[str, Any]) -> Any:
        if operation in ACTIONS and hooked(client.plugins):
            return await mutate(client, SNAKE[operation], final, inner)
        return await inner(client, final)

    async def inner(asking: Caller, final: Mapping[str, Any]) -> Any:
        return await _computed(asking, model, operation, final)

    proceed: Proceed = run
    for plugin in client.plugins:
        if plugin.on_query is not None:
            proceed = _wrapped(plugin, client, model, operation, proceed)
    return await proceed(args)


def _wrapped(plugin: Plugin, client: Caller, model: str, operation: str, proceed: Proceed) -> Proceed:
    hook = plugin.on_query

    async def run(args: Mapping[str, Any]) -> Any:
        return await hook(Query(model, SNAKE[operation], args, proceed, client)) if hook else await proceed(args)

    return run


async def _computed(client: Caller, model: str, operation: str, args: Arguments) -> Any:
    """Run an operation, with the members that plugins compute."""
    results = client.results
    if not results or operation not in OPERATIONS:
        return await execute(client, model, operation, args)
    return results.given(await execute(client, model, operation, results.asked(args, model)), model, args)


async def execute(client: Caller, model: str, operation: str, args: Arguments) -> Any:
    """Run an operation, past the plugins."""
    door = write if operation in ACTIONS else read
    try:
        return await door(client.session, model, operation, args)
    except InvalidInput as error:
        asked = operation.removesuffix("OrThrow") if client.session.compat else SNAKE[operation]
        raise error.of_call(model, asked) from None
    except RuleProblem as problem:
        raise ConfigError(f"{problem}: {problem.details}", model) from None
