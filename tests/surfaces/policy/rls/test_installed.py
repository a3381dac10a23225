"""What a database has of the rules, beside what the schema says: every difference is told, and mended."""

import pytest

from gatepost import zmodel
from gatepost.policy import rls

from .conftest import MakeWorld
from .database import HEAD, World

NOTES = """
model User { id Int @id  notes Note[]  teams Team[]  @@allow('all', true) }
model Team { id Int @id  users User[]  @@allow('read', users?[id == auth().id])  @@allow('update', true) }
model Note {
    id Int @id @default(autoincrement())
    text String @deny('update', owner.id == 2)
    ownerId Int
    owner User @relation(fields: [ownerId], references: [id])
    @@allow('all', owner.teams?[id == 1])
    @@allow('read', ownerId == auth().id)
    @@allow('post-update', before().ownerId == ownerId)
}
"""
OTHER = NOTES.replace("owner.teams?[id == 1]", "owner.teams?[id == 2]").replace("owner.id == 2", "owner.id == 3")


def facts(world: World, schema: zmodel.Schema | None = None) -> list[rls.Fact]:
    world.execute("begin; set local search_path = pg_catalog")
    rows = world.execute(rls.installed(schema or world.schema, world.options))
    world.execute("commit")
    return [rls.Fact(*row) for row in rows]


def wanted(world: World, schema: zmodel.Schema) -> list[rls.Fact]:
    """What the schema says, in PostgreSQL's words: made and undone."""
    world.execute("begin; set local role rules_owner; savepoint before")
    world.execute(rls.clear(schema, world.options))
    for definition in rls.objects(schema, world.options):
        world.execute(definition.sql)
    world.execute("set local search_path = pg_catalog")
    found = [rls.Fact(*row) for row in world.execute(rls.installed(schema, world.options))]
    world.execute("rollback")
    return found


def differences(world: World, text: str = NOTES) -> tuple[rls.Difference, ...]:
    schema = zmodel.load(HEAD + text)
    return rls.compare(facts(world, schema), wanted(world, schema))


def mend(world: World, text: str = NOTES) -> None:
    schema = zmodel.load(HEAD + text)
    statements = rls.mending(rls.objects(schema, world.options), differences(world, text))
    world.execute("set role rules_owner")
    for statement in statements:
        world.execute(statement)
    world.execute("reset role")


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world(NOTES)


def test_what_was_just_installed_does_not_differ(world: World) -> None:
    assert differences(world) == ()
    names = {(fact.kind, fact.name) for fact in facts(world)}
    assert {(each.kind, each.name) for each in world.definitions} <= names | {("grants", "schemas")}


def test_definitions_may_run_again(world: World) -> None:
    before = facts(world)
    world.execute("set role rules_owner")
    for definition in world.definitions:
        world.execute(definition.sql)
    assert facts(world) == before


TAMPERED = {
    'alter table "Note" disable row level security': ("row security", "public.Note"),
    'alter table "Note" force row level security': ("row security", "public.Note"),
    'drop policy gatepost_read on "Note"': ("policy", "public.Note gatepost_read"),
    'alter policy gatepost_read on "Note" using (true)': ("policy", "public.Note gatepost_read"),
    'alter policy gatepost_read on "Note" to public': ("policy", "public.Note gatepost_read"),
    'drop policy gatepost_delete on "_TeamToUser"': ("policy", "public._TeamToUser gatepost_delete"),
    'drop trigger gatepost_field_text on "Note"': ("trigger", "public.Note gatepost_field_text"),
    'alter table "Note" disable trigger gatepost_post_update': ("trigger", "public.Note gatepost_post_update"),
    'grant truncate on "Note" to anon': ("grants", "public.Note"),
    'grant select on "Note" to public': ("grants", "public.Note"),
    'grant update (text) on "Note" to anon': ("grants", "public.Note"),
    'revoke insert on "Note" from authenticated': ("grants", "public.Note"),
    'revoke usage on sequence "Note_id_seq" from anon': ("grants", "public.Note"),
    "grant usage on schema gatepost_policy to anon": ("schema", "gatepost_policy"),
    "revoke usage on schema public from anon": ("grants", "schemas"),
    "create function gatepost_policy.extra() returns int language sql as 'select 1'": (
        "function",
        "gatepost_policy.extra",
    ),
}


@pytest.mark.parametrize("text", TAMPERED)
def test_what_somebody_changed_is_told_and_mended(world: World, text: str) -> None:
    world.execute(f"set role rules_owner; {text}; reset role")
    found = differences(world)
    assert [(each.kind, each.name) for each in found] == [TAMPERED[text]]
    assert found[0].ours
    mend(world)
    assert differences(world) == ()


def test_a_function_that_somebody_changed_is_told_and_mended(world: World) -> None:
    [(name,)] = world.execute(
        "select proname from pg_proc where pronamespace = 'gatepost_policy'::regnamespace and proname like 'Team%'"
        " and prorettype <> 'trigger'::regtype limit 1"
    )
    world.execute(f'alter function gatepost_policy."{name}" reset search_path')
    assert [(each.kind, each.name) for each in differences(world)] == [("function", f"gatepost_policy.{name}")]
    mend(world)
    assert differences(world) == ()


def test_somebody_elses_policy_is_told_and_left_alone(world: World) -> None:
    world.execute('create policy wide on "Note" for select to public using (true)')
    [found] = differences(world)
    assert (found.kind, found.name, found.ours) == ("policy", "public.Note wide", False)
    assert str(found) == (
        "policy public.Note wide: in the database, not in the schema: permissive for select to public using true"
    )
    mend(world)
    assert differences(world) == (found,)


def test_another_schema_is_reached_by_its_differences_alone(world: World) -> None:
    found = {(each.kind, each.name) for each in differences(world, OTHER)}
    assert {name for kind, name in found if kind == "policy"} == {
        f"public.Note gatepost_{each}" for each in ("read", "create", "update", "delete")
    }
    mend(world, OTHER)
    assert differences(world, OTHER) == ()
    count = "select count(*) from pg_proc where pronamespace = 'gatepost_policy'::regnamespace"
    [(functions,)] = world.execute(count)
    mend(world)
    assert differences(world) == ()
    assert world.execute(count) == [(functions,)]


def test_the_type_of_a_column_may_change_under_the_functions(world: World) -> None:
    world.execute(f"set role rules_owner; {rls.clear(world.schema, world.options)}")
    world.execute("""
        alter table "_TeamToUser" drop constraint "_TeamToUser_A_fkey";
        alter table "_TeamToUser" alter "A" type bigint; alter table "Team" alter id type bigint;
        alter table "_TeamToUser" add constraint "_TeamToUser_A_fkey" foreign key ("A") references "Team" (id);
        reset role
    """)
    mend(world)
    assert differences(world) == ()
    world.execute(
        'insert into "User" values (1); insert into "Team" values (7); insert into "_TeamToUser" values (7, 1)'
    )
    assert world.seen(1, "Team") == [7]


def test_everything_can_be_taken_away(world: World) -> None:
    world.execute(f"set role rules_owner; {rls.clear(world.schema, world.options)}; reset role")
    left = [fact for fact in facts(world) if fact.kind not in ("row security", "grants")]
    assert left == []
    assert world.execute("select to_regnamespace('gatepost_policy')") == [(None,)]
    assert [fact.text for fact in facts(world) if fact.kind == "row security"] == ["enabled"] * 4
