"""The server lets time pass for the modules a project names."""

import asyncio

import pytest

from gatepost.database.scope import Database
from gatepost.embedded import Server
from gatepost.migrate import pass_time
from gatepost.settings import DatabaseSettings
from tests.conftest import FreshDatabase
from tests.sql.tenancy.conftest import USER_1, populate


async def test_licences_that_ran_out_are_marked_without_anybody_asking(
    cluster: Server, fresh_database: FreshDatabase
) -> None:
    site = populate(cluster, fresh_database())
    ends = "update app.license set expires_at = now() + interval '0.1 seconds' where license_type_key = 'app-user'"
    site.owner.execute(ends)
    held = "select count(*) from app.license where status = 'expired'"
    database = Database({"auth": cluster.dsn("supabase_auth_admin", site.name)}, DatabaseSettings(pool_size=1))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pass_time(database.system("auth"), ("tenancy",), 0.05), 0.5)
    assert site.value(held) == 4
    assert "p:todo" not in site.permissions(USER_1)
    await database.close()
    site.owner.close()
    site.auth.close()
