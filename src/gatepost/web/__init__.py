"""Front-end packages that pages for developers need, and the few files of them that are served.

In: `package.json` beside this file, with its lock. Out: the installed files' bytes by the names pages use, or nothing
where they were not installed (`gatepost assets` does). Never: a package in the repository, or fetched by a browser.
"""

from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).parent
MANIFEST = ("package.json", "package-lock.json", ".npmrc")
INSTALLED = HERE / "installed"
FILES = {
    "react.js": "react/umd/react.production.min.js",
    "react-dom.js": "react-dom/umd/react-dom.production.min.js",
    "graphiql.js": "graphiql/graphiql.min.js",
    "graphiql.css": "graphiql/graphiql.min.css",
}
"""What pages call a file, and where it lies in `node_modules`."""
LICENCES = {f"{name}.LICENSE": f"{name}/LICENSE" for name in ("react", "react-dom", "graphiql")}
"""What must lie beside them."""


def is_installed() -> bool:
    """Whether every file is there."""
    return all((INSTALLED / name).is_file() for name in FILES)


@lru_cache(len(FILES))
def read(name: str) -> bytes:
    """An installed file. KeyError where pages have no such file."""
    if name not in FILES:
        raise KeyError(name)
    return (INSTALLED / name).read_bytes()
