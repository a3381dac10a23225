"""Operations that a server knows by name."""

import hashlib
import json
from pathlib import Path

import pytest

from gatepost.graphql.documents.persisted import Persisted, load
from gatepost.problem import Problem

PEOPLE, POSTS = "{ people { id } }", "query Posts { posts { id } }"
HASH = hashlib.sha256(PEOPLE.encode()).hexdigest()


def test_by_id_and_by_the_hash_of_the_text():
    known = Persisted({"people": PEOPLE})
    assert known.find(None, "people") == known.find(None, HASH) == PEOPLE


def test_other_texts_are_let_through():
    assert Persisted({"people": PEOPLE}).find(POSTS, None) == POSTS
    assert Persisted({"people": PEOPLE}).find(POSTS, "unknown") == POSTS


def test_nothing_is_learnt_from_a_client():
    known = Persisted({})
    hash = hashlib.sha256(POSTS.encode()).hexdigest()
    known.find(POSTS, hash)
    with pytest.raises(Problem, match="PersistedQueryNotFound"):
        known.find(None, hash)


def test_where_only_those_are_executed_another_text_is_refused():
    known = Persisted({"people": PEOPLE}, only=True)
    assert known.find(None, "people") == known.find(PEOPLE, None) == PEOPLE
    with pytest.raises(Problem, match="Only operations that the server knows"):
        known.find(POSTS, None)
    with pytest.raises(Problem, match="PersistedQueryNotFound"):
        known.find(POSTS, "unknown")


def test_the_text_beside_a_known_id_does_not_count_where_only_those_are_executed():
    assert Persisted({"people": PEOPLE}, only=True).find(POSTS, "people") == PEOPLE


def test_a_folder_of_documents(tmp_path: Path):
    (tmp_path / "blog").mkdir()
    (tmp_path / "people.graphql").write_text(PEOPLE)
    (tmp_path / "blog" / "posts.gql").write_text(POSTS)
    (tmp_path / "readme.md").write_text("not one")
    known = load(tmp_path)
    assert (known.find(None, "people"), known.find(None, "blog/posts")) == (PEOPLE, POSTS)
    with pytest.raises(Problem):
        known.find(None, "readme")


def test_a_file_of_texts_by_id(tmp_path: Path):
    file = tmp_path / "operations.json"
    file.write_text(json.dumps({"a1": PEOPLE}))
    assert load(file, only=True).find(None, "a1") == PEOPLE


@pytest.mark.parametrize("content", ["", "[]", '{"a": 5}', "\xff"])
def test_a_file_that_is_none_is_named(tmp_path: Path, content: str):
    file = tmp_path / "operations.json"
    file.write_text(content, "latin-1")
    with pytest.raises(Problem, match=r"graphql\.persisted_operations") as refused:
        load(file)
    assert str(file) in refused.value.message


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(Problem, match="absent"):
        load(tmp_path / "absent")
