"""Supervised fine-tuning: rows come rendered, masked and perhaps packed; TRL adds nothing to them."""

from __future__ import annotations

from typing import Any

from trl import SFTTrainer

from recipedsl.runtime.stages.arguments import configuration
from recipedsl.runtime.stages.checks import check_packing
from recipedsl.runtime.stages.rows import read_dataset, read_held
from recipedsl.runtime.stages.start import Beginning
from recipedsl.runtime.stages.task import Task

_COLUMNS = ("input_ids", "labels", "seq_lengths")


def make_trainer(task: Task, beginning: Beginning) -> Any:
    """The trainer of an `sft` stage.

    Raises:
        RecipeError: packed rows see each other in this model.
    """
    packing = task.tokens.packing
    longest = task.tokens.max_length or None
    ready = {"skip_prepare_dataset": True}
    settings = configuration(task, packing=packing, max_length=longest, dataset_kwargs=ready)
    trainer = SFTTrainer(
        model=beginning.model,
        args=settings,
        train_dataset=read_dataset(task, _COLUMNS),
        eval_dataset=read_held(task, _COLUMNS),
        processing_class=beginning.tokenizer,
        peft_config=beginning.peft,
    )
    if packing:
        check_packing(trainer)
    return trainer
