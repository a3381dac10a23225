"""In what the names of PostGraphile's simplified inflection differ: shorter fields for rows, relations and keys.

In and out: as in `inflection`. Never: a different name for a row type.
"""

import re
from collections.abc import Sequence

from gatepost.graphql.registry.model import Attribute, Codec, Relation, Resource, Tags, Unique
from gatepost.problem import Problem

from . import words
from .inflection import Inflection, local_columns, remote_columns, source_codec, tag

KEY_ENDING = re.compile(r"(.+?)(?:_row_id|_id|_uuid|_fk|_pk|RowId|Id|Uuid|UUID|Fk|Pk)")
OPPOSITES = {
    "parent": "child",
    "child": "parent",
    "author": "authored",
    "editor": "edited",
    "reviewer": "reviewed",
}


class Simplify(Inflection):
    """Relations are called by what their columns say; the primary key needs no saying."""

    # ------------------------------------------------------------------ words

    def pluralize(self, text: str) -> str:
        return words.in_last_word(super().pluralize, text)

    def singularize(self, text: str) -> str:
        return words.in_last_word(super().singularize, text)

    def camel_case(self, text: str) -> str:
        return words.small_plural_after_digit(super().camel_case(text))

    def upper_camel_case(self, text: str) -> str:
        return words.small_plural_after_digit(super().upper_camel_case(text))

    def distinct_plural(self, text: str) -> str:
        """A plural that is never its singular."""
        singular = self.singularize(text)
        plural = self.pluralize(singular)
        if singular != plural:
            return plural
        if plural.endswith(("ch", "s", "sh", "x", "z")):
            return f"{plural}es"
        return f"{plural.removesuffix('y')}ies" if plural.endswith("y") else f"{plural}s"

    # ------------------------------------------------------------------ lists and connections

    def _several(self, base: str, connection: bool, *tags: Tags) -> str:
        """The tag `listSuffix` says which of the two goes without a suffix; lists have one unless it does."""
        asked = next((one["listSuffix"] for one in tags if "listSuffix" in one), "include")
        if asked not in ("include", "omit"):
            raise Problem("graphql_naming", 500, f"@listSuffix is {asked!r}; it can be omit or include")
        suffix = "Connection" if connection else "List"
        return f"{base}{suffix}" if connection == (asked == "omit") else base

    def _all_rows(self, resource: Resource) -> str:
        return self.camel_case(self.distinct_plural(self._singular_resource_name(resource)))

    def all_rows_connection(self, resource: Resource) -> str:
        return self._several(self._all_rows(resource), True, resource.tags)

    def all_rows_list(self, resource: Resource) -> str:
        return self._several(self._all_rows(resource), False, resource.tags)

    def many_relation_connection(self, relation: Relation) -> str:
        named = tag(relation.tags, "foreignConnectionFieldName")
        return named or self._several(self._many_relation(relation), True, relation.tags, relation.target.tags)

    def many_relation_list(self, relation: Relation) -> str:
        named = tag(relation.tags, "foreignSimpleFieldName")
        return named or self._several(self._many_relation(relation), False, relation.tags, relation.target.tags)

    def custom_query_connection(self, resource: Resource) -> str:
        return self._several(self.custom_query(resource), True, resource.tags)

    def custom_query_list(self, resource: Resource) -> str:
        return self._several(self.camel_case(self.custom_query(resource)), False, resource.tags)

    def computed_connection(self, resource: Resource) -> str:
        return self._several(self.computed(resource), True, resource.tags)

    def computed_list(self, resource: Resource) -> str:
        return self._several(self.computed(resource), False, resource.tags)

    # ------------------------------------------------------------------ relations

    def single_relation(self, relation: Relation) -> str:
        named = tag(relation.tags, "fieldName")
        if named:
            return named
        base = self._base_name(local_columns(relation))
        if base:
            return self.camel_case(base)
        if relation.target.primary_key == _remote(relation):
            return self.camel_case(self._singular_codec_name(relation.target.codec))
        return super().single_relation(relation)

    def single_relation_backwards(self, relation: Relation) -> str:
        named = tag(relation.tags, "foreignSingleFieldName") or tag(relation.tags, "foreignFieldName")
        if named:
            return named
        rows = self._singular_codec_name(relation.target.codec)
        local = tuple(local for local, _ in relation.pairs)
        ours = isinstance(relation.source, Resource) and relation.source.primary_key == local
        return self._backwards(relation, rows, ours) or super().single_relation_backwards(relation)

    def _many_relation(self, relation: Relation) -> str:
        named = tag(relation.tags, "foreignFieldName")
        if named:
            return named
        rows = self.distinct_plural(self._singular_codec_name(relation.target.codec))
        theirs = relation.target.primary_key == _remote(relation)
        return self._backwards(relation, rows, theirs) or super()._many_relation(relation)

    def _backwards(self, relation: Relation, rows: str, by_primary_key: bool) -> str | None:
        """`rows` by the opposite of what their columns call us; alone where that is our name, or by a primary key."""
        base = self._base_name(remote_columns(relation))
        opposite = OPPOSITES.get(base) if base else None
        if opposite:
            return self.camel_case(f"{opposite}-{rows}")
        if by_primary_key or (base and self._is_name_of(source_codec(relation), base)):
            return self.camel_case(rows)
        return None

    def _is_name_of(self, codec: Codec, base: str) -> bool:
        return self.camel_case(base) == self.camel_case(self.singularize(self._codec_name(codec)))

    def _base_name(self, attributes: Sequence[Attribute]) -> str | None:
        """What columns call the row they refer to, if each ends as a key does."""
        found = [KEY_ENDING.fullmatch(self._attribute_name(attribute, for_order=True)) for attribute in attributes]
        return "-".join(match[1] for match in found if match) if all(found) else None

    # ------------------------------------------------------------------ keys

    def node_by_id(self, type_name: str) -> str:
        return self.camel_case(f"{type_name}-by-{self.node_id_field()}")

    def row_by_unique(self, resource: Resource, unique: Unique) -> str:
        if unique.primary and not tag(unique.tags, "fieldName"):
            return self.camel_case(self._singular_codec_name(resource.codec))
        return super().row_by_unique(resource, unique)

    def _by_keys(self, verb: str, resource: Resource, unique: Unique) -> str:
        named = tag(unique.tags, f"{verb}FieldName")
        if named or not unique.primary:
            return named or super()._by_keys(verb, resource, unique)
        return self.camel_case(self._on_row(verb, resource))

    def _by_keys_input(self, verb: str, resource: Resource, unique: Unique) -> str:
        if tag(unique.tags, f"{verb}FieldName") or not unique.primary:
            return super()._by_keys_input(verb, resource, unique)
        return self.upper_camel_case(f"{self._on_row(verb, resource)}-input")

    def _by_node_id(self, verb: str, resource: Resource) -> str:
        return self.camel_case(f"{self._on_row(verb, resource)}-by-{self.node_id_field()}")

    def _by_node_id_input(self, verb: str, resource: Resource) -> str:
        return self.upper_camel_case(f"{self._on_row(verb, resource)}-by-{self.node_id_field()}-input")

    def _on_row(self, verb: str, resource: Resource) -> str:
        return f"{verb}-{self._singular_codec_name(resource.codec)}"

    def deleted_node_id(self, resource: Resource) -> str:
        return self.camel_case(f"deleted-{self.singularize(self.table_type(resource.codec))}-{self.node_id_field()}")

    def patch_field(self, resource: Resource) -> str:
        return "patch"


def _remote(relation: Relation) -> tuple[str, ...]:
    return tuple(remote for _, remote in relation.pairs)
