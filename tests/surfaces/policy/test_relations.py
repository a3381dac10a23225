"""Rules that look at other rows: along every kind of relation, in predicates with names, and what check() asks."""

from gatepost.query import tree

from .conftest import Make


def test_along_one_to_one_in_both_directions(world: Make) -> None:
    here = world(
        "model User { id Int @id  name String  profile Profile?  @@allow('read', profile.age > 18)"
        " @@allow('update', profile == null) @@allow('delete', !(profile.age > 18)) }"
        "model Profile { id Int @id  age Int  user User @relation(fields: [userId], references: [id])"
        " userId Int @unique  @@allow('read', user.name == 'b') @@allow('update', user.profile.age == age) }"
    )
    here.run("insert into \"User\" values (1, 'a'), (2, 'b'), (3, 'c')")
    here.run('insert into "Profile" values (10, 20, 1), (11, 10, 2)')
    assert here.admits("User") == [1]
    assert here.admits("User", operation="update") == [3]
    assert here.admits("User", operation="delete") == [2]
    assert here.admits("Profile") == [11]
    assert here.admits("Profile", operation="update") == [10, 11]


def test_along_several_rows(world: Make) -> None:
    here = world(
        "model A { id Int @id  name String?  bs B[] }"
        "model B { id Int @id  a A? @relation(fields: [aId], references: [id])  aId Int?  cs C[] }"
        "model C { id Int @id  b B? @relation(fields: [bId], references: [id])  bId Int?"
        " @@allow('read', b.a.name == 'x') @@allow('update', !(b.a.name == 'x')) @@allow('delete', b.a == null)"
        " @@allow('create', b.a.id == 1) @@allow('post-update', b.a.bs?[cs?[id == 3]]) }"
    )
    here.run("insert into \"A\" values (1, 'x'), (2, 'y'), (3, null)")
    here.run('insert into "B" values (1, 1), (2, 2), (3, 3), (4, null)')
    here.run('insert into "C" values (1, 1), (2, 2), (3, 3), (4, 4), (5, null)')
    for compat in (False, True):
        assert here.admits("C", compat=compat) == [1]
        assert here.admits("C", operation="update", compat=compat) == [2]
        assert here.admits("C", operation="delete", compat=compat) == [4, 5]
        assert here.admits("C", operation="create", compat=compat) == [1]
    assert here.where("C", here.rules().post("C", "C", None)) == [3]


def test_many_to_many(world: Make) -> None:
    here = world(
        "model Post { id Int @id  tags Tag[]  @@allow('read', tags?[name == 'a']) @@allow('update', tags![name == 'a'])"
        " @@allow('delete', tags^[name == 'a']) @@allow('post-update', tags?[posts?[id == 3]]) }"
        "model Tag { id Int @id  name String  posts Post[] }"
    )
    here.run('insert into "Post" values (1), (2), (3)')
    here.run("insert into \"Tag\" values (1, 'a'), (2, 'b')")
    here.run('insert into "_PostToTag" values (1, 1), (1, 2), (3, 1)')
    assert here.admits("Post") == [1, 3]
    assert here.admits("Post", operation="update") == [2, 3]
    assert here.admits("Post", operation="delete") == [2]
    assert here.where("Post", here.rules().post("Post", "Post", None)) == [1, 3]


def test_a_relation_of_a_model_with_itself(world: Make) -> None:
    here = world(
        "model N { id Int @id  name String  up N? @relation('tree', fields: [upId], references: [id])  upId Int?"
        " down N[] @relation('tree')  friends N[] @relation('friends')  friendOf N[] @relation('friends')"
        " @@allow('read', up.name == name) @@allow('update', down?[d, d.name == this.name])"
        " @@allow('delete', friends?[name == 'c']) @@allow('post-update', friendOf?[name == 'a']) }"
    )
    here.run("insert into \"N\" values (1, 'a', null), (2, 'a', 1), (3, 'c', 2)")
    here.run('insert into "_friends" values (3, 1)')
    assert here.admits("N") == [2]
    assert here.admits("N", operation="update") == [1]
    assert here.admits("N", operation="delete") == [1]
    assert here.where("N", here.rules().post("N", "N", None)) == [3]


MEMBERS = """
model Tenant { id Int @id  name String  members Member[]  docs Doc[] }
model Member { id Int @id  userId Int  tenant Tenant @relation(fields: [tenantId], references: [id])  tenantId Int
  roles Role[] }
model Role { id Int @id  name String  level Int  member Member @relation(fields: [memberId], references: [id])
  memberId Int }
model User { id Int @id }
model Doc { id Int @id  level Int  tenant Tenant @relation(fields: [tenantId], references: [id])  tenantId Int  RULES }
"""
MEMBER_ROWS = """
insert into "Tenant" values (1, 'one'), (2, 'two');
insert into "Member" values (1, 7, 1), (2, 8, 1), (3, 7, 2);
insert into "Role" values (1, 'admin', 5, 1), (2, 'guest', 1, 3);
insert into "Doc" values (1, 3, 1), (2, 9, 1), (3, 0, 2), (4, 3, 2);
"""


def test_predicates_in_predicates_with_bindings(world: Make) -> None:
    rules = (
        "@@allow('read', tenant.members?[m, m.userId == auth().id && m.roles?[r, r.level >= this.level"
        " && r.memberId == m.id && m.tenantId == this.tenantId]])"
        " @@allow('update', tenant.members?[userId == auth().id && roles?[level < this.level]])"
        " @@allow('delete', tenant.members?[m, m.roles![r, r.name == 'admin' && m.tenant.name == 'one']])"
    )
    here = world(MEMBERS.replace("RULES", rules))
    here.run(MEMBER_ROWS)
    for compat in (False, True):
        assert here.admits("Doc", {"id": 7}, compat=compat) == [1, 3]
        assert here.admits("Doc", {"id": 7}, operation="update", compat=compat) == [2, 4]
        assert here.admits("Doc", {"id": 8}, operation="update", compat=compat) == []
        assert here.admits("Doc", {"id": 8}, operation="delete", compat=compat) == [1, 2]


def test_the_rows_of_this_inside_of_a_predicate(world: Make) -> None:
    rules = (
        "@@allow('read', tenant.members?[userId == auth().id && this.tenant.members?[userId == 8]])"
        " @@allow('update', tenant.members?[this.tenant.name == 'two' && this.level > 0])"
    )
    here = world(MEMBERS.replace("RULES", rules))
    here.run(MEMBER_ROWS)
    assert here.admits("Doc", {"id": 7}) == [1, 2]
    assert here.admits("Doc", operation="update") == [4]


def test_what_auth_holds_beside_what_rows_hold(world: Make) -> None:
    rules = (
        "@@allow('read', tenant.members?[m, auth().grants?[g, g.member == m.id && g.level >= this.level]])"
        "@@allow('update', auth().grants?[g, this.tenant.members?[m, m.id == g.member]])"
    )
    text = MEMBERS.replace("RULES", rules).replace("model User { id Int @id }", "")
    here = world(text + "type Grant { member Int  level Int } type Auth { id Int  grants Grant[] @json  @@auth }")
    here.run(MEMBER_ROWS)
    user = {"id": 1, "grants": [{"member": 1, "level": 3}, {"member": 9, "level": 99}]}
    assert here.admits("Doc", user) == [1]
    assert here.admits("Doc", user, operation="update") == [1, 2]
    assert here.admits("Doc", user, operation="update", compat=True) == [1, 2]


def test_rows_passed_through_are_not_asked_for_their_rules(world: Make) -> None:
    here = world(
        "model A { id Int @id  name String  bs B[]  @@deny('all', true) }"
        "model B { id Int @id  a A @relation(fields: [aId], references: [id])  aId Int"
        " @@allow('read', a.name == 'x') }"
    )
    here.run("insert into \"A\" values (1, 'x')")
    here.run('insert into "B" values (1, 1)')
    assert here.admits("A") == []
    assert here.admits("B") == [1]


CHECKED = """
model A { id Int @id  open Boolean?  bs B[]  one B? @relation('one')
  @@allow('read', open) @@allow('update', !open) @@deny('update', id == 3) }
model B { id Int @id  a A? @relation(fields: [aId], references: [id])  aId Int?
  main A? @relation('one', fields: [mainId], references: [id])  mainId Int? @unique  RULES }
"""


def test_check_asks_the_other_models_rules(world: Make) -> None:
    here = world(
        CHECKED.replace(
            "RULES",
            "@@allow('read', check(a)) @@allow('update', check(a) && check(a, 'update'))"
            "@@allow('delete', check(a, 'update')) @@allow('create', !check(a, 'read'))",
        )
    )
    here.run('insert into "A" values (1, true), (2, false), (3, null), (4, false)')
    here.run('insert into "B" values (1, 1), (2, 2), (3, 3), (4, null)')
    assert here.admits("B") == [1]
    assert here.admits("B", operation="update") == [2]
    assert here.admits("B", operation="delete") == [2]
    assert here.admits("B", operation="create") == [2]


def test_check_through_a_chain_and_from_the_other_side(world: Make) -> None:
    here = world(
        "model A { id Int @id  x Int  b B?  @@allow('read', check(b)) }"
        "model B { id Int @id  a A @relation(fields: [aId], references: [id])  aId Int @unique  cs C[]"
        " @@allow('read', x.x == 1)  x X @relation(fields: [xId], references: [id])  xId Int }"
        "model X { id Int @id  x Int  bs B[] }"
        "model C { id Int @id  b B @relation(fields: [bId], references: [id])  bId Int  @@allow('read', check(b)) }"
    )
    here.run('insert into "A" values (1, 0), (2, 0), (3, 0)')
    here.run('insert into "X" values (1, 1), (2, 2)')
    here.run('insert into "B" values (1, 1, 1), (2, 2, 2)')
    here.run('insert into "C" values (1, 1), (2, 2)')
    assert here.admits("A") == [1]
    assert here.admits("C") == [1]


def test_names_in_the_database_are_those_of_map(world: Make) -> None:
    here = world(
        "enum Kind { ONE @map('one')  TWO  @@map('kinds') }"
        "model Team { id Int @id @map('team_id')  name String @map('team_name')  items Item[]  @@map('teams') }"
        "model Item { id Int @id @map('item_id')  kind Kind @map('item_kind')"
        " team Team? @relation(fields: [teamId], references: [id])  teamId Int? @map('of_team')  @@map('items')"
        " @@allow('read', team.name == 'a' && kind == ONE) @@allow('update', team.items?[kind == TWO])"
        " @@allow('delete', kind in [ONE, TWO] && team.id == 1) }"
    )
    here.run("insert into teams values (1, 'a'), (2, 'b')")
    here.run("insert into items values (1, 'one', 1), (2, 'TWO', 2), (3, 'one', 2)")
    assert here.admits("Item") == [1]
    assert here.admits("Item", operation="update") == [2, 3]
    assert here.admits("Item", operation="delete") == [1]


DELEGATES = """
model User { id Int @id  name String  assets Asset[]  videos Video[] @relation('seen') }
model Asset { id Int @id @default(autoincrement())  kind String  title String?
  owner User? @relation(fields: [ownerId], references: [id])  ownerId Int?  comments Comment[]
  @@delegate(kind) @@allow('read', title != 'hidden') @@deny('delete', comments?[text == 'keep']) }
model Comment { id Int @id  text String  asset Asset @relation(fields: [assetId], references: [id])  assetId Int
  @@allow('read', asset.title == 'a') @@allow('update', asset.owner.name == 'joe') }
model Video extends Asset { length Int  format String
  seenBy User? @relation('seen', fields: [seenId], references: [id])
  seenId Int?  @@delegate(format)
  @@allow('update', owner.name == 'joe' && length > 1) @@allow('delete', comments^[text == 'x'])
  @@allow('post-update', seenBy.videos?[title == 'b'] || seenBy.assets?[title == 'a']) }
model Film extends Video { year Int  @@allow('create', title == 'b' && length == 5 && year == 2000)
  @@allow('post-update', currentModel() == 'Film') }
"""
ASSETS = """
insert into "User" values (1, 'joe'), (2, 'ann');
insert into "Asset" values (1, 'Film', 'a', 1), (2, 'Film', 'hidden', 1), (3, 'Film', 'b', null), (4, 'Film', null, 2);
insert into "Video" values (1, 1, 'Film', 1), (2, 2, 'Film', null), (3, 5, 'Film', 1), (4, 9, 'Film', 2);
insert into "Film" values (1, 1999), (2, 2000), (3, 2000), (4, 2000);
insert into "Comment" values (1, 'x', 1), (2, 'keep', 3), (3, 'y', 2);
"""


def test_a_delegates_rules_hold_for_its_sub_models(world: Make) -> None:
    here = world(DELEGATES)
    here.run(ASSETS.replace('insert into "Video" values', 'insert into "Video" (id, length, format, "seenId") values'))
    for model in ("Asset", "Video", "Film"):
        assert here.admits(model) == [1, 3]
    for model in ("Video", "Film"):
        assert here.admits(model, operation="update") == [2]
        assert here.admits(model, operation="delete") == [2, 4]
    assert here.admits("Asset", operation="update") == []
    assert here.admits("Film", operation="create") == [3]
    assert here.where("Video", here.rules().post("Video", "Video", None)) == [1, 3]
    assert here.where("Film", here.rules().post("Film", "Film", None)) == [1, 2, 3, 4]
    assert here.admits("Comment") == [1]
    assert here.admits("Comment", operation="update") == [1, 3]


def test_computed_fields_in_rules(world: Make) -> None:
    computed = {
        ("A", "double"): lambda alias: tree.Operation(tree.Column("x", alias), "*", tree.Literal("2", "integer"))
    }
    here = world(
        "model A { id Int @id  x Int  double Int @computed  bs B[]  @@allow('read', double > 2) }"
        "model B { id Int @id  a A @relation(fields: [aId], references: [id])  aId Int"
        " @@allow('read', a.double == 4) }",
        computed,
    )
    here.run('insert into "A" values (1, 1), (2, 2)')
    here.run('insert into "B" values (1, 1), (2, 2)')
    assert here.admits("A") == [2]
    assert here.admits("B") == [2]


def test_a_view_may_name_rows_that_are_not_there(world: Make) -> None:
    here = world(
        "model User { id Int @id  name String  notes Note[] }"
        "view Note { id Int @unique  user User? @relation(fields: [userId], references: [id])  userId Int?"
        " @@allow('read', user.id == auth().id) @@deny('read', user == null) }"
    )
    here.run("insert into \"User\" values (1, 'a')")
    here.run('create view "Note" as select 1 as id, 1 as "userId" union all select 2, 2')
    assert here.admits("Note", {"id": 1}) == [1]
    assert here.admits("Note", {"id": 2}) == []
