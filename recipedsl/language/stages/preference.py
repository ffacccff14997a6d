"""Methods that learn from preferences against a reference: DPO and KTO."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.shapes import Shape
from recipedsl.language.stages.base import Offline, Preferring, Purpose, UsualRange
from recipedsl.language.values import number, one_of, several

#: `loss_type` of trl.DPOConfig 1.16.
DPO_LOSSES = (
    "sigmoid", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot",
    "aot_unpaired", "apo_zero", "apo_down", "discopop", "sft", "sigmoid_norm",
)  # fmt: skip


class Dpo(Preferring, Offline):
    """Direct preference optimisation: chosen answers gain on rejected ones, held to the reference.

    The reference is derived: the policy that the stage starts from, as an adapter switched off, a
    frozen copy of the adapter, or its weights once more.

    Source: trl.DPOTrainer; Rafailov et al. 2023, arXiv:2305.18290.

    Example: `stage final: dpo { from = tuned, data = pairs, beta = 0.1, loss = sigmoid }`
    """

    keyword: ClassVar[str] = "dpo"
    takes: ClassVar[tuple[Shape, ...]] = (Shape.PREFERENCE,)
    trainer_class: ClassVar[str] = "trl.DPOTrainer"
    config_class: ClassVar[str] = "trl.DPOConfig"
    purpose: ClassVar[Purpose] = "preference"
    usual_rate: ClassVar[tuple[float, float]] = (1e-7, 5e-6)
    usual_lora_rate: ClassVar[tuple[float, float]] = (1e-6, 5e-5)
    rate_source: ClassVar[str] = (
        "published: 5e-7 (Zephyr, arXiv:2310.16944; Tülu 3, arXiv:2411.15124) to 1e-6 (DPO, "
        "arXiv:2305.18290) with full weights, 5e-6 with LoRA (Zephyr QLoRA); trl 1.16 takes 1e-6"
    )
    usual_beta: ClassVar[UsualRange] = UsualRange(
        0.005, 1, "DPO 0.1 to 0.5 (arXiv:2305.18290), Zephyr 0.01 (arXiv:2310.16944); trl 1.16 takes 0.1"
    )
    rate: ClassVar[float] = 1e-6
    lora_rate: ClassVar[float] = 1e-5

    loss: Any = setting(
        several(one_of(*DPO_LOSSES), least=1),
        "which loss; several are added",
        "sigmoid",
        argument="loss_type",
        also_called=("pref_loss",),
    )
    loss_weights: Any = setting(
        several(number(0), optional=True), "weights of several losses", None, argument="loss_weights"
    )
    label_smoothing: Any = setting(
        number(0, 0.5),
        "assumed share of pairs the wrong way round",
        0.0,
        argument="label_smoothing",
        also_called=("dpo_label_smoothing",),
    )


class Kto(Preferring):
    """Kahneman-Tversky optimisation: learns from single answers marked good or bad.

    Source: trl.KTOTrainer; Ethayarajh et al. 2024, arXiv:2402.01306.

    Example: `stage final: kto { from = tuned, data = marks, beta = 0.1 }`
    """

    keyword: ClassVar[str] = "kto"
    takes: ClassVar[tuple[Shape, ...]] = (Shape.FEEDBACK,)
    trainer_class: ClassVar[str] = "trl.KTOTrainer"
    config_class: ClassVar[str] = "trl.KTOConfig"
    purpose: ClassVar[Purpose] = "feedback"
    usual_rate: ClassVar[tuple[float, float]] = (1e-7, 5e-6)
    usual_lora_rate: ClassVar[tuple[float, float]] = (1e-6, 5e-5)
    rate_source: ClassVar[str] = (
        "published: 5e-6 (HALOs, the code of arXiv:2402.01306), 5e-7 to 5e-6 (trl's guide to KTO) with full "
        "weights; trl 1.16 takes 1e-6"
    )
    usual_beta: ClassVar[UsualRange] = UsualRange(
        0.005, 1, "HALOs 0.1 (arXiv:2402.01306); trl 1.16 takes 0.1"
    )
    rate: ClassVar[float] = 1e-6
    lora_rate: ClassVar[float] = 1e-5

    loss: Any = setting(one_of("kto", "apo_zero_unpaired"), "which loss", "kto", argument="loss_type")
    desirable_weight: Any = setting(number(0), "weight of good answers", 1.0, argument="desirable_weight")
    undesirable_weight: Any = setting(number(0), "weight of bad answers", 1.0, argument="undesirable_weight")
