"""Shapes of models: their rows, what of them is asked for, and the arguments of their operations.

In: a schema. Out: every shape, each under one name. Never: a model that calls do not see.
"""

from collections.abc import Iterator

from gatepost.orm.calling.operations import ACTIONS, READS
from gatepost.orm.generate.data import data_shapes, list_shapes, number_shapes
from gatepost.orm.generate.filters import filter_shapes, filterable, scalar_of, where_shapes
from gatepost.orm.generate.shapes import (
    ANY,
    BOOLEAN,
    INT,
    NULL,
    Many,
    Member,
    Ref,
    Shape,
    TypeOf,
    Words,
    either,
    maybe,
    one_or_many,
    option,
)
from gatepost.zmodel.schema import Field, Model, Schema

ORDER = Words(("asc", "desc"))
SUMMED = ("Int", "BigInt", "Float", "Decimal")


def shapes(schema: Schema) -> dict[str, Shape]:
    """Every shape of a schema by its name."""
    found: dict[str, Shape] = {}
    for each in _all(schema):
        found[each.name] = each
    return found


def _all(schema: Schema) -> Iterator[Shape]:
    for type in schema.types.values():
        members = tuple(
            Member(each.name, value_of(each), required=not each.type.optional) for each in type.fields.values()
        )
        yield Shape(type.name, members, type.doc)
    yield from filter_shapes(schema)
    yield from number_shapes()
    yield from list_shapes(schema)
    yield Shape("SortOrder", (option("sort", ORDER, required=True), option("nulls", Words(("first", "last")))))
    yield Shape("CountOrder", (Member("_count", ORDER, required=True),), "By how many rows belong to a row.")
    yield Shape("Count", (option("count", INT, required=True),), "How many rows were touched.")
    for model in visible(schema):
        yield row_shape(schema, model)
        yield from where_shapes(schema, model)
        yield from data_shapes(model)
        yield from chosen_shapes(model)
        yield from argument_shapes(model)


def visible(schema: Schema) -> Iterator[Model]:
    """Models that calls see."""
    return (model for model in schema.models.values() if not model.ignored)


def operations_of(model: Model) -> Iterator[str]:
    """Operations that a model has: a view only reads."""
    yield from READS
    if not model.view:
        yield from ACTIONS


# ------------------------------------------------------------------ rows


def value_of(field: Field) -> TypeOf:
    """A field's value in a row."""
    value = Ref(field.relation.model) if field.relation is not None else scalar_of(field.type)
    return Many(value) if field.type.array else maybe(value, field.type.optional)


def row_shape(schema: Schema, model: Model) -> Shape:
    """A row as results hold it: relations only where they are asked for."""
    members = [
        Member(field.name, value_of(field), required=field.scalar and not field.omit)
        for field in model.fields.values()
        if filterable(field)
    ]
    return Shape(model.name, (*members, *counted(model)), model.doc or f"A row of {model.name}.")


def counted(model: Model) -> tuple[Member, ...]:
    """`_count` in a row, where the model has lists of rows."""
    return (Member("_count", Ref(f"{model.name}Counted")),) if lists_of(model) else ()


def lists_of(model: Model) -> list[Field]:
    return [each for each in relations_of(model) if each.type.array]


def relations_of(model: Model) -> list[Field]:
    return [each for each in model.fields.values() if each.relation is not None and not each.ignored]


def scalars_of(model: Model) -> list[Field]:
    return [each for each in model.fields.values() if each.scalar and filterable(each)]


# ------------------------------------------------------------------ what is asked for


def chosen_shapes(model: Model) -> Iterator[Shape]:
    """select, include, omit, order_by, and relations' own arguments."""
    name = model.name
    lists, related = lists_of(model), relations_of(model)
    if lists:
        own = tuple(Member(each.name, either(BOOLEAN, Ref(f"{_target(each)}RelationCountArgs"))) for each in lists)
        yield Shape(f"{name}CountChoice", (option("select", Ref(f"{name}CountSelect"), required=True),))
        yield Shape(f"{name}CountSelect", own)
        yield Shape(f"{name}Counted", tuple(Member(each.name, INT) for each in lists), "How many rows belong to a row.")
    yield Shape(f"{name}RelationCountArgs", (option("where", Ref(f"{name}WhereInput")),))
    count = (Member("_count", either(BOOLEAN, Ref(f"{name}CountChoice"))),) if lists else ()
    relations = tuple(Member(each.name, either(BOOLEAN, Ref(_arguments(each)))) for each in related)
    scalars = tuple(Member(each.name, BOOLEAN) for each in scalars_of(model))
    yield Shape(f"{name}Select", (*scalars, *relations, *count), f"The members that results of {name} have.")
    yield Shape(f"{name}Include", (*relations, *count), f"The relations that results of {name} have besides.")
    yield Shape(f"{name}Omit", scalars, f"The members that results of {name} do not have.")
    yield Shape(f"{name}OrderByInput", tuple(_order(model)), f"What rows of {name} are ordered by: one member each.")
    chosen = (
        option("select", Ref(f"{name}Select")),
        option("include", Ref(f"{name}Include")),
        option("omit", Ref(f"{name}Omit")),
    )
    yield Shape(f"{name}OneArgs", (*chosen, option("where", Ref(f"{name}WhereInput"))))
    yield Shape(f"{name}ManyArgs", (*chosen, *_page(model)))


def _target(field: Field) -> str:
    return field.relation.model if field.relation is not None else ""


def _arguments(field: Field) -> str:
    return f"{_target(field)}{'Many' if field.type.array else 'One'}Args"


def _order(model: Model) -> Iterator[Member]:
    for field in scalars_of(model):
        yield Member(field.name, either(ORDER, Ref("SortOrder")))
    for field in relations_of(model):
        yield Member(field.name, Ref("CountOrder") if field.type.array else Ref(f"{_target(field)}OrderByInput"))


def _page(model: Model) -> tuple[Member, ...]:
    name = model.name
    return (
        option("where", Ref(f"{name}WhereInput")),
        option("orderBy", one_or_many(Ref(f"{name}OrderByInput"))),
        option("skip", INT),
        option("take", INT),
        option("cursor", Ref(f"{name}WhereUniqueInput")),
        option("distinct", one_or_many(Words(tuple(each.name for each in scalars_of(model))))),
    )


# ------------------------------------------------------------------ arguments of operations


def argument_shapes(model: Model) -> Iterator[Shape]:
    """`PostFindManyArgs` …, and the parts that only they have."""
    numbers = [each for each in scalars_of(model) if each.type.name in SUMMED and not each.type.array]
    yield Shape(f"{model.name}CountFields", _fields(scalars_of(model), all_rows=True))
    yield Shape(f"{model.name}SumFields", _fields(numbers))
    yield Shape(f"{model.name}RangeFields", _fields([each for each in scalars_of(model) if _ordered(each)]))
    for operation in operations_of(model):
        yield Shape(arguments_name(model, operation), arguments(model, operation))


def _ordered(field: Field) -> bool:
    return not field.type.array and field.type.kind != "type" and field.type.name not in ("Boolean", "Bytes", "Json")


def arguments_name(model: Model, operation: str) -> str:
    return f"{model.name}{operation[0].upper()}{operation[1:]}Args"


def _fields(fields: list[Field], *, all_rows: bool = False) -> tuple[Member, ...]:
    every = (Member("_all", BOOLEAN),) if all_rows else ()
    return (*every, *(Member(each.name, BOOLEAN) for each in fields))


def arguments(model: Model, operation: str) -> tuple[Member, ...]:
    """The arguments of an operation."""
    name = model.name
    where, unique = (
        option("where", Ref(f"{name}WhereInput")),
        option("where", Ref(f"{name}WhereUniqueInput"), required=True),
    )
    rows = (option("select", Ref(f"{name}Select")), option("omit", Ref(f"{name}Omit")))
    chosen = (*rows, option("include", Ref(f"{name}Include")))
    new, changed = Ref(f"{name}CreateInput"), Ref(f"{name}UpdateInput")
    data, limit = option("data", changed, required=True), option("limit", INT)
    many_rows = (option("data", one_or_many(new), required=True), option("skipDuplicates", BOOLEAN))
    page = tuple(each for each in _page(model) if each.name in ("where", "skip", "take"))
    figures = (
        option("_count", either(BOOLEAN, Ref(f"{name}CountFields"))),
        *(option(each, Ref(f"{name}SumFields")) for each in ("_sum", "_avg")),
        *(option(each, Ref(f"{name}RangeFields")) for each in ("_min", "_max")),
    )
    order = option("orderBy", one_or_many(Ref(f"{name}OrderByInput")))
    known: dict[str, tuple[Member, ...]] = {
        "findMany": (*_page(model), *chosen),
        "findFirst": (*_page(model), *chosen),
        "findUnique": (unique, *chosen),
        "count": (*page, option("select", either(BOOLEAN, Ref(f"{name}CountFields")))),
        "aggregate": (*page, order, *figures),
        "groupBy": (
            *page,
            option("by", one_or_many(Words(tuple(each.name for each in scalars_of(model)))), required=True),
            option("having", ANY),
            option("orderBy", ANY),
            *figures,
        ),
        "exists": (where,),
        "create": (option("data", new, required=True), *chosen),
        "createMany": many_rows,
        "createManyAndReturn": (*many_rows, *rows),
        "update": (unique, data, *chosen),
        "updateMany": (where, data, limit),
        "updateManyAndReturn": (where, data, limit, *rows),
        "upsert": (unique, option("create", new, required=True), option("update", changed, required=True), *chosen),
        "delete": (unique, *chosen),
        "deleteMany": (where, limit),
    }
    return known[operation.removesuffix("OrThrow")]


def result_of(model: Model, operation: str) -> TypeOf:
    """What an operation gives."""
    row = Ref(model.name)
    known: dict[str, TypeOf] = {
        "findMany": Many(row),
        "createManyAndReturn": Many(row),
        "updateManyAndReturn": Many(row),
        "findFirst": either(row, NULL),
        "findUnique": either(row, NULL),
        "createMany": Ref("Count"),
        "updateMany": Ref("Count"),
        "deleteMany": Ref("Count"),
        "count": either(INT, ANY),
        "exists": BOOLEAN,
        "aggregate": ANY,
        "groupBy": Many(ANY),
    }
    return known.get(operation, row)
