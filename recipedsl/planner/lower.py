"""The whole recipe to the whole plan."""

from __future__ import annotations

from recipedsl.diagnostics import Bug, Problems
from recipedsl.plan.facts import Facts
from recipedsl.plan.identity import fingerprint
from recipedsl.plan.model import Node, Plan, RunSpec, inputs_of
from recipedsl.plan.verify import faults
from recipedsl.plan.versions import installed_versions
from recipedsl.planner.datasets import DataOptions, data_node
from recipedsl.planner.evaluations import lower_evaluation
from recipedsl.planner.models import model_node
from recipedsl.planner.stages import Base, StageLowering
from recipedsl.semantics.recipe import Recipe, Stage


def lower(recipe: Recipe, facts: Facts, problems: Problems, overrides: tuple[str, ...] = ()) -> Plan:
    """The plan of a recipe without errors.

    Raises Bug when the plan that comes out is not fit to run.
    """
    run = _run_spec(recipe)
    models = [model_node(each, facts) for each in recipe.models.values()]
    options = DataOptions(run.seed, recipe.run["max_rows"], run.max_rejects)
    datasets = [data_node(each, facts, options) for each in recipe.datasets.values()]
    bases = {node.name: Base(node.name, node.template) for node in models}
    later = _stages_and_evaluations(recipe, facts, problems, bases)
    nodes = _needed([*models, *datasets, *later])
    versions = installed_versions()
    plan = Plan(
        recipe=recipe.source.path,
        params=recipe.params,
        profile=recipe.profile,
        overrides=overrides,
        run=run,
        nodes=_identified(nodes, versions),
        versions=versions,
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
    )


def _stages_and_evaluations(
    recipe: Recipe, facts: Facts, problems: Problems, bases: dict[str, Base]
) -> list[Node]:
    """In written order: an evaluation whose gate fails stops what is written below it."""
    lowering = StageLowering(recipe, facts, bases, {})
    nodes: list[Node] = []
    for name in recipe.order:
        each = recipe.stages.get(name) or recipe.evaluations[name]
        if isinstance(each, Stage):
            nodes.extend(lowering.lower(each))
        else:
            nodes.extend(lower_evaluation(each, recipe, facts, lowering.bases, problems))
    return nodes


def _needed(nodes: list[Node]) -> list[Node]:
    """What the recipe's own stages and evaluations need; all nodes when it has none.

    Stages of an imported file, whose names have a dot, are made when something here needs them.
    """
    goals = [node for node in nodes if node.kind in ("stage", "eval") and "." not in node.name]
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


def _identified(nodes: list[Node], versions: dict[str, str]) -> tuple[Node, ...]:
    known: dict[str, str] = {}
    found: list[Node] = []
    for node in nodes:
        known[node.name] = fingerprint(node, known, versions)
        found.append(node.model_copy(update={"fingerprint": known[node.name]}))
    return tuple(found)
