"""The weights that a stage begins with, and what becomes of adapters on them.

| adapter_use  | start is | model handed to the trainer                  | the result lies on |
|--------------|----------|----------------------------------------------|--------------------|
| `none`       | full     | the start's weights, float32, all trained    | nothing            |
| `merge_full` | adapter  | start and adapter summed, float32, all trained | nothing          |
| `new`        | full     | the start's weights, frozen, and a new adapter | the start        |
| `merge_new`  | adapter  | the sum, frozen, and a new adapter           | `merged`           |
| `continue`   | adapter  | what the adapter lies on, frozen, and the adapter | the same      |

What is trained is always float32; what is frozen has the number format of the computation. All
methods re-load their reference from the folder that the model was loaded from, so that folder must
outlive the stage: the sum of `merge_full` is kept in the working folder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig

from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_stages import AdapterRefused
from recipedsl.language.adapters.lora import Lora
from recipedsl.plan.model import AdapterSpec
from recipedsl.runtime.loading import (
    Artefact,
    copy_tokenizer,
    load_adapted,
    load_plain,
    load_tokenizer,
    merge_adapter,
    read_artefact,
    relative_start,
    stop_ids,
)
from recipedsl.runtime.stages.task import Task

#: What peft calls every linear layer but the output.
ALL_LINEAR = "all-linear"

#: Of peft's settings those that the vocabulary has: others name modules to import, or files.
_SETTINGS = {each.argument for each in Lora.settings().values()} | {"modules_to_save"}


@dataclass(frozen=True)
class Beginning:
    """What a trainer is given to train.

    Attributes:
        model: the weights; a PeftModel if an adapter is continued.
        tokenizer: with a padding token.
        peft: of a new adapter, which the trainer itself puts on the model; else None.
        lies_on: what the result's adapter will lie on, relative to its folder; empty for full weights.
    """

    model: Any
    tokenizer: Any
    peft: Any
    lies_on: str


def begin(task: Task) -> Beginning:
    """Loads the start of a stage.

    Raises:
        RecipeError: weights that cannot be read, an adapter that does not fit.
    """
    start = read_artefact(task.folders[task.node.start])
    model, lies_on = _weights(task, start)
    tokenizer = load_tokenizer(task.folders[task.node.base])
    tokenizer.chat_template = task.template or tokenizer.chat_template
    _agree(model, tokenizer, task.tokens.template.stop)
    has_new = task.node.adapter_use in ("new", "merge_new")
    return Beginning(model, tokenizer, _peft(task) if has_new else None, lies_on)


def _weights(task: Task, start: Artefact) -> tuple[Any, str]:
    """The model, and what the result will lie on."""
    gives, attention = task.node.gives, task.base.attention
    match task.node.adapter_use, start.kind:
        case "none", "full":
            return load_plain(start.weights, gives, torch.float32, attention), ""
        case "new", "full":
            under = relative_start(start.folder, task.out)
            return load_plain(start.weights, gives, task.dtype, attention), under
        case "continue", "adapter" if start.under is not None and start.gives == gives:
            under = relative_start(_result_of(start), task.out)
            return load_adapted(start, task.dtype, attention, trainable=True), under
        case "merge_new", "adapter":
            merged = merge_adapter(start.folder, task.out / "merged", task.dtype)
            return load_plain(merged, gives, task.dtype, attention), "merged"
        case "merge_full", "adapter":
            merged = merge_adapter(start.folder, task.work / "start")
            return load_plain(merged, gives, torch.float32, attention), ""
    raise Bug(f"`{task.node.name}`: {task.node.adapter_use} on a start that is {start.kind} {start.gives}")


def _result_of(start: Artefact) -> Any:
    """The folder that a continued adapter's artefact has to name: a result, or its `merged`."""
    assert start.under is not None
    parent = start.under.parent
    return parent if start.under.name == "weights" and (parent / "artefact.json").exists() else start.under


def _peft(task: Task) -> LoraConfig:
    adapter = task.node.adapter
    if adapter is None:
        raise Bug(f"`{task.node.name}` wants a new adapter, but the plan describes none")
    foreign = sorted(set(adapter.settings) - _SETTINGS)
    if foreign:
        raise _adapter_refused(adapter, TypeError(f"a plan has no `{foreign[0]}`"))
    settings = {"target_modules": ALL_LINEAR, **adapter.settings}
    if settings["target_modules"] in ([ALL_LINEAR], (ALL_LINEAR,)):
        settings["target_modules"] = ALL_LINEAR  # peft knows the word, not a list with the word in it
    if task.node.gives == "reward":
        kept = settings.get("modules_to_save") or []
        settings |= {"task_type": "SEQ_CLS", "modules_to_save": list(dict.fromkeys([*kept, "score"]))}
    else:
        settings["task_type"] = "CAUSAL_LM"
    try:
        return LoraConfig(**settings)
    except (TypeError, ValueError) as error:
        raise _adapter_refused(adapter, error) from error


def _adapter_refused(adapter: AdapterSpec, error: Exception) -> RecipeError:
    return RecipeError(
        Diagnostic(
            AdapterRefused,
            f"the adapter `{adapter.keyword}` refuses its settings",
            notes=(str(error),),
            helps=(Help("`recipedsl explain lora` lists the settings"),),
        )
    )


def _agree(model: Any, tokenizer: Any, stop: str) -> None:
    """The model pads and stops with the tokens of the tokenizer and of the template."""
    model.config.get_text_config().pad_token_id = tokenizer.pad_token_id
    if getattr(model, "generation_config", None) is not None:
        model.generation_config.pad_token_id = tokenizer.pad_token_id
        model.generation_config.eos_token_id = stop_ids(tokenizer, stop)


def keep_tokenizer(task: Task, folder: Path) -> None:
    """Puts the base model's tokenizer beside saved weights, with the template that was trained on."""
    copy_tokenizer(task.folders[task.node.base], folder)
    if task.template:
        (folder / "chat_template.jinja").write_text(task.template, "utf-8")
        configuration = folder / "tokenizer_config.json"
        form = json.loads(configuration.read_text("utf-8"))
        if form.pop("chat_template", None) is not None:
            configuration.write_text(json.dumps(form, indent=2, ensure_ascii=False), "utf-8")
