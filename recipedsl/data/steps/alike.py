"""All pairs of sets that are alike, exactly: sets of n-grams counted, filtered by prefixes, compared.

Most rows are like no other, and that shows without comparing them. Members of all rows are counted, by
their hash, in a table. A member that is alone in its place of the table is in no other row. Of a set of n
members, at least `threshold * n` have to be in one other set for the two to be that alike; so a row of
which more than `(1 - threshold) * n` members stand alone is like no other row, and is left out. Two members
that share a place by chance only make rows stay that could go. What is left is counted again among itself.

The Jaccard similarity of two sets is the size of what they share over the size of what they have
together. All pairs at or above a threshold are found without comparing all pairs: with the members of
every set in one order, rarest first, two sets can only be that alike when they share one of their
first `n - ceil(threshold * n) + 1` members (prefix filter: Chaudhuri, Ganti and Kaushik, "A primitive
operator for similarity joins in data cleaning", ICDE 2006; Bayardo, Ma and Srikant, "Scaling up all
pairs similarity search", WWW 2007) and are of like size. What passes is compared in full, so no pair
is missed and none is found that is not one, and there is no draw in it. MinHash with 9 bands of 13 rows,
as is common for 0.8, misses (1 - 0.8^13)^9 = 60% of the pairs at that threshold; 32 bands of 4 rows miss
(1 - 0.8^4)^32 = 5 in 100 million, and take longer than this, for rows of the sizes that models are tuned on.

Members are 44-bit hashes, so that one number holds a member beside the number of its set and NumPy's
sort of plain numbers does the rest. Two texts of a thousand n-grams each meet by chance in one member
in about one of ten million pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recipedsl.data.draw import mixed

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

MEMBER_BITS = 44
SETS_AT_ONCE = 1 << 12  # what is left of 64 bits beside a member and one byte of its rarity
_RARITY_BITS = 8
_MOST_RARITY = (1 << _RARITY_BITS) - 1
_EXACT = 64  # up to which a member's sets are told one by one
_STEPS = 12  # of rarity from there to twice as many
_MEMBER = np.uint64((1 << MEMBER_BITS) - 1)
_PAIRS_AT_ONCE = 1 << 21
_COMPARED_AT_ONCE = 1 << 22  # members, 32 MB
_MOST_BUCKETS = 1 << 25
_LEAST_BITS, _MOST_BITS = 10, 28  # of the table that members are counted in: 256 MB at most
_ENOUGH = 0.9  # of the rows that are left when no other round is worth its time
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

    def of(self, chosen: Numbers) -> Sets:
        """Some of the sets."""
        return Sets(self._taken(chosen)[1], _ends(self.sizes[chosen]))


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


def together(parts: Iterable[Sets]) -> Sets:
    """Sets one behind another."""
    found = list(parts)
    if not found:
        return Sets(np.zeros(0, np.uint64), np.zeros(1, np.int64))
    sizes = np.concatenate([each.sizes for each in found])
    return Sets(np.concatenate([each.members for each in found]), _ends(sizes))


@dataclass(frozen=True)
class Bag:
    """Members of some rows as they come, with repetition, one row behind the other.

    Attributes:
        members: 64-bit hashes with all bits spread.
        sizes: members of each row, shape (rows,).
    """

    members: Hashes
    sizes: Numbers

    def of(self, kept: npt.NDArray[np.bool_]) -> Bag:
        """Some of the rows."""
        return Bag(self.members[np.repeat(kept, self.sizes)], self.sizes[kept])

    def sums(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Sum of the values of each row's members, modulo 2^64 for hashes."""
        whole = np.concatenate([np.zeros(1, values.dtype), np.cumsum(values, dtype=values.dtype)])
        ends = _ends(self.sizes)
        return np.asarray(whole[ends[1:]] - whole[ends[:-1]])


@dataclass
class Groups:
    """Rows in groups: those that are linked, over others too, have one label.

    Attributes:
        labels: for each row the lowest number of a row of its group; shape (rows,).
    """

    labels: Numbers

    def link(self, left: Numbers, right: Numbers) -> None:
        """Puts the groups of each pair together: the lower label wins until nothing changes."""
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


def grouped(bags: list[Bag], threshold: float) -> Numbers:
    """Groups of rows that are alike at or above a threshold above 0, or linked by such.

    The groups do not depend on the order of the rows. A pair whose groups are one already is not
    compared, so that thousands of rows from one template cost no square of their number. The bags are
    taken out of the list, so that what is not needed any more is not held.

    Returns:
        For each row the lowest number of a row of its group; shape (rows,).
    """
    equals = first_of(np.concatenate([np.zeros(0, np.uint64), *map(marks_of, bags)]))
    is_first = equals == np.arange(len(equals))
    chosen = np.flatnonzero(is_first)
    chosen = chosen[_hopeful(bags, is_first, threshold)]
    sets = together(map(sets_of, bags))
    bags.clear()
    labels = np.arange(len(equals))
    labels[chosen] = chosen[linked(sets, _prefixes(sets, threshold), threshold)]
    return labels[equals]


@dataclass(frozen=True)
class Prefixes:
    """The rarest members of sets, as many as decide which of them may be alike.

    Attributes:
        owners: numbers of the sets.
        members: one of each.
        behind: how many members of that set stand behind this one, in the order of rarity.
    """

    owners: Numbers
    members: Hashes
    behind: Numbers

    def of(self, chosen: npt.NDArray[Any]) -> Prefixes:
        """Some of them, or all in another order."""
        return Prefixes(self.owners[chosen], self.members[chosen], self.behind[chosen])


def linked(sets: Sets, rarest: Prefixes, threshold: float) -> Numbers:
    """Groups of the sets, by comparing those that may be alike.

    Args:
        sets: the sets.
        rarest: their prefixes, or those with members of one range alone; see `prefixes`.
        threshold: above 0.

    Returns:
        For each set the lowest number of a set of its group; shape (sets,).
    """
    groups = Groups(np.arange(len(sets), dtype=np.int64))
    for left, right in _candidates(sets, rarest, threshold):
        _compare(sets, groups, left, right, threshold)
    return groups.labels


def marks_of(bag: Bag) -> Hashes:
    """A number for each row that is the same where the members are: made of their sum and number."""
    return mixed(bag.sums(bag.members) ^ mixed(bag.sizes.astype(np.uint64)))


def first_of(marks: Hashes) -> Numbers:
    """For each row the first that has the same mark."""
    _, first, numbers = np.unique(marks, return_index=True, return_inverse=True)
    return np.asarray(first[numbers], np.int64)


# --- which rows may be like any other -----------------------------------------------------------------


def _hopeful(bags: list[Bag], kept: npt.NDArray[np.bool_], threshold: float) -> npt.NDArray[np.bool_]:
    """Which of the kept rows may be like another; `bags` are left with those alone."""
    hopeful = np.ones(int(kept.sum()), bool)
    while True:
        _keep(bags, kept)
        before = len(kept)
        kept = _shared_enough(bags, threshold)
        hopeful[np.flatnonzero(hopeful)[~kept]] = False
        # Another round takes what was like rows that are gone; when few went, few more will.
        if kept.sum() >= _ENOUGH * before:
            _keep(bags, kept)
            return hopeful


def _keep(bags: list[Bag], kept: npt.NDArray[np.bool_]) -> None:
    done = 0
    for number, bag in enumerate(bags):
        rows = kept[done : done + len(bag.sizes)]
        done += len(bag.sizes)
        bags[number] = bag if rows.all() else bag.of(rows)


def _shared_enough(bags: list[Bag], threshold: float) -> npt.NDArray[np.bool_]:
    """Which rows share so many members with any other rows that they may be like one."""
    members = sum(len(bag.members) for bag in bags)
    bits = int(np.clip((4 * members).bit_length(), _LEAST_BITS, _MOST_BITS))
    shift = np.uint64(64 - bits)
    alone = _counted(bags, bits, shift) == 1
    found = [np.zeros(0, bool)]
    for bag in bags:
        lonely = bag.sums(alone[(bag.members >> shift).astype(np.uint32)].astype(np.int64))
        found.append(lonely <= bag.sizes * (1 - threshold) + _ROUNDING)
    return np.concatenate(found)


def _counted(bags: list[Bag], bits: int, shift: np.uint64) -> npt.NDArray[np.uint8]:
    """How many members have their place here, for each place of a table; 2 are as good as more."""
    table = np.zeros(1 << bits, np.uint8)
    for bag in bags:
        # In order, a table far larger than the caches is read and written twice as fast.
        places = (bag.members >> shift).astype(np.uint32)
        places.sort()
        again = places[1:] == places[:-1]
        first = places[np.concatenate([[True], ~again])] if len(places) else places
        table[first] = np.minimum(table[first] + np.uint8(1), 2)
        table[places[1:][again]] = 2
    return table


def sets_of(bag: Bag) -> Sets:
    """The members of each row without repetition."""
    return together(_set_of(part) for part in _pieces(bag))


def _pieces(bag: Bag) -> Iterator[Bag]:
    """The rows of a bag, so many at a time that their numbers fit beside a member."""
    ends = _ends(bag.sizes)
    for first in range(0, len(bag.sizes), SETS_AT_ONCE):
        sizes = bag.sizes[first : first + SETS_AT_ONCE]
        yield Bag(bag.members[ends[first] : ends[first + len(sizes)]], sizes)


def _set_of(bag: Bag) -> Sets:
    return set_of(np.repeat(np.arange(len(bag.sizes)), bag.sizes), bag.members, len(bag.sizes))


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


def _candidates(sets: Sets, rarest: Prefixes, threshold: float) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs of sets that share a member of their prefixes, are of like size, and have enough behind it.

    Two sets share no more than this member and what stands behind it in the shorter rest, unless they
    share a rarer one, at which they are looked at as well (the positional filter of Xiao et al.,
    "Efficient similarity joins for near duplicate detection", WWW 2008).
    """
    found = rarest.of(np.lexsort((rarest.owners, sets.sizes[rarest.owners], rarest.members)))
    owners, members, behind, sizes = found.owners, found.members, found.behind, sets.sizes[found.owners]
    numbers = np.cumsum(np.concatenate([[0], members[1:] != members[:-1]])) if len(members) else sizes
    # Behind a set in its group stand larger ones, up to the size beyond which none can be alike.
    width = int(sizes.max(initial=0)) + 1
    limits = np.minimum(np.floor(sizes / threshold + _ROUNDING).astype(np.int64), width - 1)
    ends = np.searchsorted(numbers * width + sizes, numbers * width + limits, side="right")
    counts = ends - np.arange(len(owners)) - 1
    for first, last in _blocks(counts):
        places, others = _spread(np.arange(first, last) + 1, counts[first:last])
        places += first
        needed = (sizes[places] + sizes[others]) * (threshold / (1 + threshold)) - _ROUNDING
        enough = np.minimum(behind[places], behind[others]) + 1 >= needed
        yield _distinct(owners[places[enough]], owners[others[enough]], len(sets))


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


def _prefixes(sets: Sets, threshold: float) -> Prefixes:
    """The prefix of each set.

    Rarity is counted in buckets of members, which is nearly as good as by member and many times smaller.
    """
    bits = min(_MOST_BUCKETS, max(1 << 10, 2 * len(sets.members))).bit_length() - 1
    shift = np.uint64(MEMBER_BITS - bits)
    buckets = (sets.members >> shift).astype(np.int64)
    return prefixes(sets, rarity_of(np.bincount(buckets, minlength=1 << bits))[buckets], threshold)


def rarity_of(counts: Numbers) -> npt.NDArray[np.uint8]:
    """Numbers of sets in one byte: one by one up to 64, in steps of a twelfth of a doubling from there."""
    steps = np.log2(np.maximum(counts, _EXACT) / _EXACT) * _STEPS
    rarity: npt.NDArray[np.uint8] = np.minimum(np.minimum(counts, _EXACT) + steps, _MOST_RARITY).astype(
        np.uint8
    )
    return rarity


def prefixes(sets: Sets, rarity: npt.NDArray[np.uint8], threshold: float) -> Prefixes:
    """The rarest members of each set, as many as the filter needs, without those of one set alone.

    Any order that is the same for all sets is right.

    Args:
        sets: the sets.
        rarity: for each of their members how many sets of all have it, see `rarity_of`.
        threshold: above 0.
    """
    return all_prefixes([_prefix(sets, part, rarity[piece], threshold) for part, piece in _parts(sets)])


def all_prefixes(parts: list[Prefixes]) -> Prefixes:
    """Prefixes one behind the other."""
    no_numbers = np.zeros(0, np.int64)
    return Prefixes(
        np.concatenate([no_numbers, *(each.owners for each in parts)]),
        np.concatenate([np.zeros(0, np.uint64), *(each.members for each in parts)]),
        np.concatenate([no_numbers, *(each.behind for each in parts)]),
    )


def _prefix(sets: Sets, chosen: Numbers, rarity: npt.NDArray[np.uint8], threshold: float) -> Prefixes:
    sizes = sets.sizes[chosen]
    members = sets.members[sets.starts[chosen[0]] : sets.starts[chosen[-1] + 1]]
    owners = np.repeat(np.arange(len(chosen)), sizes)
    keys = _keys((owners << _RARITY_BITS) | rarity, members)
    keys.sort()
    needed = sizes - np.ceil(sizes * threshold - _ROUNDING).astype(np.int64) + 1
    within = np.arange(len(keys)) - np.repeat(_ends(sizes)[:-1], sizes)
    shared = (keys >> np.uint64(MEMBER_BITS)) & np.uint64(_MOST_RARITY) > np.uint64(1)
    kept = (within < np.repeat(needed, sizes)) & shared
    behind = np.repeat(sizes, sizes) - within - 1
    return Prefixes(chosen[owners[kept]], keys[kept] & _MEMBER, behind[kept])


def hopeful(sets: Sets, rarity: npt.NDArray[np.uint8], threshold: float) -> npt.NDArray[np.bool_]:
    """Which sets share so many members with any others that they may be like one.

    Args:
        sets: the sets.
        rarity: as `prefixes` has it.
        threshold: above 0.
    """
    lonely = np.concatenate([[0], np.cumsum(rarity == 1)])
    alone = lonely[sets.starts[1:]] - lonely[sets.starts[:-1]]
    return np.asarray(alone <= sets.sizes * (1 - threshold) + _ROUNDING)


def _parts(sets: Sets) -> Iterator[tuple[Numbers, slice]]:
    """The sets, a part at a time, and where their members are."""
    for first in range(0, len(sets), SETS_AT_ONCE):
        part = np.arange(first, min(first + SETS_AT_ONCE, len(sets)))
        yield part, slice(sets.starts[first], sets.starts[part[-1] + 1])


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
