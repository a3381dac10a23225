"""The Schema of a real project of several files, as its readers see it."""

from pathlib import Path

import msgspec
import pytest

from gatepost import zmodel
from gatepost.zmodel.schema import JoinTable, Schema
from gatepost.zmodel.terms import (
    Auth,
    Before,
    Binary,
    Call,
    EnumValue,
    ListValue,
    Member,
    This,
    Type,
    Value,
    parts,
    type_of,
)

SHOP = Path(__file__).parent / "fixtures" / "shop" / "schema.zmodel"


@pytest.fixture(scope="module")
def shop() -> Schema:
    return zmodel.load(SHOP)


def test_it_is_sound():
    assert zmodel.check(SHOP) == []


def test_models_have_tables_and_fields_in_order(shop: Schema):
    customer = shop.models["Customer"]
    assert (customer.table, customer.mixins, customer.doc) == ("customers", ("Base",), "Someone who buys.")
    assert list(customer.fields) == [
        "id", "createdAt", "updatedAt", "email", "name", "role", "address", "orders", "favorites",
    ]  # fmt: skip
    columns = {name: field.column for name, field in customer.fields.items()}
    assert (columns["createdAt"], columns["email"], columns["orders"]) == ("created_at", "email", None)


def test_enums_have_names_in_the_database(shop: Schema):
    assert (shop.enums["Role"].database_name, shop.enums["Role"].values["ADMIN"]) == ("role", "admin")


def test_auth_is_the_customer(shop: Schema):
    assert shop.auth == ("Customer", "model")


def test_relations_and_join_tables(shop: Schema):
    order = shop.models["Order"]
    relation = order.fields["customer"].relation
    assert relation is not None
    assert (relation.model, relation.fields, relation.on_delete) == ("Customer", ("customerId",), "Cascade")
    assert order.fields["customerId"].foreign_key_for == ("customer",)
    assert order.fields["customerId"].default.path == ("id",)
    assert shop.join_tables == (JoinTable("_CustomerToProduct", None, ("Customer", "id"), ("Product", "id")),)


def test_keys_and_indexes(shop: Schema):
    line = shop.models["Line"]
    assert (line.key.name, line.ids) == ("orderId_productId", ("orderId", "productId"))
    assert shop.models["Order"].indexes[0].map == "orders_by_customer"


def test_rules_of_mixins_come_first_and_know_where_they_were_written(shop: Schema):
    first, second, *_ = shop.models["Customer"].rules
    assert (first.effect, first.origin, first.text) == ("deny", "Base", "auth() == null")
    assert first.place.file.endswith("base.zmodel")
    assert second.place.file.endswith("customers.zmodel")


def test_conditions_are_typed_terms(shop: Schema):
    null, own = Value(None, Type("Null", "null")), This("Order")
    deny, create, update, after, everything = shop.models["Order"].rules
    assert deny.condition == Binary("==", Auth("Customer", "model"), null)
    assert create.condition == Binary(
        "==", Auth("Customer", "model"), Member(own, "customer", Type("Customer", "model"))
    )
    assert isinstance(update.condition, Binary)
    assert update.condition.right == Binary(
        "==", Member(own, "state", Type("OrderState", "enum")), EnumValue("OrderState", "OPEN")
    )
    assert isinstance(after.condition, Binary)
    assert after.condition.left == Binary(
        "==", Member(Before("Order"), "customerId", Type("String")), Member(own, "customerId", Type("String"))
    )
    states = (EnumValue("OrderState", "OPEN"), EnumValue("OrderState", "PAID"))
    assert after.condition.right.right == ListValue(states, Type("OrderState", "enum", True))
    assert everything.operations == ("create", "read", "update", "delete")


def test_check_holds_a_relation_and_maybe_an_operation(shop: Schema):
    first, second = shop.models["Line"].rules
    relation = Member(This("Line"), "order", Type("Order", "model"))
    assert first.condition == Call("check", (relation, Value("update", Type("String"))), Type("Boolean"))
    assert second.condition == Call("check", (relation,), Type("Boolean"))


def test_every_term_has_a_type_that_is_known(shop: Schema):
    waiting = [rule.condition for model in shop.models.values() for rule in model.rules]
    assert waiting
    while waiting:
        term = waiting.pop()
        assert type_of(term).kind != "unknown"
        waiting.extend(parts(term))


def test_a_schema_is_frozen_and_can_be_stored(shop: Schema):
    with pytest.raises(AttributeError):
        shop.models["Order"].table = "x"  # type: ignore[misc]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(shop), type=Schema) == shop
