"""Numbers as people read them."""

from __future__ import annotations

import pytest

from recipedsl.report import numbers


@pytest.mark.parametrize(
    ("function", "value", "text"),
    [
        (numbers.count, 5940, "5,940"),
        (numbers.short, 812, "812"),
        (numbers.short, 1_912_000, "1.9M"),
        (numbers.short, 999_999, "1M"),
        (numbers.size, 2_300_000_000, "2.3 GB"),
        (numbers.size, 512, "512 B"),
        (numbers.duration, 0.04, "0.0 s"),
        (numbers.duration, 59.6, "1 min"),
        (numbers.duration, 185, "3 min 5 s"),
        (numbers.duration, 7440, "2 h 4 min"),
        (numbers.about, 3098, "52 min"),
        (numbers.about, 3, "5 s"),
        (numbers.rate, 2e-4, "2e-4"),
        (numbers.rate, 1.5e-6, "1.5e-6"),
        (numbers.rate, 0.05, "0.05"),
        (numbers.rate, 0, "0"),
    ],
)
def test_a_number(function: object, value: float, text: str) -> None:
    assert function(value) == text  # type: ignore[operator]


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 10, "0%"),
        (10, 10, "100%"),
        (1, 5000, "<0.1%"),
        (4999, 5000, ">99.9%"),
        (31, 4845, "0.6%"),
        (3, 10, "30%"),
        (1, 0, "0%"),
    ],
)
def test_a_share_is_nothing_or_all_only_when_it_is(part: int, whole: int, text: str) -> None:
    assert numbers.share(part, whole) == text


def test_plural() -> None:
    assert (numbers.plural(1, "row"), numbers.plural(1200, "row")) == ("1 row", "1,200 rows")
