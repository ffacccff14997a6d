"""What one worker does with a shard. Every job writes into a new folder of its own and gives what lies there.

A worker may die on the way, and its job is then begun again: what was left behind lies in a folder that
nobody was told of.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from recipedsl.data.concat import concatenated
from recipedsl.data.engine import REJECTS, make_data
from recipedsl.data.flow import Context, opened
from recipedsl.data.reading.files import ReadPolicy, form_of
from recipedsl.data.reading.inference import widened_row
from recipedsl.data.reading.parquet import fitted
from recipedsl.data.reading.records import records
from recipedsl.data.reading.values import Mismatch, RowCheck
from recipedsl.data.schema import row_type_of
from recipedsl.data.sharding.keys import NUMBER, buckets
from recipedsl.data.sharding.shards import Numbers, Shard
from recipedsl.data.sharding.workers import refusing
from recipedsl.data.steps import STEPS
from recipedsl.diagnostics import Bug
from recipedsl.language.types import RowType
from recipedsl.plan.model import ConcatSource, DataNode, Input, ReadSource, StepSpec

ROWS = "rows.parquet"
_PLACE = "_recipedsl_shard_place"
_ROW_GROUP = 10_000
_NAME = "shard {}"  # no node is called so


def _fresh(scratch: Path) -> Path:
    """A folder that nobody else has."""
    return Path(tempfile.mkdtemp(dir=scratch))


# --- the engine as it is ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Make:
    """A data node to be carried out by one worker.

    Attributes:
        node: what to do.
        inputs: result folders of the nodes that it reads, by name.
        policy: where files may be read.
        scratch: where results go.
    """

    node: DataNode
    inputs: Mapping[str, Path]
    policy: ReadPolicy
    scratch: Path


@dataclass(frozen=True)
class Made:
    """What came of it: a folder, and the facts of the node."""

    folder: Path
    facts: dict[str, Any]

    @property
    def shard(self) -> Shard:
        """Its rows."""
        return Shard(self.folder / ROWS, self.facts["rows"][""])

    @property
    def rejects(self) -> Path | None:
        """The file of rows that were set aside, if there were any."""
        path = self.folder / REJECTS
        return path if path.exists() else None


@refusing
def make(job: Make) -> Made:
    """Carries out a data node."""
    return _made(job)


def _made(job: Make) -> Made:
    folder = _fresh(job.scratch) / "made"
    return Made(folder, make_data(job.node, job.inputs, folder, job.policy))


@dataclass(frozen=True)
class Read:
    """Files to be read.

    Attributes:
        files: a node for each, in order.
        looked: whether the type of their rows is only what a look at all files showed.
    """

    files: tuple[Make, ...]
    looked: bool


@dataclass(frozen=True)
class HaveRead:
    """Rows of files.

    Attributes:
        shard: all of them.
        files: what came of each file.
        grows: whether a row was set aside that a looked-at type would have grown to hold.
    """

    shard: Shard
    files: tuple[Made, ...]
    grows: bool


@refusing
def read(job: Read) -> HaveRead:
    """Reads files one after another."""
    made = tuple(map(_made, job.files))
    grows = job.looked and any(
        each.facts["rejects"] and _grows(asked) for each, asked in zip(made, job.files, strict=True)
    )
    return HaveRead(_joined([each.shard for each in made], job.files[0].scratch), made, grows)


def _joined(shards: Sequence[Shard], scratch: Path) -> Shard:
    if len(shards) == 1:
        return shards[0]
    return _written(pl.concat([each.frame() for each in shards], how="vertical"), scratch)


def _grows(job: Make) -> bool:
    """Whether the row type would have to grow for some row of the files."""
    source = job.node.source
    if not isinstance(source, ReadSource):
        raise Bug("only files are looked at")
    return any(_file_grows(name, file, source) for name, file in job.policy.named(source.path).items())


def _file_grows(name: str, file: Path, source: ReadSource) -> bool:
    form = form_of(file, source.format, name)
    if form == "parquet":
        return True  # a null where there was none
    row = RowType.from_json(source.row)
    check = RowCheck(row, cells=form == "csv")
    for record in records(file, form, name):
        if record.problem or _passes(check, record.value) or not isinstance(record.value, dict):
            continue
        if _passes(RowCheck(widened_row(row, record.value, form), cells=form == "csv"), record.value):
            return True
    return False


def _passes(check: RowCheck, value: Any) -> bool:
    try:
        check(value)
    except Mismatch:
        return False
    return True


# --- rows apart ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fit:
    """A shard to be brought to the columns of a row type."""

    shard: Shard
    row: RowType
    scratch: Path


@refusing
def fit(job: Fit) -> Shard:
    """The rows with the columns."""
    return _written(fitted(job.shard.frame(), job.row), job.scratch)


@dataclass(frozen=True)
class Even:
    """Datasets, by names and files, of which the common columns are asked."""

    names: tuple[str, ...]
    files: tuple[Path, ...]


@refusing
def common_row(job: Even) -> RowType:
    """Row type of the datasets put together."""
    frames = [pl.scan_parquet(each, glob=False) for each in job.files]
    return row_type_of(concatenated(job.names, frames).collect_schema())


@dataclass(frozen=True)
class Carry:
    """Steps that look at one row at a time, and the rows to be taken through them."""

    shards: tuple[Shard, ...]
    steps: tuple[StepSpec, ...]
    inputs: Mapping[str, Path]
    scratch: Path


@dataclass(frozen=True)
class Carried:
    """Rows behind steps, the facts of the steps, the columns, and files that steps wrote beside the rows."""

    shard: Shard
    steps: list[dict[str, Any]]
    columns: tuple[tuple[str, pl.DataType], ...]
    beside: tuple[Path, ...]


@refusing
def carry(job: Carry) -> Carried:
    """Takes rows through steps."""
    folder = _fresh(job.scratch)
    work = folder / "work"
    work.mkdir()
    context = Context(work, job.inputs)
    frame = opened(pl.concat([each.frame() for each in job.shards], how="vertical"))
    for step in job.steps:
        context.begin(step)
        with context.refusals():
            frame = STEPS[step.keyword](frame, step, context)
    context.finish(frame, {"": folder / ROWS})
    schema = pl.read_parquet_schema(folder / ROWS)
    rows = int(context.steps[-1]["rows"])
    return Carried(Shard(folder / ROWS, rows), context.steps, tuple(schema.items()), _beside(folder, [ROWS]))


def _written(frame: pl.LazyFrame, scratch: Path) -> Shard:
    path = _fresh(scratch) / ROWS
    rows = frame.collect()
    rows.write_parquet(path, compression="lz4", row_group_size=_ROW_GROUP)
    return Shard(path, rows.height)


# --- keys exchanged -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Extract:
    """Keys to be told of a shard.

    Attributes:
        shard: the rows.
        first: number of its first row among all.
        columns: that are asked for.
        apart: columns by which rows are dealt out.
        count: over how many deciding workers.
    """

    shard: Shard
    first: int
    columns: tuple[str, ...]
    apart: tuple[str, ...]
    count: int
    scratch: Path


@refusing
def extract(job: Extract) -> list[Path]:
    """A folder for each deciding worker, with the keys and numbers of the rows that it decides of."""
    numbers = pl.Series(NUMBER, np.arange(job.first, job.first + job.shard.rows), pl.Int64)
    keys = numbers.to_frame()
    if job.columns:
        keys = job.shard.frame().select(job.columns).collect().insert_column(0, numbers)
    folder = _fresh(job.scratch)
    if job.count == 1:
        return [_kept(keys, folder / "0")]
    dealt = buckets(keys, job.apart, job.count)
    return [_kept(keys.filter(dealt == place), folder / str(place)) for place in range(job.count)]


def _kept(keys: pl.DataFrame, folder: Path) -> Path:
    folder.mkdir()
    keys.write_parquet(folder / ROWS, compression="lz4")
    return folder


@dataclass(frozen=True)
class Decide:
    """Keys, the step that decides by them, and the parts that it deals rows out to."""

    keys: tuple[Path, ...]
    step: StepSpec
    parts: tuple[str, ...]
    inputs: Mapping[str, Path]
    scratch: Path


@dataclass(frozen=True)
class Decided:
    """Numbers of the rows that stay, in their order, by part; the facts of the step, and files it wrote."""

    numbers: dict[str, Numbers]
    facts: dict[str, Any]
    beside: tuple[Path, ...]


@refusing
def decide(job: Decide) -> Decided:
    """Which rows stay, and in which order: the engine's own step over the keys."""
    node = DataNode(
        name="keys",
        origin=job.step.origin,
        source=together(len(job.keys)),
        steps=(job.step,),
        row={},
        parts=job.parts,
    )
    folder = _fresh(job.scratch) / "made"
    facts = make_data(node, {**job.inputs, **named(job.keys)}, folder, ReadPolicy(job.scratch))
    parts = job.parts or ("",)
    numbers = {part: _numbers(folder, part) for part in parts}
    return Decided(
        numbers, facts["steps"][0], _beside(folder, [f"{part or 'rows'}.parquet" for part in parts])
    )


def _file(part: str) -> str:
    return f"{part or 'rows'}.parquet"


def _beside(folder: Path, rows: Iterable[str]) -> tuple[Path, ...]:
    """Files of a result that are not its rows."""
    rows = set(rows)
    return tuple(sorted(each for each in folder.iterdir() if each.is_file() and each.name not in rows))


def _numbers(folder: Path, part: str) -> Numbers:
    rows = pl.read_parquet(folder / _file(part), columns=[NUMBER], glob=False)
    return rows[NUMBER].to_numpy().astype(np.int64)


def together(count: int) -> ConcatSource:
    """A source of so many folders, one after another, which `named` gives names."""
    return ConcatSource(inputs=tuple(Input(node=_NAME.format(place)) for place in range(count)))


def named(folders: Sequence[Path]) -> dict[str, Path]:
    """Folders by the names that `together` calls them."""
    return {_NAME.format(place): folder for place, folder in enumerate(folders)}


@dataclass(frozen=True)
class Mix:
    """A node that mixes datasets of so many rows: which rows are drawn, and in which order.

    Attributes:
        node: without steps.
        sizes: of each distinct dataset; their rows are numbered one after another.
    """

    node: DataNode
    sizes: tuple[tuple[Input, int], ...]
    scratch: Path


@refusing
def mix(job: Mix) -> tuple[Numbers, dict[str, Any]]:
    """Numbers of the rows in their order, and the facts of the node."""
    folder, first = _fresh(job.scratch), 0
    for source, size in job.sizes:
        place = folder / source.node
        place.mkdir(parents=True, exist_ok=True)
        numbers = pl.DataFrame({NUMBER: pl.int_range(first, first + size, dtype=pl.Int64, eager=True)})
        numbers.write_parquet(place / _file(source.part), compression="lz4")
        first += size
    inputs = {source.node: folder / source.node for source, _ in job.sizes}
    facts = make_data(job.node, inputs, folder / "made", ReadPolicy(job.scratch))
    return _numbers(folder / "made", ""), facts


# --- rows gathered ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pick:
    """Rows of a shard that stay, by their numbers in it, in their order."""

    shard: Shard
    rows: Numbers
    scratch: Path


@refusing
def pick(job: Pick) -> Shard:
    """The rows that stay."""
    return _written(job.shard.frame().collect()[job.rows].lazy(), job.scratch)


@dataclass(frozen=True)
class Send:
    """Rows of a shard, by their numbers in it, that go to new places among all rows."""

    shard: Shard
    rows: Numbers
    places: Numbers
    scratch: Path


@refusing
def send(job: Send) -> Path:
    """A file of the rows with their places, in the order of these."""
    path = _fresh(job.scratch) / ROWS
    rows = job.shard.frame().collect()[job.rows].with_columns(pl.Series(_PLACE, job.places, pl.Int64))
    rows.write_parquet(path, compression="lz4", row_group_size=_ROW_GROUP, statistics=True)
    return path


@dataclass(frozen=True)
class Collect:
    """Files of rows with places, of which those in a range are wanted."""

    sent: tuple[Path, ...]
    first: int
    behind: int
    scratch: Path


@refusing
def collect(job: Collect) -> Shard:
    """The rows of the range in the order of their places."""
    wanted = pl.col(_PLACE).is_between(job.first, job.behind, closed="left")
    parts = [pl.scan_parquet(each, glob=False).filter(wanted) for each in job.sent]
    return _written(pl.concat(parts, how="vertical").sort(_PLACE).drop(_PLACE), job.scratch)
