"""Procedures: what the schema declares and the program brings.

In: a call by name, with arguments. Out: what the handler gives; arguments checked by their declared types.
Never: a handler that runs as anybody but whoever called.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from gatepost.orm.calling.operations import snake, unknown
from gatepost.orm.calling.plugins import Caller, Plugin, ProcedureCall, Proceed
from gatepost.orm.errors import ConfigError, InvalidInput
from gatepost.orm.values import check, named
from gatepost.zmodel.schema import Parameter, Procedure, Schema

Handler = Callable[..., Awaitable[Any]]
"""`async def name(client, **args)`, args by the parameters' names."""


class Procedures:
    """`await db.procs.sign_up(name="Ada")`; in the schema's spelling or in snake_case."""

    def __init__(self, client: Caller, handlers: Mapping[str, Handler]) -> None:
        self._client, self._handlers = client, handlers

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        declared, slicing = self._client.schema.procedures, self._client.session.options.slicing
        if slicing is not None:
            declared = {key: each for key, each in declared.items() if key not in slicing.procedures}
        found = declared.get(name) or next((each for each in declared.values() if snake(each.name) == name), None)
        if found is None:
            raise AttributeError(unknown("procedure", name, declared))
        procedure = found

        async def call(args: Mapping[str, Any] | None = None, /, **given: Any) -> Any:
            return await self._call(procedure, args, given)

        return call

    def __getitem__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """The same by a name that Python could not write as a member."""
        return self.__getattr__(name)

    async def _call(self, procedure: Procedure, args: Mapping[str, Any] | None, given: dict[str, Any]) -> Any:
        handler = self._handlers.get(procedure.name)
        if handler is None:
            raise ConfigError(f'Procedure "{procedure.name}" does not have a handler configured')
        checked = check_arguments(self._client.schema, procedure, {**_opened(args), **given})
        client = self._client

        async def run(final: Mapping[str, Any]) -> Any:
            return await handler(client, **final)

        proceed: Proceed = run
        for plugin in client.plugins:
            if plugin.on_procedure is not None:
                proceed = _wrapped(plugin, procedure, proceed, client)
        return await proceed(checked)


def _wrapped(plugin: Plugin, procedure: Procedure, proceed: Proceed, client: Caller) -> Proceed:
    hook = plugin.on_procedure

    async def run(args: Mapping[str, Any]) -> Any:
        return await hook(ProcedureCall(procedure.name, procedure.mutation, args, proceed, client)) if hook else None

    return run


def _opened(args: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Arguments, also in ZenStack's envelope `{"args": {…}}`."""
    if args is None:
        return {}
    held: Any = args.get("args", args) if isinstance(args, Mapping) else args  # pyright: ignore[reportUnnecessaryIsInstance]
    if held is None:
        return {}
    if not isinstance(held, Mapping):
        raise InvalidInput(f"arguments are an object, received {named(held)}", ("args",))
    return cast("Mapping[str, Any]", held)


def check_arguments(schema: Schema, procedure: Procedure, given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by their declared types; InvalidInput for one too many, one missing, or a wrong one."""
    declared = {each.name: each for each in procedure.parameters}
    spelled = {snake(name): name for name in declared}
    args = {name if name in declared else spelled.get(name, name): value for name, value in given.items()}
    findings = [((name,), unknown("argument", name, declared)) for name in args if name not in declared]
    findings += [
        ((each.name,), "is required")
        for each in procedure.parameters
        if not each.type.optional and args.get(each.name) is None
    ]
    if findings:
        raise InvalidInput(f"invalid input for procedure {procedure.name}", findings=findings)
    return {name: _checked(schema, declared[name], value) for name, value in args.items()}


def _checked(schema: Schema, parameter: Parameter, value: object) -> Any:
    """A value of a declared type; rows (models) are any object, types that only the program knows pass."""
    if value is None:
        return None
    if parameter.type.kind in ("scalar", "enum", "type"):
        return check(schema, parameter.type, value, (parameter.name,))
    return value
