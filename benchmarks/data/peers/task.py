"""What every contender does, and how it tells of it; needs the standard library alone.

    python peers/NAME.py FOLDER OUT PIPELINE [jsonl|parquet]

`rules`: both files, the rules below -> rows.parquet.
`filters`: the same, exact duplicates by question out (the first stays).
`recipe`: of each file apart the same and at most `cap` rows a topic; 70% of one and 30% of the other, `size`
together, drawn and in a drawn order, as messages; 95% in train.parquet, the rest in held.parquet.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resident import peak

REFUSAL = r"(?i)\bas an ai\b|\bi cannot help\b"
COLUMNS = ("id", "question", "answer", "topic", "difficulty", "language", "score", "created", "source")
SHARES = {"a": 0.7, "b": 0.3}
TRAIN = 0.95


@dataclass(frozen=True)
class Task:
    """What is asked for.

    Attributes:
        folder: with `a.jsonl`, `b.jsonl` and `task.json`.
        out: an empty folder.
        pipeline: `rules`, `filters` or `recipe`.
        cap: rows a topic of a file.
        size: rows of the mixture.
        form: of the files: `jsonl` or `parquet`.
    """

    folder: Path
    out: Path
    pipeline: str
    cap: int
    size: int
    form: str = "jsonl"

    @property
    def files(self) -> dict[str, str]:
        return {name: str(self.folder / f"{name}.{self.form}") for name in SHARES}

    @property
    def counts(self) -> dict[str, int]:
        """Rows of the mixture by file."""
        return {name: round(share * self.size) for name, share in SHARES.items()}

    @property
    def train(self) -> int:
        return round(TRAIN * self.size)


def carry_out(ways: Mapping[str, Callable[[Task], object]]) -> None:
    """Does what the command line asks for; prints as JSON seconds, and this process's peak in MB."""
    folder, out, pipeline = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    asked = json.loads((folder / "task.json").read_text())
    task = Task(folder, out, pipeline, **asked, form=sys.argv[4] if sys.argv[4:] else "jsonl")
    started, before = time.perf_counter(), os.times()
    told = ways[pipeline](task)
    seconds, after = time.perf_counter() - started, os.times()
    found = {
        "seconds": seconds,
        "processor": sum(after[:4]) - sum(before[:4]),  # of children too
        "peak": peak() / 1e6,
        "told": told if isinstance(told, dict) else {},
    }
    print(json.dumps(found))


# --- the rules in Python --------------------------------------------------------------------------------

_refusal = re.compile(REFUSAL)


def is_english(row: Mapping[str, Any]) -> bool:
    return bool(row["language"] == "en")


def is_scored(row: Mapping[str, Any]) -> bool:
    return row["score"] is not None and row["score"] >= 0.3


def has_texts(row: Mapping[str, Any]) -> bool:
    question, answer = row["question"], row["answer"]
    return (
        question is not None
        and 10 <= len(question) <= 400
        and answer is not None
        and 80 <= len(answer) <= 4000
    )


def has_words(row: Mapping[str, Any]) -> bool:
    return 15 <= len(row["answer"].split()) <= 600


def is_answered(row: Mapping[str, Any]) -> bool:
    return _refusal.search(row["answer"]) is None


RULES = (is_english, is_scored, has_texts, has_words, is_answered)


def is_good(row: Mapping[str, Any]) -> bool:
    """All rules, one after another."""
    return all(rule(row) for rule in RULES)


def normalised(question: str) -> str:
    return " ".join(question.lower().split())


def messages(row: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"role": "user", "content": row["question"]}, {"role": "assistant", "content": row["answer"]}]
