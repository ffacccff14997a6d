"""What a stage will take: optimizer steps, tokens, memory. Arithmetic over the plan and what was counted.

Steps and tokens follow from counts and are exact; memory is an estimate that leaves out what the
framework itself holds, so it is a lower bound that a stage comes near to.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from recipedsl.language import catalogue
from recipedsl.language.optimizers.optimizers import Optimizer
from recipedsl.plan.facts import ModelFacts
from recipedsl.plan.model import StageNode

#: Bytes of a number of the computation. `auto` becomes bf16 only where the machine has it.
NUMBER_BYTES = {"bf16": 2, "f16": 2, "f32": 4, "auto": 4}

#: What is trained is float32, whatever the computation is in; so are its gradients.
TRAINED_BYTES = 4

# Bytes of a transformer layer's intermediate values for one token and one unit of width, in numbers
# of two bytes: Korthikanti et al. 2022, arXiv:2205.05198, section 4.1, without the attention matrix,
# which fused attention does not keep.
_LAYER_BYTES = 34
_CHECKPOINT_BYTES = 2

# TRL computes log-probabilities tile by tile and never holds all logits: tokens and vocabulary of a
# tile, which stands there in the computation's format and once more in float32
# (trl.kernels.chunked_logprob and trl.trainer.utils, 1.16).
_TILE_TOKENS = 4096
_TILE_VOCABULARY = 32_768

# Widths that the linear layers of one block of a Llama-like model add up to, inputs and outputs, in
# units of its width, for the query, key, value and output and the three matrices of an MLP four wide.
_LINEAR_WIDTHS = 8 + 15


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


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes by what they are for."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations


def memory_of(node: StageNode, dtype: str, model: ModelFacts, longest: int) -> Memory | None:
    """Memory of one device while it trains; None when the size of the model is not known.

    weights     = numbers frozen * 2 or 4 + numbers trained * 4, and the reference's once more
    gradients   = numbers trained * 4
    optimizer   = numbers trained * bytes of state (AdamW 8)
    activations = tokens * layers * width * 34 (with checkpointing 2, and one layer whole), for numbers
                  of two bytes, + one tile of logits

    Source: Korthikanti et al. 2022, arXiv:2205.05198 (activations); Rajbhandari et al. 2019,
    arXiv:1910.02054, section 3.1 (weights, gradients, optimizer states).

    Args:
        node: the stage.
        dtype: number format of the computation, as in `ModelNode.dtype`.
        model: what is known of the base model.
        longest: longest row in tokens.
    """
    if not (model.parameters and model.layers and model.hidden):
        return None
    number = NUMBER_BYTES[dtype]
    trained = trained_weights(node, model)
    frozen = model.parameters if node.adapter_use in ("new", "continue", "merge_new") else 0
    copies = 1 if node.reference == "start" else 0
    return Memory(
        weights=frozen * number + trained * TRAINED_BYTES + copies * model.parameters * number,
        gradients=trained * TRAINED_BYTES,
        optimizer=trained * _state_bytes(node),
        activations=_activations(node, number, model, longest),
    )


def trained_weights(node: StageNode, model: ModelFacts) -> int:
    """Numbers that are trained; for an adapter an estimate from the width of a Llama-like model.

    An adapter of rank r has `r * (inputs + outputs)` numbers for each linear layer
    (Hu et al. 2021, arXiv:2106.09685, section 4.1). One that is continued is taken to have rank 16.
    """
    if node.adapter_use in ("none", "merge_full"):
        return model.parameters
    rank = int(node.adapter.settings.get("r", 16)) if node.adapter else 16
    return rank * _LINEAR_WIDTHS * model.hidden * model.layers


def _state_bytes(node: StageNode) -> int:
    name = node.arguments.get("optim", "adamw_torch")
    kinds = (each for each in catalogue.OPTIMIZERS if issubclass(each, Optimizer))
    # An optimizer that the vocabulary lacks is taken to keep two moments.
    return next((each.state_bytes for each in kinds if each.optim == name), 8)


def _activations(node: StageNode, number: int, model: ModelFacts, longest: int) -> int:
    tokens = batch_of(node).micro * _sequences_a_row(node) * _length(node, longest)
    whole = _LAYER_BYTES * model.hidden * number // 2
    if node.arguments.get("gradient_checkpointing", True):
        layers = model.layers * _CHECKPOINT_BYTES * model.hidden * number // 2 + whole
    else:
        layers = model.layers * whole
    tile = (
        0 if node.gives == "reward" else min(tokens, _TILE_TOKENS) * min(model.vocabulary, _TILE_VOCABULARY)
    )
    return tokens * layers + tile * (number + 4)


def _sequences_a_row(node: StageNode) -> int:
    """Pairs hold a chosen and a rejected answer; KTO runs each prompt with a second answer."""
    return 2 if node.method in ("dpo", "reward", "kto") else 1


def _length(node: StageNode, longest: int) -> int:
    limit = int(node.arguments.get("max_length") or longest)
    answer = int(node.arguments.get("max_completion_length", 0)) if node.rewards else 0
    return min(longest, limit) + answer


def counted(facts: dict[str, Any]) -> int:
    """Sequences that a tokens node's result holds: packed ones, rows otherwise."""
    return int(facts.get("sequences") or facts.get("kept", 0))
