"""Turns what the trainer reports into events, and stops it where it must stop."""

from __future__ import annotations

import json
import math
import shutil
import time
from collections import deque
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_stages import CheckpointMismatch, LossNotFinite
from recipedsl.runtime.checkpoints import MARK, newest
from recipedsl.runtime.events import Checkpoint, Step
from recipedsl.runtime.stages.task import Task

_OWN_FIELDS = ("loss", "learning_rate", "epoch", "num_tokens", "step")
_RECENT_STEPS = 20

#: Seconds between checkpoints where the recipe does not say after how many steps.
SAVE_SECONDS = 300.0


class Progress(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy
    """Writes events, marks checkpoints as complete, stops at a broken loss and when asked to.

    Args:
        task: the stage.
        tokens: seen before, when training goes on from a checkpoint.
    """

    def __init__(self, task: Task, tokens: int = 0) -> None:
        self.task = task
        self.tokens = tokens
        self._recent: deque[tuple[float, int, int]] = deque(maxlen=_RECENT_STEPS)
        self._saved = time.monotonic()

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Starts the clock."""
        self._recent.append((time.monotonic(), state.global_step, self.tokens))

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Asks for a checkpoint when it is time, and for an end too when a signal came in."""
        is_late = not self.task.node.save_every and time.monotonic() - self._saved > SAVE_SECONDS
        control.should_save = control.should_save or (is_late and state.global_step < state.max_steps)
        if self.task.stop.asked and state.global_step < state.max_steps:
            control.should_save = True
            control.should_training_stop = True

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:  # noqa: ARG002
        """Tells of a step. Raises RecipeError when its loss is no number."""
        if not logs or "loss" not in logs:
            return
        _check_finite(self.task, logs, state.global_step)
        self.tokens = int(logs.get("num_tokens") or self.tokens)
        self._recent.append((time.monotonic(), state.global_step, self.tokens))
        rate, left = self._speed(state.max_steps)
        self.task.events.write(
            Step(
                stage=self.task.node.name,
                step=state.global_step,
                steps=state.max_steps,
                loss=float(logs["loss"]),
                learning_rate=logs.get("learning_rate"),
                tokens=self.tokens,
                tokens_per_second=rate,
                seconds_left=left,
                metrics=_metrics(logs),
            )
        )

    def _speed(self, steps: int) -> tuple[float, float]:
        """Tokens a second and seconds left, over the last steps."""
        (began, first, tokens_then), (now, last, tokens) = self._recent[0], self._recent[-1]
        seconds = max(now - began, 1e-9)
        a_step = seconds / max(last - first, 1)
        return (tokens - tokens_then) / seconds, a_step * max(steps - last, 0)

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Marks the checkpoint that was just written as complete."""
        self._saved = time.monotonic()
        folder = self.task.work / f"checkpoint-{state.global_step}"
        shutil.copyfile(self.task.events.path, folder / "events.jsonl")
        mark = {"fingerprint": self.task.node.fingerprint, "step": state.global_step}
        scrap = folder / f"{MARK}.part"
        scrap.write_text(json.dumps(mark), "utf-8")
        scrap.replace(folder / MARK)
        event = Checkpoint(stage=self.task.node.name, step=state.global_step, steps=state.max_steps)
        self.task.events.write(event)


def _metrics(logs: dict[str, Any]) -> dict[str, float]:
    numbers = {name: value for name, value in logs.items() if isinstance(value, int | float)}
    return {name: float(value) for name, value in numbers.items() if name not in _OWN_FIELDS}


def _check_finite(task: Task, logs: dict[str, Any], step: int) -> None:
    # With float16 a gradient that overflows is met on purpose: the scaler skips that step.
    names = ("loss",) if task.base.dtype == "f16" else ("loss", "grad_norm")
    broken = [name for name in names if name in logs and not math.isfinite(float(logs[name]))]
    if broken:
        what = "loss" if "loss" in broken else "gradient"
        raise RecipeError(
            Diagnostic(
                LossNotFinite,
                f"the {what} of `{task.node.name}` is not finite at step {step}",
                notes=(f"learning rate at that step: {logs.get('learning_rate')}",),
                helps=(Help("try a learning rate ten times smaller, or `dtype = f32`"),),
            )
        )


def last_checkpoint(task: Task) -> Path | None:
    """The newest complete checkpoint of this very stage; None when there is none.

    Raises:
        RecipeError: the working folder holds checkpoints of another plan.
    """
    found = newest(task.work)
    if found is None:
        return None
    if found.fingerprint != task.node.fingerprint:
        raise RecipeError(
            Diagnostic(
                CheckpointMismatch,
                f"the checkpoint found for `{task.node.name}` belongs to another plan",
                notes=(f"folder: {found.folder}",),
                helps=(Help("remove that folder to begin anew"),),
            )
        )
    return found.folder


def recall(task: Task, checkpoint: Path, trainer: Any) -> int:
    """Takes up what a checkpoint does not restore by itself: the events so far, the tokens seen.

    Returns:
        Tokens seen until then.
    """
    if not task.events.path.exists():
        shutil.copyfile(checkpoint / "events.jsonl", task.events.path)
    history = json.loads((checkpoint / "trainer_state.json").read_text("utf-8"))["log_history"]
    tokens = int(max((entry.get("num_tokens") or 0 for entry in history), default=0))
    trainer._total_train_tokens = tokens  # most trainers count from zero again
    return tokens
