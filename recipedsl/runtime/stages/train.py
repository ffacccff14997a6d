"""Carries out one stage: begin, try out, train, save."""

from __future__ import annotations

import math
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from transformers import PrinterCallback, TrainerCallback, set_seed

from recipedsl.diagnostics import Bug, Diagnostic, RecipeError
from recipedsl.diagnostics.codes.run_stages import TrainerUnknown
from recipedsl.runtime.events import Done, Save, Start
from recipedsl.runtime.stages.checks import check_disk, check_saving, try_longest, weights_of
from recipedsl.runtime.stages.looks import Looking, looks_of, set_looks, steps_per_epoch
from recipedsl.runtime.stages.problems import explained
from recipedsl.runtime.stages.progress import Progress, last_checkpoint, recall
from recipedsl.runtime.stages.result import finish, is_adapted, loss_curve, save_weights
from recipedsl.runtime.stages.start import Beginning, begin
from recipedsl.runtime.stages.task import Interrupted, Task

#: Module that makes each trainer ready; imported when it is needed, for TRL takes seconds.
TRAINERS = {
    "trl.SFTTrainer": "sft",
    "trl.RewardTrainer": "reward",
    "trl.DPOTrainer": "dpo",
    "trl.KTOTrainer": "kto",
    "trl.GRPOTrainer": "grpo",
    "trl.RLOOTrainer": "rloo",
}

_ONLINE = ("grpo", "rloo")


def run_stage(task: Task) -> dict[str, Any]:
    """Trains a stage and writes its result into `task.out`.

    Returns:
        The facts, also written as `facts.json`.

    Raises:
        RecipeError: anything a user can do something about.
        Interrupted: it was asked to stop; a checkpoint lies in `task.work`.
    """
    with explained(task.node.name):
        return _run(task)


def _run(task: Task) -> dict[str, Any]:
    began = time.monotonic()
    task.work.mkdir(parents=True, exist_ok=True)
    task.out.mkdir(parents=True, exist_ok=True)
    checkpoint = last_checkpoint(task)
    set_seed(task.node.seed)
    beginning = begin(task)
    trainer = make_trainer(task, beginning)
    _limit_steps(task, trainer)
    set_looks(task, trainer, again=checkpoint is not None)
    _check_reference(task, trainer)
    if checkpoint is None:
        _try_out(task, trainer)
    _train(task, trainer, checkpoint)
    facts = {**_facts(task, trainer), "seconds": round(time.monotonic() - began, 3)}
    _save(task, trainer, beginning, facts)
    return facts


def make_trainer(task: Task, beginning: Beginning) -> Any:
    """The trainer of the stage. Raises RecipeError when there is no way to run it."""
    name = TRAINERS.get(task.node.trainer)
    if name is None:
        raise RecipeError(Diagnostic(TrainerUnknown, f"there is no way to run {task.node.trainer}"))
    method = import_module(f"recipedsl.runtime.stages.{name}")
    trainer = method.make_trainer(task, beginning)
    trainer.remove_callback(PrinterCallback)
    return trainer


def _limit_steps(task: Task, trainer: Any) -> None:
    """Where epochs and steps are both given, the one that ends first counts.

    transformers lets `max_steps` win, so that a limit above the epochs would train longer.
    """
    settings = trainer.args
    if {"max_steps", "num_train_epochs"} <= task.node.arguments.keys():
        whole = math.ceil(settings.num_train_epochs * steps_per_epoch(trainer))
        settings.max_steps = min(settings.max_steps, whole)


def _try_out(task: Task, trainer: Any) -> None:
    check_disk(task, trainer)
    check_saving(task, trainer)
    is_offline = TRAINERS[task.node.trainer] not in _ONLINE
    if task.machine.device == "cuda" and is_offline:
        try_longest(trainer)


def _train(task: Task, trainer: Any, checkpoint: Path | None) -> None:
    tokens = recall(task, checkpoint, trainer) if checkpoint else 0
    _raise_if_asked(task)
    trainer.add_callback(Progress(task, tokens))
    if task.node.looks is not None:
        trainer.add_callback(Looking(task, task.node.looks))
    trainer.add_callback(Announcer(task, trainer.model))
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if trainer.state.global_step < trainer.state.max_steps:
        _raise_if_asked(task)


def _raise_if_asked(task: Task) -> None:
    if task.stop.asked:
        raise Interrupted


class Announcer(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy
    """Tells that training begins, once its length is known."""

    def __init__(self, task: Task, model: Any) -> None:
        self.task = task
        self.model = model

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Writes the event."""
        trained, whole = weights_of(self.model)
        self.task.events.write(
            Start(
                stage=self.task.node.name,
                step=state.global_step,
                steps=state.max_steps,
                trainable=trained,
                parameters=whole,
                device=self.task.machine.name,
                dtype=_name(self.task.dtype),
            )
        )


def _check_reference(task: Task, trainer: Any) -> None:
    """What the trainer compares with is what the plan says. Raises Bug."""
    adapters = set(trainer.model.peft_config) if is_adapted(trainer.model) else set()
    if getattr(trainer, "ref_model", None) is not None:
        found = "start"
    elif task.node.reference == "start" and getattr(trainer, "precompute_ref_logps", False):
        found = "start"  # computed ahead from the start's weights, then freed
    elif "ref" in adapters:
        found = "frozen_adapter"
    else:
        found = "adapter_off" if adapters else "none"
    if task.node.reference not in (found, "none"):
        raise Bug(f"`{task.node.name}`: the plan's reference is {task.node.reference}, the trainer's {found}")


def _facts(task: Task, trainer: Any) -> dict[str, Any]:
    curve = loss_curve(trainer.state.log_history)
    trained, whole = weights_of(trainer.model)
    rewards = getattr(trainer, "recipe_rewards", None)
    tokens = [entry["num_tokens"] for entry in trainer.state.log_history if entry.get("num_tokens")]
    return {
        "steps": trainer.state.global_step,
        "loss": curve[-1][1] if curve else None,
        "losses": curve,
        **({"looks": looks_of(trainer.state.log_history)} if task.node.looks else {}),
        "tokens": int(max(tokens, default=0)),
        "trainable": trained,
        "parameters": whole,
        "rewards": rewards.facts() if rewards else {},
        "reference": task.node.reference,
        "device": task.machine.name,
        "dtype": _name(task.dtype),
    }


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _save(task: Task, trainer: Any, beginning: Beginning, facts: dict[str, Any]) -> None:
    state, name = trainer.state, task.node.name
    task.events.write(Save(stage=name, step=state.global_step, steps=state.max_steps))
    save_weights(task, trainer, task.out / "weights", _from_weights(beginning.lies_on))
    kind = "adapter" if is_adapted(trainer.model) else "full"
    task.events.write(
        Done(
            stage=name,
            step=state.global_step,
            steps=state.max_steps,
            loss=facts["loss"],
            seconds=facts["seconds"],
        )
    )
    finish(task, facts, kind=kind, lies_on=beginning.lies_on)


def _from_weights(lies_on: str) -> str:
    """The same folder, seen from `weights/`."""
    return f"../{lies_on}" if lies_on else ""
