"""Groups rows by the values of a column."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

#: Most slices of one column; a table with more helps nobody.
MOST = 50
#: Where rows without a value go, and those of values beyond the most frequent ones.
NONE, OTHERS = "none", "(others)"


def slice_rows(rows: Iterable[int], column: Mapping[int, Any]) -> dict[str, list[int]]:
    """Rows by the value that they have in a column, values in order.

    Args:
        rows: numbers of the rows.
        column: value by number of the row.
    """
    names = {row: name_of(column[row]) for row in rows}
    counts = Counter(names.values())
    kept = sorted(counts, key=lambda name: (-counts[name], name))[:MOST]
    groups: dict[str, list[int]] = {name: [] for name in sorted(kept)}
    for row, name in names.items():
        groups.setdefault(name if name in kept else OTHERS, []).append(row)
    return groups


def name_of(value: Any) -> str:
    """How a value is called: texts as they are, other things as JSON writes them."""
    if value is None:
        return NONE
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
