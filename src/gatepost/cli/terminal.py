"""How the command line speaks: steps, facts, tables, problems.

In: words and Problems. Out: text; results on stdout, everything else on stderr.
Never: a colour where nobody looks, or a secret that was not asked for.
"""

import os
import sys
from collections.abc import Iterable, Sequence

from gatepost.problem import Problem

COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def painted(text: str, colour: str, stream: object = None) -> str:
    """`text` in a colour, where a person sees it."""
    target = stream or sys.stdout
    shown = getattr(target, "isatty", bool)() and "NO_COLOR" not in os.environ
    return f"\033[{COLOURS[colour]}m{text}\033[0m" if shown else text


def say(text: str = "") -> None:
    """A line of what was asked for."""
    print(text, flush=True)


def step(text: str) -> None:
    """Something was done on the way."""
    print(f"  {painted('✓', 'green', sys.stderr)} {text}", file=sys.stderr, flush=True)


def note(text: str) -> None:
    """Something to know, that stops nothing."""
    print(f"  {painted('!', 'yellow', sys.stderr)} {text}", file=sys.stderr, flush=True)


def facts(rows: Iterable[tuple[str, str]]) -> None:
    """Names and values, aligned."""
    shown = [(name, value) for name, value in rows if value]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        say(f"  {painted(name.rjust(width), 'dim')}  {value}")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows under a head, as wide as they need to be."""
    widths = [max(len(str(row[column])) for row in (head, *rows)) for column in range(len(head))]
    say(painted("  ".join(name.ljust(width) for name, width in zip(head, widths, strict=True)).rstrip(), "bold"))
    for row in rows:
        say("  ".join(str(value).ljust(width) for value, width in zip(row, widths, strict=True)).rstrip())


def problem(error: Problem) -> None:
    """What is wrong, where, and what to do."""
    print(f"{painted('✗', 'red', sys.stderr)} {error.message}", file=sys.stderr)
    if isinstance(error.details, dict):
        for name, value in error.details.items():
            if str(value) not in error.message:
                _indented(f"{name}: ", str(value))
    elif error.details:
        _indented("where: ", str(error.details))
    if error.hint:
        _indented("to do: ", error.hint)
    sys.stderr.flush()


def _indented(label: str, text: str) -> None:
    first, *others = text.splitlines() or [""]
    print(f"  {painted(label, 'dim', sys.stderr)}{first}", file=sys.stderr)
    for line in others:
        print(" " * (2 + len(label)) + line, file=sys.stderr)


def defect(error: Exception) -> Problem:
    """An exception nobody expected, in the form of one that somebody did."""
    hint = "This is a defect of Gatepost. GATEPOST_TRACEBACK=1 shows where it happened; please report it with that"
    return Problem("defect", 500, f"{type(error).__name__}: {error}", None, hint)
