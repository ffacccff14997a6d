"""The memory estimate: against peaks that workers really had, and how it follows what is set."""

from __future__ import annotations

from typing import Any

import pytest

from recipedsl.plan.facts import Device, ModelFacts
from recipedsl.plan.memory import Memory, memory_of
from recipedsl.plan.model import StageNode
from tests.report.made import SMOL, model_node, online_node, score, stage_node

CPU = Device("cpu", 24 * 10**9, has_bf16=True)
GPU = Device("cuda", 80 * 10**9, has_bf16=True)


def memory(node: StageNode, longest: int = 1024, device: Device = CPU, model: ModelFacts = SMOL) -> Memory:
    found = memory_of(node, model_node(), model, longest, device)
    assert found is not None
    return found


def one_step(method: str, rows: int, use: str, **values: Any) -> StageNode:
    arguments = {"per_device_train_batch_size": rows, **values.pop("arguments", {})}
    return stage_node("tuned", method, arguments=arguments, adapter_use=use, **values)


# Resident memory of workers at its largest, in MB, measured as benchmarks/memory.py measures, on two cores
# with bfloat16 (torch 2.13, trl 1.16): the quickstart's model, longest rows of 256 and 768 tokens.
@pytest.mark.parametrize(
    ("node", "lengths", "peaks"),
    [
        (one_step("sft", 4, "new"), (256, 768), (3279, 8099)),
        (one_step("sft", 4, "none"), (256, 768), (4751, 9091)),
        (one_step("sft", 4, "none", arguments={"gradient_checkpointing": True}), (256, 768), (3805, 6996)),
        (one_step("dpo", 2, "new", reference="adapter_off"), (228, 740), (3080, 8155)),
        (one_step("dpo", 2, "none", reference="start"), (228, 740), (5287, 10153)),
        (one_step("reward", 2, "new", gives="reward"), (229, 741), (2106, 5271)),
    ],
    ids=["sft-lora", "sft-full", "sft-kept", "dpo-lora", "dpo-full", "reward"],
)
def test_the_estimate_is_near_what_was_measured(
    node: StageNode, lengths: tuple[int, int], peaks: tuple[int, int]
) -> None:
    for longest, peak in zip(lengths, peaks, strict=True):
        assert 0.7 < memory(node, longest).total / (peak * 1e6) < 1.4


def test_what_is_trained_counts() -> None:
    adapter, full = (memory(one_step("sft", 8, use)) for use in ("new", "none"))
    assert full.gradients == 4 * SMOL.parameters
    assert full.optimizer == 8 * SMOL.parameters
    assert adapter.gradients < full.gradients / 20
    assert adapter.weights < full.weights


def test_an_adapter_has_the_numbers_that_peft_gives_it() -> None:
    # `print_trainable_parameters` says 4,884,480 for rank 16 on all linear layers.
    assert memory(one_step("sft", 8, "new")).gradients == 4 * 4_884_480


@pytest.mark.parametrize("part", ["activations", "logits"])
def test_a_step_grows_with_its_tokens(part: str) -> None:
    short, long = (getattr(memory(one_step("sft", 1, "new"), longest), part) for longest in (512, 1024))
    assert long == pytest.approx(2 * short, rel=0.01)


def test_logits_stop_growing_at_a_tile() -> None:
    small, large = (memory(one_step("sft", rows, "new"), 4096).logits for rows in (1, 4))
    assert large < 1.1 * small


def test_checkpointing_is_the_rule_on_a_gpu_alone() -> None:
    node = one_step("sft", 8, "none")
    kept = one_step("sft", 8, "none", arguments={"gradient_checkpointing": False})
    assert memory(node, device=GPU).activations < memory(kept, device=GPU).activations / 5
    assert memory(node).activations == memory(kept).activations


def test_a_reward_model_has_no_logits() -> None:
    assert memory(one_step("reward", 2, "new", gives="reward")).logits == 0


def test_a_reference_and_a_judge_are_models_of_their_own() -> None:
    assert memory(one_step("dpo", 2, "none", reference="start")).reference == 4 * SMOL.parameters
    assert memory(one_step("dpo", 2, "new", reference="adapter_off")).reference == 0
    (first, second) = online_node().rewards
    judged = first.model_copy(update={"score": score("model", node="judge")})
    node = online_node().model_copy(update={"rewards": (judged, second)})
    assert memory(node).judges == 2 * SMOL.parameters


def test_many_answers_at_once_outgrow_the_step() -> None:
    node = online_node()
    arguments = {**node.arguments, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 512}
    wide = memory(node.model_copy(update={"arguments": arguments}), 256)
    assert wide.answers > 0
    assert (wide.activations, wide.logits) == (0, 0)
    assert memory(node, 256).answers == 0


def test_eager_attention_keeps_its_scores() -> None:
    node = one_step("sft", 1, "new")
    eager = model_node().model_copy(update={"attention": "eager"})
    found = memory_of(node, eager, SMOL, 4096, CPU)
    assert found is not None
    assert found.activations > 3 * memory(node, 4096).activations


def test_parts_add_up() -> None:
    found = memory(online_node())
    assert sum(found.parts.values()) == found.total


def test_memory_of_an_unknown_model_is_not_guessed() -> None:
    assert memory_of(stage_node(), model_node(), ModelFacts(), 1024, CPU) is None
