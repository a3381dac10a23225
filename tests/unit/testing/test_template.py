"""What a run leaves, and what the next one finds of it."""

import fcntl
from pathlib import Path

from gatepost.testing.asked import RUNNING
from gatepost.testing.template import linked, sweep


def left(folder: Path) -> Path:
    folder.mkdir()
    (folder / RUNNING).touch()
    return folder


def test_what_a_killed_run_left_is_removed(tmp_path: Path):
    killed, going_on, young = (left(tmp_path / f"gatepost-{name}") for name in ("killed", "going_on", "young"))
    other = left(tmp_path / "somebody-else")
    with (going_on / RUNNING).open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        sweep(tmp_path)
        assert young.exists()
        sweep(tmp_path, age=-1)
        assert [folder.exists() for folder in (killed, young, going_on, other)] == [False, False, True, True]


def test_a_project_is_read_through_links_but_for_its_state(tmp_path: Path):
    project = tmp_path / "project"
    (project / ".gatepost").mkdir(parents=True)
    (project / "gatepost.toml").write_text("[auth]")
    root = linked(tmp_path / "root", project)
    assert [path.name for path in linked(root, project).iterdir()] == ["gatepost.toml"]
    assert (root / "gatepost.toml").read_text() == "[auth]"
