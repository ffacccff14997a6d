"""The same through the preparation of TRL 1.16's SFTTrainer, its own code.

`PROCESSES` is its `dataset_num_proc`. The end to end way is that of `datasets_rows.py`, then TRL. Packs as
TRL makes them: a thousand rows at a time.
"""

from __future__ import annotations

import os
import tempfile
from types import SimpleNamespace

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
    trainer = SimpleNamespace(_tokenizer=tokenizer, chat_template=template, completion_only_loss=False)
    made = SFTTrainer._prepare_dataset(trainer, given, tokenizer, settings, True, None, "train")
    made.save_to_disk(str(task.out / "sequences")) if os.environ.get("KEEP") else None
    return {"sequences": len(made)}


def end_to_end(task: Task) -> dict[str, object]:
    """The rows, then their tokens."""
    datasets_rows.recipe(task)
    return tokens(task, str(task.out / "train.parquet"))


if __name__ == "__main__":
    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        datasets.config.HF_DATASETS_CACHE = cache
        carry_out({"tokens": tokens, "end to end": end_to_end})
