"""Many-to-many, delegates, self-referential memberships, views, ignored models: each with the policies it needs."""

import pytest

from gatepost.policy import RuleProblem, rls

from .conftest import MakeWorld
from .database import Refused, World

# ------------------------------------------------------------------ membership of what one is a member of

TEAMS = """
model User {
    id Int @id
    memberships Membership[]
    @@allow('read', memberships?[team.memberships?[userId == auth().id]])
}
model Team {
    id Int @id
    parentId Int?
    parent Team? @relation("tree", fields: [parentId], references: [id])
    children Team[] @relation("tree")
    memberships Membership[]
    @@allow('read', memberships?[userId == auth().id] || parent.memberships?[userId == auth().id])
    @@allow('read', children?[memberships?[userId == auth().id]])
}
model Membership {
    id Int @id
    userId Int
    teamId Int
    user User @relation(fields: [userId], references: [id])
    team Team @relation(fields: [teamId], references: [id])
    @@allow('read', team.memberships?[userId == auth().id])
    @@allow('all', team.memberships?[userId == auth().id && id < 2])
}
"""
TEAM_ROWS = """
insert into "User" values (1), (2), (3);
insert into "Team" values (10, null), (11, 10), (12, 11), (13, null);
insert into "Membership" values (1, 1, 11), (2, 2, 11), (3, 2, 13), (4, 3, 13);
"""


def test_a_policy_that_asks_its_own_table_does_not_ask_itself(make_world: MakeWorld) -> None:
    here = make_world(TEAMS, TEAM_ROWS)
    assert [here.seen(who, "Membership") for who in (None, 1, 2, 3)] == [[], [1, 2], [1, 2, 3, 4], [3, 4]]
    assert [here.seen(who, "Team") for who in (None, 1, 2, 3)] == [[], [10, 11, 12], [10, 11, 12, 13], [13]]
    assert [here.seen(who, "User") for who in (None, 1, 2, 3)] == [[], [1, 2], [1, 2, 3], [2, 3]]
    for model in ("Membership", "Team", "User"):
        assert [here.seen(who, model) for who in (1, 2)] == [here.said(who, model) for who in (1, 2)]


def test_members_are_made_and_removed_by_a_member(make_world: MakeWorld) -> None:
    here = make_world(TEAMS, TEAM_ROWS)
    assert here.count(1, 'insert into "Membership" values (9, 3, 11)') == 1
    assert here.count(1, 'delete from "Membership"') == 2
    with pytest.raises(Refused):
        here.run(2, 'insert into "Membership" values (9, 3, 13)')


# ------------------------------------------------------------------ many to many

LABELS = """
model User { id Int @id }
model Card {
    id Int @id
    ownerId Int
    open Boolean
    labels Label[]
    @@allow('read', open || ownerId == auth().id)
    @@allow('update', ownerId == auth().id)
}
model Label {
    id Int @id
    ownerId Int?
    cards Card[]
    @@allow('read', true)
    @@allow('update', ownerId == null || ownerId == auth().id)
    @@deny('update', auth() == null)
}
"""
LABEL_ROWS = """
insert into "Card" values (1, 1, true), (2, 2, false);
insert into "Label" values (10, null), (11, 1), (12, 2);
insert into "_CardToLabel" values (1, 10), (1, 12), (2, 12);
"""


def links(here: World, who: int | None) -> list[tuple[int, int]]:
    return here.run(who, 'select "A", "B" from "_CardToLabel" order by 1, 2')


def test_a_link_is_seen_by_who_sees_both_sides(make_world: MakeWorld) -> None:
    here = make_world(LABELS, LABEL_ROWS)
    assert [links(here, who) for who in (None, 1, 2)] == [
        [(1, 10), (1, 12)],
        [(1, 10), (1, 12)],
        [(1, 10), (1, 12), (2, 12)],
    ]


def test_a_link_is_made_by_who_may_update_both_sides(make_world: MakeWorld) -> None:
    here = make_world(LABELS, LABEL_ROWS)
    assert here.count(1, 'insert into "_CardToLabel" values (1, 11)') == 1
    assert here.count(2, 'insert into "_CardToLabel" values (2, 10)') == 1
    for who, pair in ((None, "1, 11"), (2, "1, 11"), (1, "2, 11"), (2, "2, 11")):
        with pytest.raises(Refused):
            here.run(who, f'insert into "_CardToLabel" values ({pair})')


def test_a_link_is_removed_by_who_may_update_both_sides_else_passed_over(make_world: MakeWorld) -> None:
    here = make_world(LABELS, LABEL_ROWS)
    assert [here.count(who, 'delete from "_CardToLabel"') for who in (None, 1, 2)] == [0, 1, 1]


def test_a_link_is_never_changed(make_world: MakeWorld) -> None:
    here = make_world(LABELS, LABEL_ROWS)
    with pytest.raises(Refused, match="permission denied"):
        here.run(1, 'update "_CardToLabel" set "B" = 11')


# ------------------------------------------------------------------ delegates

ASSETS = """
model User { id Int @id  assets Asset[]  @@allow('all', true) }
model Asset {
    id Int @id
    kind String
    ownerId Int
    views Int @default(0) @deny('update', kind == 'Image')
    owner User @relation(fields: [ownerId], references: [id])
    @@delegate(kind)
    @@allow('read', owner == auth())
    @@allow('create,update,delete', ownerId == auth().id)
}
model Video extends Asset {
    length Int @deny('update', owner.id == 2)
    @@allow('read', length < 5)
    @@deny('read', views > 100)
    @@deny('create', length > 50)
}
model Image extends Asset { format String }
"""
ASSET_ROWS = """
insert into "User" values (1), (2);
insert into "Asset" values (1, 'Video', 1, 0), (2, 'Video', 2, 0), (3, 'Image', 1, 0), (4, 'Video', 1, 101);
insert into "Video" values (1, 9), (2, 3), (4, 3);
insert into "Image" values (3, 'png');
"""


def test_each_table_of_a_delegate_keeps_its_models_rules(make_world: MakeWorld) -> None:
    here = make_world(ASSETS, ASSET_ROWS)
    assert [here.seen(who, "Asset") for who in (None, 1, 2)] == [[], [1, 3, 4], [2]]
    assert [here.seen(who, "Video") for who in (None, 1, 2)] == [[2], [1, 2], [2]]
    assert [here.seen(who, "Image") for who in (None, 1, 2)] == [[], [3], []]


def test_a_sub_models_row_is_judged_by_the_base_row_made_before_it(make_world: MakeWorld) -> None:
    here = make_world(ASSETS, ASSET_ROWS)
    base = "insert into \"Asset\" values (9, 'Video', {owner}, 0)"
    here.run(1, base.format(owner=1), keep=True)
    assert here.count(1, 'insert into "Video" values (9, 7)') == 1
    for who, row in ((2, "9, 7"), (None, "9, 7"), (1, "9, 70")):
        with pytest.raises(Refused):
            here.run(who, f'insert into "Video" values ({row})')
    with pytest.raises(Refused):
        here.run(1, base.format(owner=2))


def test_a_sub_models_row_is_changed_and_removed_by_the_base_rows_owner(make_world: MakeWorld) -> None:
    here = make_world(ASSETS, ASSET_ROWS)
    assert [here.count(who, 'update "Video" set id = id') for who in (None, 1, 2)] == [0, 1, 1]
    assert [here.count(who, 'delete from "Asset"') for who in (None, 1, 2)] == [0, 3, 1]


def test_a_fields_rule_stands_on_the_table_that_holds_the_field(make_world: MakeWorld) -> None:
    here = make_world(ASSETS, ASSET_ROWS)
    assert here.count(1, 'update "Asset" set views = 5 where id = 1') == 1
    assert here.count(1, 'update "Video" set length = 5 where id = 1') == 1
    with pytest.raises(Refused, match=r"Asset\.views"):
        here.run(1, 'update "Asset" set views = 5 where id = 3')
    with pytest.raises(Refused, match=r"Video\.length"):
        here.run(2, 'update "Video" set length = 5')


def test_a_rule_about_what_the_base_held_before_stands_on_both_tables(make_world: MakeWorld) -> None:
    here = make_world(
        """
        model Deed {
            id Int @id
            kind String
            state String
            @@delegate(kind)
            @@allow('all', true)
            @@deny('post-update', before().state == 'final' && state != 'final')
        }
        model Invoice extends Deed {
            number Int
            @@deny('post-update', before().state == 'final' && number != before().number)
        }
        """,
        """
        insert into "Deed" values (1, 'Invoice', 'draft'), (2, 'Invoice', 'final');
        insert into "Invoice" values (1, 1), (2, 2);
        """,
    )
    assert here.count(None, 'update "Invoice" set number = 9 where id = 1') == 1
    assert here.count(None, 'update "Invoice" set number = 2 where id = 2') == 1
    assert here.count(None, """update "Deed" set state = 'final'""") == 2
    for change in (
        """update "Deed" set state = 'draft' where id = 2""",
        'update "Invoice" set number = 9 where id = 2',
    ):
        with pytest.raises(Refused, match=r"before\(\)\.state == 'final'"):
            here.run(None, change)


# ------------------------------------------------------------------ views and ignored models

VIEWS = """
model User { id Int @id }
model Note { id Int @id  ownerId Int  @@allow('read', ownerId == auth().id) }
view Digest { id Int @unique  ownerId Int  RULES }
model Hidden { id Int @id  @@ignore  @@allow('all', true) }
"""


def view_world(make_world: MakeWorld, rules: str, options: rls.Options | None = None) -> World:
    rows = 'insert into "Note" values (1, 1), (2, 2); insert into "Hidden" values (1)'
    view = 'create view "Digest" as select * from "Note"'
    return make_world(VIEWS.replace("RULES", rules), rows, options, view)


def test_a_view_shows_what_its_tables_let_its_reader_see(make_world: MakeWorld) -> None:
    here = view_world(make_world, "@@allow('read', true)")
    assert [here.seen(who, "Digest") for who in (None, 1, 2)] == [[], [1], [2]]


def test_a_view_without_a_rule_is_closed(make_world: MakeWorld) -> None:
    here = view_world(make_world, "")
    with pytest.raises(Refused, match="permission denied for view"):
        here.seen(1, "Digest")


def test_a_views_rule_about_its_rows_is_refused(make_world: MakeWorld) -> None:
    with pytest.raises(RuleProblem) as caught:
        view_world(make_world, "@@allow('read', ownerId == 1)")
    assert "Digest" in str(caught.value)
    assert caught.value.rule == "ownerId == 1"
    assert caught.value.place == "schema.zmodel:5:44"
    assert "views='client'" in (caught.value.hint or "")


def test_a_views_rule_may_be_left_to_the_client(make_world: MakeWorld) -> None:
    here = view_world(make_world, "@@allow('read', ownerId == 1)", rls.Options(views="client"))
    assert [here.seen(who, "Digest") for who in (None, 1, 2)] == [[], [1], [2]]
    assert [str(each) for each in rls.unenforced(here.schema)] == [
        "schema.zmodel:5:44: Digest: allow ownerId == 1: not enforceable by row level security"
    ]


def test_an_ignored_model_is_closed(make_world: MakeWorld) -> None:
    here = view_world(make_world, "")
    with pytest.raises(Refused, match="permission denied"):
        here.run(1, 'select * from "Hidden"')
