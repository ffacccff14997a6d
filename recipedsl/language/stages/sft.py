"""Supervised fine-tuning."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.shapes import Shape
from recipedsl.language.stages.base import Offline, Purpose
from recipedsl.language.values import flag, mapping, number, one_of, several, whole


class Sft(Offline):
    """Supervised fine-tuning: the model learns to write the answers of the rows.

    The loss is the mean negative log-likelihood of the trained tokens; `train_on` says which those
    are. Rows longer than `max_length` are cut at the end, and the plan says how many.

    Source: trl.SFTTrainer.

    Example: `stage tuned: sft { from = base, data = lessons, adapter = lora(rank = 16), epochs = 2 }`
    """

    keyword: ClassVar[str] = "sft"
    takes: ClassVar[tuple[Shape, ...]] = (Shape.CHAT, Shape.COMPLETION, Shape.TEXT)
    trainer_class: ClassVar[str] = "trl.SFTTrainer"
    config_class: ClassVar[str] = "trl.SFTConfig"
    purpose: ClassVar[Purpose] = "sft"
    usual_rate: ClassVar[tuple[float, float]] = (1e-6, 1e-4)
    usual_lora_rate: ClassVar[tuple[float, float]] = (1e-5, 1e-3)
    rate_source: ClassVar[str] = (
        "published: 1e-6 (Phi-4, arXiv:2412.08905) to 4e-5 (HallOumi) with full weights, 3e-4 for a small "
        "model (SmolLM2 1.7B); 1e-4 to 2e-4 with LoRA (QLoRA, arXiv:2305.14314); trl 1.16 takes 2e-5"
    )
    rate: ClassVar[float] = 2e-5
    lora_rate: ClassVar[float] = 2e-4

    packing: Any = setting(
        flag(),
        "fill sequences of max_length with several rows, kept apart in attention",
        False,
        also_called=("sample_packing", "neat_packing"),
    )
    train_on: Any = setting(
        several(one_of("assistant", "last", "all", "system", "user", "tool"), least=1),
        "which tokens are trained: all turns of the assistant, its last one, everything, or the turns of "
        "roles; a message that has a `train` (or a `weight` of 0 or 1) is trained or not whatever its role",
        "assistant",
    )
    weigh: Any = setting(
        mapping(),
        "weights of the loss: by role (`{ system: 0, tool: 0.5 }`), of what ends a turn (`end: 0`), of what "
        'a pattern finds (`"<think>.*?</think>": 0`), or from '
        'fields of the messages that hold one (`message: "train"`) or one for each span (`spans: "parts"`)',
        None,
        not_yet=True,
    )
    across_documents: Any = setting(flag(), "whether packed rows see one another", None, not_yet=True)
    loss: Any = setting(
        one_of("nll", "dft"),
        "plain likelihood, or dynamic fine-tuning (arXiv:2508.05629)",
        "nll",
        argument="loss_type",
    )
    anchor: Any = setting(
        number(0),
        "weight of the divergence from what the stage starts from; with `loss = dft` that is anchored "
        "fine-tuning (arXiv:2509.23753)",
        None,
        not_yet=True,
    )
    entropy_power: Any = setting(
        number(0),
        "each token's loss times this power of the model's own entropy there (arXiv:2601.02151)",
        None,
        not_yet=True,
    )
    entropy_tokens: Any = setting(
        whole(1), "likeliest tokens that this entropy is taken over; all when left out", None, not_yet=True
    )
