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
    "List": "list",
    "array": "list",
    "Array": "list",
    "Sequence": "list",
    "string": "text",
    "str": "text",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "dataset": "data",
    "datasets": "data",
    "evaluation": "eval",
    **dict.fromkeys(("schema", "row", "record", "struct", "class"), "type"),
    "const": "let",
    "var": "let",
    "set": "let",
    "def": "let",
    "yes": "true",
    "on": "true",
    "no": "false",
    "off": "false",
    **dict.fromkeys(
        ("load", "open", "load_json", "load_jsonl", "load_csv", "load_parquet", "read_json", "read_jsonl",
         "read_csv", "read_parquet", "from_json", "scan_csv", "scan_parquet", "json", "jsonl", "csv", "file"),
        "read",
    ),
    **dict.fromkeys(("huggingface", "hf", "from_hub", "from_pretrained", "load_dataset"), "hub"),
    **dict.fromkeys(("union", "append", "merge", "chain", "concatenate", "concatenate_datasets"), "concat"),
    **dict.fromkeys(("interleave_datasets", "alternate"), "interleave"),
    **dict.fromkeys(("accuracy", "exact_match", "em"), "exact"),
    **dict.fromkeys(("perplexity", "ppl", "cross_entropy", "nll"), "loss"),
    **dict.fromkeys(("pass@k", "passk"), "pass_at"),
    **dict.fromkeys(("winrate", "win"), "win_rate"),
}  # fmt: skip

#: Shapes of rows in the words of other tools, and ours.
SHAPES: dict[str, str] = {
    **dict.fromkeys(
        ("messages", "message", "conversation", "conversations", "conversational", "sft", "sharegpt",
         "openai", "chatml", "chat_template", "alpaca", "instruction", "instruct"),
        "chat",
    ),
    **dict.fromkeys(
        ("dpo", "preferences", "pair", "pairs", "pairwise", "comparison", "ranking"), "preference"
    ),
    **dict.fromkeys(("kto", "unpaired", "unpaired_preference"), "feedback"),
    **dict.fromkeys(("prompts", "prompt_only", "grpo", "rl", "rlhf", "ppo", "rloo"), "prompt"),
    **dict.fromkeys(("plain", "raw", "pretrain", "pretraining", "corpus", "lm", "language_modeling"), "text"),
    **dict.fromkeys(("prompt_completion", "input_output", "seq2seq"), "completion"),
}  # fmt: skip

#: Those of them that mean nearly the same only: another measure, or a path as well as a name.
LOOSELY = frozenset(
    (
        "accuracy",
        "exact_match",
        "em",
        "perplexity",
        "ppl",
        "cross_entropy",
        "nll",
        "load_dataset",
        "set",
        "def",
    )
)

#: Functions and methods of SQL, Python, pandas and Polars, and ours.
FUNCTIONS: dict[str, str] = {
    **dict.fromkeys(("len", "length", "strlen", "char_length", "len_chars", "num_chars", "size"), "chars"),
    **dict.fromkeys(("word_count", "num_words", "count_words", "n_words"), "words"),
    **dict.fromkeys(("line_count", "num_lines"), "lines"),
    **dict.fromkeys(("len_bytes", "byte_length"), "bytes"),
    **dict.fromkeys(("lowercase", "tolower", "toLowerCase", "to_lowercase", "lcase", "casefold"), "lower"),
    **dict.fromkeys(("uppercase", "toupper", "toUpperCase", "to_uppercase", "ucase"), "upper"),
    **dict.fromkeys(("strip", "strip_chars", "lstrip", "rstrip"), "trim"),
    **dict.fromkeys(("includes", "has", "contain", "find", "index_of"), "contains"),
    **dict.fromkeys(("startswith", "startsWith", "has_prefix"), "starts_with"),
    **dict.fromkeys(("endswith", "endsWith", "has_suffix"), "ends_with"),
    **dict.fromkeys(("match", "regex", "regexp", "rlike", "regex_match", "fullmatch", "search"), "matches"),
    **dict.fromkeys(("replace_all", "sub", "regexp_replace", "regex_replace", "gsub"), "replace"),
    **dict.fromkeys(("regexp_extract", "regex_extract", "extract_all"), "extract"),
    **dict.fromkeys(("substr", "substring", "slice"), "slice_text"),
    **dict.fromkeys(("ifelse", "iff", "iif", "case", "when"), "if"),
    **dict.fromkeys(("ifnull", "nvl", "fillna", "fill_null", "or_else"), "coalesce"),
    **dict.fromkeys(("str", "string", "to_string", "astype"), "text"),
    **dict.fromkeys(("int", "float", "to_number", "as_number"), "number"),
    **dict.fromkeys(("avg", "average"), "mean"),
    **dict.fromkeys(("nunique", "n_unique", "count_distinct"), "distinct"),
    **dict.fromkeys(
        ("language", "langid", "langdetect", "detect_language", "detect_lang", "detect", "lang_id"), "lang"
    ),
    **dict.fromkeys(("is_json", "valid_json"), "json_ok"),
    **dict.fromkeys(("levenshtein", "jaccard"), "similarity"),
    "sum": "total",
    "head": "first",
    "tail": "last",
}

#: Languages by their names, and their codes (ISO 639-1).
LANGUAGE_CODES: dict[str, str] = {
    "arabic": "ar", "bengali": "bn", "chinese": "zh", "czech": "cs", "danish": "da", "dutch": "nl",
    "english": "en", "finnish": "fi", "french": "fr", "german": "de", "greek": "el", "hebrew": "he",
    "hindi": "hi", "hungarian": "hu", "indonesian": "id", "italian": "it", "japanese": "ja",
    "korean": "ko", "norwegian": "no", "persian": "fa", "polish": "pl", "portuguese": "pt",
    "romanian": "ro", "russian": "ru", "spanish": "es", "swedish": "sv", "thai": "th", "turkish": "tr",
    "ukrainian": "uk", "vietnamese": "vi", "eng": "en", "deu": "de", "fra": "fr", "spa": "es", "zho": "zh",
}  # fmt: skip

#: Functions that would count tokens. Rows are prepared without a model, and so without a tokenizer.
TOKEN_COUNTS = frozenset(
    ("tokens", "token_count", "count_tokens", "num_tokens", "n_tokens", "token_length", "tokenize")
)

#: Tests for null in other languages, and the comparison that they are.
NULL_TESTS: dict[str, str] = {
    **dict.fromkeys(("isnull", "isna", "isnan", "is_none", "is_empty_value", "isNull"), "=="),
    **dict.fromkeys(("notnull", "notna", "isnotnull", "not_null", "isNotNull"), "!="),
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
_SOURCE = 'rows come from a dataset: `data rows = read("rows.jsonl")` or `hub("owner/name", split = "train")`'
_MIXED = (
    "datasets are mixed by a source: `concat(a, b)`, `mix({ a: 70%, b: 30% }, rows = 100k)`, `interleave(…)`"
)
_KERNELS = "fused kernels are the settings `liger` and `kernels` of a stage"
_SAVES = "checkpoints: `save_every` of a stage or of `run`, and how many are kept is `keep` of `run`"
_BEST = (
    "a stage that looks at `eval` ends with the best checkpoint by `keep_best = true`, and stops "
    "by `patience`"
)
_VLLM = "what writes the answers of an online stage is its setting `engine`: `engine = vllm(…)`"
_FREEZE = 'weights that stay as they are: `freeze = ["model.layers.0.*"]`; those that train: `train_only`'
_REFERENCE = "the reference is derived from what the stage starts from; what moves it is `follow_reference`"
_PACKED = "rows are packed by `packing = true`, without padding between them"
_TOKENS = 'the tokens `bos`, `eos` and `pad` belong to the model: `model base { …, eos = "<|im_end|>" }`'
_OPTIMIZER = (
    "what an optimizer takes are its arguments: `optimizer = adamw(beta2 = 0.95)`, `galore(rank = 128)`"
)
_SCHEDULE = "what a schedule takes are its arguments: `schedule = cosine(warmup = 3%, floor = 10%)`"
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
         "per_device_eval_batch_size", "compute_metrics"),
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
    **dict.fromkeys(
        ("dataset_name", "dataset_config", "dataset_dir", "dataset_train_split", "dataset_splits",
         "data_files",
         "path", "ds_type", "split", "pretraining_dataset", "train_file", "data_path", "media_dir"),
        _SOURCE,
    ),
    **dict.fromkeys(("dataset_test_split", "test_datasets", "eval_batch_size", "compute_accuracy",
                     "eval_sample_packing", "eval_table_size", "eval_on_start",
                     "predict_with_generate"), _EVALS),
    **dict.fromkeys(("dataset_mixture", "dataset_mixer", "mix_strategy", "interleave_probs",
                     "shuffle_merged_datasets", "dataset_weights"), _MIXED),
    **dict.fromkeys(("liger_rope", "liger_rms_norm", "liger_glu_activation", "liger_layer_norm", "use_liger",
                     "liger_fused_linear_cross_entropy", "enable_liger_kernel", "use_liger_kernel", "plugins",
                     "use_unsloth", "kernel_config"), _KERNELS),
    **dict.fromkeys(("save_total_limit", "save_strategy", "save_only_model", "save_safetensors"), _SAVES),
    **dict.fromkeys(("load_best_model_at_end", "metric_for_best_model", "greater_is_better",
                     "early_stopping_patience", "loss_watchdog_threshold", "loss_watchdog_patience"), _BEST),
    **dict.fromkeys(("use_vllm", "vllm_mode", "vllm_gpu_memory_utilization", "vllm_server_host",
                     "vllm_server_port", "vllm_tensor_parallel_size", "infer_backend",
                     "sample_backend"), _VLLM),
    **dict.fromkeys(("freeze_trainable_layers", "freeze_trainable_modules", "freeze_layers", "use_llama_pro",
                     "freeze_vision_tower"), _FREEZE),
    **dict.fromkeys(("sync_ref_model", "ref_model_mixup_alpha", "ref_model_sync_steps",
                     "precompute_ref_log_probs", "ref_model_path"), _REFERENCE),
    **dict.fromkeys(("pad_to_sequence_len", "padding_free", "packing_strategy", "max_packed_sequence_len",
                     "pad_to_multiple_of", "flat_packing"), _PACKED),
    **dict.fromkeys(("eos_token", "pad_token", "bos_token", "eot_tokens", "add_eos_token", "train_on_eos"),
                    _TOKENS),
    **dict.fromkeys(("optim_args", "optim_target_modules", "use_galore", "galore_rank", "galore_target",
                     "galore_scale", "use_badam", "use_apollo"), _OPTIMIZER),
    **dict.fromkeys(("lr_scheduler_kwargs", "lr_scheduler_args", "min_lr", "warmup", "num_cycles"),
                     _SCHEDULE),
    **dict.fromkeys(("wandb_entity", "wandb_watch", "wandb_log_model", "wandb_run_id", "wandb_mode",
                     "swanlab_project", "mlflow_experiment_name", "comet_project_name"), _SEND),
    **dict.fromkeys(("fsdp_version", "context_parallel_size", "sequence_parallel_degree", "num_processes",
                     "distributed_type", "dist_config", "deepspeed_config", "num_machines"), _PARALLEL),
    **dict.fromkeys(("model_type", "tokenizer_type", "tokenizer_config", "num_labels", "local_rank", "strict",
                     "log_level", "plot_loss", "gpu_ids"), "it is found out from the model and the "
                     "machine: leave it out"),
    **dict.fromkeys(("quantization_method", "bnb_4bit_compute_dtype", "bnb_config_kwargs", "qat",
                     "use_bnb_nested_quant", "double_quantization"), _QUANTIZE),
    **dict.fromkeys(("model_revision", "hub_model_revision", "revision"),
                    "the revision belongs to the source of the model: `hub(\"owner/model\", revision "
                    "= \"…\")`"),
    **dict.fromkeys(("reward_model", "reward_model_name_or_path", "reward_model_type"),
                    "a reward model is an earlier stage, named in the reward: `reward = 0.8 * judge + …`"),
    **dict.fromkeys(("system_prompt", "default_system"),
                    "the system text is given to the shape: `| as chat(user = q, assistant = a, "
                    "system = \"…\")`"),
    **dict.fromkeys(("create_new_adapter", "lora_model_dir"),
                    "`from` names the stage to go on with; whether its adapter goes on or is merged "
                    "follows from it"),
    **dict.fromkeys(("lora_target_linear", "lora_target_linear_modules"),
                    "all linear layers are what `lora` trains when `target` is left out"),
    **dict.fromkeys(("flash_attention", "xformers_attention", "sdp_attention", "use_flash_attention_2"),
                    "attention belongs to the model: `attention = flash_attention_2`"),
    **dict.fromkeys(("export_dir", "export_size"),
                     "models are written out by a stage: `stage out: export { … }`"),
    **dict.fromkeys(("tokenized_path", "buffer_size", "streaming_multipack_buffer_size",
                     "preprocessing_batch_size"),
                    _CACHE),
    "rl": "the method stands behind the name: `stage tuned: dpo { … }`",
    "trl": "the settings of the method stand in the stage itself: `stage online: grpo { beta = 0.04 }`",
    "group_by_length": "rows of like length together: `order = group_by_length`",
    "curriculum_sampling": "rows in their order: `order = sequential`, after `| sort by …`",
    **dict.fromkeys(("steps_per_generation", "generation_batch_size"),
                    "`batch` is the number of answers in one optimizer step; the rest follows from it"),
    "gradient_checkpointing_kwargs": "`gradient_checkpointing = true` is all there is to say of it",
    **dict.fromkeys(("push_to_hub", "hub_model_id", "hub_strategy", "hub_private_repo"),
                     "nothing is sent to the hub; results are plain folders"),
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
