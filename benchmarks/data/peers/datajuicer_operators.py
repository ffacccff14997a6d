"""Filters and exact duplicates in data-juicer 1.6.1: its operators over its dataset, one process.

A rule over several columns is an operator of one's own there, as its guide for developers shows; its
deduplicator is told what a question's hash is made of. It has no cap a topic nor a split with a drawn
order, so the recipe is not for it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from hashlib import md5
from typing import Any

# Progress and a log file of its own would be written beside the rows.
os.environ.setdefault("DISABLE_PROGRESS_BARS", "1")

import datasets
from data_juicer.core.data import NestedDataset
from data_juicer.ops.base_op import Filter
from data_juicer.ops.deduplicator.document_deduplicator import DocumentDeduplicator
from data_juicer.utils.constant import HashKeys
from task import COLUMNS, RULES, Task, carry_out, normalised


class Rule(Filter):
    """Keeps the rows that a rule holds for."""

    def __init__(self, rule: Callable[[Any], bool]) -> None:
        super().__init__(text_key="answer", num_proc=1)
        self.rule = rule
        self._name = rule.__name__

    def compute_stats_single(self, sample: Any, *_context: bool) -> Any:
        return sample

    def process_single(self, sample: Any) -> bool:
        return self.rule(sample)


class SameQuestion(DocumentDeduplicator):
    """The first of rows whose questions are alike but for case and space."""

    def __init__(self) -> None:
        super().__init__(text_key="question", num_proc=1)

    def compute_hash(self, sample: Any) -> Any:
        sample[HashKeys.hash] = md5(normalised(sample["question"]).encode()).hexdigest()
        return sample


def filters(task: Task) -> None:
    rows = datasets.load_dataset("json", data_files=list(task.files.values()), split="train")
    kept = NestedDataset(rows).process([*map(Rule, RULES), SameQuestion()])
    kept.select_columns(list(COLUMNS)).to_parquet(task.out / "rows.parquet")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as cache:
        datasets.config.HF_DATASETS_CACHE = cache
        carry_out({"filters": filters})
