"""Methods that learn from preferences with no reference policy."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.shapes import Shape
from recipedsl.language.stages.base import Offline, Purpose, UsualRange
from recipedsl.language.values import number, row_value, whole


class WithoutReference(Offline):
    """Base of methods that learn from preferences with no reference policy.

    TRL has their trainers among its experiments only.
    """

    not_yet: ClassVar[str] = "`dpo` takes the same rows"
    takes: ClassVar[tuple[Shape, ...]] = (Shape.PREFERENCE,)
    purpose: ClassVar[Purpose] = "preference"

    max_prompt_length: Any = setting(
        whole(1), "longest prompt in tokens; of a longer one the end is kept", None, not_yet=True
    )


class Orpo(WithoutReference):
    """Odds ratio preference optimisation: likelihood of the chosen answer and its odds over the rejected.

    Source: trl.experimental.orpo.ORPOTrainer; Hong et al. 2024, arXiv:2403.07691.

    Example: `stage final: orpo { from = base, data = pairs, beta = 0.1 }`
    """

    keyword: ClassVar[str] = "orpo"
    trainer_class: ClassVar[str] = "trl.experimental.orpo.ORPOTrainer"
    config_class: ClassVar[str] = "trl.experimental.orpo.ORPOConfig"
    usual_rate: ClassVar[tuple[float, float]] = (1e-6, 1e-5)
    usual_lora_rate: ClassVar[tuple[float, float]] = (1e-5, 2e-4)
    rate_source: ClassVar[str] = "published: 5e-6 to 8e-6 (arXiv:2403.07691), 2e-4 with LoRA"
    rate: ClassVar[float] = 8e-6
    lora_rate: ClassVar[float] = 8e-5

    beta: Any = setting(number(0), "weight of the odds ratio", 0.1, argument="beta")


class Simpo(WithoutReference):
    """Simple preference optimisation: mean log-likelihoods compared, with a margin.

    Source: trl.experimental.cpo.CPOTrainer with `loss_type = simpo`; Meng et al. 2024, arXiv:2405.14734.

    Example: `stage final: simpo { from = tuned, data = pairs, beta = 10, margin = 0.5 }`
    """

    keyword: ClassVar[str] = "simpo"
    trainer_class: ClassVar[str] = "trl.experimental.cpo.CPOTrainer"
    config_class: ClassVar[str] = "trl.experimental.cpo.CPOConfig"
    fixed: ClassVar[dict[str, Any]] = {"loss_type": "simpo", "cpo_alpha": 0.0}
    usual_rate: ClassVar[tuple[float, float]] = (3e-7, 1e-6)
    usual_lora_rate: ClassVar[tuple[float, float]] = (3e-6, 1e-5)
    rate_source: ClassVar[str] = "published: 3e-7 to 1e-6 with full weights (arXiv:2405.14734)"
    usual_beta: ClassVar[UsualRange] = UsualRange(
        2, 10, "SimPO 2 to 10, over means of tokens (arXiv:2405.14734)"
    )
    rate: ClassVar[float] = 8e-7
    lora_rate: ClassVar[float] = 8e-6

    beta: Any = setting(number(0), "scale of the difference", 2.0, argument="beta")
    margin: Any = setting(number(0), "margin as a share of beta, gamma/beta of the paper", 0.5)


class Cpo(WithoutReference):
    """Contrastive preference optimisation: preferences and the likelihood of the chosen answer.

    Source: trl.experimental.cpo.CPOTrainer; Xu et al. 2024, arXiv:2401.08417.

    Example: `stage final: cpo { from = tuned, data = pairs, beta = 0.1 }`
    """

    keyword: ClassVar[str] = "cpo"
    trainer_class: ClassVar[str] = "trl.experimental.cpo.CPOTrainer"
    config_class: ClassVar[str] = "trl.experimental.cpo.CPOConfig"
    usual_rate: ClassVar[tuple[float, float]] = (1e-7, 1e-5)
    usual_lora_rate: ClassVar[tuple[float, float]] = (1e-6, 1e-4)
    rate_source: ClassVar[str] = "trl 1.16 takes 1e-6"
    rate: ClassVar[float] = 1e-6
    lora_rate: ClassVar[float] = 1e-5

    beta: Any = setting(number(0), "scale of the difference", 0.1, argument="beta")
    likelihood: Any = setting(number(0), "weight of the chosen answer", 1.0, argument="cpo_alpha")


class Tpo(WithoutReference):
    """Triple preference optimisation: a best answer to learn from, and a better and a worse one.

    Source: trl.experimental.tpo.TPOTrainer; Saeidi et al. 2024, arXiv:2405.16681.

    Example: `stage final: tpo { from = tuned, data = triples, best = gold, beta = 0.01 }`
    """

    keyword: ClassVar[str] = "tpo"
    trainer_class: ClassVar[str] = "trl.experimental.tpo.TPOTrainer"
    config_class: ClassVar[str] = "trl.experimental.tpo.TPOConfig"
    usual_rate: ClassVar[tuple[float, float]] = (1e-7, 5e-6)
    usual_lora_rate: ClassVar[tuple[float, float]] = (1e-6, 5e-5)
    rate_source: ClassVar[str] = "published: 5e-7 with full weights (trl's example)"
    rate: ClassVar[float] = 5e-7
    lora_rate: ClassVar[float] = 5e-6

    best: Any = setting(row_value("text"), "column of the best answer")
    beta: Any = setting(number(0), "scale of the difference", 0.01, argument="beta")
    likelihood: Any = setting(number(0), "weight of the best answer's likelihood", 1.0, argument="tpo_alpha")
    margin: Any = setting(
        number(0),
        "means of tokens are compared, with this margin (TPO-L); sums without one when left out",
        None,
        argument="tpo_l_gamma",
    )
