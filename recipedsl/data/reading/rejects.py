"""Rows set aside while reading: where they stand, why, and their text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path

from recipedsl.data.problems import mistake
from recipedsl.diagnostics import RecipeError
from recipedsl.diagnostics.codes.data_run import TooManyRejects

LONGEST = 2000  # characters of a rejected row that are kept
LONGEST_REASON = 300  # and of why; names of columns stand in it
SHOWN = 3  # rejected rows that a message shows


@dataclass(frozen=True, slots=True)
class Reject:
    """A row set aside.

    Attributes:
        file: relative to the root.
        line: counted from 1; 0 where the format has none (Parquet).
        offset: bytes before it in the decompressed file, -1 where the format has none.
        reason: in words, cut to 300 characters.
        raw: its text, cut to 2,000 characters.
    """

    file: str
    line: int
    offset: int
    reason: str
    raw: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.reason}"


@dataclass
class Rejects:
    """Writes rejected rows to a file as they come and keeps the first few."""

    path: Path
    count: int = 0
    first: list[Reject] = field(default_factory=list)

    def add(self, found: Iterable[Reject]) -> None:
        """Set rows aside, one after the other; without any, no file is made."""
        coming = iter(found)
        first = next(coming, None)
        if first is None:
            return
        with self.path.open("a", encoding="utf-8") as stream:
            for each in chain([first], coming):
                stream.write(json.dumps(asdict(each)) + "\n")
                self.count += 1
                if len(self.first) < SHOWN:
                    self.first.append(each)

    def check(self, rows: int, most: float, what: str) -> None:
        """Raises RecipeError when more than the share `most` of all rows had to be set aside."""
        total = rows + self.count
        if self.count and self.count > most * total:
            raise self._too_many(total, most, what)

    def _too_many(self, total: int, most: float, what: str) -> RecipeError:
        share = self.count / total
        return mistake(
            TooManyRejects,
            f"{self.count} of {total} rows of `{what}` had to be set aside ({share:.1%}), "
            f"allowed are {most:.1%}",
            *(str(each) for each in self.first),
            helps="mend the file, declare the type that the rows have, or raise `max_rejects` in `run`",
        )
