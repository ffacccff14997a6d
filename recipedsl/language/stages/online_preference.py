"""Preferences that are sampled while the model trains."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.stages.base import Online
from recipedsl.language.values import number, one_of, whole


class OnlineDpo(Online):
    """Online DPO: two answers are sampled, the better and the worse make a pair.

    Source: trl.experimental.online_dpo.OnlineDPOTrainer; Guo et al. 2024, arXiv:2402.04792.

    Example: `stage online: online_dpo { from = tuned, data = prompts, reward = judge, beta = 0.1 }`
    """

    keyword: ClassVar[str] = "online_dpo"
    not_yet: ClassVar[str] = "`grpo` takes the same rows and rewards"
    trainer_class: ClassVar[str] = "trl.experimental.online_dpo.OnlineDPOTrainer"
    config_class: ClassVar[str] = "trl.experimental.online_dpo.OnlineDPOConfig"
    usual_rate: ClassVar[tuple[float, float]] = (1e-7, 5e-6)
    usual_lora_rate: ClassVar[tuple[float, float]] = (1e-6, 5e-5)
    rate_source: ClassVar[str] = "published: 5e-7 with full weights, 5e-6 with LoRA (trl's example)"
    rate: ClassVar[float] = 5e-7
    lora_rate: ClassVar[float] = 5e-6

    beta: Any = setting(number(0), "how strongly the policy is held to the reference", 0.1, argument="beta")
    generations: Any = setting(whole(2), "answers sampled for each prompt", 2)
    loss: Any = setting(
        one_of("sigmoid", "ipo"), "which loss the pairs are trained with", "sigmoid", argument="loss_type"
    )
    variant: Any = setting(
        one_of("online_dpo", "xpo", "nash_md"), "plain, exploratory (XPO), or against a mixture", "online_dpo"
    )
