"""How `check` grows with a recipe: CPU seconds of each of its parts, and of the whole process.

    python benchmarks/check_scale.py [--lines 100,1000,10000] [--repeat 3] [--profile analyse]

Writes recipes as people write them (params, row types, datasets, stages, evals, comments) of each
length, one without a mistake and one with a mistake in every tenth declaration, and prints for each
part the smallest of `--repeat` measurements and how much it grew since the line above. CPU time is
measured, so that a busy machine changes little; growth by the factor of the lines is linear.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from recipedsl.compiler import Request
from recipedsl.compiler.compiler import check_source
from recipedsl.data.look import FileFacts
from recipedsl.diagnostics.render import render_terminal
from recipedsl.source import Source
from recipedsl.syntax import parse, scan
from recipedsl.syntax.format import format_source
from recipedsl.syntax.layout import layout

MAIN = "from recipedsl.cli.main import main; main()"
#: Seconds that `check` as a whole may take, by lines.
LIMITS = {1_000: 0.5, 10_000: 6.0}

_UNIT = """
## Rows of topic {n}: filtered, balanced, split.
type Row_{n} = {{ question: text, answer: text, topic: text, score: float? }}

# the rank of adapter {n}
param rank_{n}: int in 1..256 = 16
param rate_{n}: float in 1e-6..1e-2 = 2e-4
let alpha_{n} = 2 * rank_{n}

data rows_{n}: Row_{n} = read("rows.jsonl")
  | where chars(answer) in 1..8k and not matches(answer, "(?i)as an ai")  # no excuses
  | where topic in ["sums", "dates"] or score > 0.5
  | derive length = chars(question) + chars(answer)
  | dedup question, near = 85%
  | take 2k by topic
  | as chat(user = question, assistant = answer, system = "You are careful.")
  | split train = 95%, held = 5% by topic

stage tuned_{n}: sft {{
  from          = {start}
  data          = rows_{n}.train
  adapter       = lora(rank = rank_{n}, alpha = alpha_{n})
  learning_rate = rate_{n}
  schedule      = cosine(warmup = 3%)
  epochs        = 2
  batch         = 64
  max_length    = 2Ki
}}

eval report_{n} {{
  models  = [base, tuned_{n}]
  data    = rows_{n}.held
  metrics = [loss()]
  expect loss(tuned_{n}) <= loss(base) else "training has to help"
}}
"""
#: What goes wrong in a declaration, and the words that it goes wrong in: syntax, names, types.
_MISTAKES = (
    ("epochs        = 2", "epochs        : 2"),
    ("  | dedup question", "  dedup question"),
    ("chars(answer) in", "chars(anwser) in"),
    ("rank = rank_", "rank = rnak_"),
    ("float in 1e-6..1e-2 = 2e-4", "float in 1e-6..1e-2 = 3"),
    ("metrics = [loss()]", "metrics = [loss(]"),
)


def recipe(lines: int, *, mistakes: bool) -> str:
    """A recipe of about so many lines; with mistakes, one in every tenth declaration."""
    text = 'ftr 1\n\n## A long course.\nmodel base { from = local("tiny") }\nrun { seed = 1 }\n'
    declarations = number = 0
    while text.count("\n", 0) < lines:
        number += 1
        unit = _UNIT.format(n=number, start=f"tuned_{number - 1}" if number > 1 else "base")
        declarations += 7
        if mistakes and declarations >= 10:
            unit = unit.replace(*_MISTAKES[number % len(_MISTAKES)], 1)
            declarations -= 10
        text += unit
    return text


def least(run: Callable[[], object], repeat: int) -> float:
    """CPU seconds of the fastest of some runs."""
    seconds = []
    for _ in range(repeat):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return min(seconds)


def whole(path: Path) -> float:
    """CPU seconds of `recipedsl check`, its start included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", MAIN, "check", str(path), "--root", str(path.parent)]
    subprocess.run(command, capture_output=True, check=False, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def parts(root: Path, text: str) -> dict[str, Callable[[], object]]:
    """What is measured, by name; each includes those before it as far as it needs them."""
    source, facts = Source("long.ftr", text), FileFacts(root)
    tokens = scan(source)[0]
    found = check_source(source, facts, Request()).problems.in_order()
    steps: dict[str, Callable[[], object]] = {
        "scan": lambda: scan(source),
        "layout": lambda: layout(source, tokens),
        "parse": lambda: parse(source),
        "check": lambda: check_source(source, facts, Request()),
        "render": lambda: render_terminal(found),
    }
    if not parse(source)[1].has_errors:
        steps["format"] = lambda: format_source(source)
    return steps


def measure(root: Path, sizes: list[int], repeat: int) -> Iterator[str]:
    """The rows of the table."""
    for mistakes in (False, True):
        yield f"\n{'with mistakes' if mistakes else 'without mistakes':<18}" + "".join(
            f"{name:>16}" for name in ("scan", "layout", "parse", "check", "render", "format", "process")
        )
        last: dict[str, float] = {}
        for lines in sizes:
            text = recipe(lines, mistakes=mistakes)
            path = root / "long.ftr"
            path.write_text(text, encoding="utf-8")
            seconds = {name: least(run, repeat) for name, run in parts(root, text).items()}
            seconds["process"] = min(whole(path) for _ in range(repeat))
            yield f"{text.count(chr(10)):>7,} lines     " + _row(seconds, last, LIMITS.get(lines))
            last = seconds


def _row(seconds: dict[str, float], last: dict[str, float], limit: float | None) -> str:
    cells = []
    for name in ("scan", "layout", "parse", "check", "render", "format", "process"):
        taken = seconds.get(name)
        growth = f" x{taken / max(last[name], 1e-6):.1f}" if taken is not None and name in last else ""
        cells.append(f"{'' if taken is None else f'{taken:.3f}'}{growth}".rjust(16))
    over = limit is not None and seconds["process"] > limit
    return "".join(cells) + (f"  over {limit} s" if over else "")


def main() -> None:
    """Measures and prints the table, or profiles one part of the longest recipe."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--lines", default="100,1000,10000")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--profile", choices=["scan", "layout", "parse", "check", "render", "format"])
    parser.add_argument("--mistakes", action="store_true", help="profile the recipe with mistakes")
    given = parser.parse_args()
    sizes = [int(each) for each in given.lines.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        row = {"question": "What is two and two?", "answer": "Four.", "topic": "sums", "score": 0.9}
        (root / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
        (root / "tiny").mkdir()
        if given.profile:
            run = parts(root, recipe(max(sizes), mistakes=given.mistakes))[given.profile]
            profile = cProfile.Profile()
            profile.runcall(run)
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
            return
        print("CPU seconds, smallest of", given.repeat)
        for line in measure(root, sizes, given.repeat):
            print(line, flush=True)


if __name__ == "__main__":
    main()
