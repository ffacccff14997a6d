"""Reward models."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from recipedsl.language.concept import setting
from recipedsl.language.shapes import Shape
from recipedsl.language.stages.base import Purpose, StageMethod
from recipedsl.language.values import number


class Reward(StageMethod):
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
    rate: ClassVar[float] = 1e-5
    lora_rate: ClassVar[float] = 1e-4

    center: Any = setting(
        number(0, 1, optional=True),
        "weight of a term that keeps the mean reward at zero (arXiv:2312.09244)",
        None,
        argument="center_rewards_coefficient",
    )
