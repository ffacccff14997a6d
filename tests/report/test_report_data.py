"""Looks at datasets as lines: they fit the terminal, tell what was counted, and need neither colour nor Unicode."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recipedsl.data.profiles.model import (
    Column,
    Duplicates,
    Example,
    Funnel,
    FunnelStep,
    Histogram,
    Languages,
    Measure,
    Numbers,
    Profile,
    Value,
)
from recipedsl.diagnostics.render.pieces import to_plain, width
from recipedsl.report.data_bars import bar, draw_histogram, sparkline
from recipedsl.report.data_funnel import draw_funnel
from recipedsl.report.data_rows import draw_rows
from recipedsl.report.data_summary import summary_of
from recipedsl.report.data_view import Head, Listed, draw_datasets, draw_profile
from tests.golden import agrees

HERE = Path(__file__).parent
LENGTHS = Numbers(
    count=100, min=3, p50=40, p95=80, max=950, mean=44.5,
    histogram=Histogram(edges=(0, 20, 40, 60, 80), counts=(10, 40, 44, 1), above=5),
)  # fmt: skip
PROFILE = Profile(
    rows=100,
    columns=(
        Column(name="question", type="text", kind="text", nulls=2, blank=3, distinct=90, characters=LENGTHS,
               top=(Value(value="ask me \x1b[31m later", rows=8),)),
        Column(name="level", type='["easy", "hard"]', kind="text", distinct=3,
               top=(Value(value="easy", rows=60), Value(value="hard", rows=39), Value(value="odd", rows=1))),
        Column(name="score", type="float", kind="number", distinct=100, numbers=LENGTHS),
        Column(name="day", type="date", kind="date", distinct=9, first="2024-01-01", last="2024-12-31"),
    ),
    duplicates=Duplicates(rows=4, texts=10, by=("question",)),
    languages=Languages(sample=50, by=("question",), found=(Value(value="en", rows=49), Value(value="", rows=1))),
)  # fmt: skip
FUNNEL = Funnel(
    rows=1000,
    rejects=2,
    rejected=("line 7 of `rows.jsonl`: no JSON",),
    by=("question", "answer"),
    measure=Measure(unit="tokens", of="base", exact=False, sample=2000),
    size=50_000,
    steps=(
        FunnelStep(
            keyword="where", text="where chars(answer) > 5 and ok", before=1000, after=800, fell=200, size=9_000,
            reasons={"chars(answer) > 5": 150, "ok": 60},
            examples=(Example(row=12, reason="ok", values={"ok": "false", "answer": "no " * 90}),),
        ),
        FunnelStep(
            keyword="dedup", text="dedup question", before=800, after=799, fell=1, size=50,
            examples=(Example(row=9, values={"question": "x"}, kept={"question": "X"}, kept_row=3),),
        ),
        FunnelStep(keyword="repeat", text="repeat 2", before=799, after=1598),
        FunnelStep(keyword="expect", text="expect count() > 2k", before=1598, after=1598, problem="too few rows"),
    ),
    result=1598,
    result_size=82_000,
    parts={"train": 1500, "held": 98},
    complete=False,
)  # fmt: skip
ROW = {
    "id": 7,
    "note": "one\ntwo " + "long " * 400,
    "empty": "",
    "none": None,
    "messages": [
        {"role": "user", "content": "hi \x1b[2J", "name": None},
        {"role": "assistant", "content": "", "tool_calls": [{"name": "search"}], "thinking": "hm"},
    ],
}


# --- bars ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("part", "drawn"), [(0, ""), (8, "████████"), (4, "████"), (1, "█"), (0.001, "▏")])
def test_a_bar_is_drawn_to_an_eighth(part: float, drawn: str) -> None:
    assert bar(part, 8, 8, plain=False) == drawn


def test_a_plain_bar_is_ascii_and_shows_what_is_little() -> None:
    assert (bar(8, 8, 8, plain=True), bar(0.001, 8, 8, plain=True)) == ("########", "#")


def test_a_sparkline_shows_gaps_and_what_lies_above() -> None:
    found = Histogram(edges=(0, 1, 2, 3), counts=(1, 0, 8), above=2)
    assert sparkline(found, plain=False) == "▁ █+"
    assert sparkline(found, plain=True).isascii()


def test_a_histogram_has_a_line_for_each_bar() -> None:
    lines = to_plain(draw_histogram("characters", LENGTHS, 80, plain=True)).splitlines()
    assert len(lines) == 1 + 5
    assert lines[-1].split()[:3] == ["80", "and", "more"]
    assert sum(int(re.findall(r" (\d+) +[\d.]+%", each)[0]) for each in lines[1:]) == 100


# --- views --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [72, 80, 120])
@pytest.mark.parametrize("plain", [True, False])
def test_nothing_is_wider_than_the_terminal(room: int, plain: bool) -> None:
    profile = draw_profile(Head("d", "rows", {}, "x > 1", 200), PROFILE, room, plain=plain)
    funnel = draw_funnel("d", "read data/rows.jsonl", FUNNEL, room, plain=plain)
    for each in to_plain([*profile, *funnel, *draw_rows([(1, ROW)], 3, room)]).splitlines():
        assert width(each) <= room, each
        assert "\x1b" not in each


def test_a_profile_as_it_is_seen() -> None:
    agrees(
        HERE / "data_profile.txt", to_plain(draw_profile(Head("lessons", "rows"), PROFILE, 80, plain=False))
    )


def test_a_funnel_as_it_is_seen() -> None:
    agrees(
        HERE / "data_funnel.txt",
        to_plain(draw_funnel("lessons", "read rows.jsonl", FUNNEL, 100, plain=False)),
    )


def test_rows_as_they_are_seen() -> None:
    agrees(HERE / "data_rows.txt", to_plain(draw_rows([(1, ROW)], 3, 80)))


def test_datasets_as_they_are_seen() -> None:
    listed = [Listed("a", "chat", 1200, {"train": 1000, "held": 200}, ("tuned",)), Listed("b", "rows", None)]
    text = to_plain(draw_datasets("r.ftr", listed, 80))
    assert re.search(r"a +1,200  chat  -> tuned", text)
    assert re.search(r"  a\.train +1,000", text)
    assert "not made" in text
    assert "declares no dataset" in to_plain(draw_datasets("r.ftr", [], 80))


def test_a_dataset_without_rows() -> None:
    empty = Profile(rows=0, columns=(), duplicates=Duplicates(rows=0))
    assert "there are no rows" in to_plain(draw_profile(Head("d", "rows"), empty, 80, plain=False))


def test_the_summary_tells_lengths_and_repetition() -> None:
    lengths, repeated = (words for words, _ in summary_of(PROFILE))
    assert lengths == "characters p50 · p95 · longest: question 40 · 80 · 950"
    assert repeated == "10 say what an earlier row says (10%)"
