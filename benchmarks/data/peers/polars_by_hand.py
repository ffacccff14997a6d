"""The same by hand in Polars, streaming, one query from the files to Parquet."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from task import REFUSAL, Task, carry_out

SCHEMA = {
    "id": pl.Int64, "question": pl.String, "answer": pl.String, "topic": pl.String, "difficulty": pl.String,
    "language": pl.String, "score": pl.Float64, "created": pl.String, "source": pl.String,
}  # fmt: skip
QUESTION, ANSWER = pl.col("question"), pl.col("answer")


def ruled(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rules."""
    return rows.filter(
        pl.col("language") == "en",
        pl.col("score") >= 0.3,
        QUESTION.str.len_chars().is_between(10, 400),
        ANSWER.str.len_chars().is_between(80, 4000),
        ANSWER.str.count_matches(r"\S+").is_between(15, 600),
        ~ANSWER.str.contains(REFUSAL),
    )


def good(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rules, then the first of each question."""
    key = QUESTION.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    unique = ruled(rows).with_columns(key=key).unique("key", keep="first", maintain_order=True)
    return unique.drop("key")


def read(files: list[str]) -> pl.LazyFrame:
    if files[0].endswith(".parquet"):
        return pl.scan_parquet(list(map(Path, files)))
    return pl.scan_ndjson(list(map(Path, files)), schema=SCHEMA)


def every(task: Task) -> pl.LazyFrame:
    return read(list(task.files.values()))


def rules(task: Task) -> None:
    ruled(every(task)).sink_parquet(task.out / "rows.parquet", engine="streaming")


def filters(task: Task) -> None:
    good(every(task)).sink_parquet(task.out / "rows.parquet", engine="streaming")


def drawn(task: Task, name: str) -> pl.LazyFrame:
    rows = good(read([task.files[name]]))
    capped = rows.filter(pl.int_range(pl.len()).over("topic") < task.cap)
    return capped.filter(pl.col("id").hash(1).rank("ordinal") <= task.counts[name])


def recipe(task: Task) -> None:
    mixed = pl.concat([drawn(task, name) for name in task.files])
    said = [
        pl.struct(role=pl.lit(role), content=text)
        for role, text in (("user", QUESTION), ("assistant", ANSWER))
    ]
    rows = (
        mixed.sort(pl.col("id").hash(2))
        .with_columns(messages=pl.concat_arr(said).arr.to_list())
        .with_row_index("place")
    )
    parts = {"train": pl.col("place") < task.train, "held": pl.col("place") >= task.train}
    sinks = [
        rows.filter(condition).drop("place").sink_parquet(task.out / f"{part}.parquet", lazy=True)
        for part, condition in parts.items()
    ]
    pl.collect_all(sinks, engine="streaming")


if __name__ == "__main__":
    carry_out({"rules": rules, "filters": filters, "recipe": recipe})
