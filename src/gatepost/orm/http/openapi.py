"""stand-in"""

from typing import Any

from gatepost.zmodel.schema import Schema


def document(schema: Schema) -> dict[str, Any]:
    """x"""
    return {}
