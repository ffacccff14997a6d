"""The trainer's configuration: what the plan says, and what fits the machine."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from typing import Any

import torch

from recipedsl.diagnostics import Diagnostic, Help, RecipeError, nearest
from recipedsl.diagnostics.codes.run_stages import ArgumentRefused
from recipedsl.language.stages.base import DECIDED
from recipedsl.runtime.stages.task import Task


def configuration(task: Task, **extra: Any) -> Any:
    """The configuration object of the stage's trainer.

    Args:
        task: the stage.
        extra: what the method adds, strongest of all.

    Raises:
        RecipeError: the class refuses an argument or a value.
    """
    if task.node.config != task.node.trainer.replace("Trainer", "Config"):  # by hand: plans agree
        raise RecipeError(Diagnostic(ArgumentRefused, f"{task.node.trainer} takes no {task.node.config}"))
    kind = _class(task.node.config)
    given = {name: value for name, value in task.node.arguments.items() if value is not None}
    ours = {**_fixed(task), **extra}
    _check_free(task, given, ours)
    values = {**_defaults(task), **_renamed(given), **ours}
    known = {each.name for each in fields(kind) if each.init}
    unknown = sorted(set(values) - known)
    if unknown:
        raise _unknown(task.node.config, unknown[0], known)
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise _refused(task.node.config, error) from error


def _check_free(task: Task, given: dict[str, Any], ours: dict[str, Any]) -> None:
    """Nothing that a recipe sets is overruled in silence. Raises RecipeError."""
    taken = sorted(name for name, value in given.items() if name in DECIDED and ours.get(name) != value)
    if taken:
        instead = f"; {DECIDED[taken[0]]} decides" if DECIDED[taken[0]] else ""
        help_ = Help(f"leave it out{instead}")
        message = f"`{taken[0]}` of {task.node.config} is not for a recipe to set"
        raise RecipeError(Diagnostic(ArgumentRefused, message, helps=(help_,)))


def _class(dotted: str) -> Any:
    module, _, name = dotted.rpartition(".")
    return getattr(import_module(module), name)


def _defaults(task: Task) -> dict[str, Any]:
    """What a recipe may change."""
    return {
        "gradient_checkpointing": task.machine.device != "cpu",  # on a CPU memory is not what lacks
        "logging_steps": 1,
        "logging_first_step": True,
        "dataloader_pin_memory": task.machine.device == "cuda",
    }


def _fixed(task: Task) -> dict[str, Any]:
    number, node = task.dtype, task.node
    return {
        "output_dir": str(task.work),
        "report_to": "none",
        "push_to_hub": False,
        "disable_tqdm": True,
        "use_cpu": task.machine.device == "cpu",
        "bf16": number is torch.bfloat16,
        "fp16": number is torch.float16,
        "seed": node.seed,
        "data_seed": node.seed,
        "logging_nan_inf_filter": False,  # it would hide the very thing that stops a stage
        "save_strategy": "steps" if node.save_every else "no",
        "save_steps": node.save_every or 500,
        "save_total_limit": 2,  # the one before stays until the newest is complete
        **_looks(task),
    }


def _looks(task: Task) -> dict[str, Any]:
    """When held-out rows are looked at; a share of an epoch becomes steps once its length is known."""
    looks = task.node.looks
    if looks is None:
        return {"eval_strategy": "no"}
    return {
        "eval_strategy": "epoch" if looks.epochs == 1 else "steps",
        "eval_steps": looks.steps or None,
        "eval_on_start": True,
        "per_device_eval_batch_size": task.node.arguments.get("per_device_train_batch_size", 8),
        "prediction_loss_only": True,
    }


def _renamed(given: dict[str, Any]) -> dict[str, Any]:
    """`warmup_ratio` went into `warmup_steps` with transformers 5: below 1 it is a share."""
    ratio = given.pop("warmup_ratio", None)
    return {**given, "warmup_steps": float(ratio)} if ratio else given


def _unknown(config: str, name: str, known: set[str]) -> RecipeError:
    close = nearest(name, known)
    helps = (Help(f"there is `{close}`"),) if close else ()
    return RecipeError(Diagnostic(ArgumentRefused, f"{config} has no argument `{name}`", helps=helps))


def _refused(config: str, error: Exception) -> RecipeError:
    return RecipeError(Diagnostic(ArgumentRefused, f"{config} refuses its arguments", notes=(str(error),)))
