"""Hooks around creates, updates and deletes.

In: a call that writes, and the plugins. Out: its result, the hooks before and after each of its writes run.
Never: a hook after a mutation that was undone, unless it asked to run within the transaction.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from gatepost.orm.calling.plugins import Caller, Mutation, Plugin
from gatepost.orm.session import Action, Load, Session

LOGGER = logging.getLogger("gatepost.orm")
Execute = Callable[[Caller, Mapping[str, Any]], Awaitable[Any]]


def hooked(plugins: tuple[Plugin, ...]) -> list[Plugin]:
    """Plugins with a say in mutations."""
    return [each for each in plugins if each.before_mutation is not None or each.after_mutation is not None]


async def mutate(client: Caller, operation: str, args: Mapping[str, Any], execute: Execute) -> Any:
    """A call that writes, in a transaction (the open one, else its own), with hooks around each of its writes."""
    async with client.session.transaction() as opened:
        watcher = Watcher(client, opened, operation, args)
        return await execute(_quiet(client).within(replace(opened, watch=watcher)), args)


class Kept:
    """Rows, read when they are asked for first; `seen` once they were."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self.seen: list[dict[str, Any]] | None = None

    async def load(self) -> list[dict[str, Any]]:
        if self.seen is None:
            self.seen = await self._load()
        return self.seen


@dataclass(frozen=True, slots=True)
class Watcher:
    """Tells the plugins of a client of what one call writes."""

    client: Caller
    opened: Session
    operation: str
    args: Mapping[str, Any]

    async def before(self, model: str, action: Action, load: Load) -> tuple[Mutation, Kept]:
        """The hooks before; what they were told, and the rows where one of them asked."""
        kept = Kept(self._computed(model, load))
        inside = _quiet(self.client).within(self.opened)
        told = Mutation(model, self.operation, action, self.args, kept.load, inside)
        for each in hooked(self.client.plugins):
            if each.before_mutation is not None:
                await each.before_mutation(told)
        return told, kept

    async def after(self, told: tuple[Mutation, Kept], load: Load) -> None:
        """The hooks after, now or once the transaction is committed; the rows are read now."""
        mutation, kept = told
        later = [each for each in hooked(self.client.plugins) if each.after_mutation is not None]
        left = Kept(self._computed(mutation.model, load))
        if later:
            await left.load()
        after = replace(mutation, load=left.load, before=kept.seen)
        for each in later:
            if each.after_mutation is not None and each.within_transaction:
                await each.after_mutation(after)
            elif self.opened.running is not None:
                self.opened.running.afterwards.append(partial(_after, each, self.client, after))

    def _computed(self, model: str, load: Load) -> Load:
        """Rows with the members that plugins compute."""

        async def loaded() -> list[dict[str, Any]]:
            rows, results = await load(), self.client.results
            return results.given(rows, model, {}) if results else rows

        return loaded


def _quiet(client: Caller) -> Any:
    """The client without mutation hooks, for what hooks do themselves."""
    return client.with_plugins(
        tuple(replace(each, before_mutation=None, after_mutation=None) for each in client.plugins)
    )


async def _after(plugin: Plugin, client: Caller, told: Mutation) -> None:
    """A hook after the commit: its failure changes nothing any more."""
    try:
        if plugin.after_mutation is not None:
            await plugin.after_mutation(replace(told, client=_quiet(client).outside()))
    except Exception:
        LOGGER.exception("the plugin %s failed after a mutation", plugin.id)
