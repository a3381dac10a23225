"""In what the names of PostGraphile 4 differ.

In and out: as in `inflection`. Never: a name that is the same in both.
"""

from gatepost.graphql.registry.model import Attribute, Codec, EnumLabel, Kind, Resource

from .inflection import Inflection, direction, tag

RESULTS = {"Int": "integer", "Float": "float", "Boolean": "boolean", "String": "string"}


class V4(Inflection):
    """Connections, edges and orders are in the plural; no schema stands in a name; results are called by their type."""

    def _schema_prefix(self, schema: str) -> str:
        return ""

    def _attribute_name(self, attribute: Attribute, for_order: bool = False) -> str:
        """OUT parameters without a name are counted from 1, under the name of arguments."""
        if attribute.owner.anonymous and attribute.name == f"column{attribute.position + 1}":
            return f"arg{attribute.position + 1}"
        return super()._attribute_name(attribute, for_order)

    def _row_of_values(self, relation: str) -> str:
        return relation

    def enum_value(self, codec: Codec, label: EnumLabel) -> str:
        return self.coerce(self.constant_case(super().enum_value(codec, label)))

    def order_by_type(self, type_name: str) -> str:
        return self.upper_camel_case(f"{self.pluralize(type_name)}-order-by")

    def table_connection_type(self, codec: Codec) -> str:
        return self.connection_type(self._rows_type(codec))

    def table_edge_type(self, codec: Codec) -> str:
        return self.edge_type(self._rows_type(codec))

    def _rows_type(self, codec: Codec) -> str:
        name = self.table_type(codec)
        return name if codec.anonymous else self.pluralize(name)

    def table_edge_field(self, codec: Codec) -> str:
        return self.camel_case(f"{self.table_type(codec)}-edge")

    def order_by_attribute_enum(self, attribute: Attribute, descending: bool = False) -> str:
        """By the column's own name even where its field is called otherwise."""
        return self.constant_case(f"{self._attribute_name(attribute, for_order=True)}-{direction(descending)}")

    def deleted_node_id(self, resource: Resource) -> str:
        return self.camel_case(f"deleted-{self.singularize(resource.id.name)}-id")

    def type_identifier_in_node_ids(self, resource: Resource) -> str:
        return self.pluralize(resource.id.name)

    def function_result_field(self, resource: Resource, type_name: str) -> str:
        named = tag(resource.tags, "resultFieldName")
        if named:
            return named
        if resource.single_out:
            name = self.camel_case(resource.single_out)
        else:
            record = resource.codec.anonymous
            name = RESULTS.get(type_name) or ("result" if record else self.camel_case(type_name))
        several = resource.returns_set or resource.returns_array or resource.codec.base.kind is Kind.ARRAY
        return self.pluralize(name) if several else name


class NodeIds(Inflection):
    """A column `id` keeps its name, for the node id is `nodeId` (what `classic_ids` turns off)."""

    def _attribute_name(self, attribute: Attribute, for_order: bool = False) -> str:
        own = tag(attribute.tags, "name") or attribute.name
        if own.lower() == "id" and not attribute.owner.anonymous and not for_order:
            return "id"
        return super()._attribute_name(attribute, for_order)

    def node_id_field(self) -> str:
        return "nodeId"
