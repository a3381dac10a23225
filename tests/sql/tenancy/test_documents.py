"""The guide on installing an application: its SQL does what it says."""

import re
from pathlib import Path

from .conftest import ADMIN_1, SUPER, USER_1, Site

GUIDE = Path(__file__).parents[3] / "docs" / "howto" / "install-an-application.md"
USUAL, INCIDENTS, FUNCTION = re.findall(r"^```sql\n(.*?)^```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)

SCHEMAS = """
create schema my; create schema my_fn; create schema my_api;
create table my.thing (
    id uuid primary key default gen_random_uuid(), tenant_id uuid not null, resident_id uuid, name text
);
create function my_fn.create_thing(_name text, _tenant_id uuid, _resident_id uuid) returns my.thing
language sql volatile set search_path = ''
as $$ insert into my.thing (name, tenant_id, resident_id) values (_name, _tenant_id, _resident_id) returning * $$;
grant usage, create on schema my_api to tenancy_api;
grant usage on schema my, my_fn, my_api to tenancy_api, authenticated;
grant select, insert on my.thing to tenancy_api;
grant execute on all functions in schema my_fn to tenancy_api;
alter table my.thing enable row level security;
create policy "of the tenant" on my.thing for all to tenancy_api
    using (tenant_id = (select auth_ext.tenant_id())) with check (tenant_id = (select auth_ext.tenant_id()));
"""


def test_the_usual_kind(site: Site) -> None:
    site.owner.execute(USUAL)  # pyright: ignore
    tenant = site.tenant("demo-tenant-1")
    site.call(SUPER, "select app_api.subscribe_tenant_to_license_pack(%s, 'my-app')", tenant)
    assert "p:my-app-user" in site.permissions(USER_1)
    assert "p:my-app-admin" in site.permissions(ADMIN_1)
    tools = (
        "select array_agg(t.key) from unnest(app_api.available_modules()) as m, unnest(m.tools) as t"
        " where m.key = 'my-app'"
    )
    assert site.call(USER_1, tools) == ["my-list"]
    assert site.call(ADMIN_1, tools) == ["my-list", "my-settings"]


def test_any_kind_and_again(site: Site) -> None:
    """The application is there already, with seats that are not counted: the guide's description is an upgrade."""
    said: list[str] = []
    site.owner.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
    site.owner.execute(INCIDENTS)  # pyright: ignore
    assert said == ["application inc: license pack inc offers otherwise incidents-user"]
    site.owner.execute(INCIDENTS)  # pyright: ignore
    assert len(said) == 1


def test_a_function_of_an_application(site: Site) -> None:
    site.owner.execute(USUAL)  # pyright: ignore
    site.owner.execute(SCHEMAS)
    site.owner.execute(FUNCTION)  # pyright: ignore
    site.call(SUPER, "select app_api.subscribe_tenant_to_license_pack(%s, 'my-app')", site.tenant("demo-tenant-1"))
    made = site.call(USER_1, "select to_jsonb(my_api.create_thing('one'))")
    assert (made["tenant_id"], made["resident_id"]) == (site.tenant("demo-tenant-1"), site.resident(USER_1))
