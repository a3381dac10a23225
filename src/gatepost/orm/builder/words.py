"""What may be called and cast to: names of PostgreSQL's own that read nothing but their arguments.

In: nothing; these are lists. Out: functions, types. Never: a function that takes SQL, a relation, a file or a setting.
"""

from importlib.resources import files

FUNCTIONS = frozenset(files("gatepost.orm.builder").joinpath("functions.txt").read_text("utf-8").split())
TYPES = frozenset(
    (
        "bigint",
        "bit",
        "bit varying",
        "bool",
        "boolean",
        "bpchar",
        "bytea",
        "char",
        "character",
        "character varying",
        "citext",
        "date",
        "decimal",
        "double precision",
        "float",
        "float4",
        "float8",
        "inet",
        "int",
        "int2",
        "int4",
        "int8",
        "integer",
        "interval",
        "json",
        "jsonb",
        "jsonpath",
        "money",
        "numeric",
        "real",
        "smallint",
        "text",
        "time",
        "timestamp",
        "timestamptz",
        "timetz",
        "tsquery",
        "tsvector",
        "uuid",
        "varbit",
        "varchar",
    )
)
