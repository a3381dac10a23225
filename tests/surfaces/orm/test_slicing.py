"""A client with less: models, operations, procedures and kinds of filters that it was opened without."""

from typing import Any

import pytest

from gatepost.orm import Client, ConfigError, InvalidInput

from .conftest import BLOG, Open

NOWHERE = "host=127.0.0.1 port=9 user=nobody dbname=nothing"
PROCEDURES = {"getUser", "overview", "echo", "signUp", "createMultiple", "clear"}


def client(**slicing: Any) -> Client:
    return Client.connect(BLOG, NOWHERE, slicing=slicing)


def models(db: Client) -> set[str]:
    return {name for name in ("user", "post", "blog_tag") if hasattr(db, name)}


# ------------------------------------------------------------------ models


@pytest.mark.parametrize(
    ("slicing", "open_models"),
    [
        ({}, {"user", "post", "blog_tag"}),
        ({"includedModels": ["User", "Post"]}, {"user", "post"}),
        ({"included_models": ("user", "blog_tag")}, {"user", "blog_tag"}),
        ({"excludedModels": ["BlogTag"]}, {"user", "post"}),
        ({"includedModels": ["User", "Post"], "excludedModels": ["Post"]}, {"user"}),
        ({"includedModels": []}, set()),
        ({"excludedModels": []}, {"user", "post", "blog_tag"}),
    ],
)
def test_models_are_those_included_without_those_excluded(slicing: Any, open_models: set[str]) -> None:
    assert models(client(**slicing)) == open_models


def test_a_closed_model_is_as_if_it_did_not_exist() -> None:
    db = client(excludedModels=["Post"])
    with pytest.raises(AttributeError, match='no model or member "post"'):
        db.post.find_many()
    with pytest.raises(InvalidInput, match='no model "Post"'):
        db.model("Post")
    with pytest.raises(InvalidInput, match='no model "post"'):
        db.call("post", "find_many")
    assert "Post" in db.schema.models


@pytest.mark.parametrize(
    "args",
    [
        {"include": {"posts": True}},
        {"select": {"id": True, "posts": True}},
        {"include": {"_count": {"select": {"posts": True}}}},
        {"where": {"posts": {"some": {"title": "x"}}}},
        {"order_by": {"posts": {"_count": "asc"}}},
    ],
)
async def test_a_relation_to_a_closed_model_is_no_field(unguarded: Client, open_client: Open, args: Any) -> None:
    db = open_client("none", slicing={"excludedModels": ["Post"]})
    await unguarded.user.find_many(**args)
    with pytest.raises(InvalidInput, match=r'"(posts|_count)"'):
        await db.user.find_many(**args)
    with pytest.raises(InvalidInput, match='"posts"'):
        await db.user.create(data={"id": 1, "email": "a@x.io", "posts": {"create": {"title": "x"}}})
    assert await db.user.create(data={"id": 1, "email": "a@x.io"}) == {"id": 1, "email": "a@x.io", "role": "USER"}


async def test_a_row_whose_relation_is_closed_is_tied_by_its_key(open_client: Open, people: dict[str, int]) -> None:
    db = open_client("none", slicing={"includedModels": ["Post"]})
    post = await db.post.create(data={"title": "x", "authorId": people["ada"]})
    assert post["authorId"] == people["ada"]
    with pytest.raises(InvalidInput, match='"author"'):
        await db.post.find_many(include={"author": True})


# ------------------------------------------------------------------ operations


@pytest.mark.parametrize("called", ["findMany", "find_many"])
def test_operations_are_those_included_without_those_excluded(called: str) -> None:
    listed = {"includedOperations": [called, "create", "update"], "excluded_operations": ["update"]}
    db = client(models={"user": listed})
    assert {name for name in ("find_many", "create", "update", "delete") if hasattr(db.user, name)} == {
        "find_many",
        "create",
    }
    assert hasattr(db.post, "delete")


def test_a_models_own_lists_go_before_those_of_all() -> None:
    db = client(
        models={
            "$all": {"includedOperations": ["findMany", "delete"], "excludedOperations": ["delete"]},
            "blogTag": {"includedOperations": ["delete", "count"]},
            "post": {"excludedOperations": []},
        }
    )
    assert [hasattr(db.user, name) for name in ("find_many", "delete", "count")] == [True, False, False]
    assert [hasattr(db.blog_tag, name) for name in ("find_many", "delete", "count")] == [False, False, True]
    assert [hasattr(db.post, name) for name in ("find_many", "delete", "count")] == [True, True, False]


async def test_a_closed_operation_is_refused_however_it_is_asked_for(open_client: Open) -> None:
    db = open_client("none", slicing={"models": {"user": {"includedOperations": ["count"]}}})
    with pytest.raises(AttributeError, match='no operation "find_many" on model "User"'):
        db.user.find_many()
    with pytest.raises(InvalidInput, match='no operation "findMany" on model "User"'):
        db.call("User", "findMany")
    assert await db.user.count() == 0
    assert await db.set_auth({"id": 1}).user.count() == 0
    with pytest.raises(AttributeError):
        db.set_auth({"id": 1}).model("User").delete_many()


# ------------------------------------------------------------------ procedures


@pytest.mark.parametrize(
    ("slicing", "open_procedures"),
    [
        ({"includedProcedures": ["getUser", "sign_up"]}, {"getUser", "signUp"}),
        ({"excluded_procedures": ["clear", "echo"]}, PROCEDURES - {"clear", "echo"}),
        ({"includedProcedures": ["echo", "clear"], "excludedProcedures": ["clear"]}, {"echo"}),
        ({"includedProcedures": []}, set()),
        ({"excludedProcedures": []}, PROCEDURES),
    ],
)
def test_procedures_are_those_included_without_those_excluded(slicing: Any, open_procedures: set[str]) -> None:
    procedures = client(**slicing).procs
    assert {name for name in PROCEDURES if hasattr(procedures, name)} == open_procedures


# ------------------------------------------------------------------ kinds of filters


@pytest.mark.parametrize(
    ("fields", "where", "message"),
    [
        ({"$all": {"includedFilterKinds": ["Equality"]}}, {"id": {"gte": 1}}, '"gte"'),
        ({"$all": {"includedFilterKinds": ["Equality"]}}, {"email": {"starts_with": "a"}}, '"starts_with"'),
        ({"$all": {"excludedFilterKinds": ["Range"]}}, {"id": {"not": {"lt": 1}}}, '"lt"'),
        ({"$all": {"excludedFilterKinds": ["Range"]}}, {"OR": [{"id": {"between": [1, 2]}}]}, '"between"'),
        ({"$all": {"included_filter_kinds": ["Range"]}}, {"email": "a"}, '"where.email"'),
        ({"$all": {"includedFilterKinds": ["Range"]}}, {"email": {"equals": "a"}}, '"equals"'),
        ({"$all": {"includedFilterKinds": []}}, {"email": {"equals": "a"}}, '"where.email"'),
        ({"$all": {"excludedFilterKinds": ["Relation"]}}, {"posts": {"some": {}}}, '"where.posts"'),
        ({"email": {"excludedFilterKinds": ["Like"]}}, {"email": {"contains": "a"}}, '"contains"'),
        (
            {"email": {"includedFilterKinds": ["Like", "Range"], "excludedFilterKinds": ["Range"]}},
            {"email": {"gt": "a"}},
            '"gt"',
        ),
    ],
)
async def test_a_closed_kind_of_filter_is_refused(open_client: Open, fields: Any, where: Any, message: str) -> None:
    db = open_client("none", slicing={"models": {"user": {"fields": fields}}})
    with pytest.raises(InvalidInput, match=message):
        await db.user.find_many(where=where)
    with pytest.raises(InvalidInput, match=message.replace("where.", r"where\.author\.")):
        await db.post.find_many(where={"author": where})
    assert await open_client("none").user.find_many(where=where) == []


async def test_the_nearest_word_about_a_field_counts(open_client: Open) -> None:
    def kinds(*names: str) -> dict[str, list[str]]:
        return {"includedFilterKinds": list(names)}

    everywhere = {"$all": kinds("List"), "id": kinds("Range"), "title": kinds("Equality")}
    own = {"email": kinds("Like"), "$all": kinds("Equality")}
    db = open_client("none", slicing={"models": {"$all": {"fields": everywhere}, "user": {"fields": own}}})
    assert await db.user.count(where={"email": {"contains": "a"}, "id": 1}) == 0
    assert await db.post.count(where={"title": "a", "id": {"gt": 1}}) == 0
    for model, where in (("user", {"email": "a"}), ("user", {"id": {"gt": 1}}), ("post", {"published": True})):
        with pytest.raises(InvalidInput):
            await db.model(model).count(where=where)


async def test_the_fields_that_tell_a_row_may_always_be_given(open_client: Open, people: dict[str, int]) -> None:
    db = open_client("none", slicing={"models": {"user": {"fields": {"$all": {"includedFilterKinds": ["Range"]}}}}})
    assert (await db.user.find_unique(where={"email": "ada@x.io"}))["id"] == people["ada"]
    with pytest.raises(InvalidInput, match=r'"where\.role"'):
        await db.user.find_unique(where={"email": "ada@x.io", "role": "USER"})
    assert (await db.user.update(where={"id": 1}, data={"role": "ADMIN"}))["role"] == "ADMIN"
    assert (await db.user.delete(where={"email": "ada@x.io"}))["id"] == people["ada"]


async def test_groups_are_chosen_by_the_same_kinds(open_client: Open) -> None:
    db = open_client("none", slicing={"models": {"user": {"fields": {"id": {"excludedFilterKinds": ["Range"]}}}}})
    with pytest.raises(InvalidInput, match='"gt"'):
        await db.user.group_by(by=["role"], having={"id": {"_max": {"gt": 1}}})
    assert await db.user.group_by(by=["role"], having={"id": {"_max": 1}}) == []


# ------------------------------------------------------------------ opening


@pytest.mark.parametrize(
    ("slicing", "message"),
    [
        ({"includeModels": []}, 'no option "includeModels"; did you mean "included(M|_m)odels"'),
        ({"includedModels": ["Usr"]}, 'no model "Usr"; did you mean "User"'),
        ({"includedModels": "User"}, "a list of names"),
        ({"models": {"Usr": {}}}, 'slicing.models: there is no model "Usr"'),
        ({"models": ["User"]}, "slicing.models: expected a dictionary"),
        ({"models": {"user": {"excludedOperations": ["findmany"]}}}, 'no operation "findmany"; did you mean "find'),
        ({"models": {"user": {"fields": {"mail": {}}}}}, 'no field "mail"; did you mean "email"'),
        ({"models": {"$all": {"fields": {"titel": {}}}}}, 'no field "titel"; did you mean "title"'),
        ({"models": {"user": {"fields": {"id": {"includedFilterKinds": ["Ranges"]}}}}}, 'kind of filter "Ranges"'),
        ({"excludedProcedures": ["signUpp"]}, 'no procedure "signUpp"; did you mean "sign'),
    ],
)
def test_names_that_nothing_has_are_refused(slicing: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        client(**slicing)
