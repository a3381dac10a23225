"""The datasource: exactly one, with a provider that exists, and schemas that hold what they should.

In: a program. Out: findings about its configuration.
Never: a connection, or the value of a variable.
"""

from collections.abc import Sequence

from gatepost.zmodel import nodes
from gatepost.zmodel.check.context import Context, setting
from gatepost.zmodel.diagnostics import Span, near
from gatepost.zmodel.link import applied

PROVIDERS = ("postgresql", "sqlite", "mysql")
ADDRESSES = ("url", "directUrl", "shadowDatabaseUrl")


def check(context: Context) -> None:
    """One datasource, and what it says; settings of generators and plugins."""
    sources = [each for each in context.program.configurations if each.kind == "datasource"]
    if not sources:
        first = next(iter(context.program.documents.values()))
        hint = "add: datasource db { provider = 'postgresql' }"
        context.reporter.error(Span(first.at.source, 0, 0), "schema must have a datasource declaration", hint)
    for extra in sources[1:]:
        context.reporter.error(extra.at, "multiple datasource declarations are not allowed")
    for each in context.program.configurations:
        _once(context, each)
    if sources:
        _provider(context, sources[0])
        _addresses(context, sources[0])
        _schemas(context, sources[0])


def _once(context: Context, configuration: nodes.Configuration) -> None:
    seen: set[str] = set()
    for each in configuration.settings:
        if each.name in seen:
            context.reporter.error(each.at, f'duplicated declaration name "{each.name}"')
        seen.add(each.name)


def _provider(context: Context, source: nodes.Configuration) -> None:
    found = setting(source, "provider")
    if found is None:
        context.reporter.error(source.at, 'datasource must include a "provider" field')
    elif not isinstance(found, nodes.Text):
        context.reporter.error(found.at, '"provider" must be set to a string literal')
    elif found.value not in PROVIDERS:
        close = near(found.value, PROVIDERS) or ("postgresql" if found.value.startswith("postgres") else None)
        hint = f'did you mean "{close}"?' if close else None
        choice = ", ".join(PROVIDERS)
        context.reporter.error(found.at, f'provider "{found.value}" is not supported: choose from {choice}', hint)


def _addresses(context: Context, source: nodes.Configuration) -> None:
    for name in ADDRESSES:
        found = setting(source, name)
        variable = isinstance(found, nodes.Call) and found.function == "env"
        if found is not None and not variable and not isinstance(found, nodes.Text):
            context.reporter.error(found.at, f'"{name}" must be a string literal or an invocation of "env" function')


def _schemas(context: Context, source: nodes.Configuration) -> None:
    default, schemas = setting(source, "defaultSchema"), setting(source, "schemas")
    for name, found in (("defaultSchema", default), ("schemas", schemas)):
        if found is not None and context.provider not in (None, "postgresql"):
            context.reporter.error(found.at, f'"{name}" is only supported for "postgresql" provider')
    if default is not None and not isinstance(default, nodes.Text):
        context.reporter.error(default.at, '"defaultSchema" must be a string literal')
    if schemas is None:
        return
    items = schemas.items if isinstance(schemas, nodes.Items) else ()
    texts = [item.value for item in items if isinstance(item, nodes.Text)]
    if not isinstance(schemas, nodes.Items) or len(texts) < len(items):
        context.reporter.error(schemas.at, '"schemas" must be an array of string literals')
        return
    wanted = default.value if isinstance(default, nodes.Text) else _implied(context)
    if wanted is not None and wanted not in texts:
        context.reporter.error(schemas.at, f'"{wanted}" must be included in the "schemas" array')


def _implied(context: Context) -> str | None:
    """Whatever names no schema is in public."""
    holders: Sequence[nodes.Model | nodes.Enum] = (*context.program.models, *context.program.enums)
    return "public" if any(applied(each, "@@schema") is None for each in holders) else None


def schemas(context: Context) -> list[str] | None:
    """The schemas that the datasource lists; None where it lists none."""
    found = setting(context.datasource, "schemas") if context.datasource else None
    if not isinstance(found, nodes.Items):
        return None
    return [item.value for item in found.items if isinstance(item, nodes.Text)]
