"""SQL over models, under their rules: what ZenStack calls the query builder.

In: SQL text, or SQLAlchemy's statements over a schema's tables. Out: rows as dicts.
Never: loaded by a client; a program that wants it imports it.
"""

from gatepost.orm.builder.builder import Builder
from gatepost.orm.builder.tables import Tables

__all__ = ["Builder", "Tables"]
