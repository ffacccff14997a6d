"""How long near duplicates take to find, beside exact ones, on generated rows.

    python benchmarks/near.py [--rows 10000 100000] [--runs 3]

A tenth of the rows are copies: half of them equal, half with a few words changed. Prints rows a second,
peak memory, and the ratio to `dedup` without `near` of the same rows, as medians; the contenders take
turns, each in a process of its own. Ratios travel between machines, seconds do not.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from recipedsl.data.flow import Context, opened
from recipedsl.data.steps import STEPS
from recipedsl.plan.model import Origin, StepSpec

CONTENDERS: dict[str, dict[str, object]] = {
    "dedup answer": {},
    "near = 0.85": {"near": 0.85},
    "near = 0.5": {"near": 0.5},
}
WORDS = 30_000
SEED = 7


def generated(count: int, path: Path) -> None:
    """Answers of about 130 words, drawn as rarely as words are (Zipf), to a Parquet file."""
    draw = random.Random(SEED)
    names = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9))) for _ in range(WORDS)]
    weights = list(itertools.accumulate(1 / place for place in range(1, WORDS + 1)))
    texts: list[str] = []
    for _ in range(count):
        if texts and draw.random() < 0.1:
            texts.append(_changed(draw.choice(texts), draw, names))
            continue
        length = max(8, int(draw.lognormvariate(4.7, 0.6)))
        texts.append(" ".join(draw.choices(names, cum_weights=weights, k=length)))
    pl.DataFrame({"answer": texts}).write_parquet(path)


def _changed(text: str, draw: random.Random, names: list[str]) -> str:
    words = text.split()
    for _ in range(draw.choice([0, 0, 0, 1, 2, 4])):
        words[draw.randrange(len(words))] = draw.choice(names)
    return " ".join(words)


def one(path: Path, settings: dict[str, object]) -> dict[str, float]:
    """Seconds of one deduplication, rows that stay, and peak memory in MB."""
    origin = Origin(path="near.ftr", line=1, column=1, end_line=1, end_column=2)
    step = StepSpec(keyword="dedup", columns=("answer",), settings=settings, text="dedup", origin=origin)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        context = Context(Path(folder), {})
        context.begin(step)
        rows = STEPS["dedup"](opened(pl.scan_parquet(path)), step, context).select(pl.len()).collect().item()
        seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "rows": rows,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Measures and prints a table for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(Path(given.one[0]), json.loads(given.one[1]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        for count in given.rows:
            path = Path(folder) / f"{count}.parquet"
            generated(count, path)
            measure(path, count, given.runs)


def measure(path: Path, count: int, runs: int) -> None:
    """Runs the contenders in turn and prints what they took."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(runs):
        for name, settings in CONTENDERS.items():
            told = subprocess.run(
                [sys.executable, __file__, "--one", str(path), json.dumps(settings)],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            found[name].append(json.loads(told.stdout))
    print(f"{f'{count:,} rows':<26}{'seconds':>9}{'rows/s':>10}{'left':>9}{'MB':>7}{'ratio':>8}")
    first = statistics.median(each["seconds"] for each in found["dedup answer"])
    for name, each in found.items():
        middle = statistics.median(one["seconds"] for one in each)
        memory = max(one["memory"] for one in each)
        print(
            f"{name:<26}{middle:>9.2f}{count / middle:>10,.0f}{each[0]['rows']:>9,.0f}"
            f"{memory:>7,.0f}{middle / first:>8.1f}"
        )


if __name__ == "__main__":
    main()
