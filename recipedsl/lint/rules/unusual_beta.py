"""L113: a beta on the scale of another method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Diagnostic
from recipedsl.language.stages.base import UsualRange
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.recipe import Stage

#: The length-normalised loss compares means over tokens, so its beta is as many times larger (Tülu 3,
#: arXiv:2411.15124, trains with 5).
_NORMALISED = UsualRange(2, 10, "length-normalised: Lambert et al. 2024, arXiv:2411.15124")


class UnusualBeta(Rule):
    """A `beta` on the scale of another method.

    What: `beta` means something else in every method: about 0.1 in DPO and KTO (0.01 to 0.5 are published),
    0 to 0.1 in GRPO and RLOO, 2 to 10 where log-probabilities are means over tokens (SimPO, and DPO's loss
    `sigmoid_norm`).

    Why: With DPO at 2 the policy hardly moves; with a length-normalised loss at 0.1 the loss is flat.

    Bad:

        dpo { beta = 2 }

    Good:

        dpo { beta = 0.1 }
    """

    code: ClassVar[str] = "L113"
    name: ClassVar[str] = "unusual-beta"

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Holds every written beta against its method's band."""
        for stage in subject.recipe.stages.values():
            beta, band = stage.settings.get("beta"), _band(stage)
            if band is None or "beta" not in stage.written or beta is None or band.low <= beta <= band.high:
                continue
            loss = " with `sigmoid_norm`" if band is _NORMALISED else ""
            yield cls.at(
                stage.written["beta"],
                f"a beta of {beta:g} is outside the usual band of {stage.method.keyword}{loss}",
                f"usual: {band.low:g} to {band.high:g}",
                notes=(f"the band: {band.source}", *_fitting(stage, float(beta))),
            )


def _band(stage: Stage) -> UsualRange | None:
    return _NORMALISED if "sigmoid_norm" in stage.losses else stage.method.usual_beta


def _fitting(stage: Stage, beta: float) -> tuple[str, ...]:
    """For which loss the value would be a usual one."""
    if stage.method.keyword == "dpo" and _NORMALISED.low <= beta <= _NORMALISED.high:
        return ("on this scale is the beta of length-normalised losses: `loss = sigmoid_norm`",)
    return ()
