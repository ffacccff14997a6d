"""What one worker does with rows. Every job writes into a new folder of its own and gives what lies there.

A worker may die on the way, and its job is then begun again: what was left behind lies in a folder that
nobody was told of.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from recipedsl.data.concat import concatenated
from recipedsl.data.engine import REJECTS, make_data
from recipedsl.data.flow import Context, opened, standing
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.data.reading.parquet import fitted
from recipedsl.data.schema import row_type_of
from recipedsl.data.sharding.keys import NUMBER, buckets
from recipedsl.data.sharding.shards import Numbers, Shard
from recipedsl.data.sharding.workers import refusing
from recipedsl.data.steps import STEPS
from recipedsl.language.types import RowType
from recipedsl.plan.model import ConcatSource, DataNode, Input, StepSpec

ROWS = "rows.parquet"
_PLACE = "_recipedsl_shard_place"
_ROW_GROUP = 10_000
_LEAST_GROUP = 256  # rows
_NAME = "shard {}"  # no node is called so

Thing = TypeVar("Thing")


def fresh(scratch: Path) -> Path:
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
        return Shard(self.folder / ROWS, 0, self.facts["rows"][""])

    @property
    def rejects(self) -> Path:
        """The file of rows that were set aside, which is there if there were any."""
        return self.folder / REJECTS


@refusing
def make(job: Make) -> Made:
    """Carries out a data node."""
    folder = fresh(job.scratch) / "made"
    return Made(folder, make_data(job.node, job.inputs, folder, job.policy))


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
    return _written(fitted(job.shard.frame(), job.row).collect(), fresh(job.scratch))


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
class Stretch:
    """Steps that look at one row at a time.

    Attributes:
        steps: one after another.
        before: how many steps of the node come before them.
        inputs: result folders of the nodes that they read, by name.
    """

    steps: tuple[StepSpec, ...]
    before: int
    inputs: Mapping[str, Path]


@dataclass(frozen=True)
class Carry:
    """Rows to be taken through steps."""

    shards: tuple[Shard, ...]
    stretch: Stretch
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
    rows = pl.concat([each.frame() for each in job.shards], how="vertical")
    return carried(rows, job.stretch, fresh(job.scratch))


def carried(rows: pl.LazyFrame, stretch: Stretch, folder: Path) -> Carried:
    """Takes rows through steps and writes them into a folder."""
    work = folder / "work"
    work.mkdir()
    context = _Context(work, stretch.inputs, [{} for _ in range(stretch.before)])
    frame = opened(rows)
    for step in stretch.steps:
        context.begin(step)
        with context.refusals():
            frame = STEPS[step.keyword](frame, step, context)
    beside = tuple(sorted(each for each in folder.iterdir() if each.is_file()))
    shard = context.wrote(frame, folder / ROWS)
    schema = pl.read_parquet_schema(shard.path)
    return Carried(shard, context.steps[stretch.before :], tuple(schema.items()), beside)


class _Context(Context):
    """Beside the rows of a shard."""

    _kept: tuple[object, Any] = (None, None)

    def once(self, make: Callable[[], Thing], *of: object) -> Thing:
        """What a worker makes of other datasets for a shard serves for the next one, too."""
        of = (*sorted(self.inputs.items()), *of)
        if _Context._kept[0] != of:
            _Context._kept = (of, make())
        kept: Thing = _Context._kept[1]
        return kept

    def wrote(self, frame: pl.LazyFrame, path: Path) -> Shard:
        """Writes the rows behind all steps, which are counted; a large file is never held as a whole."""
        sink = standing(frame).sink_parquet(
            path, compression="lz4", row_group_size=_ROW_GROUP, maintain_order=True, lazy=True
        )
        self._run(frame, [sink], self._open)
        return Shard(path, 0, sum(self._parts.values()))


def _written(rows: pl.DataFrame, folder: Path) -> Shard:
    rows.write_parquet(folder / ROWS, compression="lz4", row_group_size=_ROW_GROUP)
    return Shard(folder / ROWS, 0, rows.height)


# --- keys exchanged -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Extract:
    """Keys to be told of a shard.

    Attributes:
        shard: the rows.
        places: of the rows among all, ascending.
        columns: that are asked for.
        apart: columns by which rows are dealt out.
        count: over how many deciding workers.
    """

    shard: Shard
    places: Numbers
    columns: tuple[str, ...]
    apart: tuple[str, ...]
    count: int
    scratch: Path


@refusing
def extract(job: Extract) -> list[Path]:
    """A folder for each deciding worker, with the keys and places of the rows that it decides of."""
    keys = job.shard.frame(job.columns).collect()
    keys.insert_column(0, pl.Series(NUMBER, job.places, pl.Int64))
    folder = fresh(job.scratch)
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
    """What a step over all rows decides.

    Attributes:
        keys: folders with what it decides by, and the places of the rows; none where places tell enough.
        rows: how many there are.
        in_turn: whether places ascend from folder to folder.
        step: that decides.
        parts: that it deals rows out to.
    """

    keys: tuple[Path, ...]
    rows: int
    in_turn: bool
    step: StepSpec
    parts: tuple[str, ...]
    scratch: Path


@dataclass(frozen=True)
class Decided:
    """Places of the rows that stay, in their order, by part; and the facts of the step."""

    numbers: dict[str, Numbers]
    facts: dict[str, Any]


@refusing
def decide(job: Decide) -> Decided:
    """Which rows stay, and in which order: the engine's own step over the keys."""
    keys = job.keys if job.keys and job.in_turn else (_sorted(job),)
    node = DataNode(
        name="keys",
        origin=job.step.origin,
        source=together(len(keys)),
        steps=(job.step,),
        row={},
        parts=job.parts,
    )
    folder = fresh(job.scratch) / "made"
    facts = make_data(node, named(keys), folder, ReadPolicy(job.scratch))
    numbers = {part: _numbers(folder, part) for part in job.parts or ("",)}
    return Decided(numbers, facts["steps"][0])


def _sorted(job: Decide) -> Path:
    """One folder with all keys in the order of their places, or with the places alone."""
    if job.keys:
        keys = pl.concat(pl.read_parquet(each / ROWS, glob=False) for each in job.keys).sort(NUMBER)
    else:
        keys = pl.select(pl.int_range(job.rows, dtype=pl.Int64).alias(NUMBER))
    return _kept(keys, fresh(job.scratch) / "sorted")


def _file(part: str) -> str:
    return f"{part or 'rows'}.parquet"


def _numbers(folder: Path, part: str) -> Numbers:
    rows = pl.read_parquet(folder / _file(part), columns=[NUMBER], glob=False)
    return rows[NUMBER].cast(pl.Int64).to_numpy()


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
    folder, first = fresh(job.scratch), 0
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
    """Rows of a shard that are wanted in a file of their own."""

    shard: Shard
    scratch: Path


@refusing
def pick(job: Pick) -> Shard:
    """The same rows."""
    return _written(job.shard.frame().collect(), fresh(job.scratch))


@dataclass(frozen=True)
class Send:
    """Rows of a shard that go to new places among all rows, ascending; so many workers collect them."""

    shard: Shard
    places: Numbers
    workers: int
    scratch: Path


@refusing
def send(job: Send) -> Path:
    """A file of the rows with their places, in the order of these."""
    path = fresh(job.scratch) / ROWS
    rows = job.shard.frame().collect().with_columns(pl.Series(_PLACE, job.places, pl.Int64))
    # About a row group for each of those who collect them: nobody reads what is another one's.
    rows.write_parquet(path, compression="lz4", row_group_size=max(_LEAST_GROUP, rows.height // job.workers))
    return path


@dataclass(frozen=True)
class Collect:
    """Files of rows with places, and from which to which the rows of each are wanted."""

    sent: tuple[tuple[Path, int, int], ...]
    scratch: Path


@refusing
def collect(job: Collect) -> Shard:
    """The rows in the order of their places."""
    parts = [
        pl.scan_parquet(path, glob=False).slice(first, behind - first) for path, first, behind in job.sent
    ]
    rows = pl.concat(parts, how="vertical").sort(_PLACE).drop(_PLACE).collect()
    return _written(rows, fresh(job.scratch))
