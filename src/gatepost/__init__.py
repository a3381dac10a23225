"""Gatepost: identity down to the row, for Python on PostgreSQL."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cli.embed import asgi as asgi

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`asgi` needs every room, and most programs none of them."""
    if name == "asgi":
        return importlib.import_module("gatepost.cli.embed").asgi
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
