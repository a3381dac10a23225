"""Every promise of specification.yaml has tests that show it, and what is left out is refused by its name."""

from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gatepost.orm import Client, ConfigError, InvalidInput, Plugin

from .conftest import BLOG

PLACES = {
    "reading": "surfaces.orm.reading",
    "writing": "surfaces.orm.writing",
    "builder": "surfaces.orm.builder",
    "statements": "unit.orm.builder",
    "client": "surfaces.orm",
    "policy": "surfaces.policy",
    "rls": "surfaces.policy.rls",
    "values": "unit.orm",
    "plans": "unit.orm.reading",
    "rules": "unit.policy",
    "language": "unit.zmodel",
    "agreement": "agreement",
    "tables": "surfaces.evolve",
}
GROUPS = msgspec.yaml.decode(
    Path(__file__).with_name("specification.yaml").read_bytes(), type=dict[str, list[dict[str, str | list[str]]]]
)
PROMISES = [
    (promise, [shown] if isinstance(shown, str) else shown)
    for group in GROUPS.values()
    for each in group
    for promise, shown in each.items()
]
NAMES = sorted({name for _, names in PROMISES for name in names})


@pytest.mark.parametrize("name", NAMES)
def test_a_promise_has_its_test(name: str) -> None:
    told, _, case = name.partition("[")
    place, module, function = told.split(".")
    root = __name__.removesuffix("surfaces.orm.test_specification")
    found: Any = getattr(import_module(f"{root}{PLACES[place]}.test_{module}"), function)
    assert function.startswith("test_")
    assert callable(found)
    if case:
        marks = [mark for mark in vars(found)["pytestmark"] if mark.name == "parametrize"]
        assert any(case.removesuffix("]") in (mark.kwargs.get("ids") or ()) for mark in marks)


def test_every_promise_names_a_test() -> None:
    assert all(GROUPS.values())
    assert [promise for promise, names in PROMISES if not names] == []


def test_no_promise_is_made_twice() -> None:
    promises = [promise for promise, _ in PROMISES]
    assert len(promises) == len(set(promises))
    assert [promise for promise, names in PROMISES if len(names) != len(set(names))] == []


# ------------------------------------------------------------------ what is left out

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
LEFT_OUT: dict[str, list[str]] = {
    # Python has another way to each, or PostgreSQL does it
    "option": ["diagnostics", "dialect", "log", "functions"],
    "member": ["qb", "qb_raw", "zod", "diagnostics", "set_options", "query_raw_unsafe", "execute_raw_unsafe"],
    "error": ["sql", "sql_params"],
    "hook": ["on_kysely_query", "query_args", "functions"],
    "operation": ["findRaw", "aggregateRaw", "createManyAndUpdate"],
}


@pytest.mark.parametrize("option", LEFT_OUT["option"])
def test_an_option_that_is_left_out_is_refused_by_name(option: str) -> None:
    options: dict[str, Any] = {option: {}}
    with pytest.raises(ConfigError, match=f'no option "{option}"'):
        Client.connect(BLOG, NOWHERE, **options)


@pytest.mark.parametrize("member", LEFT_OUT["member"])
def test_a_member_that_is_left_out_is_no_attribute(member: str) -> None:
    with pytest.raises(AttributeError, match=f'no model or member "{member}"'):
        getattr(Client.connect(BLOG, NOWHERE), member)


@pytest.mark.parametrize("member", LEFT_OUT["error"])
def test_errors_hold_no_statement(member: str) -> None:
    with pytest.raises(AttributeError, match=f"'{member}'"):
        getattr(InvalidInput("wrong"), member)


@pytest.mark.parametrize("hook", LEFT_OUT["hook"])
def test_a_hook_that_is_left_out_is_refused_by_name(hook: str) -> None:
    hooks: dict[str, Any] = {hook: None}
    with pytest.raises(TypeError, match=hook):
        Plugin("p", **hooks)


@pytest.mark.parametrize("operation", LEFT_OUT["operation"])
async def test_an_operation_that_is_left_out_is_refused_by_name(operation: str) -> None:
    with pytest.raises(InvalidInput, match=f'no operation "{operation}"'):
        await Client.connect(BLOG, NOWHERE).call("User", operation)
