"""Looks at held-out rows while a stage trains: when, what they tell, and whether it goes on."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from transformers import TrainerCallback

from recipedsl.plan.model import Looks
from recipedsl.runtime.events import Look
from recipedsl.runtime.stages.task import Task

_LOSS = "eval_loss"

#: What the trainer measures of itself, which says nothing of the model.
_TIMES = ("eval_runtime", "eval_samples_per_second", "eval_steps_per_second")


def steps_per_epoch(trainer: Any) -> int:
    """Optimizer steps in which every row is trained on once."""
    batches, turns = len(trainer.get_train_dataloader()), int(trainer.args.gradient_accumulation_steps)
    return max(1, -(-batches // turns))


def set_looks(task: Task, trainer: Any, *, again: bool) -> None:
    """Makes a trainer ready to look: shares of an epoch become steps, and no draw of the training changes.

    A stage that goes on has looked before its first step.

    Args:
        task: the stage.
        trainer: not begun.
        again: whether it goes on from a checkpoint.
    """
    looks = task.node.looks
    if looks is None:
        return
    trainer.evaluate = _undrawn(trainer.evaluate)
    trainer.args.eval_on_start = not again
    if 0 < looks.epochs < 1:
        trainer.args.eval_steps = max(1, round(looks.epochs * steps_per_epoch(trainer)))


def _undrawn(evaluate: Callable[..., Any]) -> Callable[..., Any]:
    """An evaluation that takes no random number from the training: its loader draws a seed for itself."""

    @wraps(evaluate)
    def look(*arguments: Any, **options: Any) -> Any:
        with torch.random.fork_rng():
            return evaluate(*arguments, **options)

    return look


class Looking(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy
    """Tells of every look, takes the last one at the end, and ends a training that gets no better.

    What was seen is read from the trainer's log, which checkpoints keep: an interrupted stage counts on.
    """

    def __init__(self, task: Task, looks: Looks) -> None:
        self.task = task
        self.looks = looks

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Asks for a look at the end; where looks come by the epoch, that is one already."""
        if self.looks.epochs != 1 and state.global_step >= state.max_steps:
            control.should_evaluate = True

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **kwargs: Any) -> None:  # noqa: ARG002
        """Writes the event, and stops where patience is at its end."""
        seen = looks_of(state.log_history)
        left = self._left([loss for _, loss in seen])
        self.task.events.write(
            Look(
                stage=self.task.node.name,
                step=state.global_step,
                steps=state.max_steps,
                loss=_number(metrics.get(_LOSS)),
                best=min((loss for _, loss in seen if loss is not None), default=None),
                left=left or 0,
                metrics=_others(metrics),
            )
        )
        if left == 0:
            control.should_training_stop = True

    def _left(self, losses: list[float | None]) -> int | None:
        """Looks that may still be no better; None where any number may."""
        if not self.looks.patience:
            return None
        known = [math.inf if loss is None else loss for loss in losses]
        since = len(known) - 1 - known.index(min(known))
        return max(0, self.looks.patience - since)


def looks_of(history: list[dict[str, Any]]) -> list[tuple[int, float | None]]:
    """Step and loss of every look in a trainer's log; a loss that is no number is None."""
    return [(int(entry["step"]), _number(entry[_LOSS])) for entry in history if _LOSS in entry]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _others(metrics: dict[str, Any]) -> dict[str, float]:
    numbers = {name: _number(value) for name, value in metrics.items() if name not in (_LOSS, *_TIMES)}
    return {
        name.removeprefix("eval_"): value
        for name, value in numbers.items()
        if value is not None and name != "epoch"
    }
