"""What PostgreSQL's refusals are about."""

import json

from gatepost import zmodel
from gatepost.policy import rls
from gatepost.zmodel.terms import Place

SCHEMA = zmodel.load(
    "datasource db { provider = 'postgresql' schemas = ['a', 'b'] defaultSchema = 'a' }\n"
    "model Note { id Int @id title String @deny('update', title  ==\n 'b c') @@map('notes of \"all\"') }\n"
    "model One { id Int @id  @@map('same') }\nmodel Two { id Int @id  @@map('same') @@schema('b') }"
)


def told(text: str = "a ==  'b:c'", **changes: object) -> str:
    rules = [{"effect": "deny", "text": text}]
    return json.dumps({"model": "Note", "operation": "update", "field": None, "rules": rules, **changes})


def test_a_trigger_names_the_rule_and_the_schema_its_place() -> None:
    found = rls.rejection(SCHEMA, "42501", "Note.title may not be changed: …", told("title == 'b c'", field="title"))
    assert found is not None
    assert (found.model, found.operation, found.field, found.table) == ("Note", "update", "title", 'notes of "all"')
    [rule] = found.rules
    assert (rule.effect, rule.text, rule.place) == ("deny", "title == 'b c'", Place("schema.zmodel", 2, 38))


def test_a_rule_that_the_schema_does_not_have_has_no_place() -> None:
    for detail in (told(), told(model="Gone"), told(field="gone")):
        found = rls.rejection(SCHEMA, "42501", "…", detail)
        assert found is not None
        assert [rule.place for rule in found.rules] == [None]


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
