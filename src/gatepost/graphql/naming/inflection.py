"""The names of PostGraphile 5 as it comes ("amber"); the other dialects differ from these.

In: objects of the registry, and names of GraphQL types made of them. Out: names for GraphQL. Never: two names for the
same thing: whatever names a row type, a field or an input goes through the method here that bears its name.
"""

from collections.abc import Iterable

from gatepost.graphql.registry.model import (
    Attribute,
    Codec,
    EnumLabel,
    Parameter,
    Ref,
    Registry,
    Relation,
    Resource,
    Tags,
    Unique,
)

from . import plurals, words
from .enum_values import spelled_out


def tag(tags: Tags, name: str) -> str | None:
    """The text behind a tag that is there once and has one."""
    value = tags.get(name)
    return value if isinstance(value, str) else None


class Inflection:
    """One method for each kind of name. Those that take a `type_name` are given the name of a GraphQL type."""

    def __init__(self, registry: Registry) -> None:
        self._main_schema = registry.schemas[0] if registry.schemas else ""
        self._record_functions = {
            function.codec: function for function in registry.resources.values() if function.codec.anonymous
        }

    # ------------------------------------------------------------------ words

    def pluralize(self, text: str) -> str:
        return plurals.pluralize(text)

    def singularize(self, text: str) -> str:
        return plurals.singularize(text)

    def camel_case(self, text: str) -> str:
        return words.camel_case(text)

    def upper_camel_case(self, text: str) -> str:
        return words.upper_camel_case(text)

    def constant_case(self, text: str) -> str:
        return words.constant_case(text)

    def coerce(self, text: str) -> str:
        """`text` made fit for GraphQL as far as it goes."""
        return words.coerce_to_graphql_name(text)

    # ------------------------------------------------------------------ what names are made of

    def _schema_prefix(self, schema: str) -> str:
        return "" if schema == self._main_schema else f"{schema}_"

    def _codec_name(self, codec: Codec) -> str:
        if codec.anonymous and codec in self._record_functions:
            return self.upper_camel_case(f"{self._function_name(self._record_functions[codec])}-record")
        renamed = tag(codec.tags, "name")
        return renamed or self.camel_case(f"{self._schema_prefix(codec.id.schema)}{codec.id.name}")

    def _singular_codec_name(self, codec: Codec) -> str:
        return words.never_input_or_patch(self.singularize(self.coerce(self._codec_name(codec))))

    def _resource_name(self, resource: Resource) -> str:
        renamed = tag(resource.tags, "name") or tag(resource.codec.tags, "name")
        return self.coerce(renamed or f"{self._schema_prefix(resource.id.schema)}{resource.id.name}")

    def _singular_resource_name(self, resource: Resource) -> str:
        return words.never_input_or_patch(self.singularize(self._resource_name(resource)))

    def _function_name(self, resource: Resource) -> str:
        return tag(resource.tags, "name") or f"{self._schema_prefix(resource.id.schema)}{resource.id.name}"

    def _attribute_name(self, attribute: Attribute, for_order: bool = False) -> str:
        """`id` is the node id's, so a column of that name becomes `row_id`."""
        name = tag(attribute.tags, "name") or attribute.name
        if not for_order and name.lower() == "id" and not attribute.owner.anonymous:
            name = "row_id"
        return self.coerce(name)

    def _joined_attributes(self, attributes: Iterable[Attribute]) -> str:
        return "-and-".join(self._attribute_name(attribute) for attribute in attributes)

    # ------------------------------------------------------------------ types

    def table_type(self, codec: Codec) -> str:
        """The object type of a row, a composite value or a function's anonymous record."""
        return self.upper_camel_case(self._singular_codec_name(codec))

    def record_type(self, resource: Resource) -> str:
        """The object type of what a function with several OUT parameters gives."""
        return self.table_type(resource.codec)

    def type_name(self, codec: Codec) -> str:
        """An enum, a domain, or a scalar type of the database that has no name of its own in GraphQL."""
        name = self._enum_of_values(*codec.values_of, codec.tags) if codec.values_of else self._codec_name(codec)
        return self.upper_camel_case(self.coerce(name))

    def _enum_of_values(self, relation: str, column: str | None, tags: Tags) -> str:
        """The enum whose labels are values of a relation's column (the primary key if none is given)."""
        singular = self._row_of_values(relation)
        return tag(tags, "name") or self.upper_camel_case(f"{singular}-{column}" if column else singular)

    def _row_of_values(self, relation: str) -> str:
        return self.singularize(relation)

    def range_type(self, type_name: str) -> str:
        """The range over values of `type_name`."""
        return f"{type_name}Range"

    def range_bound_type(self, type_name: str) -> str:
        return f"{type_name}RangeBound"

    def input_type(self, type_name: str) -> str:
        return f"{type_name}Input"

    def patch_type(self, type_name: str) -> str:
        return self.upper_camel_case(f"{type_name}-patch")

    def base_input_type(self, type_name: str) -> str:
        return self.upper_camel_case(f"{type_name}-base-input")

    def condition_type(self, type_name: str) -> str:
        return self.upper_camel_case(f"{type_name}-condition")

    def order_by_type(self, type_name: str) -> str:
        return self.upper_camel_case(f"{type_name}-order-by")

    def connection_type(self, type_name: str) -> str:
        return f"{type_name}Connection"

    def edge_type(self, type_name: str) -> str:
        return f"{type_name}Edge"

    def table_connection_type(self, codec: Codec) -> str:
        return self.connection_type(self.table_type(codec))

    def table_edge_type(self, codec: Codec) -> str:
        return self.edge_type(self.table_type(codec))

    def function_connection_type(self, resource: Resource) -> str:
        """Of a function whose rows are no rows of a table: scalars or anonymous records."""
        return self.connection_type(self.upper_camel_case(self._function_name(resource)))

    def function_edge_type(self, resource: Resource) -> str:
        return self.edge_type(self.upper_camel_case(self._function_name(resource)))

    def enum_value(self, codec: Codec, label: EnumLabel) -> str:
        return self.coerce(spelled_out(label.value))

    # ------------------------------------------------------------------ rows at the root

    def _all_rows(self, resource: Resource) -> str:
        return self.camel_case(f"all-{self.pluralize(self._singular_resource_name(resource))}")

    def all_rows_connection(self, resource: Resource) -> str:
        return self.connection_field(self._all_rows(resource))

    def all_rows_list(self, resource: Resource) -> str:
        return self.list_field(self._all_rows(resource))

    def row_by_unique(self, resource: Resource, unique: Unique) -> str:
        keys = self._joined_attributes(columns(resource.codec, unique.attributes))
        return tag(unique.tags, "fieldName") or self.camel_case(f"{self.table_type(resource.codec)}-by-{keys}")

    def node_by_id(self, type_name: str) -> str:
        """The root field that gives a row of `type_name` by its node id."""
        return self.camel_case(type_name)

    def table_node(self, resource: Resource) -> str:
        return self.node_by_id(self.table_type(resource.codec))

    def node_id_field(self) -> str:
        """The field and argument that hold a node id."""
        return "id"

    def type_identifier_in_node_ids(self, resource: Resource) -> str:
        """What a node id of this table's rows begins with."""
        return self.table_type(resource.codec)

    def connection_field(self, base: str) -> str:
        return base

    def list_field(self, base: str) -> str:
        return f"{base}List"

    # ------------------------------------------------------------------ fields of a row

    def attribute(self, attribute: Attribute) -> str:
        """Also in inputs, patches, conditions and arguments that make a key."""
        return self.camel_case(self._attribute_name(attribute))

    def order_by_attribute_enum(self, attribute: Attribute, descending: bool = False) -> str:
        return self.constant_case(f"{self._attribute_name(attribute)}-{direction(descending)}")

    def order_by_computed_enum(self, resource: Resource, descending: bool = False) -> str:
        return self.constant_case(f"{self.computed(resource)}-{direction(descending)}")

    def single_relation(self, relation: Relation) -> str:
        """The row that a row refers to."""
        return self.camel_case(
            tag(relation.tags, "fieldName")
            or f"{self.table_type(relation.target.codec)}-by-{self._joined_attributes(local_columns(relation))}"
        )

    def single_relation_backwards(self, relation: Relation) -> str:
        """The one row that refers to a row."""
        return self.camel_case(
            tag(relation.tags, "foreignSingleFieldName")
            or tag(relation.tags, "foreignFieldName")
            or f"{self.table_type(relation.target.codec)}-by-{self._joined_attributes(remote_columns(relation))}"
        )

    def _many_relation(self, relation: Relation) -> str:
        keys = self._joined_attributes(remote_columns(relation))
        rows = self.pluralize(self.table_type(relation.target.codec))
        return self.camel_case(tag(relation.tags, "foreignFieldName") or f"{rows}-by-{keys}")

    def many_relation_connection(self, relation: Relation) -> str:
        named = tag(relation.tags, "foreignConnectionFieldName")
        return named or self.connection_field(self._many_relation(relation))

    def many_relation_list(self, relation: Relation) -> str:
        return tag(relation.tags, "foreignSimpleFieldName") or self.list_field(self._many_relation(relation))

    def node_id_attribute(self, relation: Relation) -> str:
        """The input that takes the node id of the row referred to."""
        return self.single_relation(relation)

    def ref_single(self, ref: Ref) -> str:
        return ref.name

    def ref_connection(self, ref: Ref) -> str:
        return self.connection_field(ref.name)

    def ref_list(self, ref: Ref) -> str:
        return self.list_field(ref.name)

    # ------------------------------------------------------------------ functions

    def argument(self, parameter: Parameter, index: int) -> str:
        """`index` counts the arguments shown, from 0: that of a row, which a computed field lacks, does not count."""
        return self.coerce(self.camel_case(parameter.name or f"arg{index}"))

    def custom_query(self, resource: Resource) -> str:
        return self.camel_case(self._function_name(resource))

    def custom_query_connection(self, resource: Resource) -> str:
        return self.connection_field(self.custom_query(resource))

    def custom_query_list(self, resource: Resource) -> str:
        return self.list_field(self.camel_case(self.custom_query(resource)))

    def computed(self, resource: Resource) -> str:
        """A function of a row is called without the name of the row's type in front."""
        named = tag(resource.tags, "fieldName")
        row = resource.parameters[0].codec.id.name if resource.parameters else ""
        return named or self.camel_case(resource.id.name.removeprefix(f"{row}_"))

    def computed_connection(self, resource: Resource) -> str:
        return self.connection_field(self.computed(resource))

    def computed_list(self, resource: Resource) -> str:
        return self.list_field(self.computed(resource))

    def custom_mutation(self, resource: Resource) -> str:
        return self.camel_case(self._function_name(resource))

    def function_input_type(self, resource: Resource) -> str:
        return self.input_type(self.upper_camel_case(self._function_name(resource)))

    def function_payload_type(self, resource: Resource) -> str:
        return self.upper_camel_case(f"{self._function_name(resource)}-payload")

    def function_result_field(self, resource: Resource, type_name: str) -> str:
        """What the function gave, in its payload; `type_name` is the type without lists and `!`."""
        return tag(resource.tags, "resultFieldName") or "result"

    # ------------------------------------------------------------------ mutations of tables

    def table_field_name(self, resource: Resource) -> str:
        """The row: in a payload, and in the input of a create."""
        return self.camel_case(self.table_type(resource.codec))

    def table_edge_field(self, codec: Codec) -> str:
        return self.camel_case(self.table_edge_type(codec))

    def patch_field(self, resource: Resource) -> str:
        return self.camel_case(f"{self.table_field_name(resource)}-patch")

    def create_field(self, resource: Resource) -> str:
        return self.camel_case(f"create-{self.table_type(resource.codec)}")

    def create_input_type(self, resource: Resource) -> str:
        return self.upper_camel_case(f"{self.create_field(resource)}-input")

    def create_payload_type(self, resource: Resource) -> str:
        return self.upper_camel_case(f"{self.create_field(resource)}-payload")

    def update_payload_type(self, resource: Resource) -> str:
        return self.upper_camel_case(f"update-{self._singular_resource_name(resource)}-payload")

    def update_by_keys_field(self, resource: Resource, unique: Unique) -> str:
        return self._by_keys("update", resource, unique)

    def update_by_keys_input_type(self, resource: Resource, unique: Unique) -> str:
        return self._by_keys_input("update", resource, unique)

    def update_by_node_id_field(self, resource: Resource) -> str:
        return self._by_node_id("update", resource)

    def update_by_node_id_input_type(self, resource: Resource) -> str:
        return self._by_node_id_input("update", resource)

    def delete_payload_type(self, resource: Resource) -> str:
        return self.upper_camel_case(f"delete-{self._singular_resource_name(resource)}-payload")

    def delete_by_keys_field(self, resource: Resource, unique: Unique) -> str:
        return self._by_keys("delete", resource, unique)

    def delete_by_keys_input_type(self, resource: Resource, unique: Unique) -> str:
        return self._by_keys_input("delete", resource, unique)

    def delete_by_node_id_field(self, resource: Resource) -> str:
        return self._by_node_id("delete", resource)

    def delete_by_node_id_input_type(self, resource: Resource) -> str:
        return self._by_node_id_input("delete", resource)

    def deleted_node_id(self, resource: Resource) -> str:
        """The field of a delete's payload that holds the node id the row had."""
        return self.camel_case(f"deleted-{self._singular_resource_name(resource)}-{self.node_id_field()}")

    def _by_keys(self, verb: str, resource: Resource, unique: Unique) -> str:
        keys = self._joined_attributes(columns(resource.codec, unique.attributes))
        return self.camel_case(f"{verb}-{self._singular_resource_name(resource)}-by-{keys}")

    def _by_keys_input(self, verb: str, resource: Resource, unique: Unique) -> str:
        return self.upper_camel_case(f"{self._by_keys(verb, resource, unique)}-input")

    def _by_node_id(self, verb: str, resource: Resource) -> str:
        return self.camel_case(f"{verb}-{self._singular_resource_name(resource)}")

    def _by_node_id_input(self, verb: str, resource: Resource) -> str:
        return self.upper_camel_case(f"{self._by_node_id(verb, resource)}-input")


def direction(descending: bool) -> str:
    return "desc" if descending else "asc"


def columns(codec: Codec, names: Iterable[str]) -> list[Attribute]:
    return [codec.attributes[name] for name in names]


def source_codec(relation: Relation) -> Codec:
    return relation.source.codec if isinstance(relation.source, Resource) else relation.source


def local_columns(relation: Relation) -> list[Attribute]:
    return columns(source_codec(relation), (local for local, _ in relation.pairs))


def remote_columns(relation: Relation) -> list[Attribute]:
    return columns(relation.target.codec, (remote for _, remote in relation.pairs))
