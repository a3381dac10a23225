"""The project, its server, its database: their settings.

In: nothing. Out: sections of frozen settings with their defaults. Never: read from anywhere; `reading` does that.
"""

from typing import Annotated

from .option import Option, Seconds, Section


class ProjectSettings(Section, frozen=True):
    """What a project calls itself and what it loads. A Supabase project says so in its own file."""

    name: Annotated[str, Option("Name shown to people; empty: the folder's name")] = ""
    seeds: Annotated[
        tuple[str, ...], Option("Files or patterns loaded once, after the migrations, into a new database")
    ] = ("seed.sql",)
    modules: Annotated[
        tuple[str, ...], Option("Parts of Gatepost in SQL that its database has before its migrations run: tenancy")
    ] = ()
    pages: Annotated[str, Option("Folder of static files to serve at `/`; empty: none")] = ""


class ServerSettings(Section, frozen=True):
    host: Annotated[str, Option("Address to listen on", env=("GATEPOST_HOST",))] = "127.0.0.1"
    port: Annotated[int, Option("Port to listen on", env=("GATEPOST_PORT", "PORT"), toml="api.port")] = 54321
    workers: Annotated[int, Option("Serving processes")] = 1
    body_limit: Annotated[int, Option("Largest request body in bytes; a larger one is answered 413")] = 50 * 1024 * 1024
    external_url: Annotated[
        str, Option("URL under which clients reach this server; empty: http://HOST:PORT", toml="api.external_url")
    ] = ""
    shutdown_grace: Annotated[Seconds, Option("How long requests in flight may take when the server stops")] = Seconds(
        10
    )
    keep_alive: Annotated[
        Seconds,
        Option("How long a connection may be idle; a proxy in front, or a client's pool, should give it up sooner"),
    ] = Seconds(75)
    require_key: Annotated[
        bool,
        Option("Requests need an API key; without, who brings none is anonymous, as at Supabase's command line"),
    ] = True
    cors_origins: Annotated[
        tuple[str, ...], Option("Origins a browser may call from; empty: any, without credentials")
    ] = ()


class DatabaseSettings(Section, frozen=True):
    url: Annotated[str, Option("Administrator's URL, for set-up; empty: the embedded PostgreSQL", secret=True)] = ""
    port: Annotated[
        int, Option("Loopback port of the embedded PostgreSQL for people's tools; 0: no port", toml="db.port")
    ] = 54322
    authenticator_url: Annotated[str, Option("Login of API traffic", secret=True)] = ""
    service_url: Annotated[str, Option("Login of identities whose role is service_role", secret=True)] = ""
    auth_url: Annotated[str, Option("Login of the auth surface", secret=True)] = ""
    pool_size: Annotated[int, Option("Exclusive connections for API traffic")] = 12
    lanes: Annotated[int, Option("Shared, pipelined connections for inert reads; 0 turns them off")] = 4
    inert_functions: Annotated[
        tuple[str, ...],
        Option("Functions (schema.name) that change nothing in a session: policies that call them may use lanes"),
    ] = ()
    acquire_timeout: Annotated[Seconds, Option("How long a request may wait for a connection")] = Seconds(10)
    prepared_statements: Annotated[bool, Option("Named prepared statements; off behind an old PgBouncer")] = True
    statement_timeout: Annotated[Seconds, Option("Longest statement of an API request; 0: what its login may take")] = (
        Seconds(0)
    )
