"""A data node carried out: source, steps, Parquet, and the facts that people see."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from recipedsl.data.concat import put_together
from recipedsl.data.flow import Context, opened
from recipedsl.data.problems import mistake
from recipedsl.data.reading.columns import to_frame
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.data.reading.hub import dataset_files
from recipedsl.data.reading.reader import Reading, read_files
from recipedsl.data.reading.rejects import Rejects
from recipedsl.data.reading.values import Mismatch, RowCheck
from recipedsl.data.schema import dtype_of, row_type_of
from recipedsl.data.steps import STEPS
from recipedsl.diagnostics import Bug
from recipedsl.diagnostics.codes.data_run import NothingShaped, TooManyRejects
from recipedsl.language.types import RowType, Type
from recipedsl.plan.model import (
    ConcatSource,
    DataNode,
    HubSource,
    Input,
    NodeSource,
    ReadSource,
    RowsSource,
)

REJECTS = "rejects.jsonl"


def make_data(node: DataNode, inputs: Mapping[str, Path], out: Path, policy: ReadPolicy) -> dict[str, Any]:
    """Carries out a data node.

    Args:
        node: what to do.
        inputs: result folders of the nodes that it reads, by name.
        out: an empty folder; gets `rows.parquet` or `<part>.parquet` for each part, and
            `rejects.jsonl` when rows were set aside while reading.
        policy: where files may be read.

    Returns:
        Facts: `rows_in` (rows that enter the first step), `rejects`, `rejected` (the first few, in
        words), `unseen_columns` (rows by key that no column was declared for), `files`, `steps`
        (keyword, text, rows behind it; `unshaped` and `examples` of `as`, `values` of `expect`),
        `rows` by part and `columns`.

    Raises:
        RecipeError: for whatever is wrong with the files or the rows.
    """
    work = out / ".work"
    work.mkdir(parents=True)
    try:
        return _Making(node, Context(work, inputs), out, policy).facts()
    finally:
        shutil.rmtree(work)


class _Making:
    """One data node on its way."""

    def __init__(self, node: DataNode, context: Context, out: Path, policy: ReadPolicy) -> None:
        self._node = node
        self._context = context
        self._out = out
        self._policy = policy
        self._rejects = Rejects(out / REJECTS)

    def facts(self) -> dict[str, Any]:
        reading = self._read()
        frame = opened(reading.frame)
        for step in self._node.steps:
            if step.keyword not in STEPS:
                raise Bug(f"step `{step.keyword}` has no implementation")
            self._context.begin(step)
            with self._context.refusals():
                frame = STEPS[step.keyword](frame, step, self._context)
        files = {part: self._out / f"{part or 'rows'}.parquet" for part in self._node.parts or ("",)}
        self._context.finish(frame, files)
        self._check_shaped()
        return self._report(reading, files)

    def _read(self) -> Reading:
        source = self._node.source
        match source:
            case ReadSource():
                files = self._policy.files(source.path)
                named = {self._policy.relative(each): each for each in files}
                return self._read_files(named, source.format, source.row, source.path)
            case HubSource():
                return self._read_files(dataset_files(source), "", source.row, source.name)
            case RowsSource():
                return self._written(source)
            case NodeSource():
                return self._known(self._context.rows_of(source.input))
            case ConcatSource():
                return self._known(self._together(source.inputs))

    def _read_files(self, files: dict[str, Path], form: str, row: dict[str, Any], what: str) -> Reading:
        wanted = RowType.from_json(row)
        if not wanted.columns:
            raise Bug(f"`{what}` is read without a row type")
        reading = read_files(files, form, wanted, self._context.work, self._rejects)
        self._rejects.check(reading.rows, self._node.max_rejects, what)
        return reading

    def _written(self, source: RowsSource) -> Reading:
        row = RowType.from_json(source.row)
        check, rows = RowCheck(row), []
        for number, each in enumerate(source.rows, start=1):
            try:
                rows.append(check(each))
            except Mismatch as error:
                raise mistake(TooManyRejects, f"row {number} of `rows`: {error}") from error
        return Reading(to_frame(rows, row).lazy(), len(rows), check.unseen)

    def _together(self, inputs: tuple[Input, ...]) -> pl.LazyFrame:
        return put_together({str(each): self._context.rows_of(each) for each in inputs})

    def _known(self, frame: pl.LazyFrame) -> Reading:
        return Reading(frame, int(frame.select(pl.len()).collect().item()))

    def _check_shaped(self) -> None:
        for step in self._context.steps:
            if step["rows"] == 0 and "unshaped" in step:
                reasons = [f"{count} rows: {reason}" for reason, count in step["unshaped"].items()]
                raise mistake(
                    NothingShaped,
                    f"no row could be brought into shape by `{step['text'] or step['keyword']}`",
                    *reasons,
                )

    def _report(self, reading: Reading, files: dict[str, Path]) -> dict[str, Any]:
        frames = {part: pl.scan_parquet(path, glob=False) for part, path in files.items()}
        schema = next(iter(frames.values())).collect_schema()
        return {
            "rows_in": reading.rows,
            "rejects": self._rejects.count,
            "rejected": [str(each) for each in self._rejects.first],
            "unseen_columns": dict(sorted(reading.unseen.items())),
            "files": list(reading.files),
            "steps": self._context.steps,
            "rows": {part: int(frame.select(pl.len()).collect().item()) for part, frame in frames.items()},
            # What is known of null and of choices, Parquet does not tell.
            "columns": {**row_type_of(schema).to_json(), **_kept(self._node.row, schema)},
        }


def _kept(row: dict[str, Any], schema: pl.Schema) -> dict[str, Any]:
    """The declared types of the columns that came out as declared."""
    return {name: form for name, form in row.items() if schema.get(name) == dtype_of(Type.from_json(form))}
