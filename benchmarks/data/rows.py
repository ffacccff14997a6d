"""Rows to prepare: seeded, with the faults that real ones have, as JSON Lines in two files.

    python benchmarks/data/rows.py 100000 FOLDER [--seed 7]

Questions and answers of drawn words, as rare as words are (Zipf); answers of some 780 characters. Of a
hundred rows five are copies (of half of them the question differs in case and white space), one has no
question and one no answer, one has an empty answer, two refuse, eight hold code, one has no score and
one no language. `a.jsonl` has 60% of them, `b.jsonl` the rest.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

TOPICS = tuple(f"topic {number}" for number in range(20))
LANGUAGES, SHARES = ("en", "es", "fr", "de", "zh"), (0.85, 0.04, 0.04, 0.04, 0.03)
REFUSALS = ("As an AI, I have no opinion on this. ", "I'm sorry, but I cannot help with that. ")
_WORDS = 30_000
_AT_ONCE = 10_000  # rows drawn together
_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))

Row = dict[str, Any]


def write(count: int, folder: Path, seed: int = 7) -> None:
    """Writes the two files."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = generated(count, seed)
    for name, share in (("a.jsonl", 0.6), ("b.jsonl", 0.4)):
        with (folder / name).open("w", encoding="utf-8") as stream:
            for _ in range(round(count * share)):
                stream.write(json.dumps({**next(rows), "source": name[0]}, ensure_ascii=False) + "\n")


def generated(count: int, seed: int) -> Iterator[Row]:
    """All rows in order."""
    draw = np.random.default_rng(seed)
    words = np.array(_words(draw))
    weights = 1 / np.arange(1, _WORDS + 1)
    kept: list[Row] = []
    for first in range(0, count, _AT_ONCE):
        drawn = _rows(min(_AT_ONCE, count - first), draw, words, weights / weights.sum())
        for number, fresh in enumerate(drawn, start=first):
            if kept and draw.random() < 0.05:
                yield _copy(kept[int(draw.integers(len(kept)))], number, draw)
                continue
            row = {**fresh, "id": number}
            if len(kept) < _AT_ONCE:
                kept.append(row)
            yield row


def _words(draw: np.random.Generator) -> list[str]:
    lengths = draw.integers(2, 10, _WORDS)
    return ["".join(draw.choice(_LETTERS, length)) for length in lengths]


def _rows(
    count: int, draw: np.random.Generator, words: np.ndarray[Any, Any], weights: np.ndarray[Any, Any]
) -> Iterator[Row]:
    questions, answers = (
        draw.integers(4, 24, count),
        np.clip(draw.lognormal(4.6, 0.7, count), 1, 1500).astype(int),
    )
    drawn = words[draw.choice(_WORDS, int(questions.sum() + answers.sum()), p=weights)]
    topics = np.minimum(draw.zipf(1.4, count), len(TOPICS)) - 1
    languages, chances = draw.choice(5, count, p=SHARES), draw.random((count, 7))
    place = 0
    for number in range(count):
        question = " ".join(drawn[place : place + questions[number]]) + "?"
        place += questions[number]
        answer = " ".join(drawn[place : place + answers[number]]) + "."
        place += answers[number]
        yield _row(
            question, answer, TOPICS[topics[number]], LANGUAGES[languages[number]], chances[number].tolist()
        )


def _row(question: str, answer: str, topic: str, language: str, chances: list[float]) -> Row:
    if chances[0] < 0.02:
        answer = REFUSALS[chances[0] < 0.01] + answer
    elif chances[0] < 0.1:
        answer = f'Use "this":\n```python\n{answer[:60]}\n```\n{answer}'
    return {
        "id": 0,
        "question": None if chances[1] < 0.01 else question,
        "answer": None if chances[2] < 0.01 else "" if chances[2] < 0.02 else answer,
        "topic": topic,
        "difficulty": ("easy", "medium", "hard")[int(chances[3] * 3)],
        "language": None if chances[4] < 0.01 else language,
        "score": None if chances[5] < 0.01 else round(chances[6], 6),
        "created": f"2024-{1 + int(chances[3] * 12):02}-{1 + int(chances[6] * 28):02}",
    }


def _copy(row: Row, number: int, draw: np.random.Generator) -> Row:
    question = row["question"]
    if question and draw.random() < 0.5:
        question = "  " + question.upper().replace(" ", "  ", 2)
    return {**row, "id": number, "question": question}


def main() -> None:
    """Writes what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rows", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    write(options.rows, options.folder, options.seed)


if __name__ == "__main__":
    main()
