"""What is known of PostgreSQL's own types: `scalars.json`.

In and out: names of types. Never: a type of a project's own.
"""

from pathlib import Path

import msgspec

_LISTS = msgspec.json.decode(Path(__file__).with_suffix(".json").read_bytes(), type=dict[str, frozenset[str]])

SHOWN = _LISTS["shown"]
EXTENSIONS = ("citext", "hstore", "ltree")
"""Extensions that are shown, each with the type of its name."""
SEARCHED = ("tsvector", "tsquery")
BINARY = "bytea"
UNEQUAL = _LISTS["looks_may_deceive"]
"""Of which two may be equal that do not look it, or the other way round."""
UNORDERED = _LISTS["without_order"] | UNEQUAL
