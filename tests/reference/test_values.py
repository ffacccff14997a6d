"""Values and types of settings are written as a person writes them, and mean what they meant."""

from __future__ import annotations

import pytest

from recipedsl.language import catalogue
from recipedsl.language.values import (
    ValueType,
    duration,
    either,
    flag,
    number,
    one_of,
    several,
    share,
    size,
    text,
    whole,
)
from recipedsl.reference.values import default_of, is_left_out, type_words, written
from recipedsl.semantics.values import number_value


@pytest.mark.parametrize(
    ("value", "type_", "words"),
    [
        (None, whole(), "none"),
        (True, flag(), "true"),
        (0, whole(), "0"),
        (16, whole(), "16"),
        (1000, whole(), "1000"),
        (1024, whole(), "1Ki"),
        (3072, whole(), "3Ki"),
        (2**20, whole(), "1Mi"),
        (10_000, whole(), "10k"),
        (1_000_000, whole(), "1M"),
        (2**32 - 1, whole(), "4294967295"),
        (1e-6, number(), "1e-6"),
        (0.00025, number(), "2.5e-4"),
        (0.1, number(), "0.1"),
        (1.0, number(), "1"),
        (0.0, share(), "0%"),
        (0.03, share(), "3%"),
        (0.001, share(), "0.1%"),
        (1.0, share(), "100%"),
        (10.0, duration(), "10s"),
        (90, duration(), "90s"),
        (7200, duration(), "2h"),
        (0.5, duration(), "500ms"),
        (512e6, size(), "512MB"),
        (80 * 2**30, size(), "80GiB"),
        (0.0, either(share(), whole(0)), "0%"),
        (100, either(share(), whole(0)), "100"),
        ("nll", one_of("nll", "dft"), "nll"),
        ("all-linear", several(text()), '"all-linear"'),
        (("sigmoid", "ipo"), several(one_of("sigmoid", "ipo")), "[sigmoid, ipo]"),
        ((), several(text()), "[]"),
    ],
)
def test_a_value_is_written(value: object, type_: ValueType, words: str) -> None:
    assert written(value, type_) == words


_SETTINGS = [
    (f"{word.keyword}.{name}", setting)
    for members in catalogue.words().values()
    for word in members
    for name, setting in word.settings().items()
]


def test_defaults_that_are_numbers_read_back_equal() -> None:
    numbers = 0
    for place, setting in _SETTINGS:
        default = setting.default
        if isinstance(default, int | float) and not isinstance(default, bool):
            read = number_value(default_of(setting))
            assert read is not None, place
            assert read.data == pytest.approx(default), place
            numbers += 1
    assert numbers > 20


def test_every_setting_says_what_it_takes_and_its_default() -> None:
    for place, setting in _SETTINGS:
        assert type_words(setting.type), place
        assert setting.required or is_left_out(setting) or default_of(setting), place


@pytest.mark.parametrize(
    ("type_", "words"),
    [
        (whole(1, 4096), "whole number, 1 to 4Ki"),
        (number(0), "number, 0 or more"),
        (number(above=0), "number, over 0"),
        (share(), "share, 0% to 100%"),
        (duration(), "duration"),
        (either(share(), whole(0)), "share, 0% to 100%, or whole number, 0 or more"),
        (several(text(), least=1), "list of: text, 1 or more"),
        (one_of("inner", "left"), "`inner` or `left`"),
        (flag(), "`true` or `false`"),
    ],
)
def test_a_type_is_told(type_: ValueType, words: str) -> None:
    assert type_words(type_) == words
