"""The GraphQL schema as text (SDL).

In: how to reach a database, settings or PostGraphile's options. Out: the schema that would be served. Never: a server.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from graphql import print_schema

from gatepost.database.scope import Database
from gatepost.problem import Problem
from gatepost.settings import Settings

from .configuration import Configuration, from_settings, read
from .documents import Limits
from .mounted import Mounted


def of_project(login: str, settings: Settings) -> str:
    """The schema of a project, as its login of API traffic sees the database."""
    return asyncio.run(_printed(login, from_settings(settings.graphql, settings.rest.schemas)))


def alone(login: str, keys: Mapping[str, Any]) -> str:
    """The schema that PostGraphile's options make of a database."""
    return asyncio.run(_printed(login, read(keys)))


async def _printed(login: str, configuration: Configuration) -> str:
    database = Database({"authenticator": login})
    surface = Mounted(database, configuration, Limits())
    try:
        await surface.load()
    finally:
        await database.close()
    prepared = surface.executor.prepared
    if prepared is None:
        raise surface.trouble or Problem("no_schema", 500, "There is no schema")
    return print_schema(prepared.known.schema)
