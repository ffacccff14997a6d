"""Stages that read ready rows: sft, reward, dpo, kto, each trained for real on the tiny model."""

from __future__ import annotations

import json
import math

import pytest
import torch

from recipedsl.diagnostics import RecipeError
from recipedsl.runtime.events import Done, Start, Step, read_events
from recipedsl.runtime.loading import Machine, RewardModel, load_for_answers, read_artefact
from recipedsl.runtime.stages.checks import check_packing, packing_leak, try_longest
from recipedsl.runtime.stages.kto import mismatched
from recipedsl.runtime.stages.start import begin
from recipedsl.runtime.stages.train import make_trainer
from tests.runtime.stages.workshop import (
    LORA,
    ONLINE,
    ROWS,
    TRAINERS,
    Shop,
    artefact,
    encode,
    messages,
    packed,
    prompt_ids,
    sft_rows,
    weights,
)

pytestmark = pytest.mark.slow

OFFLINE = ["sft", "reward", "dpo", "kto"]
REFERENCE = {"dpo": "start", "kto": "start"}
REFERENCE_OFF = {"dpo": "adapter_off", "kto": "adapter_off"}


@pytest.mark.parametrize("method", OFFLINE)
def test_full_weights_change(shop: Shop, method: str) -> None:
    facts = shop.run("tuned", method, reference=REFERENCE.get(method, "none"))
    before, after = weights(shop.folders["base"]), weights(shop.folders["tuned"])
    assert all(not torch.equal(before[name], after[name]) for name in before)
    assert artefact(shop.folders["tuned"])["kind"] == "full"
    assert facts["steps"] == 4
    assert facts["trainable"] == facts["parameters"]
    assert all(math.isfinite(loss) for _, loss in facts["losses"])
    assert facts["loss"] < facts["losses"][0][1]
    assert facts["tokens"] > 0


@pytest.mark.parametrize("method", OFFLINE)
def test_an_adapter_leaves_the_start_as_it_is(shop: Shop, method: str) -> None:
    before = weights(shop.folders["base"])
    facts = shop.run(
        "tuned", method, adapter_use="new", adapter=LORA, reference=REFERENCE_OFF.get(method, "none")
    )
    saved = weights(shop.folders["tuned"])
    assert facts["trainable"] < facts["parameters"]
    assert all("lora" in name or "score" in name for name in saved)
    assert all(tensor.abs().sum() > 0 for tensor in saved.values())  # lora_B begins as zeros
    base = load_for_answers(read_artefact(shop.folders["tuned"]).under or shop.root, dtype="f32")
    assert all(torch.equal(before[name], dict(base.named_parameters())[name]) for name in before)


def test_an_adapter_names_what_it_lies_on_without_machine_paths(shop: Shop) -> None:
    shop.run("tuned", "sft", adapter_use="new", adapter=LORA)
    folder = shop.folders["tuned"]
    configuration = (folder / "weights" / "adapter_config.json").read_text("utf-8")
    under = (folder / artefact(folder)["start"]).resolve()
    assert under == shop.folders["base"].resolve()
    assert (folder / "weights" / json.loads(configuration)["base_model_name_or_path"]).resolve() == under
    assert '"/' not in configuration
    assert not (folder / "weights" / "README.md").exists()


def test_the_tokenizer_is_the_same_in_every_stage(shop: Shop) -> None:
    shop.run("tuned", "sft")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        before, after = (shop.folders["base"] / name, shop.folders["tuned"] / "weights" / name)
        assert before.read_bytes() == after.read_bytes()


def test_packed_rows_train_as_they_do_alone(shop: Shop) -> None:
    one_step = {"max_steps": 1, "per_device_train_batch_size": 6}
    alone = shop.run("alone", "sft", arguments=one_step)
    together = shop.run(
        "together",
        "sft",
        rows=packed(sft_rows(), 3),
        packing=True,
        arguments={**one_step, "per_device_train_batch_size": 2},
    )
    assert together["loss"] == pytest.approx(alone["loss"], abs=1e-5)
    for name, tensor in weights(shop.folders["alone"]).items():
        assert torch.allclose(tensor, weights(shop.folders["together"])[name], atol=1e-5), name


def test_a_model_that_mixes_packed_rows_is_refused(shop: Shop) -> None:
    task = shop.task("packed", "sft", rows=packed(sft_rows(), 3), packing=True)
    trainer = make_trainer(task, begin(task))
    change, scale = packing_leak(trainer.model, trainer.data_collator)
    assert change <= 1e-6 * scale
    collate = trainer.data_collator

    def without_borders(rows: list[dict[str, object]]) -> dict[str, object]:
        batch = dict(collate(rows))
        batch["position_ids"] = torch.arange(batch["input_ids"].shape[1])[None]
        return {name: batch[name] for name in ("input_ids", "labels", "position_ids")}

    trainer.data_collator = without_borders
    with pytest.raises(RecipeError, match="R607"):
        check_packing(trainer)


def test_two_batches_of_two_are_one_of_four(shop: Shop) -> None:
    whole = shop.run("whole", "sft", arguments={"max_steps": 2, "per_device_train_batch_size": 4})
    halves = shop.run("halves", "sft", arguments={"max_steps": 2, "gradient_accumulation_steps": 2})
    assert halves["losses"] == [[step, pytest.approx(loss, abs=1e-4)] for step, loss in whole["losses"]]


def test_the_longest_batch_leaves_no_trace(shop: Shop) -> None:
    plain = shop.run("plain", "dpo", reference="start")
    task = shop.task("tried", "dpo", reference="start")
    torch.manual_seed(task.node.seed)
    trainer = make_trainer(task, begin(task))
    state = torch.random.get_rng_state()
    try_longest(trainer)
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(each.grad is None for each in trainer.model.parameters())
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses == [loss for _, loss in plain["losses"]]


def test_sft_adapter_goes_on_in_dpo_against_its_frozen_self(shop: Shop) -> None:
    shop.run("tuned", "sft", adapter_use="new", adapter=LORA)
    facts = shop.run("final", "dpo", start="tuned", adapter_use="continue", reference="frozen_adapter")
    # Policy and reference are the same at first: the loss is that of a coin.
    assert facts["losses"][0][1] == pytest.approx(math.log(2), abs=1e-5)
    assert facts["loss"] < math.log(2)
    before, after = weights(shop.folders["tuned"]), weights(shop.folders["final"])
    assert before.keys() == after.keys()
    assert all(not torch.equal(before[name], after[name]) for name in before)
    assert artefact(shop.folders["final"])["start"] == artefact(shop.folders["tuned"])["start"]


def test_sft_adapter_is_folded_in_under_a_new_one(shop: Shop) -> None:
    shop.run("tuned", "sft", adapter_use="new", adapter=LORA)
    facts = shop.run(
        "final", "dpo", start="tuned", adapter_use="merge_new", adapter=LORA, reference="adapter_off"
    )
    assert facts["losses"][0][1] == pytest.approx(math.log(2), abs=1e-5)
    final = shop.folders["final"]
    assert artefact(final) == {"kind": "adapter", "gives": "policy", "start": "merged"}
    ids = torch.tensor([prompt_ids("one and one")])
    summed = load_for_answers(shop.folders["tuned"], dtype="f32")(ids, use_cache=False).logits
    merged = load_for_answers(final / "merged", dtype="f32")(ids, use_cache=False).logits
    assert torch.allclose(summed, merged, atol=1e-4)


def test_sft_adapter_is_folded_in_and_all_weights_train(shop: Shop) -> None:
    shop.run("tuned", "sft", adapter_use="new", adapter=LORA)
    facts = shop.run("final", "dpo", start="tuned", adapter_use="merge_full", reference="start")
    assert facts["losses"][0][1] == pytest.approx(math.log(2), abs=1e-5)
    assert artefact(shop.folders["final"]) == {"kind": "full", "gives": "policy", "start": ""}


def test_an_adapter_lies_on_the_weights_of_a_stage(shop: Shop) -> None:
    shop.run("tuned", "sft")
    shop.run("final", "dpo", start="tuned", adapter_use="new", adapter=LORA, reference="adapter_off")
    shop.run("again", "dpo", start="final", adapter_use="continue", reference="frozen_adapter")
    assert artefact(shop.folders["again"])["start"] == "../tuned"
    assert read_artefact(shop.folders["again"]).under == (shop.folders["tuned"] / "weights").resolve()


@pytest.mark.parametrize("adapted", [False, True])
def test_a_reward_model_learns_and_scores_what_it_was_trained_on(shop: Shop, *, adapted: bool) -> None:
    fields = {"adapter_use": "new", "adapter": LORA} if adapted else {}
    facts = shop.run("judge", "reward", arguments={"max_steps": 12, "learning_rate": 2e-2}, **fields)
    assert facts["loss"] < 0.4
    judge = RewardModel(shop.folders["judge"], dtype="f32", batch=2)
    right = [[*messages("two and two"), {"role": "assistant", "content": "four"}]]
    echo = [[*messages("two and two"), {"role": "assistant", "content": "two and two"}]]
    assert judge.score(right)[0] > judge.score(echo)[0]
    assert judge.score([*right, *echo, *right]) == pytest.approx(
        [*judge.score(right), *judge.score(echo), *judge.score(right)], abs=1e-4
    )


def test_kto_pairs_prompts_with_answers_of_others() -> None:
    answers = [[1], [2], [3], [4], [5]]
    assert mismatched(answers, 2) == [[2], [1], [4], [3], [4]]
    assert mismatched(answers[:3], 4) == [[3], [1], [2]]


def test_bfloat16_keeps_what_is_trained_in_float32(shop: Shop) -> None:
    facts = shop.run("tuned", "sft", dtype="bf16", adapter_use="new", adapter=LORA)
    assert facts["dtype"] == "bfloat16"
    assert {tensor.dtype for tensor in weights(shop.folders["tuned"]).values()} == {torch.float32}
    again = shop.run("again", "sft", dtype="auto", machine=Machine("cpu", "cpu", has_bf16=False))
    assert again["dtype"] == "float32"


def test_float16_needs_a_gpu(shop: Shop) -> None:
    with pytest.raises(RecipeError, match="R613"):
        shop.run("tuned", "sft", dtype="f16", adapter_use="new", adapter=LORA)


def test_events_tell_the_course_of_a_stage(shop: Shop) -> None:
    facts = shop.run("tuned", "sft")
    events = read_events(shop.folders["tuned"] / "events.jsonl")
    kinds = [each.event for each in events]
    assert kinds == ["start", "step", "step", "step", "step", "save", "done"]
    steps = [each for each in events if isinstance(each, Step)]
    assert [each.loss for each in steps] == [loss for _, loss in facts["losses"]]
    assert [each.step for each in steps] == [1, 2, 3, 4]
    assert steps[-1].seconds_left == 0
    assert steps[-1].tokens == facts["tokens"]
    assert all(each.tokens_per_second > 0 and "grad_norm" in each.metrics for each in steps)
    start, done = events[0], events[-1]
    assert isinstance(start, Start)
    assert (start.steps, start.trainable) == (4, facts["trainable"])
    assert isinstance(done, Done)
    assert done.loss == facts["loss"]


def test_every_row_of_a_preference_is_trained_on(shop: Shop) -> None:
    rows = ROWS["dpo"]()
    rows[0] = {**rows[0], "prompt_ids": prompt_ids("one " * 120), "chosen_ids": encode("one " * 120)}
    task = shop.task("final", "dpo", rows=rows, reference="start")
    trainer = make_trainer(task, begin(task))
    assert len(trainer.train_dataset) == len(rows)
    batch = trainer.data_collator([trainer.train_dataset[0]])
    assert batch["input_ids"].shape[1] == len(rows[0]["prompt_ids"]) + len(rows[0]["chosen_ids"])


def test_the_installed_configurations_take_every_argument(shop: Shop) -> None:
    """The first test to fail when an argument is renamed by TRL."""
    from recipedsl.runtime.stages.arguments import configuration

    for method in TRAINERS:
        extra = ONLINE if method in ("grpo", "rloo") else {}
        configuration(shop.task(f"drift-{method}", method, arguments=extra))
