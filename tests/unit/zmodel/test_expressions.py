"""Expressions: how they are read, what their names mean, which types go together."""

import pytest

from gatepost.zmodel import SchemaProblem
from gatepost.zmodel.terms import (
    Auth,
    Binary,
    Call,
    Element,
    EnumValue,
    Expression,
    Member,
    Not,
    Predicate,
    This,
    Value,
)
from tests.unit.zmodel.helpers import error, errors, findings, load, post, rule, sound


def condition(text: str, operation: str = "read", more: str = "") -> Expression:
    """The condition of a rule on Post."""
    return load(post(f"@@allow('{operation}', {text})", more=more)).models["Post"].rules[0].condition


def shown(term: Expression) -> str:
    """A term with every parenthesis, so that precedence can be seen."""
    match term:
        case Binary():
            return f"({shown(term.left)} {term.operator} {shown(term.right)})"
        case Not():
            return f"!{shown(term.operand)}"
        case Member():
            return f"{shown(term.of)}.{term.field}"
        case This():
            return "this"
        case Element():
            return f"element{term.level}"
        case Auth():
            return "auth"
        case Predicate():
            return f"{shown(term.collection)} {term.quantifier} [{shown(term.condition)}]"
        case Value():
            return repr(term.value)
        case EnumValue():
            return f"{term.enum}.{term.name}"
        case Call():
            return f"{term.function}({', '.join(map(shown, term.arguments))})"
        case _:
            return type(term).__name__


# Precedence


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("published || published && published", "((this.published || this.published) && this.published)"),
        ("published && published || published", "((this.published && this.published) || this.published)"),
        ("published || (published && published)", "(this.published || (this.published && this.published))"),
        ("views > 1 == published", "((this.views > 1) == this.published)"),
        ("published == published == published", "((this.published == this.published) == this.published)"),
        ("!published == published", "(!this.published == this.published)"),
        ("!author.admin", "!this.author.admin"),
        ("views in [1] == published", "((this.views in ListValue) == this.published)"),
        ("published != views in [1]", "(this.published != (this.views in ListValue))"),
        ("views < 1 && views >= 2", "((this.views < 1) && (this.views >= 2))"),
        ("((published))", "this.published"),
    ],
)
def test_operators_bind_as_in_the_language(written: str, meant: str):
    assert shown(condition(written)) == meant


def test_mixing_and_with_or_without_parentheses_is_a_warning():
    mixed = [
        each.message for each in findings(rule("published || published && published")) if each.severity == "warning"
    ]
    assert len(mixed) == 1
    assert "same precedence" in mixed[0]
    assert findings(rule("(published || published) && published")) == []
    assert findings(rule("published && published || published")) == []


def test_not_before_a_predicate_needs_parentheses():
    assert shown(condition("!(reviews?[hidden])")) == "!this.reviews some [element0.hidden]"
    found = errors(rule("!reviews?[hidden]"))
    assert any("a collection predicate needs a list of rows" in each for each in found)


@pytest.mark.parametrize(("sign", "quantifier"), [("?", "some"), ("!", "every"), ("^", "none")])
def test_predicates_ask_for_some_every_or_none(sign: str, quantifier: str):
    found = condition(f"reviews{sign}[stars > 1]")
    assert isinstance(found, Predicate)
    assert (found.quantifier, found.level, found.binding) == (quantifier, 0, None)


def test_predicates_follow_paths_and_may_follow_each_other():
    assert shown(condition("author.posts?[reviews![hidden]]")) == (
        "this.author.posts some [element0.reviews every [element1.hidden]]"
    )


# Scopes


def test_a_bare_name_is_a_field_of_the_model_or_a_member_of_an_enum():
    assert shown(condition("published && role == ADMIN")) == "(this.published && (this.role == Role.ADMIN))"
    assert error(rule("publishd")) == 'field or enum member "publishd" does not exist in "Post"'


def test_inherited_fields_are_in_scope():
    schema = load(
        "type T { x Int }\nmodel B { id Int @id\n k String\n @@delegate(k) }\n"
        "model A with T extends B { y Int\n @@allow('read', x > y && k == 'z') }"
    )
    assert shown(schema.models["A"].rules[0].condition) == "((this.x > this.y) && (this.k == 'z'))"


def test_inside_a_predicate_bare_names_are_the_elements_alone():
    assert shown(condition("reviews?[id == postId]")) == "this.reviews some [(element0.id == element0.postId)]"
    found = findings(rule("reviews?[published]"))
    assert found[0].message == 'field or enum member "published" does not exist in "Review"'
    assert found[0].hint == 'inside of a predicate a field of "Post" is this.published'


def test_enum_members_are_in_scope_inside_a_predicate():
    assert (
        shown(condition("author.posts?[role == EDITOR]")) == "this.author.posts some [(element0.role == Role.EDITOR)]"
    )


def test_this_is_the_rules_model_at_any_depth():
    assert shown(condition("reviews?[post.reviews?[stars == this.views]]")) == (
        "this.reviews some [element0.post.reviews some [(element1.stars == this.views)]]"
    )
    assert 'field "stars" does not exist in "Post"' in error(rule("reviews?[post.reviews?[stars == this.stars]]"))


def test_a_binding_names_the_element_at_any_depth():
    assert shown(condition("reviews?[r, r.post.reviews?[s, s.stars == r.stars && stars > 0]]")) == (
        "this.reviews some [element0.post.reviews some [((element1.stars == element0.stars) && (element1.stars > 0))]]"
    )


def test_a_field_goes_before_a_binding_of_the_same_name():
    assert shown(condition("reviews?[text, text == null]")) == "this.reviews some [(element0.text == None)]"


def test_a_binding_cannot_be_used_bare():
    assert error(rule("reviews?[r, r != null]")) == 'the binding "r" cannot be used without a member access'


def test_members_of_a_type_are_reached_from_auth_only():
    types = "type Profile { city String\n roles Grant[] }\ntype Grant { name String\n on Grant[] }\n"
    model = "model A { id Int @id\n profile Profile @json\n @@allow('read', %s) }\n"
    session = "type Session { id Int\n profile Profile\n @@auth }\n"
    assert error(types + model % "profile.city == 'x'") == "members of a `type` can be reached from auth() only"
    assert "from auth() only" in errors(types + model % "profile.roles?[name == 'x']")[0]
    assert sound(session + types + model % "auth().profile.city == 'x'")
    assert sound(session + types + model % "auth().profile.roles?[name == 'x' && on?[g, g.name == 'y']]")


def test_members_that_do_not_exist_are_told_with_the_nearest():
    found = findings(rule("author.nmae == 'x'"))
    assert found[0].message == 'field "nmae" does not exist in "User"'
    assert found[0].hint == 'did you mean "name"?'


def test_lists_and_scalars_have_no_members():
    assert error(rule("reviews.stars > 1")) == 'a list (Review[]) has no member "stars"'
    assert error(rule("title.length > 1")) == 'String has no member "length"'


# auth() and before()


def test_auth_is_what_is_marked_else_user():
    assert load(rule("auth() != null")).auth == ("User", "model")
    marked = post("@@allow('read', auth().level > 1)", more="type Who { level Int\n @@auth }")
    assert load(marked).auth == ("Who", "type")
    assert error("model A { id Int @id\n @@allow('read', auth() != null) }").startswith("auth() has no type")
    assert "multiple @@auth" in error("model A { id Int @id\n @@auth }\nmodel B { id Int @id\n @@auth }")


def test_auth_is_found_in_any_file_that_is_loaded():
    assert sound("model A { id Int @id\n @@allow('read', auth().id == id) }\nmodel User { id Int @id }")


def test_what_auth_holds_may_be_missing():
    found = condition("auth().email == null")
    assert isinstance(found, Binary)
    assert isinstance(found.left, Member)
    assert found.left.type.optional


def test_auth_compares_with_rows_of_its_model_and_null():
    for one in ("auth() == author", "author == auth()", "auth() == null", "auth() != null", "auth().id == authorId"):
        assert sound(rule(one))
    assert sound("model User { id Int @id\n @@allow('read', auth() == this) }")
    assert error(rule("auth() == this")).startswith("incompatible operand types")


def test_auth_compares_with_rows_of_its_models_sub_models():
    text = "model User { id Int @id\n k String\n @@delegate(k)\n @@allow('all', auth() == this) }\n"
    assert sound(text + "model Admin extends User { level Int }")
    assert error(text + "model Other { id Int @id\n @@allow('all', auth() == this) }").startswith("incompatible")


def test_before_is_the_row_in_rules_of_kind_post_update_only():
    assert shown(condition("before().views < views", "post-update")) == "(Before.views < this.views)"
    for operation in ("create", "read", "update", "delete", "all", "update,post-update"):
        message = '"before()" is only allowed in "post-update" policy rules'
        assert message in errors(rule("before().views < views", operation))


def test_before_holds_scalars_only():
    found = errors(rule("before().author.name == 'x'", "post-update"))
    assert found == ["relation fields cannot be accessed from `before()`"]


# Types


@pytest.mark.parametrize(
    "written", ["published && views", "title || published", "!views", "!author", "author && published"]
)
def test_logic_is_boolean(written: str):
    assert len(errors(rule(written))) == 1


@pytest.mark.parametrize("written", ["views", "title", "author", "keywords", "role"])
def test_a_condition_is_boolean(written: str):
    assert len(errors(rule(written))) == 1


@pytest.mark.parametrize("written", ["views < 1", "rating >= 1.5", "price > views", "createdAt < now()", "meta > 1"])
def test_numbers_and_times_have_an_order(written: str):
    assert sound(rule(written))


@pytest.mark.parametrize(
    "written", ["title < 'b'", "published > false", "role > ADMIN", "author > 1", "author < author"]
)
def test_nothing_else_has_an_order(written: str):
    assert 'invalid operand type for "' in error(rule(written))


@pytest.mark.parametrize("written", ["keywords > 1", "views < [1]", "reviews && published"])
def test_lists_have_no_order_and_are_no_booleans(written: str):
    assert "cannot be a list" in error(rule(written))


@pytest.mark.parametrize("written", ["createdAt > 1", "views < now()"])
def test_times_go_with_times_only(written: str):
    assert error(rule(written)).startswith("incompatible operand types")


@pytest.mark.parametrize(
    "literal", ["'2024'", "'2024-01-31'", "'2024-01-31T10:00:00Z'", "'2024-01-31T10:00:00.5+02:00'"]
)
def test_an_iso_string_beside_a_time_is_one(literal: str):
    assert sound(rule(f"createdAt > {literal} && createdAt != {literal}"))
    assert len(errors(rule("createdAt > 'yesterday'"))) == 1


@pytest.mark.parametrize(
    "written",
    ["views == 1", "rating == 1", "price == 1.5", "rating == price", "meta == 'x'", "title == 'x'", "role == ADMIN",
     "keywords == ['a']", "keywords == author.tags", "author.name == null", "subtitle != null", "author == null",
     "title == subtitle", "role == 'ADMIN'"],
)  # fmt: skip
def test_equality_of_what_goes_together(written: str):
    assert sound(rule(written))


@pytest.mark.parametrize(
    "written",
    ["views == 'x'", "title == 1", "published == 1", "keywords == 'a'", "title == ['a']", "author == 1",
     "author == 'x'", "1 == author", "createdAt == 5"],
)  # fmt: skip
def test_equality_of_what_does_not(written: str):
    assert error(rule(written)).startswith("incompatible operand types")


@pytest.mark.parametrize("written", ["title == null", "null != views", "published == null"])
def test_what_is_never_null_is_not_compared_with_null(written: str):
    assert error(rule(written)).startswith("incompatible operand types")


def test_in_validations_anything_may_be_compared_with_null():
    assert sound(post("@@validate(title == null || views != null)"))


@pytest.mark.parametrize("written", ["parent == parent", "parent == this", "this != parent"])
def test_rows_do_not_compare_with_rows_by_bare_name(written: str):
    tree = "parentId Int?\n parent A? @relation('t', fields: [parentId], references: [id])\n kids A[] @relation('t')"
    text = f"model A {{ id Int @id\n {tree}\n @@allow('read', %s) }}"
    assert error(text % written) == "comparison between models is not supported"
    assert sound(text % "parent.parent == this.parent")


def test_rows_of_different_models_do_not_compare():
    assert error(rule("author == reviews?[hidden]")).startswith("incompatible")
    assert error(rule("this == auth()")).startswith("incompatible")


@pytest.mark.parametrize(
    "written", ["views in [1, 2]", "role in [ADMIN, EDITOR]", "title in keywords", "title in auth().tags"]
)
def test_in_takes_a_value_and_a_list(written: str):
    assert sound(rule(written))


def test_in_takes_nothing_else():
    assert error(rule("views in 1")) == 'right operand of "in" must be a list, not Int'
    assert error(rule("author in [1]")) == 'left operand of "in" must be a single value, not User'
    assert error(rule("keywords in [1]")) == 'left operand of "in" must be a single value, not String[]'


@pytest.mark.parametrize("written", ["title?[true]", "keywords?[true]", "author?[admin]", "role![true]"])
def test_predicates_need_lists_of_rows(written: str):
    assert "a collection predicate needs a list of rows" in errors(rule(written))[0]


def test_the_condition_of_a_predicate_is_boolean():
    assert error(rule("reviews?[stars]")) == "a condition must be Boolean, not Int"


# Limits


def test_nesting_has_a_limit():
    with pytest.raises(SchemaProblem, match="nested deeper than"):
        load(rule("(!" * 300 + "published" + ")" * 300))
    with pytest.raises(SchemaProblem, match="nested deeper than"):
        load(rule(" || ".join(["published"] * 300)))
    assert sound(rule(" || ".join(["published"] * 120)))


def test_a_number_of_a_condition_fits_64_bits():
    assert error(rule("views > 99999999999999999999")) == "the number does not fit 64 bits"
