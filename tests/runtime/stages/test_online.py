"""Stages that sample answers and score them: grpo and rloo."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from recipedsl.diagnostics import RecipeError
from recipedsl.runtime.events import Step, Warn, read_events
from recipedsl.runtime.loading import RewardModel
from tests.runtime.stages.workshop import LORA, QUESTIONS, Shop, reward_term, weights

pytestmark = pytest.mark.slow


def length(answers: list[str], rows: list[dict[str, Any]], prompts: list[Any]) -> list[float | None]:
    """Longer is better: anything learns that."""
    del rows, prompts
    return [float(len(each)) for each in answers]


@pytest.mark.parametrize("method", ["grpo", "rloo"])
def test_full_weights_learn_from_a_reward(shop: Shop, method: str) -> None:
    shop.scorers["length"] = length
    facts = shop.run("online", method, reference="start", rewards=(reward_term("length", 0.5),))
    before, after = weights(shop.folders["base"]), weights(shop.folders["online"])
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert all(math.isfinite(loss) for _, loss in facts["losses"])
    assert facts["rewards"]["length"]["weight"] == 0.5


@pytest.mark.parametrize("method", ["grpo", "rloo"])
def test_an_adapter_goes_on(shop: Shop, method: str) -> None:
    shop.scorers["length"] = length
    shop.run("tuned", "sft", adapter_use="new", adapter=LORA)
    shop.run(
        "online",
        method,
        start="tuned",
        adapter_use="continue",
        reference="frozen_adapter",
        rewards=(reward_term("length"),),
    )
    before, after = weights(shop.folders["tuned"]), weights(shop.folders["online"])
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_a_reward_model_and_a_function_are_summed(shop: Shop) -> None:
    shop.run("judge", "reward")
    judge = RewardModel(shop.folders["judge"], dtype="f32")

    def judged(answers: list[str], rows: list[dict[str, Any]], prompts: list[Any]) -> list[float | None]:
        assert len(rows) == len(answers)
        turns = [{"role": "assistant", "content": each} for each in answers]
        return list(judge.score([[*prompt, turn] for prompt, turn in zip(prompts, turns, strict=True)]))

    shop.scorers |= {"judge": judged, "length": length}
    facts = shop.run(
        "online",
        "grpo",
        adapter_use="new",
        adapter=LORA,
        reference="adapter_off",
        rewards=(reward_term("judge", 0.8, node="judge"), reward_term("length", 0.2)),
    )
    assert set(facts["rewards"]) == {"judge", "length"}
    steps = [each for each in read_events(shop.folders["online"] / "events.jsonl") if isinstance(each, Step)]
    for step in steps:
        terms = 0.8 * step.metrics["rewards/judge/mean"] + 0.2 * step.metrics["rewards/length/mean"]
        assert step.metrics["reward"] == pytest.approx(terms, abs=1e-4)


def test_rewards_see_the_whole_row_of_their_prompt(shop: Shop) -> None:
    seen: list[tuple[str, dict[str, Any]]] = []

    def watch(answers: list[str], rows: list[dict[str, Any]], prompts: list[Any]) -> list[float | None]:
        assert all(isinstance(each, str) for each in answers)
        seen.extend((prompt[-1]["content"], row) for prompt, row in zip(prompts, rows, strict=True))
        return [None if place % 2 else float(place) for place in range(len(answers))]

    shop.scorers["watch"] = watch
    shop.run("online", "grpo", reference="start", rewards=(reward_term("watch"),))
    assert {question for question, _ in seen} <= set(QUESTIONS)
    expected = {"one and one": "two", "four and four": "eight", "two and two": "four"}
    assert all(row["answer"] == expected[question] for question, row in seen if question in expected)
    assert all(row["completions"] == "no" for _, row in seen)


def test_answers_stop_at_the_end_of_the_turn(shop: Shop) -> None:
    from recipedsl.runtime.stages.start import begin
    from recipedsl.runtime.stages.train import make_trainer

    shop.scorers["length"] = length
    task = shop.task("online", "grpo", reference="start", rewards=(reward_term("length"),))
    trainer = make_trainer(task, begin(task))
    assert trainer.eos_token_ids == [258]
    trainer._ready_ids = [[1, 2, 3], [4]]
    assert trainer._tokenize_prompts([[], []])[0] == [[1, 2, 3], [4]]


def test_a_constant_reward_is_warned_of_once(shop: Shop) -> None:
    shop.scorers |= {"same": lambda answers, *_: [1.0] * len(answers), "length": length}
    terms = (reward_term("same"), reward_term("length"))
    shop.run("online", "grpo", reference="start", rewards=terms)
    warnings = [
        each for each in read_events(shop.folders["online"] / "events.jsonl") if isinstance(each, Warn)
    ]
    assert [each.code for each in warnings] == ["R603"]
    assert "`same`" in warnings[0].message


BAD_SCORERS: dict[str, Callable[[list[str]], Any]] = {
    "too few": lambda answers: answers[:0],
    "no list": lambda answers: float(len(answers)),
    "not finite": lambda answers: [math.nan for _ in answers],
    "raises": lambda answers: [each.no_such_method() for each in answers],  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("bad", BAD_SCORERS)
def test_a_reward_that_fails_is_found_before_training(shop: Shop, bad: str) -> None:
    shop.scorers["bad"] = lambda answers, *_: BAD_SCORERS[bad](answers)
    with pytest.raises(RecipeError, match=r"R602.*`bad`"):
        shop.run("online", "grpo", reference="start", rewards=(reward_term("bad"),))
    assert not (shop.folders["online"] / "artefact.json").exists()
    assert read_events(shop.folders["online"] / "events.jsonl") == []


def test_too_few_prompts_for_a_batch(shop: Shop) -> None:
    from tests.runtime.stages.workshop import prompt_rows

    shop.scorers["length"] = length
    with pytest.raises(RecipeError, match="1 prompts, but one batch takes 2"):
        shop.run(
            "online", "grpo", rows=prompt_rows()[:1], reference="start", rewards=(reward_term("length"),)
        )


@pytest.mark.parametrize("method", ["grpo", "rloo"])
def test_bfloat16_samples_and_trains(shop: Shop, method: str) -> None:
    shop.scorers["length"] = length
    facts = shop.run(
        "online",
        method,
        dtype="bf16",
        adapter_use="new",
        adapter=LORA,
        reference="adapter_off",
        rewards=(reward_term("length"),),
    )
    assert facts["dtype"] == "bfloat16"
    assert all(math.isfinite(loss) for _, loss in facts["losses"])


def test_beta_zero_needs_no_reference(shop: Shop) -> None:
    shop.scorers["length"] = length
    facts = shop.run("online", "grpo", arguments={"beta": 0.0}, rewards=(reward_term("length"),))
    assert facts["reference"] == "none"


def test_shipped_scores_are_found(shop: Shop) -> None:
    from recipedsl.language.expressions import Column
    from recipedsl.plan.model import RewardTerm, ScoreSpec
    from recipedsl.runtime.stages.task import scorer_maker
    from recipedsl.runtime.stages.train import run_stage
    from tests.runtime.stages.workshop import HERE

    shop.run("judge", "reward")
    exact = ScoreSpec(
        keyword="exact", name="exact", expressions={"expected": Column(name="answer")}, origin=HERE
    )
    judge = ScoreSpec(keyword="model", name="judge", node="judge", origin=HERE)
    terms = (RewardTerm(weight=0.2, score=exact), RewardTerm(weight=0.8, score=judge))
    task = shop.task("online", "grpo", reference="start", rewards=terms)
    facts = run_stage(replace(task, make_scorer=scorer_maker()))
    assert facts["rewards"]["exact"]["mean"] == 0
    assert facts["rewards"]["judge"]["low"] < facts["rewards"]["judge"]["high"]
