"""The same with `datasets` 5.2.0, as trainers' users write it; `WAY` chooses batched or chained filters.

WAY=batched1, batched2 (two processes), chained (a `.filter(lambda)` for each rule).
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from typing import Any

import datasets
from task import RULES, Task, carry_out, is_good, messages, normalised

WAY = os.environ.get("WAY", "batched1")
PROCESSES = 2 if WAY == "batched2" else None


def _rules(batch: dict[str, list[Any]]) -> list[bool]:
    names = list(batch)
    return [is_good(dict(zip(names, row, strict=True))) for row in zip(*batch.values(), strict=True)]


def _once() -> Any:
    seen: set[str] = set()

    def is_first(question: str) -> bool:
        key = normalised(question)
        return not (key in seen or seen.add(key))  # type: ignore[func-returns-value]

    return is_first


def good(files: list[str]) -> datasets.Dataset:
    kind = "parquet" if files[0].endswith(".parquet") else "json"
    rows = datasets.load_dataset(kind, data_files=files, split="train")
    if WAY == "chained":
        for rule in RULES:
            rows = rows.filter(rule)
        return rows.filter(_once(), input_columns="question")
    rows = rows.filter(_rules, batched=True, num_proc=PROCESSES)
    first = _once()
    return rows.filter(
        lambda questions: [first(each) for each in questions], batched=True, input_columns="question"
    )


def filters(task: Task) -> None:
    good(list(task.files.values())).to_parquet(task.out / "rows.parquet")


def _capped(rows: datasets.Dataset, cap: int) -> datasets.Dataset:
    counts: Counter[str] = Counter()
    kept = []
    for place, topic in enumerate(rows["topic"]):
        counts[topic] += 1
        if counts[topic] <= cap:
            kept.append(place)
    return rows.select(kept)


def recipe(task: Task) -> None:
    parts = [
        _capped(good([file]), task.cap).shuffle(seed=1).select(range(task.counts[name]))
        for name, file in task.files.items()
    ]
    mixed = datasets.concatenate_datasets(parts).shuffle(seed=2)
    if WAY == "chained":
        said = mixed.map(lambda row: {"messages": messages(row)})
    else:
        said = mixed.map(
            lambda batch: {
                "messages": [
                    messages({"question": question, "answer": answer})
                    for question, answer in zip(batch["question"], batch["answer"], strict=True)
                ]
            },
            batched=True,
            num_proc=PROCESSES,
        )
    said.select(range(task.train)).to_parquet(task.out / "train.parquet")
    said.select(range(task.train, task.size)).to_parquet(task.out / "held.parquet")


if __name__ == "__main__":
    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        datasets.config.HF_DATASETS_CACHE = cache
        carry_out({"filters": filters, "recipe": recipe})
