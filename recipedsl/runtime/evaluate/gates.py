"""Decides gates: conditions over measured values, with every value that went into them.

Gates are no part of what is measured: they are decided from a stored result, in every run anew, by a
process that never loads a model.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run import PlanUnfit
from recipedsl.diagnostics.codes.run_scores import GateFailed, GateUndecided
from recipedsl.language.expressions import Call, Column, Constant, columns_of
from recipedsl.plan.model import Gate

#: Metric, model, then `overall` and `slices`, as in results.json.
Results = Mapping[str, Mapping[str, Mapping[str, Any]]]
Number = float | bool | None

#: Keys of results.json that are no metric; `gates` stood there before gates were decided apart.
NO_METRICS = ("unfinished", "gates")


@dataclass(frozen=True, slots=True)
class GateResult:
    """What became of a gate.

    Attributes:
        text: the condition as written.
        message: what the recipe says about it.
        passed: whether it holds; None when a value that it asks for was not measured.
        values: the measured values in it, by name, in order of appearance.
    """

    text: str
    message: str
    passed: bool | None
    values: tuple[tuple[str, float | None], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain form."""
        return {
            "text": self.text,
            "message": self.message,
            "passed": self.passed,
            "values": dict(self.values),
        }


def read_results(folder: Path) -> dict[str, Any]:
    """What an evaluation measured: metrics, and the share of answers that were cut (`unfinished`).

    Args:
        folder: of the stored result.
    """
    form: dict[str, Any] = json.loads((folder / "results.json").read_text("utf-8"))
    return {name: part for name, part in form.items() if name != "gates"}


def check_gates(gates: Sequence[Gate], results: Results) -> tuple[GateResult, ...]:
    """Decides every gate.

    Raises:
        RecipeError: a gate names a metric or model that was not evaluated, or a function that no gate
            has; the compiler makes none like that, a plan that was changed by hand may hold one.
    """
    values = measured({name: part for name, part in results.items() if name not in NO_METRICS})
    return tuple(_check(gate, values) for gate in gates)


def diagnose(result: GateResult) -> Diagnostic:
    """The diagnostic of a gate that does not hold, its values drawn; the caller adds the place."""
    condition = result.text or "the condition"
    notes = tuple(f"{name} = {_shown(value)}" for name, value in result.values)
    if result.passed is None:
        return Diagnostic(GateUndecided, f"`{condition}` cannot be decided", notes=notes)
    return Diagnostic(
        GateFailed, result.message or f"`{condition}` does not hold", notes=(f"expected {condition}", *notes)
    )


def measured(results: Results) -> dict[str, float | None]:
    """Overall values by the names that gates give them: `pass_rate(final)`.

    A metric is called by its keyword, the part of its name before the settings; of several with one
    keyword the first is meant. The whole name works too.
    """
    found: dict[str, float | None] = {}
    for name, models in results.items():
        for model, parts in models.items():
            for each in (name.partition("(")[0], name):
                found.setdefault(f"{each}({model})", parts["overall"]["value"])
    return found


def _check(gate: Gate, values: Mapping[str, float | None]) -> GateResult:
    names = tuple(dict.fromkeys(columns_of(gate.condition)))
    try:
        outcome = _evaluate(gate.condition, values)
        drawn = tuple((name, values[name]) for name in names)
    except (KeyError, TypeError) as error:
        raise RecipeError(_unfit(gate, values, error)) from error
    return GateResult(gate.text, gate.message, None if outcome is None else bool(outcome), drawn)


def _unfit(gate: Gate, values: Mapping[str, float | None], error: Exception) -> Diagnostic:
    return Diagnostic(
        PlanUnfit,
        f"the gate `{gate.text}` asks for something that no evaluation gives",
        notes=(f"not known: {error}", f"measured: {', '.join(sorted(values))}"),
        helps=(Help("`recipedsl run` on the recipe makes a new plan"),),
    )


def _evaluate(expression: Column | Constant | Call, values: Mapping[str, float | None]) -> Number:
    match expression:
        case Column(name=name):
            return values[name]
        case Constant(value=bool() | int() | float() | None as value):
            return value
        case Call(function=function, arguments=arguments):
            return _FUNCTIONS[function](*(_evaluate(each, values) for each in arguments))
    raise TypeError(f"a {expression.kind} in a gate")


def _known(function: Callable[..., Any]) -> Callable[..., Number]:
    """The function, unknown where an argument is."""

    def of(*values: Number) -> Number:
        return None if None in values else function(*values)

    return of


def _and(*values: Number) -> Number:
    """What is false stays false, whatever the unknown is."""
    return (
        False if any(each is not None and not each for each in values) else (None if None in values else True)
    )


def _or(*values: Number) -> Number:
    return True if any(values) else (None if None in values else False)


def _between(value: Number, low: Number, high: Number) -> Number:
    """An end that is None is open."""
    return None if value is None else (low is None or value >= low) and (high is None or value <= high)


def _divide(left: float, right: float) -> float | None:
    return left / right if right else None


_FUNCTIONS: dict[str, Callable[..., Number]] = {
    "equal": _known(operator.eq),
    "not_equal": _known(operator.ne),
    "less": _known(operator.lt),
    "less_equal": _known(operator.le),
    "greater": _known(operator.gt),
    "greater_equal": _known(operator.ge),
    "and": _and,
    "or": _or,
    "not": _known(operator.not_),
    "between": _between,
    "add": _known(operator.add),
    "subtract": _known(operator.sub),
    "multiply": _known(operator.mul),
    "divide": _known(_divide),
    "negate": _known(operator.neg),
    "abs": _known(abs),
    "min": _known(min),
    "max": _known(max),
}


def _shown(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.4g}"
