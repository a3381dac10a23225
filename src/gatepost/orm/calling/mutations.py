"""Hooks around creates, updates and deletes.

In: a mutation that was called, and the plugins. Out: its result, the hooks before and after it run.
Never: a hook after a mutation that was undone, unless it asked to run within the transaction.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, cast

from gatepost.orm.calling.operations import ACTIONS, SNAKE
from gatepost.orm.calling.plugins import Caller, Mutation, Plugin

LOGGER = logging.getLogger("gatepost.orm")
UNIQUE = ("update", "upsert", "delete")
Rows = list[dict[str, Any]]
Execute = Callable[[Caller, Mapping[str, Any]], Awaitable[Any]]


def hooked(plugins: tuple[Plugin, ...]) -> list[Plugin]:
    """Plugins with a say in mutations."""
    return [each for each in plugins if each.before_mutation is not None or each.after_mutation is not None]


async def mutate(client: Caller, model: str, operation: str, args: Mapping[str, Any], execute: Execute) -> Any:
    """A mutation in a transaction (the open one, else its own), with its hooks."""
    plugins = hooked(client.plugins)
    async with client.session.transaction() as opened:
        inside = _quiet(client).within(opened)
        told = Mutation(model, SNAKE[operation], ACTIONS[operation], args, _nothing, inside)
        before = await _touched(inside, model, operation, args)
        kept = _Kept(before)
        for each in plugins:
            if each.before_mutation is not None:
                await each.before_mutation(replace(told, load=kept.load))
        result = await execute(inside, args)
        later = [each for each in plugins if each.after_mutation is not None]
        left = await _left(inside, model, operation, before, result) if later else []
        after = replace(told, load=_Kept(left).load, before=kept.seen)
        for each in later:
            if each.after_mutation is not None and each.within_transaction:
                await each.after_mutation(after)
            elif opened.running is not None:
                opened.running.afterwards.append(partial(_after, each, client, after))
    return result


class _Kept:
    """The rows before a mutation, or as it left them; `seen` once a hook has asked for them."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.seen: Rows | None = None

    async def load(self) -> Rows:
        self.seen = self._rows
        return self._rows


async def _nothing() -> Rows:
    return []


def _quiet(client: Caller) -> Any:
    """The client without mutation hooks, for what hooks do themselves."""
    return client.with_plugins(
        tuple(replace(each, before_mutation=None, after_mutation=None) for each in client.plugins)
    )


async def _touched(client: Caller, model: str, operation: str, args: Mapping[str, Any]) -> Rows:
    """The rows that a mutation will touch, as far as its client may read them."""
    if ACTIONS[operation] == "create":
        return []
    where: Any = args.get("where") or {}
    if operation in UNIQUE:
        row = await client.perform(model, "findUnique", {"where": where})
        return [row] if row is not None else []
    return await client.perform(model, "findMany", {"where": where})


async def _left(client: Caller, model: str, operation: str, before: Rows, result: Any) -> Rows:
    """The rows that a mutation left, read again by their ids; of create_many alone nobody knows them."""
    if ACTIONS[operation] == "delete":
        return []
    ids = client.schema.models[model].ids
    rows = before or ([result] if isinstance(result, dict) else result)
    found = [cast("dict[str, Any]", each) for each in cast("list[Any]", rows) if isinstance(each, dict)]
    keys = [{name: each[name] for name in ids} for each in found if all(name in each for name in ids)]
    return await client.perform(model, "findMany", {"where": {"OR": keys}}) if keys else []


async def _after(plugin: Plugin, client: Caller, told: Mutation) -> None:
    """A hook after the commit: its failure changes nothing any more."""
    try:
        if plugin.after_mutation is not None:
            await plugin.after_mutation(replace(told, client=_quiet(client).outside()))
    except Exception:
        LOGGER.exception("the plugin %s failed after a mutation", plugin.id)
