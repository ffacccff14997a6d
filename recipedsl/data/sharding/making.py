"""A data node cut into jobs for several workers, and put together again.

Files are read side by side, large ones in pieces, and rows are taken side by side through the steps that
look at one row at a time. For a step that looks at all rows only keys travel: the engine decides over them
which rows stay, and in which order. Rows are gathered when the next step has to look at them, or at the
end. The last job writes the result with the engine's own writer, so that it is, byte for byte, what one
machine makes.

What one machine refuses is refused in the same words: as soon as a job refuses something, the node is
carried out by one worker, which has the last word.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl

from recipedsl.data.engine import PROOFS, REJECTS
from recipedsl.data.look import FileFacts, look
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.data.reading.rejects import SHOWN, Reject, Rejects
from recipedsl.data.schema import schema_of
from recipedsl.data.sharding import jobs, reading
from recipedsl.data.sharding.facts import added, read_facts
from recipedsl.data.sharding.files import Piece, most_bytes, pieces_of, put_behind, together, why_whole
from recipedsl.data.sharding.keys import REACH, Keys, explicit, is_apart, is_near, stretches
from recipedsl.data.sharding.likeness import Likeness
from recipedsl.data.sharding.shards import Numbers, Rows, Shard, cut, shard_of, spans, total
from recipedsl.data.sharding.shards import schema_of as columns_of
from recipedsl.data.sharding.workers import Refused, Workers
from recipedsl.diagnostics import Bug, RecipeError
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
Steps = tuple[StepSpec, ...]

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
        todo = list(stretches(self._node.steps))
        facts, rows = self._read(todo)
        parts = {"": rows}
        for steps in todo:
            parts = self._through(steps, parts[""])
        if any(step["rows"] == 0 and "unshaped" in step for step in self._steps):
            raise _Alone  # refused there, with the reasons
        written = self._write(parts)
        counts = {part: each.facts["rows"][""] for part, each in written.items()}
        columns = next(iter(written.values())).facts["columns"]
        return {**facts, "steps": self._steps, "rows": counts, "columns": columns}

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

    def _read(self, todo: list[Steps]) -> tuple[dict[str, Any], Rows]:
        """Facts of reading, and the rows; steps that they went through on the way are taken off `todo`."""
        source = self._node.source
        match source:
            case ReadSource() if "://" not in source.path:
                return self._read_files(source, todo)
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

    def _cut(self, shards: Sequence[Shard]) -> list[Shard]:
        return cut(shards, self._workers.count)

    def _known(self, shards: list[Shard]) -> tuple[dict[str, Any], Rows]:
        return read_facts([], {}, rows=total(shards)), Rows(self._cut(shards))

    def _read_by_one(self) -> tuple[dict[str, Any], Rows]:
        (made,) = self._each(jobs.make, [self._make(self._bare(row={}))])
        if made.facts["widened"]:
            raise _Alone("a column's type changes in the middle of its files")
        if made.rejects.exists():
            made.rejects.replace(self._out / REJECTS)
        return made.facts, Rows(self._cut([made.shard]))

    def _read_files(self, source: ReadSource, todo: list[Steps]) -> tuple[dict[str, Any], Rows]:
        files = self._policy.named(source.path)
        most = most_bytes([each.stat().st_size for each in files.values()], self._workers.count)
        pieces = self._pieces(files, source.format, most)
        steps = todo[0] if todo and is_apart(todo[0][0]) and not _shapes_twice(todo[0]) else ()
        asked = self._readings(source, pieces, most, steps)
        read = self._each(reading.read, asked)
        if source.digest and self._digest(source.path) != source.digest:
            raise _Alone  # refused there: the files changed while they were read
        done = [each.carried for each in read if each.carried]
        if len(done) < len(read):
            raise _Alone(
                "a column's type changes in the middle of the files, and no types are declared in `read`"
            )
        told = [each for one in read for each in one.told]
        rejects = self._keep_rejects(told)
        rejects.check(sum(each.rows for each in told), self._node.max_rejects, source.path)
        if steps and self._differ(done):
            unread = [replace(each, stretch=self._stretch(())) for each in asked]
            done = [each.carried for each in self._each(reading.read, unread) if each.carried]
        elif steps:
            todo.pop(0)
            self._note(done)
        rows = Rows(self._cut([each.shard for each in done]))
        return read_facts(told, {"files": list(files)}, first=rejects.first), rows

    def _pieces(self, files: Mapping[str, Path], asked: str, most: int) -> list[Piece]:
        try:
            pieces = list(pieces_of(files, asked, most))
        except RecipeError:
            raise _Alone from None
        for each in pieces:
            why = why_whole(each, most)
            if why:
                self._tell(f"one worker reads all of `{each.name}`: {why}")
        return pieces

    def _readings(
        self, source: ReadSource, pieces: Sequence[Piece], most: int, steps: Steps
    ) -> list[reading.Read]:
        """Jobs that read pieces and take their rows through steps."""
        row = RowType.from_json(source.row) if source.row else self._looked(source)
        cache, stretch = self._policy.root.absolute() / PROOFS, self._stretch(steps)
        return [
            reading.Read(
                tuple(pieces[first:behind]), source.format, row, not source.row, cache, stretch, self._scratch
            )
            for first, behind in together([each.size for each in pieces], most)
        ]

    def _looked(self, source: ReadSource) -> RowType:
        seen = look(FileRows(source.path, source.format), self._policy.root, self._policy.granted)
        if seen.row is None:
            raise _Alone
        return seen.row

    def _digest(self, path: str) -> str:
        return FileFacts(self._policy.root, self._policy.granted).digest(path)

    def _keep_rejects(self, told: Sequence[reading.Told]) -> Rejects:
        """Puts the rows that were set aside into one file, in the order of the files that they are from."""
        rejects = Rejects(self._out / REJECTS)
        lines = 0
        for each in told:
            lines = lines if each.piece.first else 0
            if each.rejected:
                part = _moved(each, lines) if each.ends and each.piece.first else each.rejects
                put_behind(rejects.path, part)
            lines += each.ends
        rejects.count = sum(each.rejected for each in told)
        if rejects.count:
            with rejects.path.open(encoding="utf-8") as stream:
                rejects.first = [Reject(**json.loads(line)) for line in islice(stream, SHOWN)]
        return rejects

    def _mixed(self, source: MixSource | InterleaveSource) -> tuple[dict[str, Any], Rows]:
        distinct = list(dict.fromkeys(source.inputs))
        shards = [shard_of(self._file(each)) for each in distinct]
        sizes = tuple((each, shard.rows) for each, shard in zip(distinct, shards, strict=True))
        ((numbers, facts),) = self._each(jobs.mix, [jobs.Mix(self._bare(row={}), sizes, self._scratch)])
        names = [str(each) for each in source.inputs]
        row = self._common(names, [self._file(each) for each in source.inputs])
        pieces = [part for each in shards for part in self._cut([each])]
        return facts, Rows(self._fitted(pieces, row)).taken(numbers)

    def _even(self, names: Sequence[str], shards: Sequence[Shard]) -> list[Shard]:
        row = self._common(names, [each.path for each in shards])
        return self._fitted(self._cut(shards), row)

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

    def _through(self, steps: Steps, rows: Rows) -> dict[str, Rows]:
        """The rows behind steps that look at one row at a time, or behind one that looks at all."""
        (first, *_) = steps
        if is_apart(first):
            return {"": Rows(self._carried(steps, self._gathered({"": rows})[""]))}
        if first.keyword not in REACH:
            self._say_alone(first, "it needs all rows at once")
            return {"": Rows(self._carried_by_one(steps, self._gathered({"": rows})[""]))}
        return self._near(first, rows) if is_near(first) else self._decided(first, rows)

    def _carried(self, steps: Steps, shards: list[Shard]) -> list[Shard]:
        if _shapes_twice(steps):
            self._say_alone(steps[0], "rows are brought into shape more than once")
            return self._carried_by_one(steps, shards)
        stretch = self._stretch(steps)
        done = self._each(jobs.carry, [jobs.Carry((each,), stretch, self._scratch) for each in shards])
        if self._differ(done):
            self._say_alone(steps[0], "its columns depend on what all rows hold")
            return self._carried_by_one(steps, shards)
        self._note(done)
        return [each.shard for each in done]

    def _carried_by_one(self, steps: Steps, shards: list[Shard]) -> list[Shard]:
        job = jobs.Carry(tuple(shards), self._stretch(steps), self._scratch)
        done = self._each(jobs.carry, [job])
        self._note(done)
        return self._cut([done[0].shard])

    def _stretch(self, steps: Steps) -> jobs.Stretch:
        return jobs.Stretch(steps, len(self._steps), self._inputs)

    @staticmethod
    def _differ(done: Sequence[jobs.Carried]) -> bool:
        """Whether shards came out of the same steps with other columns."""
        return len({each.columns for each in done}) > 1

    def _note(self, done: Sequence[jobs.Carried]) -> None:
        """Adds the facts of steps, and what they wrote beside the rows, a line for each."""
        self._steps += added([each.steps for each in done])
        for file in [file for each in done for file in each.beside]:
            put_behind(self._out / file.name, file)

    def _say_alone(self, step: StepSpec, why: str) -> None:
        self._tell(f"one worker takes all rows of `{self._node.name}` through `{step.text}`: {why}")

    def _near(self, step: StepSpec, rows: Rows) -> dict[str, Rows]:
        """The rows without near duplicates."""
        schema = columns_of(rows.shards[0])
        likeness = Likeness(
            explicit(step, schema),
            self._keys(step, schema).columns,
            self._each,
            self._workers.count,
            self._scratch,
        )
        numbers, facts = likeness.found(rows)
        self._steps.append({"keyword": step.keyword, "text": step.text, "rows": len(numbers), **facts})
        return {"": rows.taken(numbers)}

    @staticmethod
    def _keys(step: StepSpec, schema: pl.Schema) -> Keys:
        keys = REACH[step.keyword](step, schema)
        if keys is None:
            raise Bug(f"`{step.keyword}` decides by the row alone")
        return keys

    def _decided(self, step: StepSpec, rows: Rows) -> dict[str, Rows]:
        """The rows that a step over all rows leaves, by part."""
        schema = columns_of(rows.shards[0])
        parts = self._node.parts if step is self._node.steps[-1] else ()
        step, keys = explicit(step, schema), self._keys(step, schema)
        asked = [
            jobs.Decide(folders, rows.count, rows.order is None, step, parts, self._scratch)
            for folders in self._extracted(keys, rows)
        ]
        decided = self._each(jobs.decide, asked)
        self._steps += added([[each.facts] for each in decided])
        return {part: rows.taken(numbers) for part, numbers in _joined(decided)}

    def _extracted(self, keys: Keys, rows: Rows) -> list[tuple[Path, ...]]:
        """For each worker that decides the folders of the keys that it decides by."""
        if not keys.columns:
            return [()]
        count = min(self._workers.count, _MOST_DECIDING) if keys.apart else 1
        columns = tuple(dict.fromkeys(keys.columns))
        asked = [
            jobs.Extract(shard, places, columns, keys.apart, count, self._scratch)
            for shard, places in rows.dealt()
        ]
        told = self._each(jobs.extract, asked)
        return [tuple(each[place] for each in told) for place in range(count)]

    # --- rows gathered ------------------------------------------------------------------------------

    def _gathered(self, parts: Mapping[str, Rows]) -> dict[str, list[Shard]]:
        """Shards of rows as they stand, by part; what is in another order goes to new places first."""
        mixed = {part: rows for part, rows in parts.items() if rows.order is not None}
        exchanged = self._exchanged(mixed) if mixed else {}
        return {part: exchanged.get(part) or list(rows.shards) for part, rows in parts.items()}

    def _exchanged(self, parts: Mapping[str, Rows]) -> dict[str, list[Shard]]:
        """Rows of the same shards, each part behind the other: sent by shard, collected by place."""
        orders = [rows.order for rows in parts.values() if rows.order is not None]
        dealt = list(Rows(next(iter(parts.values())).shards, np.concatenate(orders)).dealt())
        ends = np.cumsum([0, *map(len, orders)]).tolist()
        ranges = [spans(first, behind, self._workers.count) for first, behind in pairwise(ends)]
        count = sum(map(len, ranges))
        sent = self._each(jobs.send, [jobs.Send(*each, count, self._scratch) for each in dealt])
        files = [(path, places) for path, (_, places) in zip(sent, dealt, strict=True)]
        wanted = [jobs.Collect(_within(files, *span), self._scratch) for of in ranges for span in of]
        collected = iter(self._each(jobs.collect, wanted))
        return {part: list(islice(collected, len(of))) for part, of in zip(parts, ranges, strict=True)}

    # --- the result ---------------------------------------------------------------------------------

    def _write(self, parts: Mapping[str, Rows]) -> dict[str, jobs.Made]:
        """Writes each part with the engine's writer."""
        gathered = self._gathered(parts)
        unpicked = [each for shards in gathered.values() for each in shards if not each.is_file]
        picked = iter(self._each(jobs.pick, [jobs.Pick(each, self._scratch) for each in unpicked]))
        asked = [
            self._writing([each if each.is_file else next(picked) for each in shards])
            for shards in gathered.values()
        ]
        made = self._each(jobs.make, asked)
        for part, each in zip(parts, made, strict=True):
            (each.folder / jobs.ROWS).replace(self._out / f"{part or 'rows'}.parquet")
        return dict(zip(parts, made, strict=True))

    def _writing(self, shards: Sequence[Shard]) -> jobs.Make:
        folders = [each.path.parent for each in shards]
        return self._make(self._bare(source=jobs.together(len(folders))), jobs.named(folders))


def _shapes_twice(steps: Steps) -> bool:
    return sum(each.keyword == "as" for each in steps) > 1


def _moved(told: reading.Told, lines: int) -> Path:
    """The rows that a part of JSON Lines set aside, with their places in the file."""
    path = told.rejects.with_name("moved.jsonl")
    with told.rejects.open(encoding="utf-8") as stream, path.open("w", encoding="utf-8") as moved:
        for each in map(json.loads, stream):
            each["line"] += lines
            each["offset"] += told.piece.first
            moved.write(json.dumps(each) + "\n")
    return path


def _within(
    files: Sequence[tuple[Path, Numbers]], first: int, behind: int
) -> tuple[tuple[Path, int, int], ...]:
    """Of files in the order of the places of their rows, those rows of each that go to a range of places."""
    return tuple((path, *np.searchsorted(places, [first, behind]).tolist()) for path, places in files)


def _joined(decided: Sequence[jobs.Decided]) -> Iterator[tuple[str, Numbers]]:
    """By part the numbers that all have decided for; several keep the order of the rows."""
    for part in decided[0].numbers:
        found = [each.numbers[part] for each in decided]
        yield part, found[0] if len(found) == 1 else np.sort(np.concatenate(found))
