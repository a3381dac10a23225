"""What a test file printed, read: assertions, diagnostics, the plan (TAP, as pgTAP writes it).

In: text. Out: a frozen Tap. Never: an assertion that is counted although it stands within another's diagnostics.
"""

import re
from dataclasses import dataclass

ASSERTION = re.compile(r"(?P<no>not )?ok\b(?: +(?P<number>\d+))?(?: +- +| +)?(?P<text>.*)")
PLAN = re.compile(r"1\.\.(\d+)\b")
FORGIVEN = re.compile(r"(?<!\\)# *todo\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Failure:
    """An assertion that did not hold; `diagnostics` is what pgTAP said about it."""

    number: str
    description: str
    diagnostics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tap:
    """A file's output. `planned` is None where it never said how many assertions it has; `bailed` is why it gave up."""

    passed: int = 0
    failures: tuple[Failure, ...] = ()
    planned: int | None = None
    bailed: str = ""

    @property
    def ran(self) -> int:
        return self.passed + len(self.failures)

    @property
    def is_silent(self) -> bool:
        """Whether nothing in it is a test's output."""
        return not self.ran and self.planned is None and not self.bailed

    @property
    def missing(self) -> str:
        """What is wrong with the plan, empty where nothing is."""
        if self.is_silent or self.planned == self.ran:
            return ""
        if self.planned is None:
            return "the file never said how many assertions it has: plan(n), or no_plan() with finish()"
        return f"{self.planned} assertions were planned, {self.ran} were run"


def read(text: str) -> Tap:
    """The TAP in a file's output. Of several plans in one file, the sum counts."""
    passed, planned, bailed = 0, None, ""
    failures: list[Failure] = []
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if found := ASSERTION.fullmatch(line):
            if found["no"] and not FORGIVEN.search(found["text"]):
                failures.append(Failure(found["number"] or "", found["text"], _diagnostics(lines[at + 1 :])))
            else:
                passed += 1
        elif found := PLAN.match(line):
            planned = (planned or 0) + int(found[1])
        elif line.startswith("Bail out!"):
            bailed = line.removeprefix("Bail out!").strip() or "Bail out!"
    return Tap(passed, tuple(failures), planned, bailed)


def _diagnostics(lines: list[str]) -> tuple[str, ...]:
    """The comments right below an assertion."""
    end = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return tuple(line.removeprefix("#").rstrip() for line in lines[:end])
