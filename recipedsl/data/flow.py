"""A pipeline on its way: a lazy frame, what fell out of it where, and when it is carried out.

Steps that look at one row at a time are put together into one lazy query; a row that a `where`
drops is only marked with the number of that step, so that one pass writes the rows and counts what
fell to which step. Steps that look at all rows ask for the rows to be settled first: they are
written to a scratch file, and the step reads just the columns that it decides by.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from recipedsl.data.problems import mistake
from recipedsl.diagnostics.codes.data_run import StepFailed
from recipedsl.plan.model import Input, StepSpec

#: Number of the step that a row fell to, null while it stands.
FELL = "_recipedsl_fell"
#: Why a row was set aside, null while it was not.
WHY = "_recipedsl_why"
#: Which part of a split a row belongs to.
PART = "_recipedsl_part"
HIDDEN = (FELL, WHY, PART)

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
    _open: list[int] = field(default_factory=list)
    _settled: pl.LazyFrame | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """Facts of the step at hand."""
        return self.steps[-1]

    def begin(self, step: StepSpec) -> None:
        """Opens the facts of a step; its count of rows is filled in when rows are settled."""
        self._open.append(len(self.steps))
        self.steps.append({"keyword": step.keyword, "text": step.text, "rows": -1})

    def rows_of(self, source: Input) -> pl.LazyFrame:
        """Rows that another data node gave."""
        return pl.scan_parquet(self.inputs[source.node] / f"{source.part or 'rows'}.parquet", glob=False)

    def keep(self, frame: pl.LazyFrame, condition: pl.Expr) -> pl.LazyFrame:
        """Marks the rows for which the condition is not true as fallen to the step at hand."""
        number = pl.lit(len(self.steps) - 1, pl.Int32)
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
        if frame is self._settled:
            return frame
        path = self.work / f"settled-{len(list(self.work.iterdir())):04}.parquet"
        sink = standing(frame).sink_parquet(path, compression="lz4", statistics=False, lazy=True)
        # The step that asks is not done yet: its count comes with the next run.
        self._run(frame, [sink], [number for number in self._open if number < len(self.steps) - 1])
        self._settled = opened(pl.scan_parquet(path, glob=False))
        return self._settled

    def finish(self, frame: pl.LazyFrame, files: Mapping[str, Path]) -> None:
        """Writes the result: one file, or one for each part."""
        rows = standing(frame)
        if list(files) == [""]:
            return self._run(frame, [_written(rows.drop(PART, strict=False), files[""])], self._open)
        parts = [_written(rows.filter(pl.col(PART) == part).drop(PART), path) for part, path in files.items()]
        return self._run(frame, parts, self._open)

    def _run(self, frame: pl.LazyFrame, sinks: list[pl.LazyFrame], done: list[int]) -> None:
        """Carries out the sinks and counts, in the same pass, what fell to each step that is done."""
        counts = frame.group_by(FELL).len()
        asked = [*sinks, counts]
        has_reasons = WHY in frame.collect_schema()
        if has_reasons:
            aside = frame.filter(pl.col(WHY).is_not_null() & pl.col(FELL).is_in(done))
            asked += [aside.group_by(FELL, WHY).len(), aside.head(EXAMPLES)]
        with self.refusals():
            results = pl.collect_all(asked, engine="streaming")
        fell = dict(results[len(sinks)].rows())
        if has_reasons:
            self._note_reasons(results[-2], results[-1])
        left = sum(fell.values())
        for number in done:
            left -= fell.get(number, 0)
            self.steps[number]["rows"] = left
        self._open = [number for number in self._open if number not in done]

    def _note_reasons(self, counts: pl.DataFrame, examples: pl.DataFrame) -> None:
        for number, why, rows in sorted(counts.rows(), key=lambda row: (row[0], -row[2], row[1])):
            self.steps[number].setdefault("unshaped", {})[why] = rows
        for row in examples.to_dicts():
            number, why = row.pop(FELL), row.pop(WHY)
            shown = json.dumps(_without_hidden(row), ensure_ascii=False, default=str)[:_EXAMPLE_LENGTH]
            self.steps[number].setdefault("examples", []).append({"reason": why, "row": shown})

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


def columns_of(frame: pl.LazyFrame) -> list[str]:
    """Names of the columns that people see."""
    return [name for name in frame.collect_schema().names() if name not in HIDDEN]


def hidden_of(frame: pl.LazyFrame) -> list[str]:
    """Names of the columns that people do not see."""
    return [name for name in frame.collect_schema().names() if name in HIDDEN]


def beside(frame: pl.LazyFrame, columns: pl.DataFrame) -> pl.LazyFrame:
    """Settled rows with computed columns of the same height beside them."""
    return pl.concat([frame, columns.lazy()], how="horizontal")


def _written(rows: pl.LazyFrame, path: Path) -> pl.LazyFrame:
    # Small row groups halve the memory of the writer; zstd is what every reader knows.
    return rows.sink_parquet(path, compression="zstd", row_group_size=10_000, lazy=True)


def _without_hidden(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in HIDDEN}
