"""How long near duplicates take to find, and how many are found, beside datasketch and the exact answer.

    python benchmarks/data/near.py [--rows 100000] [--runs 3] [--texts synthetic real] [--truth 20000]
                                   [--peers PYTHON] [--json]

The contenders take turns, each in a process of its own; printed are medians. `step` is the whole step from
Parquet to the rows that stay, `groups` the search alone, which is what the peer is asked for. Accuracy is
against all pairs with a Jaccard of 0.8 or more, found by an inverted index of Python sets over the first
`--truth` rows: recall counts those pairs that are in one group, precision the pairs of one group that are
linked by such pairs. The peer is datasketch==2.0.0 in the environment of `--peers`.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from recipedsl.data.flow import Context, opened
from recipedsl.data.steps import STEPS, alike, near
from recipedsl.plan.model import Origin, StepSpec

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "peers")]

from resident import peak  # noqa: E402
from texts import texts  # noqa: E402

THRESHOLD = 0.8
_ORIGIN = Origin(path="near.ftr", line=1, column=1, end_line=1, end_column=2)
_OURS = ("dedup", "step", "groups")
_PEERS = ("default", "checked")


def ours(path: Path, labels: Path, way: str) -> dict[str, float]:
    """Seconds of one of our ways, and peak memory in MB."""
    start, cpu = time.perf_counter(), time.process_time()
    if way == "groups":
        reading = near.Reading(("text",), (), near.WORDS_OF_A_GRAM, True)
        found = alike.grouped(near.bags_of(pl.scan_parquet(path), reading), THRESHOLD)
        np.save(labels, found)
    else:
        settings = {"near": THRESHOLD} if way == "step" else {}
        step = StepSpec(keyword="dedup", columns=("text",), settings=settings, text="dedup", origin=_ORIGIN)
        with tempfile.TemporaryDirectory() as folder:
            context = Context(Path(folder), {})
            context.begin(step)
            STEPS["dedup"](opened(pl.scan_parquet(path)), step, context).select(pl.len()).collect()
    memory = peak() / 2**20
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "memory": memory}


# --- the exact answer ---------------------------------------------------------------------------------


def linked(rows: list[str]) -> tuple[list[tuple[int, int]], list[int]]:
    """All pairs that are alike, and the lowest row that each row is linked with."""
    sets = [_grams(text) for text in rows]
    counts = Counter(gram for grams in sets for gram in grams)
    index, pairs = defaultdict[str, list[int]](list), list[tuple[int, int]]()
    labels = list(range(len(rows)))
    for row, grams in enumerate(sets):
        rare = sorted(grams, key=lambda gram: (counts[gram], gram))
        prefix = rare[: len(grams) - math.ceil(THRESHOLD * len(grams) - 1e-9) + 1]
        for other in {each for gram in prefix for each in index[gram]}:
            shared = len(grams & sets[other])
            if shared >= THRESHOLD * (len(grams) + len(sets[other]) - shared) - 1e-9:
                pairs.append((other, row))
                low, high = sorted((_root(labels, row), _root(labels, other)))
                labels[high] = low
        for gram in prefix:
            index[gram].append(row)
    return pairs, [_root(labels, row) for row in range(len(rows))]


def _grams(text: str) -> frozenset[str]:
    words = re.findall(r"[^\W_]+", text.lower())
    return frozenset(" ".join(words[at : at + 5]) for at in range(max(1, len(words) - 4)))


def _root(labels: list[int], row: int) -> int:
    while labels[row] != row:
        row = labels[row]
    return row


def accuracy(
    pairs: list[tuple[int, int]], truth: list[int], found: np.ndarray[Any, Any]
) -> tuple[float, float]:
    """Recall and precision of groups."""
    hit = sum(found[one] == found[two] for one, two in pairs)
    together = _pairs(Counter(found.tolist()).values())
    both = _pairs(Counter(zip(found.tolist(), truth, strict=True)).values())
    return hit / max(1, len(pairs)), both / max(1, together)


def _pairs(sizes: Any) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


# --- runs ---------------------------------------------------------------------------------------------


def run(name: str, path: Path, labels: Path, peers: str) -> dict[str, float]:
    """One contender in a process of its own."""
    command = [sys.executable, __file__, "--one", str(path), str(labels), name]
    if name in _PEERS:
        command = [peers, str(HERE / "peers" / "datasketch_near.py"), str(path), str(labels), name]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(told.stdout))


def measure(kind: str, given: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """A line for each contender."""
    rows = texts(kind, given.rows)
    path, part, labels = (folder / f"{kind}{end}" for end in (".parquet", "-part.parquet", "-labels.npy"))
    pl.DataFrame({"text": rows}).write_parquet(path)
    names = [*_OURS, *(_PEERS if given.peers else ())]
    told: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(given.runs):
        for name in names:
            told[name].append(run(name, path, labels, given.peers))
    pl.DataFrame({"text": rows[: given.truth]}).write_parquet(part)
    pairs, truth = linked(rows[: given.truth])
    lines = []
    for name, runs in told.items():
        line: dict[str, Any] = {"texts": kind, "rows": given.rows, "way": name, "pairs": len(pairs)}
        line |= {key: statistics.median(each[key] for each in runs) for key in runs[0]}
        if name not in ("dedup", "step"):
            run(name, part, labels, given.peers)
            line["recall"], line["precision"] = accuracy(pairs, truth, np.load(labels))
        lines.append(line)
    return lines


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--texts", nargs="+", choices=("synthetic", "real"), default=["synthetic", "real"])
    parser.add_argument("--truth", type=int, default=20_000, help="rows of which all pairs are compared")
    parser.add_argument("--peers", default="", help="a Python with datasketch")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(ours(Path(given.one[0]), Path(given.one[1]), given.one[2])))
        return
    with tempfile.TemporaryDirectory() as folder:
        lines = [line for kind in given.texts for line in measure(kind, given, Path(folder))]
    if given.json:
        print(json.dumps(lines))
        return
    print(f"polars {version('polars')}, numpy {version('numpy')}, datasketch 2.0.0")
    for line in lines:
        found = f"{line['recall']:>9.4f}{line['precision']:>10.4f}" if "recall" in line else ""
        numbers = f"{line['seconds']:>8.2f}{line['cpu']:>8.2f}{line['memory']:>7.0f}"
        print(f"{line['texts']:<10}{line['rows']:>9,}  {line['way']:<8}{numbers}{found}")


if __name__ == "__main__":
    main()
