"""Packing: the bins of plain best-fit-decreasing, found faster."""

from __future__ import annotations

from bisect import bisect_left, insort

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipedsl.data.tokens.packing import pack
from recipedsl.diagnostics import Bug

LIMIT = 40


def plain_best_fit_decreasing(lengths: list[int], limit: int) -> list[int]:
    """Free space of each bin, by the textbook."""
    free: list[int] = []
    for length in sorted(lengths, reverse=True):
        place = bisect_left(free, length)
        room = free.pop(place) if place < len(free) else limit
        insort(free, room - length)
    return free


def lists(lengths: list[int]) -> list[list[int]]:
    bins = pack(lengths, LIMIT)
    return [bins.list(place).tolist() for place in range(len(bins))]


@given(st.lists(st.integers(1, LIMIT), max_size=200))
def test_same_bins_as_the_textbook(lengths: list[int]) -> None:
    bins = lists(lengths)
    free = sorted(LIMIT - sum(lengths[each] for each in bin_) for bin_ in bins)
    assert free == plain_best_fit_decreasing(lengths, LIMIT)


@given(st.lists(st.integers(1, LIMIT), max_size=100))
def test_every_row_once_in_order_and_within_the_limit(lengths: list[int]) -> None:
    bins = lists(lengths)
    assert sorted(each for bin_ in bins for each in bin_) == list(range(len(lengths)))
    assert all(bin_ == sorted(bin_) for bin_ in bins)
    assert [bin_[0] for bin_ in bins] == sorted(bin_[0] for bin_ in bins)
    assert all(sum(lengths[each] for each in bin_) <= LIMIT for bin_ in bins)
    assert lists(lengths) == bins


@pytest.mark.parametrize("length", [0, LIMIT + 1])
def test_rows_that_cannot_fit_are_our_mistake(length: int) -> None:
    with pytest.raises(Bug):
        pack([length], LIMIT)
