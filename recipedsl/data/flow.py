"""A pipeline on its way: a lazy frame, what fell out of it where, and when it is carried out.

Steps that look at one row at a time are put together into one lazy query; a row that a `where`
drops is only marked with the number of that step, so that one pass writes the rows and counts what
fell to which step. Polars evaluates a condition only for rows that stand so far, and functions in Python
are given null for the others, so the marks cost nothing. Steps that look at all rows ask for the rows to
be settled first: those that stand are held in memory from there on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from recipedsl.data.problems import mistake
from recipedsl.diagnostics.codes.data_run import StepFailed
from recipedsl.plan.model import Input, StepSpec

Made = TypeVar("Made")

#: Number of the step that a row fell to, null while it stands.
FELL = "_recipedsl_fell"
#: Why a row was set aside, null while it was not.
WHY = "_recipedsl_why"
#: Which part of a split a row belongs to.
PART = "_recipedsl_part"
HIDDEN = (FELL, WHY, PART)
#: Beginning of the names of columns that a step will decide by, see `keyed`.
DECIDED = "_recipedsl_decided_"

#: Expressions that a step decides by, each of one row alone.
Decides = Callable[[StepSpec, pl.LazyFrame], list[pl.Expr]]

EXAMPLES = 3  # rows set aside that the facts show
_EXAMPLE_LENGTH = 500  # characters of each


@dataclass
class Context:
    """What a step may use beside its rows.

    Attributes:
        work: scratch folder.
        inputs: result folders of the data nodes that are read, by node name.
        steps: facts of the steps so far; a step may add to the last, which is its own.
    """

    work: Path
    inputs: Mapping[str, Path]
    steps: list[dict[str, Any]] = field(default_factory=list)
    _number: int = -1  # of the step at hand
    _open: list[int] = field(default_factory=list)
    _settled: pl.LazyFrame | None = None
    _parts: dict[str | None, int] = field(default_factory=dict)  # rows that stand, by part, in the last run

    @property
    def facts(self) -> dict[str, Any]:
        """Facts of the step at hand."""
        return self.steps[self._number]

    def begin(self, step: StepSpec) -> None:
        """Opens the facts of a step; its count of rows is filled in when rows are settled."""
        self._number = len(self.steps)
        self._open.append(self._number)
        self.steps.append({"keyword": step.keyword, "text": step.text, "rows": -1})

    def rows_of(self, source: Input) -> pl.LazyFrame:
        """Rows that another data node gave."""
        return pl.scan_parquet(self.file_of(source), glob=False)

    def file_of(self, source: Input) -> Path:
        """The file in which they are."""
        return self.inputs[source.node] / f"{source.part or 'rows'}.parquet"

    def once(self, make: Callable[[], Made], *_of: object) -> Made:
        """What the step at hand makes of other datasets; `_of` says of which, and how."""
        return make()

    def keep(self, frame: pl.LazyFrame, condition: pl.Expr) -> pl.LazyFrame:
        """Marks the rows for which the condition is not true as fallen to the step at hand."""
        number = pl.lit(self._number, pl.Int32)
        verdict = pl.when(condition).then(pl.lit(None, pl.Int32)).otherwise(number)
        return frame.with_columns(pl.when(pl.col(FELL).is_null()).then(verdict).otherwise(FELL).alias(FELL))

    def set_aside(self, frame: pl.LazyFrame, reason: pl.Expr) -> pl.LazyFrame:
        """Marks the rows that have a reason (text, null for none) as set aside by the step at hand."""
        standing = pl.col(FELL).is_null()
        earlier = pl.col(WHY) if WHY in frame.collect_schema() else pl.lit(None, pl.String)
        marked = frame.with_columns(pl.when(standing).then(reason).otherwise(earlier).alias(WHY))
        return self.keep(marked, pl.col(WHY).is_null())

    def settle(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Carries out what is pending; the rows that stand, ready to be read again and again."""
        # The step that asks is not done yet: its count comes with the next run.
        done = [number for number in self._open if number < self._number]
        if frame is self._settled:
            self._count_unchanged(done)
            return frame
        held = self._run(frame, [standing(frame)], done)[0]
        self._settled = opened(held.lazy())
        return self._settled

    def decided(self, rows: pl.LazyFrame, step: StepSpec, by: Decides) -> pl.DataFrame:
        """What the step at hand decides by, for each of the settled rows."""
        return rows.select(by(step, rows)).collect()

    def probed(self, frame: pl.LazyFrame, asked: Mapping[str, pl.Expr]) -> dict[str, Any]:
        """Single values over all rows by which the step at hand makes its columns."""
        return frame.select(**asked).collect().to_dicts()[0]

    def finish(self, frame: pl.LazyFrame, files: Mapping[str, Path]) -> dict[str, int]:
        """Writes the result, one file or one for each part; rows by part."""
        rows = standing(frame)
        has_parts = PART in frame.collect_schema()
        sinks = [written(rows_in(rows, part).drop(PART, strict=False), file) for part, file in files.items()]
        self._run(frame, sinks, self._open)
        self._settled = None  # memory is needed for what comes next
        return {part: self._parts.get(part if has_parts else None, 0) for part in files}

    def _run(self, frame: pl.LazyFrame, sinks: list[pl.LazyFrame], done: list[int]) -> list[pl.DataFrame]:
        """Carries out the queries and counts, in the same pass, what fell to each step that is done."""
        names = frame.collect_schema().names()
        # Each query is a branch of the same rows, and all that is counted is one: of branches that fork
        # again Polars does not see that they share the rows, and reads them several times.
        told = [pl.col(name) if name in names else pl.lit(None).alias(name) for name in (FELL, PART, WHY)]
        asked = [*sinks, frame.group_by(told).len()]
        with self.refusals():
            results = pl.collect_all(asked, engine="streaming")
            self._count(results[-1], done)
            self._show_examples(frame, [number for number in done if "unshaped" in self.steps[number]])
        return results[: len(sinks)]

    def _count(self, counts: pl.DataFrame, done: list[int]) -> None:
        """Notes how many rows there are behind each step, and what fell to `as` for which reason."""
        self._parts = dict(counts.filter(pl.col(FELL).is_null()).select(PART, "len").rows())
        fell = dict(counts.group_by(FELL).agg(pl.col("len").sum()).rows())
        left = sum(fell.values())
        for number in done:
            left -= fell.get(number, 0)
            self.steps[number]["rows"] = left
        reasons = counts.filter(pl.col(WHY).is_not_null() & pl.col(FELL).is_in(done))
        for number, why, rows in sorted(
            reasons.select(FELL, WHY, "len").rows(), key=lambda each: (-each[2], each[1])
        ):
            unshaped = self.steps[number].setdefault("unshaped", {})
            unshaped[why] = unshaped.get(why, 0) + rows
        self._open = [number for number in self._open if number not in done]

    def _count_unchanged(self, done: list[int]) -> None:
        """Notes that steps left the rows as they were settled."""
        for number in done:
            self.steps[number]["rows"] = sum(self._parts.values())
            self._open.remove(number)

    def _show_examples(self, frame: pl.LazyFrame, numbers: list[int]) -> None:
        """The first rows that were set aside: looked for behind the pass, and only as far as need be.

        Beside it, as one more branch, they would make Polars hold back what the others read.
        """
        if not numbers:
            return
        aside = frame.filter(pl.col(WHY).is_not_null() & pl.col(FELL).is_in(numbers)).head(EXAMPLES)
        for row in aside.collect(engine="streaming").to_dicts():
            number, why = row.pop(FELL), row.pop(WHY)
            self.steps[number].setdefault("examples", []).append({"reason": why, "row": shown_row(row)})

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Turns what Polars refuses into a diagnostic."""
        try:
            yield
        except pl.exceptions.PolarsError as error:
            texts = [self.steps[number]["text"] for number in self._open]
            reason = str(error).split("\n\n", 1)[0]
            raise mistake(
                StepFailed,
                "the rows cannot be taken through "
                + (" | ".join(f"`{each}`" for each in texts) or "their source"),
                reason,
            ) from error


def opened(frame: pl.LazyFrame) -> pl.LazyFrame:
    """A frame in which every row stands."""
    return frame.with_columns(pl.lit(None, pl.Int32).alias(FELL))


def standing(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The rows that stand, without the marks; the part of a split stays."""
    return frame.filter(pl.col(FELL).is_null()).drop(FELL, WHY, strict=False)


def is_hidden(name: str) -> bool:
    """Whether a column is none that people see."""
    return name in HIDDEN or name.startswith(DECIDED)


def columns_of(frame: pl.LazyFrame) -> list[str]:
    """Names of the columns that people see."""
    return [name for name in frame.collect_schema().names() if not is_hidden(name)]


def hidden_of(frame: pl.LazyFrame) -> list[str]:
    """Names of the columns that people do not see."""
    return [name for name in frame.collect_schema().names() if is_hidden(name)]


def beside(frame: pl.LazyFrame, columns: pl.DataFrame) -> pl.LazyFrame:
    """Settled rows with computed columns of the same height beside them."""
    return pl.concat([frame, columns.lazy()], how="horizontal")


def written(rows: pl.LazyFrame, file: Path) -> pl.LazyFrame:
    """A query that writes rows to a file."""
    # Small row groups halve the memory of the writer. zstd is what every reader knows; beyond its first
    # level texts become no smaller, and writing takes half as long again.
    return rows.sink_parquet(file, compression="zstd", compression_level=1, row_group_size=10_000, lazy=True)


def rows_in(rows: pl.LazyFrame, part: str) -> pl.LazyFrame:
    """Rows of a part of a split; without a split all are in the part without a name."""
    return rows.filter(pl.col(PART) == part) if part else rows


def shown_row(row: Mapping[str, Any]) -> str:
    """A row as the facts show it."""
    seen = {name: value for name, value in row.items() if not is_hidden(name)}
    return json.dumps(seen, ensure_ascii=False, default=str)[:_EXAMPLE_LENGTH]
