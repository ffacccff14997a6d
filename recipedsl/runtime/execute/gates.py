"""Gates of evals: decided from stored results, drawn with the values that were measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from recipedsl.diagnostics import Diagnostic, Label, Value
from recipedsl.plan.model import EvalNode, Gate
from recipedsl.runtime.evaluate.gates import GateResult, check_gates, diagnose, read_results
from recipedsl.runtime.execute.places import label_of, placed
from recipedsl.runtime.store import Result
from recipedsl.source import Span


def judge(node: EvalNode, folder: Path) -> tuple[GateResult, ...]:
    """What becomes of every gate of an eval, in order.

    Args:
        node: the eval.
        folder: its result.

    Raises:
        RecipeError: a gate asks for something that was not measured.
    """
    return check_gates(node.gates, read_results(folder))


def failed_gates(node: EvalNode, verdicts: Sequence[GateResult], root: Path) -> tuple[Diagnostic, ...]:
    """One diagnostic for each gate that does not hold, or that cannot be decided.

    Args:
        node: the eval.
        verdicts: of its gates, in order.
        root: the project's root, to show the recipe's text.
    """
    pairs = zip(node.gates, verdicts, strict=True)
    return tuple(_diagnostic(gate, verdict, root) for gate, verdict in pairs if not verdict.passed)


def judged_results(
    results: Mapping[str, Result], verdicts: Mapping[str, Sequence[GateResult]]
) -> dict[str, dict[str, Any]]:
    """What every eval measured, with this run's verdicts under `gates`; by the eval's name.

    Args:
        results: finished results by node name; those of other kinds are left out.
        verdicts: of the gates of each eval, by its name.
    """
    evals = {name: result for name, result in results.items() if result.manifest.kind == "eval"}
    return {
        name: {
            **read_results(result.folder),
            "gates": [verdict.to_json() for verdict in verdicts.get(name, ())],
        }
        for name, result in evals.items()
    }


def _diagnostic(gate: Gate, result: GateResult, root: Path) -> Diagnostic:
    found, label = diagnose(result), label_of(gate.origin, root)
    if label is None:
        return placed(found, gate.origin, root)
    return replace(found, primary=label, values=_drawn(label, result))


def _drawn(label: Label, result: GateResult) -> tuple[Value, ...]:
    """Every score that stands in the gate's text, with its value."""
    text, found = label.source.slice(label.span), []
    for name, value in result.values:
        place = text.find(name)
        if place >= 0:
            start = label.span.start + place
            found.append(Value(Span(start, start + len(name)), "none" if value is None else f"{value:.4g}"))
    return tuple(sorted(found, key=lambda each: each.span))
