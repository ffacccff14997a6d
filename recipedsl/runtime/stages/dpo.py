"""Direct preference optimisation and its relatives, on pairs that are token ids already."""

from __future__ import annotations

from typing import Any

from trl import DPOTrainer

from recipedsl.runtime.stages.arguments import configuration
from recipedsl.runtime.stages.rows import read_dataset, read_held
from recipedsl.runtime.stages.start import Beginning
from recipedsl.runtime.stages.task import Task

_COLUMNS = ("prompt_ids", "chosen_ids", "rejected_ids")


class ReadyDPOTrainer(DPOTrainer):  # type: ignore[misc]  # trl is not followed by mypy
    """TRL's trainer without its tokenisation, which would render again and drop long rows in silence."""

    def _prepare_dataset(self, dataset: Any, *args: Any) -> Any:  # noqa: ARG002 - TRL's signature
        return dataset


def make_trainer(task: Task, beginning: Beginning) -> Any:
    """The trainer of a `dpo` stage.

    The reference follows from the model: a new adapter is switched off, a continued one is copied
    and frozen, full weights are loaded once more from where they came.
    """
    return ReadyDPOTrainer(
        model=beginning.model,
        args=configuration(task, max_length=None),
        train_dataset=read_dataset(task, _COLUMNS),
        eval_dataset=read_held(task, _COLUMNS),
        processing_class=beginning.tokenizer,
        peft_config=beginning.peft,
    )
