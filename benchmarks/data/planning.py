"""How long it takes to look again at what has not changed: `plan` and `data` over many rows.

    python benchmarks/data/planning.py [--rows 1000000] [--runs 5] [--json]

Rows are written once (some 200 MB a million), planned and looked at once, which makes and counts
everything; then the same commands run as whole processes, in turn with a bare interpreter, so that a busy
minute touches all of them alike. Medians of wall and processor seconds; ratios to the bare interpreter travel
between machines, seconds do not. The goal: under 2 s of wall time for an unchanged plan over a million rows.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

MAIN = "from recipedsl.cli.main import main; main()"
RECIPE = """\
ftr 1

model base { from = local("tiny") }

data lessons = read("rows.jsonl")
  | where chars(answer) in 20..600 and score > 0.05
  | dedup question
  | as chat(user = question, assistant = answer)
  | split train = 99%, held = 1%

stage tuned: sft { from = base, data = lessons.train, steps = 2, batch = 2, max_length = 256 }

run { seed = 1 }
"""
WAYS = {
    "bare interpreter": ["-c", "pass"],
    "check": ["-c", MAIN, "check", "recipe.ftr"],
    "plan": ["-c", MAIN, "plan", "recipe.ftr"],
    "data lessons": ["-c", MAIN, "data", "recipe.ftr", "lessons"],
    "data lessons --funnel": ["-c", MAIN, "data", "recipe.ftr", "lessons", "--funnel"],
}


def timed(folder: Path, arguments: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of one process. Raises CalledProcessError when it fails."""
    before, start = _processor(), time.perf_counter()
    checkout = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": checkout}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment, cwd=folder)
    return time.perf_counter() - start, _processor() - before


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def write(folder: Path, rows: int) -> None:
    """A project: rows of random words, a recipe, a model that takes no time."""
    sys.path[:0] = [str(Path(__file__).parents[2])]
    from tests.tiny import make_tiny_model

    draw = random.Random(7)
    words = [f"w{number:x}" for number in range(30_000)]
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
        for number in range(rows):
            row = {
                "id": number,
                "question": " ".join(draw.choices(words, k=draw.randint(4, 14))),
                "answer": " ".join(draw.choices(words, k=min(200, int(draw.lognormvariate(2.6, 0.6)) + 1))),
                "topic": f"topic{draw.randrange(20)}",
                "score": round(draw.random(), 3),
            }
            file.write(json.dumps(row) + "\n")
    (folder / "recipe.ftr").write_text(RECIPE)
    (folder / "pyproject.toml").write_text("")
    make_tiny_model(folder / "tiny")
    time.sleep(2.5)  # a file so fresh could still change within its time stamp: nothing is remembered of it


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(folder, asked.rows)
        first = {name: timed(folder, WAYS[name]) for name in WAYS}
        again: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
        for _ in range(asked.runs):
            for name, arguments in WAYS.items():
                again[name].append(timed(folder, arguments))
    _print(asked, first, again)


def _print(
    asked: argparse.Namespace,
    first: dict[str, tuple[float, float]],
    again: dict[str, list[tuple[float, float]]],
) -> None:
    middle = {
        name: tuple(statistics.median(each) for each in zip(*runs, strict=True))
        for name, runs in again.items()
    }
    bare = middle["bare interpreter"][1]
    if asked.json:
        form = {
            "rows": asked.rows,
            "runs": asked.runs,
            "polars": version("polars"),
            "first": first,
            "again": again,
        }
        print(json.dumps(form, indent=2))
        return
    print(
        f"{asked.rows:,} rows, {asked.runs} runs, polars {version('polars')}, Python {sys.version.split()[0]}"
    )
    print(f"{'':24}{'first wall':>12}{'wall':>8}{'cpu':>8}{'x bare cpu':>12}")
    for name, (wall, cpu) in middle.items():
        print(f"{name:24}{first[name][0]:12.1f}{wall:8.2f}{cpu:8.2f}{cpu / bare:12.1f}")


if __name__ == "__main__":
    main()
