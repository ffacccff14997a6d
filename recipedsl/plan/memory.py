"""What a stage will take of memory: an estimate from its settings and the shape of its model.

Weights, gradients and optimizer state follow from counts. Activations are what autograd keeps of a
Llama-like layer; logits are what TRL's tiles of the vocabulary take. `benchmarks/memory.py` compares
the estimate with what workers really took: on a processor it comes within a third either way. No GPU
was measured; what differs there is said beside each constant.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

from recipedsl.language import catalogue
from recipedsl.language.optimizers.optimizers import Optimizer
from recipedsl.plan.estimate import Batch, batch_of
from recipedsl.plan.facts import Device, ModelFacts
from recipedsl.plan.model import ModelNode, StageNode

#: Bytes of a number of the computation; `auto` follows the device.
_NUMBER_BYTES = {"bf16": 2, "f16": 2, "f32": 4}

#: What is trained is float32, whatever the computation is in; so are its gradients.
_TRAINED_BYTES = 4

# What a worker holds before it loads a model: the interpreter with torch, transformers, TRL and the
# rows. 520 to 570 MB were measured with the tiny model of benchmarks/memory.py. On a GPU it is the
# CUDA context and the workspaces of cuBLAS, of about the same size.
_PROGRAM = 550_000_000

# glibc gives freed blocks below 32 MB (M_MMAP_THRESHOLD_MAX) back to nobody and cannot use every gap
# between living ones: measured were 1.2 to 1.75 times what autograd kept, and 1.0 times with
# MALLOC_MMAP_THRESHOLD_=65536. The allocator of CUDA rounds blocks to 2 MB and splits larger ones.
_HEAP = {"cpu": 1.5, "mps": 1.2, "cuda": 1.1}

# TRL computes log-probabilities tile by tile and never holds all logits: tokens and vocabulary of a
# tile (TOKEN_CHUNK_SIZE of trl.kernels.chunked_logprob, _CHUNKED_LOGPROB_CHUNK_SIZE of
# trl.trainer.utils, 1.16).
_TILE_TOKENS = 4096
_TILE_VOCABULARY = 32_768

# Copies of a tile in float32 when its gradient is made (trl.kernels.chunked_logprob._backward_tile):
# the scaled logits twice, their log-probabilities, the probabilities, the gradient, and two while the
# target is subtracted. Where Triton runs (CUDA), a kernel does it in place.
_TILE_COPIES = {"cpu": 7, "mps": 7, "cuda": 0}

# Numbers of a sampling step for each answer and token of the vocabulary, in float32: logits, the
# warped ones, their softmax (transformers.GenerationMixin._sample).
_SAMPLING_COPIES = 3


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes by what they are for.

    Attributes:
        program: libraries, or what the driver of a GPU keeps for itself.
        weights: of the policy, in all forms in which they lie in memory at once.
        gradients, optimizer: of what is trained.
        reference: the reference model, where it is a model of its own.
        judges: the reward models of an online method.
        activations: what the forward pass leaves for the backward pass.
        logits: scores over the vocabulary while the loss is computed.
        answers: keys and values of the answers that are written; activations and logits are not there
            then, so the smaller of the two sides counts as nothing.
    """

    program: int
    weights: int
    gradients: int
    optimizer: int
    reference: int
    judges: int
    activations: int
    logits: int
    answers: int

    @property
    def parts(self) -> dict[str, int]:
        """The parts that take anything, by name."""
        found = {each.name: int(getattr(self, each.name)) for each in fields(self)}
        return {name: size for name, size in found.items() if size}

    @property
    def total(self) -> int:
        return sum(self.parts.values())


def gigabytes(size: float) -> str:
    """Bytes for a message, as devices are sold: `24.0 GB`."""
    return f"{size / 1e9:.1f} GB"


def memory_of(
    node: StageNode, base: ModelNode, model: ModelFacts, longest: int, device: Device | None = None
) -> Memory | None:
    """Memory of one device while it trains; None when the size of the model is not known.

    Args:
        node: the stage.
        base: the model at the root of its weights.
        model: what is known of that model.
        longest: longest row in tokens; of an online method the longest prompt.
        device: what it trains on; a processor when left out.

    Sources: Korthikanti et al. 2022, arXiv:2205.05198, section 4.1 (which values a layer keeps);
    Rajbhandari et al. 2019, arXiv:1910.02054, section 3.1 (weights, gradients, optimizer states).
    """
    if not (model.parameters and model.layers and model.hidden):
        return None
    return _Estimate(node, base, model, longest, device or Device()).memory()


@dataclass(frozen=True)
class _Shape:
    """Widths of a layer in numbers; those of a Llama-like one where the model does not tell."""

    hidden: int
    feedforward: int
    queries: int
    keys: int
    heads: int

    @staticmethod
    def of(model: ModelFacts) -> _Shape:
        return _Shape(
            hidden=model.hidden,
            feedforward=model.feedforward or 4 * model.hidden,
            queries=model.queries or model.hidden,
            keys=model.keys or model.queries or model.hidden,
            heads=model.heads or max(1, model.hidden // 64),
        )

    @property
    def linear(self) -> int:
        """Inputs and outputs of the linear layers of a block, added up: queries, keys, values, output,
        and the three matrices of the MLP."""
        attention = 2 * (self.hidden + self.queries) + 2 * (self.hidden + self.keys)
        return attention + 3 * (self.hidden + self.feedforward)


@dataclass(frozen=True)
class _Estimate:
    node: StageNode
    base: ModelNode
    model: ModelFacts
    longest: int
    device: Device

    def memory(self) -> Memory:
        training = self._activations, self._logits
        is_writing = self._answers > sum(training)
        return Memory(
            program=_PROGRAM,
            weights=self._weights,
            gradients=self._trained * _TRAINED_BYTES,
            optimizer=self._trained * _state_bytes(self.node),
            reference=self._whole_model if self.node.reference == "start" else 0,
            # A judge reads what the policy writes, and is taken to be of its size.
            judges=sum(1 for each in self.node.rewards if each.score.node) * self._whole_model,
            activations=0 if is_writing else training[0],
            logits=0 if is_writing else training[1],
            answers=self._answers if is_writing else 0,
        )

    # --- weights ----------------------------------------------------------------------------------

    @cached_property
    def _number(self) -> int:
        """Bytes of a number of the computation."""
        usual = 2 if self.device.has_bf16 else 4
        return _NUMBER_BYTES.get(self.base.dtype, usual)

    @cached_property
    def _is_adapter(self) -> bool:
        return self.node.adapter_use in ("new", "continue", "merge_new")

    @cached_property
    def _trained(self) -> int:
        """Numbers that are trained: of an adapter of rank r `r * (inputs + outputs)` for each linear
        layer (Hu et al. 2021, arXiv:2106.09685, section 4.1); one that is continued is taken to have 16."""
        if not self._is_adapter:
            return self.model.parameters
        rank = int(self.node.adapter.settings.get("r", 16)) if self.node.adapter else 16
        return rank * _Shape.of(self.model).linear * self.model.layers

    @cached_property
    def _weights(self) -> int:
        trained = self._trained * _TRAINED_BYTES
        if self._is_adapter:
            return self.model.parameters * self._number + trained
        # Autocast keeps what it casts for the step, but not the embedding, which is looked up.
        cast = self.model.parameters - self.model.vocabulary * self.model.hidden
        return trained + (max(0, cast) * self._number if self._number < _TRAINED_BYTES else 0)

    @cached_property
    def _whole_model(self) -> int:
        """Bytes of a second model; TRL loads the reference of a full stage in float32."""
        return self.model.parameters * (self._number if self._is_adapter else _TRAINED_BYTES)

    # --- the loss ---------------------------------------------------------------------------------

    @cached_property
    def _batch(self) -> Batch:
        return batch_of(self.node)

    @cached_property
    def _length(self) -> int:
        """Tokens of the longest sequence: a row, or a prompt with its answer."""
        if self.node.rewards:
            return self.longest + int(self.node.arguments.get("max_completion_length") or 0)
        return self.longest

    @cached_property
    def _tokens(self) -> int:
        """Tokens at a time. Pairs hold two answers; KTO runs each prompt with a second answer."""
        sequences = 2 if self.node.method in ("dpo", "reward", "kto") else 1
        return self._batch.micro * sequences * self._length

    @cached_property
    def _activations(self) -> int:
        layer = self._layer
        is_kept = self.node.arguments.get("gradient_checkpointing", self.device.kind != "cpu")
        # With checkpointing a layer's input is kept of all, and the rest of the one that is computed again.
        stream = self.model.hidden * (self._number if self._is_adapter else _TRAINED_BYTES)
        each = self.model.layers * stream + layer if is_kept else self.model.layers * layer
        return round(self._tokens * each * _HEAP[self.device.kind])

    @cached_property
    def _layer(self) -> int:
        """Bytes that a layer keeps for one token.

        The two norms keep their input in float32, and their output too where their weights are trained;
        queries, keys, values, gate and up keep a copy of their input each; attention keeps queries, keys
        and values (repeated for all heads) and its output; the MLP keeps gate, its SiLU, up and their
        product.
        """
        shape, number = _Shape.of(self.model), self._number
        norms = 2 * 4 * shape.hidden * (1 if self._is_adapter else 2)
        inputs = 5 * number * shape.hidden
        attention = 4 * number * shape.queries
        if self.base.attention == "eager":  # keeps scores in float32 and their softmax
            attention += shape.heads * self._length * (4 + number)
        return norms + inputs + attention + 4 * number * shape.feedforward

    @cached_property
    def _logits(self) -> int:
        if self.node.gives == "reward":
            return 0
        kind = self.device.kind
        tile = min(self._tokens, _TILE_TOKENS) * min(self.model.vocabulary, _TILE_VOCABULARY)
        target = tile if _TILE_COPIES[kind] else 0  # one byte each: whether it is the target
        gradient = self._tokens * self.model.hidden * 4  # of the hidden states
        return tile * (self._number + 4 * _TILE_COPIES[kind]) + target + gradient

    # --- answers ----------------------------------------------------------------------------------

    @cached_property
    def _answers(self) -> int:
        """Keys and values of all answers of a round, which are written at once, and their sampling."""
        if not self.node.rewards:
            return 0
        arguments = self.node.arguments
        turns = int(arguments.get("steps_per_generation") or self._batch.accumulation)
        answers = int(arguments.get("generation_batch_size") or self._batch.micro * turns)
        cached = 2 * self.model.layers * _Shape.of(self.model).keys * self._number
        return answers * (self._length * cached + self.model.vocabulary * 4 * _SAMPLING_COPIES)


def _state_bytes(node: StageNode) -> int:
    name = node.arguments.get("optim", "adamw_torch")
    kinds = (each for each in catalogue.OPTIMIZERS if issubclass(each, Optimizer))
    # An optimizer that the vocabulary lacks is taken to keep two moments.
    return next((each.state_bytes for each in kinds if each.optim == name), 8)
