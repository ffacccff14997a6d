"""Checkpoints of stages that are not finished, as anybody can read them: nothing here imports torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

#: Written into a checkpoint last: whose it is, and that it is whole.
MARK = "recipedsl.json"


@dataclass(frozen=True)
class Checkpoint:
    """A complete checkpoint.

    Attributes:
        folder: where it lies.
        step: optimizer steps that were done.
        fingerprint: of the stage that it belongs to.
    """

    folder: Path
    step: int
    fingerprint: str


def newest(folder: Path) -> Checkpoint | None:
    """The complete checkpoint with most steps in a stage's working folder; None where there is none."""
    found = (_read(mark) for mark in folder.glob(f"checkpoint-*/{MARK}"))
    return max((each for each in found if each is not None), key=lambda each: each.step, default=None)


def _read(mark: Path) -> Checkpoint | None:
    """None for a mark that is none: what is half there does not count."""
    try:
        form = json.loads(mark.read_text("utf-8"))
        return Checkpoint(mark.parent, int(form["step"]), str(form["fingerprint"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
