"""Front-end packages that pages need, and the few files of them that are served.

In: `package.json` beside this file, with its lock. Out: the installed files' bytes by the names pages use, or nothing
where they were not installed (`gatepost assets` does). Never: a package in the repository, or fetched by a browser.
"""

from collections.abc import Iterable
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
    "supabase.js": "@supabase/supabase-js/dist/umd/supabase.js",
    "graphql-ws.js": "graphql-ws/umd/graphql-ws.min.js",
}
"""What pages call a file, and where it lies in `node_modules`."""
PAGES = ("supabase.js", "graphql-ws.js")
"""What a project's own pages may load."""
LICENCES = {
    "react.LICENSE": "react/LICENSE",
    "react-dom.LICENSE": "react-dom/LICENSE",
    "graphiql.LICENSE": "graphiql/LICENSE",
    "supabase.LICENSE": "@supabase/supabase-js/LICENSE",
    "graphql-ws.LICENSE": "graphql-ws/LICENSE.md",
}
"""What must lie beside them."""


def is_installed(names: Iterable[str] = tuple(FILES)) -> bool:
    """Whether each of these files is there."""
    return all((INSTALLED / name).is_file() for name in names)


@lru_cache(len(FILES))
def read(name: str) -> bytes:
    """An installed file. KeyError where pages have no such file."""
    if name not in FILES:
        raise KeyError(name)
    return (INSTALLED / name).read_bytes()
