"""Reward modelling: a score at the stop token of whole conversations, chosen above rejected."""

from __future__ import annotations

from typing import Any

from trl import RewardTrainer

from recipedsl.runtime.loading import cut_after_stop, stop_ids
from recipedsl.runtime.stages.arguments import configuration
from recipedsl.runtime.stages.rows import read_dataset, with_zeros
from recipedsl.runtime.stages.start import Beginning
from recipedsl.runtime.stages.task import Task


def make_trainer(task: Task, beginning: Beginning) -> Any:
    """The trainer of a `reward` stage. Ready `chosen_ids` and `rejected_ids` pass TRL untouched."""
    rows = with_zeros(read_dataset(task, ("chosen_ids", "rejected_ids"), optional=("margin",)), "margin")
    stops = stop_ids(beginning.tokenizer, task.tokens.template.stop)

    def cut(row: dict[str, Any]) -> dict[str, Any]:
        return {name: cut_after_stop(row[name], stops) for name in ("chosen_ids", "rejected_ids")}

    return RewardTrainer(
        model=beginning.model,
        args=configuration(task, max_length=None),
        train_dataset=rows.map(cut, keep_in_memory=True),
        processing_class=beginning.tokenizer,
        peft_config=beginning.peft,
    )
