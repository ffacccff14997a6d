"""Kahneman-Tversky optimisation: single answers, each good or bad."""

from __future__ import annotations

from typing import Any

from trl import KTOTrainer

from recipedsl.runtime.stages.arguments import configuration
from recipedsl.runtime.stages.rows import no_rows, read_dataset, read_held
from recipedsl.runtime.stages.start import Beginning
from recipedsl.runtime.stages.task import Task

_COLUMNS = ("prompt_ids", "completion_ids", "label")


class ReadyKTOTrainer(KTOTrainer):  # type: ignore[misc]  # trl is not followed by mypy
    """TRL's trainer without its tokenisation; the mismatched pairs of the KL term are added here."""

    def _prepare_dataset(self, dataset: Any, processing_class: Any, args: Any, *rest: Any) -> Any:  # noqa: ARG002
        if not self.calculate_KL:
            return dataset
        answers = mismatched(list(dataset["completion_ids"]), args.per_device_train_batch_size)
        return dataset.add_column("KL_completion_ids", answers)


def mismatched(answers: list[list[int]], batch: int) -> list[list[int]]:
    """For every answer that of its neighbour in the batch: `y1 … yn` gives `yn, y1 … yn-1`.

    The KL term of KTO (Ethayarajh et al., 2024, section 4.1) is estimated from prompts with answers
    that belong to other prompts. A last batch of one row borrows from the row before it.
    """
    starts = range(0, len(answers), batch)
    batches = [answers[start : start + batch] for start in starts]
    rotated = [[part[-1], *part[:-1]] for part in batches]
    if len(rotated) > 1 and len(rotated[-1]) == 1:
        rotated[-1] = [batches[-2][-1]]
    return [answer for part in rotated for answer in part]


def make_trainer(task: Task, beginning: Beginning) -> Any:
    """The trainer of a `kto` stage.

    Rows are shuffled once, by the stage's seed: the KL term ties a row to its neighbours, so TRL
    reads them in order.

    Raises:
        RecipeError: fewer than two rows.
    """
    rows, held = read_dataset(task, _COLUMNS), read_held(task, _COLUMNS)
    if len(rows) < 2 or (held is not None and len(held) < 2):
        reason = "the KL term compares a row with another"
        raise no_rows(f"`{task.node.name}` needs two rows at least", reason)
    return ReadyKTOTrainer(
        model=beginning.model,
        args=configuration(task, max_length=None),
        train_dataset=rows.shuffle(seed=task.node.seed).flatten_indices(keep_in_memory=True),
        eval_dataset=held,
        processing_class=beginning.tokenizer,
        peft_config=beginning.peft,
    )
