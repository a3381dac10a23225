"""`gatepost zmodel check` and `format`: what is printed, what is rewritten, which code is returned."""

from pathlib import Path

import pytest

from gatepost.cli import zmodel as command
from gatepost.problem import Problem
from tests.unit.zmodel.helpers import DATASOURCE

SOUND = DATASOURCE + "model A { id Int @id }\n"


def written(folder: Path, text: str, name: str = "schema.zmodel") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_check_prints_findings_with_their_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = written(tmp_path, DATASOURCE + "model A { id Int @id\n x Strng }\n")
    assert command.check([path]) == 1
    out = capsys.readouterr().out
    assert f'{path}:3:4: error: type "Strng" does not exist' in out
    assert "^^^^^" in out
    assert 'hint: did you mean "String"?' in out


def test_check_of_a_sound_schema_is_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert command.check([written(tmp_path, SOUND)]) == 0
    assert "1 models, 0 enums, 0 types: nothing wrong" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["schema.zmodel", "zenstack/schema.zmodel"])
def test_without_files_the_projects_schema_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    written(tmp_path, SOUND, name)
    monkeypatch.chdir(tmp_path)
    assert command.check([]) == 0


def test_without_a_schema_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Problem, match=r"There is no schema\.zmodel here"):
        command.check([])
    with pytest.raises(Problem, match="Cannot read"):
        command.format_files([tmp_path / "gone.zmodel"], False)


def test_format_rewrites_what_is_not_canonical_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = written(tmp_path, SOUND)
    assert command.format_files([path], True) == 1
    assert path.read_text() == SOUND
    assert command.format_files([path], False) == 0
    assert path.read_text() == "datasource db {\n    provider = 'postgresql'\n}\n\nmodel A {\n    id Int @id\n}\n"
    assert command.format_files([path], True) == 0
    assert capsys.readouterr().out == f"would rewrite {path}\nrewrote {path}\n"


def test_a_file_that_does_not_parse_is_left_alone(tmp_path: Path):
    path = written(tmp_path, "model {")
    with pytest.raises(Problem, match="is not valid"):
        command.format_files([path], False)
    assert path.read_text() == "model {"
