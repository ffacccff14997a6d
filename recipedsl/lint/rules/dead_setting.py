"""L116: a setting that changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Diagnostic
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.recipe import Evaluation, Place, Stage

#: Losses of trl 1.16 that read `label_smoothing` (trl/trainer/dpo_trainer.py).
_SMOOTHED = frozenset({"exo_pair", "robust", "aot", "aot_unpaired"})

#: Losses that read no `beta` (the same file).
_WITHOUT_BETA = frozenset({"sft"})

#: A setting, where it is written, and why it changes nothing.
Dead = tuple[str, Place, str]


class DeadSetting(Rule):
    """A setting that changes nothing.

    What: A setting of something that is not done: `temperature` of an eval that lets no model write,
    `save_every` beyond the last step, `label_smoothing` of a loss that does not read it, a `floor` of 100%.

    Why: It was meant to do something.

    Bad:

        eval report { models = [tuned], data = held, metrics = [loss()], temperature = 0.7 }

    Good:

        eval report { models = [tuned], data = held, metrics = [exact(answer)], temperature = 0.7 }
    """

    code: ClassVar[str] = "L116"
    name: ClassVar[str] = "dead-setting"

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Looks at the written settings of stages and evals."""
        found: list[Dead] = []
        for stage in subject.recipe.stages.values():
            found += [*_of_length(stage), *_of_loss(stage), *_of_schedule(stage)]
        for each in subject.recipe.evaluations.values():
            found += _of_eval(each)
        for name, place, why in found:
            yield cls.at(place, f"`{name}` changes nothing: {why}", "changes nothing")


def _of_length(stage: Stage) -> Iterator[Dead]:
    every, steps = stage.settings.get("save_every"), stage.settings.get("steps")
    if every and steps and "save_every" in stage.written and every >= steps:
        yield (
            "save_every",
            stage.written["save_every"],
            f"the stage ends after {steps} steps, and is kept then",
        )


def _of_loss(stage: Stage) -> Iterator[Dead]:
    losses = set(stage.losses)
    if stage.method.keyword != "dpo" or not losses:
        return
    shown = " and ".join(f"`{each}`" for each in sorted(losses))
    if stage.settings.get("label_smoothing") and not losses & _SMOOTHED:
        yield "label_smoothing", stage.written["label_smoothing"], f"the loss {shown} does not read it"
    if "beta" in stage.written and losses <= _WITHOUT_BETA:
        yield "beta", stage.written["beta"], f"the loss {shown} does not read it"


def _of_schedule(stage: Stage) -> Iterator[Dead]:
    use = stage.settings.get("schedule")
    if use is not None and use.settings.get("floor") == 1 and "floor" in use.written:
        yield "floor", use.written["floor"], "a floor of 100% is a constant rate"


def _of_eval(judging: Evaluation) -> Iterator[Dead]:
    """What is said of answers where none are written, and of lengths where none are scored."""
    measured = {metric.keyword for metric in judging.metrics}
    if measured == {"loss"}:
        for name in ("temperature", "max_new_tokens"):
            if name in judging.written:
                yield name, judging.written[name], "`loss` reads the answers of the rows, no model writes any"
    if "loss" not in measured and "max_length" in judging.written:
        yield "max_length", judging.written["max_length"], "it is for `loss`, which is not measured"
