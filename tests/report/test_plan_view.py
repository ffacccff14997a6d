"""The plan view, from a plan made by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recipedsl.diagnostics.render.pieces import to_ansi, to_plain, width
from recipedsl.plan.estimate import batch_of, passes_of, steps_of
from recipedsl.plan.facts import Device
from recipedsl.plan.model import Looks
from recipedsl.report.model import PlanFacts, Standing, Status
from recipedsl.report.plan_view import draw_node, draw_plan
from recipedsl.report.samples import draw_sample
from tests.golden import agrees
from tests.report.made import TOKENS_FACTS, made, online_node, plan, stage_node, tokens_node

HERE = Path(__file__).parent


def test_plan() -> None:
    agrees(HERE / "plan.txt", to_plain(draw_plan(made(), 100)))


def test_plan_of_which_nothing_is_known() -> None:
    agrees(HERE / "plan_unknown.txt", to_plain(draw_plan(PlanFacts(plan()), 100)))


@pytest.mark.parametrize("room", [100, 120])
def test_no_line_is_wider_than_the_terminal(room: int) -> None:
    lines = to_plain(draw_plan(made(), room)).splitlines()
    # What a tokens node loses is never cut: a number that is not there misleads.
    assert [each for each in lines if width(each) > room and "rows kept" not in each] == []


def test_a_narrow_terminal_cuts_words_but_no_counts() -> None:
    text = to_plain(draw_plan(made(), 60))
    assert "31 cut at max_length (0.6%) · 2 dropped" in text
    assert "where language in" in text
    assert "…" in text


def test_text_of_rows_cannot_drive_the_terminal() -> None:
    plain = to_plain(draw_plan(made(), 100))
    assert "\x1b" not in plain
    assert "␛[2J" in to_ansi(draw_plan(made(), 100))


def test_rows_that_speak_in_another_role_stand_out() -> None:
    standing = Standing(Status.CACHED, facts={**TOKENS_FACTS, "special": 2})
    view = replace(made(), standings={"tuned.tokens": standing})
    words = "2 rows with the text of a special token: what follows it speaks in another role"
    assert words in to_plain(draw_node(tokens_node(), view, 100))
    assert "special token" not in to_plain(draw_plan(made(), 100))


def test_an_interrupted_stage_goes_on() -> None:
    counted = {"online.tokens": Standing(Status.CACHED, facts=TOKENS_FACTS)}
    begun = replace(made(), standings={**made().standings, **counted})
    before = to_plain(draw_plan(begun, 100))
    view = replace(begun, standings={**begun.standings, "tuned": Standing(Status.NEW, done=20)})
    text = to_plain(draw_plan(view, 100))
    assert "stage tuned: sft  new, goes on from step 20" in text
    steps = [int(each.rpartition("train, ")[2].split()[0]) for each in (before, text)]
    assert steps[0] - steps[1] == 20


def test_a_cached_stage_tells_what_came_out() -> None:
    facts = {"steps": 32, "loss": 1.25, "seconds": 190.0, "device": "cpu"}
    view = replace(made(), standings={"tuned": Standing(Status.CACHED, facts=facts)})
    text = to_plain(draw_node(stage_node(), view, 100))
    assert "done: 32 steps · last loss 1.250 · took 3 min 10 s · cpu" in text
    looked = {**facts, "looks": [[0, 2.5], [16, None], [32, 2.25]]}
    view = replace(made(), standings={"tuned": Standing(Status.CACHED, facts=looked)})
    assert "held-out loss 2.500 to 2.250" in to_plain(draw_node(stage_node(), view, 100))


@pytest.mark.parametrize(
    ("looks", "words"),
    [
        ({"epochs": 1.0}, "every epoch"),
        ({"epochs": 0.25}, "every 25% of an epoch"),
        ({"steps": 100}, "every 100 steps"),
        ({"steps": 5, "patience": 3}, "every 5 steps · ends after 3 looks without a better one"),
    ],
)
def test_a_stage_tells_when_it_looks_at_held_out_rows(looks: dict[str, Any], words: str) -> None:
    node = stage_node(looks=Looks(tokens="tuned.tokens", **looks))
    text = to_plain(draw_node(node, made(), 100))
    assert f"held-out loss on {tokens_node().data} {words}\n" in text


# --- samples --------------------------------------------------------------------------------------


def test_trained_text_is_marked_without_colours() -> None:
    lines = [to_plain([each]).rstrip("\n") for each in draw_sample(TOKENS_FACTS["samples"][0], 60)]
    assert lines[-3] == "⟦Use `reversed`:"
    assert lines[-1].endswith("<|im_end|>⟧")


def test_trained_text_is_coloured() -> None:
    assert "\x1b[1;32m⟦Use" in to_ansi(draw_sample(TOKENS_FACTS["samples"][0], 60))


def test_parts_of_a_pair_have_their_names() -> None:
    segments = [
        {"text": "ask", "trained": False, "part": "prompt"},
        {"text": "good", "trained": True, "part": "chosen"},
        {"text": "bad", "trained": True, "part": "rejected"},
    ]
    assert to_plain(draw_sample(segments, 40)) == "prompt:\nask\nchosen:\n⟦good⟧\nrejected:\n⟦bad⟧\n"


def test_a_long_sample_keeps_its_end() -> None:
    segments = [{"text": "\n".join(map(str, range(100))), "trained": True}]
    lines = to_plain(draw_sample(segments, 40, most=9)).splitlines()
    assert len(lines) == 9
    assert lines[-1] == "99⟧"
    assert "92 lines left out" in lines[6]


def test_a_long_line_is_wrapped_without_loss() -> None:
    text = "日本 word " * 30
    lines = to_plain(draw_sample([{"text": text, "trained": False}], 31, most=99)).splitlines()
    assert all(width(each) <= 31 for each in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


# --- estimates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "steps"), [(1, 2), (64, 2), (65, 4), (981, 32)])
def test_steps_are_those_of_the_trainer(rows: int, steps: int) -> None:
    assert steps_of(stage_node(), rows) == steps


def test_steps_that_are_written_count() -> None:
    assert steps_of(online_node(), 10_000) == 50


def test_online_steps_leave_out_an_incomplete_batch() -> None:
    node = online_node()
    node = node.model_copy(update={"arguments": {**node.arguments, "max_steps": -1}})
    # 16 answers in a batch, 8 to a prompt: two prompts a step, the 21st is left out.
    assert batch_of(node).rows == 16
    assert steps_of(node, 21) == 10


def test_passes_of_written_steps() -> None:
    assert passes_of(online_node(), 100) == pytest.approx(8)


def test_memory_is_told_beside_that_of_the_device() -> None:
    view = replace(made(), device=Device("cuda", 80 * 10**9, has_bf16=True))
    assert " of 80 GB: activations " in to_plain(draw_node(stage_node(), view, 120))
