"""Settings as people write them who come from Axolotl, LLaMA-Factory, TRL or transformers."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipedsl.diagnostics import Applicability, Diagnostic
from recipedsl.diagnostics.render.changes import apply
from tests.compiling import CHATS, MODEL, PAIRS, compile_text, messages

PROMPTS = 'data prompts = read("rows.jsonl") | as prompt(question)\n'
REWARD = "reward = length(target = 10, limit = 20)"
STAGES = {
    "sft": "stage s: sft {{ from = base, data = chats, {} }}\n",
    "dpo": "stage s: dpo {{ from = base, data = pairs, {} }}\n",
    "grpo": f"stage s: grpo {{{{ from = base, data = prompts, {REWARD}, {{}} }}}}\n",
    "model": 'model other {{ from = local("tiny"), {} }}\n',
    "lora": "stage s: sft {{ from = base, data = chats, adapter = lora({}) }}\n",
    "run": "run {{ {} }}\n",
}
HEAD = MODEL.replace("run { seed = 1 }\n", "") + CHATS + PAIRS + PROMPTS


def unknown(root: Path, where: str, setting: str) -> tuple[str, Diagnostic]:
    """The recipe with the setting, and what is said of the setting."""
    text = HEAD + STAGES[where].format(setting)
    found = [each for each in compile_text(root, text).problems.in_order() if each.is_error]
    assert [each.code for each in found] == ["N103"], [each.message for each in found]
    return text, found[0]


@pytest.mark.parametrize(
    ("where", "setting", "ours"),
    [
        ("sft", "lr = 2e-5", "learning_rate = 2e-5"),
        ("sft", "num_train_epochs = 3", "epochs = 3"),
        ("sft", "num_epochs = 3", "epochs = 3"),
        ("sft", "max_steps = 100", "steps = 100"),
        ("sft", "per_device_train_batch_size = 4", "micro_batch = 4"),
        ("sft", "micro_batch_size = 4", "micro_batch = 4"),
        ("sft", "global_batch_size = 64", "batch = 64"),
        ("sft", "cutoff_len = 2048", "max_length = 2048"),
        ("sft", "max_seq_length = 2048", "max_length = 2048"),
        ("sft", "sequence_len = 2048", "max_length = 2048"),
        ("sft", "sample_packing = true", "packing = true"),
        ("sft", "neat_packing = true", "packing = true"),
        ("sft", "lr_scheduler_type = cosine", "schedule = cosine"),
        ("sft", "lr_scheduler = linear", "schedule = linear"),
        ("sft", "optim = adafactor", "optimizer = adafactor"),
        ("sft", "activation_checkpointing = true", "gradient_checkpointing = true"),
        ("sft", "gradient_clipping = 1.0", "max_grad_norm = 1.0"),
        ("sft", "save_steps = 100", "save_every = 100"),
        ("sft", "neftune_noise_alpha = 5", "neftune = 5"),
        ("sft", "loss_type = dft", "loss = dft"),
        ("dpo", "pref_beta = 0.1", "beta = 0.1"),
        ("dpo", "pref_loss = ipo", "loss = ipo"),
        ("dpo", "dpo_label_smoothing = 0.1", "label_smoothing = 0.1"),
        ("grpo", "num_generations = 4", "generations = 4"),
        ("grpo", "max_completion_length = 64", "max_new_tokens = 64"),
        ("grpo", "num_iterations = 2", "iterations = 2"),
        ("grpo", "mask_truncated_completions = true", "mask_truncated = true"),
        ("model", "torch_dtype = bf16", "dtype = bf16"),
        ("model", "chat_template = chatml", "template = chatml"),
        ("model", "attn_implementation = sdpa", "attention = sdpa"),
        ("lora", "r = 8", "rank = 8"),
        ("lora", "lora_r = 8", "rank = 8"),
        ("lora", "lora_alpha = 16", "alpha = 16"),
        ("lora", 'target_modules = ["q_proj"]', 'target = ["q_proj"]'),
        ("lora", "use_dora = true", "decomposed = true"),
        ("run", "max_samples = 100", "max_rows = 100"),
    ],
)
def test_another_name_for_a_setting(tmp_path: Path, where: str, setting: str, ours: str) -> None:
    text, problem = unknown(tmp_path, where, setting)
    name = ours.split(" ", maxsplit=1)[0]
    assert problem.message.endswith(f"it is called `{name}` here")
    (help_,) = problem.helps
    assert help_.applicability is Applicability.SAFE
    fixed = apply(text, help_.edits)
    assert ours in fixed
    assert not compile_text(tmp_path, fixed).problems.has_errors, messages(compile_text(tmp_path, fixed))


@pytest.mark.parametrize(
    ("where", "setting", "words"),
    [
        ("sft", "gradient_accumulation_steps = 4", "rows at a time × steps gathered × devices"),
        ("sft", "batch_size = 4", "rows at a time × steps gathered × devices"),
        ("sft", "lora_r = 8", "`adapter = lora(rank = …)`"),
        ("sft", 'lora_target = "all"', "`adapter = lora(target = …)`"),
        ("sft", "warmup_ratio = 0.03", "`schedule = linear(warmup = …)`"),
        ("sft", "warmup_steps = 10", "`schedule = linear(warmup = …)`"),
        ("sft", "adam_beta2 = 0.95", "`optimizer = adamw(beta2 = …)`"),
        ("sft", "finetuning_type = lora", "`adapter = lora(rank = 16, alpha = 32)`"),
        ("sft", "bf16 = true", "`model base { …, dtype = bf16 }`"),
        ("sft", "torch_dtype = bf16", "is a setting of `model`: `model base { dtype = … }`"),
        ("sft", "chat_template = chatml", "is a setting of `model`: `model base { template = … }`"),
        ("sft", "attention = sdpa", "`attention` is a setting of `model`"),
        ("sft", "val_size = 0.1", "`| split train = 95%, held = 5%`"),
        ("sft", "train_on_inputs = false", "`train_on = assistant`"),
        ("sft", 'output_dir = "out"', "nothing names a folder"),
        ("sft", "overwrite_output_dir = true", "nothing to overwrite"),
        ("sft", "logging_steps = 10", "`trainer = { logging_steps: … }`"),
        ("sft", 'report_to = "wandb"', "`run`"),
        ("sft", "max_rows = 10", "`max_rows` is a setting of `run`"),
        ("model", "load_in_4bit = true", "`quantize`"),
        ("model", "trust_remote_code = true", "never run"),
        ("model", "lr = 1e-5", "is a setting of `stage`"),
    ],
)
def test_what_is_said_elsewhere(tmp_path: Path, where: str, setting: str, words: str) -> None:
    _, problem = unknown(tmp_path, where, setting)
    assert words in "; ".join(each.text for each in problem.helps)
    assert not any(each.applicability is Applicability.SAFE and each.edits for each in problem.helps)


@pytest.mark.parametrize(
    "setting",
    [
        "learning_rate = 1e-5, lr = 1e-5",
        'model_name_or_path = "Qwen/Qwen2.5-0.5B"',
        'per_device_train_batch_size = "4"',
    ],
)
def test_no_safe_fix_where_the_value_does_not_carry_over(tmp_path: Path, setting: str) -> None:
    _, problem = unknown(tmp_path, "sft", setting)
    assert not any(each.applicability is Applicability.SAFE and each.edits for each in problem.helps)


@pytest.mark.parametrize("name", ["tokens", "count_tokens"])
def test_tokens_are_counted_by_the_stage(tmp_path: Path, name: str) -> None:
    text = HEAD + f'data short = read("rows.jsonl") | where {name}(question) <= 1Ki\n'
    (found,) = [each for each in compile_text(tmp_path, text).problems.in_order() if each.is_error]
    assert (found.code, found.message) == ("N111", f"unknown function `{name}`")
    helps = " ".join(each.text for each in found.helps)
    assert all(word in helps for word in ("`max_length`", "`words(text)`", "`chars(text)`"))
