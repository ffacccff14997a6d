"""How `decontaminate` compares with sets of n-grams of Python, as published scripts have it: CPU seconds.

    python benchmarks/decontamination.py [--rows 20000] [--held 2000] [--words 120] [--ngram 8] [--repeat 3]

Words are drawn by Zipf's law from one vocabulary, so that nearly every word is known to the index: the
hardest case. A tenth of the rows are texts of the evaluation. Both have to find the same rows.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from recipedsl.data.ngrams import Index

_WORD = re.compile(r"[^\W_]+")
_VOCABULARY = 50_000
_BATCH = 20_000


def texts(count: int, words: int, seed: int) -> list[str]:
    """Texts of words of one vocabulary, the frequent ones first."""
    draw = np.random.default_rng(seed)
    weights = 1 / np.arange(1, _VOCABULARY + 1)
    numbers = draw.choice(_VOCABULARY, (count, words), p=weights / weights.sum())
    return [" ".join(f"w{each}" for each in row) for row in numbers]


def by_sets(rows: list[str], held: list[str], size: int) -> list[int]:
    """Numbers of the rows that fall, with a set of tuples of words."""
    known = {gram for text in held for gram in _grams(text, size)}
    return [number for number, text in enumerate(rows) if not known.isdisjoint(_grams(text, size))]


def _grams(text: str, size: int) -> list[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return list(zip(*(words[place:] for place in range(size)), strict=False))


def by_index(rows: list[str], held: list[str], size: int) -> list[int]:
    """Numbers of the rows that fall, as the step finds them."""
    index, series = Index(pl.Series(held), size), pl.Series(rows)
    return [
        offset + number
        for offset in range(0, len(rows), _BATCH)
        for number in index.found(series[offset : offset + _BATCH], None)["text"]
    ]


def least(run: Callable[[], list[int]], repeat: int) -> tuple[float, list[int]]:
    """CPU seconds of the fastest of some runs, and what it found."""
    seconds, found = [], list[int]()
    for _ in range(repeat):
        start = time.process_time()
        found = run()
        seconds.append(time.process_time() - start)
    return min(seconds), found


def main() -> None:
    """Measures both and prints the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    for name, default in (("rows", 20_000), ("held", 2_000), ("words", 120), ("ngram", 8), ("repeat", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    held = texts(given.held, given.words, seed=1)
    rows = [*texts(given.rows - given.rows // 10, given.words, seed=2), *held[: given.rows // 10]]
    sets, first = least(lambda: by_sets(rows, held, given.ngram), given.repeat)
    index, second = least(lambda: by_index(rows, held, given.ngram), given.repeat)
    assert first == second, "both find the same rows"
    told = f"{len(rows):,} rows, {len(first):,} fall"
    print(f"{told}: sets {sets:.2f} s, index {index:.2f} s, x{sets / index:.1f}")


if __name__ == "__main__":
    main()
