"""Methods that write answers while they train: GRPO and RLOO."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.stages.base import Online, UsualRange
from recipedsl.language.values import flag, number, one_of


class Grpo(Online):
    """Group relative policy optimisation: answers to one prompt are compared with one another.

    The advantage of an answer is its reward less the mean of its group, by default over the
    group's deviation. `beta = 0` needs no reference model.

    Source: trl.GRPOTrainer; Shao et al. 2024, arXiv:2402.03300.

    Example: `stage online: grpo { from = tuned, data = prompts, reward = passes(tests), generations = 8 }`
    """

    keyword: ClassVar[str] = "grpo"
    trainer_class: ClassVar[str] = "trl.GRPOTrainer"
    config_class: ClassVar[str] = "trl.GRPOConfig"
    usual_rate: ClassVar[tuple[float, float]] = (1e-7, 5e-6)
    usual_lora_rate: ClassVar[tuple[float, float]] = (1e-6, 5e-5)
    rate_source: ClassVar[str] = (
        "published: 1e-6 (DeepSeekMath, arXiv:2402.03300; DAPO, arXiv:2503.14476), 5e-7 (Oumi) with full "
        "weights; trl 1.16 takes 1e-6"
    )
    usual_beta: ClassVar[UsualRange] = UsualRange(
        0, 0.2, "DeepSeekMath 0.04 (arXiv:2402.03300), DAPO none (arXiv:2503.14476); trl 1.16 takes 0"
    )
    rate: ClassVar[float] = 1e-6
    lora_rate: ClassVar[float] = 1e-5

    beta: Any = setting(
        number(0), "weight of the divergence from the reference; 0 needs none", 0.0, argument="beta"
    )
    loss: Any = setting(
        one_of("grpo", "dapo", "dr_grpo", "bnpo", "cispo", "sapo", "luspo", "vespo"),
        "how token losses are put together",
        "dapo",
        argument="loss_type",
    )
    epsilon_high: Any = setting(
        number(0, optional=True),
        "upper clipping range when it differs from the lower",
        None,
        argument="epsilon_high",
    )
    scale_rewards: Any = setting(
        one_of("group", "batch", "none"),
        "whose deviation advantages are divided by",
        "group",
        argument="scale_rewards",
    )
    importance: Any = setting(
        one_of("token", "sequence"),
        "what one probability ratio stands for; `sequence` is GSPO (arXiv:2507.18071)",
        "token",
        argument="importance_sampling_level",
    )
    combine: Any = setting(
        one_of("sum_then_normalize", "normalize_then_sum"),
        "whether rewards are summed before or after each is normalised (GDPO)",
        "sum_then_normalize",
        argument="multi_objective_aggregation",
    )
    mask_truncated: Any = setting(
        flag(),
        "leave answers that were cut off out of the loss",
        False,
        argument="mask_truncated_completions",
    )


class Rloo(Online):
    """REINFORCE with a leave-one-out baseline: the other answers to a prompt are the baseline.

    Source: trl.RLOOTrainer; Ahmadian et al. 2024, arXiv:2402.14740.

    Example: `stage online: rloo { from = tuned, data = prompts, reward = judge, generations = 4 }`
    """

    keyword: ClassVar[str] = "rloo"
    trainer_class: ClassVar[str] = "trl.RLOOTrainer"
    config_class: ClassVar[str] = "trl.RLOOConfig"
    usual_rate: ClassVar[tuple[float, float]] = (1e-7, 5e-6)
    usual_lora_rate: ClassVar[tuple[float, float]] = (1e-6, 5e-5)
    rate_source: ClassVar[str] = (
        "published: 1e-6 (RLOO, arXiv:2402.14740) with full weights; trl 1.16 takes 1e-6"
    )
    usual_beta: ClassVar[UsualRange] = UsualRange(
        0, 0.2, "trl 1.16 takes 0.05; the divergence is that of GRPO, 0 to 0.04"
    )
    rate: ClassVar[float] = 1e-6
    lora_rate: ClassVar[float] = 1e-5

    beta: Any = setting(
        number(0), "weight of the divergence from the reference; 0 needs none", 0.05, argument="beta"
    )
    normalize_advantages: Any = setting(
        flag(), "divide advantages by their deviation", False, argument="normalize_advantages"
    )
