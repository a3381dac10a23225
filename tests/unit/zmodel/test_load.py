"""Loading: the same contents are worked out once; every file that was read is looked at again."""

import time
from pathlib import Path

import pytest

from gatepost import zmodel
from gatepost.zmodel import SchemaProblem
from gatepost.zmodel import load as loading
from tests.unit.zmodel.helpers import DATASOURCE, post

MODULE = __import__("gatepost.zmodel.load", fromlist=["_memory"])
A = DATASOURCE + "model A { id Int @id }\n"


@pytest.fixture(autouse=True)
def forget():
    """Each test begins with an empty memory."""
    MODULE._memory.clear()


def big(models: int) -> str:
    """A schema of many models with relations and rules."""
    one = """
model M{n} {{
    id        String   @id @default(uuid())
    createdAt DateTime @default(now())
    updatedAt DateTime @updatedAt
    title     String   @length(1, 256)
    content   String?
    count     Int      @default(0) @gte(0)
    published Boolean  @default(false)
    tags      String[]
    owner     User     @relation(fields: [ownerId], references: [id], onDelete: Cascade)
    ownerId   String   @default(auth().id)
    parent    M{n}?    @relation("parent{n}", fields: [parentId], references: [id])
    parentId  String?
    children  M{n}[]   @relation("parent{n}")
    @@index([ownerId, createdAt])
    @@deny('all', auth() == null)
    @@allow('read', published || ownerId == auth().id || owner.role == ADMIN)
    @@allow('update', ownerId == auth().id && (count > 0 || children?[published && ownerId == auth().id]))
}}"""
    lists = "\n".join(f"    m{n}s M{n}[]" for n in range(models))
    user = f"enum Role {{ ADMIN USER }}\nmodel User {{\n    id String @id\n    role Role\n{lists}\n}}\n"
    return DATASOURCE + user + "".join(one.format(n=n) for n in range(models))


def test_text_paths_and_texts_by_name_are_taken(tmp_path: Path):
    path = tmp_path / "schema.zmodel"
    path.write_text(A)
    for given in (A, path, str(path), [path], [str(path)], {"x.zmodel": A}):
        assert set(loading(given).models) == {"A"}


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path):
    with pytest.raises(SchemaProblem, match="cannot read the file"):
        loading(tmp_path / "gone.zmodel")
    (tmp_path / "bad.zmodel").write_bytes(b"\xff\xfe")
    assert "cannot read the file" in zmodel.check(tmp_path / "bad.zmodel")[0].message


def test_the_same_contents_give_the_same_object():
    assert loading(A) is loading(A)
    assert loading(A) is not loading(A + "\n")


def test_a_change_of_an_imported_file_is_noticed(tmp_path: Path):
    (tmp_path / "a.zmodel").write_text("import 'b'\n" + A)
    (tmp_path / "b.zmodel").write_text("enum E { X }")
    first = loading(tmp_path / "a.zmodel")
    assert loading(tmp_path / "a.zmodel") is first
    (tmp_path / "b.zmodel").write_text("enum E { X Y }")
    second = loading(tmp_path / "a.zmodel")
    assert len(second.enums["E"].members) == 2
    assert second.digest != first.digest


def test_a_file_that_was_missing_and_is_there_now_is_noticed(tmp_path: Path):
    (tmp_path / "a.zmodel").write_text("import 'b'\n" + A)
    with pytest.raises(SchemaProblem):
        loading(tmp_path / "a.zmodel")
    (tmp_path / "b.zmodel").write_text("enum E { X }")
    assert set(loading(tmp_path / "a.zmodel").enums) == {"E"}


def test_the_disk_keeps_schemas_between_processes(tmp_path: Path):
    text = post("@@allow('read', reviews?[r, r.stars > 1.5] || auth().id == authorId)", "@@meta('k', {a: [1]})")
    first = loading(DATASOURCE + text, cache_folder=tmp_path)
    MODULE._memory.clear()
    second = loading(DATASOURCE + text, cache_folder=tmp_path)
    assert second is not first
    assert second == first


def test_a_stored_schema_is_not_used_when_an_import_has_changed(tmp_path: Path):
    (tmp_path / "a.zmodel").write_text("import 'b'\n" + A)
    (tmp_path / "b.zmodel").write_text("enum E { X }")
    loading(tmp_path / "a.zmodel", cache_folder=tmp_path / "cache")
    MODULE._memory.clear()
    (tmp_path / "b.zmodel").write_text("enum F { X }")
    assert set(loading(tmp_path / "a.zmodel", cache_folder=tmp_path / "cache").enums) == {"F"}


def test_a_broken_or_unwritable_cache_is_no_failure(tmp_path: Path):
    loading(A, cache_folder=tmp_path)
    for stored in tmp_path.iterdir():
        stored.write_bytes(b"garbage")
    MODULE._memory.clear()
    assert loading(A, cache_folder=tmp_path)
    MODULE._memory.clear()
    assert loading(A, cache_folder=tmp_path / next(tmp_path.iterdir()).name / "below")


def test_memory_is_bounded():
    for number in range(40):
        loading(A + f"enum E{number} {{ X }}")
    assert len(MODULE._memory) == MODULE.KEPT


def test_two_hundred_models_take_a_second_and_nothing_when_unchanged(tmp_path: Path):
    text = big(200)
    loading(A)  # makes the parser
    began = time.process_time()
    schema = loading(text, cache_folder=tmp_path)
    first = time.process_time() - began
    MODULE._memory.clear()
    began = time.process_time()
    stored = loading(text, cache_folder=tmp_path)
    from_disk = time.process_time() - began
    began = time.process_time()
    loading(text)
    from_memory = time.process_time() - began
    assert stored == schema
    assert len(schema.models) == 201
    # Twice and four times what is promised: a machine under load is no reason to fail.
    assert first < 2
    assert from_disk < 0.2
    assert from_memory < 0.05
