"""Rules: kinds, conditions, what a kind may use."""

import pytest

from tests.unit.zmodel.helpers import error, errors, findings, load, post, rule, sound

ALL = ("create", "read", "update", "delete")


def rules(*lines: str):
    return load(post(*lines)).models["Post"].rules


@pytest.mark.parametrize("kind", ["create", "read", "update", "post-update", "delete"])
def test_a_rule_is_for_an_operation(kind: str):
    assert rules(f"@@allow('{kind}', true)")[0].operations == (kind,)


def test_all_is_everything_but_post_update():
    assert rules("@@deny('all', false)")[0].operations == ALL


def test_a_rule_may_name_several_operations():
    assert rules("@@allow('create, read,update', true)")[0].operations == ("create", "read", "update")
    assert rules("@@allow('read,all', true)")[0].operations == ("read", "create", "update", "delete")


def test_rules_allow_or_deny_in_the_order_they_are_written():
    found = rules("@@allow('read', published)", "@@deny('read', views > 9)")
    assert [(each.effect, each.text, each.origin) for each in found] == [
        ("allow", "published", "Post"), ("deny", "views > 9", "Post"),
    ]  # fmt: skip
    assert str(found[0].place).startswith("schema.zmodel:")


def test_kinds_that_do_not_exist_are_told_with_the_nearest():
    found = findings(rule("true", "raed"))
    assert found[0].message.startswith('invalid policy rule kind: "raed"')
    assert found[0].hint == 'did you mean "read"?'
    assert "invalid policy rule kind" in error(rule("true", ""))


def test_the_kind_is_a_string_literal():
    assert len(errors(post("@@allow(title, true)"))) == 1
    assert len(errors(post("@@allow(1, true)"))) == 1


def test_a_rule_has_a_condition():
    assert error(post("@@allow('read')")) == "required parameter not provided: condition"


def test_there_is_no_override_argument():
    assert error(post("x Int @allow('read', true, true)")) == "unexpected unnamed argument of @allow"
    assert "does not exist" in error(post("x Int @allow('read', true, override: true)"))


@pytest.mark.parametrize("kind", ["create", "all"])
def test_create_rules_use_no_relation_that_the_other_side_owns(kind: str):
    assert error(rule("reviews?[hidden]", kind)).startswith(
        'non-owned relation fields are not allowed in "create" rules'
    )
    assert sound(rule("author.admin", kind))
    assert sound(rule("auth().posts?[published]", kind))
    assert sound(rule("auth().posts?[reviews?[hidden]]", kind))


def test_in_a_rule_of_several_kinds_it_is_a_warning():
    found = findings(rule("reviews?[hidden]", "create,read"))
    assert [each.severity for each in found] == ["warning"]
    assert findings(rule("reviews?[hidden]", "read,update")) == []


@pytest.mark.parametrize(
    ("kind", "operations"), [("read", ("read",)), ("update", ("update",)), ("all", ("read", "update"))]
)
def test_fields_have_rules_for_read_and_update(kind: str, operations: tuple[str, ...]):
    found = load(post(f"x Int @allow('{kind}', published) @deny('{kind}', views > 1)")).models["Post"].fields["x"].rules
    assert [(each.effect, each.operations) for each in found] == [("allow", operations), ("deny", operations)]


@pytest.mark.parametrize("kind", ["create", "delete", "post-update"])
def test_fields_have_no_rules_for_anything_else(kind: str):
    assert "invalid policy rule kind" in error(post(f"x Int @allow('{kind}', true)"))


def test_field_rules_stand_on_values_in_columns():
    assert (
        error(post("x Int @computed @allow('read', true)"))
        == "Field-level policies are not allowed for computed fields"
    )
    relation = "owner User @relation('o', fields: [ownerId], references: [id]) @allow('read', true)"
    assert "Field-level policies are not allowed for relation fields" in errors(post(relation, "ownerId Int"))


def test_field_rules_know_no_before():
    assert '"before()" is not allowed in field-level policies' in errors(
        post("x Int @allow('update', before().views > 1)")
    )


def test_check_may_not_go_round_in_circles():
    text = (
        "model A {{ id Int @id\n b B? @relation(fields: [bId], references: [id])\n bId Int? @unique\n"
        " @@allow('read', check(b)) }}\nmodel B {{ id Int @id\n a A?\n @@allow('read', {}) }}"
    )
    message = "cyclic dependency detected when following the `check()` call"
    assert errors(text.format("check(a)")) == [message, message]
    assert sound(text.format("true"))
    tree = "parentId Int?\n parent A? @relation('t', fields: [parentId], references: [id])\n kids A[] @relation('t')"
    assert error(f"model A {{ id Int @id\n {tree}\n @@allow('read', check(parent)) }}") == message


def test_a_rule_of_a_mixin_is_checked_where_it_is_mixed_in():
    text = "type T { x Int\n @@allow('read', this.id == x && auth() == this) }\nmodel User { id Int @id }\n"
    assert sound(text.replace("model User", "model User with T"))
    assert error(text + "model Other with T { id Int @id }").startswith("incompatible operand types")


def test_a_rule_of_a_type_that_nobody_mixes_in_is_checked_too():
    assert error("type T { x Int\n @@allow('read', y) }\nmodel A { id Int @id }") == (
        'field or enum member "y" does not exist in "T"'
    )


def test_a_mistake_in_a_mixin_is_told_once():
    text = "type T { x Int\n @@allow('read', y) }\nmodel A with T { id Int @id }\nmodel B with T { id Int @id }"
    assert len(errors(text)) == 1
