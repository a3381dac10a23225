"""Whoever signs a transaction in, by whatever way, sets what helpers read of claims, and takes the role last."""

import re
from pathlib import Path

import gatepost.frameworks
from gatepost.database.prelude import EMPTY, PINNED
from gatepost.frameworks import sqlalchemy

FRAMEWORKS = Path(gatepost.frameworks.__file__).parent
CLAIMS = {name for name in (*PINNED, *EMPTY) if name.startswith("request.jwt")}


def is_whole(names: list[str]) -> bool:
    """Each once, and the role last."""
    return len(names) == len(CLAIMS) + 1 and {*names[:-1]} == CLAIMS and names[-1] == "role"


def test_in_sqlalchemys_transactions():
    assert is_whole(list(sqlalchemy.SET))


def test_in_djangos_transactions():
    text = (FRAMEWORKS / "django" / "postgresql" / "signing.sql").read_text()
    assert is_whole(re.findall(r"set_config\('([^']+)'", text))
