"""What of a database is shown, and how it hangs together.

In: an Anatomy, Options, a tags file, the rows of enum tables. Out: one Registry, made anew when the database changes.
Never: a name for GraphQL, or a question to the database.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gatepost.catalog.anatomy import Anatomy
from gatepost.graphql.options import Options

from .behaviour import Behaviours
from .codecs import Codecs
from .functions import functions
from .inferred import Inferred, wanted
from .model import Codec, Registry, Resource, Unique
from .pretended import pretend
from .relations import relate
from .source import Source, read
from .tables import tables
from .tags import read_tags_file

__all__ = ["build", "read_tags_file"]


def build(anatomy: Anatomy, options: Options, tags_file: Mapping[str, Any] | None = None) -> Registry:
    """The registry of a database. A Problem where a tag asks for what cannot be."""
    source = read(anatomy, options, tags_file)
    pretend(source)
    codecs = Codecs(source, {})
    by_oid = tables(source, codecs)
    relate(source, codecs, by_oid)
    resources = _named(source, [*by_oid.values(), *functions(source, codecs, by_oid)])
    may = _behaviours(options, by_oid.values())
    _compute(resources.values(), may)
    return Registry(options.schemas, codecs.made, resources, may, warnings=tuple(dict.fromkeys(source.warnings)))


def _named(source: Source, found: Iterable[Resource]) -> dict[str, Resource]:
    """Resources by names that no two have."""
    resources: dict[str, Resource] = {}
    for resource in found:
        if resource.name in resources:
            source.warn(f"{resource.id} has the name of {resources[resource.name].id}")
            resource.name = f"{resource.id.schema}_{resource.name}"
        while resource.name in resources:
            resource.name += "_"
        resources[resource.name] = resource
    return resources


def _behaviours(options: Options, tables: Iterable[Resource]) -> Behaviours:
    by_codec: dict[Codec, Resource] = {}
    owners: dict[Unique, Resource] = {}
    for table in tables:
        by_codec[table.codec] = table
        owners |= dict.fromkeys(table.uniques, table)
    return Behaviours(wanted(options), Inferred(options, by_codec, owners))


def _compute(resources: Iterable[Resource], may: Behaviours) -> None:
    """Functions that compute a field stand with the codec of the row they compute it of."""
    for resource in resources:
        if resource.parameters and resource.parameters[0].codec.attributes and may(resource, "typeField"):
            resource.parameters[0].codec.functions[resource.name] = resource
