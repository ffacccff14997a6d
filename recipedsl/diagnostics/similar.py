"""Did you mean: the nearest known name to one that is not known."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate a typo away from `name`, or None.

    Same letters in another case win; then the smallest edit distance (with swaps) of at most a
    third of the longer name, at least one, and never all letters of either.
    """
    known = sorted(set(candidates))
    for candidate in known:
        if candidate.lower() == name.lower():
            return candidate
    best = min(known, key=lambda candidate: _distance(name, candidate), default=None)
    if best is None:
        return None
    most = min(max(1, max(len(name), len(best)) // 3), min(len(name), len(best)) - 1)
    return best if _distance(name, best) <= most else None


def _distance(left: str, right: str) -> int:
    # Imported here: most recipes have no misspelt name.
    from rapidfuzz.distance import DamerauLevenshtein

    return int(DamerauLevenshtein.distance(left.lower(), right.lower()))
