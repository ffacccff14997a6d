"""What a stage refuses or fails at, and in which words."""

from __future__ import annotations

import errno
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from recipedsl.diagnostics import Bug, RecipeError
from recipedsl.plan.model import AdapterSpec
from recipedsl.runtime.loading import RewardModel, cut_after_stop, load_tokenizer, read_artefact, stop_ids
from recipedsl.runtime.stages.checks import check_saving
from recipedsl.runtime.stages.problems import diagnose
from recipedsl.runtime.stages.result import loss_curve
from recipedsl.runtime.stages.start import begin
from recipedsl.runtime.stages.train import make_trainer, run_stage
from tests.runtime.stages.workshop import LORA, Shop, sft_rows, weights

pytestmark = pytest.mark.slow


def test_a_loss_that_is_no_number_stops_the_stage_at_once(shop: Shop) -> None:
    task = shop.task("tuned", "sft", arguments={"learning_rate": 1e30, "max_grad_norm": 0.0}, save_every=1)
    with pytest.raises(RecipeError, match=r"R601.*not finite at step [12]"):
        run_stage(task)
    assert not (task.out / "artefact.json").exists()
    assert not (task.work / "checkpoint-3").exists()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "R600"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"), "R600"),
        (MemoryError(), "R600"),
        (OSError(errno.ENOSPC, "No space left on device"), "R608"),
        (ValueError("Target modules {'query'} not found in the base model"), "R612"),
        (KeyError("something else"), "R614"),
    ],
)
def test_known_failures_have_clear_words(error: Exception, code: str) -> None:
    diagnostic = diagnose(error, "tuned")
    assert diagnostic.code == code
    assert type(error).__name__ in diagnostic.notes[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"learning_rat": 1.0}, "no argument `learning_rat`"),
        ({"bf16": True}, "`bf16` of trl.SFTConfig is not for a recipe to set"),
        ({"output_dir": "elsewhere"}, "`output_dir`"),
        ({"lr_scheduler_type": "sideways"}, "refuses its arguments"),
    ],
)
def test_arguments_are_refused_not_ignored(shop: Shop, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError, match=f"R604.*{words}"):
        shop.run("tuned", "sft", arguments=arguments)


def test_an_argument_that_says_what_is_so_anyway_is_fine(shop: Shop) -> None:
    assert shop.run("tuned", "sft", arguments={"seed": 17, "warmup_ratio": 0.5})["steps"] == 4


@pytest.mark.parametrize(("limit", "steps"), [(2, 2), (50, 3)])
def test_a_limit_of_steps_never_adds_to_the_epochs(shop: Shop, limit: int, steps: int) -> None:
    facts = shop.run("tuned", "sft", arguments={"num_train_epochs": 1, "max_steps": limit})
    assert facts["steps"] == steps


def test_a_configuration_of_another_trainer(shop: Shop) -> None:
    task = shop.task("tuned", "sft")
    foreign = replace(task, node=task.node.model_copy(update={"config": "os.path"}))
    with pytest.raises(RecipeError, match=r"R604.*takes no os\.path"):
        run_stage(foreign)


@pytest.mark.parametrize(
    "settings",
    [
        {"r": 4, "target_modules": ["query"]},
        {"r": 4, "colour": "red"},
        {"r": 4, "megatron_config": {}, "megatron_core": "antigravity"},
    ],
)
def test_an_adapter_that_does_not_fit(shop: Shop, settings: dict[str, Any]) -> None:
    adapter = AdapterSpec(keyword="lora", settings=settings)
    with pytest.raises(RecipeError, match="R612"):
        shop.run("tuned", "sft", adapter_use="new", adapter=adapter)


def test_no_rows(shop: Shop) -> None:
    task = shop.task("tuned", "sft")
    import polars as pl

    pl.DataFrame(sft_rows()).clear().write_ipc_stream(task.tokens_file)
    with pytest.raises(RecipeError, match="R605"):
        run_stage(task)


def test_weights_that_do_not_come_back_are_found_before_training(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = shop.task("tuned", "sft", adapter_use="new", adapter=LORA)
    trainer = make_trainer(task, begin(task))
    check_saving(task, trainer)
    assert not (task.work / "trial").exists()
    save = type(trainer.model).save_pretrained

    def lose_one(model: Any, folder: Path, **options: Any) -> None:
        save(model, folder, **options)
        from safetensors.torch import load_file, save_file

        tensors = load_file(folder / "adapter_model.safetensors")
        save_file(dict(list(tensors.items())[1:]), folder / "adapter_model.safetensors")

    monkeypatch.setattr(type(trainer.model), "save_pretrained", lose_one)
    # One lost tensor of lora_A, which is random: no other of its shape is equal to it.
    with pytest.raises(RecipeError, match="R610"):
        check_saving(task, trainer)


def test_a_full_disk_is_seen_before_training(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(shop.root)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(RecipeError, match="R608"):
        shop.run("tuned", "sft")


def test_a_plan_that_does_not_fit_its_results_is_ours(shop: Shop) -> None:
    with pytest.raises(Bug, match="continue on a start that is full"):
        shop.run("tuned", "sft", adapter_use="continue")
    with pytest.raises(Bug, match="reference is start, the trainer's adapter_off"):
        shop.run("final", "dpo", adapter_use="new", adapter=LORA, reference="start")


def test_only_safetensors_are_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80")
    with pytest.raises(RecipeError, match="R609"):
        read_artefact(tmp_path)


def test_a_policy_is_no_judge(shop: Shop) -> None:
    with pytest.raises(RecipeError, match="R609"):
        RewardModel(shop.folders["base"])


def test_answers_end_where_the_template_ends_a_turn(tiny: Path) -> None:
    tokenizer = load_tokenizer(tiny)
    assert stop_ids(tokenizer) == [258]
    assert stop_ids(tokenizer, "<|im_start|>") == [258, 257]
    tokenizer.eos_token = "<|endoftext|>"
    assert stop_ids(tokenizer) == [256, 258]


def test_ids_are_cut_behind_the_last_stop_token() -> None:
    assert cut_after_stop([1, 258, 2, 258, 10], [258]) == [1, 258, 2, 258]
    assert cut_after_stop([1, 2], [258]) == [1, 2]


def test_the_template_of_the_rows_goes_along(shop: Shop) -> None:
    task = shop.task("tuned", "sft")
    text = "{% for m in messages %}<|im_start|>{{ m['content'] }}<|im_end|>{% endfor %}"
    (shop.folders["tuned.tokens"] / "template.jinja").write_text(text)
    run_stage(task)
    assert load_tokenizer(task.out).chat_template == text
    assert weights(task.out)


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    history: list[dict[str, Any]] = [{"step": step, "loss": 1 / step} for step in range(1, 1001)]
    curve = loss_curve([*history, {"step": 1000, "train_loss": 0.1}])
    assert len(curve) == 200
    assert (curve[0], curve[-1]) == ([1, 1.0], [1000, 0.001])
