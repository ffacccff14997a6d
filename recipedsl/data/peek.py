"""What the first rows of a source hold, column by column: for somebody who writes a recipe.

Polars is imported for Parquet only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from recipedsl.data.look import BYTES, FILES, MOST, ROWS
from recipedsl.data.reading.bounded import Enough
from recipedsl.data.reading.files import ReadPolicy, form_of
from recipedsl.data.reading.hub import cache_root, dataset_files
from recipedsl.data.reading.records import records
from recipedsl.data.reading.remote import Fetching
from recipedsl.diagnostics import RecipeError
from recipedsl.language.names import is_repository
from recipedsl.plan.facts import ColumnSeen, FileRows, HubRows
from recipedsl.source.paths import folder_below

#: Values of a column that are kept, and characters of each.
_VALUES, _LONGEST = 3, 200


_COMMIT = re.compile(r"[0-9a-f]{40}")

#: Names of a folder that are listed.
_NAMES = 1_000


@dataclass(frozen=True)
class FilesAround:
    """The files of a project as somebody sees them who writes a recipe."""

    root: Path

    def peek(self, source: FileRows | HubRows) -> dict[str, ColumnSeen]:
        """The columns of the first rows of a source, by name."""
        return peek(source, self.root)

    def files_in(self, folder: str) -> tuple[tuple[str, bool], ...]:
        """Names in a folder, and whether each is a folder; nothing outside the project, nothing hidden."""
        place = folder_below(self.root, folder)
        if place is None:
            return ()
        with suppress(OSError):
            found = [(each.name, each.is_dir()) for each in islice(place.iterdir(), _NAMES)]
            return tuple(sorted(each for each in found if not each[0].startswith(".")))
        return ()

    def commit(self, kind: str, name: str, revision: str) -> str:
        """The commit of a repository in the hub's local cache, by branch or tag; empty for none."""
        if not is_repository(name, revision):
            return ""
        repository = cache_root() / f"{kind}--{name.replace('/', '--')}"
        with suppress(OSError, UnicodeDecodeError):
            found = (repository / "refs" / (revision or "main")).read_text().strip()
            if _COMMIT.fullmatch(found) and (repository / "snapshots" / found).is_dir():
                return found
        return ""


def peek(source: FileRows | HubRows, root: Path) -> dict[str, ColumnSeen]:
    """The columns of the first rows of a source, by name; nothing where it cannot be read.

    Args:
        source: of rows; nothing is fetched.
        root: of the project.
    """
    columns: dict[str, _Column] = {}
    count = 0
    with suppress(RecipeError, OSError):
        for value in islice(_rows(source, root), ROWS):
            count += 1
            for name, each in value.items():
                columns.setdefault(name, _Column()).add(each)
    return {
        name: ColumnSeen(count, count - column.filled, tuple(column.values))
        for name, column in columns.items()
    }


class _Column:
    """What was seen of one column."""

    def __init__(self) -> None:
        self.filled = 0
        self.values: dict[str, None] = {}

    def add(self, value: Any) -> None:
        if value is None:
            return
        self.filled += 1
        if len(self.values) < _VALUES:
            self.values.setdefault(_text(value))


def _text(value: Any) -> str:
    """A value in one line, cut; texts without quotes."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _rows(source: FileRows | HubRows, root: Path) -> Iterator[dict[str, Any]]:
    asked = source.format if isinstance(source, FileRows) else ""
    for name, file in islice(_files(source, root).items(), FILES):
        form = form_of(file, asked, name)
        if form == "parquet":
            yield from _parquet_rows(file)
            continue
        with suppress(Enough):
            for record in records(file, form, name, MOST):
                if record.offset >= BYTES:
                    break
                if isinstance(record.value, dict):
                    yield record.value


def _files(source: FileRows | HubRows, root: Path) -> dict[str, Path]:
    if isinstance(source, FileRows):
        return ReadPolicy(root).found(source.path, Fetching.NEVER).files
    return dataset_files(source, fetch=False)


def _parquet_rows(file: Path) -> Iterable[dict[str, Any]]:
    import polars as pl

    try:
        return pl.scan_parquet(file, glob=False).head(ROWS).collect().iter_rows(named=True)
    except pl.exceptions.PolarsError:
        return ()
