"""What the application these modules come from could be made to do, or could not do at all; each is otherwise here.

Numbers are those of the probes that showed it there; tenancy's own are in tests/sql/tenancy/test_flaws.py.
F25 to F28 are about its workflows, which are not here: kept as what they are about.
"""

import psycopg
import pytest

from .conftest import Site

DENIED = "permission denied"
MODULES = ("loc", "msg", "todo", "inc")
CREATE = "select (todo_api.create_todo(%s, %s::todo_fn.create_todo_options)).id"


def test_f13_a_token_from_before_a_block_reads_on_until_it_is_looked_at_again(site: Site) -> None:
    """Claims are as fresh as the project wants ([claims] freshness); what asks the database refuses at once."""
    token = site.token("user-1a")
    site.ask("admin-1", "select app_api.block_resident(%s)", site.resident("user-1a"))
    site.become(token)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), site.session.transaction():
        site.session.execute("select app_api.join_address_book()")
    assert site.session.execute("select count(*) > 0 from todo.todo").fetchone() == (True,)
    assert site.ask("user-1a", "select count(*) from todo.todo") == 0


def test_f16_a_topic_is_renamed_where_one_may_and_says_so_where_not(site: Site) -> None:
    topic = site.ask("user-1a", "select (msg_api.upsert_topic(row(null, 'general', 'gen', null, null))).id")
    rename = "select (msg_api.upsert_topic(row(%s, 'renamed', 'gen', null, null))).name"
    assert site.ask("user-1a", rename, topic) == "renamed"
    assert site.refused("user-2a", rename, topic) != ""


@pytest.mark.parametrize("who", ["", "user-1a", "admin-1", "app-admin-super"])
@pytest.mark.parametrize("table", ["msg.msg_resident", "todo.todo_resident"])
def test_f17_f23_nobody_writes_what_stands_beside_residents(site: Site, who: str, table: str) -> None:
    assert site.refused(who, f"insert into {table} default values").startswith(DENIED)


@pytest.mark.parametrize("place", ["row(null, null, null, null, null, null, '98101', null, null, null)", "null"])
def test_f18_a_todo_at_a_place_without_a_name_is_made(site: Site, place: str) -> None:
    options = f"row(null, null, '{{}}', false, {place}::loc_fn.location_info, null)"
    assert site.ask("user-1a", f"select (todo_api.create_todo('with place', {options})).id") is not None


def test_f19_a_todo_is_assigned_to_somebody_nobody_has_seen_here(site: Site) -> None:
    todo = site.ask("user-1a", CREATE, "buy bags", None)
    colleague = site.resident("user-1b")
    assert str(site.ask("user-1a", "select (todo_api.assign_todo(%s, %s)).resident_id", todo, colleague)) == colleague


def test_f21_every_definer_pins_its_search_path(site: Site) -> None:
    unpinned = (
        "select count(*) from pg_proc where prosecdef and pronamespace::regnamespace::text ~ '^(loc|msg|todo|inc)(_|$)'"
        " and not coalesce(proconfig @> array['search_path=\"\"'], false)"
    )
    assert site.owner(unpinned) == 0


@pytest.mark.parametrize("module", MODULES)
def test_f22_f25_f26_nobody_reaches_anything_without_signing_in(site: Site, module: str) -> None:
    """Neither tables, nor what is inside, nor what is for clients: there is no way to try without a permission."""
    schemas = [module, f"{module}_fn", f"{module}_api"]
    text = """
        select count(*) from (
            select from pg_proc where pronamespace::regnamespace::text = any (%s)
                and has_function_privilege('anon', oid, 'execute')
            union all
            select from pg_class where relnamespace::regnamespace::text = any (%s) and relkind in ('r', 'v')
                and has_any_column_privilege('anon', oid, 'select, insert, update, references')
        ) as reached
    """
    assert site.owner(text, schemas, schemas) == 0


EVERY_FUNCTION = """
select oid::regprocedure::text from pg_proc
where pronamespace::regnamespace::text = any (array['loc_api', 'msg_api', 'todo_api', 'inc_api']) and prokind = 'f'
order by 1
"""


def test_f27_f28_no_function_calls_one_that_is_not_there(site: Site) -> None:
    """Each is called with nothing, which it may refuse; never is anything in it undeclared."""
    broken = {"42883", "42703", "42P01", "42601", "42846", "42804"}
    site.session.execute("reset role")
    signatures = [row[0] for row in site.session.execute(EVERY_FUNCTION).fetchall()]
    assert len(signatures) > 20
    found: dict[str, str | None] = {}
    for signature in signatures:
        name, _, types = signature.removesuffix(")").partition("(")
        nothing = ", ".join(f"null::{kind}" for kind in types.split(",") if kind)
        site.become(site.token("admin-1"))
        try:
            with site.session.transaction():
                site.session.execute(f"select * from {name}({nothing})")  # pyright: ignore
        except psycopg.Error as error:
            if error.sqlstate in broken:
                found[signature] = error.diag.message_primary
    assert found == {}
