"""Facts about files for planning: a bounded look at their rows, and what they hash to.

Nothing here imports Polars except to look at Parquet: `check` must start at once.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipedsl.data.reading.bounded import Enough
from recipedsl.data.reading.files import Form, ReadPolicy, form_of
from recipedsl.data.reading.hub import dataset_files
from recipedsl.data.reading.inference import file_fields, finished, merged_fields, row_fields
from recipedsl.data.reading.records import Record, records
from recipedsl.data.reading.witnesses import Witnesses
from recipedsl.diagnostics import RecipeError, nearest
from recipedsl.diagnostics.codes.data_run import DatasetNotAtHand
from recipedsl.language.types import Field, RowType
from recipedsl.plan.facts import Device, FileRows, HubRows, Look, Missing, ModelFacts
from recipedsl.source.paths import below, file_below, folder_below

if TYPE_CHECKING:
    from recipedsl.plan.model import ModelSource

ROWS = 200  # rows looked at in a file
BYTES = 1 << 20  # or this much of it, whichever ends first
MOST = 1 << 23  # bytes within which a row has to end; a file of few bytes may hold endless ones
FILES = 8  # files of a glob that are looked at
_HINT = "rows are objects, one a line or in an array `[…]`, or lines of a table; `format` tells which"
_VERSION = 4  # of the cache
_SETTLED = 2_000_000_000  # ns after which a file's time stamp tells a change
_SMALL = 1 << 22  # bytes of a text that `read_text` reads at most

# --- looks --------------------------------------------------------------------------------------


@dataclass
class _Seen:
    """What the files looked at so far showed."""

    fields: tuple[Field, ...] | None = None
    rows: int = 0
    complete: bool = True
    problem: str = ""
    broken: int = 0
    first_broken: str = ""
    witnesses: Witnesses = field(default_factory=Witnesses)

    def add(self, fields: tuple[Field, ...]) -> None:
        self.fields = fields if self.fields is None else merged_fields(self.fields, fields)

    def row(self) -> RowType | None:
        if not self.fields:
            return None
        return RowType(tuple(Field(each.name, finished(each.type)) for each in self.fields))


def look(
    source: FileRows | HubRows, root: Path, granted: tuple[Path, ...] = (), *, fetch: bool = False
) -> Look:
    """A bounded look at a source; never raises for what is wrong with it.

    Args:
        source: of rows.
        root: of the project.
        granted: folders outside it that may be read.
        fetch: whether a dataset of the hub may be fetched; a check never does that.
    """
    policy = ReadPolicy(root, granted)
    try:
        if isinstance(source, HubRows):
            files, asked = dataset_files(source, fetch=fetch), ""
        else:
            files, asked = policy.named(source.path), source.format
        seen = _Seen(complete=len(files) <= FILES)
        for name, file in islice(files.items(), FILES):
            _look_into(name, file, asked, seen)
    except RecipeError as error:
        first = error.diagnostics[0]
        hint = first.helps[0].text if first.helps else ""
        absent = first.kind is DatasetNotAtHand and not fetch
        return Look(None, problem=": ".join((first.message, *first.notes)), hint=hint, absent=absent)
    row = seen.row()
    if row is None:
        hint = _HINT if seen.problem else ""
        return Look(None, tuple(files), problem=seen.problem or f"`{_named(source)}` has no rows", hint=hint)
    return Look(
        row,
        tuple(files),
        seen.complete,
        seen.rows,
        broken=seen.broken,
        first_broken=seen.first_broken,
        texts=seen.witnesses.texts,
        nulls=seen.witnesses.nulls,
    )


def _named(source: FileRows | HubRows) -> str:
    return source.path if isinstance(source, FileRows) else source.name


def _look_into(name: str, file: Path, asked: str, seen: _Seen) -> None:
    form = form_of(file, asked, name)
    if form == "parquet":
        return _look_into_parquet(name, file, seen)
    here = _Seen()
    try:
        for record in _first(records(file, form, name, MOST), seen):
            _look_at(record, name, form, here, seen)
    except Enough:
        seen.complete = False
        seen.problem = seen.problem or f"`{name}` has no row within its first {MOST >> 20} MiB"
    if here.fields is not None:
        seen.add(file_fields(here.fields, form))
    return None


def _look_at(record: Record, name: str, form: Form, here: _Seen, seen: _Seen) -> None:
    if record.problem or not isinstance(record.value, dict):
        problem = record.problem or "a row must be an object"
        seen.broken += 1
        seen.first_broken = seen.first_broken or f"line {record.line} of `{name}`: {problem}"
        seen.problem = seen.problem or f"`{name}` has no rows that can be read: line {record.line}, {problem}"
    else:
        seen.rows += 1
        here.add(row_fields(record.value, form))
        seen.witnesses.add(record.value, f"line {record.line} of `{name}`")


def _first(found: Iterable[Record], seen: _Seen) -> Iterator[Record]:
    """The first records of a file; notes when there are more."""
    for number, record in enumerate(found):
        if number >= ROWS or record.offset >= BYTES:
            seen.complete = False
            return
        yield record


def _look_into_parquet(name: str, file: Path, seen: _Seen) -> None:
    from recipedsl.data.look_parquet import look_into

    fields, rows, complete = look_into(name, file, ROWS, seen.witnesses)
    seen.add(fields)
    seen.rows += rows
    seen.complete = seen.complete and complete


# --- the facts ----------------------------------------------------------------------------------


class FileFacts:
    """Facts about the files of a project, remembered under `.recipedsl/cache` while files do not change."""

    def __init__(self, root: Path, granted: tuple[Path, ...] = (), *, fetch: bool = False) -> None:
        self._fetch = fetch
        self._root = root.resolve()
        self._granted = granted
        self._policy = ReadPolicy(self._root, granted)
        self._cache = self._root / ".recipedsl" / "cache"

    def look(self, source: FileRows | HubRows) -> Look:
        """A bounded look at a source."""
        state = self._state(source.path) if isinstance(source, FileRows) else None
        if state is None:
            return look(source, self._root, self._granted, fetch=self._fetch)
        asked = source.format if isinstance(source, FileRows) else ""
        kept = self._cache / "looks" / f"{_key('look', asked, *state)}.json"
        found = _read_json(kept)
        if found is not None:
            return _look_from_json(found)
        fresh = look(source, self._root, self._granted)
        if _is_settled(state):
            _write_json(kept, _look_to_json(fresh))
        return fresh

    def digest(self, path: str) -> str:
        """SHA-256 of a file; of several the SHA-256 of their names and hashes; empty when there are none."""
        try:
            files = self._policy.files(path)
        except RecipeError:
            return ""
        if len(files) == 1:
            return self._file_digest(files[0])
        lines = [f"{self._policy.relative(each)}\0{self._file_digest(each)}\n" for each in files]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def _file_digest(self, file: Path) -> str:
        state = self._file_state(file)
        kept = self._cache / "digests" / f"{_key('digest', *state)}.json"
        found = _read_json(kept)
        if found is not None:
            return str(found["digest"])
        with file.open("rb") as stream:
            fresh = hashlib.file_digest(stream, "sha256").hexdigest()
        # Changed meanwhile: what was hashed is not what is there now, so nothing is remembered.
        if state == self._file_state(file) and _is_settled([state]):
            _write_json(kept, {"digest": fresh})
        return fresh

    def model(self, source: ModelSource) -> ModelFacts:  # noqa: ARG002 - the protocol's signature
        """Models are not this one's business."""
        return ModelFacts(problem="not looked at")

    def device(self) -> Device:
        """Nor is the machine."""
        return Device()

    def read_text(self, path: str) -> str | None:
        """Text of a small file inside the project; None when it cannot be read."""
        with suppress(RecipeError, OSError, UnicodeDecodeError):
            file = self._policy.files(path)[0]
            return file.read_text(encoding="utf-8") if file.stat().st_size <= _SMALL else None
        return None

    def missing(self, path: str, *, folder: bool = False) -> Missing | None:
        """Why a file or folder is none that can be used; None when it is there."""
        # Refused before the disk is asked, which would tell what exists outside.
        if below(self._root, path) is None:
            return Missing(f"`{path}` lies outside the project", outside=True)
        if (folder_below if folder else file_below)(self._root, path) is not None:
            return None
        return Missing(f"there is no {'folder' if folder else 'file'} `{path}`", self._similar(path, folder))

    def _similar(self, path: str, folder: bool) -> str:
        """What may have been meant by a path that leads nowhere."""
        parent, _, name = path.rstrip("/").rpartition("/")
        place = folder_below(self._root, parent or ".")
        if place is None:
            return f"there is no folder `{parent}` either"
        close = nearest(name, [each.name for each in place.iterdir() if each.is_dir() is folder])
        return f"there is `{parent + '/' if parent else ''}{close}`" if close else ""

    def _state(self, path: str) -> list[tuple[str, int, int]] | None:
        """What would change if the files did; None when they cannot be listed."""
        try:
            return [self._file_state(each) for each in self._policy.files(path)]
        except RecipeError:
            return None

    def _file_state(self, file: Path) -> tuple[str, int, int]:
        state = file.stat()
        return (self._policy.relative(file), state.st_size, state.st_mtime_ns)


def _is_settled(state: list[tuple[str, int, int]]) -> bool:
    """Whether no file is so fresh that a second change could leave its time stamp as it is."""
    now = time.time_ns()
    return all(now - changed > _SETTLED for _, _, changed in state)


def _key(*parts: object) -> str:
    return hashlib.sha256(repr((_VERSION, *parts)).encode()).hexdigest()


def _read_json(path: Path) -> dict[str, Any] | None:
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else None
    return None


def _write_json(path: Path, form: dict[str, Any]) -> None:
    """Beside and renamed, so that nobody reads half a file; a cache that cannot be written is none."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{time.time_ns()}")
        fresh.write_text(json.dumps(form), encoding="utf-8")
        fresh.replace(path)


def _look_to_json(found: Look) -> dict[str, Any]:
    row = found.row.to_json() if found.row else None
    return {**asdict(replace(found, row=None)), "row": row}


def _look_from_json(form: dict[str, Any]) -> Look:
    row = RowType.from_json(form["row"]) if form["row"] is not None else None
    return Look(**{**form, "row": row, "files": tuple(form["files"])})
