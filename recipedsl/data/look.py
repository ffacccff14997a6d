"""Facts about files for planning: a bounded look at their rows, and what they hash to.

Nothing here imports Polars except to look at Parquet: `check` must start at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipedsl.data.problems import mistake, reason_of
from recipedsl.data.reading.bounded import Enough
from recipedsl.data.reading.files import Form, ReadPolicy, form_of
from recipedsl.data.reading.hub import dataset_files
from recipedsl.data.reading.inference import breadth, file_fields, finished, merged_fields, row_fields
from recipedsl.data.reading.records import Record, records
from recipedsl.data.reading.remote import Fetching, Found
from recipedsl.data.reading.states import are_settled, state_of
from recipedsl.data.reading.whole import remember, remembered
from recipedsl.data.reading.witnesses import Witnesses
from recipedsl.diagnostics import RecipeError, nearest
from recipedsl.diagnostics.codes.data_remote import AddressNotAtHand
from recipedsl.diagnostics.codes.data_run import DatasetNotAtHand, UnreadableFile
from recipedsl.language.types import Field, RowType
from recipedsl.plan.facts import Device, FileRows, HubRows, Look, Missing, ModelFacts
from recipedsl.source.paths import below, file_below, folder_below

if TYPE_CHECKING:
    from recipedsl.plan.model import ModelSource

ROWS = 200  # rows looked at in a file
BYTES = 1 << 20  # or this much of it, whichever ends first
MOST = 1 << 23  # bytes within which a row has to end; a file of few bytes may hold endless ones
COLUMNS = 1_000  # and parts of columns that rows may have; data has some dozens
FILES = 8  # files of a glob that are looked at
_HINT = "rows are objects, one a line or in an array `[…]`, or lines of a table; `format` tells which"
_VERSION = 7  # of the cache
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
    unread: dict[str, str] = field(default_factory=dict)

    def add(self, fields: tuple[Field, ...]) -> None:
        self.fields = fields if self.fields is None else merged_fields(self.fields, fields)

    def row(self) -> RowType | None:
        if not self.fields:
            return None
        return RowType(tuple(Field(each.name, finished(each.type)) for each in self.fields))


def look(
    source: FileRows | HubRows,
    root: Path,
    granted: tuple[Path, ...] = (),
    fetching: Fetching = Fetching.NEVER,
) -> Look:
    """A bounded look at a source; never raises for what is wrong with it.

    Args:
        source: of rows.
        root: of the project.
        granted: folders outside it that may be read.
        fetching: whether rows that lie elsewhere may be fetched; a check never does that.
    """
    try:
        return _look_at_files(source, _found(source, ReadPolicy(root, granted), fetching))
    except RecipeError as error:
        return _unseen(error, fetching)


def _found(source: FileRows | HubRows, policy: ReadPolicy, fetching: Fetching) -> Found:
    if isinstance(source, FileRows):
        return policy.found(source.path, fetching)
    return Found(dataset_files(source, fetch=fetching is not Fetching.NEVER))


def _unseen(error: RecipeError, fetching: Fetching) -> Look:
    first = error.diagnostics[0]
    hint = first.helps[0].text if first.helps else ""
    absent = first.kind in (DatasetNotAtHand, AddressNotAtHand) and fetching is Fetching.NEVER
    return Look(None, problem=": ".join((first.message, *first.notes)), hint=hint, absent=absent)


def _look_at_files(source: FileRows | HubRows, found: Found) -> Look:
    files, asked = found.files, source.format if isinstance(source, FileRows) else ""
    seen = _Seen(complete=len(files) <= FILES)
    for name, file in islice(files.items(), FILES):
        _look_into(name, file, asked, seen)
    told = replace(_told(source, tuple(files), seen), changed=found.changed, stale=found.stale)
    return replace(told, unread=seen.unread)


def _told(source: FileRows | HubRows, files: tuple[str, ...], seen: _Seen) -> Look:
    row = seen.row()
    if row is None:
        hint = _HINT if seen.problem else ""
        return Look(None, files, problem=seen.problem or f"`{_named(source)}` has no rows", hint=hint)
    return Look(
        row,
        files,
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
        _check_breadth(name, seen.fields or ())
    return None


def _check_breadth(name: str, fields: tuple[Field, ...]) -> None:
    """Raises RecipeError when keys of rows are too many to be names of columns."""
    if breadth(fields) > COLUMNS:
        words = f"`{name}` has more than {COLUMNS:,} columns and parts of columns"
        helps = "keys that are data, not names, belong into one column: a list, or a text"
        raise mistake(UnreadableFile, words, helps=helps)


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

    fields, rows, complete = look_into(name, file, ROWS, seen.witnesses, seen.unread)
    seen.add(fields)
    seen.rows += rows
    seen.complete = seen.complete and complete


# --- the facts ----------------------------------------------------------------------------------


class FileFacts:
    """Facts about the files of a project, remembered under `.recipedsl/cache` while files do not change."""

    def __init__(
        self, root: Path, granted: tuple[Path, ...] = (), fetching: Fetching = Fetching.NEVER
    ) -> None:
        """`fetching`: whether rows that lie elsewhere, of the hub or behind an address, may be fetched."""
        self._fetching = fetching
        self._root = root.resolve()
        self._granted = granted
        self._policy = ReadPolicy(self._root, granted)
        self._cache = self._root / ".recipedsl" / "cache"

    def look(self, source: FileRows | HubRows) -> Look:
        """A bounded look at a source."""
        if isinstance(source, HubRows):
            return look(source, self._root, self._granted, self._fetching)
        try:
            found = self._policy.found(source.path, self._fetching)
            told = self._remembered(source, found)
        except (RecipeError, OSError) as error:
            problem = error if isinstance(error, RecipeError) else mistake(UnreadableFile, reason_of(error))
            return _unseen(problem, self._fetching)
        return replace(told, changed=found.changed, stale=found.stale)

    def _remembered(self, source: FileRows, found: Found) -> Look:
        states = [state_of(file, name) for name, file in found.files.items()]
        kept = self._cache / "looks" / f"{_key('look', source.format, *states)}.json"
        known = remembered(kept)
        if known is not None:
            return _look_from_json(known)
        fresh = look(source, self._root, self._granted)
        if are_settled(states):
            remember(kept, json.dumps(_look_to_json(fresh)))
        return fresh

    def digest(self, path: str) -> str:
        """SHA-256 of a file; of several the SHA-256 of their names and hashes; empty when there are none.

        What is not at hand of an address is fetched where that is allowed, and nothing newer: a digest is
        asked for to know whether what is here is what was planned.
        """
        missing = Fetching.NEVER if self._fetching is Fetching.NEVER else Fetching.MISSING
        try:
            files = self._policy.found(path, missing).files
        except RecipeError:
            return ""
        if len(files) == 1:
            return self._file_digest(*files.values())
        lines = [f"{name}\0{self._file_digest(each)}\n" for name, each in files.items()]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def _file_digest(self, file: Path) -> str:
        state = state_of(file, self._policy.relative(file))
        kept = self._cache / "digests" / f"{_key('digest', state)}.json"
        found = remembered(kept)
        if found is not None:
            return str(found["digest"])
        with file.open("rb") as stream:
            fresh = hashlib.file_digest(stream, "sha256").hexdigest()
        # Changed meanwhile: what was hashed is not what is there now, so nothing is remembered.
        if state == state_of(file, state.name) and are_settled([state]):
            remember(kept, json.dumps({"digest": fresh}))
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


def _key(*parts: object) -> str:
    return hashlib.sha256(repr((_VERSION, *parts)).encode()).hexdigest()


def _look_to_json(found: Look) -> dict[str, Any]:
    row = found.row.to_json() if found.row else None
    return {**asdict(replace(found, row=None)), "row": row}


def _look_from_json(form: dict[str, Any]) -> Look:
    row = RowType.from_json(form["row"]) if form["row"] is not None else None
    lists = {"files": tuple(form["files"]), "changed": ()}
    return Look(**{**form, "row": row, **lists})
