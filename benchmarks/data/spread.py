"""How long `spread` takes, and whether that grows with the rows.

    python benchmarks/data/spread.py [--rows 20000] [--runs 3] [--json]

The step from Parquet to the rows that stay, a quarter of them, at a half of the rows and at all of them by
turns, each time in a process of its own: medians of processor seconds, the most memory, and the ratio of
the two sizes. No peer does the same work. Texts are the synthetic ones of `texts.py`; `again` is the share
of rows that repeat an earlier text.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from recipedsl.data.flow import Context, opened
from recipedsl.data.steps import STEPS
from recipedsl.plan.model import Origin, StepSpec

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "peers")]

from resident import peak  # noqa: E402
from texts import texts  # noqa: E402

_ORIGIN = Origin(path="spread.ftr", line=1, column=1, end_line=1, end_column=2)


def once(path: Path) -> dict[str, float]:
    """Seconds and peak memory in MB of one run."""
    rows = pl.scan_parquet(path)
    count = rows.select(pl.len()).collect().item() // 4
    step = StepSpec(keyword="spread", by=("text",), settings={"count": count}, text="spread", origin=_ORIGIN)
    start, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        context = Context(Path(folder), {})
        context.begin(step)
        STEPS["spread"](opened(rows), step, context).select(pl.len()).collect()
    took = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    return {**took, "memory": peak() / 2**20}


def measured(rows: int, runs: int) -> dict[str, Any]:
    """Medians by number of rows."""
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        drawn = texts("synthetic", rows)
        for count in (rows // 2, rows):
            files[count] = Path(folder) / f"{count}.parquet"
            pl.DataFrame({"text": drawn[:count]}).write_parquet(files[count])
        found: dict[int, list[dict[str, float]]] = {count: [] for count in files}
        for _ in range(runs):
            for count, path in files.items():
                command = [sys.executable, __file__, "--once", str(path)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                found[count].append(json.loads(done.stdout))
    medians = {
        count: {name: statistics.median(each[name] for each in given) for name in given[0]}
        for count, given in found.items()
    }
    grown = medians[rows]["cpu"] / medians[rows // 2]["cpu"]
    again = 1 - pl.Series(drawn).n_unique() / rows
    return {"rows": rows, "runs": runs, "again": again, "medians": medians, "twice the rows": grown}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--rows", type=int, default=20_000)
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.once:
        print(json.dumps(once(given.once)))
        return
    found = measured(given.rows, given.runs)
    found["versions"] = {name: version(name) for name in ("polars", "numpy", "tokenizers", "wordllama")}
    if given.json:
        print(json.dumps(found))
        return
    print(" · ".join(f"{name} {each}" for name, each in found["versions"].items()))
    for count, each in found["medians"].items():
        print(f"{count:>9,} rows  {each['cpu']:6.2f} s of processor  {each['memory']:6.0f} MB")
    print(f"twice the rows take {found['twice the rows']:.2f} times as long")


if __name__ == "__main__":
    main()
