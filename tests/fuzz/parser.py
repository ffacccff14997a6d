"""Coverage-guided fuzzing of the scanner, the parser and the formatter.

    python -m venv /tmp/fuzzing && /tmp/fuzzing/bin/pip install atheris && /tmp/fuzzing/bin/pip install -e .
    /tmp/fuzzing/bin/python -m tests.fuzz.parser [folder of inputs] -max_total_time=300

Atheris (https://github.com/google/atheris) is no dependency of the tests. A text that breaks an
invariant of `tests/syntax/invariants.py` is written to `crash-…` in the current folder; it becomes a
case of the suite. Seeds are the recipes and the golden cases; they are copied to the folder of inputs
(one that is thrown away unless it is named), where new inputs are kept too. All options of libFuzzer
may follow.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["recipedsl.syntax", "lark.parsers"]):
    from tests.syntax.invariants import check_text

ROOT = Path(__file__).parents[2]


def test_one_input(content: bytes) -> None:
    """What the fuzzer calls with every input."""
    check_text(content.decode("utf-8", errors="replace"))


def main() -> None:
    """Runs until the time is over or something breaks."""
    options = [each for each in sys.argv[1:] if each.startswith("-")]
    folders = [each for each in sys.argv[1:] if not each.startswith("-")]
    folder = Path(folders[0]) if folders else Path(tempfile.mkdtemp(prefix="inputs-"))
    folder.mkdir(parents=True, exist_ok=True)
    seeds = [*ROOT.glob("recipes/*.ftr"), *ROOT.glob("tests/cases/**/*.ftr")]
    for number, seed in enumerate(sorted(seeds)):
        (folder / f"seed-{number}").write_bytes(seed.read_bytes())
    atheris.Setup([sys.argv[0], str(folder), *options], test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
