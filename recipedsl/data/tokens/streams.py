"""Token rows on disk: an Arrow stream, which every process opens as a memory map, written batch by batch.

Rows that are packed wait in two plain files until all lengths are known; then the sequences are
gathered from them. So memory holds a batch, and a few bytes for every row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
from numpy.typing import NDArray

from recipedsl.data.tokens.packing import pack
from recipedsl.data.tokens.ragged import Ragged, as_array, as_pieces, gathered

#: The file of a tokens node's rows.
FILE = "tokens.arrow"
#: Label of a token that is not trained on.
IGNORED = -100
#: Tokens of packed sequences that are gathered at once.
_GATHERED = 4_000_000


class Stream:
    """Rows written one batch after another; the first batch says which columns there are."""

    def __init__(self, path: Path) -> None:
        """Open a file that is not there yet."""
        self._file = arrow.OSFile(str(path), "wb")
        self._writer: Any = None
        self.rows = 0

    def write(self, columns: Mapping[str, Any]) -> None:
        """Write arrays of equal length by column, of Arrow or of numbers; nothing for no rows."""
        arrays = [as_array(each) if isinstance(each, np.ndarray) else each for each in columns.values()]
        batch = arrow.RecordBatch.from_arrays(arrays, names=list(columns))
        if not batch.num_rows:
            return
        if self._writer is None:
            self._writer = arrow.ipc.new_stream(self._file, batch.schema)
        self._writer.write_batch(batch)
        self.rows += batch.num_rows

    def close(self) -> None:
        """End the stream."""
        if self._writer is not None and not self._file.closed:
            self._writer.close()
        self._file.close()


def labels_of(ids: NDArray[np.int32], labelled: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The id where labelled, `IGNORED` elsewhere."""
    return np.where(labelled, ids, np.int32(IGNORED))


def sequence_columns(ids: Ragged, labelled: NDArray[np.bool_], numbers: NDArray[np.int64]) -> dict[str, Any]:
    """Columns of rows that are not packed."""
    return {
        "input_ids": ids.as_arrow(),
        "labels": Ragged(labels_of(ids.values, labelled), ids.ends).as_arrow(),
        "seq_lengths": Ragged.of(ids.lengths.astype(np.int32), np.ones(len(ids), np.int64)).as_arrow(),
        "row": numbers,
    }


class Waiting:
    """Rows that are to be packed, kept in files beside the result until all are there."""

    def __init__(self, folder: Path) -> None:
        """Begin with none."""
        self._paths = (folder / "ids.part", folder / "labelled.part")
        self._files = [path.open("wb") for path in self._paths]
        self._lengths: list[NDArray[np.int64]] = []
        self._numbers: list[NDArray[np.int64]] = []

    def add(self, ids: Ragged, labelled: NDArray[np.bool_], numbers: NDArray[np.int64]) -> None:
        """Keep rows: their ids, which of them bear labels, their numbers."""
        self._files[0].write(np.ascontiguousarray(ids.values, np.int32).data)
        self._files[1].write(np.ascontiguousarray(labelled).data)
        self._lengths.append(ids.lengths)
        self._numbers.append(numbers)

    def sequences(self, limit: int) -> Iterator[dict[str, Any]]:
        """Columns of packed sequences, some at a time; `limit` in tokens, 0 for the longest row's."""
        for file in self._files:
            file.close()
        lengths, numbers = np.concatenate(self._lengths), np.concatenate(self._numbers)
        bins = pack(lengths, limit or int(lengths.max()))
        ends = np.concatenate([[0], np.cumsum(lengths)])
        parts = [
            as_pieces(np.asarray(np.memmap(path, form, "r")), ends)
            for path, form in zip(self._paths, (np.int32, np.bool_), strict=True)
        ]
        packed = Ragged(lengths[bins.values], bins.ends).sums()
        cuts = np.searchsorted(np.cumsum(packed), np.arange(0, packed.sum(), _GATHERED))
        for start, end in zip(cuts, [*cuts[1:], len(bins)], strict=True):
            chosen = bins.between(int(start), int(end))
            yield _packed(parts, lengths, numbers, chosen)

    def close(self) -> None:
        """Remove the files."""
        for file, path in zip(self._files, self._paths, strict=True):
            file.close()
            path.unlink(missing_ok=True)


def _packed(
    parts: Sequence[Any], of_rows: NDArray[np.int64], numbers: NDArray[np.int64], bins: Ragged
) -> dict[str, Any]:
    """Columns of sequences: `parts` are ids and which bear labels, in pieces by row."""
    rows = bins.values
    lengths = Ragged(of_rows[rows], bins.ends)
    ids, labelled = (
        gathered(part, rows, form) for part, form in zip(parts, (np.int32, np.bool_), strict=True)
    )
    sequences = Ragged.of(ids, lengths.sums())
    labels = labels_of(ids, labelled)
    return {
        "input_ids": sequences.as_arrow(),
        "labels": Ragged(labels, sequences.ends).as_arrow(),
        "seq_lengths": Ragged(lengths.values.astype(np.int32), bins.ends).as_arrow(),
        "row": Ragged(numbers[rows], bins.ends).as_arrow(),
    }
