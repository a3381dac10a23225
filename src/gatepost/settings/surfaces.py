"""REST and GraphQL: their settings.

In: nothing. Out: sections of frozen settings with their defaults. Never: read from anywhere; `reading` does that.
"""

from typing import Annotated, Any, Literal

import msgspec

from .option import Option, Seconds, Section


class RestSettings(Section, frozen=True):
    """The REST surface. Names follow PostgREST's configuration."""

    schemas: Annotated[
        tuple[str, ...],
        Option(
            "Exposed schemas; the first is the default", env=("PGRST_DB_SCHEMAS", "PGRST_DB_SCHEMA"), toml="api.schemas"
        ),
    ] = ("public",)
    extra_search_path: Annotated[
        str,
        Option(
            "Schemas, separated by commas, that requests search after their own",
            env=("PGRST_DB_EXTRA_SEARCH_PATH",),
            toml="api.extra_search_path",
        ),
    ] = "public, extensions"
    anon_role: Annotated[
        str, Option("Role of requests without a token; empty: they are refused", env=("PGRST_DB_ANON_ROLE",))
    ] = "anon"
    max_rows: Annotated[
        int,
        Option(
            "Most rows of a read, at every level; 0: as many as there are",
            env=("PGRST_DB_MAX_ROWS",),
            toml="api.max_rows",
        ),
    ] = 0
    pre_request: Annotated[
        str, Option("Function called before every request, as schema.function", env=("PGRST_DB_PRE_REQUEST",))
    ] = ""
    root_spec: Annotated[
        str, Option("Function that answers at the root instead of the OpenAPI document", env=("PGRST_DB_ROOT_SPEC",))
    ] = ""
    tx_end: Annotated[
        Literal["commit", "commit-allow-override", "rollback", "rollback-allow-override"],
        Option("How transactions end, and whether `Prefer: tx=…` may change that", env=("PGRST_DB_TX_END",)),
    ] = "commit"
    hoisted_settings: Annotated[
        tuple[str, ...],
        Option("Settings of functions that hold for their whole request", env=("PGRST_DB_HOISTED_TX_SETTINGS",)),
    ] = ("statement_timeout", "plan_filter.statement_cost_limit", "default_transaction_isolation")
    aggregates: Annotated[
        bool, Option("Whether requests may use aggregate functions", env=("PGRST_DB_AGGREGATES_ENABLED",))
    ] = False
    plans: Annotated[
        bool, Option("Whether requests may ask for the execution plan", env=("PGRST_DB_PLAN_ENABLED",))
    ] = False
    legacy_target_names: Annotated[
        bool,
        Option(
            "Whether filters may name an embed by its relation although it has an alias",
            env=("PGRST_URL_USE_LEGACY_TARGET_NAMES",),
        ),
    ] = True
    error_verbosity: Annotated[
        Literal["verbose", "minimal"],
        Option("minimal keeps details and hints out of error bodies", env=("PGRST_CLIENT_ERROR_VERBOSITY",)),
    ] = "verbose"
    openapi_mode: Annotated[
        Literal["follow-privileges", "ignore-privileges", "disabled"],
        Option("What the OpenAPI document at the root shows", env=("PGRST_OPENAPI_MODE",)),
    ] = "follow-privileges"
    openapi_security: Annotated[
        bool, Option("Whether the OpenAPI document tells of tokens", env=("PGRST_OPENAPI_SECURITY_ACTIVE",))
    ] = False
    openapi_url: Annotated[
        str, Option("URL of this API in the OpenAPI document", env=("PGRST_OPENAPI_SERVER_PROXY_URI",))
    ] = ""
    cors_origins: Annotated[
        tuple[str, ...],
        Option("Origins that a stand-alone API answers; empty: any", env=("PGRST_SERVER_CORS_ALLOWED_ORIGINS",)),
    ] = ()
    timing: Annotated[bool, Option("Whether answers carry Server-Timing", env=("PGRST_SERVER_TIMING_ENABLED",))] = False
    trace_header: Annotated[str, Option("Request header that answers repeat", env=("PGRST_SERVER_TRACE_HEADER",))] = ""
    jwt_secret: Annotated[
        str,
        Option(
            "Secret, JWK or JWKS of a stand-alone API, or @file; at least 32 bytes",
            env=("PGRST_JWT_SECRET",),
            secret=True,
        ),
    ] = ""
    jwt_secret_is_base64: Annotated[
        bool, Option("Whether that secret is base64", env=("PGRST_JWT_SECRET_IS_BASE64",))
    ] = False
    jwt_audience: Annotated[
        str, Option("Audience that tokens of a stand-alone API must name, if they name one", env=("PGRST_JWT_AUD",))
    ] = ""
    jwt_role_path: Annotated[
        str, Option("JSON path of the role in a token's claims", env=("PGRST_JWT_ROLE_CLAIM_KEY",))
    ] = "$.role"
    jwt_cache_size: Annotated[
        int,
        Option("Verified tokens that a stand-alone API remembers; 0: none", env=("PGRST_JWT_CACHE_MAX_ENTRIES",)),
    ] = 1000
    database_config: Annotated[
        bool, Option("Whether `pgrst.*` settings of the login's role count", env=("PGRST_DB_CONFIG",))
    ] = True
    pre_config: Annotated[
        str, Option("Function that sets `pgrst.*` settings when they are read", env=("PGRST_DB_PRE_CONFIG",))
    ] = ""
    channel: Annotated[
        str, Option("Channel on which NOTIFY makes the schema be read again", env=("PGRST_DB_CHANNEL",))
    ] = "pgrst"
    app_settings: Annotated[
        dict[str, str],
        Option("Settings that SQL reads as `app.settings.NAME`", env=("PGRST_APP_SETTINGS",), secret=True),
    ] = msgspec.field(default_factory=dict[str, str])
    channel_enabled: Annotated[
        bool, Option("Whether that channel is listened to", env=("PGRST_DB_CHANNEL_ENABLED",))
    ] = True

    @property
    def channels(self) -> tuple[str, ...]:
        """Where the database says that something has changed: our own channel, and the one for others."""
        return ("gatepost", self.channel) if self.channel_enabled else ("gatepost",)


class GraphQLSettings(Section, frozen=True):
    """The GraphQL surface. Names of options are PostGraphile's. A limit of 0 is none."""

    enabled: Annotated[bool, Option("Serve /graphql; a Supabase project must ask for it")] = True
    schemas: Annotated[tuple[str, ...], Option("Exposed schemas; empty: those of REST")] = ()
    preset: Annotated[str, Option("How things are called: v4 or amber, with +simplify, +relay")] = "v4+simplify"
    options: Annotated[
        dict[str, Any],
        Option("The preset's own options (simpleCollections, ignoreRBAC, graphileBuildOptions …)"),
    ] = msgspec.field(default_factory=dict[str, Any])
    subscriptions: Annotated[
        tuple[dict[str, Any], ...], Option("Declared fields of Subscription: field, arguments, channel, payload …")
    ] = ()
    tags_file: Annotated[str, Option("JSON5 file of smart tags, instead of comments in the database")] = ""
    role_claim: Annotated[str, Option("Claim that names the database role; absent in a token: the anonymous one")] = (
        "role"
    )
    require_key: Annotated[
        bool, Option("Requests need an API key; without, who brings no token is anonymous, as with PostGraphile")
    ] = True
    mask_errors: Annotated[
        bool, Option("Tell clients of a failed statement only that it failed; in development they are told all")
    ] = True
    max_depth: Annotated[int, Option("Deepest operation, in levels of fields")] = 20
    max_cost: Annotated[int, Option("Most fields of an operation, each as often as its pages can hold it")] = 1_000_000
    unbounded_rows: Annotated[
        int, Option("Rows that max_cost counts for a list without `first` or `last`; 0: as max_page_size")
    ] = 10
    max_page_size: Annotated[
        int, Option("Most rows at once: largest `first` or `last`, and what is shown where neither is given")
    ] = 1000
    max_root_fields: Annotated[int, Option("Most fields of an operation itself, aliases included")] = 50
    max_document_length: Annotated[int, Option("Longest document, in characters")] = 100_000
    max_tokens: Annotated[int, Option("Most tokens of a document")] = 5000
    introspection: Annotated[bool, Option("Documents may ask for the schema, and errors suggest names")] = True
    persisted_operations: Annotated[
        str, Option("Folder of .graphql files, or JSON file of texts by id, that clients may send the ids of")
    ] = ""
    persisted_only: Annotated[bool, Option("Execute those and no others")] = False
    max_connections: Annotated[int, Option("Most sockets of one serving process")] = 1000
    max_subscriptions: Annotated[int, Option("Most operations that go on at once on one socket")] = 100
    max_message: Annotated[int, Option("Longest request, over HTTP or on a socket, in bytes")] = 1024 * 1024
    max_waiting: Annotated[
        int, Option("Most messages that wait for a slow socket, which is then closed; of events ten times as many")
    ] = 100
    init_timeout: Annotated[Seconds, Option("How long a socket may take to say who it is")] = Seconds(10)
    session_check: Annotated[
        Seconds, Option("How soon a socket is closed after its token, key or session has ended")
    ] = Seconds(5)
