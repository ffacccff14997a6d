"""The plan as a tree that a person likes to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recipedsl.diagnostics.render.pieces import Line, Piece, Role, escaped, line
from recipedsl.plan.estimate import counted, steps_of
from recipedsl.plan.model import LaterNode, Node, StageNode, TokensNode
from recipedsl.report.layout import Branch, draw_tree, fit
from recipedsl.report.model import PlanFacts, Status
from recipedsl.report.numbers import plural, rate
from recipedsl.report.plan_nodes import (
    data_twigs,
    eval_twigs,
    later_twigs,
    model_twigs,
    stage_twigs,
    tokens_twigs,
)

_TWIGS: dict[str, Callable[[Any, PlanFacts, int], list[Branch]]] = {
    "model": model_twigs,
    "data": data_twigs,
    "tokens": tokens_twigs,
    "stage": stage_twigs,
    "eval": eval_twigs,
    "later": later_twigs,
}

_STATUS_ROLES = {Status.CACHED: Role.GOOD, Status.NEW: Role.INFO, Status.AGAIN: Role.WARNING}


def draw_plan(facts: PlanFacts, width: int) -> list[Line]:
    """The whole plan: a head, a tree for each node, and what it comes to.

    Args:
        facts: the plan and what is known beside it.
        width: columns of the terminal.
    """
    lines = [*_head(facts, width), ()]
    for node in facts.plan.nodes:
        lines += [*draw_node(node, facts, width), ()]
    return [*lines, *_total(facts)]


def draw_node(node: Node, facts: PlanFacts, width: int) -> list[Line]:
    """One node with what is known of it."""
    standing = facts.standing(node.name)
    kind = f"{node.kind} {node.name}" + (f": {node.method}" if isinstance(node, StageNode) else "")
    kind = f"stage {node.name}: {node.keyword}" if isinstance(node, LaterNode) else kind
    name = escaped(kind)
    status = fit(str(standing), max(20, width - len(name) - 2))
    head = line(Piece(name, Role.NAME), "  ", Piece(status, _STATUS_ROLES[standing.status]))
    # Three columns of connector stand before each twig.
    return draw_tree(Branch(head, _TWIGS[node.kind](node, facts, width - 3)))


def _head(facts: PlanFacts, width: int) -> list[Line]:
    plan = facts.plan
    profile = f" · profile {plan.profile}" if plan.profile else ""
    lines = [
        line(
            Piece("plan", Role.NAME), f" of {escaped(plan.recipe)} · edition {plan.edition}{escaped(profile)}"
        )
    ]
    if plan.params:
        values = ", ".join(f"{name} = {_param(value)}" for name, value in plan.params.items())
        lines.append(line(fit(f"params {values}", width)))
    for override in plan.overrides:
        lines.append(line(Piece(fit(f"override {override}", width), Role.WARNING)))
    return lines


def _param(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return rate(value) if isinstance(value, float) else str(value)


def _total(facts: PlanFacts) -> list[Line]:
    nodes = facts.plan.nodes
    standings = [facts.standing(node.name).status for node in nodes]
    counts = [
        (standings.count(Status.CACHED), "cached"),
        (standings.count(Status.NEW), "new"),
        (standings.count(Status.AGAIN), "to be made again"),
    ]
    told = ", ".join(f"{number} {word}" for number, word in counts if number)
    return [
        line(
            Piece("total", Role.NAME), f" {plural(len(nodes), 'node')}: {told}{_to_train(facts)}{_gap(facts)}"
        )
    ]


def _to_train(facts: PlanFacts) -> str:
    """Stages that are not cached, and their steps where the rows of all are counted."""
    stages = [
        node
        for node in facts.plan.nodes
        if isinstance(node, StageNode) and facts.standing(node.name).status is not Status.CACHED
    ]
    sequences = [counted(dict(facts.counted(node.tokens))) for node in stages]
    if not stages:
        return "; nothing to train"
    if not all(sequences):
        return f"; {plural(len(stages), 'stage')} to train"
    steps = sum(
        max(0, steps_of(node, rows) - facts.standing(node.name).done)
        for node, rows in zip(stages, sequences, strict=True)
    )
    return f"; {plural(len(stages), 'stage')} to train, {plural(steps, 'step')}"


def _gap(facts: PlanFacts) -> str:
    tokens = [node.name for node in facts.plan.nodes if isinstance(node, TokensNode)]
    return "" if all(facts.counted(name) for name in tokens) else "; not all rows are counted"
