"""P403: a learning rate far outside the method's usual band."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Diagnostic
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.recipe import Stage

#: How far outside its band a rate has to lie: people search in steps of three to ten.
_FAR = 10


class UnusualRate(Rule):
    """A learning rate far outside the method's usual band.

    What: Ten times outside what the method's paper, TRL's defaults and published recipes use. Each method
    has a band for all weights and one for adapters; the message names where they are from.

    Why: A rate that is ten times off either teaches nothing or ruins the model, and both look like a
    slow start for hours.

    Bad:

        stage final: dpo { from = tuned, data = pairs, learning_rate = 1e-3 }

    Good:

        stage final: dpo { from = tuned, data = pairs, learning_rate = 1e-6 }
    """

    code: ClassVar[str] = "P403"
    name: ClassVar[str] = "unusual-learning-rate"
    despite_errors: ClassVar[bool] = True

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Holds every written rate against its band."""
        for stage in subject.recipe.stages.values():
            rate = stage.settings.get("learning_rate")
            if rate is not None and "learning_rate" in stage.written:
                yield from cls._found(stage, float(rate))

    @classmethod
    def _found(cls, stage: Stage, rate: float) -> Iterator[Diagnostic]:
        method, lora = stage.method, stage.trains_adapter
        low, high = method.rate_band(adapter=lora)
        if low / _FAR <= rate <= high * _FAR:
            return
        title = f"{method.keyword} with LoRA" if lora else method.keyword
        far = (
            f"{rate / high:,.0f} times above" if rate > high else f"{low / (rate or 1e-99):,.0f} times below"
        )
        far = far if rate else "no rate at all, and far below"
        notes = [f"the band: {method.rate_source}"] if method.rate_source else []
        if not lora:
            notes.append("with LoRA the usual band lies ten times higher")
        yield cls.at(
            stage.written["learning_rate"],
            f"a learning rate of {rate:g} is {far} the usual band of {title}",
            f"usual: {low:g} to {high:g}",
            notes=tuple(notes),
        )
