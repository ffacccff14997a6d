"""Words of other tools, and what stands for them here.

What a setting is called elsewhere, value and meaning unchanged, stands beside the setting itself
(`also_called`, and the library's own name in `argument`). Here is the rest: what is said in another
place or another form, by the name that Axolotl, LLaMA-Factory, TRL or transformers give it.
"""

from __future__ import annotations

from collections.abc import Mapping

from recipedsl.language.concept import Setting

#: Values, types and kinds of declarations in the words of other tools, and ours.
VALUES: dict[str, str] = {
    "bfloat16": "bf16",
    "float16": "f16",
    "fp16": "f16",
    "float32": "f32",
    "fp32": "f32",
    "string": "text",
    "str": "text",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "dataset": "data",
    "datasets": "data",
    "evaluation": "eval",
    "schema": "type",
    "const": "let",
    "var": "let",
}


def called(settings: Mapping[str, Setting], name: str) -> str | None:
    """Name of the setting that another tool calls `name`; None when there is none."""
    return next(
        (ours for ours, each in settings.items() if name in each.also_called or name == each.argument), None
    )


_BATCH = "`batch` is the number of rows in one optimizer step: rows at a time × steps gathered × devices"
_DTYPE = "the number format belongs to the model: `model base { …, dtype = bf16 }`"
_SPLIT = "rows are set apart in the pipeline: `| split train = 95%, held = 5%`"
_LORA = "an adapter is written `adapter = lora(rank = 16, alpha = 32)`; without one all weights are trained"
_QUANTIZE = "what the weights are kept in belongs to the model: its setting `quantize`"
_SHAPE = "what the columns are is said in the pipeline: `| as chat(user = question, assistant = answer)`"
_MASK = "which tokens are trained: `train_on = assistant`, `last` or `all`"
_STORE = "results lie in the store, under the fingerprint of what made them; nothing names a folder"
_CACHE = "nothing is ever reused that would come out otherwise, so there is nothing to overwrite"
_RESUME = "a run that was interrupted goes on from its last checkpoint when it is started again"
_TRAINER = "what the vocabulary lacks is reached with `trainer = {{ {0}: … }}`"
_EVALS = "models are judged by an `eval` block, on rows that no stage trains on"
_PARALLEL = "how a run is spread over devices belongs to `run`: its setting `strategy`"
_REMOTE = "code that comes with a model is never run"
_SEND = "where numbers are sent belongs to `run`: its setting `track`"

#: What stands here for names that no setting takes unchanged.
ELSEWHERE: dict[str, str] = {
    **dict.fromkeys(("batch_size", "gradient_accumulation_steps", "gradient_accumulation"), _BATCH),
    **dict.fromkeys(("bf16", "fp16", "bfloat16", "float16", "pure_bf16", "half", "mixed_precision"), _DTYPE),
    **dict.fromkeys(
        ("val_size", "val_set_size", "eval_split", "test_size", "validation_split"), _SPLIT
    ),
    **dict.fromkeys(
        ("finetuning_type", "use_peft", "use_lora", "peft_config", "lora", "peft", "lora_config"), _LORA
    ),
    **dict.fromkeys(
        ("load_in_4bit", "load_in_8bit", "quantization_bit", "quantization", "bnb_4bit_quant_type"), _QUANTIZE
    ),
    **dict.fromkeys(
        ("formatting", "field_messages", "message_property_mappings", "roles", "columns",
         "dataset_text_field"),
        _SHAPE,
    ),
    **dict.fromkeys(
        ("train_on_inputs", "train_on_prompt", "mask_history", "completion_only_loss", "assistant_only_loss",
         "roles_to_train", "response_template"),
        _MASK,
    ),
    **dict.fromkeys(("output_dir", "save_dir", "logging_dir", "run_name", "dataset_prepared_path"), _STORE),
    **dict.fromkeys(("overwrite_cache", "overwrite_output_dir", "cache_dir"), _CACHE),
    **dict.fromkeys(("resume_from_checkpoint", "auto_resume_from_checkpoints"), _RESUME),
    **dict.fromkeys(
        ("do_train", "do_eval", "eval_strategy", "evaluation_strategy", "eval_steps", "evals_per_epoch",
         "eval_dataset", "per_device_eval_batch_size", "compute_metrics"),
        _EVALS,
    ),
    **dict.fromkeys(
        ("deepspeed", "fsdp", "fsdp_config", "ddp", "accelerate", "tensor_parallel_size"), _PARALLEL
    ),
    **dict.fromkeys(("trust_remote_code",), _REMOTE),
    **dict.fromkeys(
        ("report_to", "wandb_project", "wandb_name", "use_wandb", "use_swanlab"),
        _SEND,
    ),
    **{
        name: _TRAINER.format(name)
        for name in ("logging_steps", "dataloader_num_workers", "disable_dropout", "ddp_timeout")
    },
    **dict.fromkeys(("push_to_hub", "hub_model_id"), "nothing is sent to the hub; results are plain folders"),
    "stage": "the method stands behind the name: `stage tuned: sft { … }`",
    "rlhf_type": "the method stands behind the name: `stage tuned: dpo { … }`",
    "preprocessing_num_workers": "rows are prepared on all cores",
    "dataset_num_proc": "rows are prepared on all cores",
    "special_tokens": "the tokens of a turn belong to the template of the model",
    "adapter_name_or_path": "`from` names the stage to go on with, its adapter comes along",
    "ref_model": "the reference is derived from what the stage starts from",
    "reward_weights": "weights stand in the reward: `reward = 0.8 * judge + 0.2 * passes(tests)`",
    "flash_attn": "attention belongs to the model: `attention = flash_attention_2`",
    "streaming": "rows are read in a stream as it is",
}  # fmt: skip
