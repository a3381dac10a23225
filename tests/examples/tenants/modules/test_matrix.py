"""Every function that a client may call, tried by everybody on another's things; the rules are in rules.py."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from gatepost.embedded import Server

from . import rules
from .conftest import Row, Site, email, visited

TABLES = ("loc.location", "msg.topic", "msg.message", "msg.subscriber", "todo.todo", "inc.incident", "app.resident",
    "app.license", "app.tenant_subscription")  # fmt: skip
DIGEST = " union all ".join(
    f"select '{table}', md5(string_agg(t::text, ',' order by t.id)) from {table} t where t.tenant_id = %(tenant)s"
    for table in TABLES
)
NEWCOMER = """
insert into auth.users (id, email, email_confirmed_at, aud, role)
values (gen_random_uuid(), %s, now(), 'authenticated', 'authenticated') returning id
"""
INVITE = "select (app_fn.invite_user(id, %s, 'support')).id from app.tenant where type = 'anchor'"


def helps(site: Site, who: str, *, read_only: bool) -> None:
    """Somebody new of the site, in support mode in the first demo tenant."""
    site.owner(NEWCOMER, email(who))
    site.ask(who, "select app_api.assume_residency(%s)", site.owner(INVITE, email(who)))
    tenant = site.owner("select id from app.tenant where identifier = 'demo-tenant-1'")
    site.ask(who, "select app_api.become_support(%s, 'ticket 7', 60, %s)", tenant, read_only)


@pytest.fixture(scope="module")
def world(cluster: Server, example: str) -> Iterator[Site]:
    """The example, where support is in the first demo tenant, and somebody of it is blocked."""
    with visited(cluster, example) as site:
        helps(site, "helper", read_only=False)
        helps(site, "looker", read_only=True)
        site.ask("admin-1", "select app_api.block_resident(%s)", site.resident("user-1b"))
        site.owner("insert into app.license_pack (key, display_name) values ('extra', 'Extra') returning key")
        yield site


@pytest.fixture(scope="module")
def targets(world: Site) -> dict[str, str]:
    """Things of the first demo tenant."""
    user = world.resident("user-1a")
    resident = world.resident("consultant", "demo-tenant-1")
    topic = world.topic("where-to-meet")
    place = "select (loc_fn.create_location(row(null, 'Depot', null, null, null, null, null, null, null, null),"
    found = {
        "tenant": world.owner("select id from app.tenant where identifier = 'demo-tenant-1'"),
        "profile": world.owner("select id from auth.users where email = %s", email("user-1a")),
        "resident": resident,
        "blocked_resident": world.resident("user-1b", "demo-tenant-1"),
        "license": world.owner(
            "select id from app.license where resident_id = %s and license_type_key = 'app-user'", resident
        ),
        "topic": topic,
        "message": world.owner(
            "select id from msg.message where topic_id = %s and posted_by_msg_resident_id = %s", topic, user
        ),
        "subscriber": world.owner(
            "select id from msg.subscriber where topic_id = %s and msg_resident_id = %s", topic, user
        ),
        "todo": world.todo("Gloves"),
        "template": world.todo("Neighborhood cleanup", template=True),
        "incident": world.incident("lamp"),
        "incident_template": world.incident(None),
    }
    found["location"] = world.owner(place + " %s, null)).id", found["tenant"])
    found["subscription"] = world.owner(
        "select id from app.tenant_subscription where tenant_id = %s and license_pack_key = 'incidents'",
        found["tenant"],
    )
    return {name: str(id) for name, id in found.items()}


ONLY_THERE = """
select array_agg(r.profile_id::text) from app.resident r where r.tenant_id = %s and r.type = 'home'
    and not exists (select from app.resident o where o.profile_id = r.profile_id and o.tenant_id <> r.tenant_id)
"""


@dataclass
class Trial:
    """One call after the other, each taken back."""

    site: Site
    targets: dict[str, str]

    def __post_init__(self) -> None:
        self.ids = [self.targets["tenant"], *self.site.owner(ONLY_THERE, self.targets["tenant"])]
        self.before = self.digest()

    def digest(self) -> list[Row]:
        """What the tenant has, in all tables."""
        self.site.session.execute("reset role")
        return self.site.session.execute(DIGEST, self.targets).fetchall()  # pyright: ignore

    def outcome(self, function: str, token: dict[str, Any]) -> str:
        """The word for how it goes."""
        rows: list[Row] = []
        changed = False
        try:
            with self.site.session.transaction():
                self.site.become(token)
                rows = self.site.session.execute(rules.call(function), self.targets).fetchall()  # pyright: ignore
                changed = self.digest() != self.before
                raise Undone
        except Undone:
            return "yes" if changed or any(id in json.dumps(rows) for id in self.ids) else "own"
        except psycopg.errors.InsufficientPrivilege as error:
            said = error.diag.message_primary or ""
            if said.startswith("permission denied"):
                return "never"
            return "no" if said == "30000: NOT AUTHORIZED" else "none"
        except (psycopg.errors.RaiseException, psycopg.errors.ReadOnlySqlTransaction):
            return "none"


class Undone(Exception):
    """Ends a block whose changes are taken back."""


@pytest.fixture(scope="module")
def trial(world: Site, targets: dict[str, str]) -> Trial:
    return Trial(world, targets)


@pytest.fixture(scope="module")
def tokens(world: Site) -> dict[str, dict[str, Any]]:
    return {name: world.token(who) for name, who in rules.PEOPLE.items()}


@pytest.mark.parametrize("function", rules.table())
def test_who_may_do_it_to_whose(trial: Trial, tokens: dict[str, dict[str, Any]], function: str) -> None:
    found = {name: trial.outcome(function, token) for name, token in tokens.items()}
    assert found == rules.table()[function]


def test_the_rules_are_of_all_functions(world: Site) -> None:
    text = "select pronamespace::regnamespace || '.' || proname from pg_proc where pronamespace::regnamespace::text"
    world.session.execute("reset role")
    there = {row[0] for row in world.session.execute(f"{text} like '%\\_api'").fetchall()}
    assert there == set(rules.table())


# Permissions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", rules.GATES)
def test_it_takes_these_permissions_and_no_others(trial: Trial, world: Site, function: str) -> None:
    token = world.token("user-1a" if function in rules.OF_THE_AUTHOR else "admin-1")
    every = set(world.claims("admin-1")["permissions"]) | set(world.claims("app-admin-super")["permissions"])

    def tried(permissions: set[str]) -> str:
        token["app_metadata"]["permissions"] = sorted(permissions)
        return trial.outcome(function, token)

    assert tried(rules.GATES[function]) == "yes"
    either = {"p:todo", "p:incidents"} if function.startswith("loc_api") else set[str]()
    for missing in rules.GATES[function]:
        assert tried(every - {missing} - either) == "no", missing


def test_the_gates_are_of_all_functions_of_the_modules() -> None:
    callable_ones = {name for name, words in rules.table().items() if set(words.values()) != {"never"}}
    assert set(rules.GATES) == {name for name in callable_ones if not name.startswith("app_api.")}
