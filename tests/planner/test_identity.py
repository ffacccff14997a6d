"""What is part of a node's identity, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.plan.model import inputs_of
from tests.compiling import CHATS, MODEL, PAIRS, plan_of

TUNED = "stage tuned: sft { from = base, data = (chats | derive text = answer), steps = 3 }\n"


def prints(root: Path, text: str) -> dict[str, str]:
    return {node.name: node.fingerprint for node in plan_of(root, MODEL + CHATS + text).nodes}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("derive text = answer", "derive text = question"),
        ("derive text = answer", "derive doc = answer"),
        ("derive text = answer", 'derive text = "model"'),
        ("steps = 3", "steps = 4"),
        ("steps = 3", "trainer = { pad_to_multiple_of: 8 }"),
    ],
)
def test_what_decides_a_result_is_part_of_it(tmp_path: Path, before: str, after: str) -> None:
    assert before in TUNED
    assert prints(tmp_path, TUNED)["tuned"] != prints(tmp_path, TUNED.replace(before, after))["tuned"]


@pytest.mark.parametrize("column", ["text", "origin", "doc", "fingerprint", "model", "node", "base", "name"])
def test_rows_written_in_a_recipe_are_kept_whole(tmp_path: Path, column: str) -> None:
    text = 'data own = rows([{{ {}: "{}" }}])\nstage s: sft {{ from = base, data = (own | as text({})) }}\n'
    found = {prints(tmp_path, text.format(column, value, column))["own"] for value in ("a", "b", "base")}
    assert len(found) == 3


def test_layout_is_no_part_of_it(tmp_path: Path) -> None:
    spread = TUNED.replace("derive text = answer", "derive   text=answer  # why")
    spread = spread.replace("  # why)", " )")
    assert prints(tmp_path, TUNED) == prints(tmp_path, spread)


PAIRS_AND_JUDGE = PAIRS + (
    "stage judge: reward { from = base, data = pairs, seed = 1 }\n"
    "stage online: grpo { from = base, data = (chats | as prompt(question)), seed = 1, reward = judge }\n"
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("steps = 3", "steps = 3, save_every = 7"),
        ("steps = 3", "steps = 3, weight_decay = 0"),
        ("steps = 3", "steps = 3, weight_decay = 0.0"),
        ("steps = 3", "steps = 3.0"),
        ("steps = 3", "steps = 3, micro_batch = none"),
        ("(chats | derive", '(chats | expect count() > 0 else "why" | derive'),
    ],
)
def test_what_cannot_change_a_result_is_no_part_of_it(tmp_path: Path, before: str, after: str) -> None:
    plain = TUNED.replace("(chats | derive", '(chats | expect count() > 0 else "no rows" | derive')
    assert prints(tmp_path, plain) == prints(
        tmp_path, (plain if "expect" not in after else TUNED).replace(before, after)
    )


@pytest.mark.parametrize("block", ["save_every = 9", "threads = 3"])
def test_how_it_is_run_is_no_part_of_it(tmp_path: Path, block: str) -> None:
    own = MODEL.replace("run { seed = 1 }", f"run {{ seed = 1, {block} }}")
    assert own != MODEL
    plan = plan_of(tmp_path, own + CHATS + TUNED)
    assert {node.name: node.fingerprint for node in plan.nodes} == prints(tmp_path, TUNED)


def test_a_reward_is_the_same_however_it_is_called(tmp_path: Path) -> None:
    before = prints(tmp_path, PAIRS_AND_JUDGE)
    after = prints(tmp_path, PAIRS_AND_JUDGE.replace("judge", "critic"))
    assert before["online"] == after["online"]
    twice = prints(tmp_path, PAIRS_AND_JUDGE.replace("reward = judge", "reward = 0.5 * judge + 50% * judge"))
    assert before["online"] == twice["online"]


def test_tables_of_an_eval_are_named_after_its_models(tmp_path: Path) -> None:
    text = "eval e { models = [base], data = chats, metrics = [loss()] }\n"
    before = plan_of(tmp_path, MODEL + CHATS + text)
    after = plan_of(tmp_path, (MODEL + CHATS + text).replace("base", "small"))
    assert before.node("base").fingerprint == after.node("small").fingerprint
    assert before.node("e").fingerprint != after.node("e").fingerprint


def test_patterns_that_differ_in_white_space_are_two_metrics(tmp_path: Path) -> None:
    text = 'eval e { models = [base], data = chats, metrics = [format("a b"), format("a  b")] }\n'
    node = plan_of(tmp_path, MODEL + CHATS + text).node("e")
    assert len({each.name for each in node.metrics}) == 2  # type: ignore[union-attr]


def test_the_other_side_of_a_comparison_is_an_input(tmp_path: Path) -> None:
    text = PAIRS_AND_JUDGE + (
        "stage other: sft { from = base, data = chats, seed = 1 }\n"
        'eval e { models = [online], data = (read("rows.jsonl") | as prompt(topic)),\n'
        "  metrics = [win_rate(against = other, judge = judge)] }\n"
    )
    plan = plan_of(tmp_path, MODEL + CHATS + text)
    assert {"other", "judge", "online"} <= set(inputs_of(plan.node("e")))
    changed = prints(tmp_path, text.replace("data = chats, seed = 1", "data = chats, seed = 2"))
    assert changed["e"] != plan.node("e").fingerprint
