"""Distillation: a smaller model learns what a larger one would say."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.shapes import Shape
from recipedsl.language.stages.base import Offline, Purpose
from recipedsl.language.values import concept, flag, name_of, number, one_of, several, share, whole


class Distill(Offline):
    """Distillation: the student's distribution is drawn to that of a frozen teacher.

    With `on_policy` above 0 that share of the answers is written by the student itself while it
    trains (GKD); the divergence is forward KL at `divergence = 0`, reverse KL at 1, and generalised
    Jensen-Shannon in between.

    Source: trl.experimental.gkd.GKDTrainer; Agarwal et al. 2023, arXiv:2306.13649; across tokenizers
    trl.experimental.gold.GOLDTrainer.

    Example: `stage small: distill { from = base, teacher = tuned, data = prompts, on_policy = 50% }`
    """

    keyword: ClassVar[str] = "distill"
    not_yet: ClassVar[str] = "`sft` on answers of the teacher takes the same rows"
    takes: ClassVar[tuple[Shape, ...]] = (Shape.PROMPT, Shape.CHAT, Shape.COMPLETION, Shape.TEXT)
    trainer_class: ClassVar[str] = "trl.experimental.gkd.GKDTrainer"
    config_class: ClassVar[str] = "trl.experimental.gkd.GKDConfig"
    purpose: ClassVar[Purpose] = "sft"
    usual_rate: ClassVar[tuple[float, float]] = (1e-6, 1e-4)
    usual_lora_rate: ClassVar[tuple[float, float]] = (1e-5, 1e-3)
    rate_source: ClassVar[str] = "published: 2e-5 with full weights, 2e-4 to 3e-4 with LoRA (trl, torchtune)"
    rate: ClassVar[float] = 2e-5
    lora_rate: ClassVar[float] = 2e-4

    teacher: Any = setting(several(name_of("model", "stage"), least=1), "model, or models, to learn from")
    teacher_weights: Any = setting(several(number(above=0)), "weights of several teachers", None)
    on_policy: Any = setting(share(), "share of answers that the student writes", 0.5)
    divergence: Any = setting(share(), "between forward and reverse divergence", 0.5)
    temperature: Any = setting(number(above=0), "sampling temperature of the student", 0.9)
    max_new_tokens: Any = setting(whole(1), "longest answer in tokens", 256)
    top_tokens: Any = setting(
        whole(1), "the teacher's likeliest tokens that are compared; all when left out", None
    )
    likelihood: Any = setting(number(0), "weight of the rows' own likelihood beside it", 0.0)
    across_tokenizers: Any = setting(flag(), "whether the two may cut text differently", False)
    packing: Any = setting(flag(), "fill sequences of max_length with several rows", False)
    train_on: Any = setting(one_of("assistant", "last", "all"), "which tokens are trained", "assistant")
    engine: Any = setting(concept("engine"), "what writes the answers", None)
