"""Opens the rows of a tokens node: an Arrow stream that `recipedsl.data.tokens` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as arrow


def open_tokens(path: Path, columns: tuple[str, ...] = ()) -> Any:
    """The rows as an Arrow table over a memory map.

    Args:
        path: `tokens.arrow`.
        columns: which; all when empty.
    """
    with arrow.memory_map(str(path)) as source, arrow.ipc.open_stream(source) as stream:
        table = stream.read_all()
    return table.select(list(columns)) if columns else table
