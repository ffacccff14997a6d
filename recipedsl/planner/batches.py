"""How a batch is laid out: rows at a time, and how often their gradients are added up.

More rows at a time are fewer starts of kernels; fewer are less memory and less padding. So the
layout is the largest that fits the device, up to what still helps. It is part of the plan: a plan
made on one machine keeps it on another, and gives the same numbers there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from recipedsl.diagnostics import Help, Problems
from recipedsl.diagnostics.codes.plan import DoesNotFit, TightMemory
from recipedsl.plan.facts import Device, ModelFacts
from recipedsl.plan.memory import Memory, gigabytes, memory_of
from recipedsl.plan.model import ModelNode, StageNode
from recipedsl.semantics.recipe import Stage

# Tokens beyond which more at a time only cost memory. A matrix product with 2 Ki rows does 2 Ki
# operations on every weight that it reads, far more than a processor needs to be busy (tens). On a
# GPU what counts is that a pass takes longer than starting its kernels (some 10 ms for 30 layers): a
# model of 135 million weights needs 64 Ki tokens for a tenth of a second, larger models fewer.
_HELPFUL_TOKENS = {"cpu": 2048, "mps": 8192, "cuda": 65_536}

# Share of a device's memory that a layout may take, by the estimate: that may be a third off, a GPU's
# memory breaks into pieces, and on a processor other programs want to live too.
_SHARE = {"cpu": 0.5, "mps": 0.5, "cuda": 0.8}

#: Shortest rows that a help proposes, in tokens.
_SHORTEST = 64


@dataclass(frozen=True, slots=True)
class Room:
    """Where a stage has to fit.

    Attributes:
        base: the model at the root of its weights.
        model: what is known of that model; without sizes nothing is known to be too large.
        device: what it trains on; without its memory everything fits.
        longest: longest row in tokens, or longest prompt of an online method.
    """

    base: ModelNode
    model: ModelFacts
    device: Device
    longest: int

    def memory(self, node: StageNode) -> Memory | None:
        """What the stage takes as it stands; None when that cannot be told."""
        return memory_of(node, self.base, self.model, self.longest, self.device)

    def holds(self, node: StageNode, share: float = 1.0) -> bool:
        """Whether the stage takes at most this share of the device."""
        memory = self.memory(node)
        return memory is None or not self.device.memory or memory.total <= share * self.device.memory

    def tokens_of_row(self, node: StageNode) -> int:
        """Tokens of the longest row: two answers of a pair, a prompt with its answer."""
        answer = int(node.arguments.get("max_completion_length") or 0) if node.rewards else 0
        return (self.longest + answer) * (2 if node.method in ("dpo", "reward") else 1)


def with_layout(node: StageNode, batch: int, micro: int) -> StageNode:
    """The stage with `micro` rows at a time; `batch` is a multiple of it."""
    layout = {"per_device_train_batch_size": micro, "gradient_accumulation_steps": batch // micro}
    return node.model_copy(update={"arguments": dict(sorted({**node.arguments, **layout}.items()))})


def laid_out(node: StageNode, batch: int, room: Room) -> StageNode:
    """The stage with the largest layout that helps and fits; the smallest when none fits.

    KTO holds at least two rows, for its baseline comes from the other ones.
    """
    least = min(batch, 2 if node.method == "kto" else 1)
    helpful = max(least, _HELPFUL_TOKENS[room.device.kind] // room.tokens_of_row(node))
    layouts = [with_layout(node, batch, micro) for micro in _divisors(batch) if micro >= least]
    small = [each for each in layouts if each.arguments["per_device_train_batch_size"] <= helpful]
    share = _SHARE[room.device.kind]
    return next((each for each in reversed(small) if room.holds(each, share)), layouts[0])


def _divisors(number: int) -> list[int]:
    """Divisors from 1 to the number itself."""
    low = [each for each in range(1, int(number**0.5) + 1) if number % each == 0]
    return sorted({*low, *(number // each for each in low)})


# --- what does not fit --------------------------------------------------------------------------------


def check_room(stage: Stage, node: StageNode, room: Room, problems: Problems) -> None:
    """Reports a stage that takes more than the device has: an error on a GPU, which has nothing beyond
    its memory, a warning on a processor, which may swap."""
    memory = room.memory(node)
    if memory is None or room.holds(node):
        return
    kind = DoesNotFit if room.device.kind == "cuda" else TightMemory
    micro = node.arguments["per_device_train_batch_size"]
    rows = "answer" if node.rewards else "row"
    parts = sorted(memory.parts.items(), key=lambda part: -part[1])
    problems.report(
        kind,
        f"`{node.name}` takes about {gigabytes(memory.total)} with {micro} {rows}{'s' * (micro > 1)}"
        f" at a time; the device has {gigabytes(room.device.memory)}",
        stage.place.label("more than the device holds"),
        notes=("of that " + ", ".join(f"{name} {gigabytes(size)}" for name, size in parts[:4]),),
        helps=tuple(_helps(node, room)),
    )


def _helps(node: StageNode, room: Room) -> Iterator[Help]:
    """Settings that are enough on their own; all of them together when none is."""
    enough = [words for words, changed, where in _ways(node, room) if where.holds(changed)]
    if enough:
        yield from (Help(f"{words} makes it fit") for words in enough)
    else:
        tried = ", ".join(f"{words.partition(' = ')[0]}`" for words, _, _ in _ways(node, room))
        yield Help(f"no setting alone makes it fit; together may {tried}, or a smaller model")
    yield Help("`run { memory = … }` says what the device may hold where the plan is wrong about it")


def _ways(node: StageNode, room: Room) -> Iterator[tuple[str, StageNode, Room]]:
    """What could be changed, in words, and the stage and its room then."""
    batch = _batch(node)
    least = 2 if node.method == "kto" else 1
    if node.arguments["per_device_train_batch_size"] > least and batch % least == 0:
        yield f"`micro_batch = {least}`", with_layout(node, batch, least), room
    if not node.arguments.get("gradient_checkpointing", room.device.kind != "cpu"):
        yield "`gradient_checkpointing = true`", _with(node, gradient_checkpointing=True), room
    if node.adapter_use in ("none", "merge_full"):
        reference = "adapter_off" if node.reference == "start" else node.reference
        adapted = node.model_copy(update={"adapter_use": "new", "reference": reference})
        yield "`adapter = lora`", adapted, room
    if room.longest > _SHORTEST:
        shorter = _shorter(node, room)
        yield f"`max_length = {shorter.longest}`", node, shorter


def _shorter(node: StageNode, room: Room) -> Room:
    """Half the length, and half of that, until it fits or gets too short to be of use."""
    shorter = replace(room, longest=room.longest // 2)
    while shorter.longest // 2 >= _SHORTEST and not shorter.holds(node):
        shorter = replace(shorter, longest=shorter.longest // 2)
    return shorter


def _with(node: StageNode, **arguments: Any) -> StageNode:
    return node.model_copy(update={"arguments": {**node.arguments, **arguments}})


def _batch(node: StageNode) -> int:
    return int(node.arguments["per_device_train_batch_size"] * node.arguments["gradient_accumulation_steps"])
