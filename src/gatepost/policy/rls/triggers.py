"""Rules that compare the row before and after an update, or allow a change of one field: trigger functions.

In: conditions about OLD and NEW. Out: PL/pgSQL bodies that raise 42501, naming the rules, with the same as JSON in
DETAIL for programs. Never: a change to a row; a rule's line in its file, which may move and mean the same.
"""

import json
from collections.abc import Iterable

from msgspec import Struct

from gatepost.catalog import Name
from gatepost.query.read import condition as printed
from gatepost.query.sql import literal
from gatepost.query.tree import Condition
from gatepost.zmodel.schema import Rule

from .claims import inline

OLD = "old"
NEW = "new"


class FieldCheck(Struct, frozen=True):
    """`condition`, about OLD, must hold where `column` is assigned."""

    field: str
    column: str
    condition: Condition
    rules: tuple[Rule, ...]


def field_body(table: Name, model: str, check: FieldCheck) -> str:
    """Before an update that assigns a field, be it the value that it has: who may."""
    said = f"{model}.{check.field} may not be changed: {listed(check.rules)}"
    raised = _raise(said, described(model, "update", check.rules, check.field), table, check.column)
    return _checked(check.condition, raised, "new")


def after_body(table: Name, model: str, condition: Condition, rules: tuple[Rule, ...]) -> str:
    """After an update: what the row has become."""
    said = f"{model} may not become what the update makes of it: {listed(rules)}"
    raised = _raise(said, described(model, "post-update", rules), table)
    return _checked(condition, raised, "null")


def _checked(condition: Condition, raised: str, result: str) -> str:
    refused = f"    if not coalesce(({_about(condition)}), false) then\n{raised}\n    end if;"
    return f"begin\n{refused}\n    return {result};\nend"


def _about(condition: Condition) -> str:
    return printed(condition, inline())


def _raise(said: str, detail: str, table: Name, column: str | None = None) -> str:
    more = f", column = {literal(column)}" if column else ""
    return (
        f"        raise exception using errcode = '42501', message = {literal(said)},\n"
        f"            detail = {literal(detail)},\n"
        f"            schema = {literal(table.schema)}, table = {literal(table.name)}{more};"
    )


def listed(rules: Iterable[Rule]) -> str:
    """Rules, for people."""
    return "; ".join(f"{rule.effect} {one_line(rule.text)}" for rule in rules)


def described(model: str, operation: str, rules: Iterable[Rule], field: str | None = None) -> str:
    """The same for programs; `Rejection` reads it."""
    found = [{"effect": rule.effect, "text": one_line(rule.text)} for rule in rules]
    return json.dumps({"model": model, "operation": operation, "field": field, "rules": found}, ensure_ascii=False)


def one_line(text: str) -> str:
    """A rule as written, however its lines were broken."""
    return " ".join(text.split())
