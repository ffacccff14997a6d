"""Engines that write answers in large numbers."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import flag, mapping, one_of, share, whole


class Engine(Concept):
    """Base of engines; without one, transformers writes the answers in the stage's own process."""

    not_yet: ClassVar[str] = "left out, transformers writes the answers"

    placed: Any = setting(
        one_of("beside", "apart"), "on the devices of the training, or on devices of its own", "beside"
    )
    devices: Any = setting(whole(1), "devices of its own", None)
    tensor: Any = setting(whole(1), "devices that share one copy of the model", 1)
    memory: Any = setting(share(above=0), "share of a device's memory that it takes", None)
    sync_every: Any = setting(whole(1), "steps after which it gets the new weights", 1)
    behind: Any = setting(whole(0), "steps that its weights may lag behind", 0)
    correct: Any = setting(flag(), "weigh answers by how far the weights have moved since", False)
    sleep: Any = setting(flag(), "free its memory while the model trains", False)
    options: Any = setting(mapping(), "further options of the engine by its own names", None)


class Vllm(Engine):
    """vLLM.

    Example: `engine = vllm(memory = 50%, tensor = 2)`
    """

    keyword: ClassVar[str] = "vllm"


class Sglang(Engine):
    """SGLang.

    Example: `engine = sglang(placed = apart, devices = 4)`
    """

    keyword: ClassVar[str] = "sglang"
