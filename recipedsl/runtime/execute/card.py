"""The model card beside a stage's weights: where they come from, in one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from recipedsl.plan.model import DataNode, ModelNode, Plan, StageNode, TokensNode, inputs_of

#: Facts of a node by its name; empty where they are not at hand.
FactsOf = Callable[[str], Mapping[str, Any]]


def write_card(plan: Plan, node: StageNode, out: Path, facts: Mapping[str, Any], facts_of: FactsOf) -> None:
    """Writes `README.md` into a stage's result.

    Args:
        plan: the stage's plan.
        node: the stage.
        out: folder of the result.
        facts: of the stage.
        facts_of: of the nodes above.
    """
    (out / "README.md").write_text(card(plan, node, facts, facts_of), "utf-8")


def card(plan: Plan, node: StageNode, facts: Mapping[str, Any], facts_of: FactsOf) -> str:
    """The text of the card, Markdown. Scores are not in it: they are measured later."""
    sections = [
        f"# {node.name}",
        node.doc,
        _origin(plan, node),
        "## Training",
        _table(_training(node, facts)),
        "## Data",
        _data(plan, node, facts_of),
        "## Settings",
        _table(_settings(node)),
        "## Versions",
        _table(dict(sorted(plan.versions.items()))),
    ]
    return "\n\n".join(each for each in sections if each) + "\n"


def _origin(plan: Plan, node: StageNode) -> str:
    what = "A reward model" if node.gives == "reward" else "A language model"
    start = "" if node.start == node.base else f", starting from the stage `{node.start}`"
    return (
        f"{what} trained with `{node.method}` on {_base(plan, node)}{start}, "
        f"from the recipe `{plan.recipe}`, fingerprint `{node.fingerprint[:16]}`."
    )


def _base(plan: Plan, node: StageNode) -> str:
    base = plan.node(node.base)
    if not isinstance(base, ModelNode):
        return f"`{node.base}`"
    settings = base.source.settings
    named = settings.get("name") or settings.get("package") or settings.get("path") or base.name
    pin = settings.get("revision") or settings.get("version") or ""
    return f"`{named}`" + (f" at `{pin}`" if pin and pin not in named else "")


def _training(node: StageNode, facts: Mapping[str, Any]) -> dict[str, Any]:
    weights = facts.get("parameters"), facts.get("trainable")
    trained = f"{weights[1]:,} of {weights[0]:,}" if all(weights) else None
    rows = {
        "steps": facts.get("steps"),
        "last loss": _rounded(facts.get("loss")),
        "held-out loss": _rounded((facts.get("looks") or [(0, None)])[-1][1]),
        "trained weights": trained,
        "tokens seen": facts.get("tokens") or None,
        "number format": facts.get("dtype"),
        "device": facts.get("device"),
        "adapter": node.adapter.keyword if node.adapter else None,
        "reference": node.reference if node.reference != "none" else None,
        "seed": node.seed,
    }
    return {name: value for name, value in rows.items() if value is not None}


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def _data(plan: Plan, node: StageNode, facts_of: FactsOf) -> str:
    """The datasets that the stage has read, with their numbers of rows."""
    lines = []
    for name in _above(plan, node.tokens):
        each = plan.node(name)
        facts = facts_of(name)
        if isinstance(each, TokensNode):
            lines.append(
                f"- `{each.data}` as tokens: {facts.get('kept', '?')} of {facts.get('rows', '?')} rows"
            )
        elif isinstance(each, DataNode):
            source = f" from `{each.source.path}`" if each.source.kind == "read" else ""
            parts = ", ".join(f"{part or 'all'} {count}" for part, count in facts.get("rows", {}).items())
            lines.append(f"- `{name}`{source}: {parts or '?'} rows")
    return "\n".join(lines)


def _above(plan: Plan, name: str) -> list[str]:
    """A node and all that it depends on, in the plan's order."""
    wanted = {name}
    for node in reversed(plan.nodes):
        if node.name in wanted:
            wanted.update(inputs_of(node))
    return [node.name for node in plan.nodes if node.name in wanted]


def _settings(node: StageNode) -> dict[str, Any]:
    adapter = {
        f"adapter.{name}": value for name, value in (node.adapter.settings if node.adapter else {}).items()
    }
    return {**dict(sorted(node.arguments.items())), **adapter}


def _table(rows: Mapping[str, Any]) -> str:
    if not rows:
        return ""
    lines = [f"| {name} | {_cell(value)} |" for name, value in rows.items()]
    return "\n".join(["| | |", "|---|---|", *lines])


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
