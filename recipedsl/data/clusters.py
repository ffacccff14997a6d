"""Groups of vectors that point the same way, and a choice from each that leaves little uncovered.

Spherical k-means (Dhillon and Modha, "Concept decompositions for large sparse text data using clustering",
Machine Learning 42, 2001), begun as k-means++ (Arthur and Vassilvitskii, SODA 2007), and farthest-first
choice (Gonzalez, "Clustering to minimize the maximum intercluster distance", Theoretical Computer Science 38,
1985). Written out, in whole numbers (see `embedding`): libraries add floats in the order of their threads,
and the same rows would not come out twice.
"""

from __future__ import annotations

import numpy as np

from recipedsl.data.draw import scores
from recipedsl.data.embedding import LENGTH, Points, products, scaled
from recipedsl.data.ngrams import Numbers

_ROUNDS = 10
_SAMPLED = 64  # points of each cluster that it is found by
_BEGUN = 16  # points for each cluster of which one is drawn to begin with
_COMPARED = 4096  # points of a cluster that are compared with each other


def clustered(points: Points, count: int, seed: int) -> tuple[Numbers, Points]:
    """The cluster of each point, and the clusters' middles.

    Args:
        points: shape (points, dimensions).
        count: clusters, at most as many as points.
        seed: of the draw of the points that it begins with.
    """
    order = np.argsort(scores(len(points), seed))
    middles = _first_middles(points[order[: _BEGUN * count]], count, seed)
    sample = points[np.sort(order[: _SAMPLED * count])]
    for _ in range(_ROUNDS):
        moved = _middles(sample, nearest(sample, middles), middles)
        if np.array_equal(moved, middles):
            break
        middles = moved
    return nearest(points, middles), middles


def _first_middles(points: Points, count: int, seed: int) -> Points:
    """Points drawn one after the other, the likelier the less like the ones before they are (k-means++)."""
    floats = points.astype(np.float32)
    draws = scores(count, seed + 1)
    taken = [int(draws[0] % np.uint64(len(points)))]
    apart = np.full(len(points), 2 * LENGTH * LENGTH, np.int64)
    for draw in draws[1:]:
        away = LENGTH * LENGTH - (floats @ floats[taken[-1]]).astype(np.int64)
        apart = np.minimum(apart, np.maximum(away, 0))
        whole = np.cumsum(apart)
        at = int(draw % np.uint64(whole[-1])) if whole[-1] else 0
        taken.append(int(np.searchsorted(whole, at, side="right")) if whole[-1] else len(taken))
    return points[taken]


def nearest(points: Points, middles: Points) -> Numbers:
    """The middle that each point is nearest to; of equally near ones the first."""
    return np.concatenate(
        [np.zeros(0, np.int64), *(found.argmax(axis=1) for _, found in products(points, middles))]
    )


def _middles(points: Points, labels: Numbers, before: Points) -> Points:
    """The middle of each cluster; one that lost all points stays where it was."""
    order = np.argsort(labels, kind="stable")
    there, begins = np.unique(labels[order], return_index=True)
    moved = before.copy()
    moved[there] = scaled(np.add.reduceat(points[order], begins, axis=0, dtype=np.int64))
    return moved


def levelled(sizes: Numbers, count: int) -> Numbers:
    """How many each cluster gives, of `count` together: the same of all, or all that a small one has."""
    low, high = 0, int(sizes.max(initial=0))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if np.minimum(sizes, middle).sum() <= count else (low, middle - 1)
    given = np.minimum(sizes, low)
    more = np.argsort(-(sizes - given), kind="stable")[: max(0, min(count, sizes.sum()) - int(given.sum()))]
    given[more] += 1
    return given


def farthest(points: Points, middle: Points, count: int) -> Numbers:
    """Some points: the one nearest to the middle, then always the one that is least like all taken so far."""
    if not len(points):
        return np.zeros(0, np.int64)
    floats = points.astype(np.float32)
    likeness = np.full(len(points), -np.inf, np.float32)
    taken, last = [], int((floats @ middle.astype(np.float32)).argmax())
    for _ in range(min(count, len(points))):
        taken.append(last)
        likeness = np.maximum(likeness, floats @ floats[last])
        likeness[taken[-1]] = np.inf
        last = int(likeness.argmin())
    return np.array(taken, np.int64)


def near_others(points: Points, likeness: float) -> tuple[int, int]:
    """How many points of a cluster have another one this alike (cosine), and how many were compared."""
    points = points[:_COMPARED]
    near = 0
    for first, found in products(points, points):
        rows = np.arange(len(found))
        found[rows, first + rows] = -np.inf
        near += int((found.max(axis=1) >= likeness * LENGTH * LENGTH).sum()) if len(points) > 1 else 0
    return near, len(points)


def members(labels: Numbers, count: int) -> list[Numbers]:
    """Numbers of the points of each cluster, ascending."""
    order = np.argsort(labels, kind="stable")
    return list(np.split(order, np.cumsum(np.bincount(labels, minlength=count))[:-1]))
