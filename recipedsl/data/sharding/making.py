"""A data node cut into jobs for several workers, and put together again.

Files are read side by side, and rows are taken side by side through the steps that look at one row at a
time. For a step that looks at all rows only keys travel: the engine decides over them which rows stay, and
in which order; then these are gathered. The last job writes the result with the engine's own writer, so
that it is, byte for byte, what one machine makes.

What one machine refuses is refused in the same words: as soon as a job refuses something, the node is
carried out by one worker, which has the last word.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl

from recipedsl.data.engine import REJECTS
from recipedsl.data.look import FileFacts, look
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.data.reading.rejects import SHOWN, Reject, Rejects
from recipedsl.data.schema import schema_of
from recipedsl.data.sharding import jobs
from recipedsl.data.sharding.facts import added, read_facts
from recipedsl.data.sharding.keys import REACH, Keys, explicit, is_apart
from recipedsl.data.sharding.shards import Numbers, Shard, by_shard, cut, shard_of, starts, together, total
from recipedsl.data.sharding.shards import schema_of as columns_of
from recipedsl.data.sharding.workers import Refused, Workers
from recipedsl.diagnostics import Bug
from recipedsl.language.types import RowType
from recipedsl.plan.facts import FileRows
from recipedsl.plan.model import (
    ConcatSource,
    DataNode,
    HubSource,
    Input,
    InterleaveSource,
    MixSource,
    NodeSource,
    ReadSource,
    StepSpec,
)

Done = TypeVar("Done")
Tell = Callable[[str], None]

_SCRATCH = ".shards"
_MOST_DECIDING = 16  # workers that decide of one step; each shard writes a file for each of them


def make_sharded(
    node: DataNode,
    inputs: Mapping[str, Path],
    out: Path,
    policy: ReadPolicy,
    workers: Workers,
    tell: Tell = lambda _: None,
) -> dict[str, Any]:
    """Carries out a data node by several workers.

    Args:
        node: what to do.
        inputs: result folders of the nodes that it reads, by name.
        out: an empty folder; gets what `make_data` puts there, and the same bytes.
        policy: where files may be read.
        workers: who does it.
        tell: hears, in words, of what one worker does alone.

    Returns:
        Facts, those of `make_data`.

    Raises:
        RecipeError: for whatever is wrong with the files or the rows, or with the workers.
    """
    scratch = out / _SCRATCH
    scratch.mkdir(parents=True)
    try:
        return _Making(node, inputs, out, policy, workers, tell).facts()
    finally:
        shutil.rmtree(scratch)


class _Alone(Exception):
    """The node is to be carried out by one worker, for the reason given; without one nobody need know."""


class _Making:
    """One data node on its way."""

    def __init__(
        self,
        node: DataNode,
        inputs: Mapping[str, Path],
        out: Path,
        policy: ReadPolicy,
        workers: Workers,
        tell: Tell,
    ) -> None:
        self._node = node
        self._inputs = {name: each.absolute() for name, each in inputs.items()}
        self._out = out
        self._scratch = (out / _SCRATCH).absolute()
        self._policy = policy
        self._workers = workers
        self._tell = tell
        self._steps: list[dict[str, Any]] = []

    def facts(self) -> dict[str, Any]:
        try:
            return self._apart()
        except _Alone as alone:
            if str(alone):
                self._tell(f"one worker carries out `{self._node.name}`: {alone}")
            return self._by_one()

    def _apart(self) -> dict[str, Any]:
        facts, shards = self._read()
        parts: dict[str, list[Shard]] = {"": shards}
        for apart, steps in groupby(self._node.steps, key=is_apart):
            for stretch in [tuple(steps)] if apart else [(each,) for each in steps]:
                parts = self._through(stretch, parts[""])
        if any(step["rows"] == 0 and "unshaped" in step for step in self._steps):
            raise _Alone  # refused there, with the reasons
        written = self._write(parts)
        rows = {part: each.facts["rows"][""] for part, each in written.items()}
        columns = next(iter(written.values())).facts["columns"]
        return {**facts, "steps": self._steps, "rows": rows, "columns": columns}

    def _by_one(self) -> dict[str, Any]:
        for left in self._out.glob("*.*"):
            if left.is_file():
                left.unlink()
        (made,) = self._each(jobs.make, [self._make(self._node)], last=True)
        for file in made.folder.iterdir():
            file.replace(self._out / file.name)
        return made.facts

    # --- jobs ---------------------------------------------------------------------------------------

    def _each(
        self, function: Callable[[Any], Done | Refused], given: Sequence[Any], *, last: bool = False
    ) -> list[Done]:
        """What comes of the jobs.

        What one of them refuses is left to a worker that has all rows; what that one refuses is raised.
        """
        done: list[Done] = []
        for each in self._workers.each(function, given):
            if isinstance(each, Refused):
                raise each.error() if last else _Alone()
            done.append(each)
        return done

    def _make(self, node: DataNode, inputs: Mapping[str, Path] | None = None) -> jobs.Make:
        return jobs.Make(node, self._inputs if inputs is None else inputs, self._policy, self._scratch)

    def _bare(self, **changes: Any) -> DataNode:
        """The node without its steps."""
        return self._node.model_copy(update={"steps": (), "parts": (), **changes})

    # --- the source ---------------------------------------------------------------------------------

    def _read(self) -> tuple[dict[str, Any], list[Shard]]:
        """Facts of reading, and the rows."""
        source = self._node.source
        match source:
            case ReadSource() if "://" not in source.path:
                return self._read_files(source)
            case ReadSource() | HubSource():
                self._tell(f"one worker reads `{self._node.name}`: its files are not of this machine")
                return self._read_by_one()
            case NodeSource():
                return self._known([shard_of(self._file(source.input))])
            case ConcatSource():
                names, files = [str(each) for each in source.inputs], map(self._file, source.inputs)
                return self._known(self._even(names, [shard_of(each) for each in files]))
            case MixSource() | InterleaveSource():
                return self._mixed(source)
            case _:
                raise _Alone  # rows that stand in the recipe

    def _file(self, source: Input) -> Path:
        return self._inputs[source.node] / f"{source.part or 'rows'}.parquet"

    def _known(self, shards: list[Shard]) -> tuple[dict[str, Any], list[Shard]]:
        return read_facts([], {}, rows=total(shards)), cut(shards, self._workers.count)

    def _read_by_one(self) -> tuple[dict[str, Any], list[Shard]]:
        (made,) = self._each(jobs.make, [self._make(self._bare(row={}))])
        if made.facts["widened"]:
            raise _Alone("a column's type changes in the middle of its files")
        self._keep_rejects([made])
        return made.facts, cut([made.shard], self._workers.count)

    def _read_files(self, source: ReadSource) -> tuple[dict[str, Any], list[Shard]]:
        row, looked = source.row, not source.row
        if looked:
            seen = look(FileRows(source.path, source.format), self._policy.root, self._policy.granted)
            if seen.row is None:
                raise _Alone
            row = seen.row.to_json()
        files = self._policy.named(source.path)
        each = [source.model_copy(update={"path": name, "row": row, "digest": ""}) for name in files]
        # How many rows may be set aside is a matter of all files.
        asked = [self._make(self._bare(source=one, row={}, max_rejects=1.0)) for one in each]
        groups = together(list(files.values()), self._workers.count)
        read = self._each(jobs.read, [jobs.Read(tuple(asked[a:b]), looked=looked) for a, b in groups])
        if source.digest and self._digest(source.path) != source.digest:
            raise _Alone  # refused there: the files changed while they were read
        if any(one.grows for one in read):
            raise _Alone(
                "a column's type changes in the middle of the files, and no types are declared in `read`"
            )
        shards, made = [one.shard for one in read], [file for one in read for file in one.files]
        self._keep_rejects(made).check(total(shards), self._node.max_rejects, source.path)
        facts = read_facts([one.facts for one in made], {"files": list(files)})
        return facts, cut(shards, self._workers.count)

    def _digest(self, path: str) -> str:
        return FileFacts(self._policy.root, self._policy.granted).digest(path)

    def _keep_rejects(self, made: Sequence[jobs.Made]) -> Rejects:
        """Puts the rows that were set aside into one file, in the order of the files that they are from."""
        rejects = Rejects(self._out / REJECTS)
        for path in filter(None, [each.rejects for each in made]):
            with rejects.path.open("ab") as whole, path.open("rb") as part:
                shutil.copyfileobj(part, whole)
        rejects.count = sum(each.facts["rejects"] for each in made)
        if rejects.count:
            with rejects.path.open(encoding="utf-8") as lines:
                rejects.first = [Reject(**json.loads(line)) for line in islice(lines, SHOWN)]
        return rejects

    def _mixed(self, source: MixSource | InterleaveSource) -> tuple[dict[str, Any], list[Shard]]:
        distinct = list(dict.fromkeys(source.inputs))
        shards = [shard_of(self._file(each)) for each in distinct]
        sizes = tuple((each, shard.rows) for each, shard in zip(distinct, shards, strict=True))
        ((numbers, facts),) = self._each(jobs.mix, [jobs.Mix(self._bare(row={}), sizes, self._scratch)])
        names = [str(each) for each in source.inputs]
        row = self._common(names, [self._file(each) for each in source.inputs])
        pieces = [part for each in shards for part in cut([each], self._workers.count)]
        return facts, self._gathered(self._fitted(pieces, row), numbers)

    def _even(self, names: Sequence[str], shards: Sequence[Shard]) -> list[Shard]:
        row = self._common(names, [each.path for each in shards])
        return self._fitted(cut(shards, self._workers.count), row)

    def _common(self, names: Sequence[str], files: Sequence[Path]) -> RowType:
        (row,) = self._each(jobs.common_row, [jobs.Even(tuple(names), tuple(files))])
        return row

    def _fitted(self, shards: Sequence[Shard], row: RowType) -> list[Shard]:
        """The shards, those of other columns brought to the common ones."""
        wanted = pl.Schema(schema_of(row))
        other = [place for place, each in enumerate(shards) if columns_of(each) != wanted]
        fitted = self._each(jobs.fit, [jobs.Fit(shards[place], row, self._scratch) for place in other])
        changed = dict(zip(other, fitted, strict=True))
        return [changed.get(place, each) for place, each in enumerate(shards)]

    # --- steps --------------------------------------------------------------------------------------

    def _through(self, steps: tuple[StepSpec, ...], shards: list[Shard]) -> dict[str, list[Shard]]:
        """The rows behind steps that look at one row at a time, or behind one that looks at all."""
        (first, *_) = steps
        if is_apart(first):
            return {"": self._carried(steps, shards)}
        if first.keyword not in REACH:
            self._say_alone(first, "it needs all rows at once")
            return {"": self._carried_by_one(steps, shards)}
        return self._decided(first, shards)

    def _carried(self, steps: tuple[StepSpec, ...], shards: list[Shard]) -> list[Shard]:
        if sum(each.keyword == "as" for each in steps) > 1:
            self._say_alone(steps[0], "rows are brought into shape more than once")
            return self._carried_by_one(steps, shards)
        done = self._each(jobs.carry, [self._carry(steps, [each]) for each in shards])
        if len({each.columns for each in done}) > 1 or any(each.beside for each in done):
            self._say_alone(steps[0], "its columns depend on what all rows hold")
            return self._carried_by_one(steps, shards)
        self._steps += added([each.steps for each in done])
        return [each.shard for each in done]

    def _carried_by_one(self, steps: tuple[StepSpec, ...], shards: list[Shard]) -> list[Shard]:
        (done,) = self._each(jobs.carry, [self._carry(steps, shards)])
        self._steps += done.steps
        self._keep(done.beside)
        return cut([done.shard], self._workers.count)

    def _carry(self, steps: tuple[StepSpec, ...], shards: Sequence[Shard]) -> jobs.Carry:
        return jobs.Carry(tuple(shards), steps, self._inputs, self._scratch)

    def _say_alone(self, step: StepSpec, why: str) -> None:
        self._tell(f"one worker takes all rows of `{self._node.name}` through `{step.text}`: {why}")

    def _decided(self, step: StepSpec, shards: list[Shard]) -> dict[str, list[Shard]]:
        """The rows that a step over all rows leaves, by part."""
        schema = columns_of(shards[0])
        keys = REACH[step.keyword](step, schema)
        if keys is None:
            raise Bug(f"`{step.keyword}` decides by the row alone")
        parts = self._node.parts if step is self._node.steps[-1] else ()
        asked = [
            jobs.Decide(folders, explicit(step, schema), parts, self._inputs, self._scratch)
            for folders in self._extracted(keys, shards)
        ]
        decided = self._each(jobs.decide, asked)
        self._steps += added([[each.facts] for each in decided])
        self._keep(file for each in decided for file in each.beside)
        return {part: self._gathered(shards, numbers) for part, numbers in _joined(decided)}

    def _extracted(self, keys: Keys, shards: Sequence[Shard]) -> list[tuple[Path, ...]]:
        """For each worker that decides the folders of the keys that it decides by."""
        count = min(self._workers.count, _MOST_DECIDING) if keys.apart else 1
        columns = tuple(dict.fromkeys(keys.columns))
        asked = [
            jobs.Extract(shard, first, columns, keys.apart, count, self._scratch)
            for shard, first in zip(shards, starts(shards).tolist(), strict=False)
        ]
        told = self._each(jobs.extract, asked)
        return [tuple(each[place] for each in told) for place in range(count)]

    def _keep(self, files: Iterable[Path]) -> None:
        """Puts what a step wrote beside the rows into the result."""
        for each in files:
            each.replace(self._out / each.name)

    def _gathered(self, shards: Sequence[Shard], numbers: Numbers) -> list[Shard]:
        """The rows of the numbers, in their order."""
        if len(numbers) == 0 or bool((np.diff(numbers) > 0).all()):
            return self._picked(shards, numbers)
        return self._exchanged(shards, numbers)

    def _picked(self, shards: Sequence[Shard], numbers: Numbers) -> list[Shard]:
        chosen = [(shard, rows) for shard, rows, _ in by_shard(shards, numbers) if len(rows)]
        chosen = chosen or [(shards[0], numbers)]
        wanted = [jobs.Pick(shard, rows, self._scratch) for shard, rows in chosen if len(rows) < shard.rows]
        picked = iter(self._each(jobs.pick, wanted))
        return [next(picked) if len(rows) < shard.rows else shard for shard, rows in chosen]

    def _exchanged(self, shards: Sequence[Shard], numbers: Numbers) -> list[Shard]:
        dealt = [each for each in by_shard(shards, numbers) if len(each[1])]
        sent = tuple(self._each(jobs.send, [jobs.Send(*each, self._scratch) for each in dealt]))
        ranges = cut([Shard(sent[0], len(numbers))], self._workers.count)
        wanted = [jobs.Collect(sent, each.first, each.first + each.rows, self._scratch) for each in ranges]
        return self._each(jobs.collect, wanted)

    # --- the result ---------------------------------------------------------------------------------

    def _write(self, parts: Mapping[str, list[Shard]]) -> dict[str, jobs.Made]:
        """Writes each part with the engine's writer."""
        made = self._each(jobs.make, [self._writing(self._whole(shards)) for shards in parts.values()])
        for part, each in zip(parts, made, strict=True):
            (each.folder / jobs.ROWS).replace(self._out / f"{part or 'rows'}.parquet")
        return dict(zip(parts, made, strict=True))

    def _whole(self, shards: Sequence[Shard]) -> list[Shard]:
        """The shards, those that are a part of a file as files of their own."""
        pieces = [each for each in shards if not each.whole]
        wanted = [jobs.Pick(each, np.arange(each.rows), self._scratch) for each in pieces]
        picked = iter(self._each(jobs.pick, wanted))
        return [each if each.whole else next(picked) for each in shards]

    def _writing(self, shards: Sequence[Shard]) -> jobs.Make:
        folders = [each.path.parent for each in shards]
        return self._make(self._bare(source=jobs.together(len(folders))), jobs.named(folders))


def _joined(decided: Sequence[jobs.Decided]) -> Iterator[tuple[str, Numbers]]:
    """By part the numbers that all have decided for; several keep the order of the rows."""
    for part in decided[0].numbers:
        found = [each.numbers[part] for each in decided]
        yield part, found[0] if len(found) == 1 else np.sort(np.concatenate(found))
