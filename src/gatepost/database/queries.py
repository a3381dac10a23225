"""Named queries live in .sql files.

In: the path of a file whose blocks start with a line `-- name: find_user`. Out: their texts by name.
Never: SQL put together at run time.
"""

import re
from pathlib import Path

NAME = re.compile(r"^-- name: *(\w+)[^\n]*\n", re.MULTILINE)


def load(path: Path) -> dict[str, str]:
    """The blocks of a file by name, in the file's order; what stands before the first name is a preface."""
    parts = NAME.split(path.read_text("utf-8"))
    names, texts = parts[1::2], parts[2::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{path}: two queries have one name")
    return {name: text.strip() for name, text in zip(names, texts, strict=True)}
