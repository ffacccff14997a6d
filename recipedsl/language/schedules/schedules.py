"""How the learning rate changes over the steps of a stage."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import either, share, whole


class Schedule(Concept):
    """Base of schedules; all may warm up.

    Attributes:
        scheduler: `lr_scheduler_type` of transformers.TrainingArguments.
    """

    scheduler: ClassVar[str]

    warmup: Any = setting(
        either(share(), whole(0)),
        "first part, in which the rate rises from zero: a share of the steps or a number",
        0.0,
    )


class Linear(Schedule):
    """Falls in a straight line to zero.

    Example: `schedule = linear(warmup = 3%)`
    """

    keyword: ClassVar[str] = "linear"
    scheduler: ClassVar[str] = "linear"


class Cosine(Schedule):
    """Falls along half a cosine to zero, or to a floor.

    Source: Loshchilov and Hutter 2016, arXiv:1608.03983.

    Example: `schedule = cosine(warmup = 3%, floor = 10%)`
    """

    keyword: ClassVar[str] = "cosine"
    scheduler: ClassVar[str] = "cosine"

    floor: Any = setting(share(), "lowest rate as a share of the peak", 0.0)


class Constant(Schedule):
    """Stays as it is after the warm-up.

    Example: `schedule = constant(warmup = 10)`
    """

    keyword: ClassVar[str] = "constant"
    scheduler: ClassVar[str] = "constant_with_warmup"
