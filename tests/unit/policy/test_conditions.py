"""Rules as text of SQL: EXISTS in place of counts, keys in place of rows, constants where nothing depends on a row."""

import pytest

from gatepost import zmodel
from gatepost.policy import Reason, RuleProblem, Rules
from gatepost.query import tree
from gatepost.query.read import condition
from gatepost.query.sql import Parameters, Slot
from gatepost.query.tree import FALSE, TRUE

SCHEMA = """
datasource db { provider = 'postgresql' }
model User { id Int @id  name String?  memberships Membership[]  posts Post[] }
model Org { id Int @id  name String  members Membership[]  posts Post[] }
model Membership { id Int @id  user User @relation(fields: [userId], references: [id])  userId Int
  org Org @relation(fields: [orgId], references: [id])  orgId Int }
model Post { id Int @id  title String?  published Boolean  total Int @computed
  author User? @relation(fields: [authorId], references: [id])  authorId Int?
  org Org @relation(fields: [orgId], references: [id])  orgId Int
  RULES }
"""


def schema(rules: str, provider: str = "postgresql") -> zmodel.Schema:
    return zmodel.load(SCHEMA.replace("RULES", rules).replace("postgresql", provider))


def permit(rules: str, *, compat: bool = False) -> tree.Condition:
    return Rules(schema(rules), compat=compat).permit("Post", "read", "p")


def text(rules: str, *, compat: bool = False) -> str:
    """The SQL of a rule about reading posts, called p; claims and literals in their places."""
    params = Parameters()
    found = condition(permit(rules, compat=compat), params)
    for number in range(len(params.given), 0, -1):
        value = params.given[number - 1]
        shown = ".".join(map(str, value.key)) if isinstance(value, Slot) else (value or b"null").decode()  # pyright: ignore
        found = found.replace(f"${number}", f"<{shown}>")
    return found.replace('"public".', "").replace('"', "")


def test_the_policy_of_the_measurements_needs_no_count_and_no_row_on_the_way() -> None:
    rules = "@@allow('read', published || org.members?[userId == auth().id]) @@allow('all', auth().id == authorId)"
    assert text(rules) == (
        "(p.published OR EXISTS (SELECT 1 FROM Membership AS r1 WHERE r1.orgId = p.orgId"
        " AND r1.userId = <sub>::bigint) OR <sub>::bigint = p.authorId)"
    )


def test_zenstacks_equality_with_nobody_is_a_case() -> None:
    assert text("@@allow('read', auth().id == authorId)", compat=True) == (
        "CASE WHEN <sub>::text IS NULL THEN (p.authorId IS NULL) ELSE (<sub>::bigint = p.authorId) END"
    )


def test_a_row_is_known_by_its_key() -> None:
    assert text("@@allow('read', author == auth())") == "<sub>::bigint = p.authorId"
    assert text("@@allow('read', author != auth())") == "NOT (<sub>::bigint = p.authorId)"
    assert text("@@allow('read', author == null)") == "p.authorId IS NULL"


def test_a_row_on_the_way_is_an_exists() -> None:
    assert text("@@allow('read', author.name == 'x')") == (
        "EXISTS (SELECT 1 FROM User AS r1 WHERE r1.id = p.authorId AND r1.name = <x>::text)"
    )
    assert text("@@allow('read', !(author.name == 'x'))") == (
        "EXISTS (SELECT 1 FROM User AS r1 WHERE r1.id = p.authorId AND NOT (r1.name = <x>::text))"
    )


def test_null_of_a_missing_row_is_kept_only_where_a_row_can_be_missing() -> None:
    members = "NOT (EXISTS (SELECT 1 FROM Membership AS r1 WHERE r1.{} AND r1.orgId = <1>::bigint))"
    assert text("@@allow('read', org.members^[orgId == 1])") == members.format("orgId = p.orgId")
    assert text("@@allow('read', author.memberships^[orgId == 1])") == (
        f"(p.authorId IS NOT NULL AND {members.format('userId = p.authorId')})"
    )


def test_a_deny_that_may_be_null_is_asked_whether_it_is_true() -> None:
    assert text("@@allow('read', true) @@deny('read', title == 'x')") == "NOT ((p.title = <x>::text) IS TRUE)"
    assert text("@@allow('read', true) @@deny('read', org.members?[userId == 1])") == (
        "NOT (EXISTS (SELECT 1 FROM Membership AS r1 WHERE r1.orgId = p.orgId AND r1.userId = <1>::bigint))"
    )


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("", FALSE),
        ("@@allow('update', true)", FALSE),
        ("@@allow('read', true)", TRUE),
        ("@@allow('read', published || true)", TRUE),
        ("@@allow('read', published && false)", FALSE),
        ("@@allow('read', !false)", TRUE),
        ("@@allow('read', true) @@deny('read', true)", FALSE),
        ("@@allow('read', true) @@deny('read', false)", TRUE),
        ("@@allow('read', currentModel() == 'Post')", TRUE),
        ("@@allow('read', currentOperation() != 'read')", FALSE),
        ("@@allow('read', 1 in [1, 2])", TRUE),
        ("@@allow('read', title in [])", FALSE),
        ("@@allow('read', org.members?[false])", FALSE),
        ("@@allow('read', check(author))", FALSE),
    ],
)
def test_what_no_row_changes_is_constant(rules: str, expected: tree.Condition) -> None:
    assert permit(rules) == expected


def test_the_rows_alias_is_never_taken() -> None:
    found = Rules(schema("@@allow('read', org.members?[userId == this.authorId])")).permit("Post", "read", "r1")
    assert condition(found, Parameters()) == (
        'EXISTS (SELECT 1 FROM "public"."Membership" AS "r2"'
        ' WHERE "r2"."orgId" = "r1"."orgId" AND "r2"."userId" = "r1"."authorId")'
    )


def test_a_condition_is_made_once() -> None:
    rules = Rules(schema("@@allow('read', title == 'x')"))
    assert rules.permit("Post", "read", "p") is rules.permit("Post", "read", "p")
    assert rules.permit("Post", "read", "q") != rules.permit("Post", "read", "p")


def test_the_guard_tells_what_is_left_to_the_query() -> None:
    field = "@@allow('all', false) @@allow('post-update', false)"
    text = schema(field).models["Post"]
    assert text.rules
    read = SCHEMA.replace("title String?", "title String? @allow('all', published)")
    found = zmodel.load(read.replace("RULES", field))
    database, nobody = (Rules(found, guard=guard) for guard in ("database", "none"))
    for rules in (database, nobody):
        assert rules.permit("Post", "read", "p") == TRUE
        assert rules.post("Post", "p", None) == TRUE
        assert rules.assign("Post", "title", "p") is None
    assert database.mask("Post", "title", "p") is not None
    assert nobody.mask("Post", "title", "p") is None


def test_rules_tell_where_they_are_written() -> None:
    rules = Rules(schema("@@allow('read', published)\n  @@deny('all', title == 'x')"))
    assert rules.reasons("Post", "read") == (
        Reason("allow", "published", "schema.zmodel:10:3"),
        Reason("deny", "title == 'x'", "schema.zmodel:11:3"),
    )
    assert rules.reasons("Post", "post-update") == ()


def test_without_an_allow_every_update_is_fine_afterwards() -> None:
    assert Rules(schema("")).post("Post", "p", None) == TRUE
    assert Rules(schema("@@allow('post-update', false)")).post("Post", "p", None) == FALSE


def test_all_is_not_said_of_the_row_after_an_update() -> None:
    for rules in (Rules(schema("@@allow('all', false)")), Rules(schema("@@deny('all', true)"))):
        assert rules.post("Post", "p", None) == TRUE
        assert rules.permit("Post", "update", "p") == FALSE


def test_a_computed_field_without_sql_is_a_problem_that_names_the_rule() -> None:
    rules = Rules(schema("@@allow('read', total > 1)"))
    with pytest.raises(RuleProblem, match=r"Post\.total has no SQL") as problem:
        rules.permit("Post", "read", "p")
    assert problem.value.place == "schema.zmodel:10:3"
    assert problem.value.rule == "total > 1"
    assert problem.value.hint and "computed_fields" in problem.value.hint
    assert [str(each) for each in rules.check()] == [str(problem.value)]


def test_before_without_the_row_before_is_a_problem() -> None:
    rules = Rules(schema("@@allow('post-update', before().title != title)"))
    with pytest.raises(RuleProblem, match="before"):
        rules.post("Post", "p", None)
    assert rules.reads_before("Post") == ("title",)
    assert rules.check() == []


def test_rules_of_another_database_are_a_problem() -> None:
    rules = Rules(schema("@@allow('read', published)", "sqlite"))
    with pytest.raises(RuleProblem, match="provider is sqlite"):
        rules.permit("Post", "read", "p")
