"""Every word that is said to be carried out is: optimizers, schedules, orders, ways of sampling."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from recipedsl.language import catalogue
from recipedsl.language.concept import Word
from recipedsl.plan.model import StageNode
from tests.compiling import CHATS, MODEL, plan_of
from tests.runtime.stages.test_online import length
from tests.runtime.stages.workshop import ONLINE, Shop, reward_term

pytestmark = pytest.mark.slow


def carried_out(family: str) -> list[str]:
    words: tuple[type[Word], ...] = catalogue.FAMILIES[family]
    return [each.keyword for each in words if not each.not_yet]


def arguments(root: Path, stage: str) -> dict[str, Any]:
    """Arguments of the trainer that a stage's settings become."""
    node = plan_of(root, MODEL + CHATS + stage).node("tuned")
    assert isinstance(node, StageNode)
    return node.arguments


@pytest.mark.parametrize(
    "setting",
    [
        *(f"optimizer = {each}" for each in carried_out("optimizer")),
        *(f"schedule = {each}(warmup = 1)" for each in carried_out("schedule")),
        "schedule = polynomial(power = 2)",
        "order = sequential",
        "order = group_by_length",
        "neftune = 5",
    ],
)
def test_offline_words(shop: Shop, tmp_path: Path, setting: str) -> None:
    given = arguments(
        tmp_path, f"stage tuned: sft {{ from = base, data = chats, steps = 3, batch = 2, {setting} }}"
    )
    given |= {"learning_rate": 1e-3}
    facts = shop.run("tuned", "sft", arguments=given)
    assert facts["steps"] == 3
    assert all(math.isfinite(loss) for _, loss in facts["losses"])


@pytest.mark.parametrize(
    "setting",
    [
        "importance = sequence",
        "combine = normalize_then_sum",
        "top_k = 5",
        "min_p = 5%",
        "repetition_penalty = 1.1",
        "shuffle = false",
        "epsilon_high = 0.28",
    ],
)
def test_online_words(shop: Shop, tmp_path: Path, setting: str) -> None:
    shop.scorers["length"] = length
    text = (
        'data asked = read("rows.jsonl") | as prompt(question)\n'
        "stage tuned: grpo { from = base, data = asked, reward = length(target = 9, limit = 99),\n"
        f"  generations = 2, batch = 4, steps = 2, max_new_tokens = 8, {setting} }}"
    )
    given = arguments(tmp_path, text)
    facts = shop.run(
        "tuned", "grpo", reference="none", rewards=(reward_term("length"),), arguments=ONLINE | given
    )
    assert all(math.isfinite(loss) for _, loss in facts["losses"])
