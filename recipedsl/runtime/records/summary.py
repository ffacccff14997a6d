"""The short Markdown page of a run: what ran, what came out, which gates held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recipedsl.plan.model import EvalNode, Plan
from recipedsl.runtime.evaluate.intervals import FEWEST
from recipedsl.runtime.execute.outcome import NodeOutcome, RunOutcome
from recipedsl.runtime.records.reached import Reached

_STATES = {
    "done": "Done.",
    "failed": "Failed.",
    "interrupted": "Interrupted; the next run goes on from here.",
    "gate failed": "Stopped: a gate does not hold.",
}

#: Facts of a node, and `results.json` of an eval, by name.
Forms = Mapping[str, Mapping[str, Any]]


def summary(
    plan: Plan, outcome: RunOutcome, facts: Forms, results: Forms, reached: Mapping[str, Reached]
) -> str:
    """The page.

    Args:
        plan: what was asked for.
        outcome: what became of it.
        facts: manifests' facts by node name.
        results: results of evals by node name.
        reached: how far nodes came that did not end.
    """
    sections = [f"# {plan.recipe}", f"{_STATES[outcome.state]} {_seconds(outcome.seconds)} in all."]
    sections += [_problems(outcome), "## Nodes", _nodes(outcome, facts, reached)]
    for node in plan.nodes:
        if isinstance(node, EvalNode) and node.name in results:
            sections += _evaluation(node, results[node.name])
    return "\n\n".join(each for each in sections if each) + "\n"


def _problems(outcome: RunOutcome) -> str:
    found = (*outcome.diagnostics, *outcome.gates_failed)
    return "\n".join(f"- {each.code} {each.message}" for each in found)


# --- nodes ----------------------------------------------------------------------------------------------


def _nodes(outcome: RunOutcome, facts: Forms, reached: Mapping[str, Reached]) -> str:
    rows = [
        (
            each.name,
            each.kind,
            each.state,
            _seconds(each.seconds) if each.seconds else "",
            f"stopped at {reached[each.name]}" if _is_stopped(each, reached) else _facts(each, facts),
        )
        for each in outcome.nodes
    ]
    return _table(("node", "kind", "state", "time", "facts"), rows)


def _is_stopped(node: NodeOutcome, reached: Mapping[str, Reached]) -> bool:
    return node.state in ("failed", "interrupted") and node.name in reached


def _facts(node: NodeOutcome, facts: Forms) -> str:
    known = facts.get(node.name, {})
    found = {"model": _model, "data": _data, "tokens": _tokens, "stage": _stage, "eval": _eval}[node.kind](
        known
    )
    return ", ".join(found)


def _model(facts: Mapping[str, Any]) -> Iterator[str]:
    if facts.get("parameters"):
        yield f"{facts['parameters']:,} weights"


def _data(facts: Mapping[str, Any]) -> Iterator[str]:
    for part, count in facts.get("rows", {}).items():
        yield f"{part} {count:,} rows" if part else f"{count:,} rows"
    if facts.get("rejects"):
        yield f"{facts['rejects']:,} lines set aside"


def _tokens(facts: Mapping[str, Any]) -> Iterator[str]:
    if "kept" in facts:
        yield f"{facts['kept']:,} of {facts.get('rows', 0):,} rows"
    if facts.get("trained"):
        yield f"{facts['trained']:,} of {facts['tokens']:,} tokens trained"
    if reason := facts.get("encoder", {}).get("reason"):
        yield f"{facts['encoder']['instead_of']} was given up: {reason}"


def _stage(facts: Mapping[str, Any]) -> Iterator[str]:
    if facts.get("steps") is not None:
        yield f"{facts['steps']:,} steps"
    curve = facts.get("losses") or []
    if curve:
        yield f"loss {curve[0][1]:.3f} to {curve[-1][1]:.3f}"
    known = [loss for _, loss in facts.get("looks") or () if loss is not None]
    if known:
        yield f"held-out loss {known[0]:.3f} to {known[-1]:.3f}"


def _eval(facts: Mapping[str, Any]) -> Iterator[str]:
    if facts.get("rows"):
        yield f"{facts['rows']:,} rows"


# --- evals ----------------------------------------------------------------------------------------------


def _evaluation(node: EvalNode, results: Mapping[str, Any]) -> Iterator[str]:
    """A table of all models, then one for each slice; values with their 95% interval and rows."""
    yield f"## {node.name}"
    for metric in node.metrics:
        by_model = results.get(metric.name)
        if not by_model:
            continue
        yield f"### {metric.name}"
        yield _metric(node, by_model)
    cut = [f"{name} {100 * share:.0f}%" for name, share in results.get("unfinished", {}).items() if share]
    if cut:
        yield f"Answers cut at {node.max_new_tokens} tokens before they ended: {', '.join(cut)}."
    if results.get("gates"):
        yield "### Gates"
        yield "\n".join(_gate(form) for form in results["gates"])


def _metric(node: EvalNode, by_model: Mapping[str, Any]) -> str:
    models = [name for name in node.models if name in by_model]
    rows = [("all", *(_estimate(by_model[name]["overall"]) for name in models))]
    for column in node.slices:
        values = dict.fromkeys(v for name in models for v in by_model[name]["slices"].get(column, {}))
        for value in values:
            cells = (by_model[name]["slices"].get(column, {}).get(value) for name in models)
            rows.append((f"{column} {value}", *(_estimate(each) for each in cells)))
    return _table(("slice", *models), rows)


def _estimate(form: Mapping[str, Any] | None) -> str:
    """`0.620 (0.540 to 0.690), n = 120`."""
    if not form or form.get("value") is None:
        return "none"
    low, high = form.get("low"), form.get("high")
    interval = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
    few = " (too few to tell)" if form["rows"] < FEWEST else ""
    return f"{form['value']:.3f}{interval}, n = {form['rows']}{few}"


def _gate(form: Mapping[str, Any]) -> str:
    state = {True: "holds", False: "does not hold", None: "cannot be decided"}[form["passed"]]
    values = ", ".join(f"{name} = {_number(value)}" for name, value in form["values"].items())
    said = f": {form['message']}" if form["message"] and not form["passed"] else ""
    return f"- `{form['text']}` {state} ({values}){said}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"


# --- words ----------------------------------------------------------------------------------------------


def _seconds(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
