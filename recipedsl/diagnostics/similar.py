"""Did you mean: the nearest known name to one that is not known."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz.distance import DamerauLevenshtein


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate a typo away from `name`, or None.

    Same letters in another case win; then the smallest edit distance (with swaps) of at most a
    third of the longer name, at least one.
    """
    known = sorted(set(candidates))
    for candidate in known:
        if candidate.lower() == name.lower():
            return candidate
    best = min(known, key=lambda candidate: _distance(name, candidate), default=None)
    if best is None or _distance(name, best) > max(1, max(len(name), len(best)) // 3):
        return None
    return best


def _distance(left: str, right: str) -> int:
    return int(DamerauLevenshtein.distance(left.lower(), right.lower()))
