"""Reward models."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from recipedsl.language.concept import setting
from recipedsl.language.shapes import Shape
from recipedsl.language.stages.base import Offline, Purpose
from recipedsl.language.values import number


class Reward(Offline):
    """A reward model: one number for a conversation, higher for the preferred answer.

    The loss is that of Bradley and Terry: -log sigmoid(score(chosen) - score(rejected)), less the
    margin where rows have one. The language model head is replaced by a single output.

    Source: trl.RewardTrainer; Stiennon et al. 2020, arXiv:2009.01325.

    Example: `stage judge: reward { from = base, data = pairs, epochs = 1 }`
    """

    keyword: ClassVar[str] = "reward"
    takes: ClassVar[tuple[Shape, ...]] = (Shape.PREFERENCE,)
    gives: ClassVar[Literal["policy", "reward"]] = "reward"
    trainer_class: ClassVar[str] = "trl.RewardTrainer"
    config_class: ClassVar[str] = "trl.RewardConfig"
    purpose: ClassVar[Purpose] = "reward"
    usual_rate: ClassVar[tuple[float, float]] = (1e-6, 2e-4)
    usual_lora_rate: ClassVar[tuple[float, float]] = (1e-5, 2e-3)
    rate_source: ClassVar[str] = (
        "published: 9e-6 (InstructGPT, arXiv:2203.02155), 5e-6 to 1e-5 (Llama 2, arXiv:2307.09288) with full "
        "weights; trl 1.16 takes 1e-4"
    )
    rate: ClassVar[float] = 1e-5
    lora_rate: ClassVar[float] = 1e-4

    center: Any = setting(
        number(0, 1, optional=True),
        "weight of a term that keeps the mean reward at zero (arXiv:2312.09244)",
        None,
        argument="center_rewards_coefficient",
    )
