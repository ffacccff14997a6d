"""Scores by a reward model that an earlier stage trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from recipedsl.runtime.scores.texts import Prompts, Rows


class Judge(Protocol):
    """What scores conversations; `recipedsl.runtime.loading.RewardModel` is the real one."""

    def score(self, conversations: list[list[dict[str, Any]]]) -> Sequence[float]:
        """A number for each conversation; larger is better."""
        ...


class ByModel:
    """The number that a reward model gives the prompt with the answer; larger is better."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    def __call__(self, answers: list[str], rows: Rows, prompts: Prompts) -> list[float | None]:  # noqa: ARG002 - the protocol's signature
        """One score for each answer."""
        turns = ({"role": "assistant", "content": answer} for answer in answers)
        return [*self.judge.score([[*prompt, turn] for prompt, turn in zip(prompts, turns, strict=True)])]


def load_judge(folder: Path) -> Judge:
    """The reward model of a stage's result folder. Imports torch."""
    from recipedsl.runtime.loading import RewardModel

    return RewardModel(folder)
