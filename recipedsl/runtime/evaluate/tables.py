"""What an evaluation reads: rows, their tokens, and which of them are judged."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyarrow import parquet

from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_scores import NothingToJudge
from recipedsl.plan.model import Input
from recipedsl.runtime.tokens import open_tokens


@dataclass(frozen=True, slots=True)
class Labelled:
    """A row ready for its loss: token ids and labels of equal length, -100 where not trained."""

    row: int
    ids: list[int]
    labels: list[int]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A row ready for an answer: the messages, and their token ids that end where the answer begins."""

    row: int
    messages: list[dict[str, Any]]
    ids: list[int]


def read_rows(folder: Path, data: Input) -> list[dict[str, Any]]:
    """The rows of a dataset, all columns, in the order of the file."""
    rows: list[dict[str, Any]] = parquet.read_table(folder / f"{data.part or 'rows'}.parquet").to_pylist()
    return rows


def read_labelled(folder: Path) -> list[Labelled]:
    """The rows of a tokens node of purpose `sft`.

    Raises:
        Bug: rows are packed, so that they cannot be told apart.
    """
    table = open_tokens(folder / "tokens.arrow", ("input_ids", "labels", "row")).to_pylist()
    if any(isinstance(each["row"], list) for each in table):
        raise Bug("an evaluation was given packed rows")
    return [Labelled(each["row"], each["input_ids"], each["labels"]) for each in table]


def read_prompts(folder: Path) -> list[Prompt]:
    """The rows of a tokens node of purpose `prompt`."""
    table = open_tokens(folder / "tokens.arrow", ("prompt", "prompt_ids", "row")).to_pylist()
    return [Prompt(each["row"], _messages(each["prompt"]), each["prompt_ids"]) for each in table]


def _messages(prompt: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the keys that Arrow adds to make all messages alike."""
    return [{key: value for key, value in message.items() if value is not None} for message in prompt]


def choose_rows(count: int, most: int, seed: int) -> list[int]:
    """Numbers of the rows that are judged, in order.

    Args:
        count: of all rows.
        most: at most so many, the first of a seeded shuffle; 0 means all.
        seed: of the shuffle.

    Raises:
        RecipeError: there are no rows.
    """
    if not count:
        help_ = Help("`recipedsl plan` shows how many rows each step leaves")
        raise RecipeError(Diagnostic(NothingToJudge, "there is no row to judge models on", helps=(help_,)))
    if not most or most >= count:
        return list(range(count))
    return sorted(random.Random(seed).sample(range(count), most))
