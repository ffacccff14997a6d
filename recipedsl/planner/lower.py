"""The whole recipe to the whole plan."""

from __future__ import annotations

from dataclasses import replace

from recipedsl.diagnostics import Bug, Problems
from recipedsl.language.blocks import Run
from recipedsl.plan.facts import Device, Facts
from recipedsl.plan.identity import fingerprint
from recipedsl.plan.model import Node, Plan, RunSpec, inputs_of
from recipedsl.plan.verify import faults
from recipedsl.plan.versions import installed_versions
from recipedsl.planner.datasets import DataOptions, data_node
from recipedsl.planner.evaluations import lower_evaluation
from recipedsl.planner.extras import report_missing
from recipedsl.planner.later import later_uses, plain, report_later, work_node
from recipedsl.planner.models import model_node
from recipedsl.planner.stages import Base, StageLowering
from recipedsl.semantics.recipe import Recipe, Stage, WorkUse


def lower(recipe: Recipe, facts: Facts, problems: Problems, overrides: tuple[str, ...] = ()) -> Plan:
    """The plan of a recipe without errors.

    Raises Bug when the plan that comes out is not fit to run.
    """
    run = _run_spec(recipe)
    models = [model_node(each, facts) for each in recipe.models.values()]
    options = DataOptions(run.seed, recipe.run["max_rows"], run.max_rejects)
    datasets = [data_node(each, facts, options) for each in recipe.datasets.values()]
    bases = {node.name: Base(node, facts.model(node.source)) for node in models}
    report_later(recipe, problems)
    report_missing(recipe, problems)
    rest = _stages_and_evaluations(recipe, facts, problems, bases)
    nodes = _in_order(_needed([*models, *datasets, *rest]))
    versions = installed_versions(nodes)
    plan = Plan(
        recipe=recipe.source.path,
        params=recipe.params,
        profile=recipe.profile,
        overrides=overrides,
        run=run,
        nodes=_identified(nodes, versions),
        versions=versions,
        later=later_uses(problems),
    )
    wrong = list(faults(plan))
    if wrong and not problems.has_errors:
        raise Bug("the plan is not fit to run: " + "; ".join(wrong))
    return plan


def _run_spec(recipe: Recipe) -> RunSpec:
    run = recipe.run
    return RunSpec(
        seed=run["seed"] or 0,
        seeded="seed" in run.get("written", ()),
        save_every=run["save_every"] or 0,
        max_rejects=run["max_rejects"],
        threads=run["threads"] or 0,
        beyond={
            name: plain(run[name])
            for name, each in Run.settings().items()
            if each.not_yet and run.get(name) is not None
        },
    )


def _stages_and_evaluations(
    recipe: Recipe, facts: Facts, problems: Problems, bases: dict[str, Base]
) -> list[Node]:
    """In written order: an evaluation whose gate fails stops what is written below it."""
    lowering = StageLowering(recipe, facts, problems, bases, _device(recipe, facts))
    nodes: list[Node] = []
    for name in recipe.order:
        each = recipe.stages.get(name) or recipe.works.get(name) or recipe.evaluations[name]
        if isinstance(each, Stage):
            nodes.extend(lowering.lower(each))
        elif isinstance(each, WorkUse):
            lowering.bases[name] = lowering.bases[each.models[0]]
            nodes.append(work_node(each))
        else:
            nodes.extend(lower_evaluation(each, recipe, facts, lowering.bases, problems))
    return nodes


def _device(recipe: Recipe, facts: Facts) -> Device:
    """What stages train on, with the memory that the recipe says that they may take."""
    if not recipe.stages:
        return Device()
    found, said = facts.device(), recipe.run["memory"]
    return replace(found, memory=said) if said else found


def _needed(nodes: list[Node]) -> list[Node]:
    """What the recipe's own stages and evaluations need; all nodes when it has none.

    Stages of an imported file, whose names have a dot, are made when something here needs them.
    """
    goals = [node for node in nodes if node.kind in ("stage", "eval", "later") and "." not in node.name]
    if not goals:
        return nodes
    by_name = {node.name: node for node in nodes}
    needed: set[str] = set()
    waiting = [node.name for node in goals]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(inputs_of(by_name[name]))
    return [node for node in nodes if node.name in needed]


def _in_order(nodes: list[Node]) -> list[Node]:
    """The nodes, each behind what it reads; otherwise as they stand. Rows may come from a stage."""
    by_name = {node.name: node for node in nodes}
    found: dict[str, Node] = {}

    def visit(node: Node) -> None:
        for name in inputs_of(node):
            if name not in found:
                visit(by_name[name])
        found[node.name] = node

    for node in nodes:
        if node.name not in found:
            visit(node)
    return list(found.values())


def _identified(nodes: list[Node], versions: dict[str, str]) -> tuple[Node, ...]:
    known: dict[str, str] = {}
    found: list[Node] = []
    for node in nodes:
        known[node.name] = fingerprint(node, known, versions)
        found.append(node.model_copy(update={"fingerprint": known[node.name]}))
    return tuple(found)
