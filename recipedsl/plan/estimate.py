"""What a stage will take of steps and rows: arithmetic over the plan and what was counted, exact."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from recipedsl.plan.model import StageNode


@dataclass(frozen=True, slots=True)
class Batch:
    """How a global batch is made up, on one device.

    Attributes:
        micro: rows (answers, for online methods) at a time.
        accumulation: how often gradients are added up before a step.
    """

    micro: int
    accumulation: int

    @property
    def rows(self) -> int:
        """Rows in one optimizer step."""
        return self.micro * self.accumulation


def batch_of(node: StageNode) -> Batch:
    """The batch in the stage's arguments (defaults as in transformers.TrainingArguments)."""
    return Batch(
        int(node.arguments.get("per_device_train_batch_size", 8)),
        int(node.arguments.get("gradient_accumulation_steps", 1)),
    )


def steps_of(node: StageNode, rows: int) -> int:
    """Optimizer steps over `rows` sequences (prompts, for online methods).

    As transformers.Trainer counts: `ceil(epochs * ceil(batches / accumulation))`, or `max_steps`.
    Online methods leave out an incomplete batch of answers (trl.trainer.utils.RepeatSampler).
    """
    most = int(node.arguments.get("max_steps", -1))
    if most > 0:
        return most
    epochs = float(node.arguments.get("num_train_epochs", 1))
    return ceil(epochs * max(1, _online_epoch(node, rows) if node.rewards else _epoch(node, rows)))


def _epoch(node: StageNode, rows: int) -> int:
    batch = batch_of(node)
    return ceil(ceil(rows / batch.micro) / batch.accumulation)


def _online_epoch(node: StageNode, prompts: int) -> int:
    batch = batch_of(node)
    reuse = int(node.arguments.get("num_iterations", 1))
    per_generation = int(node.arguments.get("steps_per_generation") or batch.accumulation)
    answers = int(node.arguments.get("generation_batch_size") or batch.micro * per_generation)
    rounds = prompts * int(node.arguments.get("num_generations", 8)) // answers
    return ceil(rounds * reuse * per_generation / batch.accumulation)


def passes_of(node: StageNode, rows: int) -> float:
    """How often the rows are gone through: epochs, or what `steps` comes to."""
    if int(node.arguments.get("max_steps", -1)) > 0 and rows:
        return steps_of(node, rows) * batch_of(node).rows / rows
    return float(node.arguments.get("num_train_epochs", 1))


def counted(facts: dict[str, Any]) -> int:
    """Sequences that a tokens node's result holds: packed ones, rows otherwise."""
    return int(facts.get("sequences") or facts.get("kept", 0))
