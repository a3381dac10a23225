"""ZModel: the schema language.

In: files or text. Out: a checked, frozen Schema; diagnostics; canonical text.
Never: a socket, a driver, or a schema with something wrong in it.
"""

from gatepost.zmodel.diagnostics import Diagnostic, SchemaProblem
from gatepost.zmodel.format import format
from gatepost.zmodel.load import check, load
from gatepost.zmodel.schema import Schema

__all__ = ["Diagnostic", "Schema", "SchemaProblem", "check", "format", "load"]
