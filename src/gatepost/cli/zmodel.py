"""`gatepost zmodel`: schemas checked and put in canonical form; `gatepost generate`: their types.

In: files; without one, the project's schema.zmodel or zenstack/schema.zmodel. Out: findings, files rewritten, a module.
Never: a file touched that does not parse.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from gatepost import zmodel
from gatepost.cli import terminal
from gatepost.problem import Problem
from gatepost.zmodel import Diagnostic, Schema, SchemaProblem

PLACES = (Path("schema.zmodel"), Path("zenstack/schema.zmodel"))
COLOURS = {"error": "red", "warning": "yellow"}


def check(files: Sequence[Path]) -> int:
    """Every finding with its place; 1 where one is an error. Several files are one schema."""
    chosen = list(files) or [_default()]
    findings = zmodel.check(chosen)
    for each in findings:
        terminal.say(_shown(each))
    errors = sum(each.severity == "error" for each in findings)
    if errors:
        terminal.note(f"{errors} error{'s' * (errors > 1)}")
        return 1
    schema = zmodel.load(chosen)
    terminal.step(f"{len(schema.models)} models, {len(schema.enums)} enums, {len(schema.types)} types: nothing wrong")
    return 0


def format_files(files: Sequence[Path], only_check: bool) -> int:
    """Rewrite files that are not in canonical form; with `only_check`, tell them: then 1 where there is one."""
    changed = 0
    for path in files or [_default()]:
        text = _read(path)
        formatted = _formatted(path, text)
        if formatted != text:
            changed += 1
            if not only_check:
                path.write_text(formatted, "utf-8")
            terminal.say(f"{'would rewrite' if only_check else 'rewrote'} {path}")
    if not changed:
        terminal.step("everything is in canonical form")
    return int(only_check and changed > 0)


def generate(files: Sequence[Path], output: Path, only_check: bool, make: Callable[[Schema, str], str]) -> int:
    """Write the module of a schema's types; with `only_check`, tell whether it would change: then 1."""
    chosen = list(files) or [_default()]
    text = make(zmodel.load(chosen), ", ".join(path.name for path in chosen))
    if str(output) == "-":
        terminal.say(text.rstrip())
        return 0
    if output.exists() and _read(output) == text:
        terminal.step(f"{output} is up to date")
        return 0
    if only_check:
        terminal.note(f"{output} is not what the schema says: run gatepost generate")
        return 1
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise Problem("output_unwritable", 500, f"Cannot write {output}: {error}") from None
    terminal.step(f"wrote {output}")
    return 0


def _formatted(path: Path, text: str) -> str:
    try:
        return zmodel.format(text, str(path))
    except SchemaProblem as problem:
        raise Problem("schema_invalid", 500, f"{path} is not valid", problem.details, "fix it, then format") from None


def _default() -> Path:
    found = next((each for each in PLACES if each.exists()), None)
    if found is None:
        hint = "name a file: gatepost zmodel check path/to/schema.zmodel"
        raise Problem("schema_missing", 500, "There is no schema.zmodel here", None, hint)
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise Problem("schema_missing", 500, f"Cannot read {path}: {error}") from None


def _shown(finding: Diagnostic) -> str:
    first, *rest = finding.render().splitlines()
    return "\n".join([terminal.painted(first, COLOURS[finding.severity]), *rest])
