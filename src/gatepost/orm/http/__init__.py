"""The client over HTTP.

In: a schema, and what finds the client of a request's sender. Out: an ASGI application, its OpenAPI document.
Never: a framework.
"""

from gatepost.orm.http.asgi import RpcApplication, rpc
from gatepost.orm.http.openapi import document
from gatepost.orm.http.rpc import Asked, RpcHandler

__all__ = ["Asked", "RpcApplication", "RpcHandler", "document", "rpc"]
