"""Definitions as text: what is asked once a statement, what for each row, what is granted, and that nothing changes."""

import re
from collections.abc import Callable

import pytest

from gatepost import zmodel
from gatepost.policy import RuleProblem, rls
from gatepost.policy.claims import form
from gatepost.policy.rls.advice import advice

HEAD = "datasource db { provider = 'postgresql' }\n"
SCHEMA = """
model User { id Int @id  name String  posts Post[]  memberships Membership[]  @@allow('read', true) }
model Org { id Int @id  open Boolean  memberships Membership[]  posts Post[] }
model Membership {
    orgId Int
    userId Int
    org Org @relation(fields: [orgId], references: [id])
    user User @relation(fields: [userId], references: [id])
    @@id([orgId, userId])
}
model Post {
    id Int @id
    published Boolean
    title String FIELD
    authorId Int?
    orgId Int
    author User? @relation(fields: [authorId], references: [id])
    org Org @relation(fields: [orgId], references: [id])
    RULES
}
"""
CLAIMS = "nullif(current_setting('request.jwt.claims', true), '')::jsonb"
SUBJECT = (
    f"(select case when value ~ '{form('bigint')}' then value::bigint end from "
    f"(select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), {CLAIMS} ->> 'sub'))"
    " as claim(value))"
)


def defined(rules: str, field: str = "", options: rls.Options | None = None) -> dict[tuple[str, str], rls.Definition]:
    schema = zmodel.load(HEAD + SCHEMA.replace("RULES", rules).replace("FIELD", field))
    return {(each.kind, each.name): each for each in rls.objects(schema, options)}


def policy(rules: str, operation: str = "read") -> str:
    text = defined(rules)["policy", f"public.Post gatepost_{operation}"].sql
    return re.sub(r"_[0-9a-f]{10}", "_#", text).replace(SUBJECT, "<subject>")


def functions(rules: str) -> list[str]:
    found = [each.sql for (kind, _), each in defined(rules).items() if kind == "function"]
    bodies = [text[text.index("begin atomic") + 12 : text.index("end;")].strip() for text in found]
    return [re.sub(r"_[0-9a-f]{10}", "_#", body).replace(SUBJECT, "<subject>") for body in bodies]


def test_what_the_claims_choose_is_a_set_worked_out_once() -> None:
    rules = "@@allow('read', org.memberships?[userId == auth().id])"
    assert 'using ("Post"."orgId" = ANY (ARRAY(SELECT "gatepost_policy"."Membership_orgId_#"())))' in policy(rules)
    assert functions(rules) == [
        'SELECT "r1"."orgId" FROM "public"."Membership" AS "r1"'
        ' WHERE "r1"."userId" = <subject> AND "r1"."orgId" IS NOT NULL;'
    ]


def test_what_the_row_chooses_is_asked_for_each_row() -> None:
    rules = "@@allow('read', org.open)"
    assert 'using ("gatepost_policy"."Post_holds_#"("Post"."orgId"))' in policy(rules)
    assert functions(rules) == [
        'SELECT (EXISTS (SELECT 1 FROM "public"."Org" AS "r1"'
        ' WHERE "r1"."id" = "Post_holds_#"."orgId" AND "r1"."open"));'
    ]


def test_a_column_comes_before_a_set_and_a_set_before_a_function() -> None:
    text = policy("@@allow('read', org.open || org.memberships?[userId == auth().id] || published)")
    order = [text.index(each) for each in ('"Post"."published"', "ANY (ARRAY(", '"Post_holds_#"(')]
    assert order == sorted(order)


def test_cases_that_the_claims_choose_are_told_from_the_rest() -> None:
    """One function for both would have to be asked for each row."""
    text = policy("@@allow('read', org.posts?[published || author == auth()])")
    assert "ANY (ARRAY(" in text
    assert '"Post_holds_#"("Post"."orgId")' in text


def test_under_a_negation_a_missing_key_is_told_from_no_row() -> None:
    text = policy("@@allow('read', !(author.memberships?[orgId == auth().id]))")
    assert '"Post"."authorId" IS NOT NULL' in text


def test_functions_of_several_conditions_are_one() -> None:
    rules = "@@allow('read', org.open || author.name == 'x')"
    assert len(functions(rules)) == 1
    assert '"Post_holds_#"("Post"."orgId", "Post"."authorId")' in policy(rules)


def test_a_function_is_made_once_for_all_that_ask_the_same() -> None:
    rules = (
        "@@allow('read', org.memberships?[userId == auth().id]) @@allow('all', org.memberships?[userId == auth().id])"
    )
    assert len(functions(rules)) == 1


def test_claims_are_scalar_sub_selects_of_postgresqls_own_functions() -> None:
    assert 'using ("Post"."authorId" = <subject>)' in policy("@@allow('read', authorId == auth().id)")
    text = policy("@@allow('read', auth().name == title)")
    assert f'(select ({CLAIMS} #>> \'{{"app_metadata","name"}}\')::text)' in text


def test_an_update_has_a_check_of_its_own() -> None:
    assert policy("@@allow('update', published)", "update").endswith(
        'using ("Post"."published")\n    with check (TRUE);'
    )
    text = policy("@@allow('update', true) @@allow('post-update', published)", "update")
    assert text.endswith('using (TRUE)\n    with check ("Post"."published");')


def test_policies_are_for_the_roles_one_by_one() -> None:
    assert 'for select to "anon", "authenticated"' in policy("@@allow('read', true)")
    found = defined("@@allow('read', true)", options=rls.Options(roles=("web",), service=None))
    assert 'for select to "web"\n' in found["policy", "public.Post gatepost_read"].sql
    assert all("service_role" not in each.sql for each in found.values())


def test_what_no_rule_allows_is_not_granted() -> None:
    found = defined("@@allow('update', true) @@allow('delete', false)")
    assert (
        'grant select, update on table "public"."Post" to "anon", "authenticated";'
        in found["grants", "public.Post"].sql
    )
    assert {name for kind, name in found if kind == "policy" and "Post" in name} == {"public.Post gatepost_update"}


def test_every_table_is_guarded_before_anybody_is_let_in() -> None:
    order = [(each.kind, each.name) for each in defined("@@allow('all', true)").values()]
    for model in ("User", "Org", "Membership", "Post"):
        guarded, granted = order.index(("row security", f"public.{model}")), order.index(("grants", f"public.{model}"))
        assert guarded < granted
        assert all(guarded < order.index(each) < granted for each in order if each[1].startswith(f"public.{model} "))
    assert order[0] == ("schema", "gatepost_policy")
    kinds = [kind for kind, _ in order]
    assert max((i for i, kind in enumerate(kinds) if kind == "function"), default=0) < kinds.index("row security")


def test_row_level_security_is_not_forced_on_the_owner_of_the_functions() -> None:
    text = defined("")["row security", "public.Post"].sql
    assert "enable row level security" in text
    assert "no force row level security" in text


def test_the_same_schema_gives_the_same_text() -> None:
    rules = "@@allow('all', org.open || org.memberships?[userId == auth().id]) @@deny('post-update', before().id == 1)"
    assert defined(rules) == defined(rules)


def test_names_are_short_enough_for_postgresql() -> None:
    long = "VeryLongName" * 5
    schema = zmodel.load(
        HEAD + f"model {long} {{ id Int @id  other{long} Int  rel {long}X @relation(fields: [other{long}], "
        f"references: [id])  f Int @deny('update', true)  @@allow('all', rel.id2 == auth().id) }}\n"
        f"model {long}X {{ id Int @id  id2 Int  all {long}[] }}\nmodel User {{ id Int @id }}"
    )
    names = [name for each in rls.objects(schema) for name in re.findall(r'"gatepost_policy"\."([^"]+)"', each.sql)]
    assert names
    assert all(len(name.encode()) <= 63 for name in names)


HOSTILE = """x'"\\$gatepost$; drop table y; -- %s {0} :z $1"""


def test_hostile_names_and_texts_stay_in_their_quotes() -> None:
    name = HOSTILE.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
    schema = zmodel.load(
        HEAD + f"model A {{ id Int @id  t String @map('{name}') @deny('update', t == '{name}')\n"
        f"@@map('{name}') @@allow('all', t == '{name}') @@deny('post-update', before().t == '{name}') }}"
    )
    for each in rls.objects(schema):
        quoted = re.sub(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'', "", each.sql)
        assert "drop table" not in quoted, each.sql


def test_a_dollar_quote_in_a_rule_does_not_end_the_trigger() -> None:
    schema = zmodel.load(HEAD + "model A { id Int @id  t String @deny('update', t == '$gatepost$ x') }")
    [text] = [each.sql for each in rls.objects(schema) if each.kind == "trigger"]
    tag = re.search(r"as (\$\w+\$)", text)
    assert tag
    assert text.count(tag[1]) == 2


@pytest.mark.parametrize("make", [lambda text: rls.objects(zmodel.load(HEAD + text))])
def test_a_computed_field_in_a_rule_is_refused(make: Callable[[str], object]) -> None:
    with pytest.raises(RuleProblem) as caught:
        make("model A { id Int @id  size Int @computed  @@allow('read', size > 1) }")
    assert caught.value.place == "schema.zmodel:2:43"


# ------------------------------------------------------------------ advice


def advised(rules: str) -> list[str]:
    schema = zmodel.load(HEAD + SCHEMA.replace("RULES", rules).replace("FIELD", ""))
    return [f"{each.model}.{each.field}" for each in advice(schema)]


def test_what_rules_look_rows_up_by_is_worth_an_index() -> None:
    assert advised("@@allow('read', published)") == []
    assert advised("@@allow('read', authorId == auth().id)") == ["Post.authorId"]
    assert advised("@@allow('read', org.memberships?[userId == auth().id])") == ["Membership.userId", "Post.orgId"]


def test_what_is_indexed_already_is_not_advised() -> None:
    rules = "@@allow('read', org.memberships?[userId == auth().id && orgId == 1]) @@index([orgId, title])"
    assert advised(rules) == []


def test_advice_is_in_words_of_the_schema() -> None:
    schema = zmodel.load(HEAD + "model A { id Int @id  owner Int @map('o')  @@allow('all', owner == auth().id) }\n"
                         "model User { id Int @id }")  # fmt: skip
    assert [str(each) for each in advice(schema)] == ["A: the rules look rows up by owner: @@index([owner])"]
