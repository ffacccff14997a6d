"""Near duplicates by several workers: what `steps.alike` finds on one machine, by exchange of keys.

Each shard turns its rows into sets of n-grams. Their members are dealt out by their numbers: whoever has a
range of them counts which stand in several rows. By these counts each shard leaves out the rows that can be
like no other one, and tells of the rest the rarest members. Whoever has a range of these compares the rows
that meet in it, whatever shards they are from, and tells which are alike. The pairs are put together into
groups, which are those of one machine: both find all pairs, and no other ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.sharding.jobs import fresh
from recipedsl.data.sharding.shards import Numbers, Rows, Shard
from recipedsl.data.sharding.workers import refusing
from recipedsl.data.steps import alike, near
from recipedsl.data.steps.alike import Hashes
from recipedsl.data.steps.rows import near_by, worth_of
from recipedsl.plan.model import StepSpec

_MEMBERS = 1 << 24  # that one worker counts at a time, 128 MB


def _load(folder: Path, name: str) -> npt.NDArray[Any]:
    """An array of a folder, read as far as it is looked at."""
    loaded: npt.NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r")
    return loaded


def _save(folder: Path, **arrays: npt.NDArray[Any]) -> None:
    for name, each in arrays.items():
        np.save(folder / f"{name}.npy", each)


def _sets(folder: Path) -> alike.Sets:
    return alike.Sets(_load(folder, "members"), _load(folder, "starts"))


def _bounds(members: Hashes, count: int) -> Numbers:
    """Where each of so many ranges of members begins among sorted ones, and where the last ends."""
    edges = np.arange(count + 1, dtype=np.uint64) * np.uint64(-(-(1 << alike.MEMBER_BITS) // count))
    return np.searchsorted(members, edges).astype(np.int64)


# --- rows as sets -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gather:
    """Rows to be turned into sets, and the columns that it takes."""

    shard: Shard
    columns: tuple[str, ...]
    step: StepSpec
    scratch: Path


@dataclass(frozen=True)
class Gathered:
    """Sets in a folder.

    Attributes:
        folder: of the sets.
        marks: for each row a number that is the same where all is.
        worth: of the rows, where it decides which of them stays.
        members: of all sets.
    """

    folder: Path
    marks: Hashes
    worth: npt.NDArray[Any] | None
    members: int


@refusing
def gather(job: Gather) -> Gathered:
    """Turns rows into sets."""
    rows = job.shard.frame(job.columns)
    reading, by = near_by(job.step, rows)
    compared = rows.select(by)
    bags = near.bags_of(compared, reading)
    marks = np.concatenate([np.zeros(0, np.uint64), *map(alike.marks_of, bags)])
    sets = alike.together(map(alike.sets_of, bags))
    folder = fresh(job.scratch)
    _save(folder, members=sets.members, starts=sets.starts)
    return Gathered(folder, marks, worth_of(compared), len(sets.members))


# --- members counted ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deal:
    """Sets of which those of some rows are to be dealt out, by their members, over so many workers."""

    folder: Path
    rows: Numbers
    count: int
    scratch: Path


@dataclass(frozen=True)
class Dealt:
    """A folder with sorted members, and where the range of each worker begins and ends."""

    folder: Path
    bounds: Numbers

    def of(self, place: int, name: str = "dealt") -> npt.NDArray[Any]:
        """What a worker gets."""
        return _load(self.folder, name)[self.bounds[place] : self.bounds[place + 1]]


@refusing
def deal(job: Deal) -> Dealt:
    """Sorts members."""
    sets, folder = _sets(job.folder).of(job.rows), fresh(job.scratch)
    dealt = np.sort(sets.members)
    _save(folder, members=sets.members, starts=sets.starts, dealt=dealt)
    return Dealt(folder, _bounds(dealt, job.count))


@dataclass(frozen=True)
class Count:
    """Members of all shards, of which one worker counts a range."""

    dealt: tuple[Dealt, ...]
    place: int
    scratch: Path


@refusing
def count(job: Count) -> Path:
    """A folder with the members of the range that stand in several sets, and how rare they are."""
    found = np.sort(np.concatenate([each.of(job.place) for each in job.dealt]))
    members, counts = np.unique(found, return_counts=True)
    several = counts > 1
    folder = fresh(job.scratch)
    _save(folder, members=members[several], rarity=alike.rarity_of(counts[several]))
    return folder


# --- rows that may be alike ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Choose:
    """Sets of which those that may be like another are wanted.

    Attributes:
        folder: of the sets.
        places: of their rows among all.
        counted: folders of counted members, by range.
        threshold: above 0.
    """

    folder: Path
    places: Numbers
    counted: tuple[Path, ...]
    threshold: float
    scratch: Path


@refusing
def choose(job: Choose) -> Dealt:
    """A folder with the sets that may be like another, and their rarest members, sorted."""
    whole = _sets(job.folder)
    rarity = _rarity(whole.members, job.counted)
    hopeful = alike.hopeful(whole, rarity, job.threshold)
    sets = whole.of(np.flatnonzero(hopeful))
    kept = rarity[np.repeat(hopeful, whole.sizes)]
    rarest = alike.prefixes(sets, kept, job.threshold)
    rarest, folder = rarest.of(np.argsort(rarest.members, kind="stable")), fresh(job.scratch)
    _save(folder, members=sets.members, starts=sets.starts, places=job.places[hopeful])
    _save(folder, owners=rarest.owners, dealt=rarest.members, behind=rarest.behind)
    return Dealt(folder, _bounds(rarest.members, len(job.counted)))


def _rarity(members: Hashes, counted: Sequence[Path]) -> npt.NDArray[np.uint8]:
    """For each member how rare it is; those that are not told of stand in one set."""
    found = np.ones(len(members), np.uint8)
    for folder in counted:
        known, rarity = _load(folder, "members"), _load(folder, "rarity")
        if len(known):
            place = np.minimum(np.searchsorted(known, members), len(known) - 1)
            there = np.flatnonzero(known[place] == members)
            found[there] = rarity[place[there]]
    return found


@dataclass(frozen=True)
class Compare:
    """Rare members of all shards: one worker compares the rows that meet in a range of them."""

    chosen: tuple[Dealt, ...]
    place: int
    threshold: float


@refusing
def compare(job: Compare) -> tuple[Numbers, Numbers]:
    """Places of rows that are alike, or over others: each with the first of its group."""
    met = _met(job)
    needed, owners = np.unique(met.owners, return_inverse=True)
    firsts = np.cumsum([0, *(len(_load(each.folder, "places")) for each in job.chosen)])
    parts = np.split(needed, np.searchsorted(needed, firsts[1:-1]))
    here = [part - first for part, first in zip(parts, firsts.tolist(), strict=False)]
    sets = alike.together(_sets(each.folder).of(rows) for each, rows in zip(job.chosen, here, strict=True))
    places = np.concatenate(
        [_load(each.folder, "places")[rows] for each, rows in zip(job.chosen, here, strict=True)]
    )
    labels = alike.linked(sets, replace(met, owners=owners), job.threshold)
    linked = np.flatnonzero(labels != np.arange(len(labels)))
    return places[linked], places[labels[linked]]


def _met(job: Compare) -> alike.Prefixes:
    """The members of the range that several sets have, with the numbers of the sets, counted through all."""
    parts, first = list[alike.Prefixes](), 0
    for each in job.chosen:
        owners, behind = each.of(job.place, "owners") + first, each.of(job.place, "behind")
        parts.append(alike.Prefixes(owners, each.of(job.place), behind))
        first += len(_load(each.folder, "places"))
    found = alike.all_prefixes(parts)
    _, numbers, counts = np.unique(found.members, return_inverse=True, return_counts=True)
    return found.of(counts[numbers] > 1)


# --- what people see ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Show:
    """Rows that are shown, in order, and which of them fell to which."""

    shards: tuple[Shard, ...]
    fallen: near.Fallen
    step: StepSpec


@refusing
def show(job: Show) -> list[dict[str, Any]]:
    """The first rows that fell, as the facts have them."""
    rows = pl.concat([each.frame() for each in job.shards], how="vertical")
    reading, by = near_by(job.step, rows)
    return near.examples(rows.select(by).collect(), reading, job.fallen)


# --- all of it ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Likeness:
    """A search for near duplicates.

    Attributes:
        step: `dedup` with `near`, its columns named.
        columns: that it reads.
        each: carries out jobs.
        workers: how many jobs are done at a time.
        scratch: where workers put what they make.
    """

    step: StepSpec
    columns: tuple[str, ...]
    each: Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]
    workers: int
    scratch: Path

    def found(self, rows: Rows) -> tuple[Numbers, Mapping[str, Any]]:
        """Places of the rows that stay, ascending, and the facts of the search."""
        dealt = list(rows.dealt())
        asked = [Gather(shard, self.columns, self.step, self.scratch) for shard, _ in dealt]
        gathered = self.each(gather, asked)
        places = [each for _, each in dealt]
        equals = alike.first_of(_at(places, [each.marks for each in gathered]))
        groups = alike.Groups(np.arange(len(equals)))
        for left, right in self._alike(gathered, places, equals == np.arange(len(equals))):
            groups.link(left, right)
        labels = groups.labels[equals]
        worth = None if gathered[0].worth is None else _at(places, [each.worth for each in gathered])
        stays = near.stays_of(labels, self.step.settings.get("keep", "first"), worth)
        return np.flatnonzero(stays == np.arange(len(stays))), self._facts(rows, labels, stays)

    def _alike(
        self, gathered: Sequence[Gathered], places: Sequence[Numbers], different: npt.NDArray[np.bool_]
    ) -> Iterator[tuple[Numbers, Numbers]]:
        """Places of rows that are alike, of those that are different."""
        ranges = max(self.workers, -(-sum(each.members for each in gathered) // _MEMBERS))
        kept = [np.flatnonzero(different[each]) for each in places]
        asked = zip(gathered, kept, strict=True)
        dealt = tuple(
            self.each(deal, [Deal(each.folder, rows, ranges, self.scratch) for each, rows in asked])
        )
        counted = tuple(self.each(count, [Count(dealt, place, self.scratch) for place in range(ranges)]))
        threshold = float(self.step.settings["near"])
        chosen = self.each(
            choose,
            [
                Choose(each.folder, of[rows], counted, threshold, self.scratch)
                for each, of, rows in zip(dealt, places, kept, strict=True)
            ],
        )
        return iter(self.each(compare, [Compare(tuple(chosen), place, threshold) for place in range(ranges)]))

    def _facts(self, rows: Rows, labels: Numbers, stays: Numbers) -> Mapping[str, Any]:
        fallen = near.Fallen.of(stays)
        examples: list[dict[str, Any]] = []
        if len(fallen.rows):
            shown = _in_order(rows.taken(fallen.numbers))
            (examples,) = self.each(show, [Show(shown, fallen, self.step)])
        return near.facts_of(labels, examples)


def _at(places: Sequence[Numbers], values: Sequence[Any]) -> npt.NDArray[Any]:
    """Values of the rows of several shards, each at its place among all."""
    found = np.empty(sum(map(len, places)), values[0].dtype)
    for place, each in zip(places, values, strict=True):
        found[place] = each
    return found


def _in_order(rows: Rows) -> tuple[Shard, ...]:
    """A few rows one by one, in their order."""
    single = [(int(place), shard.taken(np.array([number])))
              for shard, places in rows.dealt() for number, place in enumerate(places)]  # fmt: skip
    return tuple(shard for _, shard in sorted(single, key=lambda each: each[0]))
