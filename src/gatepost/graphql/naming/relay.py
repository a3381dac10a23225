"""In what the names of PostGraphile's Relay preset differ.

In and out: as in `inflection`. Never: anything about which columns it hides.
"""

from gatepost.graphql.registry.model import Attribute

from .inflection import Inflection


class Relay(Inflection):
    """The node id is `id`, whatever else is set."""

    def node_id_field(self) -> str:
        return "id"

    def _attribute_name(self, attribute: Attribute, for_order: bool = False) -> str:
        name = super()._attribute_name(attribute, for_order)
        return "row_id" if name.lower() == "id" and not for_order else name
