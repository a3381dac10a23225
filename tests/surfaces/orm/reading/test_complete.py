"""What reads promise, each with the tests that show it; a promise whose test is gone fails here."""

from importlib import import_module

import pytest

PROMISES: dict[str, list[str]] = {
    # who may see what
    "every read filters by the rules, silently": ["policies.test_find_many_filters"],
    "a single read of a hidden row gives none": ["policies.test_find_unique_and_first_give_none"],
    "…OrThrow without a row is not found": ["pages.test_find_first", "pages.test_find_unique"],
    "count, exists, aggregate, groupBy see readable rows": ["policies.test_count_exists_aggregate_and_group_by_filter"],
    "included rows are the readable ones": ["policies.test_included_rows_are_the_readable_ones"],
    "an unreadable to-one is null, its parent stays": [
        "policies.test_an_unreadable_to_one_is_null_even_where_it_always_is"
    ],
    "relation filters see readable rows": ["policies.test_a_relation_filter_sees_readable_rows"],
    "null asks the key, is null the readable row": ["policies.test_null_asks_the_key_and_is_null_the_readable_row"],
    "_count and orderBy of relations see readable rows": [
        "policies.test_counts_of_relations_count_readable_rows",
        "policies.test_order_by_a_relation_sees_readable_rows",
    ],
    "a hidden field is null in results, conditions, order, aggregates": [
        "policies.test_a_hidden_field_is_null_in_the_result",
        "policies.test_a_hidden_field_is_null_in_conditions",
        "policies.test_a_hidden_field_is_null_in_order_and_aggregates",
        "policies.test_a_computed_field_sees_a_hidden_field_as_null",
    ],
    "a hidden key hides the relation": ["policies.test_a_hidden_key_hides_the_relation"],
    "many-to-many rows need both ends": ["policies.test_many_to_many_needs_both_ends"],
    "no rule, no row": ["policies.test_no_rule_no_row"],
    "under row level security the SQL holds no rule": [
        "policies.test_under_the_databases_guard_the_statement_has_masks_and_no_rules"
    ],
    # shapes of arguments
    "unknown keys, wrong types: path, expectation, what is near": [
        "scalar_filters.test_refused",
        "json_filters.test_refused",
        "relation_filters.test_refused",
        "selection.test_refused",
        "pages.test_refused",
        "aggregates.test_refused",
        "search.test_refused",
    ],
    "a unique where has a unique selector, and may have more": [
        "pages.test_find_unique_refuses",
        "pages.test_find_unique_takes_further_conditions",
        "pages.test_find_unique_by_several_fields",
    ],
    "types in and out": [
        "scalar_filters.test_values_come_back_as_python_has_them",
        "scalar_filters.test_null_comes_back_as_none_and_a_null_list_is_empty",
        "more_models.test_native_types",
        "more_models.test_native_types_in_conditions",
        "more_models.test_what_the_schema_does_not_say",
    ],
    "limits are options": [
        "relation_filters.test_nesting_has_a_limit_that_is_an_option",
        "relation_filters.test_lists_have_a_limit_that_is_an_option",
    ],
    "hostile text is only ever a value": ["scalar_filters.test_hostile_text_is_only_ever_a_value"],
    # operations
    "select, include, omit": [
        "selection.test_select_gives_these_fields_alone_in_their_order",
        "selection.test_include_to_one_and_to_many",
        "selection.test_omit_leaves_out_and_false_brings_back",
        "selection.test_omit_of_the_client",
        "selection.test_omit_of_the_client_can_be_final",
        "selection.test_all_fields_but_the_omitted_unsupported_and_ignored",
    ],
    "one statement, however deep": ["selection.test_one_statement_however_deep"],
    "nested where, order, page, cursor, distinct": [
        "selection.test_nested_where_order_take_skip",
        "selection.test_nested_take_from_the_end",
        "selection.test_nested_cursor_and_distinct",
    ],
    "_count: true, selected, filtered": [
        "selection.test_count_of_all_relations",
        "selection.test_count_of_some_relations_filtered",
        "selection.test_count_in_depth_and_many_to_many",
    ],
    "orderBy, take, skip, cursor, distinct": ["pages.test_order", "pages.test_page"],
    "count, aggregate, groupBy, having, exists": [
        "aggregates.test_count",
        "aggregates.test_count_of_fields_ignores_nulls",
        "aggregates.test_aggregate",
        "aggregates.test_aggregate_of_nothing",
        "aggregates.test_group_by_several_fields",
        "aggregates.test_groups",
        "aggregates.test_exists",
    ],
    # filters
    "filters of scalars, enums, bytes, lists; AND, OR, NOT": ["scalar_filters.test_filter"],
    "a list of values is one parameter": ["scalar_filters.test_a_list_of_values_is_one_parameter"],
    "filters of JSON and typed JSON": ["json_filters.test_filter", "json_filters.test_json_comes_back_as_it_is"],
    "any condition means what it says": ["meaning.test_any_condition"],
    "filters of relations": ["relation_filters.test_filter"],
    "searches by words and likeness": ["search.test_filter", "search.test_order_by_relevance"],
    "$expr: the program's own SQL": ["scalar_filters.test_sql_of_the_programs_own"],
    # models
    "delegates": [
        "delegates.test_a_sub_model_has_its_bases_fields",
        "delegates.test_a_base_gives_each_row_with_its_sub_models_own_fields",
        "delegates.test_filter",
        "delegates.test_rules_hold_on_base_and_sub_model",
    ],
    "computed fields": [
        "more_models.test_a_computed_field_is_shown",
        "more_models.test_a_computed_field_in_conditions_and_order",
        "more_models.test_a_computed_field_in_aggregates",
    ],
    "views": ["more_models.test_a_view"],
    "names of the database": ["more_models.test_names_of_the_database"],
}
NAMES = sorted({name for names in PROMISES.values() for name in names})


@pytest.mark.parametrize("name", NAMES)
def test_a_promise_has_its_test(name: str) -> None:
    module, _, function = name.partition(".")
    assert callable(getattr(import_module(f"{__package__}.test_{module}"), function))
