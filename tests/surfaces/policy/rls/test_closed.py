"""What policies need is no way round them: the functions behind them are out of reach, pinned, and say little."""

import psycopg
import pytest

from gatepost import zmodel
from gatepost.policy import rls

from .conftest import MakeWorld
from .database import HEAD, Refused, World

SECRETS = """
model User { id Int @id  name String  groups Member[]  @@allow('read', id == auth().id) }
model Group {
    id Int @id
    secret String
    members Member[]
    @@allow('read', members?[user.name == 'ann' && userId == auth().id])
}
model Member {
    id Int @id
    groupId Int
    userId Int
    group Group @relation(fields: [groupId], references: [id])
    user User @relation(fields: [userId], references: [id])
    note String @allow('update', group.secret == 'x')
    @@allow('read', group.members?[userId == auth().id] || group.secret == user.name)
    @@allow('update', true)
    @@allow('post-update', before().groupId == groupId && group.secret != 'y')
}
"""
ROWS = """
insert into "User" values (1, 'ann'), (2, 'bob');
insert into "Group" values (1, 's1'), (2, 's2');
insert into "Member" values (1, 1, 1, ''), (2, 2, 2, '');
"""
PRIVATE = "select proname, oid from pg_proc where pronamespace = 'gatepost_policy'::regnamespace"


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world(SECRETS, ROWS)


def functions(world: World) -> list[tuple[str, int]]:
    found = world.execute(PRIVATE)
    assert len(found) > 4
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("who", [None, 1])
def test_nobody_can_name_a_function_behind_a_policy(world: World, who: int | None) -> None:
    for name, _ in functions(world):
        for call in (f'gatepost_policy."{name}"()', f'gatepost_policy."{name}"(1)', f'gatepost_policy."{name}"(1, 2)'):
            with pytest.raises(Refused, match="permission denied for schema gatepost_policy"):
                world.run(who, f"select {call}")
    with pytest.raises(Refused, match="permission denied for schema gatepost_policy"):
        world.run(who, f"select 'gatepost_policy.\"{name}\"'::regproc")


def test_nobody_can_call_a_function_by_its_number(world: World) -> None:
    """The old fast path of the protocol calls functions by oid: it asks for USAGE of the schema too."""
    name, number = next(each for each in functions(world) if "holds" in each[0])
    with world.connection.transaction(force_rollback=True):
        world.become(1)
        message = world.connection.execute(
            f"select has_schema_privilege('gatepost_policy', 'usage'), has_function_privilege({number}, 'execute')"
        ).fetchone()
    assert message == (False, True), name


def test_nobody_can_put_anything_beside_the_functions(world: World) -> None:
    for text in (
        "create function gatepost_policy.mine() returns int language sql as 'select 1'",
        "create table gatepost_policy.mine (id int)",
        "alter schema gatepost_policy rename to mine",
        "grant usage on schema gatepost_policy to public",
    ):
        with pytest.raises((Refused, psycopg.errors.InsufficientPrivilege)):
            world.run(1, text)


def test_functions_are_pinned_and_belong_to_the_tables_owner(world: World) -> None:
    rows = world.execute(
        """
        select proname, prosecdef, proconfig, proowner::regrole::text, provolatile, proretset,
            prorettype::regtype::text, has_function_privilege('public', oid, 'execute')
        from pg_proc where pronamespace = 'gatepost_policy'::regnamespace order by 1
        """
    )
    for name, definer, config, owner, volatile, many, returns, public in rows:
        assert (definer, config, owner, public) == (True, ["search_path=pg_catalog, pg_temp"], "rules_owner", False), (
            name
        )
        if returns == "trigger":
            assert volatile == "v", name
        else:
            assert (volatile, returns) == ("s", "integer" if many else "boolean"), name


def test_a_function_that_answers_once_gives_only_keys_that_the_caller_reaches(world: World) -> None:
    """Were it called, it would tell a caller no more than his own memberships."""
    many = "select proname from pg_proc where pronamespace = 'gatepost_policy'::regnamespace and proretset"
    for (name,) in world.execute(many):
        answers: list[list[int]] = []
        for who in (None, 1, 2):
            with world.connection.transaction(force_rollback=True):
                world.become(who)
                world.connection.execute("reset role")
                found = world.connection.execute(f'select gatepost_policy."{name}"()'.encode()).fetchall()
                answers.append([row[0] for row in found])
        assert answers[0] == []
        assert set(answers[1]) <= {1}
        assert set(answers[2]) <= {2}


def test_names_planted_in_the_callers_way_are_not_met(world: World) -> None:
    """A caller's own search path and temporary tables do not reach into the functions."""
    before = world.seen(1, "Member")
    world.execute("grant temporary on database " + world.connection.info.dbname + " to authenticated")
    with world.connection.transaction(force_rollback=True):
        world.become(1)
        world.connection.execute('create temporary table "Member" (id int, "groupId" int, "userId" int)')
        world.connection.execute('insert into pg_temp."Member" select n, n, 1 from generate_series(1, 9) as n')
        world.connection.execute(
            "create function pg_temp.current_setting(text, boolean) returns text language sql as 'select ''{}'''"
        )
        world.connection.execute("set local search_path = pg_temp, public, pg_catalog")
        seen = world.connection.execute('select id from public."Member" order by 1').fetchall()
    assert [row[0] for row in seen] == before == [1]


def test_errors_of_a_callers_condition_tell_nothing_of_hidden_rows(world: World) -> None:
    """A condition that fails on a row is not asked of rows that the policy hides."""
    trap = """select id from "Group" where 1 / (case when secret = 's2' then 0 else 1 end) = 1"""
    assert world.run(1, trap) == [(1,)]


def test_claims_are_the_settings_alone(world: World) -> None:
    with world.connection.transaction(force_rollback=True):
        world.become(1)
        world.connection.execute("select set_config('app.claims', '{\"sub\": \"2\"}', true)")
        assert world.connection.execute('select id from "User"').fetchall() == [(1,)]


def test_the_owner_and_the_service_see_everything(world: World) -> None:
    for role in ("rules_owner", "service_role"):
        assert world.run(None, 'select id from "Member" order by 1', role=role) == [(1,), (2,)]


def test_a_service_that_cannot_bypass_gets_a_policy(make_world: MakeWorld) -> None:
    world = make_world(SECRETS, ROWS, rls.Options(service="plain_service", bypass=False))
    assert world.run(None, 'select id from "Member" order by 1', role="plain_service") == [(1,), (2,)]
    changed = """update "Member" set note = 'changed', "groupId" = 1"""
    assert world.run(None, changed, role="plain_service") == [(2,)]
    with pytest.raises(Refused):
        world.run(1, """update "Member" set note = 'changed'""")


def test_another_role_is_not_let_in(world: World) -> None:
    world.execute("do $$ begin if to_regrole('stranger') is null then create role stranger; end if; end $$")
    world.execute("grant usage on schema public to stranger")
    with pytest.raises(Refused, match="permission denied for table"):
        world.run(1, 'select * from "Member"', role="stranger")
    world.execute('grant select on "Member" to stranger')
    assert world.run(1, 'select * from "Member"', role="stranger") == []


# ------------------------------------------------------------------ fields that not everybody may read


def test_a_rule_about_reading_a_field_is_refused() -> None:
    text = "model User { id Int @id  secret String @allow('read', auth().id == id)  @@allow('all', true) }"
    with pytest.raises(rls.RuleProblem) as caught:
        rls.objects(zmodel.load(HEAD + text))
    assert str(caught.value).startswith("User.secret: not enforceable by row level security")
    assert caught.value.place == "schema.zmodel:2:40"
    assert caught.value.rule == "auth().id == id"
    assert "field_reads='client'" in (caught.value.hint or "")


def test_a_rule_about_reading_a_field_may_be_left_to_the_client() -> None:
    text = "model User { id Int @id  secret String @allow('read', auth().id == id)  @@allow('all', true) }"
    schema = zmodel.load(HEAD + text)
    assert rls.objects(schema, rls.Options(field_reads="client"))
    assert [(each.model, each.field) for each in rls.unenforced(schema)] == [("User", "secret")]


@pytest.mark.parametrize(
    ("read", "refused"),
    [("@@allow('all', true)", False), ("@@allow('all', true) @@deny('read', hidden)", True), ("", True)],
)
def test_the_client_masks_by_rows_only_that_everybody_sees(read: str, refused: bool) -> None:
    """Under its caller's policies a mask could not tell a row that is hidden from one that is not there."""
    text = f"""
    model Owner {{ id Int @id  hidden Boolean  people Person[]  {read} }}
    model Person {{
        id Int @id
        phone String @deny('read', owner.hidden)
        ownerId Int
        owner Owner @relation(fields: [ownerId], references: [id])
        @@allow('all', true)
    }}
    """
    schema = zmodel.load(HEAD + text)
    assert rls.objects(schema, rls.Options(field_reads="view"))
    if not refused:
        assert rls.objects(schema, rls.Options(field_reads="client"))
        return
    with pytest.raises(rls.RuleProblem, match=r"Person\.phone"):
        rls.objects(schema, rls.Options(field_reads="client"))
