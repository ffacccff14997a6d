"""How the learning rate changes over the steps of a stage."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import either, mapping, number, share, whole


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
        also_called=("warmup_ratio", "warmup_steps", "num_warmup_steps"),
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

    floor: Any = setting(
        share(), "lowest rate as a share of the peak", 0.0, also_called=("cosine_min_lr_ratio", "min_lr_rate")
    )


class Constant(Schedule):
    """Stays as it is after the warm-up.

    Example: `schedule = constant(warmup = 10)`
    """

    keyword: ClassVar[str] = "constant"
    scheduler: ClassVar[str] = "constant_with_warmup"


class Polynomial(Schedule):
    """Falls like a power of what is left, to a floor.

    Example: `schedule = polynomial(power = 2)`
    """

    keyword: ClassVar[str] = "polynomial"
    scheduler: ClassVar[str] = "polynomial"

    power: Any = setting(number(above=0), "the power; 1 is a straight line", 1.0)


class InverseRoot(Schedule):
    """Falls with the root of the steps.

    Source: Vaswani et al. 2017, arXiv:1706.03762.

    Example: `schedule = inverse_root(warmup = 100)`
    """

    keyword: ClassVar[str] = "inverse_root"
    scheduler: ClassVar[str] = "inverse_sqrt"


class Stable(Schedule):
    """Stays at the peak after the warm-up, and falls at the end: warm-up, stable, decay.

    Source: Hu et al. 2024, arXiv:2404.06395 (MiniCPM).

    Example: `schedule = stable(warmup = 3%, decay = 20%)`
    """

    keyword: ClassVar[str] = "stable"
    not_yet: ClassVar[str] = "`cosine(floor = 10%)` stays high for long, too"
    scheduler: ClassVar[str] = "warmup_stable_decay"

    decay: Any = setting(share(), "last part, in which the rate falls", 0.2)
    floor: Any = setting(share(), "lowest rate as a share of the peak", 0.0)


class Piecewise(Schedule):
    """Straight lines between points: step, and the rate there as a share of the peak.

    Example: `schedule = piecewise(points = { 0: 10%, 50: 100%, 1000: 0% })`
    """

    keyword: ClassVar[str] = "piecewise"
    not_yet: ClassVar[str] = "`stable` rises, stays and falls"
    scheduler: ClassVar[str] = "constant"

    points: Any = setting(mapping(), "rate as a share of the peak, by step")
