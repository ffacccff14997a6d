"""What holds for every tree and every text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recipedsl.diagnostics import Applicability, Diagnostic, RecipeError
from recipedsl.diagnostics.render.changes import apply
from recipedsl.source import Source
from recipedsl.syntax import parse, scan, tree
from recipedsl.syntax.dump import dump_tokens, dump_tree
from recipedsl.syntax.format import format_source
from recipedsl.syntax.trivia import comments
from recipedsl.syntax.write import write
from tests.syntax.invariants import check_text
from tests.syntax.syntax_trees import CASES, RECIPES, any_text, cut_recipes, files, mistaken

few = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
most = settings(max_examples=1200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(files)
def test_a_written_tree_reads_back_equal(file: tree.File) -> None:
    text = write(file)
    found, problems = parse(Source("drawn.ftr", text))
    assert not problems.found, text
    assert found == file


@few
@given(files)
def test_a_formatted_tree_reads_back_equal_and_formats_to_itself(file: tree.File) -> None:
    once = format_source(Source("drawn.ftr", write(file)))
    assert parse(Source("drawn.ftr", once))[0] == file
    assert format_source(Source("drawn.ftr", once)) == once


@most
@given(any_text)
def test_any_text_gives_a_tree_whose_spans_nest_within_it(text: str) -> None:
    check_text(text)


@many
@given(mistaken)
def test_what_other_languages_write_gives_a_tree(text: str) -> None:
    check_text(text)


@few
@given(mistaken)
def test_a_safe_fix_removes_its_problem(text: str) -> None:
    problems = parse(Source("any.ftr", text))[1].in_order()
    before = Counter(each.message for each in problems)
    for each in problems:
        for help_ in each.helps:
            if help_.edits and help_.applicability is Applicability.SAFE:
                found = parse(Source("any.ftr", apply(text, help_.edits)))[1].in_order()
                is_gone = Counter(other.message for other in found)[each.message] < before[each.message]
                # One is told at a time where one leads to the next: `[1 2 3` has its second comma to come.
                assert is_gone or _first(found, each) > _first(problems, each), (each.message, help_)


def _first(problems: Sequence[Diagnostic], like: Diagnostic) -> int:
    """Where the first problem of that message begins."""
    return min(each.primary.span.start for each in problems if each.message == like.message and each.primary)


@few
@given(cut_recipes, st.integers(0, 3000))
def test_a_longer_text_is_read_alike_up_to_where_it_goes_on(text: str, place: int) -> None:
    """Declarations above the one that changes stay what they are."""
    above = "let first = [1, 2]\ndata second = first | take 3\n\n"
    whole = parse(Source("above.ftr", above))[0]
    found = parse(Source("any.ftr", above + text[place:]))[0]
    assert found.items[:1] == whole.items[:1]


@few
@given(any_text)
def test_any_text_is_scanned_whole_and_dumped(text: str) -> None:
    source = Source("any.ftr", text)
    assert "".join(token.text for token in scan(source)[0]) == text
    dump_tokens(source)
    dump_tree(parse(source)[0])


@few
@given(cut_recipes)
def test_problems_are_the_same_on_every_run(text: str) -> None:
    first, second = (parse(Source("any.ftr", text))[1].in_order() for _ in range(2))
    assert [(each.code, each.message) for each in first] == [(each.code, each.message) for each in second]


_TRIVIA = ["# one\n", "\n\n", "  # two\n", "\n", " ", "\n## three\n", "\t"]


@many
@given(
    st.sampled_from(sorted(RECIPES)),
    st.lists(st.tuples(st.integers(0, 700), st.sampled_from(_TRIVIA)), max_size=5),
)
def test_comments_anywhere_survive_formatting(name: str, sprinkled: list[tuple[int, str]]) -> None:
    parts = [token.text for token in scan(Source(name, RECIPES[name]))[0]]
    for place, trivia in sprinkled:
        parts[place % len(parts)] += trivia
    source = Source(name, "".join(parts))
    if not parse(source)[1].has_errors:
        assert comments(scan(Source(name, format_source(source)))[0]) == comments(scan(source)[0])


@pytest.mark.parametrize("path", sorted(CASES.rglob("*.ftr")), ids=str)
def test_every_case_reads_and_formats_or_is_refused(path: Any) -> None:
    source = Source(str(path), path.read_text(encoding="utf-8"))
    if parse(source)[1].has_errors:
        with pytest.raises(RecipeError):
            format_source(source)
    else:
        format_source(source)
