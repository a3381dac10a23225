"""Relations as definitions, and the parameters of their requests.

In: tables with their relations. Out: the document's `definitions` and `parameters`. Never: what a role may see.
"""

from ...catalog import Cardinality, Catalog, Column, Relation, Table
from .types import Json, default_of, typed, without_nothing

PREFERENCES = {
    "preferParams": [],
    "preferReturn": ["return=representation", "return=minimal", "return=none"],
    "preferCount": ["count=none"],
    "preferPost": [
        "return=representation",
        "return=minimal",
        "return=none",
        "resolution=ignore-duplicates",
        "resolution=merge-duplicates",
    ],
}
PAGINATION = "Limiting and Pagination"


def definition(table: Table, catalog: Catalog) -> Json:
    """A relation as an object; its columns that cannot be null are required."""
    relations = [each for each in catalog.relations.get(table.id, ()) if points_away(each)]
    relations.sort(key=lambda each: each.target_is_view)
    columns = sorted(table.columns.values(), key=lambda each: each.position)
    found: Json = {
        "description": table.description,
        "required": [each.name for each in columns if not each.nullable],
        "properties": {each.name: column_schema(each, table, relations) for each in columns},
    }
    return {"type": "object", **without_nothing(found)}


def points_away(relation: Relation) -> bool:
    """Whether the relation's key is in the table itself."""
    if relation.cardinality is Cardinality.ONE_TO_ONE:
        return not relation.parent
    return relation.cardinality is Cardinality.MANY_TO_ONE


def column_schema(column: Column, table: Table, relations: list[Relation]) -> Json:
    return without_nothing(
        {
            "default": default_of(column.type, column.default),
            "description": described(column, table, relations),
            "enum": list(column.enum),
            "maxLength": column.max_length,
        }
    ) | typed(column.type)


def described(column: Column, table: Table, relations: list[Relation]) -> str | None:
    """The column's comment, and notes on the keys that it is part of."""
    notes = ["This is a Primary Key.<pk/>"] if column.name in table.primary_key else []
    for relation in relations:
        if relation.own_columns == (column.name,):
            target, key = relation.target.name, relation.columns[0][1]
            notes.append(f"This is a Foreign Key to `{target}.{key}`.<fk table='{target}' column='{key}'/>")
            break
    if not notes:
        return column.description
    return (f"{column.description}\n\n" if column.description else "") + "\n".join(["Note:", *notes])


# ------------------------------------------------------------------ parameters


def parameters(tables: tuple[Table, ...]) -> Json:
    """Every parameter that paths refer to."""
    found = {name: preference(values) for name, values in PREFERENCES.items()}
    found |= {
        "select": text("select", "Filtering Columns"),
        "on_conflict": text("on_conflict", "On Conflict"),
        "order": text("order", "Ordering"),
        "range": text("Range", PAGINATION, "header"),
        "rangeUnit": text("Range-Unit", PAGINATION, "header") | {"default": "items"},
        "offset": text("offset", PAGINATION),
        "limit": text("limit", PAGINATION),
    }
    for table in tables:
        found |= table_parameters(table)
    return found


def preference(values: list[str]) -> Json:
    found = text("Prefer", "Preference", "header")
    return found | {"enum": values} if values else found


def text(name: str, description: str | None, place: str = "query") -> Json:
    return without_nothing({"name": name, "description": description, "required": False, "in": place, "type": "string"})


def table_parameters(table: Table) -> Json:
    """The body of a relation's writes, and a filter for each column."""
    name = table.id.name
    body: Json = {
        "name": name,
        "description": name,
        "required": False,
        "in": "body",
        "schema": {"$ref": f"#/definitions/{name}"},
    }
    filters = {
        f"rowFilter.{name}.{column.name}": text(column.name, column.description) for column in table.columns.values()
    }
    return {f"body.{name}": body, **filters}
