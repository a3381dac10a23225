"""What a schema says, checked and resolved: the one thing that policy, client and migrations read.

In: nothing; `build` makes it. Out: frozen facts, everything by name, so that a schema can be stored and compared.
Never: syntax, an unresolved name, or a decision about SQL.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from gatepost.zmodel.diagnostics import Diagnostic
from gatepost.zmodel.terms import Expression, Place, Type

Operation = Literal["create", "read", "update", "post-update", "delete"]
Action = Literal["Cascade", "Restrict", "NoAction", "SetNull", "SetDefault"]
if TYPE_CHECKING:
    Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
else:
    Json = Any  # what decodes a stored schema knows no type that names itself


# Facts about models


class Rule(msgspec.Struct, frozen=True, gc=False):
    """`@@allow`, `@@deny`, `@allow`, `@deny`.

    `operations` has `all` spelled out (create, read, update, delete; for a field read, update). `origin` is the model
    or type that wrote it, `inherited` the delegate base it came from, or None for the model's own and its mixins'.
    `condition` is resolved for the model that has the rule. `text` is the condition as written.
    """

    effect: Literal["allow", "deny"]
    operations: tuple[Operation, ...]
    condition: Expression
    place: Place
    text: str
    origin: str
    inherited: str | None = None


class Validation(msgspec.Struct, frozen=True, gc=False):
    """`@@validate`."""

    condition: Expression
    place: Place
    message: str | None = None
    path: tuple[str, ...] = ()


class Constraint(msgspec.Struct, frozen=True, gc=False):
    """A validation attribute of a field: `length`, `email`, `gt`, `trim`, … in the order they are written."""

    name: str
    arguments: Mapping[str, Json]
    place: Place
    message: str | None = None


class Default(msgspec.Struct, frozen=True, gc=False):
    """`@default`: a value (an enum's member by its name, JSON decoded), or a function with its arguments.

    `function` auth has the members of `auth()` in `path`. now, uuid, cuid, nanoid, ulid, auth and values are the
    client's to fill; autoincrement and dbgenerated are the database's. `map` names the constraint.
    """

    value: Json = None
    function: str | None = None
    arguments: tuple[Json, ...] = ()
    path: tuple[str, ...] = ()
    map: str | None = None


class Native(msgspec.Struct, frozen=True, gc=False):
    """`@db.VarChar(20)`: name and arguments."""

    name: str
    arguments: tuple[Json, ...] = ()


class Through(msgspec.Struct, frozen=True, gc=False):
    """The join table of an implicit many-to-many relation, as this side sees it."""

    table: str
    schema: str | None
    column: str
    other_column: str


class Relation(msgspec.Struct, frozen=True, gc=False):
    """A relation as one of its fields sees it.

    `fields` and `references` are filled on both sides, always in this model's words: `fields` are this model's,
    `references` the other's. `owner` says that this side has the foreign key. Many-to-many: `through`, and the ids.
    `opposite` is the field on the other side. `map` names the constraint.
    """

    model: str
    kind: Literal["one-to-one", "one-to-many", "many-to-one", "many-to-many"]
    owner: bool
    fields: tuple[str, ...]
    references: tuple[str, ...]
    opposite: str | None
    name: str | None = None
    on_delete: Action = "Restrict"
    on_update: Action = "Cascade"
    map: str | None = None
    through: Through | None = None


class Note(msgspec.Struct, frozen=True, gc=False):
    """`@meta`, `@@meta`."""

    name: str
    value: Json


class Attribute(msgspec.Struct, frozen=True, gc=False):
    """An attribute that the standard library does not declare: a plugin's."""

    name: str
    arguments: Mapping[str, Json]


class Field(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A field of a model, view or type.

    `column` is its name in the database (None: there is no column: relations, computed fields). `inherited` is the
    delegate base whose table holds it; the key's fields are in every table of the chain and have it None.
    `foreign_key_for` names the relation fields that it carries. `updated_at`: None, or the fields not to look at.
    """

    name: str
    type: Type
    place: Place
    column: str | None = None
    id: bool = False
    unique: bool = False
    default: Default | None = None
    updated_at: tuple[str, ...] | None = None
    relation: Relation | None = None
    foreign_key_for: tuple[str, ...] = ()
    native: Native | None = None
    unsupported: str | None = None
    computed: bool = False
    json: bool = False
    omit: bool = False
    ignored: bool = False
    fuzzy: bool = False
    full_text: bool = False
    discriminator: bool = False
    inherited: str | None = None
    rules: tuple[Rule, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    notes: tuple[Note, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    doc: str = ""

    @property
    def scalar(self) -> bool:
        """Whether it holds a value, not rows."""
        return self.relation is None


class IndexField(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A field in an index: sort Asc or Desc; `ops` a Prisma operator class, or `raw` SQL."""

    name: str
    sort: str | None = None
    length: int | None = None
    ops: str | None = None
    raw: bool = False


class Key(msgspec.Struct, frozen=True, gc=False):
    """What tells rows apart. `name` is the selector in `where`: the field, `name:`, or the fields joined by `_`."""

    name: str
    fields: tuple[str, ...]
    map: str | None = None
    columns: tuple[IndexField, ...] = ()


class Index(msgspec.Struct, frozen=True, gc=False):
    """`@@index`, `@@fulltext`."""

    fields: tuple[IndexField, ...]
    method: str = "BTree"
    map: str | None = None
    name: str | None = None
    full_text: bool = False


class Model(msgspec.Struct, frozen=True, gc=False):
    """A model or view.

    `fields` in order: mixins', the delegate base's, its own. `key` is the primary key; `ids` are the fields that
    identify a row to the client: the key's, else the first unique's. `keys` are all unique selectors, the key first.
    `discriminator` makes it a delegate base; `discriminator_value` is this model's in its base's discriminator.
    """

    name: str
    table: str
    place: Place
    fields: Mapping[str, Field]
    schema: str | None = None
    view: bool = False
    ignored: bool = False
    mixins: tuple[str, ...] = ()
    base: str | None = None
    sub_models: tuple[str, ...] = ()
    discriminator: str | None = None
    discriminator_value: str | None = None
    key: Key | None = None
    ids: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()
    indexes: tuple[Index, ...] = ()
    rules: tuple[Rule, ...] = ()
    validations: tuple[Validation, ...] = ()
    notes: tuple[Note, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    doc: str = ""


class EnumMember(msgspec.Struct, frozen=True, gc=False):
    """A member and its name in the database."""

    name: str
    value: str
    doc: str = ""


class Enum(msgspec.Struct, frozen=True, gc=False):
    """An enum; `database_name` is its type's."""

    name: str
    database_name: str
    place: Place
    members: tuple[EnumMember, ...]
    schema: str | None = None
    notes: tuple[Note, ...] = ()
    doc: str = ""

    @property
    def values(self) -> Mapping[str, str]:
        """Member → its name in the database."""
        return {member.name: member.value for member in self.members}


class TypeShape(msgspec.Struct, frozen=True, gc=False):
    """A `type`: the shape of a JSON value, or a mixin."""

    name: str
    place: Place
    fields: Mapping[str, Field]
    validations: tuple[Validation, ...] = ()
    notes: tuple[Note, ...] = ()
    doc: str = ""


class Parameter(msgspec.Struct, frozen=True, gc=False):
    """A parameter of a procedure; its type tells whether it may be left out."""

    name: str
    type: Type


class Procedure(msgspec.Struct, frozen=True, gc=False):
    """A procedure: the program that opens the client brings its body."""

    name: str
    mutation: bool
    parameters: tuple[Parameter, ...]
    returns: Type
    place: Place


class JoinTable(msgspec.Struct, frozen=True, gc=False):
    """The table of an implicit many-to-many relation.

    Column A holds the id of `a` (model, its id field), column B that of `b`; unique (A, B), index (B), both cascade.
    """

    name: str
    schema: str | None
    a: tuple[str, str]
    b: tuple[str, str]


class Extension(msgspec.Struct, frozen=True, gc=False):
    """An extension of the datasource: `postgis(version: "3")`."""

    name: str
    options: Mapping[str, Json] = {}


class Datasource(msgspec.Struct, frozen=True, gc=False):
    """`datasource`. `url` is literal, or the variable in `url_variable` holds it."""

    name: str
    provider: str
    url: str | None = None
    url_variable: str | None = None
    schemas: tuple[str, ...] = ()
    default_schema: str | None = None
    extensions: tuple[Extension, ...] = ()


class Configuration(msgspec.Struct, frozen=True, gc=False):
    """A generator or plugin with its settings."""

    kind: Literal["generator", "plugin"]
    name: str
    settings: Mapping[str, Json]


class Schema(msgspec.Struct, frozen=True, gc=False):
    """Everything the files say.

    `auth` is the type of `auth()`: (name, "model" or "type"), or None. `digest` is that of the files' contents,
    `files` their names, `warnings` what was found on the way.
    """

    datasource: Datasource
    models: Mapping[str, Model]
    enums: Mapping[str, Enum]
    types: Mapping[str, TypeShape]
    procedures: Mapping[str, Procedure]
    join_tables: tuple[JoinTable, ...]
    auth: tuple[str, Literal["model", "type"]] | None
    configurations: tuple[Configuration, ...]
    digest: str
    files: tuple[str, ...]
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def provider(self) -> str:
        """The datasource's: postgresql, sqlite or mysql."""
        return self.datasource.provider
