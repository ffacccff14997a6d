"""How long a packing takes, beside TRL's best-fit-decreasing: as it calls it, and over all rows at once.

    python benchmarks/data/packing.py [--rows 1000000] [--runs 3] [--limits 1024 2048 8192] [--json]

Lengths are log-normal with a mean of some 249 tokens, cut at the limit. TRL's algorithm (`_pack_bfd` of
trl 1.16.0, its own code) moves the tokens too, so its rows hold none: their lists are all one shared array's
slices, and `pack` is given lengths alone; what is compared is where each row goes. `as called` is a thousand
rows at a time, as `pack_dataset` maps it. Ours may never have more sequences than TRL's over all rows; this
is checked. Medians of interleaved runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as arrow
from numpy.typing import NDArray
from trl.data_utils import _pack_bfd

from recipedsl.data.tokens.packing import pack

Lengths = NDArray[np.int64]


def ours(lengths: Lengths, limit: int) -> int:
    """Number of sequences."""
    return len(pack(lengths, limit))


def trl_at_once(lengths: Lengths, limit: int) -> int:
    """Number of sequences of TRL's algorithm over all rows."""
    return _pack_bfd(_table(lengths), limit).num_rows


def trl_as_called(lengths: Lengths, limit: int) -> int:
    """Number of sequences of TRL's algorithm, a thousand rows at a time."""
    table = _table(lengths)
    parts = range(0, table.num_rows, 1000)
    return sum(_pack_bfd(table.slice(start, 1000), limit).num_rows for start in parts)


def _table(lengths: Lengths) -> arrow.Table:
    """Rows of these lengths, of one byte a token."""
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    values = arrow.array(np.zeros(offsets[-1], np.int8))
    return arrow.table({"input_ids": arrow.LargeListArray.from_arrays(arrow.array(offsets), values)})


WAYS: dict[str, Callable[[Lengths, int], int]] = {
    "ours": ours,
    "trl as called": trl_as_called,
    "trl at once": trl_at_once,
}


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limits", type=int, nargs="+", default=[1024, 2048, 8192])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    drawn = np.random.default_rng(7).lognormal(5.27, 0.7, options.rows).astype(np.int64)
    found = [measured(np.clip(drawn, 8, limit), limit, options.runs) for limit in options.limits]
    print(json.dumps(found) if options.json else table(found, options.rows))


def measured(lengths: Lengths, limit: int, runs: int) -> dict[str, Any]:
    """Seconds and processor seconds of each way in turns, and its sequences. Exits when ours has more."""
    seconds: dict[str, list[float]] = {name: [] for name in WAYS}
    processor: dict[str, list[float]] = {name: [] for name in WAYS}
    sequences: dict[str, int] = {}
    for _ in range(runs):
        for name, way in WAYS.items():
            start, before = time.perf_counter(), time.process_time()
            sequences[name] = way(lengths, limit)
            seconds[name].append(time.perf_counter() - start)
            processor[name].append(time.process_time() - before)
    if sequences["ours"] > sequences["trl at once"]:
        sys.exit(f"{sequences['ours']} sequences, TRL has {sequences['trl at once']}")
    fill = {name: float(lengths.sum() / (count * limit)) for name, count in sequences.items()}
    return {"limit": limit, "seconds": seconds, "processor": processor, "sequences": sequences, "fill": fill}


def table(found: list[dict[str, Any]], rows: int) -> str:
    """A table in Markdown."""
    lines = [
        f"\npacking, {rows:,} lengths; trl {version('trl')}, numpy {version('numpy')}\n",
        "| limit | way | s | takes x | processor s | takes x | sequences | fill |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for each in found:
        base, used = (statistics.median(each[kind]["ours"]) for kind in ("seconds", "processor"))
        for name in WAYS:
            seconds, spent = (statistics.median(each[kind][name]) for kind in ("seconds", "processor"))
            lines.append(
                f"| {each['limit']} | {name} | {seconds:.2f} | {seconds / base:.0f} | {spent:.2f} "
                f"| {spent / used:.0f} | {each['sequences'][name]} | {each['fill'][name]:.4f} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
