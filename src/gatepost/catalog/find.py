"""'Did you mean …?'

In: a name that is not there, and those that are. Out: the nearest one, if it is near enough.
Never: a name of a schema that the caller may not see: the candidates are the caller's choice.

The measure is that of the FuzzySet libraries (Haskell's data-fuzzyset, JavaScript's fuzzyset): candidates share
grams of 3, else 2 characters; the 50 nearest by cosine are ranked by edit distance.
"""

import math
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

LEAST = 0.33
NEAR = 0.75
CANDIDATES = 50
GRAM_SIZES = (3, 2)


def nearest(name: str, candidates: Iterable[str], least: float = LEAST) -> str | None:
    """The candidate most like `name`, or None where the best scores below `least` (0 to 1)."""
    ranked = ranking(name, candidates, least)
    return ranked[0][1] if ranked else None


def ranking(name: str, candidates: Iterable[str], least: float = LEAST) -> list[tuple[float, str]]:
    """Candidates with their scores, the best first; an equal name (but for case) scores 1."""
    wanted = name.lower()
    known = {candidate.lower(): candidate for candidate in candidates}
    if wanted in known:
        return [(1.0, known[wanted])]
    for size in GRAM_SIZES:
        scored = _by_distance(wanted, _by_grams(wanted, known, size))
        found = [(score, known[candidate]) for score, candidate in scored if score >= least]
        if found:
            return found
    return []


def _by_grams(wanted: str, known: Iterable[str], size: int) -> list[str]:
    grams = Counter(_grams(wanted, size))
    length = _norm(grams)
    scored: list[tuple[float, str]] = []
    for candidate in known:
        others = Counter(_grams(candidate, size))
        shared = sum(count * others[gram] for gram, count in grams.items())
        if shared:
            scored.append((shared / (length * _norm(others)), candidate))
    scored.sort(key=lambda item: -item[0])
    return [candidate for _, candidate in scored[:CANDIDATES]]


def _norm(grams: Counter[str]) -> float:
    return math.sqrt(sum(count * count for count in grams.values()))


@lru_cache(4096)
def _grams(text: str, size: int) -> tuple[str, ...]:
    kept = "".join(c for c in text if c.isalnum() or c in " ,")
    padded = f"-{kept}-".ljust(size, "-")
    return tuple(padded[i : i + size] for i in range(len(padded) - size + 1))


def _by_distance(wanted: str, candidates: Iterable[str]) -> list[tuple[float, str]]:
    scored = [(1 - distance(wanted, c) / max(len(wanted), len(c)), c) for c in candidates]
    return sorted(scored, key=lambda item: -item[0])


def distance(left: str, right: str) -> int:
    """Levenshtein's distance: single-character insertions, deletions and replacements."""
    previous = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        current = [row]
        for column, b in enumerate(right, 1):
            current.append(min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (a != b)))
        previous = current
    return previous[-1]
