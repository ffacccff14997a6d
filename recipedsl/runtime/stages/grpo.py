"""Group relative policy optimisation: several answers to a prompt, judged against each other."""

from __future__ import annotations

from typing import Any

from trl import GRPOTrainer

from recipedsl.runtime.stages.online import ReadyPrompts, make_online_trainer
from recipedsl.runtime.stages.start import Beginning
from recipedsl.runtime.stages.task import Task


class ReadyGRPOTrainer(ReadyPrompts, GRPOTrainer):  # type: ignore[misc]  # trl is not followed by mypy
    """TRL's trainer on ready prompts."""


def make_trainer(task: Task, beginning: Beginning) -> Any:
    """The trainer of a `grpo` stage."""
    return make_online_trainer(ReadyGRPOTrainer, task, beginning)
