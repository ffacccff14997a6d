"""Filters and exact duplicates in datatrove 0.10.1: a pipeline of its blocks, one process.

It has no cap, mixture or split, so the recipe is not for it.
"""

from __future__ import annotations

from typing import Any

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import LambdaFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import ParquetWriter
from task import COLUMNS, RULES, Task, carry_out, normalised


def _document(_reader: Any, data: dict[str, Any], path: str, place: int | str) -> dict[str, Any]:
    # A document without text is dropped by the reader: those fall to the rules all the same.
    return {"text": data["answer"] or " ", "id": f"{path}/{place}", "metadata": data}


def _row(_writer: Any, document: Any) -> dict[str, Any]:
    return {name: document.metadata[name] for name in COLUMNS}


def filters(task: Task) -> None:
    seen: set[str] = set()

    def is_first(document: Any) -> bool:
        key = normalised(document.metadata["question"])
        return not (key in seen or seen.add(key))  # type: ignore[func-returns-value]

    rules = [LambdaFilter(lambda document, rule=rule: rule(document.metadata)) for rule in RULES]
    reader = JsonlReader(str(task.folder), glob_pattern="*.jsonl", adapter=_document)
    writer = ParquetWriter(str(task.out), output_filename="rows.parquet", adapter=_row, compression="zstd")
    steps = [reader, *rules, LambdaFilter(is_first), writer]
    LocalPipelineExecutor(steps, tasks=1, workers=1, logging_dir=str(task.out / "logs")).run()
    (task.out / "000_rows.parquet").rename(task.out / "rows.parquet")


if __name__ == "__main__":
    carry_out({"filters": filters})
