"""Writes the generated pages of the reference: settings from their table, commands from their help.

    python docs/generate.py

A test fails where a page is not what this would write.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import typer.main

from gatepost.cli.main import app
from gatepost.project.supabase import VARIABLES
from gatepost.settings import Entry, Freshness, Seconds, Settings, table

REFERENCE = Path(__file__).with_name("reference")

SETTINGS_HEAD = """# Settings

Generated from `gatepost.settings` by `docs/generate.py`; do not edit.

A later source wins: defaults, `supabase/config.toml`, `gatepost.toml`, the environment (`.env.local` and `.env` of the
project's folder fill it up), the command line. In `gatepost.toml` the part before the point is the section. A key that
does not exist is refused with the nearest that does. Durations are seconds or Go's notation (`1h30m`, `250ms`); lists
are comma-separated in the environment.
"""

COLUMNS = """| key | type | default | meaning | environment | config.toml |
|---|---|---|---|---|---|"""

CLI_HEAD = """# Commands

Generated from the commands' own help by `docs/generate.py`; do not edit.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | done, and the answer is no: a step of the tour failed, doctor or policy diff found something, nobody agreed |
| 2 | wrong usage |
| 3 | project folder or settings |
| 4 | database or migrations |
| 5 | the address is taken, or the project is served already |
| 70 | a defect of Gatepost |
"""


def settings_page() -> str:
    """docs/reference/settings.md."""
    parts = [SETTINGS_HEAD]
    sections: dict[str, list[Entry]] = {}
    for entry in table(Settings):
        sections.setdefault(entry.key.split(".")[0], []).append(entry)
    for name, entries in sections.items():
        parts.append(
            f"## [{name}]\n\n| key | type | default | meaning | environment | config.toml |\n|---|---|---|---|---|---|"
        )
        parts.extend(_row(entry) for entry in entries)
        parts.append("")
    return "\n".join(parts)


def _row(entry: Entry) -> str:
    cells = [
        f"`{entry.key.split('.', 1)[1]}`",
        _type(entry.type),
        f"`{_default(entry.default)}`",
        entry.option.help.replace("|", "\\|"),
        ", ".join(f"`{name}`" for name in entry.env),
        ", ".join(f"`{path}`" for path in _paths(entry)),
    ]
    return "| " + " | ".join(cells) + " |"


def _paths(entry: Entry) -> list[str]:
    """Where a Supabase project says the same."""
    variables = {path: value if isinstance(value, str) else value[0] for path, value in VARIABLES.items()}
    named = [path for path, variable in variables.items() if variable in entry.env and path != entry.option.toml]
    return ([entry.option.toml] if entry.option.toml else []) + named


def _type(kind: Any) -> str:
    if kind is Seconds:
        return "duration"
    if kind is Freshness:
        return "`cached`, `strict`, `bounded:N`"
    if get_origin(kind) is tuple:
        return "list"
    names = {str: "text", int: "number", float: "number", bool: "true or false"}
    return names.get(kind) or ", ".join(f"`{value}`" for value in get_args(kind) if isinstance(value, str)) or "table"


def _default(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{each}"' for each in value) + "]"  # pyright: ignore
    if isinstance(value, dict):
        return "{}"
    return f'"{value}"' if isinstance(value, str) else str(value)


def cli_page() -> str:
    """docs/reference/cli.md."""
    return CLI_HEAD + "\n" + "\n".join(_commands(typer.main.get_command(app), "gatepost"))


def _commands(command: Any, path: str) -> Iterator[str]:
    children = getattr(command, "commands", None)
    if children:
        for name, child in children.items():
            yield from _commands(child, f"{path} {name}")
        return
    arguments = " ".join(_argument(each) for each in command.params if each.param_type_name == "argument")
    yield f"## `{path}{' ' + arguments if arguments else ''}`\n"
    yield inspect.cleandoc(command.help or "") + "\n"
    rows = [_parameter(each) for each in command.params if each.name != "help"]
    if rows:
        yield "| | |\n|---|---|\n" + "\n".join(rows) + "\n"


def _argument(parameter: Any) -> str:
    name = str(parameter.name).upper()
    return name if parameter.required else f"[{name}]"


def _parameter(parameter: Any) -> str:
    argument = parameter.param_type_name == "argument"
    name = _argument(parameter) if argument else ", ".join([*parameter.opts, *parameter.secondary_opts])
    return f"| `{name}` | {parameter.help or ''} |"


PAGES = {"settings.md": settings_page, "cli.md": cli_page}


def main() -> None:
    """Write every page."""
    REFERENCE.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page().rstrip() + "\n", "utf-8")


if __name__ == "__main__":
    main()
