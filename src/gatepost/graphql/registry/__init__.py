"""What of a database is shown, and how it hangs together.

In: an Anatomy, Options, a tags file, the rows of enum tables. Out: one Registry, made anew when the database changes.
Never: a name for GraphQL, or a question to the database.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gatepost.catalog import Name
from gatepost.catalog.anatomy import Anatomy
from gatepost.graphql.options import Options

from .behaviours import Behaviours, Inferred, wanted
from .codecs import Codecs
from .enums import Rows, enums, to_read
from .functions import functions
from .model import Codec, Registry, Resource, Unique
from .pretended import pretend
from .refs import refs
from .relations import relate
from .source import Source, read
from .tables import tables
from .tags import read_tags_file

__all__ = ["NO_ROWS", "Rows", "build", "enum_tables", "read_tags_file"]

TagsFile = Mapping[str, Any]
NO_ROWS: Rows = {}
LATER = ("interface", "unionMember", "implements")
"""Tags that are not understood yet."""


def build(anatomy: Anatomy, options: Options, tags_file: TagsFile | None = None, rows: Rows = NO_ROWS) -> Registry:
    """The registry of a database; `rows` are those that `enum_tables` asks for, as text. A Problem where a tag asks for
    what cannot be.
    """
    source = _source(anatomy, options, tags_file)
    values = enums(source, rows)
    codecs = Codecs(source, values.columns, values.domains)
    by_oid = tables(source, codecs)
    relate(source, codecs, by_oid)
    resources = _named(source, [*by_oid.values(), *functions(source, codecs, by_oid)])
    may = _behaviours(options, by_oid.values())
    _compute(resources.values(), may)
    found = refs(source, by_oid)
    _warn_of_later(source, resources.values())
    return Registry(options.schemas, codecs.made, resources, may, found, tuple(dict.fromkeys(source.warnings)))


def enum_tables(anatomy: Anatomy, options: Options, tags_file: TagsFile | None = None) -> dict[Name, tuple[str, ...]]:
    """The relations whose rows `build` needs, with the columns that it needs of them."""
    return to_read(_source(anatomy, options, tags_file))


def _source(anatomy: Anatomy, options: Options, tags_file: TagsFile | None) -> Source:
    source = read(anatomy, options, tags_file)
    pretend(source)
    return source


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


def _warn_of_later(source: Source, resources: Iterable[Resource]) -> None:
    for resource in resources:
        for tag in LATER:
            if tag in resource.tags:
                source.warn(f"@{tag} on {resource.id} is not understood yet")
