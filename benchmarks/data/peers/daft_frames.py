"""The same in Daft on its native runner (daft 0.7.26)."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import daft
from daft import Window, col
from daft.functions import row_number
from task import REFUSAL, Task, carry_out


def good(files: list[str]) -> daft.DataFrame:
    answer, question = col("answer"), col("question")
    read = daft.read_parquet if files[0].endswith(".parquet") else daft.read_json
    rows = read(files).where(
        (col("language") == "en")
        & (col("score") >= 0.3)
        & question.length().between(10, 400)
        & answer.length().between(80, 4000)
        & answer.regexp_split(r"\s+").list_count().between(15, 600)
        & ~answer.regexp(REFUSAL)
    )
    key = question.lower().regexp_replace(r"\s+", " ").lstrip().rstrip()
    first = Window().partition_by("key").order_by("id")
    return rows.with_column("key", key).with_column("n", row_number().over(first)).where(col("n") == 1)


def _write(rows: daft.DataFrame, path: Path) -> None:
    """To one file: Daft writes a folder, of many rows with several, which is read as well."""
    folder = path.with_suffix(".d")
    rows.write_parquet(str(folder), compression="zstd")
    written = list(folder.glob("*.parquet"))
    shutil.move(written[0] if len(written) == 1 else folder, path)


def filters(task: Task) -> None:
    rows = good(list(task.files.values())).exclude("key", "n")
    _write(rows.sort("id"), task.out / "rows.parquet")


def recipe(task: Task) -> None:
    parts = []
    for name, file in task.files.items():
        capped = Window().partition_by("topic").order_by("id")
        rows = (
            good([file]).exclude("n").with_column("n", row_number().over(capped)).where(col("n") <= task.cap)
        )
        parts.append(rows.sort(col("id").hash(seed=1)).limit(task.counts[name]).exclude("key", "n"))
    mixed = parts[0].concat(parts[1])
    user = daft.functions.to_struct(role=daft.lit("user"), content=col("question"))
    assistant = daft.functions.to_struct(role=daft.lit("assistant"), content=col("answer"))
    said = mixed.with_column("messages", daft.functions.to_list(user, assistant))
    ordered = said.sort(col("id").hash(seed=2)).collect()
    _write(ordered.limit(task.train), task.out / "train.parquet")
    _write(ordered.offset(task.train).limit(task.size), task.out / "held.parquet")


if __name__ == "__main__":
    daft.set_runner_native()
    carry_out({"filters": filters, "recipe": recipe})
    sys.stdout.flush()
    os._exit(0)  # Daft's threads may crash an interpreter that ends
