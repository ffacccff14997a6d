"""Gates of an eval that do not hold, with the values that were measured drawn below them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from recipedsl.diagnostics import Diagnostic, Label, Value
from recipedsl.plan.model import EvalNode, Gate
from recipedsl.runtime.evaluate.gates import GateResult, diagnose
from recipedsl.runtime.execute.places import label_of, placed
from recipedsl.source import Span


def failed_gates(node: EvalNode, folder: Path, root: Path) -> tuple[Diagnostic, ...]:
    """One diagnostic for each gate that does not hold, or that cannot be decided.

    Args:
        node: the eval.
        folder: its result; `results.json` says what became of every gate, in order.
        root: the project's root, to show the recipe's text.
    """
    said = json.loads((folder / "results.json").read_text("utf-8"))["gates"]
    results = zip(node.gates, map(GateResult.from_json, said), strict=True)
    return tuple(_diagnostic(gate, result, root) for gate, result in results if not result.passed)


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
