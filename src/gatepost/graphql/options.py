"""How a GraphQL schema is made and served: PostGraphile's options under neutral names.

In: the keys `preset`, `relay`, `schemas`, `options`, `gather`, `schema` … of a settings table or a JSON file. Out: one
Options. Never: an option that is silently ignored: what is not known is refused by name.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that decides what the schema looks like.

    `preset` is `v4` or `amber`; `simplify` shortens names (PgSimplifyInflection). `simple_collections` says whether
    lists, connections or both are offered. `ignore_rbac`: rights are not looked at. `introspection_role` is the role
    whose rights count otherwise.
    """

    schemas: tuple[str, ...] = ("public",)
    preset: str = "v4"
    simplify: bool = False
    relay: bool = False
    simple_collections: str | None = None
    classic_ids: bool = False
    dynamic_json: bool = False
    ignore_rbac: bool = True
    ignore_indexes: bool = True
    setof_functions_contain_nulls: bool = True
    disable_default_mutations: bool = False
    jwt_type: str | None = None
    jwt_secret: str | None = None
    simple_subscriptions: bool = False
    skip_plugins: frozenset[str] = frozenset()
    geometric_types: bool = False
    network_scalars: bool = False
    order_nulls_last: bool = False
    node_id_codec: str = "base64JSON"
    strict_functions: bool = False
    autofix_foreign_keys: bool = True
    payload_relations: bool = True
    functions_prefer_node_id: bool = False
    unqualified: bool = False
    search_path: str | None = None
    minify: bool = False
    introspection_role: str | None = None
