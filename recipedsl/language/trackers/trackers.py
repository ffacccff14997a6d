"""Where the numbers of a run are sent while it goes on."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import several, text


class Tracker(Concept):
    """Base of trackers; the run's own folder holds every number anyway."""

    not_yet: ClassVar[str] = "the run's folder holds every number"

    project: Any = setting(text(), "project that the run belongs to", None)
    group: Any = setting(text(), "group within the project", None)
    tags: Any = setting(several(text()), "tags of the run", ())


class Wandb(Tracker):
    """Weights & Biases.

    Example: `run { track = wandb(project = "tutor") }`
    """

    keyword: ClassVar[str] = "wandb"


class Tensorboard(Tracker):
    """TensorBoard.

    Example: `run { track = tensorboard }`
    """

    keyword: ClassVar[str] = "tensorboard"


class Trackio(Tracker):
    """Trackio.

    Example: `run { track = trackio }`
    """

    keyword: ClassVar[str] = "trackio"
