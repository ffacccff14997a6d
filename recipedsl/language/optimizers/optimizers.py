"""Update rules."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import concept, flag, number, one_of, share, whole


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


class Rmsprop(Optimizer):
    """Gradients over the root of their mean square.

    Example: `optimizer = rmsprop`
    """

    keyword: ClassVar[str] = "rmsprop"
    optim: ClassVar[str] = "rmsprop"
    state_bytes: ClassVar[int] = 4


class Adamw8Bit(Adamw):
    """AdamW whose moments take one byte each, and move to main memory when `paged`.

    Source: bitsandbytes; Dettmers et al. 2021, arXiv:2110.02861.

    Example: `optimizer = adamw_8bit(paged = true)`
    """

    keyword: ClassVar[str] = "adamw_8bit"
    not_yet: ClassVar[str] = "`adafactor` takes as little memory"
    optim: ClassVar[str] = "adamw_bnb_8bit"
    state_bytes: ClassVar[int] = 2

    paged: Any = setting(flag(), "move moments to main memory when a device is full", False)


class PagedAdamw(Adamw):
    """AdamW whose moments move to main memory when a device is full.

    Source: bitsandbytes; Dettmers et al. 2023, arXiv:2305.14314.

    Example: `optimizer = paged_adamw`
    """

    keyword: ClassVar[str] = "paged_adamw"
    not_yet: ClassVar[str] = "`adamw` is the same arithmetic"
    optim: ClassVar[str] = "paged_adamw_32bit"
    state_bytes: ClassVar[int] = 8


class Muon(Optimizer):
    """Updates of matrices made orthogonal; other weights by AdamW.

    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks".

    Example: `optimizer = muon(momentum = 0.95)`
    """

    keyword: ClassVar[str] = "muon"
    not_yet: ClassVar[str] = "`adamw` and `adafactor` are carried out"
    optim: ClassVar[str] = "muon"
    state_bytes: ClassVar[int] = 4

    momentum: Any = setting(number(0, 1), "decay of the mean of gradients", 0.95)


class Lion(Optimizer):
    """The sign of a mean of gradients.

    Source: Chen et al. 2023, arXiv:2302.06675.

    Example: `optimizer = lion`
    """

    keyword: ClassVar[str] = "lion"
    not_yet: ClassVar[str] = "`adamw` and `adafactor` are carried out"
    optim: ClassVar[str] = "lion_32bit"
    state_bytes: ClassVar[int] = 4


class Galore(Optimizer):
    """AdamW on gradients of low rank.

    Source: Zhao et al. 2024, arXiv:2403.03507.

    Example: `optimizer = galore(rank = 128, scale = 2)`
    """

    keyword: ClassVar[str] = "galore"
    not_yet: ClassVar[str] = "`adamw` and `adafactor` are carried out"
    optim: ClassVar[str] = "galore_adamw"
    state_bytes: ClassVar[int] = 4

    rank: Any = setting(whole(1), "rank of the gradients", 128)
    scale: Any = setting(number(above=0), "scale of the update", 0.25)
    layerwise: Any = setting(flag(), "update each layer as soon as its gradient is there", False)


class Layers(Optimizer):
    """Another update rule, on some layers at a time: drawn anew (LISA) or one after another (BAdam).

    Source: Pan et al. 2024, arXiv:2403.17919; Luo et al. 2024, arXiv:2404.02827.

    Example: `optimizer = layers(count = 4, every = 20)`
    """

    keyword: ClassVar[str] = "layers"
    not_yet: ClassVar[str] = "`adamw` and `adafactor` are carried out"
    optim: ClassVar[str] = "adamw_torch"
    state_bytes: ClassVar[int] = 8

    count: Any = setting(whole(1), "layers that train at a time", 1)
    every: Any = setting(whole(1), "steps between changes", 50)
    choice: Any = setting(one_of("random", "ascending", "descending"), "which come next", "random")
    rule: Any = setting(concept("optimizer"), "update rule of these layers; `adamw` when left out", None)


class OnlineMerging(Adamw):
    """AdamW whose steps are merged with what the reference learned from the pretrained model.

    Each step keeps to the parameters and directions in which the reference changed, so that a policy
    gains reward and forgets less of what it could do.

    Source: Lu et al. 2024, arXiv:2405.17931.

    Example: `optimizer = online_merging(keep = 50%)`
    """

    keyword: ClassVar[str] = "online_merging"
    not_yet: ClassVar[str] = "`merge` averages finished models"

    keep: Any = setting(share(above=0), "share of the changes that are kept in a step", None)
    weight: Any = setting(share(), "weight of the reference's changes in a step", None)
