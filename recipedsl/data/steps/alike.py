"""All pairs of sets that are alike, exactly: sets of n-grams folded, filtered by prefixes, compared.

The Jaccard similarity of two sets is the size of what they share over the size of what they have
together. All pairs at or above a threshold are found without comparing all pairs: with the members of
every set in one order, rarest first, two sets can only be that alike when they share one of their
first `n - ceil(threshold * n) + 1` members (prefix filter: Chaudhuri, Ganti and Kaushik, "A primitive
operator for similarity joins in data cleaning", ICDE 2006; Bayardo, Ma and Srikant, "Scaling up all
pairs similarity search", WWW 2007) and are of like size. What passes is compared in full, so no pair
is missed and none is found that is not one, and there is no draw in it. MinHash would miss some of the
pairs near the threshold and is hardly faster, for rows of the sizes that models are tuned on.

Members are 44-bit hashes, so that one number holds a member beside the number of its set and NumPy's
sort of plain numbers does the rest. Two texts of a thousand n-grams each meet by chance in one member
in about one of ten million pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

MEMBER_BITS = 44
SETS_AT_ONCE = 1 << 12  # what is left of 64 bits beside a member and one byte of its rarity
_RARITY_BITS = 8
_MEMBER = np.uint64((1 << MEMBER_BITS) - 1)
_PAIRS_AT_ONCE = 1 << 21
_COMPARED_AT_ONCE = 1 << 22  # members, 32 MB
_MOST_BUCKETS = 1 << 25
#: Shares are floats: 0.85 * 20 is 17, not 17.000000000000004.
_ROUNDING = 1e-9


@dataclass
class Sets:
    """Sets of members, one behind another.

    Attributes:
        members: all members, each set's without repetition and ascending.
        starts: where each set begins in `members`, and where the last ends; shape (sets + 1,).
    """

    members: Hashes
    starts: Numbers

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def sizes(self) -> Numbers:
        """Members of each set, shape (sets,)."""
        return np.diff(self.starts)

    def likeness(self, left: Numbers, right: Numbers) -> npt.NDArray[np.float64]:
        """Jaccard similarity of each pair of sets, shape (pairs,); 1 for two empty ones."""
        shared = self._shared(left, right)
        together = self.sizes[left] + self.sizes[right] - shared
        return np.where(together > 0, shared / np.maximum(together, 1), 1.0)

    def _shared(self, left: Numbers, right: Numbers) -> Numbers:
        """How many members each pair shares: those that stand twice when a pair's members are sorted."""
        found = np.zeros(len(left), np.int64)
        step = SETS_AT_ONCE << _RARITY_BITS
        for first in range(0, len(left), step):
            part = slice(first, first + step)
            (one, mine), (other, theirs) = self._taken(left[part]), self._taken(right[part])
            # No two members of one set are equal, so equal neighbours are one of each.
            keys = np.concatenate([_keys(one, mine), _keys(other, theirs)])
            keys.sort()
            twice = keys[1:][keys[1:] == keys[:-1]] >> np.uint64(MEMBER_BITS)
            found[part] = np.bincount(twice.astype(np.int64), minlength=len(left[part]))
        return found

    def _taken(self, chosen: Numbers) -> tuple[Numbers, Hashes]:
        """Members of the chosen sets, with the place of the set that each is of."""
        owners, places = _spread(self.starts[chosen], self.sizes[chosen])
        return owners, self.members[places]


def set_of(owners: Numbers, members: Hashes, count: int) -> Sets:
    """Sets from members with the number of the set that each is of.

    Args:
        owners: below `SETS_AT_ONCE`.
        members: 64-bit hashes, of which the lower 44 bits are kept.
        count: how many sets there are.
    """
    keys = _keys(owners, members & _MEMBER)
    keys.sort()
    keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if len(keys) else keys
    sizes = np.bincount((keys >> np.uint64(MEMBER_BITS)).astype(np.int64), minlength=count)
    return Sets(keys & _MEMBER, _ends(sizes))


def together(parts: list[Sets]) -> Sets:
    """Sets one behind another."""
    if not parts:
        return Sets(np.zeros(0, np.uint64), np.zeros(1, np.int64))
    sizes = np.concatenate([each.sizes for each in parts])
    return Sets(np.concatenate([each.members for each in parts]), _ends(sizes))


@dataclass
class Groups:
    """Rows in groups: those that are linked, over others too, have one label.

    Attributes:
        labels: for each row the lowest number of a row of its group; shape (rows,).
        links: pairs that were found alike.
    """

    labels: Numbers
    links: int = field(default=0)

    def link(self, left: Numbers, right: Numbers) -> None:
        """Puts the groups of each pair together: the lower label wins until nothing changes."""
        self.links += len(left)
        while True:
            low = np.minimum(self.labels[left], self.labels[right])
            if (self.labels[left] == low).all() and (self.labels[right] == low).all():
                return
            for side in (left, right):
                np.minimum.at(self.labels, self.labels[side], low)
            while not np.array_equal(self.labels, self.labels[self.labels]):
                self.labels = self.labels[self.labels]

    def apart(self, left: Numbers, right: Numbers) -> npt.NDArray[np.bool_]:
        """Which pairs are of two groups."""
        return np.asarray(self.labels[left] != self.labels[right])


def grouped(sets: Sets, threshold: float) -> Groups:
    """Groups of sets that are alike at or above a threshold above 0, or linked by such.

    The groups do not depend on the order of the sets. A pair whose groups are one already is not
    compared, so that thousands of rows from one template cost no square of their number.
    """
    groups = _equal(sets)
    if threshold < 1:
        alone = np.flatnonzero(groups.labels == np.arange(len(sets)))
        for left, right in _candidates(sets, alone, threshold):
            _compare(sets, groups, left, right, threshold)
    return groups


def _equal(sets: Sets) -> Groups:
    """Equal sets as groups, told by size, sum and mixed sum of their members."""
    groups = Groups(np.arange(len(sets), dtype=np.int64))
    mixed = sets.members * np.uint64(0x9E37_79B9_7F4A_7C15)
    mixed ^= mixed >> np.uint64(29)
    marks = np.stack([_sums(sets, sets.members), _sums(sets, mixed), sets.sizes.astype(np.uint64)], axis=1)
    _, first, numbers = np.unique(marks, axis=0, return_index=True, return_inverse=True)
    earlier = first[numbers.reshape(-1)]
    again = np.flatnonzero(earlier != groups.labels)
    groups.link(earlier[again], again)
    return groups


def _sums(sets: Sets, values: Hashes) -> Hashes:
    """Sum of the values of each set, modulo 2^64."""
    whole = np.concatenate([np.zeros(1, np.uint64), np.cumsum(values, dtype=np.uint64)])
    return np.asarray(whole[sets.starts[1:]] - whole[sets.starts[:-1]])


def _compare(sets: Sets, groups: Groups, left: Numbers, right: Numbers, threshold: float) -> None:
    """Links the pairs that are alike, a few at a time: each link makes others needless to compare."""
    while True:
        open_ = groups.apart(left, right)
        left, right = left[open_], right[open_]
        if not len(left):
            return
        work = np.cumsum(sets.sizes[left] + sets.sizes[right])
        now = max(1, int(np.searchsorted(work, _COMPARED_AT_ONCE, side="right")))
        alike = sets.likeness(left[:now], right[:now]) >= threshold - _ROUNDING
        groups.link(left[:now][alike], right[:now][alike])
        left, right = left[now:], right[now:]


# --- which pairs may be alike ------------------------------------------------------------------------


def _candidates(sets: Sets, chosen: Numbers, threshold: float) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs of the chosen sets that share a member of their prefixes and are of like size."""
    owners, members = _prefixes(sets, chosen, threshold)
    sizes = sets.sizes[owners]
    order = np.lexsort((owners, sizes, members))
    owners, members, sizes = owners[order], members[order], sizes[order]
    numbers = np.cumsum(np.concatenate([[0], members[1:] != members[:-1]])) if len(members) else sizes
    # Behind a set in its group stand larger ones, up to the size beyond which none can be alike.
    width = int(sizes.max(initial=0)) + 1
    limits = np.minimum(np.floor(sizes / threshold + _ROUNDING).astype(np.int64), width - 1)
    ends = np.searchsorted(numbers * width + sizes, numbers * width + limits, side="right")
    counts = ends - np.arange(len(owners)) - 1
    for first, last in _blocks(counts):
        places, others = _spread(np.arange(first, last) + 1, counts[first:last])
        yield _distinct(owners[first + places], owners[others], len(sets))


def _distinct(left: Numbers, right: Numbers, count: int) -> tuple[Numbers, Numbers]:
    keys = np.unique(np.minimum(left, right) * count + np.maximum(left, right))
    return keys // count, keys % count


def _blocks(counts: Numbers) -> Iterator[tuple[int, int]]:
    """Ranges with about `_PAIRS_AT_ONCE` pairs each; ranges without any are left out."""
    done, first = np.concatenate([[0], np.cumsum(counts)]), 0
    while first < len(counts) and done[first] < done[-1]:
        last = max(first + 1, int(np.searchsorted(done, done[first] + _PAIRS_AT_ONCE, side="right")) - 1)
        if done[last] > done[first]:
            yield first, last
        first = last


def _prefixes(sets: Sets, chosen: Numbers, threshold: float) -> tuple[Numbers, Hashes]:
    """The rarest members of each chosen set, as many as the filter needs, without those of one set alone.

    Any order that is the same for all sets is right. Rarity is counted in buckets of members, which is
    nearly as good as by member and many times smaller.
    """
    bits = min(_MOST_BUCKETS, max(1 << 10, 2 * len(sets.members))).bit_length() - 1
    shift = np.uint64(MEMBER_BITS - bits)
    rarity = np.bincount((sets.members >> shift).astype(np.int64), minlength=1 << bits)
    found = [_prefix(sets, part, members, rarity, shift, threshold) for part, members in _parts(sets, chosen)]
    owners = [each[0] for each in found] or [np.zeros(0, np.int64)]
    return np.concatenate(owners), np.concatenate([each[1] for each in found] or [np.zeros(0, np.uint64)])


def _prefix(
    sets: Sets, chosen: Numbers, members: Hashes, rarity: Numbers, shift: np.uint64,
    threshold: float,
) -> tuple[Numbers, Hashes]:  # fmt: skip
    sizes = sets.sizes[chosen]
    owners = np.repeat(np.arange(len(chosen)), sizes)
    common = np.minimum(rarity[(members >> shift).astype(np.int64)], (1 << _RARITY_BITS) - 1)
    keys = _keys((owners << _RARITY_BITS) | common, members)
    keys.sort()
    needed = sizes - np.ceil(sizes * threshold - _ROUNDING).astype(np.int64) + 1
    within = np.arange(len(keys)) - np.repeat(_ends(sizes)[:-1], sizes)
    shared = (keys >> np.uint64(MEMBER_BITS)) & np.uint64((1 << _RARITY_BITS) - 1) > np.uint64(1)
    kept = (within < np.repeat(needed, sizes)) & shared
    return chosen[owners[kept]], keys[kept] & _MEMBER


def _parts(sets: Sets, chosen: Numbers) -> Iterator[tuple[Numbers, Hashes]]:
    """The chosen sets, a part at a time, with their members."""
    for first in range(0, len(chosen), SETS_AT_ONCE):
        part = chosen[first : first + SETS_AT_ONCE]
        _, places = _spread(sets.starts[part], sets.sizes[part])
        yield part, sets.members[places]


# --- numbers ------------------------------------------------------------------------------------------


def _keys(owners: Numbers, members: Hashes) -> Hashes:
    """Numbers that sort by owner, then member."""
    return (owners.astype(np.uint64) << np.uint64(MEMBER_BITS)) | members


def _ends(sizes: Numbers) -> Numbers:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])


def _spread(starts: Numbers, counts: Numbers) -> tuple[Numbers, Numbers]:
    """Ranges of numbers written out: for each number the place of its range, and the number itself."""
    owners = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    within = np.arange(len(owners), dtype=np.int64) - np.repeat(_ends(counts)[:-1], counts)
    return owners, starts[owners] + within
