"""Who may do what in whose tenant, through every door: SQL, REST, GraphQL, the client.

The two tables are the rules, written by hand. RULES is about rows, CALLS about functions; a word says whose:

- `-`: nobody's; nothing is seen, the function refuses. `never`: not even a question.
- `self`: what is about oneself. `own`: that, and what is of the tenant one is in, support's residencies aside.
- `all`: everybody's. `yes`: a function that is about nobody in particular goes through.

Nobody writes a row by himself, through any door: every attempt, at rows of either tenant, is refused.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from gatepost.embedded import Server
from tests.conftest import FreshDatabase
from tests.sql.tenancy.conftest import (
    ADMIN_1,
    ADMIN_2,
    ANCHOR_USER,
    SUPER,
    USER_1,
    USER_1B,
    USER_2,
    Site,
    populate,
)

from .doors import UNDONE, Claims, Door, Function, GraphQL, Orm, Refused, Rest, Row, Sql, Table

PEOPLE = {
    "nobody": "",
    "newcomer": "newcomer@example.com",
    "invited": "invited@example.com",
    "blocked": USER_1B,
    "stale": "stale@example.com",
    "user": USER_1,
    "other_user": USER_2,
    "admin": ADMIN_1,
    "other_admin": ADMIN_2,
    "helper": "helper@example.com",
    "support": ANCHOR_USER,
    "looker": "looker@example.com",
    "super": SUPER,
}
"""`stale` was an admin and is blocked; his token is from before. `helper` may support, `support` does, `looker` does to
look only.
"""

FIRST, SECOND = "demo-tenant-1", "demo-tenant-2"
HOME = {"other_user": SECOND, "other_admin": SECOND, "super": "anchor", "helper": "anchor"}
HOME |= dict.fromkeys(("stale", "user", "admin", "support", "looker"), FIRST)

RULES = """
                          nobody newcomer invited blocked stale user  other_user admin other_admin helper support looker super
application               never  all      all     all     all   all   all        all   all         all    all     all    all
module                    never  all      all     all     all   all   all        all   all         all    all     all    all
tool                      never  all      all     all     all   all   all        all   all         all    all     all    all
permission                never  all      all     all     all   all   all        all   all         all    all     all    all
license_type              never  all      all     all     all   all   all        all   all         all    all     all    all
license_type_permission   never  all      all     all     all   all   all        all   all         all    all     all    all
license_pack              never  all      all     all     all   all   all        all   all         all    all     all    all
license_pack_license_type never  all      all     all     all   all   all        all   all         all    all     all    all
app_settings              never  never    never   never   never never never      never never       never  never   never  never
resident_transition       never  never    never   never   never never never      never never       never  never   never  never
tenant_turn               never  never    never   never   never never never      never never       never  never   never  never
tenant                    never  -        -       -       own   own   own        own   own         own    own     own    all
tenant_subscription       never  -        -       -       own   -     -          own   own         -      own     own    all
profile                   never  self     self    self    self  self  self       self  self        self   self    self   all
resident                  never  self     self    self    own   self  self       own   own         self   own     own    all
license                   never  self     self    self    own   self  self       own   own         self   own     own    all
support_session           never  self     self    self    own   self  self       own   own         self   own     own    all
audit_event               never  -        -       -       own   -     -          own   own         -      own     own    all
"""  # noqa: E501  a table

CALLS = """
                                nobody newcomer invited blocked stale user other_user admin other_admin helper support looker super
current_profile_claims          -      yes      yes     yes     yes   yes  yes        yes   yes         yes    yes     yes    yes
available_modules               -      yes      yes     yes     yes   yes  yes        yes   yes         yes    yes     yes    yes
get_myself                      -      yes      yes     yes     yes   yes  yes        yes   yes         yes    yes     yes    yes
my_profile_residencies          -      yes      yes     yes     yes   yes  yes        yes   yes         yes    yes     yes    yes
demo_profile_residencies        yes    yes      yes     yes     yes   yes  yes        yes   yes         yes    yes     yes    yes
update_profile                  -      yes      yes     yes     yes   yes  yes        yes   yes         yes    yes     yes    yes
assume_residency                -      -        self    -       -     self self       self  self        self   self    self   self
decline_residency               -      -        self    -       -     self self       self  self        self   -       -      self
decline_invitation              -      -        self    -       -     self self       self  self        self   -       -      self
join_address_book               -      -        -       -       -     yes  yes        yes   yes         yes    yes     -      yes
leave_address_book              -      -        -       -       -     yes  yes        yes   yes         yes    yes     -      yes
get_ab_listings                 -      -        -       -       -     yes  yes        yes   yes         yes    yes     yes    yes
tenant_profile_residencies      -      -        -       -       -     -    -          yes   yes         -      yes     yes    yes
tenant_licenses                 -      -        -       -       -     -    -          yes   yes         -      yes     yes    yes
tenant_support_sessions         -      -        -       -       -     -    -          yes   yes         -      yes     yes    yes
tenant_audit_events             -      -        -       -       -     -    -          yes   yes         -      yes     yes    yes
invite_user                     -      -        -       -       -     -    -          yes   yes         -      yes     -      yes
invite_user:superadmin          -      -        -       -       -     -    -          -     -           -      -       -      yes
grant_user_license              -      -        -       -       -     -    -          own   own         -      own     -      all
grant_user_license:superadmin   -      -        -       -       -     -    -          -     -           -      -       -      -
revoke_user_license             -      -        -       -       -     -    -          own   own         -      own     -      all
block_resident                  -      -        -       -       -     -    -          own   own         -      own     -      all
unblock_resident                -      -        -       -       -     -    -          own   own         -      own     -      all
become_support                  -      -        -       -       -     -    -          -     -           all    -       -      all
exit_support_mode               -      -        -       -       -     -    -          -     -           -      yes     yes    -
search_tenants                  -      -        -       -       -     -    -          -     -           yes    yes     yes    yes
search_residents                -      -        -       -       -     -    -          -     -           yes    yes     yes    yes
search_profiles                 -      -        -       -       -     -    -          -     -           yes    yes     yes    yes
site_user_by_id                 -      -        -       -       -     -    -          -     -           all    all     all    all
create_tenant                   -      -        -       -       -     -    -          -     -           -      -       -      yes
activate_tenant                 -      -        -       -       -     -    -          -     -           -      -       -      all
deactivate_tenant               -      -        -       -       -     -    -          -     -           -      -       -      all
subscribe_tenant_to_license_pack -     -        -       -       -     -    -          -     -           -      -       -      all
subscribe_tenant_to_license_pack:anchor - -     -       -       -     -    -          -     -           -      -       -      -
deactivate_tenant_subscription  -      -        -       -       -     -    -          -     -           -      -       -      all
reactivate_tenant_subscription  -      -        -       -       -     -    -          -     -           -      -       -      all
"""  # noqa: E501  a table

# Refusals: by rights, by the function; that there is no such row; that support only looks; what GraphQL does not show.
REFUSALS = {"42501", "P0001", "P0002", "25006", "not shown"}

FACTS = {
    "tenant": "select id, id, null::uuid, false from app.tenant",
    "tenant_subscription": "select id, tenant_id, null::uuid, false from app.tenant_subscription",
    "profile": "select id, null::uuid, id, false from app.profile",
    "resident": "select id, tenant_id, profile_id, type = 'support' from app.resident",
    "license": "select l.id, l.tenant_id, r.profile_id, false from app.license l join app.resident r"
    " on r.id = l.resident_id",
    "support_session": "select id, tenant_id, profile_id, false from app.support_session",
    "audit_event": "select id, tenant_id, null::uuid, false from app.audit_event",
}
"""Of each row: its id, its tenant, whom it is about, and whether it is support's."""


def words(text: str) -> dict[str, dict[str, str]]:
    """A table above: by row and column."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    return {name: dict(zip(head, cells, strict=True)) for name, *cells in lines}


@dataclass
class Stage:
    """The site, everybody's token, and the tables."""

    site: Site
    tokens: dict[str, Claims] = field(default_factory=dict[str, Claims])
    tables: dict[str, Table] = field(default_factory=dict[str, Table])

    def rows(self, table: Table) -> list[tuple[Row, Any, Any, bool]]:
        """All rows of a table by key, with their facts."""
        if table.name in FACTS:
            found = self.site.owner.execute(FACTS[table.name]).fetchall()  # pyright: ignore
            return [((str(row[0]),), str(row[1]), str(row[2]), row[3]) for row in found]
        names = ", ".join(table.key)
        found = self.site.owner.execute(f"select {names} from app.{table.name}").fetchall()  # pyright: ignore
        return [(tuple(map(str, row)), None, None, False) for row in found]

    def whose(self, who: str, table: Table, word: str) -> set[Row]:
        """The rows that a word names."""
        me = self.site.user(PEOPLE[who])
        here = self.site.tenant(HOME[who]) if who in HOME else None
        found: set[Row] = set()
        for key, tenant, about, is_support in self.rows(table):
            mine, ours = about == me, tenant == here and not is_support
            if {"-": False, "self": mine, "own": mine or ours, "all": True}[word]:
                found.add(key)
        return found


def everybody(site: Site) -> dict[str, Claims]:
    """Who is not there yet comes, each in his state; their tokens."""
    site.owner.execute("insert into app.license_pack (key, display_name) values ('extra', 'Extra')")
    site.owner.execute("insert into app.app_settings (key, display_name, value) values ('demo', 'Demo', 'on')")
    for who in ("helper", "looker"):
        site.call(SUPER, "select app_api.invite_user(%s)", PEOPLE[who])
        come(site, PEOPLE[who], "anchor")
    for who in ("helper", "looker", "support"):
        text = "select app_api.grant_user_license(%s, 'app-admin-support')"
        site.call(SUPER, text, site.resident(PEOPLE[who], "anchor"))
    for who in ("invited", "stale"):
        site.call(ADMIN_1, "select app_api.invite_user(%s)", PEOPLE[who])
        site.sign_up(PEOPLE[who])
    site.sign_up(PEOPLE["newcomer"])
    site.assume(PEOPLE["stale"], FIRST)
    site.grant(ADMIN_1, PEOPLE["stale"], "app-admin", FIRST)
    stale = site.token(PEOPLE["stale"])
    site.call(ADMIN_2, "select app_api.invite_user('blocked-2@example.com')")
    for admin, email, tenant in (
        (ADMIN_1, USER_1B, FIRST),
        (ADMIN_1, PEOPLE["stale"], FIRST),
        (ADMIN_2, "blocked-2@example.com", SECOND),
    ):
        site.call(admin, "select app_api.block_resident(%s)", site.resident(email, tenant))
    support = "select app_api.become_support(%s, 'ticket 7', 60, %s)"
    site.call(PEOPLE["support"], support, site.tenant(FIRST), False)
    site.call(PEOPLE["looker"], support, site.tenant(FIRST), True)
    site.call(PEOPLE["helper"], support, site.tenant(SECOND), False)
    site.call(PEOPLE["helper"], "select app_api.exit_support_mode()")
    site.owner.execute("insert into app.audit_event (action) values ('of no tenant')")
    tokens: dict[str, Claims] = {who: site.token(email) for who, email in PEOPLE.items() if email}
    return tokens | {"stale": stale, "nobody": None}


def come(site: Site, email: str, tenant: str) -> None:
    site.sign_up(email)
    site.assume(email, tenant)


WRITTEN = {"audit_event": "action"}  # its key is the database's alone to write

KEYS = """
select c.relname, array_agg(a.attname::text order by array_position(x.indkey::int2[], a.attnum))
from pg_class c join pg_index x on x.indrelid = c.oid and x.indisprimary
join pg_attribute a on a.attrelid = c.oid and a.attnum = any (x.indkey)
where c.relnamespace = 'app'::regnamespace and c.relkind = 'r' group by 1
"""


def undo(site: Site) -> None:
    """From now on whatever is written fails when it commits."""
    site.owner.execute(
        f"create function public.undo() returns trigger language plpgsql as $$ begin"
        f" raise exception 'undone' using errcode = '{UNDONE}'; end $$"  # pyright: ignore
    )
    for (name,) in site.owner.execute("select distinct relname from pg_class c join (" + KEYS + ") k using (relname)"):
        site.owner.execute(
            f"create constraint trigger undo after insert or update or delete on app.{name}"
            " deferrable initially deferred for each row execute function public.undo()"  # pyright: ignore
        )


@pytest.fixture(scope="module")
def stage(cluster: Server, fresh_database: FreshDatabase) -> Iterator[Stage]:
    site = populate(cluster, fresh_database())
    keys: list[tuple[str, list[str]]] = site.owner.execute(KEYS).fetchall()
    tables = {name: Table(name, tuple(key), WRITTEN.get(name, key[0])) for name, key in keys}
    made = Stage(site, everybody(site), tables)
    undo(site)
    yield made
    site.owner.close()
    site.auth.close()


DOORS = ("sql", "rest", "graphql", "orm")


@pytest.fixture(params=DOORS)
async def door(request: pytest.FixtureRequest, stage: Stage) -> AsyncIterator[Door]:
    dsn = stage.site.cluster.dsn("authenticator", stage.site.name)
    made: Door = {
        "sql": lambda: Sql(dsn),
        "rest": lambda: Rest(dsn),
        "graphql": lambda: GraphQL(dsn),
        "orm": lambda: Orm(dsn, list(stage.tables.values())),
    }[request.param]()
    await made.open()
    yield made
    await made.close()


def test_the_tables_above_are_complete(stage: Stage) -> None:
    assert set(words(RULES)) == set(stage.tables)
    functions = stage.site.owner.execute(
        "select proname from pg_proc where pronamespace = 'app_api'::regnamespace"
        " and has_function_privilege('authenticated', oid, 'execute')"
    ).fetchall()
    assert {name.partition(":")[0] for name in words(CALLS)} == {name for (name,) in functions}
    for each in (*words(RULES).values(), *words(CALLS).values()):
        assert list(each) == list(PEOPLE)


@pytest.mark.parametrize("who", PEOPLE)
async def test_who_sees_what(stage: Stage, door: Door, who: str) -> None:
    wrong: dict[str, object] = {}
    for name, by in words(RULES).items():
        table = stage.tables[name]
        expected: object = "never" if by[who] == "never" else stage.whose(who, table, by[who])
        try:
            seen: object = await door.read(stage.tokens[who], table)
        except Refused as refused:
            seen = "never" if str(refused) in REFUSALS else str(refused)
        if seen != expected:
            wrong[name] = {"seen": seen, "expected": expected}
    assert wrong == {}


@pytest.mark.parametrize("who", PEOPLE)
async def test_nobody_writes_a_row_by_himself(stage: Stage, door: Door, who: str) -> None:
    through: list[str] = []
    for table in stage.tables.values():
        targets = {tenant: key for key, tenant, _, _ in stage.rows(table)}
        for key in targets.values():
            for operation in ("insert", "update", "delete"):
                try:
                    await door.write(stage.tokens[who], table, operation, key)
                    through.append(f"{operation} {table.name} {key}")
                except Refused as refused:
                    if str(refused) not in ("42501", "not shown"):
                        through.append(f"{operation} {table.name} {key}: {refused}")
    assert through == []


# Functions -----------------------------------------------------------------------------------------------------------

TENANT, RESIDENT = {"_tenant_id": ("{tenant}", "uuid")}, {"_resident_id": ("{resident}", "uuid")}
SCOPE = "app.license_type_assignment_scope"
GIVEN: dict[str, dict[str, tuple[str, str]]] = {
    "update_profile": dict.fromkeys(("_display_name", "_first_name", "_last_name"), ("X", "text")),
    "assume_residency": RESIDENT,
    "decline_residency": RESIDENT,
    "decline_invitation": RESIDENT,
    "invite_user": {"_email": ("x@example.com", "text")},
    "invite_user:superadmin": {"_email": ("x@example.com", "text"), "_assignment_scope": ("superadmin", SCOPE)},
    "grant_user_license": RESIDENT | {"_license_type_key": ("incidents-admin", "text")},
    "grant_user_license:superadmin": RESIDENT | {"_license_type_key": ("app-admin-super", "text")},
    "revoke_user_license": {"_license_id": ("{license}", "uuid")},
    "block_resident": RESIDENT,
    "unblock_resident": {"_resident_id": ("{blocked}", "uuid")},
    "become_support": TENANT | {"_reason": ("ticket 8", "text")},
    "site_user_by_id": {"_id": ("{profile}", "uuid")},
    "create_tenant": {"_name": ("Third", "text")},
    "activate_tenant": TENANT,
    "deactivate_tenant": TENANT,
    "subscribe_tenant_to_license_pack": TENANT | {"_license_pack_key": ("extra", "text")},
    "subscribe_tenant_to_license_pack:anchor": TENANT | {"_license_pack_key": ("anchor", "text")},
    "deactivate_tenant_subscription": {"_tenant_subscription_id": ("{subscription}", "uuid")},
    "reactivate_tenant_subscription": {"_tenant_subscription_id": ("{subscription}", "uuid")},
}
"""What functions are given, where that is something: a value or the name of one of the target's, and its type."""

OF_ONESELF = ("assume_residency", "decline_residency", "decline_invitation")
ABSENT = "00000000-0000-0000-0000-000000000001"

TARGET = """
select jsonb_build_object('tenant', r.tenant_id, 'resident', r.id, 'profile', r.profile_id, 'license', l.id,
    'subscription', l.tenant_subscription_id,
    'blocked', (select b.id from app.resident b where b.tenant_id = r.tenant_id and b.status = 'blocked_individual'
        order by b.email limit 1))
from app.resident r left join app.license l on l.resident_id = r.id and l.license_type_key = 'incidents-user'
where r.email = %s and r.type <> 'support' limit 1
"""


@pytest.fixture(scope="module")
def targets(stage: Stage) -> dict[str, dict[str, Any]]:
    """What there is to be done something to: by tenant, that of a user of it; by person, his own."""
    people = {FIRST: USER_1, SECOND: USER_2} | PEOPLE
    return {name: stage.site.value(TARGET, email) or {"resident": ABSENT} for name, email in people.items()}


def attempts(who: str, name: str, word: str) -> dict[str, bool]:
    """The targets of a function, and whether it may go through for each."""
    if name in OF_ONESELF:
        return {who: word == "self", SECOND if HOME.get(who) == FIRST else FIRST: False}
    if word == "yes" or not any("{" in value for value, _ in GIVEN.get(name, {}).values()):
        return {FIRST: word == "yes"}
    return {tenant: word == "all" or (word == "own" and HOME[who] == tenant) for tenant in (FIRST, SECOND)}


@pytest.mark.parametrize("who", PEOPLE)
async def test_who_calls_what(stage: Stage, targets: dict[str, dict[str, Any]], door: Door, who: str) -> None:
    wrong: dict[str, str] = {}
    for name, by in words(CALLS).items():
        for target, allowed in attempts(who, name, by[who]).items():
            given = GIVEN.get(name, {})
            filled = {key: (text.format(**targets[target]), kind) for key, (text, kind) in given.items()}
            try:
                await door.call(stage.tokens[who], Function(name.partition(":")[0], filled))
                outcome = "went through"
            except Refused as refused:
                outcome = "went through" if str(refused) == UNDONE else str(refused)
            if outcome not in ({"went through"} if allowed else REFUSALS):
                wrong[f"{name} of {target}"] = outcome
    assert wrong == {}
