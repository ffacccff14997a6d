"""Update rules."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import number


class Optimizer(Concept):
    """Base of optimizers.

    Attributes:
        optim: name in transformers.TrainingArguments.
        state_bytes: bytes of optimizer state for each trained weight, for the memory estimate.
    """

    optim: ClassVar[str]
    state_bytes: ClassVar[int]


class Adamw(Optimizer):
    """Adam with decoupled weight decay; keeps two moments for each weight.

    Source: torch.optim.AdamW; Loshchilov and Hutter 2017, arXiv:1711.05101.

    Example: `optimizer = adamw(beta2 = 0.95)`
    """

    keyword: ClassVar[str] = "adamw"
    optim: ClassVar[str] = "adamw_torch"
    state_bytes: ClassVar[int] = 8

    beta1: Any = setting(number(0, 1), "decay of the mean of gradients", 0.9, argument="adam_beta1")
    beta2: Any = setting(number(0, 1), "decay of the mean of squared gradients", 0.999, argument="adam_beta2")
    epsilon: Any = setting(number(0), "keeps the division finite", 1e-8, argument="adam_epsilon")


class Adafactor(Optimizer):
    """Adam with factored second moments: little memory.

    Source: transformers.Adafactor; Shazeer and Stern 2018, arXiv:1804.04235.

    Example: `optimizer = adafactor`
    """

    keyword: ClassVar[str] = "adafactor"
    optim: ClassVar[str] = "adafactor"
    state_bytes: ClassVar[int] = 1


class Sgd(Optimizer):
    """Plain stochastic gradient descent.

    Example: `optimizer = sgd`
    """

    keyword: ClassVar[str] = "sgd"
    optim: ClassVar[str] = "sgd"
    state_bytes: ClassVar[int] = 0
