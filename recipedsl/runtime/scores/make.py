"""From the plan's description of a score to the function that computes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from recipedsl.diagnostics import Bug
from recipedsl.plan.model import ScoreSpec
from recipedsl.runtime.sandbox import Policy
from recipedsl.runtime.scores.judge import ByModel, load_judge
from recipedsl.runtime.scores.programs import Passes
from recipedsl.runtime.scores.python_function import PythonFunction
from recipedsl.runtime.scores.texts import Exact, Format, Length, Numeric


class Scorer(Protocol):
    """Gives each answer a number, or None where it cannot say."""

    def __call__(
        self, answers: list[str], rows: list[dict[str, Any]], prompts: list[list[dict[str, Any]]]
    ) -> list[float | None]:
        """One value for each answer, in order.

        Raises:
            RecipeError: the score cannot be computed; see the codes R650 to R659.
        """
        ...


@dataclass(frozen=True, slots=True)
class ScorePolicy:
    """How scores are computed.

    Attributes:
        allow_unsandboxed: programs may run under limits alone where nothing isolates.
        workers: programs at once.
    """

    allow_unsandboxed: bool = False
    workers: int = 2


@dataclass(frozen=True)
class _Order:
    """A score that is wanted, and what is at hand to make it."""

    spec: ScoreSpec
    root: Path
    folders: Mapping[str, Path]
    policy: ScorePolicy

    @property
    def settings(self) -> dict[str, Any]:
        return self.spec.settings


def make_scorer(
    spec: ScoreSpec, *, root: Path, folders: Mapping[str, Path], policy: ScorePolicy | None = None
) -> Scorer:
    """The function of a reward term or of a metric that reads answers.

    Args:
        spec: `passes` and `pass_rate`, `exact`, `numeric`, `format`, `length`, `python`, `model` and
            `reward`.
        root: the project's folder.
        folders: result folders by node name, for the reward stage that `spec.node` names.
        policy: the strictest if left out.

    Raises:
        RecipeError: it cannot be computed on this machine or from these files.
    """
    make = _MAKERS.get(spec.keyword)
    if make is None:
        raise Bug(f"no score is called `{spec.keyword}`")
    return make(_Order(spec, root, folders, policy or ScorePolicy()))


def _passes(order: _Order) -> Scorer:
    return Passes(
        order.spec.expressions["tests"],
        order.spec.expressions.get("language"),
        timeout=float(order.settings["timeout"]),
        memory=int(order.settings["memory"]),
        policy=Policy(allow_unsandboxed=order.policy.allow_unsandboxed),
        workers=order.policy.workers,
    )


def _exact(order: _Order) -> Scorer:
    return Exact(order.spec.expressions["expected"])


def _numeric(order: _Order) -> Scorer:
    return Numeric(order.spec.expressions["expected"], float(order.settings["tolerance"]))


def _format(order: _Order) -> Scorer:
    return Format(str(order.settings["pattern"]))


def _length(order: _Order) -> Scorer:
    return Length(int(order.settings["target"]), int(order.settings["limit"]))


def _python(order: _Order) -> Scorer:
    return PythonFunction(
        str(order.settings["function"]), root=order.root, timeout=float(order.settings["timeout"])
    )


def _model(order: _Order) -> Scorer:
    return ByModel(load_judge(order.folders[order.spec.node]))


_MAKERS: dict[str, Callable[[_Order], Scorer]] = {
    "passes": _passes,
    "pass_rate": _passes,
    "exact": _exact,
    "numeric": _numeric,
    "format": _format,
    "length": _length,
    "python": _python,
    "model": _model,
    "reward": _model,
}
