"""How `decontaminate` compares with sets of n-grams of Python, as published scripts have it.

    python benchmarks/data/decontamination.py [--rows 100000] [--held 5000] [--ngram 8] [--runs 3]
                                              [--texts synthetic real] [--json]

A tenth of the rows hold eight words and more of an evaluation text. Both have to find the same rows; they
take turns in one process, and medians of seconds and processor seconds are printed. `script` is the usual
one: a set of tuples of words, and each row cut by a regular expression.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from recipedsl.data.ngrams import cut
from recipedsl.data.overlap import Index
from recipedsl.data.steps.texts import in_batches

sys.path[:0] = [str(Path(__file__).parent)]

from texts import texts  # noqa: E402

_WORD = re.compile(r"[^\W_]+")


def script(rows: pl.Series, held: pl.Series, size: int) -> list[int]:
    """Numbers of the rows that fall, with a set of tuples of words."""
    known = {gram for text in held.to_list() for gram in _grams(text, size)}
    return [number for number, text in enumerate(rows.to_list()) if not known.isdisjoint(_grams(text, size))]


def _grams(text: str, size: int) -> list[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return list(zip(*(words[place:] for place in range(size)), strict=False)) or [tuple(words)]


def index(rows: pl.Series, held: pl.Series, size: int) -> list[int]:
    """Numbers of the rows that fall, as the step finds them."""
    known = Index(size, iter([cut(held)]))
    found, offset = [], 0
    for batch in in_batches(rows.to_frame().lazy()):
        found += (known.found(cut(batch.to_series()), None).texts + offset).tolist()
        offset += len(batch)
    return found


WAYS = {"script": script, "index": index}


def measure(kind: str, given: argparse.Namespace) -> list[dict[str, Any]]:
    """A line for each way."""
    draw, whole = random.Random(5), texts(kind, given.rows + given.held)
    held, rows = whole[: given.held], whole[given.held :]
    for number in range(0, len(rows), 10):
        words = draw.choice(held).split(" ")
        start = draw.randrange(max(1, len(words) - 12))
        rows[number] += " " + " ".join(words[start : start + draw.randint(8, 40)])
    told: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    found = {}
    for _ in range(given.runs):
        for name, way in WAYS.items():
            start, cpu = time.perf_counter(), time.process_time()
            found[name] = way(pl.Series("text", rows), pl.Series(held), given.ngram)
            told[name].append((time.perf_counter() - start, time.process_time() - cpu))
    differ = len(set(found["script"]) ^ set(found["index"]))
    lines = []
    for name, runs in told.items():
        seconds, cpu = (statistics.median(each[place] for each in runs) for place in (0, 1))
        line = {"texts": kind, "rows": len(rows), "way": name, "fell": len(found[name]), "differ": differ}
        lines.append({**line, "seconds": seconds, "cpu": cpu})
    return lines


def main() -> None:
    """Measures and prints the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    for name, default in (("rows", 100_000), ("held", 5_000), ("ngram", 8), ("runs", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--texts", nargs="+", choices=("synthetic", "real"), default=["synthetic", "real"])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    lines = [line for kind in given.texts for line in measure(kind, given)]
    if given.json:
        print(json.dumps(lines))
        return
    print(f"polars {version('polars')}, numpy {version('numpy')}")
    for old, new in zip(lines[::2], lines[1::2], strict=True):
        told = f"{old['texts']:<10}{old['rows']:>9,} rows, {new['fell']:,} fall, {new['differ']} differ:"
        ratios = f"x{old['seconds'] / new['seconds']:.1f} (cpu x{old['cpu'] / new['cpu']:.1f})"
        times = [f"{each['way']} {each['seconds']:.2f} s (cpu {each['cpu']:.2f})" for each in (old, new)]
        print(told, *times, ratios)


if __name__ == "__main__":
    main()
