"""Generated types: a good program passes pyright, each mistake in a bad one is told."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gatepost.cli import main
from gatepost.orm import Client
from gatepost.orm.generate.python import module
from gatepost.zmodel import load

from .conftest import BLOG, DATASOURCE

GOOD = """
from __future__ import annotations
from datetime import datetime
from decimal import Decimal
from typing import assert_type
from db import Client, Post, PostWithAuthor, User, UserFull, UserWithPosts, Overview, Role

async def main() -> None:
    db = Client.connect("schema.zmodel", "dsn", guard="query")
    posts = await db.post.find_many(
        where={"title": {"contains": "x", "mode": "insensitive"}, "views": {"in": [1], "not": 3}, "OR": [{"id": 1}]},
        order_by=[{"at": "desc"}, {"author": {"email": "asc"}}],
        take=3,
        distinct=["title"],
    )
    assert_type(posts, list[Post])
    title: str = posts[0]["title"]
    at: datetime = posts[0]["at"]
    price: Decimal | None = posts[0]["price"]
    owned = await db.post.find_first(where={"author": {"is": {"role": "ADMIN"}}}, include={"author": True})
    assert_type(owned, PostWithAuthor | None)
    if owned is not None and owned["author"] is not None:
        email: str = owned["author"]["email"]
    bound = db.set_auth({"id": 1})
    assert_type(bound, Client)
    user = await bound.user.create(
        data={"id": 1, "email": "x", "posts": {"create": [{"title": "a", "price": "1.5"}]}}, include={"posts": True}
    )
    assert_type(user, UserWithPosts)
    first: str = user["posts"][0]["title"]
    deep = await db.user.find_unique_or_throw(where={"id": 1}, include={"posts": {"include": {"author": True}}})
    assert_type(deep, UserFull)
    again = deep["posts"][0]["author"]
    changed = await db.post.update(where={"id": 1}, data={"views": {"increment": 1}, "author": {"connect": {"id": 2}}})
    assert_type(changed, Post)
    assert_type(await db.post.count(where={"published": True}), int)
    assert_type(await db.post.exists(where={"published": True}), bool)
    assert_type((await db.blog_tag.create_many(data=[{"id": 1, "name": "n"}]))["count"], int)
    async with db.transaction() as tx:
        assert_type(tx, Client)
        await tx.blogTag.delete_many(where={"name": {"starts_with": "x"}})
    both = await db.transaction([db.user.count(), db.user.find_many()])
    assert_type(await db.procs.getUser(id=1), User)
    assert_type(await db.procs.overview(), Overview)
    role: Role = "ADMIN"
    chosen = await db.user.find_many(select={"email": True})
    mail: str = chosen[0]["email"]
"""

MISTAKES = {
    'await db.post.find_many(where={"titel": "x"})': '"titel" is an undefined item',
    'await db.post.find_many(where={"title": 3})': "not assignable",
    'await db.post.find_many(where={"title": {"containz": "x"}})': "not assignable",
    'await db.post.find_many(where={"author": {"emial": "x"}})': "not assignable",
    'await db.post.find_many(order_by={"at": "up"})': "not assignable",
    'await db.post.find_many(distinct=["nope"])': "not assignable",
    'await db.post.find_many(include={"authr": True})': "overload",
    "await db.post.find_many(tak=3)": "overload",
    "await db.post.find_unique()": "overload",
    'await db.user.create(data={"id": 1})': '"email" is required',
    'await db.user.create(data={"id": 1, "email": "x", "role": "BOSS"})': "not assignable",
    'await db.user.create(data={"id": "1", "email": "x"})': "not assignable",
    'await db.user.update(where={"id": 1}, data={"posts": {"conect": {"id": 1}}})': '"conect" is an undefined item',
    '(await db.post.find_many())[0]["author"]': '"author" is not a defined key',
    '(await db.post.find_many())[0]["nope"]': '"nope" is not a defined key',
    '(await db.post.find_first())["title"]': '"None" is not subscriptable',
    '(await db.user.find_many())[0]["posts"]': '"posts" is not a defined key',
    "await db.psot.find_many()": 'Cannot access attribute "psot"',
    "await db.procs.getUser(id='x')": "not assignable",
    "await db.procs.getUsr(id=1)": 'Cannot access attribute "getUsr"',
    "await db.post.findmany()": 'Cannot access attribute "findmany"',
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generated module beside a good and a bad program."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "db.py").write_text(module(load(BLOG), "the blog"))
    (folder / "good.py").write_text(GOOD)
    lines = "".join(f"    {line}\n" for line in MISTAKES)
    (folder / "bad.py").write_text(f"from db import Client\n\nasync def main(db: Client) -> None:\n{lines}")
    return folder


@pytest.fixture(scope="module")
def findings(project: Path) -> dict[str, dict[int, str]]:
    """What pyright says: file → line → message."""
    program = Path(sys.executable).with_name("pyright")
    command = [str(program), "--outputjson", "--pythonpath", sys.executable, "db.py", "good.py", "bad.py"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    found: dict[str, dict[int, str]] = {"db.py": {}, "good.py": {}, "bad.py": {}}
    for each in json.loads(done.stdout)["generalDiagnostics"]:
        if each["severity"] == "error":
            messages = found[Path(each["file"]).name]
            line = each["range"]["start"]["line"]
            messages[line] = messages.get(line, "") + each["message"]
    return found


def test_the_module_and_a_good_program_pass(findings: dict[str, dict[int, str]]) -> None:
    assert findings["db.py"] == {}
    assert findings["good.py"] == {}


@pytest.mark.parametrize(("index", "line"), list(enumerate(MISTAKES)))
def test_a_mistake_is_told(findings: dict[str, dict[int, str]], index: int, line: str) -> None:
    assert MISTAKES[line] in findings["bad.py"].get(index + 3, ""), findings["bad.py"].get(index + 3)


def test_the_module_runs_and_its_client_is_a_client(project: Path) -> None:
    spec = importlib.util.spec_from_file_location("generated_db", project / "db.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    client = loaded.Client.connect(BLOG, "dbname=x")
    assert isinstance(client, Client)
    assert set(loaded.Post.__annotations__) == {
        "id", "title", "views", "price", "cover", "at", "published", "authorId",
    }  # fmt: skip
    assert type(client.set_auth(None)) is loaded.Client


def test_names_that_python_keeps_for_itself_do_no_harm() -> None:
    text = DATASOURCE + (
        "model Class { id Int @id\n from String\n import Call[]\n in Int? }\n"
        "model Call { id Int @id\n class Class @relation(fields: [classId], references: [id])\n classId Int }"
    )
    written = module(load(text))
    compile(written, "db.py", "exec")
    assert re.search(r"def Call\(self\)", written)


def test_the_command_writes_the_module_and_tells_when_it_is_old(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema, output = tmp_path / "schema.zmodel", tmp_path / "db.py"
    schema.write_text(BLOG)

    def generate(*options: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main.app(["generate", str(schema), "-o", str(output), *options], prog_name="gatepost")
        return int(ended.value.code or 0)

    assert generate("--check") == 1
    assert generate() == 0
    assert "class Client(_Client)" in output.read_text()
    assert generate("--check") == 0
    schema.write_text(BLOG.replace("title ", "heading "))
    assert generate("--check") == 1
    assert "gatepost generate" in capsys.readouterr().err
