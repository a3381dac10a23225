"""What PostgreSQL's refusals are about."""

import json

from gatepost import zmodel
from gatepost.policy import rls
from gatepost.zmodel.terms import Place

SCHEMA = zmodel.load(
    "datasource db { provider = 'postgresql' schemas = ['a', 'b'] defaultSchema = 'a' }\n"
    "model Note { id Int @id  @@map('notes of \"all\"') }\n"
    "model One { id Int @id  @@map('same') }\nmodel Two { id Int @id  @@map('same') @@schema('b') }"
)


def told(**changes: object) -> str:
    rules = [{"effect": "deny", "text": "a == 'b:c'", "place": "some:where/schema.zmodel:12:3"}]
    return json.dumps({"model": "Note", "operation": "update", "field": "id", "rules": rules, **changes})


def test_a_trigger_names_the_rule_and_its_place() -> None:
    found = rls.rejection(SCHEMA, "42501", "Note.id may not be changed: …", told())
    assert found is not None
    assert (found.model, found.operation, found.field, found.table) == ("Note", "update", "id", 'notes of "all"')
    [rule] = found.rules
    assert (rule.effect, rule.text, rule.place) == ("deny", "a == 'b:c'", Place("some:where/schema.zmodel", 12, 3))


def test_details_may_have_a_statement_after_them() -> None:
    found = rls.rejection(SCHEMA, "42501", "…", told(field=None, operation="post-update") + "\nUPDATE …")
    assert found is not None
    assert (found.operation, found.field) == ("post-update", None)


def test_a_policy_names_the_table() -> None:
    found = rls.rejection(SCHEMA, "42501", 'new row violates row-level security policy for table "notes of "all""')
    assert found == rls.Rejection('notes of "all"', "Note")
    found = rls.rejection(
        SCHEMA, "42501", 'new row violates row-level security policy (USING expression) for table "notes of "all""'
    )
    assert found == rls.Rejection('notes of "all"', "Note")


def test_a_missing_grant_is_told_apart() -> None:
    found = rls.rejection(SCHEMA, "42501", 'permission denied for table notes of "all"')
    assert found == rls.Rejection('notes of "all"', "Note", granted=False)


def test_a_table_that_is_no_one_models() -> None:
    for name in ("same", "_AToB"):
        found = rls.rejection(SCHEMA, "42501", f'new row violates row-level security policy for table "{name}"')
        assert found == rls.Rejection(name, None)


def test_other_errors_are_not_the_rules() -> None:
    assert rls.rejection(SCHEMA, "23505", "duplicate key value", told()) is None
    assert rls.rejection(SCHEMA, "42501", "permission denied to set role") is None
    assert rls.rejection(SCHEMA, "42501", "…", '{"model": broken') is None
