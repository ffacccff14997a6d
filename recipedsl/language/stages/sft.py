"""Supervised fine-tuning."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.shapes import Shape
from recipedsl.language.stages.base import Purpose, StageMethod
from recipedsl.language.values import flag, one_of


class Sft(StageMethod):
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
    rate: ClassVar[float] = 2e-5
    lora_rate: ClassVar[float] = 2e-4

    packing: Any = setting(
        flag(), "fill sequences of max_length with several rows, kept apart in attention", False
    )
    train_on: Any = setting(
        one_of("assistant", "last", "all"),
        "which tokens are trained: all assistant turns, the last one, everything",
        "assistant",
    )
    loss: Any = setting(
        one_of("nll", "dft"),
        "plain likelihood, or dynamic fine-tuning (arXiv:2508.05629)",
        "nll",
        argument="loss_type",
    )
