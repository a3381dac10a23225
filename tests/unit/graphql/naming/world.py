"""Tables and functions to name: what a registry would hold of them, made by hand."""

from collections.abc import Mapping

from gatepost.catalog import Name
from gatepost.graphql.naming import Inflection, inflection
from gatepost.graphql.options import Options
from gatepost.graphql.registry.model import (
    Attribute,
    Codec,
    Kind,
    Parameter,
    Registry,
    Relation,
    Resource,
    Tags,
    Unique,
)

INT = Codec(Name("pg_catalog", "int4"), "int4", Kind.SCALAR)
NO_TAGS: Tags = {}
SCHEMAS = ("app", "audit")


def table(
    name: str,
    columns: str = "id",
    *,
    schema: str = "app",
    key: tuple[str, ...] = ("id",),
    tags: Tags = NO_TAGS,
    column_tags: Mapping[str, Tags] | None = None,
) -> Resource:
    codec = Codec(Name(schema, name), "", Kind.COMPOSITE, table=True, tags=tags)
    for position, column in enumerate(columns.split()):
        of_column = (column_tags or {}).get(column, NO_TAGS)
        codec.attributes[column] = Attribute(column, INT, codec, position, tags=of_column)
    uniques = (Unique(key, primary=True),) if key else ()
    return Resource(name, Name(schema, name), codec, uniques=uniques, tags=tags)


def function(
    name: str,
    *parameters: Parameter,
    schema: str = "app",
    codec: Codec = INT,
    returns_set: bool = False,
    tags: Tags = NO_TAGS,
) -> Resource:
    return Resource(name, Name(schema, name), codec, parameters=parameters, returns_set=returns_set, tags=tags)


def record(name: str, *outs: str | None) -> Codec:
    """What a function with these OUT parameters gives."""
    codec = Codec(Name("app", name), "", Kind.COMPOSITE, anonymous=True)
    for position, out in enumerate(outs):
        column = out or f"column{position + 1}"
        codec.attributes[column] = Attribute(column, INT, codec, position)
    return codec


def refers(
    source: Resource, target: Resource, *pairs: tuple[str, str], tags: Tags = NO_TAGS
) -> tuple[Relation, Relation]:
    """A foreign key, as it is seen from `source` and from `target`."""
    back = tuple((theirs, own) for own, theirs in pairs)
    return (
        Relation("forward", source, target, pairs, unique=True, backward=False, tags=tags),
        Relation("backward", target, source, back, unique=False, backward=True, tags=tags),
    )


def names(options: Options, *resources: Resource) -> Inflection:
    return inflection(
        options, Registry(SCHEMAS, {}, {each.name: each for each in resources}, lambda entity, rule: True)
    )


AMBER = Options(SCHEMAS, preset="amber")
V4 = Options(SCHEMAS)
SIMPLIFIED = Options(SCHEMAS, simplify=True)
