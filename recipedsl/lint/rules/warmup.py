"""L115: a warm-up that was likely meant in the other unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from recipedsl.diagnostics import Applicability, Diagnostic
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.context import fix
from recipedsl.semantics.recipe import Place, Training

#: Shares that published recipes warm up for (3% Alpaca, 5%, 10% Zephyr) reach up to here; as steps these
#: numbers are no warm-up of a stage of any length.
_FEW_STEPS = 5

#: A stage of fewer steps may well warm up for some of them.
_SHORT = 100

#: Half of a stage as warm-up is beyond what is published: 10% is the most among 77 recipes.
_MOST_SHARE = 0.5


class WarmupUnit(Rule):
    """A warm-up that was likely meant in the other unit.

    What: A number counts steps, `3%` is a share of them. Five steps or less in a stage of a hundred or more,
    a share of half the stage or more, and a warm-up that lasts as long as the stage are likely slips.

    Why: A published recipe gives `warmup_steps: 0.1`, a share where steps are counted; the other way round,
    3 steps where 3% were meant, nothing would tell.

    Bad:

        schedule = cosine(warmup = 3)

    Good:

        schedule = cosine(warmup = 3%)
    """

    code: ClassVar[str] = "L115"
    name: ClassVar[str] = "warmup-unit"
    despite_errors: ClassVar[bool] = True

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Looks at every schedule whose warm-up is written."""
        for name, stage in subject.recipe.training.items():
            use = stage.settings.get("schedule")
            if use is not None and "warmup" in use.written:
                yield from cls._found(name, stage, use.settings["warmup"], use.written["warmup"])

    @classmethod
    def _found(cls, name: str, stage: Training, warmup: Any, place: Place) -> Iterator[Diagnostic]:
        steps = stage.settings.get("steps")
        if isinstance(warmup, float):
            if warmup >= _MOST_SHARE:
                words = f"a warm-up of {warmup:.0%} leaves little of stage `{name}` at its rate"
                yield cls.at(place, words, "a share of the steps")
        elif steps is not None and warmup >= steps:
            words = f"a warm-up of {warmup} steps never ends: stage `{name}` has {steps}"
            yield cls.at(place, words, "steps", secondary=[(stage.written["steps"], "as long as the stage")])
        elif 0 < warmup <= _FEW_STEPS and (steps is None or steps >= _SHORT):
            counted = f"{warmup} step{'s' if warmup > 1 else ''}"
            words = f"a warm-up of {counted} is hardly one; a share is written `{warmup}%`"
            share = f"{warmup}%"
            helps = (fix(place, share, f"write `{share}` if a share is meant", Applicability.UNSAFE),)
            yield cls.at(place, words, "steps, not percent", helps=helps)
