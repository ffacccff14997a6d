"""How a model is spread over devices."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import flag, one_of, several, text, whole


class Strategy(Concept):
    """Base of strategies; beside the rows, weights, layers, sequences and experts can be shared out."""

    not_yet: ClassVar[str] = "one process on one device is what runs today"

    tensor: Any = setting(whole(1), "devices that share each weight matrix", 1)
    pipeline: Any = setting(whole(1), "devices that share the layers", 1)
    context: Any = setting(whole(1), "devices that share each sequence", 1)
    expert: Any = setting(whole(1), "devices that share the experts", 1)
    offload: Any = setting(
        several(one_of("parameters", "optimizer", "gradients")), "what is kept in main memory", ()
    )


class Ddp(Strategy):
    """Every device holds the whole model; gradients are averaged.

    Source: torch.nn.parallel.DistributedDataParallel.

    Example: `run { devices = 8, strategy = ddp }`
    """

    keyword: ClassVar[str] = "ddp"


class Fsdp(Strategy):
    """Weights, gradients and optimizer state are cut over the devices.

    Source: torch.distributed.fsdp.fully_shard; Zhao et al. 2023, arXiv:2304.11277.

    Example: `run { devices = 8, strategy = fsdp(offload = parameters) }`
    """

    keyword: ClassVar[str] = "fsdp"

    version: Any = setting(whole(1, 2), "FSDP or FSDP2", 2)
    shard: Any = setting(one_of("full", "gradients", "hybrid"), "what is cut, and over which devices", "full")
    wrap: Any = setting(text(), "class of the layers that are gathered one by one", None)
    reshard: Any = setting(flag(), "give up gathered weights between forward and backward", True)


class Zero(Strategy):
    """DeepSpeed: optimizer state (1), gradients too (2), weights too (3) are cut over the devices.

    Source: Rajbhandari et al. 2019, arXiv:1910.02054.

    Example: `run { devices = 8, strategy = zero(stage = 3) }`
    """

    keyword: ClassVar[str] = "zero"

    stage: Any = setting(whole(0, 3), "what is cut", 2)
    within_node: Any = setting(whole(1), "devices over which weights are cut a second time", None)
