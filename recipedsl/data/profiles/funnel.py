"""The funnel of a dataset: its steps carried out one at a time, and what fell at each looked at.

Each step is a data node of its own, made by the engine from the rows that the step before left, so that
the counts are the engine's own. Rows bear a number from the source on; what is not there behind a
step fell to it. One file of rows lies on the disk before a step and one behind it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recipedsl.data.engine import make_data
from recipedsl.data.profiles.examples import PLACE, Fall, examples_of, reasons_of
from recipedsl.data.profiles.measure import Measuring
from recipedsl.data.profiles.model import Funnel, FunnelStep, Made
from recipedsl.data.profiles.parts import rows_in
from recipedsl.data.profiles.texts import prose_of
from recipedsl.data.profiles.traced import traced
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.diagnostics import Diagnostic, RecipeError
from recipedsl.plan.model import DataNode, Input, NodeSource, Origin, StepSpec

#: Steps behind which several rows may come of one, so that rows are numbered anew.
_MULTIPLY = frozenset({"explode", "repeat"})
#: What a step tells beside rows; see `make_data`.
_TOLD = ("masked", "near", "hits", "values")
_BEFORE = "before"

Numbers = npt.NDArray[np.int64]


def make_funnel(
    node: DataNode,
    inputs: Mapping[str, Path],
    work: Path,
    policy: ReadPolicy,
    tokenizer: tuple[str, Path] | None,
) -> Made:
    """Carries out a data node step by step.

    A gate that does not hold is noted and passed by; a step that cannot be carried out ends the funnel.

    Args:
        node: what to look at.
        inputs: result folders of the nodes that it reads, by name.
        work: an empty folder for what is made on the way.
        policy: where files may be read.
        tokenizer: name and folder of the model whose tokens the rows become; None measures characters.

    Raises:
        RecipeError: the source cannot be read.
    """
    return _Funnel(node, inputs, work, policy, tokenizer).made()


@dataclass
class _Funnel:
    node: DataNode
    inputs: Mapping[str, Path]
    work: Path
    policy: ReadPolicy
    tokenizer: tuple[str, Path] | None
    steps: list[FunnelStep] = field(default_factory=list)
    problems: tuple[tuple[Diagnostic, Origin], ...] = ()

    def made(self) -> Made:
        facts = self._source()
        frame = self._frame()
        by = traced(self.node.steps, frame.drop(PLACE)) or [prose_of(frame.drop(PLACE))] * (
            len(self.node.steps) + 1
        )
        measuring = Measuring.of(frame, by[0], self.tokenizer)
        size = measuring.size(frame, by[0])
        for number, step in enumerate(self.node.steps):
            if not self._carry_out(step, by[number], measuring):
                break
        final = self._frame()
        return Made(
            Funnel(
                rows=facts["rows_in"],
                rejects=facts["rejects"],
                rejected=tuple(facts["rejected"]),
                by=by[0],
                measure=measuring.measure,
                size=size,
                steps=tuple(self.steps),
                result=self._height(),
                result_size=measuring.size(final, by[len(self.steps)]),
                parts=self._parts(),
                complete=not self.problems,
            ),
            self.problems,
        )

    def _texts(self, source: pl.LazyFrame) -> list[tuple[str, ...]]:
        """Columns whose texts are measured: before each step, and behind the last."""
        steps = self.node.steps
        return traced(steps, source) or [prose_of(source)] * (len(steps) + 1)

    # --- rows on the way ------------------------------------------------------------------------------

    @property
    def _here(self) -> Path:
        return self.work / _BEFORE

    def _frame(self) -> pl.LazyFrame:
        return rows_in(self._here, self._names())

    def _names(self) -> tuple[str, ...]:
        """Parts that lie there, in the order in which they are declared."""
        return ("",) if (self._here / "rows.parquet").exists() else self.node.parts

    def _height(self) -> int:
        return int(self._frame().select(pl.len()).collect().item())

    def _parts(self) -> dict[str, int]:
        names = [name for name in self._names() if name]
        return {each: int(rows_in(self._here, [each]).select(pl.len()).collect().item()) for each in names}

    def _source(self) -> dict[str, Any]:
        """Reads the rows; gives the facts of reading."""
        bare = self.node.model_copy(update={"steps": (), "parts": ()})
        facts = make_data(bare, self.inputs, _empty(self._here), self.policy)
        self._number()
        return facts

    def _number(self) -> None:
        """Gives rows numbers, in place of those that they may have."""
        given, fresh = self._here / "rows.parquet", self._here / "numbered.parquet"
        rows = pl.scan_parquet(given, glob=False).drop(PLACE, strict=False)
        rows.with_row_index(PLACE).with_columns(pl.col(PLACE).cast(pl.Int64)).sink_parquet(
            fresh, compression="lz4", row_group_size=10_000
        )
        fresh.replace(given)

    # --- steps ----------------------------------------------------------------------------------------

    def _carry_out(self, step: StepSpec, by: tuple[str, ...], measuring: Measuring) -> bool:
        """Makes one step; false when it cannot be made."""
        before = self._frame()
        places = _places(before)
        out = _empty(self.work / "after")
        try:
            facts = make_data(self._alone(step), {**self.inputs, _BEFORE: self._here}, out, self.policy)
        except RecipeError as error:
            return self._failed(step, len(places), error)
        (told,) = facts["steps"]
        parts = self.node.parts if step.keyword == "split" else ("",)
        after = rows_in(out, parts)
        left = _places(after)
        gone = np.setdiff1d(places, left)
        fall = Fall(step, before, after, gone, places, told, by)
        self.steps.append(
            FunnelStep(
                keyword=step.keyword,
                text=step.text or step.keyword,
                before=len(places),
                after=len(left),
                fell=len(gone),
                size=measuring.size(before.filter(pl.col(PLACE).is_in(gone)), by) if len(gone) else 0,
                reasons=reasons_of(fall),
                told={name: told[name] for name in _TOLD if name in told},
                examples=examples_of(fall),
            )
        )
        shutil.rmtree(self._here)
        out.rename(self._here)
        if step.keyword in _MULTIPLY:
            self._number()
        return True

    def _alone(self, step: StepSpec) -> DataNode:
        """A node of one step, which reads what the step before left."""
        source = NodeSource(input=Input(node=_BEFORE))
        parts = self.node.parts if step.keyword == "split" else ()
        return self.node.model_copy(
            update={"source": source, "steps": (self._keeping(step),), "parts": parts, "row": {}}
        )

    def _keeping(self, step: StepSpec) -> StepSpec:
        """The step, minding the column of numbers: it is not chosen away and tells no rows apart."""
        if step.keyword == "select":
            return step.model_copy(update={"columns": (*step.columns, PLACE)})
        if step.keyword in ("dedup", "redact") and not step.columns:
            names = tuple(name for name in self._frame().collect_schema() if name != PLACE)
            return step.model_copy(update={"columns": names}) if step.keyword == "dedup" else step
        return step

    def _failed(self, step: StepSpec, rows: int, error: RecipeError) -> bool:
        """Notes why a step was not made; true where the rows go on all the same."""
        first = error.diagnostics[0]
        problem = ": ".join((first.message, *first.notes[:1]))
        is_gate = step.keyword == "expect"
        self.steps.append(
            FunnelStep(
                keyword=step.keyword,
                text=step.text or step.keyword,
                before=rows,
                after=rows if is_gate else 0,
                problem=problem,
            )
        )
        self.problems = (*self.problems, *((each, step.origin) for each in error.diagnostics))
        return is_gate


def _places(frame: pl.LazyFrame) -> Numbers:
    return frame.select(PLACE).collect(engine="streaming").to_series().to_numpy()


def _empty(folder: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder
