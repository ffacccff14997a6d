"""Tables of words that the syntax mends by, held against the vocabulary; texts that are made to hurt."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.language import catalogue
from recipedsl.language.steps.base import Step, Takes
from recipedsl.source import Source
from recipedsl.syntax import parse
from recipedsl.syntax.foreign_brackets import COLUMN_STEPS, SHARED_SETTINGS, SHARED_SOURCES, STEPS
from recipedsl.syntax.foreign_duplicates import EQUAL_WORDS, NEAR_WORDS
from recipedsl.syntax.foreign_steps import SAID_SETTINGS
from tests.syntax.invariants import check_text


def steps() -> list[type[Step]]:
    found = (catalogue.find("step", keyword) for keyword in catalogue.keywords("step"))
    return [each for each in found if each is not None and issubclass(each, Step)]


def test_the_steps_that_take_columns_are_those_of_the_vocabulary() -> None:
    columns = {each.keyword for each in steps() if each.takes is Takes.COLUMNS}
    assert columns == COLUMN_STEPS | {"best", "rank"}  # which take a single one


def test_the_steps_are_those_of_the_vocabulary() -> None:
    assert {*catalogue.keywords("step"), "expect"} == STEPS


def test_words_for_duplicates_are_known_as_absent() -> None:
    near = {each for each in catalogue.ABSENT_STEPS if NEAR_WORDS.fullmatch(each)}
    equal = {each for each in catalogue.ABSENT_STEPS if EQUAL_WORDS.fullmatch(each)}
    assert {catalogue.ABSENT_STEPS[each].words for each in near} == {
        "near duplicates are dropped by `dedup question, near = 0.85`"
    }
    assert {catalogue.ABSENT_STEPS[each].ours for each in equal} == {"dedup"}
    assert len(near) >= 8
    assert len(equal) >= 5


def test_what_is_said_of_a_step_is_a_setting_of_one() -> None:
    known = {name for each in steps() for name in each.settings()}
    assert set(SAID_SETTINGS) - {"on"} <= known  # `on` is read by the steps that take another dataset


def test_the_sources_with_shares_are_those_of_the_vocabulary() -> None:
    sources = {each: catalogue.find("source", each) for each in catalogue.keywords("source")}
    shared = {name: each.settings() for name, each in sources.items() if each and "shares" in each.settings()}
    assert set(shared) == SHARED_SOURCES
    assert {name for each in shared.values() for name in each} == SHARED_SETTINGS


def test_no_word_that_is_absent_is_a_step() -> None:
    assert not set(catalogue.ABSENT_STEPS) & {*catalogue.keywords("step"), "expect"}
    ours = {each.ours for each in catalogue.ABSENT_STEPS.values() if each.ours}
    assert ours <= {*catalogue.keywords("step"), "expect"}


def test_what_is_mended_lies_where_it_was_written() -> None:
    cases = sorted((Path(__file__).parents[1] / "cases" / "diagnostics").glob("*.ftr"))
    assert len(cases) > 100  # a floor, so that cases that are not found do not pass
    for case in cases:
        check_text(case.read_bytes().decode())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('let a = "' + "x" * 200_000 + '"\n', "S018"),
        ("let " + "a" * 90_000 + " = 1\n", "S018"),
        ('let a = "' + r"\q" * 40_000 + '"\n', "S004"),
        ('let a = "\u202e"\n', "S002"),
        ("let a = 1 # \u2067\n", "S002"),
        ("let a = " + "f(" * 5_000 + "\n", "S017"),
        ("data a = b " + "| dedup near 0.8 c " * 200 + "\n", "S007"),
    ],
)
def test_a_text_made_to_hurt_is_told_in_few_words(text: str, code: str) -> None:
    problems = parse(Source("hostile.ftr", text))[1].in_order()
    assert {each.code for each in problems} == {code}
    assert all(len(each.message) < 200 for each in problems)
