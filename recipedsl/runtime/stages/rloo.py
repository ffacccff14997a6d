"""REINFORCE leave-one-out: each answer's baseline is the mean reward of the others to its prompt."""

from __future__ import annotations

from typing import Any

from trl import RLOOTrainer

from recipedsl.runtime.stages.online import ReadyPrompts, make_online_trainer
from recipedsl.runtime.stages.start import Beginning
from recipedsl.runtime.stages.task import Task


class ReadyRLOOTrainer(ReadyPrompts, RLOOTrainer):  # type: ignore[misc]  # trl is not followed by mypy
    """TRL's trainer on ready prompts."""


def make_trainer(task: Task, beginning: Beginning) -> Any:
    """The trainer of an `rloo` stage."""
    return make_online_trainer(ReadyRLOOTrainer, task, beginning)
