"""Pipelines over more rows than memory should hold: keys first, the rows themselves last.

One pass over the source works out, for every row, the few numbers that the steps decide by: to which step
it falls, the hash of what `dedup` compares, the groups of `take` and `split`. On this table, some dozens of
bytes a row, all is decided: which rows stay, in which order, in which part. A second pass reads the rows
that stay and writes them. Nothing is written in between.

That works for steps that look at one row at a time, and for those that only choose and order rows by what
can be told of each row alone (`DECIDES`); any other needs the rows at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from recipedsl.data.flow import (
    DECIDED,
    EXAMPLES,
    FELL,
    PART,
    WHY,
    Context,
    Decides,
    columns_of,
    opened,
    rows_in,
    shown_row,
    written,
)
from recipedsl.data.gathering import gathered
from recipedsl.data.reading.reader import Reading
from recipedsl.data.steps import STEPS, redact
from recipedsl.data.steps.expect import expect_by
from recipedsl.data.steps.order import sort_by
from recipedsl.data.steps.rows import dedup_by, groups_by
from recipedsl.data.steps.split import split_by
from recipedsl.plan.model import StepSpec

#: Bytes of a source from which on a pipeline goes by its keys. Up to there the rows that stand take less
#: memory than reading does, and a second pass over the source would cost a tenth of the time.
LARGE = 1 << 28

#: Rows that a step changed each alone, and names of columns beside them.
Changes = Callable[[StepSpec, pl.LazyFrame], tuple[pl.LazyFrame, list[str]]]

#: What steps that choose and order rows decide by.
DECIDES: dict[str, Decides] = {
    "dedup": dedup_by,
    "take": groups_by,
    "sample": groups_by,
    "shuffle": lambda _step, _frame: [],
    "sort": sort_by,
    "split": split_by,
    "repeat": lambda _step, _frame: [],
    "expect": expect_by,
}
#: Steps that change each row alone and tell of all: they give the rows changed, with columns to tell by.
TELLS: dict[str, tuple[Changes, Callable[[pl.DataFrame, Context], None]]] = {
    "redact": (redact.with_marks, redact.tell),
}
_ROW_BY_ROW = frozenset({"where", "derive", "select", "drop", "rename", "as"})
_LEAVE_OUT = frozenset({"dedup", "take", "sample"})
_ROW = f"{DECIDED}row"


class NeedsRows(Exception):
    """A pipeline has to hold its rows after all."""


def fits(steps: Sequence[StepSpec]) -> bool:
    """Whether a pipeline can go by its keys, and gains by it."""
    decides = [each for each in steps if each.keyword in DECIDES or each.keyword in TELLS]
    local = [each for each in steps if each.keyword in _ROW_BY_ROW]
    is_near = any(each.settings.get("near") is not None for each in decides)
    return bool(decides) and len(decides) + len(local) == len(steps) and not is_near


@dataclass
class Keyed(Context):
    """The context of a pipeline that goes by its keys: rows are settled as their keys."""

    _names: dict[int, list[str]] = field(default_factory=dict)  # of what steps decide by
    _probed: dict[int, dict[str, Any]] = field(default_factory=dict)
    _examples: list[tuple[int, str, int]] = field(default_factory=list)  # step, reason, row
    _of_mixture: bool = False  # rows of its datasets may be left out

    def carry_out(
        self, steps: Sequence[StepSpec], reading: Reading, files: Mapping[str, Path]
    ) -> dict[str, int]:
        """Takes rows through the steps and writes them.

        Args:
            steps: see `fits`.
            reading: the rows.
            files: by part.

        Returns:
            Rows by part.

        Raises:
            NeedsRows: when it turns out that the rows have to be at hand.
        """
        self._of_mixture = reading.order is not None
        for step in steps:
            self.begin(step)
        with self.refusals():
            table = _table(self._marked(steps, reading.source.frame))
        frame = (table if reading.order is None else table[reading.order]).lazy()
        for number, step in enumerate(steps):
            self._number = number
            with self.refusals():
                if step.keyword in DECIDES:
                    frame = STEPS[step.keyword](frame, step, self)
                elif step.keyword in TELLS:
                    frame = self.settle(frame)
                    TELLS[step.keyword][1](self.decided(frame, step), self)
        self._number = len(steps)
        return self._write(steps, reading, self.settle(frame).collect(), files)

    def _marked(self, steps: Sequence[StepSpec], source: pl.LazyFrame) -> pl.LazyFrame:
        """Rows taken through all row-by-row steps, with what the others decide by beside them."""
        frame = opened(source)
        for number, step in enumerate(steps):
            self._number = number
            if step.keyword in DECIDES:
                asked = DECIDES[step.keyword](step, frame)
                self._names[number] = [each.meta.output_name() for each in asked]
                frame = frame.with_columns(
                    each.alias(f"{DECIDED}{number}_{place}") for place, each in enumerate(asked)
                )
            elif step.keyword in TELLS:
                frame, self._names[number] = TELLS[step.keyword][0](step, frame)
                names = enumerate(self._names[number])
                frame = frame.rename({name: f"{DECIDED}{number}_{place}" for place, name in names})
            else:
                frame = STEPS[step.keyword](frame, step, self)
        return frame

    def probed(self, frame: pl.LazyFrame, asked: Mapping[str, pl.Expr]) -> dict[str, Any]:
        """Single values over all rows. Raises NeedsRows where some of them are left out before."""
        if self._number not in self._probed:
            before = [number for number in self._names if number < self._number]
            if self._of_mixture or any(self.steps[each]["keyword"] in _LEAVE_OUT for each in before):
                raise NeedsRows
            # What fell before the last of these steps is not there any more where rows are held.
            there = frame.filter(pl.col(FELL).is_null() | (pl.col(FELL) > max(before, default=-1)))
            self._probed[self._number] = super().probed(there, asked)
        return self._probed[self._number]

    def decided(self, rows: pl.LazyFrame, _step: StepSpec, _by: Decides | None = None) -> pl.DataFrame:
        """What was worked out for the step at hand, under the names that it knows."""
        names = enumerate(self._names[self._number])
        return rows.select(
            pl.col(f"{DECIDED}{self._number}_{place}").alias(name) for place, name in names
        ).collect()

    def settle(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Keys of the rows that stand before the step at hand; steps before it are counted."""
        table = frame.collect()
        for number in [each for each in self._open if each < self._number]:
            if WHY in table.columns:
                self._note(number, table.filter(pl.col(FELL) == number))
            table = table.filter(pl.col(FELL).is_null() | (pl.col(FELL) != number))
            self.steps[number]["rows"] = table.height
            self._open.remove(number)
        return table.lazy()

    def _note(self, number: int, fallen: pl.DataFrame) -> None:
        aside = fallen.filter(pl.col(WHY).is_not_null())
        if aside.height:
            counts = aside.group_by(WHY).len().rows()
            self.steps[number]["unshaped"] = dict(sorted(counts, key=lambda each: (-each[1], each[0])))
            self._examples += [(number, *each) for each in aside.head(EXAMPLES).select(WHY, _ROW).rows()]

    def _write(
        self, steps: Sequence[StepSpec], reading: Reading, final: pl.DataFrame, files: Mapping[str, Path]
    ) -> dict[str, int]:
        """Writes the rows of the final table, in its order."""
        source, numbers = reading.source, final[_ROW].to_numpy()
        rows = gathered(source, numbers, reading.bytes * len(numbers) // max(1, source.rows))
        if PART not in final.columns:
            final = final.with_columns(pl.lit("").alias(PART))
        parts = final.select(PART)
        # What steps add is worked out behind the sort, which then carries less, and in each part apart.
        placed = pl.concat([rows, parts.lazy()], how="horizontal")
        asked = [self._written(steps, rows_in(placed, part), file) for part, file in files.items()]
        with self.refusals():
            pl.collect_all(asked, engine="streaming")
            self._show_examples(self._marked(steps, source.frame.with_row_index(_ROW)), [])
        counts = dict(parts.group_by(PART).len().rows())
        return {part: counts.get(part, 0) for part in files}

    def _written(self, steps: Sequence[StepSpec], placed: pl.LazyFrame, file: Path) -> pl.LazyFrame:
        made = self._marked(steps, placed)
        return written(made.select(columns_of(made)), file)

    def _show_examples(self, frame: pl.LazyFrame, _numbers: list[int]) -> None:
        """The first rows that were set aside, as far as need be."""
        wanted = {row for _number, _why, row in self._examples}
        if not wanted:
            return
        first = frame.filter(pl.col(_ROW).is_in(list(wanted))).head(len(wanted))
        rows = {each[_ROW]: shown_row(each) for each in first.collect(engine="streaming").to_dicts()}
        for number, why, row in self._examples:
            self.steps[number].setdefault("examples", []).append({"reason": why, "row": rows[row]})


def _table(rows: pl.LazyFrame) -> pl.DataFrame:
    """Marks and decisions of all rows, with their numbers."""
    names = rows.collect_schema().names()
    asked = [name for name in names if name in (FELL, WHY) or name.startswith(DECIDED)]
    return rows.select(asked).collect(engine="streaming").with_row_index(_ROW)
