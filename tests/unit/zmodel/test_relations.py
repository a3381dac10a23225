"""Relations: owners, opposites, uniqueness, actions, join tables."""

import pytest

from gatepost.zmodel.schema import JoinTable, Relation
from tests.unit.zmodel.helpers import error, errors, load, sound

USER = "model User { id Int @id\n %s }\n"
POST = "model Post { id Int @id\n %s }\n"
AUTHOR = "author User @relation(fields: [authorId], references: [id])\n authorId Int"


def one_to_many(users: str, posts: str) -> str:
    return USER % users + POST % posts


def relation(text: str, model: str, field: str) -> Relation:
    found = load(text).models[model].fields[field].relation
    assert found is not None
    return found


def test_both_sides_of_a_relation_know_their_keys_and_each_other():
    text = one_to_many("posts Post[]", AUTHOR)
    owner, other = relation(text, "Post", "author"), relation(text, "User", "posts")
    assert (owner.kind, owner.owner, owner.fields, owner.references) == ("many-to-one", True, ("authorId",), ("id",))
    assert (other.kind, other.owner, other.fields, other.references) == ("one-to-many", False, ("id",), ("authorId",))
    assert (owner.opposite, other.opposite, owner.model, other.model) == ("posts", "author", "User", "Post")
    assert load(text).models["Post"].fields["authorId"].foreign_key_for == ("author",)


@pytest.mark.parametrize(
    ("author", "message"),
    [
        ("author User @relation(fields: [authorId])\n authorId Int", "must be provided together"),
        ("author User @relation(references: [id])", "must be provided together"),
        ("author User @relation(fields: [], references: [id])", '"fields" value cannot be empty'),
        (
            "author User @relation(fields: [authorId], references: [])\n authorId Int",
            '"references" value cannot be empty',
        ),
        ("author User @relation(fields: [authorId, id], references: [id])\n authorId Int", "must have the same length"),
        ("author User @relation(fields: [authorId], references: [id])\n authorId String", "must have the same type"),
        ("author User @relation(fields: [authorId], references: [id])\n authorId Int[]", "must have the same type"),
        (
            "author User @relation(fields: [authorId], references: [id])\n authorId Int?",
            'relation "author" is not optional, but field "authorId" is optional',
        ),
        ("author User @relation(fields: [nope], references: [id])", 'field "nope" does not exist in "Post"'),
        ("author User @relation(fields: [id], references: [nope])", 'field "nope" does not exist in "User"'),
        ("author User", 'must carry @relation attribute with both "fields" and "references"'),
    ],
)
def test_the_owner_names_keys_that_match(author: str, message: str):
    assert any(message in each for each in errors(one_to_many("posts Post[]", author)))


def test_an_opposite_field_must_exist():
    assert error(one_to_many("", AUTHOR)) == (
        'the relation field "author" on model "Post" is missing an opposite relation field on model "User"'
    )
    assert "is missing an opposite relation field" in error(one_to_many("posts Post[]", ""))


def test_several_relations_between_two_models_need_names():
    posts = AUTHOR + "\n editor User? @relation(fields: [editorId], references: [id])\n editorId Int?"
    assert any(
        "refer to the same relation" in each for each in errors(one_to_many("posts Post[]\n edited Post[]", posts))
    )
    named = posts.replace("editor User? @relation(", "editor User? @relation('edits', ")
    text = one_to_many("posts Post[]\n edited Post[] @relation('edits')", named)
    assert relation(text, "User", "edited").opposite == "editor"
    assert relation(text, "User", "posts").opposite == "author"
    assert relation(text, "Post", "editor").name == "edits"


def test_a_self_relation_needs_a_name():
    parent = "parentId Int?\n parent A? @relation(%sfields: [parentId], references: [id])"
    text = f"model A {{ id Int @id\n {parent}\n kids A[] %s }}"
    assert any("must have a name" in each for each in errors(text % ("", "")))
    found = relation(text % ("'tree', ", "@relation('tree')"), "A", "kids")
    assert (found.kind, found.opposite, found.references) == ("one-to-many", "parent", ("parentId",))


def test_keys_stand_on_one_side_only():
    both = one_to_many(
        "post Post? @relation(fields: [postId], references: [id])\n postId Int? @unique", AUTHOR + " @unique"
    )
    assert '"fields" and "references" must be provided only on one side of relation field' in errors(both)


def test_the_side_without_keys_is_a_list_or_optional():
    assert error(one_to_many("post Post", AUTHOR + " @unique")) == "relation field needs to be list or optional"


def test_the_owner_is_no_list():
    assert any(
        "cannot be a list" in each for each in errors(one_to_many("post Post?", AUTHOR.replace("User ", "User[] ")))
    )


@pytest.mark.parametrize("unique", ["authorId Int @unique", "authorId Int\n @@unique([authorId])"])
def test_a_one_to_one_key_is_unique(unique: str):
    text = one_to_many("post Post?", AUTHOR.replace("authorId Int", unique))
    assert relation(text, "User", "post").kind == "one-to-one"
    assert relation(text, "Post", "author").kind == "one-to-one"
    assert "must be marked as @unique" in error(one_to_many("post Post?", AUTHOR))


def test_a_one_to_one_key_may_be_the_id():
    assert sound(
        "model A { id Int @id\n b B? }\nmodel B { id Int @id\n a A @relation(fields: [id], references: [id]) }"
    )


def test_actions_are_prismas_by_default():
    required = relation(one_to_many("posts Post[]", AUTHOR), "Post", "author")
    assert (required.on_delete, required.on_update) == ("Restrict", "Cascade")
    optional = AUTHOR.replace("User ", "User? ").replace("Int", "Int?")
    assert relation(one_to_many("posts Post[]", optional), "Post", "author").on_delete == "SetNull"


@pytest.mark.parametrize("action", ["Cascade", "Restrict", "NoAction", "SetNull", "SetDefault"])
def test_actions_can_be_chosen(action: str):
    author = AUTHOR.replace("[id])", f"[id], onDelete: {action}, onUpdate: {action}, map: 'fk')")
    for model, field in (("Post", "author"), ("User", "posts")):
        found = relation(one_to_many("posts Post[]", author), model, field)
        assert (found.on_delete, found.on_update, found.map) == (action, action, "fk")


def test_an_action_that_does_not_exist_is_refused():
    author = AUTHOR.replace("[id])", "[id], onDelete: Cascada)")
    assert 'field or enum member "Cascada" does not exist' in errors(one_to_many("posts Post[]", author))


def test_many_to_many_has_a_join_table_of_both_names():
    schema = load("model Tag { id String @id\n posts Post[] }\n" + POST % "tags Tag[]")
    assert schema.join_tables == (JoinTable("_PostToTag", None, ("Post", "id"), ("Tag", "id")),)
    tags, posts = schema.models["Post"].fields["tags"].relation, schema.models["Tag"].fields["posts"].relation
    assert tags is not None
    assert posts is not None
    assert tags.kind == "many-to-many"
    assert (tags.through.table, tags.through.column, tags.through.other_column) == ("_PostToTag", "A", "B")
    assert (posts.through.column, posts.through.other_column) == ("B", "A")
    assert (tags.fields, tags.references) == (("id",), ("id",))


def test_a_named_many_to_many_has_a_join_table_of_that_name():
    schema = load(
        "model Tag { id Int @id\n posts Post[] @relation('labels') }\n" + POST % "tags Tag[] @relation('labels')"
    )
    assert [table.name for table in schema.join_tables] == ["_labels"]


def test_a_many_to_many_self_relation_sorts_by_field():
    schema = load("model U { id Int @id\n zeros U[] @relation('r')\n ones U[] @relation('r') }")
    assert schema.models["U"].fields["ones"].relation.through.column == "A"
    assert schema.models["U"].fields["zeros"].relation.through.column == "B"
    assert len(schema.join_tables) == 1


def test_many_to_many_names_no_keys_and_needs_single_ids():
    keyed = POST % "tagId Int\n tags Tag[] @relation(fields: [tagId], references: [id])"
    assert any(
        "implicit many-to-many relation cannot have" in each
        for each in errors("model Tag { id Int @id\n posts Post[] }\n" + keyed)
    )
    compound = "model Tag { a Int\n b Int\n posts Post[]\n @@id([a, b]) }\n"
    assert any('needs a single-field id on model "Tag"' in each for each in errors(compound + POST % "tags Tag[]"))


def test_relations_inherited_from_a_delegate_are_the_bases():
    schema = load(
        "model Owner { id Int @id\n assets Asset[] }\n"
        "model Asset { id Int @id\n kind String\n ownerId Int\n @@delegate(kind)\n"
        " owner Owner @relation(fields: [ownerId], references: [id]) }\nmodel Video extends Asset { url String }"
    )
    found = schema.models["Video"].fields["owner"]
    assert (found.inherited, found.relation.opposite, found.relation.owner) == ("Asset", "assets", True)


def test_relations_inherited_from_a_mixin_are_the_models():
    schema = load(
        "type Owned { ownerId Int\n owner User @relation(fields: [ownerId], references: [id]) }\n"
        "model Doc with Owned { id Int @id }\n" + USER % "docs Doc[]"
    )
    assert schema.models["User"].fields["docs"].relation.references == ("ownerId",)


def test_an_ignored_relation_needs_no_opposite():
    assert sound(one_to_many("", AUTHOR.replace("[id])", "[id]) @ignore")))
