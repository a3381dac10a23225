"""A checked program → a Schema.

In: a context in which nothing is wrong. Out: the schema.
Never: a finding: what could be wrong has been told before.
"""

from typing import Literal

from gatepost.zmodel import nodes
from gatepost.zmodel.build.constants import constant, database_name, doc_notes, place
from gatepost.zmodel.build.models import build_model, build_shape
from gatepost.zmodel.build.relations import join_tables
from gatepost.zmodel.check.context import Context, setting
from gatepost.zmodel.expressions.types import declared
from gatepost.zmodel.link import applied
from gatepost.zmodel.schema import (
    Configuration,
    Datasource,
    Enum,
    EnumMember,
    Extension,
    Parameter,
    Procedure,
    Schema,
)

__all__ = ["build"]


def build(context: Context, digest: str) -> Schema:
    """The schema of a program; `digest` is that of its files' contents."""
    program = context.program
    models = {model.name: build_model(context, model) for model in program.models}
    auth = program.auth
    kind: Literal["model", "type"] = "model" if isinstance(auth, nodes.Model) else "type"
    return Schema(
        datasource=_datasource(context),
        models=models,
        enums={enum.name: _enum(context, enum) for enum in program.enums},
        types={shape.name: build_shape(context, shape) for shape in program.shapes},
        procedures={procedure.name: _procedure(context, procedure) for procedure in program.procedures},
        join_tables=join_tables(models),
        auth=(auth.name, kind) if auth else None,
        configurations=_configurations(context),
        digest=digest,
        files=tuple(program.documents),
        warnings=tuple(each for each in context.reporter.findings() if each.severity == "warning"),
    )


def _datasource(context: Context) -> Datasource:
    source = context.datasource
    if source is None:
        raise AssertionError("a checked program has a datasource")
    url = setting(source, "url")
    schemas, default = setting(source, "schemas"), setting(source, "defaultSchema")
    variable = url.arguments[0] if isinstance(url, nodes.Call) and url.arguments else None
    return Datasource(
        source.name,
        context.provider or "",
        url.value if isinstance(url, nodes.Text) else None,
        variable.value if isinstance(variable, nodes.Text) else None,
        _texts(schemas),
        default.value if isinstance(default, nodes.Text) else None,
        _extensions(setting(source, "extensions")),
    )


def _texts(found: nodes.Expression | None) -> tuple[str, ...]:
    items = found.items if isinstance(found, nodes.Items) else ()
    return tuple(item.value for item in items if isinstance(item, nodes.Text))


def _extensions(found: nodes.Expression | None) -> tuple[Extension, ...]:
    items = found.items if isinstance(found, nodes.Items) else ()
    return tuple(
        Extension(item.name, {option.key: constant(option.value) for option in item.options})
        if isinstance(item, nodes.Reference)
        else Extension(str(constant(item)))
        for item in items
    )


def _configurations(context: Context) -> tuple[Configuration, ...]:
    found: list[Configuration] = []
    for each in context.program.configurations:
        if each.kind != "datasource":
            kind: Literal["generator", "plugin"] = "plugin" if each.kind == "plugin" else "generator"
            found.append(Configuration(kind, each.name, {one.name: constant(one.value) for one in each.settings}))
    return tuple(found)


def _enum(context: Context, enum: nodes.Enum) -> Enum:
    members = tuple(
        EnumMember(member.name, database_name(applied(member, "@map")) or member.name, member.doc)
        for member in enum.members
    )
    return Enum(
        enum.name,
        database_name(applied(enum, "@@map")) or enum.name,
        place(enum),
        members,
        database_name(applied(enum, "@@schema")),
        doc_notes(context, enum.attributes),
        enum.doc,
    )


def _procedure(context: Context, procedure: nodes.Procedure) -> Procedure:
    parameters = tuple(Parameter(each.name, declared(context.program, each.type)) for each in procedure.parameters)
    returns = declared(context.program, procedure.returns)
    return Procedure(procedure.name, procedure.mutation, parameters, returns, place(procedure))
