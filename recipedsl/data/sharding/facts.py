"""Facts of the shards of a node put together: counts add up, examples are the first ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from recipedsl.data.flow import EXAMPLES
from recipedsl.data.reading.rejects import Reject
from recipedsl.data.sharding.reading import Told


def read_facts(
    told: Sequence[Told], more: Mapping[str, Any], rows: int = 0, first: Sequence[Reject] = ()
) -> dict[str, Any]:
    """Facts of reading all files from what reading each told; `rows` where no file was read."""
    unseen: Counter[str] = sum((each.unseen for each in told), Counter())
    return {
        "rows_in": rows + sum(each.rows for each in told),
        "rejects": sum(each.rejected for each in told),
        "rejected": [str(each) for each in first],
        "unseen_columns": dict(sorted(unseen.items())),
        "widened": {},
        "files": [],
        **more,
    }


def added(found: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Facts of the same steps over several shards, as over all their rows."""
    return [_step(same) for same in zip(*found, strict=True)]


def _step(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if len(found) == 1:
        return found[0]
    made: dict[str, Any] = _sum(found)
    if "unshaped" in made:
        made["unshaped"] = dict(sorted(made["unshaped"].items(), key=lambda each: (-each[1], each[0])))
    return made


def _sum(found: Sequence[Any]) -> Any:
    """Numbers add up, records by key, examples stand one behind another, words are the same everywhere."""
    first = found[0]
    if isinstance(first, dict):
        names = dict.fromkeys(name for each in found for name in each)
        return {name: _sum([each[name] for each in found if name in each]) for name in names}
    if isinstance(first, list):
        return [item for each in found for item in each][:EXAMPLES]
    return sum(found) if isinstance(first, int) else first
