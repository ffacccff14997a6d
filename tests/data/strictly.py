"""Files read record by record in Python: what every quicker way is held against."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl

from recipedsl.data.reading.batches import batches
from recipedsl.data.reading.columns import to_frame
from recipedsl.data.reading.files import Form
from recipedsl.data.reading.parquet import fitted
from recipedsl.data.reading.reader import Reading
from recipedsl.data.reading.records import records
from recipedsl.data.reading.rejects import Rejects
from recipedsl.data.reading.strict import Strict
from recipedsl.language.types import RowType


def read_strictly(
    name: str, file: Path, form: Form, row: RowType, rejects: Rejects, *, looked: bool
) -> Reading:
    """The rows of a text file, all of them in memory."""
    strict = Strict(name, form, row, looked=looked)
    frames = [to_frame([], row), *batches(records(file, form, name), strict)]
    rejects.add(strict.take_bad())
    whole = pl.concat(fitted(each.lazy(), strict.row) for each in frames)
    rows = sum(each.height for each in frames)
    return Reading(whole, rows, strict.row, Counter(strict.check.unseen))
