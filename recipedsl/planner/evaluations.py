"""Evaluations to eval nodes, with the token rows that they read."""

from __future__ import annotations

from recipedsl.diagnostics import Bug, Problems
from recipedsl.diagnostics.codes.plan import NotYet
from recipedsl.language import catalogue
from recipedsl.language.blocks import Eval
from recipedsl.language.metrics.metrics import Metric
from recipedsl.plan.facts import Facts
from recipedsl.plan.model import EvalNode, Gate, LaterNode, TokensNode
from recipedsl.planner.datasets import input_of
from recipedsl.planner.later import bare_evaluation, beyond
from recipedsl.planner.origins import origin_of, text_of
from recipedsl.planner.scores import score_spec
from recipedsl.planner.seeds import derive
from recipedsl.planner.stages import Base
from recipedsl.semantics.recipe import Evaluation, Recipe, Score


def lower_evaluation(
    found: Evaluation, recipe: Recipe, facts: Facts, bases: dict[str, Base], problems: Problems
) -> list[TokensNode | EvalNode | LaterNode]:
    """The tokens nodes and the eval node of an evaluation, without fingerprints."""
    if found.data is None:
        return [bare_evaluation(found)]
    base = bases[found.models[0]]
    others = [each.against for each in found.metrics if each.against]
    if any(bases[name].name != base.name for name in (*found.models, *others)):
        words = "an eval of models with different base models is not carried out yet; write one eval for each"
        problems.report(NotYet, words, found.place.label("several base models"))
        return [bare_evaluation(found)]
    answers = any(_metric(each).reads_answers for each in found.metrics)
    tokens = (
        _tokens(found, recipe, base, "tokens")
        if any(each.keyword == "loss" for each in found.metrics)
        else None
    )
    prompts = _tokens(found, recipe, base, "prompts") if answers else None
    node = _node(found, recipe, facts, tokens, prompts)
    return [each for each in (tokens, prompts, node) if each is not None]


def _metric(score: Score) -> type[Metric]:
    concept = catalogue.find("metric", score.keyword)
    if concept is None or not issubclass(concept, Metric):
        raise Bug(f"no metric {score.keyword}")
    return concept


def _tokens(found: Evaluation, recipe: Recipe, base: Base, role: str) -> TokensNode:
    assert found.data is not None
    return TokensNode(
        name=f"{found.name}.{role}",
        origin=origin_of(found.place),
        data=input_of(found.data),
        model=base.name,
        template=base.template,
        shape=recipe.datasets[found.data.name].shape,
        purpose="sft" if role == "tokens" else "prompt",
        max_length=found.settings["max_length"],
    )


def _node(
    found: Evaluation, recipe: Recipe, facts: Facts, tokens: TokensNode | None, prompts: TokensNode | None
) -> EvalNode:
    settings = found.settings
    assert found.data is not None
    return EvalNode(
        name=found.name,
        origin=origin_of(found.place),
        doc=found.doc,
        models=found.models,
        data=input_of(found.data),
        tokens=tokens.name if tokens else "",
        prompts=prompts.name if prompts else "",
        metrics=tuple(score_spec(each, facts) for each in found.metrics),
        slices=found.slices,
        gates=tuple(
            Gate(
                condition=each.condition,
                message=each.message,
                text=text_of(each.place),
                origin=origin_of(each.place),
            )
            for each in found.gates
        ),
        max_new_tokens=settings["max_new_tokens"],
        temperature=settings["temperature"],
        batch=settings["batch"],
        max_rows=settings["max_rows"] or 0,
        seed=derive(recipe.run["seed"], found.name),
        beyond=beyond(Eval, settings),
    )
