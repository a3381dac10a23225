"""Functions → resources.

In: a Source, Codecs, the tables that functions may give rows of. Out: a Resource for each function that can be called.
Never: a guess: overloaded names, variadic functions and types that cannot be shown are left out, with a warning.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from gatepost.catalog import Name
from gatepost.catalog.anatomy import Procedure

from .codecs import Codecs
from .model import Codec, Kind, Parameter, Resource
from .source import Source
from .tags import Note

RECORD = Name("pg_catalog", "record")
VOID = Name("pg_catalog", "void")
RESULTS = ("o", "b", "t")
INPUTS = ("i", "b")


def functions(source: Source, codecs: Codecs, tables: Mapping[int, Resource]) -> Iterable[Resource]:
    """Every function of the exposed schemas that can be called."""
    by_codec = {table.codec: table for table in tables.values()}
    for procedure in _callable(source):
        resource = _function(source, codecs, procedure)
        if resource:
            resource.table = by_codec.get(resource.codec)
            yield resource


def _callable(source: Source) -> Iterable[Procedure]:
    # A range type has functions of its name that make one.
    ranges = {(type.schema, type.name) for type in source.anatomy.types if type.kind in ("r", "m")}
    names = Counter((one.schema, one.name) for one in source.anatomy.procedures)
    warned: set[tuple[str, str]] = set()
    for procedure in source.anatomy.procedures:
        name = (procedure.schema, procedure.name)
        if name in ranges or procedure.name.startswith("__") or procedure.extension is not None:
            continue
        if names[name] > 1:
            if name not in warned:
                source.warn(f"The function {'.'.join(name)} is left out: there are several of its name")
            warned.add(name)
        elif any(argument.mode == "v" for argument in procedure.arguments):
            source.warn(f"The function {'.'.join(name)} is left out: it is variadic")
        else:
            yield procedure


def _function(source: Source, codecs: Codecs, procedure: Procedure) -> Resource | None:
    said = source.notes.procedures[procedure.oid]
    codec = _result(source, codecs, procedure)
    parameters = _parameters(source, codecs, procedure, said)
    if not codec or parameters is None:
        source.warn(f"The function {procedure.schema}.{procedure.name} is left out: not all of its types can be shown")
        return None
    rows = codec.of if codec.kind is Kind.ARRAY and codec.of and codec.of.kind is Kind.COMPOSITE else None
    outs = [argument.name for argument in procedure.arguments if argument.mode in RESULTS]
    return Resource(
        said.text("name") or source.prefix(procedure.schema) + procedure.name,
        Name(procedure.schema, procedure.name),
        rows or codec,
        can_execute=not source.rights or procedure.oid in source.rights.procedures,
        parameters=parameters,
        returns_set=procedure.returns_set,
        returns_array=rows is not None,
        returns_void=codec.id == VOID,
        volatile=procedure.volatility not in ("i", "s"),
        strict=procedure.strict,
        single_out=outs[0] or None if len(outs) == 1 else None,
        tags=said.tags,
        description=said.description,
    )


def _result(source: Source, codecs: Codecs, procedure: Procedure) -> Codec | None:
    if sum(argument.mode in RESULTS for argument in procedure.arguments) > 1:
        return codecs.of_results(procedure)
    type = source.anatomy.type.get(procedure.returns)
    return None if type and (type.schema, type.name) == RECORD else codecs.of(procedure.returns)


def _parameters(source: Source, codecs: Codecs, procedure: Procedure, said: Note) -> tuple[Parameter, ...] | None:
    inputs = [(place, one) for place, one in enumerate(procedure.arguments) if one.mode in INPUTS]
    found: list[Parameter] = []
    for index, (place, argument) in enumerate(inputs):
        codec = codecs.of(argument.type)
        if not codec:
            return None
        required = index < len(inputs) - procedure.defaults
        not_null = procedure.strict or (source.options.strict_functions and required)
        found.append(Parameter(argument.name or None, codec, required, not_null, said.text(f"arg{place}variant")))
    return tuple(found)
