"""Rendering: golden texts of diagnostics made by hand, and what must hold for any text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipedsl.diagnostics import Applicability, Diagnostic, Edit, Help, Label
from recipedsl.diagnostics.codes.data import UnknownColumn
from recipedsl.diagnostics.render import render_concise, render_json, render_terminal
from recipedsl.diagnostics.render.changes import apply
from recipedsl.diagnostics.render.pieces import columns, cut, escaped, shown, width
from recipedsl.diagnostics.render.snippet import window_for
from recipedsl.source import Source, Span
from tests.diagnostics.made import EVERY, TUTOR, at, hostile, nowhere, unknown_column
from tests.golden import agrees

HERE = Path(__file__).parent


@pytest.mark.parametrize("make", EVERY, ids=lambda make: make.__name__)
def test_terminal(make: Callable[[], Diagnostic]) -> None:
    agrees(HERE / f"{make.__name__}.txt", render_terminal([make()], width=100, summary=False))


def test_summary_counts_and_tells_of_fixes() -> None:
    text = render_terminal([unknown_column(), hostile(), nowhere()])
    assert text.endswith(
        "found 2 errors, 1 warning (2 can be fixed with `recipedsl check --fix`)\n"
        "to read more: `recipedsl explain D201`\n"
    )


def test_nothing_found_prints_nothing() -> None:
    assert render_terminal([]) == ""


def test_concise() -> None:
    agrees(HERE / "concise.txt", render_concise([make() for make in EVERY]))


def test_json_has_every_field() -> None:
    form = json.loads(render_json([unknown_column()]))
    agrees(HERE / "unknown_column.json", json.dumps(form, indent=1) + "\n")
    assert form["version"] == 1


def test_json_is_plain_ascii_for_any_source() -> None:
    assert render_json([make() for make in EVERY]).isascii()


def test_colour_only_when_asked() -> None:
    assert "\x1b[" not in render_terminal([make() for make in EVERY])
    coloured = render_terminal([unknown_column()], colour=True)
    assert "\x1b[1;31merror[D201]\x1b[0m" in coloured


def test_no_control_character_of_a_source_gets_through() -> None:
    text = render_terminal([hostile()]) + render_concise([hostile()])
    assert all(letter == "\n" or letter.isprintable() for letter in text)


# --- for any text ---------------------------------------------------------------------------------

TEXTS = st.text(st.sampled_from(list('ab{}\t\n\r\x1b日é\u0301\u202e\U0001f600 "')), max_size=60)


@given(TEXTS, st.data())
def test_rendering_never_fails_and_never_drives_the_terminal(text: str, data: st.DataObject) -> None:
    def span() -> Span:
        ends = data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))))
        return Span(min(ends), max(ends))

    source = Source("any.ftr", text)
    helps = (Help("do", (Edit(source, span(), data.draw(TEXTS)),), Applicability.SAFE),)
    secondary = (Label(source, span(), "one"), Label(source, span(), "two"))
    diagnostic = Diagnostic(UnknownColumn, text, Label(source, span(), text), secondary, helps=helps)
    rendered = render_terminal([diagnostic], width=data.draw(st.integers(20, 120)))
    assert all(letter == "\n" or shown(letter) == letter for letter in rendered)


@given(TEXTS)
def test_columns_are_widths_of_what_is_shown(text: str) -> None:
    assert columns(text)[-1] == width(escaped(text))


@given(st.text(st.sampled_from(list("ab日本 ")), max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_a_cut_is_as_wide_as_asked(text: str, start: int, size: int) -> None:
    assert width(cut(text, start, start + size)) == max(0, min(width(text) - start, size))


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 30), st.integers(40, 120))
def test_a_window_fits_and_shows_where_the_label_begins(
    size: int, start: int, length: int, room: int
) -> None:
    start = min(start, size)
    view = window_for(size, start, start + length, room)
    assert view.end - view.start <= room
    assert view.start <= start <= view.end


def test_underlines_stand_below_what_they_are_about() -> None:
    source = Source("a.ftr", "\tdata 日本語 = é + bad\n")
    lines = render_terminal([Diagnostic(UnknownColumn, "m", Label(source, at(source, "bad")))]).split("\n")
    below = lines[4].index("^")
    assert width(lines[3][: lines[3].index("bad")]) == below


# --- edits ----------------------------------------------------------------------------------------


def test_edits_are_applied_by_place_whatever_their_order() -> None:
    edits = [Edit(TUTOR, at(TUTOR, "go"), "sql"), Edit(TUTOR, at(TUTOR, "langauge"), "language")]
    assert '| where language in ["python", "sql"]' in apply(TUTOR.text, edits)


def test_an_edit_that_overlaps_another_is_left_out() -> None:
    edits = [Edit(TUTOR, Span(0, 5), "x"), Edit(TUTOR, Span(3, 4), "y")]
    assert apply(TUTOR.text, edits) == "x" + TUTOR.text[5:]
