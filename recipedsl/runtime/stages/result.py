"""Writes what a stage leaves behind. `artefact.json` comes last: without it there is no result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from peft import PeftModel

from recipedsl.runtime.stages.start import keep_tokenizer
from recipedsl.runtime.stages.task import Task

#: Points of the loss curve that are kept in the facts.
_CURVE_POINTS = 200


def is_adapted(model: Any) -> bool:
    """Whether the model is weights with an adapter."""
    return isinstance(model, PeftModel)


def bare_model(model: Any) -> Any:
    """The model without its adapter's wrapper."""
    return model.get_base_model() if is_adapted(model) else model


def save_weights(task: Task, trainer: Any, folder: Path, lies_on: str) -> None:
    """Writes weights and tokenizer in safetensors; of an adapter, the adapter alone.

    Args:
        task: the stage.
        trainer: holds the model.
        folder: where to; made if it is not there.
        lies_on: relative folder that an adapter lies on, kept in its configuration in place of the
            absolute one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = trainer.accelerator.unwrap_model(trainer.model)
    if is_adapted(model):
        model.save_pretrained(folder, selected_adapters=["default"])
        _make_relative(folder / "adapter_config.json", lies_on)
    else:
        model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # peft's card; the result has a card of its own
    keep_tokenizer(task, folder)


def _make_relative(path: Path, lies_on: str) -> None:
    form = json.loads(path.read_text("utf-8"))
    form["base_model_name_or_path"] = lies_on
    path.write_text(json.dumps(form, indent=2, sort_keys=True), "utf-8")


def finish(task: Task, facts: dict[str, Any], *, kind: str, lies_on: str) -> None:
    """Writes the facts, then the artefact's description."""
    write_json(task.out / "facts.json", facts)
    form = {"kind": kind, "gives": task.node.gives, "start": lies_on}
    write_json(task.out / "artefact.json", form)


def write_json(path: Path, form: Any) -> None:
    """Writes JSON so that a reader sees all of it or none."""
    scrap = path.with_name(path.name + ".part")
    scrap.write_text(json.dumps(form, indent=2, ensure_ascii=False, allow_nan=False), "utf-8")
    scrap.replace(path)


def loss_curve(history: list[dict[str, Any]]) -> list[list[float]]:
    """`[step, loss]` of the trainer's log, thinned evenly; the first and the last point are kept."""
    points = [[entry["step"], float(entry["loss"])] for entry in history if "loss" in entry]
    if len(points) <= _CURVE_POINTS:
        return points
    last = len(points) - 1
    places = sorted({round(number * last / (_CURVE_POINTS - 1)) for number in range(_CURVE_POINTS)})
    return [points[place] for place in places]
