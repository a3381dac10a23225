"""A site with two demo tenants and seven people, and requests as surfaces make them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from gatepost import migrate
from gatepost.embedded import Server
from tests.conftest import FreshDatabase

Row = tuple[Any, ...]
Session = psycopg.Connection[Row]

SUPER, ANCHOR_USER = "app-admin-super@example.com", "anchor-user@example.com"
ADMIN_1, USER_1, USER_1B = "demo-admin-1@example.com", "demo-user-1@example.com", "demo-user-1b@example.com"
ADMIN_2, USER_2 = "demo-admin-2@example.com", "demo-user-2@example.com"
HOMES = {
    SUPER: "anchor",
    ANCHOR_USER: "anchor",
    ADMIN_1: "demo-tenant-1",
    USER_1: "demo-tenant-1",
    USER_1B: "demo-tenant-1",
    ADMIN_2: "demo-tenant-2",
    USER_2: "demo-tenant-2",
}

INCIDENTS = """
select app_fn.install_application(row(
    'inc', 'Incidents',
    array[row('incidents-user', 'Incidents User', array['p:incidents'], 'user'),
        row('incidents-admin', 'Incidents Admin', array['p:incidents', 'p:incidents-admin'], 'admin')
    ]::app_fn.license_type_info[],
    array[row('inc', 'Incidents', 'Incidents', array[
        row('incidents-user', -1, 'none', 1), row('incidents-admin', -1, 'none', 1)
    ]::app_fn.license_pack_license_type_info[], true)]::app_fn.license_pack_info[],
    array[row('incidents', 'Incidents', array['p:incidents'], null, 500, array[
        row('incidents', 'Incidents', array['p:incidents'], null, '/incidents', 100)
    ]::app_fn.tool_info[])]::app_fn.module_info[]
)::app_fn.application_info)
"""

TENANTS = """
select app_fn.create_anchor_tenant('Anchor Tenant');
select app_fn.invite_user(t.id, 'app-admin-super@example.com', 'superadmin') from app.tenant t where t.type = 'anchor';
select app_fn.invite_user(t.id, 'anchor-user@example.com', 'user') from app.tenant t where t.type = 'anchor';
select app_fn.create_tenant('Demo Tenant 1', 'demo-tenant-1', 'demo-admin-1@example.com', 'demo');
select app_fn.create_tenant('Demo Tenant 2', 'demo-tenant-2', 'demo-admin-2@example.com', 'demo');
select app_fn.invite_user(t.id, e, 'user') from app.tenant t, unnest(array['demo-user-1@example.com',
    'demo-user-1b@example.com']) as e where t.identifier = 'demo-tenant-1';
select app_fn.invite_user(t.id, 'demo-user-2@example.com') from app.tenant t where t.identifier = 'demo-tenant-2';
"""

SIGN_UP = """
insert into auth.users (instance_id, id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)
values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated', %s,
    case when %s then now() end, '{"provider": "email"}', '{}')
returning id
"""


@dataclass
class Site:
    """A database with the module. `owner` is the role of migrations, `auth` the auth surface's login."""

    cluster: Server
    name: str
    owner: Session
    auth: Session

    def value(self, text: str, *values: object) -> Any:
        """Ask as the owner: the first column of the first row."""
        row = self.owner.execute(text, values).fetchone()  # pyright: ignore
        return row[0] if row else None

    def sign_up(self, email: str, confirmed: bool = True) -> str:
        """A new user, as the auth surface stores him; his id."""
        row = self.auth.execute(SIGN_UP, (email, confirmed)).fetchone()
        assert row is not None
        return str(row[0])

    def user(self, email: str) -> str:
        return str(self.value("select id from auth.users where email = %s", email))

    def tenant(self, identifier: str) -> str:
        return str(self.value("select id from app.tenant where identifier = %s", identifier))

    def resident(self, email: str, tenant: str = "") -> str:
        """The residency of somebody, support aside."""
        text = "select id from app.resident where email = %s and tenant_id = %s and type <> 'support'"
        return str(self.value(text, email, self.tenant(tenant or HOMES[email])))

    def status(self, email: str, tenant: str = "") -> str:
        return self.value("select status::text from app.resident where id = %s", self.resident(email, tenant))

    def claims(self, email: str) -> dict[str, Any]:
        """What the next token's app_metadata would have."""
        text = "select claims from auth_private.user_claims where user_id = %s"
        return self.value(text, self.user(email))

    def permissions(self, email: str) -> set[str]:
        return set(self.claims(email)["permissions"])

    def token(self, email: str, user_metadata: dict[str, Any] | None = None) -> dict[str, Any]:
        """The claims of a token made now."""
        return {
            "sub": self.user(email),
            "aud": "authenticated",
            "role": "authenticated",
            "email": email,
            "app_metadata": {"provider": "email", **self.claims(email)},
            "user_metadata": user_metadata or {},
        }

    @contextmanager
    def open(self, role: str, claims: dict[str, Any]) -> Iterator[Session]:
        """A request's transaction; committed unless it fails."""
        login = "authenticator" if role in ("anon", "authenticated") else "supabase_admin"
        with psycopg.connect(self.cluster.dsn(login, self.name)) as session:
            session.execute("select set_config('request.jwt.claims', %s, true)", (json.dumps(claims),))
            session.execute("select set_config('role', %s, true)", (role,))
            yield session

    @contextmanager
    def as_user(
        self, email: str, token: dict[str, Any] | None = None, role: str = "authenticated"
    ) -> Iterator[Session]:
        with self.open(role, token or self.token(email)) as session:
            yield session

    def anonymous(self) -> Any:
        return self.open("anon", {"role": "anon"})

    def call(self, email: str, text: str, *values: object, token: dict[str, Any] | None = None) -> Any:
        """One request of somebody: the first column of the first row, committed."""
        with self.as_user(email, token) as session:
            row = session.execute(text, values).fetchone()  # pyright: ignore
            return row[0] if row else None

    def assume(self, email: str, tenant: str = "") -> None:
        self.call(email, "select app_api.assume_residency(%s)", self.resident(email, tenant))

    def support(self, tenant: str, minutes: int = 60) -> None:
        self.call(SUPER, "select app_api.become_support(%s, 'ticket 7', %s)", self.tenant(tenant), minutes)

    def grant(self, by: str, to: str, license_type: str, tenant: str = "") -> str:
        text = "select (app_api.grant_user_license(%s, %s)).id"
        return str(self.call(by, text, self.resident(to, tenant), license_type))


def populate(cluster: Server, name: str, *, incidents: bool = True) -> Site:
    """Install the module in a database, and have everybody at home in his tenant."""
    assert migrate.install_module(cluster.dsn(dbname=name), "tenancy")
    owner = psycopg.connect(cluster.dsn("postgres", name), autocommit=True)
    auth = psycopg.connect(cluster.dsn("supabase_auth_admin", name), autocommit=True)
    site = Site(cluster, name, owner, auth)
    if incidents:
        owner.execute(INCIDENTS)
    owner.execute(TENANTS)
    for email in HOMES:
        site.sign_up(email)
        site.assume(email)
    return site


@contextmanager
def copied(cluster: Server, template: str, name: str) -> Iterator[Site]:
    """A copy of a site that was made once."""
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(f"drop database if exists {name} with (force)")  # pyright: ignore
        admin.execute(f"create database {name} template {template} owner postgres")  # pyright: ignore
    owner = psycopg.connect(cluster.dsn("postgres", name), autocommit=True)
    auth = psycopg.connect(cluster.dsn("supabase_auth_admin", name), autocommit=True)
    yield Site(cluster, name, owner, auth)
    owner.close()
    auth.close()


@pytest.fixture
def site(cluster: Server, site_template: str) -> Iterator[Site]:
    """A site of this test's own."""
    with copied(cluster, site_template, f"{site_template}_copy") as made:
        yield made


@pytest.fixture(scope="session")
def site_template(cluster: Server, fresh_database: FreshDatabase) -> str:
    """A database with the site as it is in the beginning."""
    site = populate(cluster, fresh_database())
    site.owner.close()
    site.auth.close()
    return site.name
