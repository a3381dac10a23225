"""Mutations of tables."""

from typing import Any

from gatepost.graphql.meaning import MEANING, Argument, AttributeField, Create, Delete, Part, RelationField, Update

from .world import World, blog, meaning, shape, warnings


def test_rows_are_created_updated_and_deleted_by_node_id_and_by_key() -> None:
    assert shape(blog().make(), "Mutation") == {
        "createPerson": "(input: CreatePersonInput!) CreatePersonPayload",
        "createPost": "(input: CreatePostInput!) CreatePostPayload",
        "updatePerson": "(input: UpdatePersonInput!) UpdatePersonPayload",
        "updatePersonById": "(input: UpdatePersonByIdInput!) UpdatePersonPayload",
        "updatePersonByEmail": "(input: UpdatePersonByEmailInput!) UpdatePersonPayload",
        "updatePost": "(input: UpdatePostInput!) UpdatePostPayload",
        "updatePostById": "(input: UpdatePostByIdInput!) UpdatePostPayload",
        "deletePerson": "(input: DeletePersonInput!) DeletePersonPayload",
        "deletePersonById": "(input: DeletePersonByIdInput!) DeletePersonPayload",
        "deletePersonByEmail": "(input: DeletePersonByEmailInput!) DeletePersonPayload",
        "deletePost": "(input: DeletePostInput!) DeletePostPayload",
        "deletePostById": "(input: DeletePostByIdInput!) DeletePostPayload",
    }


def test_what_they_take() -> None:
    schema = blog().make()
    assert shape(schema, "CreatePostInput") == {"clientMutationId": "String", "post": "PostInput!"}
    assert shape(schema, "UpdatePostInput") == {
        "clientMutationId": "String",
        "nodeId": "ID!",
        "postPatch": "PostPatch!",
    }
    assert shape(schema, "UpdatePostByIdInput") == {
        "clientMutationId": "String",
        "id": "Int!",
        "postPatch": "PostPatch!",
    }
    assert shape(schema, "DeletePersonByEmailInput") == {"clientMutationId": "String", "email": "String!"}


def test_what_they_give() -> None:
    schema = blog().make()
    edge = "(orderBy: [PostsOrderBy!]!) PostsEdge"
    assert shape(schema, "CreatePostPayload") == {
        "clientMutationId": "String",
        "post": "Post",
        "query": "Query",
        "postEdge": edge,
        "personByAuthorId": "Person",
    }
    assert list(shape(schema, "DeletePostPayload")) == [
        "clientMutationId",
        "post",
        "deletedPostId",
        "query",
        "postEdge",
        "personByAuthorId",
    ]
    assert "postsByAuthorId" not in shape(schema, "CreatePersonPayload")
    assert "personByAuthorId" not in shape(blog().make(payload_relations=False), "CreatePostPayload")


def test_what_everything_stands_for() -> None:
    schema = blog().make()
    create, update = meaning(schema, "Mutation.createPost"), meaning(schema, "Mutation.updatePost")
    delete = meaning(schema, "Mutation.deletePostById")
    assert isinstance(create, Create) and create.resource.name == "post"
    assert isinstance(update, Update) and update.unique is None
    assert isinstance(delete, Delete) and delete.unique is create.resource.uniques[0]
    assert meaning(schema, "Mutation.createPost.input") is Argument.INPUT
    taken: Any = schema.type_map["UpdatePostByIdInput"]
    assert taken.fields["postPatch"].extensions[MEANING] is Argument.PATCH
    assert taken.fields["clientMutationId"].extensions[MEANING] is Argument.MUTATION_ID
    assert isinstance(taken.fields["id"].extensions[MEANING], AttributeField)
    assert meaning(schema, "CreatePostPayload.post") is Part.PAYLOAD_ROW
    assert meaning(schema, "CreatePostPayload.postEdge") is Part.PAYLOAD_EDGE
    assert meaning(schema, "CreatePostPayload.postEdge.orderBy") is Argument.ORDER_BY
    assert meaning(schema, "CreatePostPayload.query") is Part.QUERY
    assert meaning(schema, "DeletePostPayload.deletedPostId") is Part.PAYLOAD_DELETED_ID
    assert isinstance(meaning(schema, "CreatePostPayload.personByAuthorId"), RelationField)


def test_views_that_take_no_rows_have_none() -> None:
    world = World()
    world.table("old", "id int4", key=None, kind="v", insertable=False, updatable=False, deletable=False)
    assert world.make().mutation_type is None


def test_a_payload_that_could_not_say_what_was_deleted_is_none() -> None:
    world = World()
    world.table("期间", "id int4!")
    schema = world.make()
    assert not any(name.startswith("delete") for name in shape(schema, "Mutation"))
    assert "cannot be deleted" in warnings(schema)


def test_tables_may_be_left_as_they_are() -> None:
    world = World()
    world.table("thing", "id int4!", comment="@omit create,update,delete")
    assert world.make().mutation_type is None
