"""Reward modelling: a score at the stop token of whole conversations, chosen above rejected."""

from __future__ import annotations

from typing import Any

from trl import RewardTrainer

from recipedsl.runtime.loading import cut_after_stop, stop_ids
from recipedsl.runtime.stages.arguments import configuration
from recipedsl.runtime.stages.rows import read_dataset, read_held, with_zeros
from recipedsl.runtime.stages.start import Beginning
from recipedsl.runtime.stages.task import Task

_COLUMNS = ("chosen_ids", "rejected_ids")


def make_trainer(task: Task, beginning: Beginning) -> Any:
    """The trainer of a `reward` stage. Ready `chosen_ids` and `rejected_ids` pass TRL untouched."""
    stops = stop_ids(beginning.tokenizer, task.tokens.template.stop)

    def cut(row: dict[str, Any]) -> dict[str, Any]:
        return {name: cut_after_stop(row[name], stops) for name in ("chosen_ids", "rejected_ids")}

    def ready(rows: Any) -> Any:
        return None if rows is None else with_zeros(rows, "margin").map(cut, keep_in_memory=True)

    return RewardTrainer(
        model=beginning.model,
        args=configuration(task, max_length=None),
        train_dataset=ready(read_dataset(task, _COLUMNS, optional=("margin",))),
        eval_dataset=ready(read_held(task, _COLUMNS, optional=("margin",))),
        processing_class=beginning.tokenizer,
        peft_config=beginning.peft,
    )
