"""What several workers cost and give: one machine beside Ray with two workers, over files of JSON Lines.

    python benchmarks/data/sharding.py [--rows 100000] [--files 50] [--runs 3] [--near] [--json]

The contenders take turns in this process; printed are medians of seconds and of processor seconds, and beside
them what starting the workers took, once. On a machine of two processors the engine alone already has both:
nothing is to be gained there, and the ratio tells what it costs that rows and keys travel through files. The
bytes of both are compared. `--near` is for `dedup … near = 0.8` over texts of which some are edited.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from recipedsl.data.engine import make_data
from recipedsl.data.reading.files import ReadPolicy
from recipedsl.data.sharding.making import make_sharded
from recipedsl.language.expressions import Call, Column, Constant
from recipedsl.plan.model import DataNode, Origin, ReadSource, StepSpec
from recipedsl.runtime.cluster import RayWorkers

sys.path[:0] = [str(Path(__file__).parent)]

from texts import texts  # noqa: E402

_ORIGIN = Origin(path="sharding.ftr", line=1, column=1, end_line=1, end_column=2)


def write(folder: Path, rows: int, files: int) -> None:
    """Rows of about 1 kB; one of ten asks what another one asks."""
    draw = random.Random(7)
    words = [f"word{number}" for number in range(30_000)]
    for file in range(files):
        with (folder / f"part-{file:04}.jsonl").open("w") as stream:
            for number in range(file, rows, files):
                asked = random.Random(number % (rows * 9 // 10)).choices(words, k=12)
                row = {
                    "id": number,
                    "question": " ".join(asked),
                    "answer": " ".join(draw.choices(words, k=110)),
                    "topic": f"topic {draw.randrange(20)}",
                    "score": draw.random(),
                }
                stream.write(json.dumps(row) + "\n")


def write_texts(folder: Path, rows: int, files: int) -> None:
    """Texts of which some are others, edited."""
    said = texts("synthetic", rows)
    for file in range(files):
        lines = (
            json.dumps({"id": number, "text": said[number]}) + "\n" for number in range(file, rows, files)
        )
        (folder / f"part-{file:04}.jsonl").write_text("".join(lines))


def step(keyword: str, *columns: str, **more: Any) -> StepSpec:
    return StepSpec(keyword=keyword, columns=columns, origin=_ORIGIN, text=keyword, **more)


def node() -> DataNode:
    """Filter, dedup, cap, shuffle, split."""
    arguments = (Column(name="score"), Constant(value=0.3))
    condition = Call(function="greater_equal", arguments=arguments, settings={})
    parts = {"parts": {"train": 0.95, "held": 0.05}, "group": None}
    return DataNode(
        name="rows",
        origin=_ORIGIN,
        source=ReadSource(path="*.jsonl"),
        steps=(
            step("where", expressions={"condition": condition}),
            step("dedup", "question"),
            step("take", by=("topic",), settings={"count": 2_500}),
            step("shuffle", seed=1),
            step("split", settings=parts, seed=2),
        ),
        row={},
        parts=("train", "held"),
    )


def near() -> DataNode:
    """Near duplicates."""
    steps = (step("dedup", "text", settings={"near": 0.8}),)
    return DataNode(name="rows", origin=_ORIGIN, source=ReadSource(path="*.jsonl"), steps=steps, row={})


def processor_seconds() -> float:
    """Of this process and all that it started and that still run."""
    total, here = 0.0, psutil.Process()
    for each in (here, *here.children(recursive=True)):
        with suppress(psutil.Error):
            total += sum(each.cpu_times()[:2])
    return total


def digest(folder: Path) -> str:
    files = sorted(each for each in folder.iterdir() if each.is_file())
    return hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()


def measured(asked: argparse.Namespace) -> dict[str, Any]:
    """Seconds of both by run, of starting the workers, and whether the bytes are equal."""
    node_, written = (near(), write_texts) if asked.near else (node(), write)
    with tempfile.TemporaryDirectory() as place:
        root, out = Path(place), Path(place) / "out"
        written(root, asked.rows, asked.files)
        workers, policy = RayWorkers(root), ReadPolicy(root)
        try:
            start = time.perf_counter()
            count = workers.count
            found: dict[str, Any] = {"start": time.perf_counter() - start, "workers": count}
            makers = {
                "one machine": lambda: make_data(node_, {}, out, policy),
                "ray": lambda: make_sharded(node_, {}, out, policy, workers),
            }
            makers["ray"]()  # the workers import what they need
            shutil.rmtree(out)
            digests = set()
            for _ in range(asked.runs):
                for name, make in makers.items():
                    start, before = time.perf_counter(), processor_seconds()
                    make()
                    took = (time.perf_counter() - start, processor_seconds() - before)
                    found.setdefault(name, []).append(took)
                    digests.add(digest(out))
                    shutil.rmtree(out)
        finally:
            workers.close()
        return {**found, "equal": len(digests) == 1}


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--files", type=int, default=50)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--near", action="store_true")
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    found = measured(asked)
    found["versions"] = {name: version(name) for name in ("polars", "ray")}
    if asked.json:
        print(json.dumps(found))
        return
    (alone, alone_cpu), (apart, apart_cpu) = (
        map(statistics.median, zip(*found[name], strict=True)) for name in ("one machine", "ray")
    )
    print(", ".join(f"{name} {number}" for name, number in found["versions"].items()))
    print(f"{asked.rows:,} rows in {asked.files} files, median of {asked.runs} runs")
    print(f"one machine        {alone:7.2f} s, processor {alone_cpu:7.2f} s")
    print(
        f"ray, {found['workers']} workers     {apart:7.2f} s, processor {apart_cpu:7.2f} s   "
        f"{apart / alone:.2f} and {apart_cpu / alone_cpu:.2f} times one machine"
    )
    print(f"starting the workers {found['start']:5.2f} s, once a run of the command")
    print("bytes are equal" if found["equal"] else "BYTES DIFFER")


if __name__ == "__main__":
    main()
