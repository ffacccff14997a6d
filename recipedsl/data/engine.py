"""A data node carried out: source, steps, Parquet, and the facts that people see."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from recipedsl.data import keyed
from recipedsl.data.concat import concatenated
from recipedsl.data.flow import Context, opened
from recipedsl.data.look import FileFacts, look
from recipedsl.data.mixing import Drawn, mixture
from recipedsl.data.problems import mistake
from recipedsl.data.reading.again import Piece
from recipedsl.data.reading.columns import to_frame
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.data.reading.hub import dataset_files
from recipedsl.data.reading.inference import changes, rows_type
from recipedsl.data.reading.reader import Reading, read_files, unpacked_size
from recipedsl.data.reading.rejects import Rejects
from recipedsl.data.reading.values import Mismatch, RowCheck
from recipedsl.data.reading.watched import Watched, told_in_words
from recipedsl.data.schema import dtype_of, row_type_of
from recipedsl.data.steps import STEPS
from recipedsl.diagnostics import Bug
from recipedsl.diagnostics.codes.data_run import NothingShaped, TooManyRejects, UnreadableFile
from recipedsl.language.types import RowType
from recipedsl.plan.facts import FileRows, HubRows
from recipedsl.plan.model import (
    ConcatSource,
    DataNode,
    HubSource,
    Input,
    InterleaveSource,
    LaterSource,
    MixSource,
    NodeSource,
    ReadSource,
    RowsSource,
)

REJECTS = "rejects.jsonl"
#: What passes over files proved is remembered beside what looks showed.
PROOFS = Path(".recipedsl") / "cache" / "proofs"


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
        words), `unseen_columns` (rows by key that no column was declared for), `widened` (columns whose
        looked-at type a late value changed, in words), `files`, `drawn`
        (of a mixture: `dataset`, `rows` that come from it, `of` how many), `steps`
        (keyword, text, rows behind it; `unshaped` and `examples` of `as`, `values` of `expect`, `hits`
        and `examples` of `decontaminate`, `near` of `dedup` with it: groups, rows, examples, `masked` of
        `redact`: counts by kind),
        `rows` by part and `columns`.

    Raises:
        RecipeError: for whatever is wrong with the files or the rows.
        OSError: the disk is full.
    """
    work = out / ".work"
    work.mkdir(parents=True)
    making = _Making(node, Context(work, inputs), out, policy)
    try:
        with told_in_words(making.watched):
            return making.facts()
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
        self._widened: dict[str, str] = {}
        self._drawn: tuple[Drawn, ...] = ()
        self.watched = Watched()

    def facts(self) -> dict[str, Any]:
        reading = self._read()
        files = {part: self._out / f"{part or 'rows'}.parquet" for part in self._node.parts or ("",)}
        rows = self._carry_out_by_keys(reading, files)
        if rows is None:
            rows = self._carry_out(reading.frame, files)
        self._check_shaped()
        return self._report(reading, files, rows)

    def _carry_out_by_keys(self, reading: Reading, files: dict[str, Path]) -> dict[str, int] | None:
        """Takes rows of a large source through the steps by their keys; None where they have to be held."""
        if reading.bytes < keyed.LARGE or not keyed.fits(self._node.steps):
            return None
        here = self._context
        self._context = context = keyed.Keyed(here.work, here.inputs)
        try:
            return context.carry_out(self._node.steps, reading, files)
        except keyed.NeedsRows:
            self._context = here
            return None

    def _carry_out(self, source: pl.LazyFrame, files: dict[str, Path]) -> dict[str, int]:
        """Takes rows through the steps, those that stand in memory from the first step on that needs all."""
        frame = opened(source)
        for step in self._node.steps:
            if step.keyword not in STEPS:
                raise Bug(f"step `{step.keyword}` has no implementation")
            self._context.begin(step)
            with self._context.refusals():
                frame = STEPS[step.keyword](frame, step, self._context)
        return self._context.finish(frame, files)

    def _read(self) -> Reading:
        source = self._node.source
        match source:
            case ReadSource():
                return self._read_files(self._policy.named(source.path), source, source.format, source.path)
            case HubSource():
                return self._read_files(dataset_files(_hub_rows(source)), source, "", source.name)
            case RowsSource():
                return self._written(source)
            case NodeSource():
                return self._known(self._context.rows_of(source.input), (source.input,))
            case ConcatSource():
                return self._known(self._together(source.inputs), source.inputs)
            case MixSource() | InterleaveSource():
                return self._mixed(source)
            case LaterSource():
                raise Bug("a plan was let through that cannot be carried out")

    def _read_files(
        self, files: dict[str, Path], source: ReadSource | HubSource, form: str, what: str
    ) -> Reading:
        self.watched.begin(what, files, lambda: self._is_planned(source))
        looked = not source.row
        row = self._looked(source) if looked else RowType.from_json(source.row)
        cache = self._policy.root / PROOFS
        reading = read_files(files, form, row, self._context.work, self._rejects, looked=looked, cache=cache)
        self._rejects.check(reading.rows, self._node.max_rejects, what)
        self._widened = changes(row, reading.row)
        return reading

    def _is_planned(self, source: ReadSource | HubSource) -> bool:
        """Whether files are still those that the plan was made from."""
        if isinstance(source, HubSource) or not source.digest:
            return True
        return FileFacts(self._policy.root, self._policy.granted).digest(source.path) == source.digest

    def _looked(self, source: ReadSource | HubSource) -> RowType:
        """The type that a look shows: the same look that planning took."""
        asked = _hub_rows(source) if isinstance(source, HubSource) else FileRows(source.path, source.format)
        seen = look(asked, self._policy.root, self._policy.granted)
        if seen.row is None:
            raise mistake(UnreadableFile, seen.problem, helps=seen.hint)
        return seen.row

    def _written(self, source: RowsSource) -> Reading:
        given: list[dict[str, Any]] = _as_lists(source.rows)
        row = RowType.from_json(source.row) if source.row else rows_type(given)
        check, rows = RowCheck(row), []
        for number, each in enumerate(given, start=1):
            try:
                rows.append(check(each))
            except Mismatch as error:
                raise mistake(TooManyRejects, f"row {number} of `rows`: {error}") from error
        return Reading(to_frame(rows, row).lazy(), len(rows), row, check.unseen)

    def _together(self, inputs: tuple[Input, ...]) -> pl.LazyFrame:
        frames = [self._context.rows_of(each) for each in inputs]
        return concatenated([str(each) for each in inputs], frames)

    def _mixed(self, source: MixSource | InterleaveSource) -> Reading:
        made = mixture(source, [self._context.rows_of(each) for each in source.inputs])
        self._drawn = made.drawn
        row = row_type_of(made.frame.collect_schema())
        whole = (Piece(made.whole, made.of, row),)
        size = self._size(source.inputs)
        return Reading(made.frame, made.rows, row, bytes=size, pieces=whole, order=made.order)

    def _known(self, frame: pl.LazyFrame, inputs: tuple[Input, ...]) -> Reading:
        row = row_type_of(frame.collect_schema())
        rows = int(frame.select(pl.len()).collect().item())
        return Reading(frame, rows, row, bytes=self._size(inputs))

    def _size(self, inputs: tuple[Input, ...]) -> int:
        return unpacked_size(self._context.file_of(each) for each in inputs)

    def _check_shaped(self) -> None:
        for step in self._context.steps:
            if step["rows"] == 0 and "unshaped" in step:
                reasons = [f"{count} rows: {reason}" for reason, count in step["unshaped"].items()]
                raise mistake(
                    NothingShaped,
                    f"no row could be brought into shape by `{step['text'] or step['keyword']}`",
                    *reasons,
                )

    def _report(self, reading: Reading, files: dict[str, Path], rows: dict[str, int]) -> dict[str, Any]:
        frames = {part: pl.scan_parquet(path, glob=False) for part, path in files.items()}
        schema = next(iter(frames.values())).collect_schema()
        return {
            "rows_in": reading.rows,
            "rejects": self._rejects.count,
            "rejected": [str(each) for each in self._rejects.first],
            "unseen_columns": dict(sorted(reading.unseen.items())),
            "widened": self._widened,
            "files": list(reading.files),
            **({"drawn": list(self._drawn)} if self._drawn else {}),
            "steps": self._context.steps,
            "rows": rows,
            "columns": self._columns(schema, list(frames.values())),
        }

    def _columns(self, schema: pl.Schema, frames: list[pl.LazyFrame]) -> dict[str, Any]:
        """JSON forms of the columns' types: what Parquet tells, and what planning knew beside."""
        planned = RowType.from_json(self._node.row)
        kept = {
            each.name: each.type for each in planned.columns if schema.get(each.name) == dtype_of(each.type)
        }
        certain = [name for name, type_ in kept.items() if self._widened and not type_.nullable]
        for frame in frames if certain else ():
            nulls = frame.select(pl.col(certain).is_null().any()).collect().to_dicts()[0]
            kept.update({name: kept[name].or_null() for name, there in nulls.items() if there})
        return {**row_type_of(schema).to_json(), **{name: type_.to_json() for name, type_ in kept.items()}}


def _hub_rows(source: HubSource) -> HubRows:
    return HubRows(source.name, source.config, source.split, source.revision)


def _as_lists(value: Any) -> Any:
    """A constant as JSON would have it: its lists are tuples before a plan has been written and read."""
    if isinstance(value, tuple | list):
        return [_as_lists(each) for each in value]
    return {name: _as_lists(part) for name, part in value.items()} if isinstance(value, dict) else value
