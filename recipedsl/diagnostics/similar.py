"""Did you mean: the nearest known name to one that is not known."""

from __future__ import annotations

from collections.abc import Iterable

#: Names among which a similar one is looked for: a file of thousands of misspelt names must come to an end,
#: and the vocabulary with all its settings is some 2 000 words.
_MOST = 4_000


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate a typo away from `name`, or None.

    Same letters in another case win; then the smallest edit distance (with swaps) of at most a
    third of the longer name, at least one, and never all letters of either.
    """
    known = sorted(set(candidates))
    for candidate in known:
        if candidate.lower() == name.lower():
            return candidate
    if not known or len(known) > _MOST:
        return None
    best = _closest(name, known)
    most = min(max(1, max(len(name), len(best)) // 3), min(len(name), len(best)) - 1)
    return best if _distance(name, best) <= most else None


def _closest(name: str, known: list[str]) -> str:
    """The first of those with the smallest distance."""
    from rapidfuzz import process
    from rapidfuzz.distance import DamerauLevenshtein

    lowered = [each.lower() for each in known]
    found = process.extractOne(name.lower(), lowered, scorer=DamerauLevenshtein.distance)
    return known[found[2]]


def _distance(left: str, right: str) -> int:
    # Imported here: most recipes have no misspelt name.
    from rapidfuzz.distance import DamerauLevenshtein

    return int(DamerauLevenshtein.distance(left.lower(), right.lower()))
