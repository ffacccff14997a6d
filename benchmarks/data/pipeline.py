"""How long the rows of a recipe take, through recipedsl, by hand in Polars, and with other tools.

    python benchmarks/data/pipeline.py [--rows 100000 …] [--runs 5] [--contenders recipe "by hand" …]
                                       [--pipelines recipe filters rules] [--form jsonl|parquet]
                                       [--peers PYTHON] [--json]

Pipelines and peers: `benchmarks/data/peers/`, each a program of its own; data: `benchmarks/data/rows.py`.
The contenders take turns, each in a process of its own; what is printed are medians of their own clocks
and processor seconds (imports left out), the peak of the resident memory of all their processes, and how many
times longer they took than `recipe` did. What they wrote is compared each time. `recipe cold` has never
seen the files, `recipe` finds remembered that their lines are plain, as a second run does and as every
run does after `plan`. Of several numbers of rows it tells how time and memory grow. Ratios travel between
machines, seconds do not.

Peers are looked for in the environment of `--peers`: duckdb==2.0.0 daft==0.7.26 datasets==5.2.0
datatrove==0.10.1; py-data-juicer==1.6.1 (with aiohttp) wants an environment of its own, for it pins what the
others need newer. Those that are not there are left out, and named.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
import psutil

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "peers")]

import rows as generator  # noqa: E402
from task import RULES, SHARES, Task, normalised  # noqa: E402

_TICK = 0.1  # seconds between looks at the memory of all processes; oftener, the looks take a core
_CAP, _SIZE = 0.04, 0.28  # of all rows: of a topic at most, and in the mixture
_PIPELINES = ("recipe", "filters", "rules")


@dataclass(frozen=True)
class Contender:
    """One way.

    Attributes:
        script: below `peers`.
        module: package that it needs; empty when it runs where this does.
        pipelines: that it can do.
        settings: environment.
        cold: whether what is remembered of the files is forgotten first.
        forms: of files that it reads.
    """

    script: str
    module: str = ""
    pipelines: tuple[str, ...] = ("recipe", "filters")
    settings: tuple[tuple[str, str], ...] = ()
    cold: bool = False
    forms: tuple[str, ...] = ("jsonl", "parquet")


CONTENDERS = {
    "recipe": Contender("recipe.py", pipelines=_PIPELINES),
    "recipe cold": Contender("recipe.py", pipelines=_PIPELINES, cold=True, forms=("jsonl",)),
    "by hand": Contender("polars_by_hand.py", pipelines=_PIPELINES),
    "duckdb": Contender("duckdb_sql.py", "duckdb"),
    "daft": Contender("daft_frames.py", "daft"),
    "datasets batched": Contender("datasets_rows.py", "datasets", settings=(("WAY", "batched1"),)),
    "datasets batched 2": Contender("datasets_rows.py", "datasets", settings=(("WAY", "batched2"),)),
    "datasets chained": Contender("datasets_rows.py", "datasets", settings=(("WAY", "chained"),)),
    "datatrove": Contender("datatrove_blocks.py", "datatrove", pipelines=("filters",), forms=("jsonl",)),
    "data-juicer": Contender(
        "datajuicer_operators.py", "data_juicer", pipelines=("filters",), forms=("jsonl",)
    ),
}


@dataclass(frozen=True)
class Run:
    """One run: seconds by its own clock, processor seconds, MB of all processes at the peak."""

    seconds: float
    processor: float
    peak: float
    told: dict[str, Any]


def main() -> None:
    """Measures and prints the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pipelines", nargs="+", default=list(_PIPELINES), choices=_PIPELINES)
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), choices=list(CONTENDERS))
    parser.add_argument("--form", default="jsonl", choices=("jsonl", "parquet"), help="of the files")
    parser.add_argument("--peers", default=sys.executable, help="python of an environment with the peers")
    parser.add_argument("--data", type=Path, help="folder for the rows, kept between calls")
    parser.add_argument("--limit", type=float, default=3600, help="seconds that one run may take")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for pipeline in options.pipelines:
            grown: dict[int, dict[str, list[Run]]] = {}
            for count in options.rows:
                folder = (options.data or Path(scratch)) / str(count)
                prepare(folder, count, options.form)
                found = grown[count] = measured(pipeline, folder, Path(scratch), options)
                told = as_json if options.json else table
                print(told(pipeline, count, found), flush=True)
            if len(grown) > 1 and not options.json:
                print(growth(pipeline, grown))


def prepare(folder: Path, count: int, form: str = "jsonl") -> None:
    """Rows and the task, where they are not there yet."""
    if not (folder / "task.json").exists():
        generator.write(count, folder)
        (folder / "task.json").write_text(json.dumps({"cap": int(_CAP * count), "size": int(_SIZE * count)}))
        time.sleep(2.5)  # a file that has just been written is not remembered
    for file in folder.glob("*.jsonl") if form == "parquet" else ():
        if not file.with_suffix(".parquet").exists():
            pl.scan_ndjson(file, infer_schema_length=None).sink_parquet(file.with_suffix(".parquet"))


def measured(pipeline: str, folder: Path, scratch: Path, options: argparse.Namespace) -> dict[str, list[Run]]:
    """Runs of each contender that can do the pipeline and is there."""
    able = {
        name: each
        for name, each in CONTENDERS.items()
        if pipeline in each.pipelines and options.form in each.forms
    }
    chosen = {name: able[name] for name in options.contenders if name in able}
    absent = [name for name, each in chosen.items() if each.module and not has(options.peers, each.module)]
    if absent:
        print(f"not installed, left out: {', '.join(absent)}", file=sys.stderr)
    expected = reference(folder, pipeline)
    found: dict[str, list[Run]] = {name: [] for name in chosen if name not in absent}
    for number in range(options.runs + 1):
        for name, runs in found.items():
            out = scratch / "out"
            run = one(chosen[name], pipeline, folder, out, options)
            check(name, pipeline, folder, out, expected)
            shutil.rmtree(out)
            if number:  # the first brings files and programs into memory
                runs.append(run)
            print(f"{pipeline} {name}: {run.seconds:.2f} s {run.told or ''}", file=sys.stderr, flush=True)
    return found


def has(python: str, module: str) -> bool:
    """Whether an environment has a package."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", code], check=False).returncode == 0


def one(contender: Contender, pipeline: str, folder: Path, out: Path, options: argparse.Namespace) -> Run:
    """One run in a process of its own. Exits when it fails."""
    if contender.cold:
        shutil.rmtree(folder / ".recipedsl", ignore_errors=True)
    out.mkdir(parents=True)
    python = options.peers if contender.module else sys.executable
    command = [python, str(HERE / "peers" / contender.script), str(folder), str(out), pipeline, options.form]
    environment = {**os.environ, **dict(contender.settings), "HF_HOME": str(out / "hf"), "TMPDIR": str(out)}
    with (out / "log").open("w") as log:
        process = psutil.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        peak = watched(process, options.limit)
    told = process.stdout.read().splitlines()
    if process.wait() or not told:
        sys.exit(f"{contender.script} failed:\n{(out / 'log').read_text()[-3000:]}")
    found = json.loads(told[-1])
    return Run(found["seconds"], found["processor"], max(peak / 1e6, found["peak"]), found["told"])


def watched(process: psutil.Popen, limit: float) -> int:
    """Bytes that a process and its children had resident together at most."""
    peak, end = 0, time.monotonic() + limit
    while process.poll() is None:
        if time.monotonic() > end:
            process.kill()
        peak = max(peak, sum(map(_resident, _family(process))))
        time.sleep(_TICK)
    return peak


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


# --- the same rows ---------------------------------------------------------------------------------------


def reference(folder: Path, pipeline: str) -> dict[str, list[int]]:
    """Numbers of the rows that pass, by file, found in plain Python."""
    kept: dict[str, list[int]] = {}
    seen: set[str] = set()
    task = Task(folder, folder, pipeline, **json.loads((folder / "task.json").read_text()))
    for name, file in task.files.items():
        kept[name], topics = [], dict[str, int]()
        seen = seen if pipeline == "filters" else set()
        with Path(file).open(encoding="utf-8") as stream:
            for row in map(json.loads, stream):
                if not all(rule(row) for rule in RULES):
                    continue
                if pipeline != "rules":
                    if normalised(row["question"]) in seen:
                        continue
                    seen.add(normalised(row["question"]))
                topics[row["topic"]] = topics.get(row["topic"], 0) + 1
                if pipeline != "recipe" or topics[row["topic"]] <= task.cap:
                    kept[name].append(row["id"])
    return kept


def check(name: str, pipeline: str, folder: Path, out: Path, expected: dict[str, list[int]]) -> None:
    """Exits when a contender did other work: other rows, or of a mixture other numbers of rows."""
    task = Task(folder, out, pipeline, **json.loads((folder / "task.json").read_text()))
    if pipeline != "recipe":
        ids = pl.read_parquet(out / "rows.parquet", columns=["id"])["id"].to_list()
        agrees = ids == [each for part in expected.values() for each in part]
    else:
        parts = [
            pl.read_parquet(out / f"{part}.parquet", columns=["id", "source", "messages"])
            for part in ("train", "held")
        ]
        rows = pl.concat([each.select("id", "source") for each in parts])
        agrees = (
            [each.height for each in parts] == [task.train, task.size - task.train]
            and dict(rows.group_by("source").len().rows()) == task.counts
            and rows["id"].n_unique() == task.size
            and all(
                set(rows.filter(pl.col("source") == each)["id"]) <= set(expected[each]) for each in SHARES
            )
            and all(each["messages"].list.len().eq(2).all() for each in parts)
            and rows["id"].to_list() != sorted(rows["id"])
        )
    if not agrees:
        sys.exit(f"{name} did not do the work of `{pipeline}`")


# --- what is printed -------------------------------------------------------------------------------------


def table(pipeline: str, count: int, found: dict[str, list[Run]]) -> str:
    """A table in Markdown."""
    first = found.get("recipe") or next(iter(found.values()))
    base = statistics.median(each.seconds for each in first)
    worked = statistics.median(each.processor for each in first)
    lines = [
        f"\n{pipeline}, {count:,} rows; Python {platform.python_version()}, polars {version('polars')}, "
        f"{os.cpu_count()} cores\n",
        "| contender | s min / med / max | x recipe | processor s | x recipe | peak MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, runs in found.items():
        seconds = [each.seconds for each in runs]
        median = statistics.median(seconds)
        processor = statistics.median(each.processor for each in runs)
        lines.append(
            f"| {name} | {min(seconds):.2f} / {median:.2f} / {max(seconds):.2f} | {median / base:.2f} "
            f"| {processor:.1f} | {processor / worked:.2f} "
            f"| {statistics.median(each.peak for each in runs):.0f} |"
        )
    return "\n".join(lines)


def growth(pipeline: str, grown: dict[int, dict[str, list[Run]]]) -> str:
    """How much longer the most rows take than the fewest, and how much memory both, in Markdown."""
    few, many = min(grown), max(grown)
    lines = [
        f"\n{pipeline}, {few:,} to {many:,} rows\n",
        "| contender | x seconds | x processor s | peak MB |",
        "| --- | --- | --- | --- |",
    ]
    for name in grown[few]:
        one, other = (
            [statistics.median(each) for each in zip(*_numbers(grown[count][name]), strict=True)]
            for count in (few, many)
        )
        lines.append(
            f"| {name} | {other[0] / one[0]:.2f} | {other[1] / one[1]:.2f} | {one[2]:.0f} to {other[2]:.0f} |"
        )
    return "\n".join(lines)


def _numbers(runs: list[Run]) -> list[tuple[float, float, float]]:
    return [(each.seconds, each.processor, each.peak) for each in runs]


def as_json(pipeline: str, count: int, found: dict[str, list[Run]]) -> str:
    """All runs."""
    runs = {name: [asdict(each) for each in taken] for name, taken in found.items()}
    return json.dumps({"pipeline": pipeline, "rows": count, "runs": runs})


if __name__ == "__main__":
    main()
