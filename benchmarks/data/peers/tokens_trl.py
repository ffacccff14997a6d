"""The same through the preparation of TRL 1.16's SFTTrainer, its own code.

`PROCESSES` is its `dataset_num_proc`. With `OWN=1` ids and labels are made before TRL sees the rows, by a
batched map of one's own, and TRL packs: the fastest that `datasets` and TRL have been seen to be. The end to
end way is that of `datasets_rows.py`, then TRL. Packs as TRL makes them: a thousand rows at a time.
"""

from __future__ import annotations

import os
import tempfile
from types import SimpleNamespace
from typing import Any

import datasets
import datasets_rows
import transformers
from task import Task, carry_out
from trl import SFTConfig, SFTTrainer

LIMIT = int(os.environ.get("LIMIT", "2048"))
PROCESSES = int(os.environ["PROCESSES"]) if os.environ.get("PROCESSES") else None


def tokens(task: Task, rows: str = "") -> dict[str, object]:
    """Prepares the rows as the trainer does before its first step; tells how many sequences there are."""
    given = datasets.load_dataset(
        "parquet", data_files=rows or str(task.folder / "rows.parquet"), split="train"
    )
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(task.folder / "model")
    settings = SFTConfig(
        output_dir=str(task.out), use_cpu=True, bf16=False, max_length=LIMIT, packing=True,
        assistant_only_loss=True, dataset_num_proc=PROCESSES,
    )  # fmt: skip
    template = (task.folder / "template.jinja").read_text()
    if os.environ.get("OWN"):
        given = encoded(given, tokenizer, template)
    trainer = SimpleNamespace(_tokenizer=tokenizer, chat_template=template, completion_only_loss=False)
    made = SFTTrainer._prepare_dataset(trainer, given, tokenizer, settings, True, None, "train")
    made.save_to_disk(str(task.out / "sequences")) if os.environ.get("KEEP") else None
    return {"sequences": len(made)}


def encoded(given: datasets.Dataset, tokenizer: Any, template: str) -> datasets.Dataset:
    """Ids and labels of all rows: a thousand conversations at a time."""

    def encode(batch: dict[str, list[Any]]) -> dict[str, list[list[int]]]:
        made = tokenizer.apply_chat_template(
            batch["messages"], chat_template=template, return_dict=True, return_assistant_tokens_mask=True
        )
        pairs = zip(made["input_ids"], made["assistant_masks"], strict=True)
        labels = [[id_ if flag else -100 for id_, flag in zip(*pair, strict=True)] for pair in pairs]
        return {"input_ids": made["input_ids"], "labels": labels}

    return given.map(encode, batched=True, num_proc=PROCESSES, remove_columns=given.column_names)


def end_to_end(task: Task) -> dict[str, object]:
    """The rows, then their tokens."""
    datasets_rows.recipe(task)
    return tokens(task, str(task.out / "train.parquet"))


if __name__ == "__main__":
    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        datasets.config.HF_DATASETS_CACHE = cache
        carry_out({"tokens": tokens, "end to end": end_to_end})
