"""How long the commands that people wait for take, as whole processes.

    python benchmarks/startup.py [--runs 15]

Prints wall seconds (minimum, median, maximum) of a bare interpreter, `recipedsl --help`, and
`recipedsl check` of a 70-line recipe with its look at the data cached and not; the runs alternate,
so that a busy minute touches all of them alike. Ratios to the bare interpreter travel between
machines, seconds do not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RECIPES = Path(__file__).parents[1] / "recipes"
MAIN = "from recipedsl.cli.main import main; main()"


def timed(*arguments: str) -> float:
    """Wall seconds of one process. Raises CalledProcessError when it fails."""
    start = time.perf_counter()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
    return time.perf_counter() - start


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "recipes"
        shutil.copytree(RECIPES, root)
        check = ("-c", MAIN, "check", str(root / "quickstart.ftr"), "--root", str(root))

        def cold() -> float:
            shutil.rmtree(root / ".recipedsl", ignore_errors=True)
            return timed(*check)

        contenders: dict[str, Callable[[], float]] = {
            "python -c pass": lambda: timed("-c", "pass"),
            "recipedsl --help": lambda: timed("-c", MAIN, "--help"),
            "check, look not cached": cold,
            "check, look cached": lambda: timed(*check),
        }
        measure(contenders, runs)


def measure(contenders: dict[str, Callable[[], float]], runs: int) -> None:
    """Runs the contenders in turn, once to warm up and then `runs` times, and prints the table."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(runs + 1):
        for name, run in contenders.items():
            taken = run()
            if turn:
                seconds[name].append(taken)
    bare = statistics.median(seconds["python -c pass"])
    print(f"{'':<24}{'min':>8}{'median':>8}{'max':>8}{'ratio':>8}")
    for name, found in seconds.items():
        middle = statistics.median(found)
        print(f"{name:<24}{min(found):>8.3f}{middle:>8.3f}{max(found):>8.3f}{middle / bare:>8.1f}")


if __name__ == "__main__":
    main()
