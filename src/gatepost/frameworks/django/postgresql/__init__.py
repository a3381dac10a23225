"""A database engine: Django's for PostgreSQL, whose transactions are signed in.

In: a login, in settings. Out: what `DATABASES` has of it. Never: Django's own modules, which settings come before.
"""

from typing import Any

from psycopg.conninfo import conninfo_to_dict

NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


def database(url: str, *, engine: str = __name__, **more: Any) -> dict[str, Any]:
    """An entry of `DATABASES` for a login, as `gatepost status` writes it: a URL or key=value pairs. What Django has no
    name for goes into OPTIONS; `more` are further members.
    """
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    options = {name: value for name, value in parts.items() if name not in NAMES} | more.pop("OPTIONS", {})
    known = {named: parts[name] for name, named in NAMES.items() if name in parts}
    return {"ENGINE": engine, **known, "OPTIONS": options, **more}
